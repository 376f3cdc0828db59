//! Front matter: the settings before a Markdown text, between lines of `---` (YAML) or `+++` (TOML).

use super::left_out::LeftOut;
use super::outline::Reading;

/// A setting and its values: one, or those of a list.
struct Setting {
    name: String,
    values: Vec<String>,
}

/// Names of which front matter has at least one. Lines of a dialogue between two rules have none.
#[rustfmt::skip] // a table
const USUAL: &[&str] = &[
    "title", "date", "tags", "tag", "keywords", "hashtags", "language", "lang", "author", "authors", "layout", "draft", "slug",
    "description", "summary", "categories", "category", "published", "permalink", "id", "aliases", "created", "updated", "status",
];

/// Takes what it knows of the front matter of `text` (its lines end with a line feed) into `reading`, and returns the text
/// behind it. Without a line that closes it, or where a line of it is no setting, it is text.
pub(super) fn take<'a>(text: &'a str, reading: &mut Reading, left_out: &mut LeftOut) -> &'a str {
    let Some((settings, rest)) = parted(text) else {
        return title_page(text, reading, left_out);
    };
    for Setting { name, values } in settings {
        let first = || values.first().cloned().unwrap_or_default();
        match name.to_lowercase().as_str() {
            "title" if reading.title.is_empty() => reading.title = videogen_text::clean(&first()),
            "language" | "lang" if is_language(&first()) => {
                reading.language = first().replace('_', "-");
            }
            "tags" | "tag" | "keywords" | "hashtags" => {
                reading
                    .tags
                    .extend(values.iter().flat_map(|value| tags(value)));
            }
            _ => left_out.settings += 1,
        }
    }
    rest
}

/// Takes the title page of a screenplay in Fountain, the lines with which it begins: `Title: …`, `Author: …`. One line alone
/// is none, and neither are lines without title and author.
fn title_page<'a>(text: &'a str, reading: &mut Reading, left_out: &mut LeftOut) -> &'a str {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    let mut title = String::new();
    let mut from = text.len() - text.trim_start().len();
    for line in text[from..].split_inclusive('\n') {
        let known = line.split_once(':').and_then(|(name, value)| {
            let name = name.to_lowercase();
            let mut known = TITLE_PAGE.iter().copied();
            Some((known.find(|known| *known == name)?, value.trim()))
        });
        // A value may stand in lines below its name.
        let is_value =
            line.starts_with([' ', '\t']) && !line.trim().is_empty() && !lines.is_empty();
        match (known, lines.last()) {
            (Some((name, value)), _) => lines.push((name, value)),
            (None, Some((name, _))) if is_value => lines.push((*name, line.trim())),
            _ => break,
        }
        let (name, value) = lines.last().copied().unwrap_or_default();
        if name == "title" {
            videogen_text::append(&mut title, value);
        }
        from += line.len();
    }
    let names = |wanted: &[&str]| lines.iter().any(|(name, _)| wanted.contains(name));
    let is_page =
        lines.iter().any(|(name, _)| *name != lines[0].0) && names(&["title", "author", "authors"]);
    if !is_page {
        return text;
    }
    reading.title = videogen_text::clean(&title);
    left_out.settings += lines.iter().filter(|(name, _)| *name != "title").count();
    &text[from..]
}

/// Names of the lines of a title page, as <https://fountain.io/syntax> has them, in lower case.
#[rustfmt::skip] // a table
const TITLE_PAGE: &[&str] = &[
    "title", "credit", "author", "authors", "source", "draft date", "date", "contact", "copyright", "revision", "notes", "written by",
];

/// The settings, and the text behind them.
fn parted(text: &str) -> Option<(Vec<Setting>, &str)> {
    let text = text.trim_start_matches(['\n', ' ']);
    let (fence, rest) = text.split_once('\n')?;
    let (fence, sign) = match fence.trim_end() {
        "---" => ("---", ':'),
        "+++" => ("+++", '='),
        _ => return None,
    };
    let mut settings: Vec<Setting> = Vec::new();
    let mut from = 0;
    // Of a text over several lines: whether its lines go on.
    let mut is_block = false;
    for line in rest.split_inclusive('\n') {
        from += line.len();
        let line = line.trim_end();
        if line == fence || fence == "---" && line == "..." {
            let mut names = settings.iter().map(|setting| setting.name.to_lowercase());
            let is_one = names.any(|name| USUAL.contains(&name.as_str()));
            return is_one.then_some((settings, &rest[from..]));
        }
        let inner = line.trim_start();
        if inner.is_empty() || inner.starts_with('#') && !is_block {
            continue;
        }
        let is_indented = inner.len() < line.len();
        if let (Some(last), true) = (settings.last_mut(), is_indented || inner.starts_with("- ")) {
            let value = inner.strip_prefix("- ").unwrap_or(inner);
            match (is_block, last.values.first_mut()) {
                (true, Some(text)) => {
                    text.push(' ');
                    text.push_str(value);
                }
                _ => last.values.extend(list(value.trim_end_matches(','))),
            }
            continue;
        }
        if inner == "]" {
            continue;
        }
        let (name, value) = setting(inner, sign)?;
        is_block = matches!(value, "|" | ">" | "|-" | ">-" | "|+" | ">+");
        let values = if is_block {
            vec![String::new()]
        } else {
            list(value)
        };
        settings.push(Setting {
            name: name.to_owned(),
            values,
        });
    }
    None
}

/// `name: value`, as YAML writes it, or `name = value`, as TOML does.
fn setting(line: &str, sign: char) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(sign)?;
    let name = name.trim_end().trim_matches(['"', '\'']);
    let is_name = !name.is_empty()
        && name.len() <= 40
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let is_apart = sign == '=' || value.is_empty() || value.starts_with(' ');
    (is_name && is_apart).then(|| (name, value.trim()))
}

/// The values of `[a, "b"]`, or the one value.
fn list(value: &str) -> Vec<String> {
    let value = value.trim();
    let Some(inner) = value.strip_prefix('[') else {
        return Some(scalar(value))
            .filter(|value| !value.is_empty())
            .into_iter()
            .collect();
    };
    let inner = inner.strip_suffix(']').unwrap_or(inner);
    let parts = inner.split(',').map(scalar);
    parts.filter(|part| !part.is_empty()).collect()
}

/// A value without its quotes, or without the comment behind it.
fn scalar(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            let doubled = format!("{quote}{quote}");
            let inner = match quote {
                '"' => inner.replace("\\\"", "\u{0}"),
                _ => inner.replace(&doubled, "\u{0}"),
            };
            let end = inner.find(quote).unwrap_or(inner.len());
            return inner[..end].replace('\u{0}', &quote.to_string());
        }
    }
    match value.find(" #") {
        Some(comment) => value[..comment].trim_end().to_owned(),
        None => value.to_owned(),
    }
}

/// Tags of a value: parted by commas, or by spaces where each has its `#`.
fn tags(value: &str) -> Vec<String> {
    let is_marked = value.contains('#');
    value
        .split(|c: char| c == ',' || is_marked && c.is_whitespace())
        .map(|tag| videogen_text::clean(tag.trim().trim_start_matches('#')))
        .filter(|tag| !tag.is_empty())
        .collect()
}

/// Whether a value looks like a BCP 47 tag.
pub(super) fn is_language(value: &str) -> bool {
    let mut parts = value.split(['-', '_']);
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.chars().all(|c| c.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Reading, usize, &str) {
        let (mut reading, mut left_out) = (Reading::default(), LeftOut::default());
        let rest = take(text, &mut reading, &mut left_out);
        (reading, left_out.settings, rest)
    }

    #[test]
    fn title_language_and_tags_are_taken() {
        let (reading, settings, rest) = read(
            "---\ntitle: \"My \\\"video\\\"\"\ndate: 2024-05-01\ntags: [a, 'b c', \"#d\"]\nlang: de\n---\n\nText.",
        );
        assert_eq!(reading.title, "My \"video\"");
        assert_eq!(reading.tags, ["a", "b c", "d"]);
        assert_eq!(
            (reading.language.as_str(), settings, rest),
            ("de", 1, "\nText.")
        );
        let (reading, settings, rest) = read(
            "---\n# a comment\nTitle: The deep: a story # of the sea\ntags:\n  - sea\n- ocean\nsummary: >\n  Long\n  text.\n...\nText.",
        );
        assert_eq!(reading.title, "The deep: a story");
        assert_eq!(reading.tags, ["sea", "ocean"]);
        assert_eq!((settings, rest), (1, "Text."));
        let (reading, _, rest) = read("+++\ntitle = 'It''s TOML'\ntags = [\"a\"]\n+++\nText.");
        assert_eq!((reading.title.as_str(), rest), ("It's TOML", "Text."));
        assert_eq!(read("---\ntags: sea, deep\n---\n").0.tags, ["sea", "deep"]);
        assert_eq!(
            read("---\ntags: \"#sea #deep\"\n---\n").0.tags,
            ["sea", "deep"]
        );
    }

    #[test]
    fn the_title_page_of_a_screenplay_is_taken() {
        let (reading, settings, rest) =
            read("Title: Big Fish\nAuthor: Me\nDraft date: 2020\n\nINT. HOUSE - DAY\n");
        assert_eq!(reading.title, "Big Fish");
        assert_eq!((settings, rest), (2, "\nINT. HOUSE - DAY\n"));
        let (reading, settings, rest) = read(
            "\nTitle:\n    _**BRICK & STEEL**_\n    _**FULL RETIRED**_\nCredit: Written by\nAuthor: Stu\nContact:\n\tNext Level\n\tMain Street\n\nText.",
        );
        assert_eq!(reading.title, "_**BRICK & STEEL**_ _**FULL RETIRED**_");
        assert_eq!((settings, rest), (5, "\nText."));
        for text in [
            "Title: The Sea\n\nIt is deep.",
            "Source: the river begins here.\n\nText.",
            "Notes: one.\nSource: two.\nText.",
            "Author: somebody who writes.\nText.",
            "Text.\nTitle: T\nAuthor: A\n",
        ] {
            let (reading, settings, rest) = read(text);
            assert_eq!((reading, settings, rest), (Reading::default(), 0, text));
        }
    }

    #[test]
    fn what_is_no_front_matter_is_text() {
        for text in [
            "---\ntitle: T\nText without an end.",
            "---\nOnce upon a time there was a sea.\n---\nText.",
            "---\n---\nText.",
            "---\nNARRATOR: The sea is deep.\n---\nHOST: It is.",
            "Text.\n---\ntitle: T\n---\n",
            "---",
            "",
        ] {
            let (reading, settings, rest) = read(text);
            assert_eq!((reading, settings, rest), (Reading::default(), 0, text));
        }
    }
}
