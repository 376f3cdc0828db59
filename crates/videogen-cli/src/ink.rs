//! What may reach a reader: text that steers nothing, and the colours of this program.

use std::borrow::Cow;
use std::fmt::Write;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use console::Style;
use videogen_text::{shown, steers};

/// Characters of one line; a longer one was written by somebody who wants to fill the screen.
pub(crate) const LONGEST: usize = 4096;

/// What stands in escape sequences of this program, in the place of a parameter, until they are written. Nobody else can
/// know it, so text from outside cannot have colours.
pub(crate) fn mark() -> &'static str {
    static MARK: OnceLock<String> = OnceLock::new();
    MARK.get_or_init(|| {
        // The keys of the standard library's hasher come from the operating system's random source.
        let random = std::hash::RandomState::new().build_hasher().finish();
        // Parameters of four digits are what measures of text know.
        let digits = format!("{random:020}");
        let (a, rest) = digits.split_at(4);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        format!("\u{1b}[{a};{b};{c};{d};{e};")
    })
}

/// Text in a style, for [`rendered`].
pub(crate) fn paint(style: &Style, text: &str) -> String {
    let text = text.replace('\u{1b}', " ");
    let styled = style.clone().force_styling(true).apply_to(text).to_string();
    styled.replace("\u{1b}[", mark())
}

/// Bold text for standard output, where that has colours.
pub(crate) fn bold(text: &str) -> String {
    if console::colors_enabled() {
        paint(&Style::new().bold(), text)
    } else {
        text.to_owned()
    }
}

/// Lines as they are written: colours of [`paint`] become colours, and of all else stays what is read.
pub(crate) fn rendered(text: &str) -> String {
    let lines = text.split('\n').map(line);
    lines.collect::<Vec<_>>().join("\n")
}

fn line(text: &str) -> Cow<'_, str> {
    let Some((first, rest)) = text.split_once(mark()) else {
        return shown(text, LONGEST);
    };
    let mut out = shown(first, LONGEST).into_owned();
    let mut left = LONGEST.saturating_sub(out.chars().count());
    for part in rest.split(mark()) {
        // The parameters are digits and semicolons, as `paint` wrote them.
        let Some((parameters, text)) = part.split_once('m') else {
            continue;
        };
        let _ = write!(out, "\u{1b}[{parameters}m");
        if left > 0 {
            let text = shown(text, left);
            left = left.saturating_sub(text.chars().count());
            out.push_str(&text);
        }
    }
    Cow::Owned(out)
}

/// JSON with everything escaped that would do something to a terminal. It means the same to programs.
pub(crate) fn json(json: String) -> String {
    if !json.contains(|c| c != '\n' && steers(c)) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        // Line ends stand between values; in texts they are escaped already.
        if c == '\n' || !steers(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn our_colours_are_colours_and_those_of_others_are_text() {
        let red = paint(&Style::new().red(), "error:\u{1b}[8m");
        assert_eq!(
            rendered(&format!("{red} a\u{1b}[31mb\n\u{9b}c\u{202e}d")),
            "\u{1b}[31merror: [8m\u{1b}[0m a [31mb\n cd"
        );
        assert_eq!(console::measure_text_width(&red), "error: [8m".len());
    }

    #[test]
    fn a_line_is_bounded_and_its_colours_end() {
        let long = paint(&Style::new().bold(), &"x".repeat(2 * LONGEST));
        let out = rendered(&format!("{long}{long}"));
        assert!(out.ends_with("\u{1b}[0m"));
        assert!(console::measure_text_width(&out) <= LONGEST);
    }

    #[test]
    fn escaped_json_says_the_same() {
        let value = serde_json::json!({"a": "\u{9b}2J\u{202e}\u{e0041}\u{feff} é\u{200d}👩\n"});
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let escaped = json(text);
            assert!(!escaped.contains(|c| c != '\n' && steers(c)), "{escaped:?}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
                value
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_of_others_steers(text in "[\\PC\\x00-\\x9f\u{200e}-\u{202e}]{0,80}") {
            prop_assert!(!rendered(&text).contains(|c| c != '\n' && steers(c)));
            let within = format!("{}{text}", paint(&Style::new().green(), &text));
            let plain = console::strip_ansi_codes(&rendered(&within)).into_owned();
            prop_assert!(!plain.contains(|c| c != '\n' && steers(c)), "{plain:?}");
        }
    }
}
