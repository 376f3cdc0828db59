//! Scripts with scenes in YAML, which are not read: their lines would be spoken as they stand.

/// The line, counted from 1, in which a list of scenes begins, if `text` is YAML with one: nothing but settings stand before it,
/// and the members of a scene or a text in quotes behind it.
pub(super) fn scenes(text: &str) -> Option<usize> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| {
        let bare = line.trim();
        !bare.is_empty() && !bare.starts_with('#') && bare != "---"
    });
    let number = loop {
        let (number, line) = lines.next()?;
        if line.trim_end() == "scenes:" {
            break number;
        }
        if !is_setting(line) {
            return None;
        }
    };
    let (_, first) = lines.next()?;
    let item = first.trim_start().strip_prefix("- ")?.trim_start();
    (is_setting(item) || item.starts_with(['"', '\''])).then_some(number)
}

/// `name: value`, or an item of the list behind a name.
fn is_setting(line: &str) -> bool {
    let bare = line.trim_start();
    let is_item = bare.starts_with("- ") || bare.len() < line.len();
    let named = bare.split_once(':').is_some_and(|(name, value)| {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '-';
        !name.is_empty()
            && name.chars().all(is_name)
            && (value.is_empty() || value.starts_with(' '))
    });
    is_item || named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_in_yaml_are_told_from_text() {
        for (text, line) in [
            (
                "title: The sea\nscenes:\n  - narration: The sea is deep.\n",
                2,
            ),
            (
                "# a comment\n---\ntags:\n  - sea\n- deep\n\nscenes:\n- \"Deep.\"\n",
                7,
            ),
            ("scenes:\n- picture: a lamp\n  narration: x", 1),
        ] {
            assert_eq!(scenes(text), Some(line), "{text}");
        }
        for text in [
            "",
            "scenes:",
            "scenes:\nThe sea is deep.",
            "The sea is deep.\nscenes:\n- narration: x",
            "Scenes:\n- narration: x",
            "scenes:\n- The sea is deep.",
            "scenes: two\n- narration: x",
            "title: T\n\nThe sea is deep.",
            "---\ntitle: T\n---\nWords.",
        ] {
            assert_eq!(scenes(text), None, "{text}");
        }
    }
}
