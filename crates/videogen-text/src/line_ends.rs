//! Ends of lines: files come from systems that end a line with LF, with CRLF or with CR.

use std::borrow::Cow;

/// Returns `text` with every end of line, be it LF, CRLF or CR, as one LF.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_end_of_line_is_one() {
        assert_eq!(with_line_feeds("a\r\nb\rc\nd\r\r\n\n"), "a\nb\nc\nd\n\n\n");
        assert!(matches!(with_line_feeds("a\nb"), Cow::Borrowed("a\nb")));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_which_system_wrote_a_text(lines in prop::collection::vec("[a-c ]{0,3}", 0..8)) {
            let text = lines.join("\n");
            for end in ["\n", "\r\n", "\r"] {
                let written = lines.join(end);
                prop_assert_eq!(with_line_feeds(&written), text.as_str());
            }
        }
    }
}
