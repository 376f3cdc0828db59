//! Puts pieces of text together: with a space where the writing system parts words by one, and without where it does not.

use crate::clean::clean;
use crate::writing_system::WritingSystem;

/// Appends `more` to `text`, behind a space where [`is_spaced`] says so.
pub fn append(text: &mut String, more: &str) {
    if is_spaced(text, more) {
        text.push(' ');
    }
    text.push_str(more);
}

/// `raw` as one visible line, as [`clean()`] makes it; but where a line ended, a space stands only if the writing system
/// parts words by one: not in Chinese, Japanese, Thai, Lao, Khmer and Burmese.
#[must_use]
pub fn one_line(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    for line in raw.split(is_line_end) {
        let line = clean(line);
        if !line.is_empty() {
            append(&mut text, &line);
        }
    }
    // A mark with which a line begins may belong to the letter before.
    clean(&text)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a space stands between two pieces of text: unless both sides are of a writing system without spaces, or one of them
/// is empty.
pub fn is_spaced(before: &str, after: &str) -> bool {
    if before.is_empty() || after.is_empty() {
        return false;
    }
    let last = before.chars().rev().find(|c| !is_shared(*c));
    let first = after.chars().find(|c| !is_shared(*c));
    let (Some(last), Some(first)) = (last, first) else {
        return true;
    };
    !(is_unspaced(last) && is_unspaced(first)) || is_spaced_mark(last)
}

/// Marks that texts with and without spaces have: what stands beside them decides.
fn is_shared(c: char) -> bool {
    matches!(
        c,
        '“' | '”' | '‘' | '’' | '"' | '\'' | '…' | '—' | '–' | '·' | '*' | '_'
    )
}

/// Whether it is of a writing system without spaces, or a mark of Chinese and Japanese.
fn is_unspaced(c: char) -> bool {
    // CJK Symbols and Punctuation, CJK Compatibility Forms, Halfwidth and Fullwidth Forms.
    let is_mark =
        matches!(c, '\u{3001}'..='\u{303F}' | '\u{FE30}'..='\u{FE4F}' | '\u{FF01}'..='\u{FF65}');
    is_mark || WritingSystem::of(c).is_unspaced()
}

/// Marks of Khmer and Burmese behind which a space stands, though none parts their words.
fn is_spaced_mark(c: char) -> bool {
    matches!(c, '។' | '៕' | '၊' | '။')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_put_together_as_their_script_writes() {
        for (raw, want) in [
            (
                "The sea\nis deep.\r\n\tIt is cold.",
                "The sea is deep. It is cold.",
            ),
            (
                "海很深，里面\n很冷。没人\n知道。",
                "海很深，里面很冷。没人知道。",
            ),
            (
                "海は深い。\n\nとても「寒い」\nです。",
                "海は深い。とても「寒い」です。",
            ),
            ("ทะเลลึก\nมาก มืด", "ทะเลลึกมาก มืด"),
            ("សមុទ្រ\nជ្រៅ។\nវាត្រជាក់។", "សមុទ្រជ្រៅ។ វាត្រជាក់។"),
            ("바다는\n깊다.", "바다는 깊다."),
            ("море\nглубокое", "море глубокое"),
            // Marks that all have: what is beside them decides.
            (
                "他说：“你好。”\n然后走了……\n“真的”",
                "他说：“你好。”然后走了……“真的”",
            ),
            ("He said “no.”\n“Yes.”", "He said “no.” “Yes.”"),
            ("…\n—", "… —"),
            // One side of it has spaces.
            ("这是 Python\n语言，版本\n3", "这是 Python 语言，版本 3"),
            ("全角ＡＢ\n很好！\n（真的）", "全角ＡＢ很好！（真的）"),
            // Spaces that were written stay.
            ("海 很\u{3000}深\u{2028}冷", "海 很 深冷"),
            ("海\u{200b}\n\u{feff}深", "海深"),
            ("  \n\n ", ""),
        ] {
            assert_eq!(one_line(raw), want, "{raw:?}");
        }
        let mut text = String::new();
        for piece in ["", "海很深。", "", "很冷。", "Yes."] {
            append(&mut text, piece);
        }
        assert_eq!(text, "海很深。很冷。 Yes.");
    }

    proptest! {
        #[test]
        fn a_line_stays_a_line(raw in any::<String>()) {
            let line = one_line(&raw);
            prop_assert_eq!(clean(&line), line.clone());
            prop_assert_eq!(one_line(&line), line);
        }

        #[test]
        fn only_spaces_differ(raw in "[a-zß.!,“ \n海深は。ทะ바다]{0,40}") {
            let (line, cleaned) = (one_line(&raw), clean(&raw));
            prop_assert_eq!(line.replace(' ', ""), cleaned.replace(' ', ""));
            prop_assert!(line.len() <= cleaned.len());
        }
    }
}
