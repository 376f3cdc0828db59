//! Text in lines of a given width.

use videogen_text::shown;

use crate::ink::LONGEST;

/// Breaks `text` at spaces into lines of at most `width` columns; the first line starts at column `used`, the others
/// with `indent` spaces. Words longer than a line (paths, mostly) stay whole, so that they can be copied. Without a
/// width the text stays in one line. What is quoted from elsewhere cannot move the cursor, change colours, reorder what
/// is read or fill the screen.
pub(crate) fn wrap(text: &str, width: Option<usize>, used: usize, indent: usize) -> String {
    let clean = shown(text, LONGEST);
    let mut out = String::new();
    let mut column = used;
    let mut at_start = true;
    for word in clean.split_whitespace() {
        let size = console::measure_text_width(word);
        if !at_start && width.is_some_and(|width| column + 1 + size > width) {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            column = indent;
            at_start = true;
        }
        if !at_start {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += size;
        at_start = false;
    }
    out
}

/// `text` in one line, shortened to `width` columns, with `…` where something was left out. As with [`wrap`] it may come
/// from anywhere.
pub(crate) fn shorten(text: &str, width: usize) -> String {
    console::truncate_str(&shown(text, LONGEST), width, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", Some(9), 0, 2), "one two\n  three");
        assert_eq!(
            wrap("see /a/very/long/path now", Some(8), 0, 0),
            "see\n/a/very/long/path\nnow"
        );
        assert_eq!(wrap("one\ttwo\n three", None, 0, 2), "one two three");
        assert_eq!(wrap("a\u{1b}[31mb", None, 0, 0), "a [31mb");
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_line_too_long(text in "([a-z]{1,8} ){0,30}", width in 12usize..60, indent in 0usize..4) {
            let wrapped = wrap(&text, Some(width), indent, indent);
            prop_assert!(wrapped.split_whitespace().eq(text.split_whitespace()));
            for line in wrapped.lines() {
                prop_assert!(console::measure_text_width(line) <= width);
            }
        }
    }
}
