//! Small operations on text that came from elsewhere.

/// At most the first 120 characters, for messages.
pub(crate) fn shortened(text: &str) -> String {
    bounded(text, 120)
}

/// At most the first `most` characters, with `…` where something was cut.
pub(crate) fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// One line without control characters of at most 200 characters: fit for a message.
pub(crate) fn one_line(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 2000 {
            break;
        }
    }
    bounded(&line, 200)
}

/// Without control characters; line ends stay.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control() || *character == '\n')
        .collect()
}

/// What ComfyUI's prompt syntax would act on is made to stand for itself.
pub(crate) fn without_syntax(text: &str) -> String {
    const EMBEDDING: &str = "embedding:";
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if rest
            .get(..EMBEDDING.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(EMBEDDING))
        {
            plain.push_str(&rest[..EMBEDDING.len() - 1]);
            plain.push(' ');
            rest = &rest[EMBEDDING.len()..];
            continue;
        }
        if matches!(character, '(' | ')' | '\\') {
            plain.push('\\');
        }
        plain.push(character);
        rest = &rest[character.len_utf8()..];
    }
    plain
}

/// The names most like `wanted` first; all names that come after have the order they had. At most `most`.
pub(crate) fn nearest<'a>(
    wanted: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<String> {
    let lower = |name: &str| bounded(name, 200).to_lowercase();
    let wanted = lower(wanted);
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .take(10_000)
        .map(|name| (strsim::jaro_winkler(&wanted, &lower(name)), name))
        .collect();
    // Stable, so that equally distant names keep the server's order.
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.truncate(most);
    ranked
        .into_iter()
        .map(|(_, name)| bounded(name, 200))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let there = [
            "flux1-dev.safetensors",
            "sd_xl_base_1.0.safetensors",
            "v1-5-pruned.safetensors",
        ];
        assert_eq!(nearest("sdxl_base.safetensors", there, 2)[0], there[1]);
        assert_eq!(nearest("", there, 9).len(), 3);
    }

    #[test]
    fn messages_are_one_bounded_line() {
        assert_eq!(one_line("\n\n a \u{1b}[31m b\n"), "a [31m b");
        assert_eq!(one_line(&"ä".repeat(500)).chars().count(), 201);
    }
}
