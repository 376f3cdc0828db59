//! Text of others where people read it: one line that steers no terminal.

use std::borrow::Cow;

use unicode_normalization::char::is_combining_mark;

use super::clean::{is_unseen, joins};

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';

/// Combining marks that a character may carry: more than any script needs, and too few to paint over other lines.
const MOST_MARKS: usize = 8;

/// Returns whether `c` does something to a terminal or to the text around it in place of being read: controls of C0 and
/// C1, line and paragraph separators, marks that change the direction of text, and what has no visible form.
///
/// Joiners and variation selectors are not among them: whether they belong to what is read depends on their neighbours,
/// which [`shown`] looks at.
pub fn steers(c: char) -> bool {
    breaks(c) || is_unseen(c)
}

/// Returns `raw` as one line that can be printed wherever it comes from, with `…` in the place of what is longer than
/// `most` characters.
///
/// Controls (C0, DEL, C1) and separators of lines become spaces. Marks that change the direction of text, zero-width
/// characters, tags, private-use code points and noncharacters are left out, as are combining marks beyond eight in a
/// row. Joiners stay where they shape what is read, as with [`clean`](super::clean), which is for text that is worked
/// with: it brings text into NFC and collapses white space, which would change a path. Nothing else is changed here.
///
/// Idempotent, for the same `most`.
#[must_use]
pub fn shown(raw: &str, most: usize) -> Cow<'_, str> {
    // Most texts are plain and short.
    let plain = raw.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain && raw.len() <= most {
        return Cow::Borrowed(raw);
    }
    let mut text = pass(raw, most);
    // What is left out brings others together, so joiners may have lost their neighbours.
    loop {
        let again = pass(&text, most);
        if again == text {
            return Cow::Owned(text);
        }
        text = again;
    }
}

fn pass(raw: &str, most: usize) -> String {
    let mut kept = String::with_capacity(raw.len().min(4 * most));
    let (mut length, mut marks) = (0, 0);
    let mut previous: Option<char> = None;
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let c = if breaks(c) { ' ' } else { c };
        let stays = match c {
            ZWJ | ZWNJ => joins(c, previous, rest.peek().copied()),
            _ => !is_unseen(c),
        };
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if !stays || marks > MOST_MARKS {
            continue;
        }
        if length == most {
            // The last place is the sign's.
            kept.pop();
            kept.push('…');
            return kept;
        }
        kept.push(c);
        length += 1;
        previous = Some(c);
    }
    kept
}

/// Whether `c` would break or move the line.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_become_spaces_and_what_reorders_is_left_out() {
        assert_eq!(shown("a\u{1b}[31mb\u{9b}2Jc\u{7f}", 100), "a [31mb 2Jc ");
        assert_eq!(
            shown("one\r\ntwo\u{2028}three\u{85}four", 100),
            "one  two three four"
        );
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(shown(&format!("x{c}y"), 100), "xy", "{c:?}");
        }
        assert_eq!(
            shown(
                "\u{feff}a\u{61c}b\u{200e}c\u{200f}d\u{200b}e\u{e0041}\u{e007f}f",
                100
            ),
            "abcdef"
        );
    }

    #[test]
    fn what_is_read_stays_as_it_is() {
        for text in [
            "/a  path/with  spaces",
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
            "क\u{94d}\u{200d}ष",
            "עברית العربية 中文",
            "nfd e\u{301}",
        ] {
            assert_eq!(shown(text, 100), text);
        }
        assert_eq!(shown("pass\u{200d}word", 100), "password");
    }

    #[test]
    fn lengths_are_bounded() {
        assert_eq!(shown("abcdef", 6), "abcdef");
        assert_eq!(shown("abcdefg", 6), "abcde…");
        assert_eq!(shown("", 0), "");
        let stacked = format!("a{}", "\u{301}".repeat(500));
        assert_eq!(shown(&stacked, 1000).chars().count(), 1 + MOST_MARKS);
    }

    proptest! {
        #[test]
        fn nothing_that_steers_is_left_and_no_line_is_longer(
            raw in "[\\PC\\x00-\\x9f\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2069}\u{e0040}-\u{e0050}\u{301}می👩]{0,60}",
            most in 1usize..80,
        ) {
            let text = shown(&raw, most);
            prop_assert!(!text.contains(steers), "{text:?}");
            prop_assert!(text.chars().count() <= most);
            prop_assert_eq!(shown(&text, most), text.clone());
        }

        #[test]
        fn plain_text_is_untouched(raw in "[ -~]{0,60}") {
            prop_assert_eq!(shown(&raw, 60), raw.as_str());
        }
    }
}
