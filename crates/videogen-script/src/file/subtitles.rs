//! Subtitles as a script: their words, without times, numbers, tags, settings and notes.

use videogen_text::{SubtitleNews, SubtitleRepeats, subtitle_words};

use super::left_out::LeftOut;
use super::times::time;

/// A subtitle: when it is shown, in milliseconds, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cue {
    start: u64,
    end: u64,
    lines: Vec<String>,
}

/// The words of `text`, a line each, if it is subtitles: SRT, WebVTT, SBV, or SSA and ASS. Its lines end with a line feed.
pub(super) fn read(text: &str, left_out: &mut LeftOut) -> Option<String> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let is_vtt = first
        .strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
    let (format, cues) = if first.eq_ignore_ascii_case("[Script Info]") {
        ("SSA subtitles", dialogue(text, left_out))
    } else if is_vtt {
        ("WebVTT subtitles", blocks(text, left_out))
    } else if begins_as_cue(text) {
        ("SRT subtitles", blocks(text, left_out))
    } else {
        return None;
    };
    left_out.format = Some(format);
    left_out.times += cues.len();
    let lines = without_repeats(cues, left_out);
    Some(lines.join("\n"))
}

/// Whether the first line that is not empty, or the one after a number, is a timing.
fn begins_as_cue(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let Some(first) = lines.next() else {
        return false;
    };
    if timing(first).is_some() {
        return true;
    }
    let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
    is_number && lines.next().is_some_and(|line| timing(line).is_some())
}

/// The times of `00:00:01,000 --> 00:00:02,000 align:start`, or of `0:00:01.000,0:00:02.000`.
fn timing(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = time(line)?;
    let rest = rest.trim_start();
    let end = match rest.strip_prefix("-->") {
        Some(end) => end,
        None => rest
            .strip_prefix(',')
            .filter(|end| time(end).is_some_and(|(_, rest)| rest.is_empty()))?,
    };
    let (end, _) = time(end.trim_start())?;
    Some((start, end))
}

/// Subtitles of SRT, WebVTT and SBV: blocks of lines that are parted by empty ones.
fn blocks(text: &str, left_out: &mut LeftOut) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            block.push(line.trim());
            continue;
        }
        take_block(&std::mem::take(&mut block), &mut cues, left_out);
    }
    cues
}

fn take_block(block: &[&str], cues: &mut Vec<Cue>, left_out: &mut LeftOut) {
    let Some(first) = block.first() else { return };
    let timings: Vec<usize> = (0..block.len())
        .filter(|n| timing(block[*n]).is_some())
        .collect();
    if timings.is_empty() {
        let is_header = cues.is_empty() && first.starts_with("WEBVTT");
        let is_note = ["NOTE", "STYLE", "REGION"]
            .iter()
            .any(|name| first.split_whitespace().next() == Some(name));
        match cues.last_mut() {
            // Some write empty lines within a subtitle.
            Some(cue) if !is_note => cue
                .lines
                .extend(block.iter().map(|line| subtitle_words(line))),
            _ => left_out.comments += usize::from(!is_header),
        }
        return;
    }
    // Some forget the empty line between two: a number before a timing is never text.
    for (n, at) in timings.iter().enumerate() {
        let Some((start, end)) = timing(block[*at]) else {
            continue;
        };
        let until = timings.get(n + 1).map_or(block.len(), |next| {
            let is_number =
                next - 1 > *at && block[next - 1].bytes().all(|byte| byte.is_ascii_digit());
            next - usize::from(is_number)
        });
        cues.push(Cue {
            start,
            end,
            lines: block[at + 1..until]
                .iter()
                .map(|line| subtitle_words(line))
                .collect(),
        });
    }
}

/// Subtitles of SSA and ASS: the text of a `Dialogue:` line stands behind nine commas.
fn dialogue(text: &str, left_out: &mut LeftOut) -> Vec<Cue> {
    let mut cues = Vec::new();
    for line in text.lines() {
        if line.starts_with("Comment:") {
            left_out.comments += 1;
        }
        let Some(fields) = line.strip_prefix("Dialogue:") else {
            continue;
        };
        let fields: Vec<&str> = fields.splitn(10, ',').collect();
        let at = |n: usize| fields.get(n).and_then(|field| time(field.trim()));
        let (Some((start, _)), Some((end, _)), Some(text)) = (at(1), at(2), fields.get(9)) else {
            continue;
        };
        let text = text
            .replace("\\N", "\n")
            .replace("\\n", "\n")
            .replace("\\h", " ");
        cues.push(Cue {
            start,
            end,
            lines: text.lines().map(subtitle_words).collect(),
        });
    }
    cues
}

/// The lines in their order, without those that only go on showing what was said.
fn without_repeats(mut cues: Vec<Cue>, left_out: &mut LeftOut) -> Vec<String> {
    cues.sort_by_key(|cue| cue.start);
    let (mut said, mut repeats) = (Vec::new(), SubtitleRepeats::default());
    // How many of the lines are of the subtitle before.
    let mut shown = 0;
    for cue in cues {
        let mut lines = cue.lines;
        lines.retain(|line| !line.is_empty());
        let news = repeats.news(cue.start, cue.end, &lines);
        if lines.is_empty() {
            continue;
        }
        let again = match news {
            SubtitleNews::From(again) => again,
            SubtitleNews::Behind(_) => {
                said.truncate(said.len() - shown);
                0
            }
        };
        left_out.repeats += usize::from(news != SubtitleNews::From(0));
        shown = lines.len();
        said.extend(lines.into_iter().skip(again));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str) -> (Option<String>, LeftOut) {
        let mut left_out = LeftOut::default();
        let words = read(text, &mut left_out);
        (words, left_out)
    }

    fn said(text: &str) -> String {
        read_all(text).0.expect("subtitles")
    }

    #[test]
    fn subtitles_of_srt_are_their_words() {
        let (words, left_out) = read_all(
            "1\n00:00:00,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:02,000 --> 00:00:04,000\nSecond line.\n",
        );
        assert_eq!(words.as_deref(), Some("Hello there.\nSecond line."));
        assert_eq!(
            (left_out.times, left_out.format),
            (2, Some("SRT subtitles"))
        );
        assert_eq!(
            said(
                "00:00:00.5 --> 00:00:02.0 X1:10 Y1:20\n{\\an8}<i>One</i> &amp; <font color=\"#fff\">two</font>.\n- Three?\n>> Four 2 < 3."
            ),
            "One & two.\nThree?\nFour 2 < 3."
        );
        // No empty line between two, and a number as text.
        assert_eq!(
            said(
                "1\n00:00:00,000 --> 00:00:01,000\nIn\n1990\n2\n00:00:01,000 --> 00:00:02,000\nit began."
            ),
            "In\n1990\nit began."
        );
    }

    #[test]
    fn subtitles_of_webvtt_are_their_words() {
        let (words, left_out) = read_all(
            "WEBVTT - Title\nKind: captions\n\nNOTE\nA note\nof two lines\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000 align:start position:0%\n\
             <v Roger Bingham>We are <c.loud>in</c> New<00:01.500> York.</v>\n\n00:02.000 --> 00:03.000\n♪ la la ♪\n",
        );
        assert_eq!(words.as_deref(), Some("We are in New York.\nla la"));
        assert_eq!((left_out.times, left_out.comments), (2, 2));
    }

    #[test]
    fn other_subtitles_are_their_words() {
        assert_eq!(
            said("0:00:00.000,0:00:02.000\nHello.\n\n0:00:02.000,0:00:03.000\nAgain."),
            "Hello.\nAgain."
        );
        assert_eq!(
            said(
                "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start\nDialogue: 0,0:00:00.00,0:00:02.00,Default,,0,0,0,,{\\i1}One{\\i0}, two\\Nand three."
            ),
            "One, two\nand three."
        );
    }

    #[test]
    fn what_is_shown_again_is_said_once() {
        // As a video site writes what it hears.
        assert_eq!(
            said(
                "WEBVTT\n\n00:00.000 --> 00:02.000\nhello there\n\n00:02.000 --> 00:02.010\nhello there\n\n00:02.010 --> 00:04.000\nhello there\nhow are you\n\n00:04.000 --> 00:06.000\nhow are you\ngoodbye\n"
            ),
            "hello there\nhow are you\ngoodbye"
        );
        // Word by word.
        assert_eq!(
            said(
                "WEBVTT\n\n00:00.000 --> 00:01.000\nThe\n\n00:00.500 --> 00:01.500\nThe sea\n\n00:01.000 --> 00:02.000\nThe sea is deep.\n"
            ),
            "The sea is deep."
        );
        // A refrain is said again.
        assert_eq!(
            said("WEBVTT\n\n00:00.000 --> 00:01.000\nNo.\n\n00:03.000 --> 00:04.000\nNo.\n"),
            "No.\nNo."
        );
    }

    #[test]
    fn texts_are_no_subtitles() {
        for text in [
            "",
            "1\n\nOne.",
            "WEBVTTs are files.",
            "At 0:05 --> go.",
            "0:05 - 0:10 Words.",
        ] {
            assert_eq!(read_all(text), (None, LeftOut::default()), "{text}");
        }
    }
}
