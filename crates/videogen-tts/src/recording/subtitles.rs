//! Subtitles in SubRip and WebVTT: the times and the words of their cues.

use videogen_text::{SubtitleNews, SubtitleRepeats, subtitle_words};

use super::Cue;

/// Stands where a time is inside a line: in no text is this sign, which Unicode keeps for use within programs.
const CUT: char = '\u{FDD0}';

/// What a file shows at one time, line by line as it is written.
struct Shown<'a> {
    start: f64,
    end: f64,
    lines: Vec<&'a str>,
}

/// The cues of a file in the order of their times, and how many of its subtitles only went on showing what was said, which
/// is in it once. Lines that belong to none are passed over: numbers, notes, styles, the head of a file.
pub(super) fn cues(text: &str) -> (Vec<Cue>, usize) {
    let text = videogen_text::with_line_feeds(text).replace(CUT, "");
    let mut all = Vec::new();
    let mut block: Vec<&str> = Vec::new();
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            take_block(&std::mem::take(&mut block), &mut all);
        } else {
            block.push(line.trim());
        }
    }
    all.sort_by(|a, b| a.start.total_cmp(&b.start));
    let (mut cues, mut repeats) = (Vec::new(), SubtitleRepeats::default());
    let mut repeated = 0;
    for shown in &all {
        let lines = shown.parts();
        let said: Vec<String> = lines.iter().map(|line| said_in(line)).collect();
        let millis = |seconds: f64| (seconds * 1000.0).round() as u64;
        let news = repeats.news(millis(shown.start), millis(shown.end), &said);
        let is_repeat = news != SubtitleNews::From(0);
        repeated += usize::from(is_repeat && !said.is_empty());
        let new = match news {
            SubtitleNews::From(first) => lines.into_iter().skip(first).flatten().collect(),
            SubtitleNews::Behind(chars) => behind(lines.into_iter().flatten(), chars),
        };
        cues.extend(joined(new, shown.end));
    }
    (cues, repeated)
}

/// What a line says.
fn said_in(parts: &[Cue]) -> String {
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    text.trim().to_owned()
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

/// Takes lines without an empty one between them.
fn take_block<'a>(block: &[&'a str], all: &mut Vec<Shown<'a>>) {
    const NO_SUBTITLES: [&str; 4] = ["WEBVTT", "NOTE", "STYLE", "REGION"];
    let timings: Vec<usize> = (0..block.len())
        .filter(|at| times(block[*at]).is_some())
        .collect();
    // Before a time are a number or a name. What else stands before the first, or without one, goes on with the subtitle
    // before: some write empty lines within one. A time that is none is no text.
    let before = timings
        .first()
        .map_or(block.len(), |first| first.saturating_sub(1));
    let wrong = block[..before]
        .iter()
        .rposition(|line| line.contains("-->"));
    let name = block
        .first()
        .and_then(|line| line.split_whitespace().next());
    let next = (all.len() + 1).to_string();
    // The number of a subtitle that is not there any more.
    let is_cut_off = timings.is_empty() && block == [next.as_str()];
    if let (Some(name), Some(shown)) = (name, all.last_mut())
        && !NO_SUBTITLES.contains(&name)
        && !is_cut_off
    {
        shown
            .lines
            .extend(&block[wrong.map_or(0, |at| at + 1)..before]);
    }
    // Some forget the empty line between two: a number before a time is never text.
    let is_number = |line: &str| line.bytes().all(|byte| byte.is_ascii_digit());
    for (n, at) in timings.iter().enumerate() {
        let Some((start, end)) = times(block[*at]) else {
            continue;
        };
        let until = timings.get(n + 1).map_or(block.len(), |next| {
            next - usize::from(next - 1 > *at && is_number(block[next - 1]))
        });
        let lines = block[at + 1..until].to_vec();
        all.push(Shown { start, end, lines });
    }
}

impl Shown<'_> {
    /// What its lines say, each cut at the times inside it; none is empty. Where a part ends is not known yet.
    fn parts(&self) -> Vec<Vec<Cue>> {
        let mut from = self.start;
        let lines = self.lines.iter();
        let mut lines: Vec<Vec<Cue>> = lines.map(|line| self.cut(line, &mut from)).collect();
        lines.retain(|parts| !said_in(parts).is_empty());
        lines
    }

    /// A line, cut at the times inside it (`<00:00:01.500>`); `from` is the last one before it, and then in it.
    fn cut(&self, line: &str, from: &mut f64) -> Vec<Cue> {
        let (mut marked, mut starts) = (String::new(), vec![*from]);
        let mut rest = line;
        while let Some((before, inside)) = rest.split_once('<') {
            marked.push_str(before);
            let timed = inside.split_once('>').and_then(|(tag, behind)| {
                let time = seconds(tag).filter(|_| tag.contains(':'))?;
                Some((time, behind))
            });
            rest = match timed {
                Some((time, behind)) => {
                    if (*from..=self.end).contains(&time) {
                        *from = time;
                        starts.push(time);
                        marked.push(CUT);
                    }
                    behind
                }
                None => {
                    marked.push('<');
                    inside
                }
            };
        }
        marked.push_str(rest);
        // A line is parted from the one before.
        let words = format!(" {}", subtitle_words(&marked));
        let part = |(text, start): (&str, f64)| Cue {
            start,
            end: self.end,
            text: text.to_owned(),
        };
        words.split(CUT).zip(starts).map(part).collect()
    }
}

/// Parts without the first so many characters that are no white space: what was said before takes no time.
fn behind(parts: impl Iterator<Item = Cue>, mut chars: usize) -> Vec<Cue> {
    let mut is_new = |c: char| {
        if c.is_whitespace() {
            return false;
        }
        let is_new = chars == 0;
        chars = chars.saturating_sub(1);
        is_new
    };
    let new = parts.filter_map(|part| {
        let at = part.text.find(&mut is_new)?;
        // A word that began before goes on.
        let text = if part.text[..at].ends_with(char::is_whitespace) {
            format!(" {}", &part.text[at..])
        } else {
            part.text[at..].to_owned()
        };
        Some(Cue { text, ..part })
    });
    new.collect()
}

/// The parts of a subtitle that ends at `end`: what has the same time, or is of one word, is one.
fn joined(parts: Vec<Cue>, end: f64) -> Vec<Cue> {
    let mut all: Vec<Cue> = Vec::with_capacity(parts.len());
    for part in parts {
        match all.last_mut() {
            Some(last) if last.start >= part.start || goes_on(&last.text, &part.text) => {
                last.text.push_str(&part.text);
            }
            last => {
                if let Some(last) = last {
                    last.end = part.start;
                }
                all.push(part);
            }
        }
    }
    if let Some(last) = all.last_mut() {
        last.end = end.max(last.start);
    }
    all
}

/// Whether a word goes on from one part to the next, in a script that parts words by spaces.
fn goes_on(before: &str, after: &str) -> bool {
    let in_word = |c: Option<char>| {
        c.is_some_and(|c| c.is_alphanumeric() && !videogen_text::WritingSystem::of(c).is_unspaced())
    };
    in_word(before.chars().next_back()) && in_word(after.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(f64, f64, String)> {
        let (cues, _) = cues(text);
        let cue = |cue: Cue| (cue.start, cue.end, cue.text.trim().to_owned());
        cues.into_iter().map(cue).collect()
    }

    fn expected(cues: &[(f64, f64, &str)]) -> Vec<(f64, f64, String)> {
        cues.iter()
            .map(|cue| (cue.0, cue.1, cue.2.to_owned()))
            .collect()
    }

    #[test]
    fn webvtt_may_time_each_word() {
        let text = "WEBVTT\nKind: captions\n\nNOTE a remark\n\n00:01.000 --> 00:03.000 align:start position:0%\n\
             <v Ann>Fish<00:01.500><c> &amp;</c><00:02.000><c> chips</c>\n\n00:04.000 --> 00:05.000\n{\\an8}Yes\n";
        assert_eq!(
            found(text),
            expected(&[
                (1.0, 1.5, "Fish"),
                (1.5, 2.0, "&"),
                (2.0, 3.0, "chips"),
                (4.0, 5.0, "Yes")
            ])
        );
    }

    #[test]
    fn signs_that_are_no_tags_are_text() {
        let text = "1\n00:00:01,000 --> 00:00:02,000\n5 < 6 and a > b.\n\n2\n00:00:02,000 --> 00:00:03,000\nI <3 <i>it</i>, 9> 2.\n";
        assert_eq!(
            found(text),
            expected(&[(1.0, 2.0, "5 < 6 and a > b."), (2.0, 3.0, "I <3 it, 9> 2.")])
        );
    }

    #[test]
    fn what_a_video_site_repeats_is_said_once() {
        let text = "WEBVTT\nKind: captions\nLanguage: en\n\n00:00:00.000 --> 00:00:02.000 align:start position:0%\n \n\
            the sea<00:00:00.500><c> is</c><00:00:01.000><c> deep</c>\n\n00:00:02.000 --> 00:00:02.010 align:start position:0%\n\
            the sea is deep\n \n\n00:00:02.010 --> 00:00:04.000 align:start position:0%\nthe sea is deep\n\
            and very<00:00:03.000><c> cold</c>\n\n00:00:04.000 --> 00:00:04.010 align:start position:0%\nand very cold\n \n";
        assert_eq!(
            found(text),
            expected(&[
                (0.0, 0.5, "the sea"),
                (0.5, 1.0, "is"),
                (1.0, 2.0, "deep"),
                (2.01, 3.0, "and very"),
                (3.0, 4.0, "cold")
            ])
        );
        assert_eq!(cues(text).1, 3);
    }

    #[test]
    fn words_that_come_one_by_one_have_their_own_times() {
        let text = "WEBVTT\n\n00:00.000 --> 00:01.000\nThe\n\n00:00.500 --> 00:01.500\nThe sea\n\n00:01.000 --> 00:02.000\nThe sea is deep.\n";
        assert_eq!(
            found(text),
            expected(&[(0.0, 1.0, "The"), (0.5, 1.5, "sea"), (1.0, 2.0, "is deep.")])
        );
        let refrain = "WEBVTT\n\n00:00.000 --> 00:01.000\nNo.\n\n00:03.000 --> 00:04.000\nNo.\n";
        assert_eq!(found(refrain).len(), 2);
    }

    #[test]
    fn files_that_are_not_quite_right_lose_nothing() {
        // An empty line within a subtitle, none between two, a number as text, the dashes of a dialogue, syllables, an end.
        let text = "1\n00:00:00,000 --> 00:00:01,000\nIn\n\n1990\n2\n00:00:01,000 --> 00:00:02,000\n- It began.\n\n3\n\
            00:00:02,000 --> 00:00:03,000\nse<00:00:02,500>a and<00:00:02,700> sky\n\n4\n";
        assert_eq!(
            found(text),
            expected(&[
                (0.0, 1.0, "In 1990"),
                (1.0, 2.0, "It began."),
                (2.0, 2.7, "sea and"),
                (2.7, 3.0, "sky")
            ])
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
