//! Subtitles in SubRip and WebVTT: the times and the words of their cues.

use super::Cue;

/// The cues of a file, in its order. Lines that belong to none are passed over: numbers, notes, styles, the head of a file.
pub(super) fn cues(text: &str) -> Vec<Cue> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut cues = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((start, end)) = times(line) else {
            continue;
        };
        let mut shown = String::new();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            shown.push_str(line.trim());
            shown.push(' ');
        }
        cues.extend(timed_parts(&shown, start, end));
    }
    cues
}

/// The two times of a time line; what follows them places the cue on the screen.
fn times(line: &str) -> Option<(f64, f64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((seconds(start.trim())?, seconds(end)?))
}

/// `01:02:03,456`, `02:03.456` or `3.456` as seconds.
pub(super) fn seconds(time: &str) -> Option<f64> {
    let mut total = 0.0;
    for part in time.split(':') {
        let part = part.replace(',', ".");
        if part.is_empty() || !part.chars().all(|c| c.is_ascii_digit() || c == '.') {
            return None;
        }
        total = total * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(total)
}

/// A cue, cut at the times that stand inside it (`<00:00:01.500>`), without its tags.
fn timed_parts(text: &str, start: f64, end: f64) -> Vec<Cue> {
    let mut parts = vec![Cue {
        start,
        end,
        text: String::new(),
    }];
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else {
            break;
        };
        let (before, tag) = (&rest[..open], &rest[open + 1..open + close]);
        let current = parts.last_mut().expect("one from the start");
        current.text.push_str(before);
        if let Some(time) = seconds(tag).filter(|time| (start..=end).contains(time)) {
            current.end = time.max(current.start);
            parts.push(Cue {
                start: time,
                end,
                text: String::new(),
            });
        }
        rest = &rest[open + close + 1..];
    }
    parts
        .last_mut()
        .expect("one from the start")
        .text
        .push_str(rest);
    for part in &mut parts {
        part.text = plain(&part.text);
    }
    parts
}

/// Text without what styles it: `{\an8}` of SubRip, and the five entities of WebVTT.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("{\\") {
        let Some(close) = rest[open..].find('}') else {
            break;
        };
        plain.push_str(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    plain.push_str(rest);
    for (entity, sign) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&lrm;", ""),
        ("&rlm;", ""),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, sign);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webvtt_may_time_each_word() {
        let cues = cues(
            "WEBVTT\nKind: captions\n\nNOTE a remark\n\n00:01.000 --> 00:03.000 align:start position:0%\n\
             <v Ann>Fish<00:01.500><c> &amp;</c><00:02.000><c> chips</c>\n\n00:04.000 --> 00:05.000\n{\\an8}Yes\n",
        );
        let found: Vec<(f64, f64, &str)> = cues
            .iter()
            .map(|cue| (cue.start, cue.end, cue.text.trim()))
            .collect();
        assert_eq!(
            found,
            [
                (1.0, 1.5, "Fish"),
                (1.5, 2.0, "&"),
                (2.0, 3.0, "chips"),
                (4.0, 5.0, "Yes")
            ]
        );
    }

    #[test]
    fn times_are_read_in_every_form() {
        assert_eq!(seconds("01:02:03,456"), Some(3723.456));
        assert_eq!(seconds("02:03.5"), Some(123.5));
        assert_eq!(seconds("3"), Some(3.0));
        for wrong in ["", "a", "1:", "-1", "1e9", "nan", "1.2.3"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
