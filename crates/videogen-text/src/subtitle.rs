//! What a line of subtitles says, without what marks it, and what a subtitle shows again.

/// How far apart two subtitles are that follow without a gap, in milliseconds.
const TOUCHING: u64 = 50;

/// The most lines that a subtitle shows again.
const MOST_LINES: usize = 8;

/// Returns a line of a subtitle without its tags: `<i>`, `<v Speaker>`, `<00:00:01.000>`, `{\an8}`, and the marks of songs
/// and of who speaks next. A sign that begins no tag is text: `5 < 6`.
#[must_use]
pub fn subtitle_words(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{']) {
        kept.push_str(&rest[..at]);
        let from = &rest[at..];
        let inside = &from[1..];
        let end = if from.starts_with('<') {
            within(inside, '>').filter(|end| is_tag(&inside[..*end]))
        } else {
            within(inside, '}').filter(|_| inside.starts_with('\\'))
        };
        let width = end.map_or(1, |end| end + 2);
        if end.is_none() {
            kept.push_str(&from[..1]);
        }
        rest = &from[width..];
    }
    kept.push_str(rest);
    let kept = unescaped(&kept).replace(['♪', '♫', '♬'], " ");
    let kept = kept.trim();
    let spoken = kept.trim_start_matches(">>").trim_start();
    let spoken = spoken.strip_prefix("- ").unwrap_or(spoken);
    // "-Hello" is how two speakers share a subtitle; "-5" is a number.
    let dashed = spoken
        .strip_prefix('-')
        .filter(|rest| rest.starts_with(char::is_alphabetic));
    dashed.unwrap_or(spoken).trim().to_owned()
}

/// Where `sign` stands in the beginning of a text: no tag is longer.
fn within(text: &str, sign: char) -> Option<usize> {
    const LONGEST_TAG: usize = 300;
    let mut chars = text.char_indices().take(LONGEST_TAG);
    chars.find(|(_, c)| *c == sign).map(|(at, _)| at)
}

/// Whether what stands between two angle brackets is a tag: a name, the end of one, or a time.
fn is_tag(inside: &str) -> bool {
    let is_name = inside.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_time = inside.starts_with(|c: char| c.is_ascii_digit())
        && inside.contains(':')
        && inside
            .chars()
            .all(|c| c.is_ascii_digit() || ":.,".contains(c));
    // "a <b and c <d> e" has one tag.
    is_time || is_name && !inside.contains('<')
}

/// The few names of characters that subtitles use.
fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [
        ("&nbsp;", " "),
        ("&lrm;", ""),
        ("&rlm;", ""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    let mut text = text.to_owned();
    for (name, sign) in pairs {
        text = text.replace(name, sign);
    }
    text
}

/// What of a subtitle is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubtitleNews {
    /// The lines from this one on, counted from 0: those before it the subtitle before has shown.
    From(usize),
    /// What stands behind so many characters that are no white space: all that the subtitle before has shown comes again,
    /// and goes on or not.
    Behind(usize),
}

/// Tells what subtitles only go on showing: those of machines repeat the line before, and those that are coloured word by
/// word come once for each word. They are given to it in the order of their times.
#[derive(Debug, Clone, Default)]
pub struct SubtitleRepeats {
    /// The lines of the subtitle before.
    before: Vec<String>,
    /// When all until now have ended.
    ends: Option<u64>,
}

impl SubtitleRepeats {
    /// Returns what is new in the lines of the next subtitle, none of them empty; its times are in milliseconds.
    pub fn news(&mut self, start: u64, end: u64, lines: &[String]) -> SubtitleNews {
        let touches = self
            .ends
            .is_some_and(|ends| start <= ends.saturating_add(TOUCHING));
        self.ends = Some(self.ends.map_or(end, |ends| ends.max(end)));
        if lines.is_empty() {
            return SubtitleNews::From(0);
        }
        let before = std::mem::replace(&mut self.before, lines.to_vec());
        if touches && grows(&before, lines) {
            let shown = before.iter().flat_map(|line| line.chars());
            return SubtitleNews::Behind(shown.filter(|c| !c.is_whitespace()).count());
        }
        let most = before.len().min(lines.len()).min(MOST_LINES);
        let again = (1..=most)
            .rev()
            .find(|n| touches && before[before.len() - n..] == lines[..*n]);
        SubtitleNews::From(again.unwrap_or(0))
    }
}

/// Whether `lines` say all that was said `before`, and go on or not.
fn grows(before: &[String], lines: &[String]) -> bool {
    if before.is_empty() {
        return false;
    }
    let (before, now) = (before.join(" "), lines.join(" "));
    now.strip_prefix(before.as_str())
        .is_some_and(|more| more.is_empty() || more.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_tags_are_left_out() {
        for (line, expected) in [
            ("5 < 6 and a > b.", "5 < 6 and a > b."),
            ("I <3 you, 7> 2.", "I <3 you, 7> 2."),
            ("a<5 and 6>b", "a<5 and 6>b"),
            ("Is x <y, or x <<i>z</i>?", "Is x <y, or x <z?"),
            (
                "<v Ann>Fish<00:01.500><c> &amp;</c><00:00:02,000> chips</v>",
                "Fish & chips",
            ),
            ("{\\an8}<font color=\"#fff\">Yes</font> {no}", "Yes {no}"),
            ("- Nobody knows &amp; cares.", "Nobody knows & cares."),
            (">> -Hello", "Hello"),
            ("-5 degrees", "-5 degrees"),
            ("♪ la la ♪", "la la"),
            ("a <", "a <"),
        ] {
            assert_eq!(subtitle_words(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_shown_again_is_no_news() {
        use SubtitleNews::{Behind, From};
        let mut repeats = SubtitleRepeats::default();
        let mut news = |start, end, lines: &[&str]| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            repeats.news(start, end, &lines)
        };
        assert_eq!(news(0, 2000, &["hello there"]), From(0));
        assert_eq!(news(2000, 2010, &["hello there"]), Behind(10));
        assert_eq!(
            news(2010, 4000, &["hello there", "how are you"]),
            Behind(10)
        );
        assert_eq!(news(4000, 4010, &["how are you"]), From(1));
        assert_eq!(news(4010, 6000, &["how are you", "goodbye"]), Behind(9));
        // A refrain is said again.
        assert_eq!(news(9000, 9500, &["how are you", "goodbye"]), From(0));
        assert_eq!(news(9400, 9900, &["goodbyes"]), From(0));
    }

    proptest! {
        #[test]
        fn a_line_without_signs_stays(line in "[a-z0-9 ,.?!äß海]{0,60}") {
            prop_assert_eq!(subtitle_words(&line), line.trim());
        }

        #[test]
        fn no_line_is_too_strange(line in "(\\PC|[<>{}&:/0-9-]){0,80}") {
            let _ = subtitle_words(&line);
        }
    }
}
