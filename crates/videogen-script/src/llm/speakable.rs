//! What is said holds nothing that cannot be said: no labels, no directions, no markup, no addresses.

use videogen_llm::clean_text;

/// What models write before what is said, in lower case and without numbers.
#[rustfmt::skip] // a table
const LABELS: &[&str] = &[
    "narrator", "narration", "voiceover", "voice-over", "voice over", "vo", "v.o.", "voice", "speaker", "host", "scene", "shot",
    "hook", "intro", "introduction", "outro", "conclusion", "title", "headline", "narrator voice",
    "picture", "image", "visual", "prompt", "picture prompt", "image prompt", "look", "style", "description", "negative",
    "negative prompt", "topic", "text",
    "erzähler", "erzählerin", "sprecher", "sprecherin", "szene", "titel",
    "narrador", "narradora", "voz en off", "escena", "título",
    "narrateur", "narratrice", "voix off", "voix-off", "scène", "titre",
    "narratore", "voce fuori campo", "scena", "titolo", "cena", "narração",
    "диктор", "рассказчик", "сцена", "голос за кадром", "заголовок",
    "旁白", "解说", "场景", "标题", "ナレーター", "ナレーション", "シーン", "내레이션", "장면", "راوي", "مشهد",
];

/// Words that make of what stands in brackets a direction.
#[rustfmt::skip] // a table
const DIRECTIONS: &[&str] = &[
    "music", "pause", "pauses", "beat", "silence", "sound", "sounds", "sfx", "fx", "effect", "cut", "fade", "fades", "scene", "camera",
    "zoom", "dramatic", "whisper", "whispers", "whispering", "laughs", "laughter", "sighs", "applause", "intro", "outro", "narrator",
    "voiceover", "visual", "image", "upbeat", "softly", "excited",
    "musik", "stille", "szene", "música", "pausa", "silencio", "escena", "musique", "silence", "scène", "musica", "музыка", "пауза",
    "сцена", "音乐", "音楽", "停顿", "음악",
];

/// Markup that is left where marks are entangled.
const MARKUP: &[&str] = &[
    "**", "__", "~~", "`", "](", "<think", "</", "<|", "|>", "{", "}", "\u{fffd}",
];

/// How often a text is gone through.
const PASSES: usize = 4;

/// A text as it can be said; `Err` with what a model has to put right about it.
pub(super) fn speakable(raw: &str, language: &str) -> Result<String, &'static str> {
    let mut text = plain(raw);
    // What stood apart comes together when something between is taken out.
    for _ in 0..PASSES {
        let less = without_labels_anywhere(&without_directions(&text)?, language);
        let less = plain(&without_signs(&less));
        if less == text {
            return said(text);
        }
        text = less;
    }
    Err("holds too many labels and marks, and must be plain text")
}

fn said(text: String) -> Result<String, &'static str> {
    if !text.chars().any(char::is_alphanumeric) {
        return Err("has no words to say");
    }
    if MARKUP.iter().any(|mark| text.contains(mark)) {
        return Err("holds marks of formatting, and must be plain text");
    }
    if has_address(&text) {
        return Err("holds a web address, which cannot be said");
    }
    if is_placeholder(&text) {
        return Err("holds a placeholder in place of a real text");
    }
    Ok(text)
}

fn is_placeholder(text: &str) -> bool {
    text.to_lowercase().contains("lorem ipsum") || text.contains("XXX")
}

/// What is left of a text that cannot be said as it is, when what cannot be said is taken out of it; `None` where too
/// little is left, or where it is a placeholder.
pub(super) fn salvaged(raw: &str, language: &str) -> Option<String> {
    let text = plain(raw);
    if is_placeholder(&text) {
        return None;
    }
    let before = videogen_text::word_count(&text);
    let mut text = without_brackets(&text);
    for mark in MARKUP {
        text = text.replace(mark, " ");
    }
    let words = text.split_whitespace().filter(|word| !has_address(word));
    let kept = words.collect::<Vec<_>>().join(" ");
    let kept = speakable(&kept, language).ok()?;
    // Of a text that was mostly marks there is nothing to say.
    (videogen_text::word_count(&kept) * 2 >= before).then_some(kept)
}

/// The text without what stands in square brackets, and without those that are alone.
fn without_brackets(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['[', '【']) {
        kept.push_str(&rest[..open]);
        let from = &rest[open..];
        let width = from.chars().next().map_or(1, char::len_utf8);
        match from.find([']', '】']) {
            Some(close) => {
                let end = close + from[close..].chars().next().map_or(1, char::len_utf8);
                kept.push(' ');
                rest = &from[end..];
            }
            None => rest = &from[width..],
        }
    }
    kept.push_str(rest);
    kept.replace([']', '】'], " ")
}

/// One visible line without Markdown.
pub(super) fn plain(raw: &str) -> String {
    videogen_text::clean(&clean_text(&videogen_text::clean(raw)))
}

/// The text without labels at the beginning of its sentences.
fn without_labels_anywhere(text: &str, language: &str) -> String {
    let sentences = videogen_text::sentences(text, language);
    if sentences.iter().all(|one| without_labels(one) == *one) {
        return text.to_owned();
    }
    let bare: Vec<&str> = sentences.into_iter().map(without_labels).collect();
    bare.join(" ")
}

/// The text after labels such as `Scene 2:` and `Narrator:`.
pub(super) fn without_labels(mut text: &str) -> &str {
    // `Scene 2 - Narrator:` has two.
    while let Some((before, after)) = split_label(text) {
        let name = before.split(['(', '（', '[']).next().unwrap_or_default();
        let name: String = name
            .chars()
            .filter(|c| !c.is_numeric() && *c != '#')
            .collect();
        if after.trim().is_empty() || !LABELS.contains(&name.trim().to_lowercase().as_str()) {
            break;
        }
        text = after.trim_start();
    }
    text
}

/// What stands before and after the first sign that ends a label.
fn split_label(text: &str) -> Option<(&str, &str)> {
    let end = [":", "：", " - ", " – ", " — "]
        .iter()
        .filter_map(|sign| text.find(sign).map(|at| (at, sign.len())))
        .min()?;
    Some((&text[..end.0], &text[end.0 + end.1..]))
}

/// Takes out what stands in brackets and is a direction. Round ones may hold a part of the sentence.
fn without_directions(text: &str) -> Result<String, &'static str> {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(['[', '【', '(', '（']) {
        let (before, from) = rest.split_at(open);
        let bracket = from.chars().next().unwrap_or_default();
        let close = match bracket {
            '[' => ']',
            '【' => '】',
            '(' => ')',
            _ => '）',
        };
        kept.push_str(before);
        let end = from.find(close);
        let inside = &from[bracket.len_utf8()..end.unwrap_or(bracket.len_utf8())];
        let round = matches!(bracket, '(' | '（');
        match end {
            Some(end) if is_direction(inside, round) => {
                kept.push(' ');
                rest = &from[end + close.len_utf8()..];
            }
            _ if round => {
                kept.push(bracket);
                rest = &from[bracket.len_utf8()..];
            }
            _ => return Err("holds something in square brackets, which cannot be said"),
        }
    }
    kept.push_str(rest);
    if kept.contains([']', '】']) {
        return Err("holds something in square brackets, which cannot be said");
    }
    Ok(kept)
}

fn is_direction(inside: &str, round: bool) -> bool {
    let lower = inside.to_lowercase();
    let mut words = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let few = !round || words.clone().count() <= 4;
    few && words.any(|word| DIRECTIONS.contains(&word))
}

/// Takes out the signs of tags and of emphasis at words.
fn without_signs(text: &str) -> String {
    let words: Vec<&str> = text
        .split(' ')
        .map(|word| {
            let tag = word.trim_start_matches('#');
            if tag.starts_with(char::is_alphabetic) {
                tag
            } else {
                word
            }
        })
        .collect();
    let text = words.join(" ");
    if !text.contains(is_emoji) {
        return text;
    }
    let mut text = text.replace(is_emoji, " ");
    for sign in [" .", " ,", " !", " ?"] {
        text = plain(&text).replace(sign, sign.trim_start());
    }
    text
}

/// Pictures in a text, and what joins and colours them: nobody says them.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}' | '\u{20e3}'
        | '\u{e0020}'..='\u{e007f}')
}

/// Whether a text holds something that is typed and not said: an address of the web or of a mailbox, a name with @.
pub(super) fn has_address(text: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "com", "org", "net", "io", "ai", "co", "tv", "gg", "me", "info", "app", "dev", "edu",
        "gov", "de", "fr", "es", "it", "uk", "ru", "cn", "jp", "br", "in", "eu", "us",
    ];
    text.split_whitespace().any(|word| {
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric() && c != '@' && c != '/')
            .to_lowercase();
        let host = word.split('/').next().unwrap_or_default();
        let named = host.rsplit_once('.').is_some_and(|(name, ending)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            name.len() > 1
                && name.chars().all(plain)
                && name.contains(|c: char| c.is_ascii_alphabetic())
                && !name.split('.').all(|part| part.len() == 1)
                && ENDINGS.contains(&ending)
        });
        let at = word
            .find('@')
            .is_some_and(|at| word[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric()));
        word.contains("://") || host.starts_with("www.") || named || at
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_said_goes() {
        for (raw, said) in [
            ("The sea is deep.", "The sea is deep."),
            ("Narrator: The sea is deep.", "The sea is deep."),
            (
                "**Scene 2:** Narrator (softly): The sea is deep.",
                "The sea is deep.",
            ),
            (
                "Szene 1 – Sprecherin: Das Meer ist tief.",
                "Das Meer ist tief.",
            ),
            ("旁白：海很深。", "海很深。"),
            (
                "[upbeat music] The sea is deep. [Pause]",
                "The sea is deep.",
            ),
            ("The sea (soft music plays) is deep.", "The sea is deep."),
            (
                "The sea (the Pacific) is deep.",
                "The sea (the Pacific) is deep.",
            ),
            (
                "Remember this: the #sea is deep.",
                "Remember this: the sea is deep.",
            ),
            (
                "In C# it is 3:15 p.m. in the U.S. now.",
                "In C# it is 3:15 p.m. in the U.S. now.",
            ),
            (
                "At 11 p.m. it ends.Then it begins.",
                "At 11 p.m. it ends.Then it begins.",
            ),
            ("Scene: ", "Scene:"),
            ("The sea 🌊🐙 is deep ❤️.", "The sea is deep."),
            (
                "It is deep. Narrator: And it is dark.",
                "It is deep. And it is dark.",
            ),
        ] {
            assert_eq!(speakable(raw, "en").as_deref(), Ok(said), "{raw}");
        }
    }

    #[test]
    fn what_cannot_be_put_right_is_told() {
        for raw in [
            "",
            "…",
            "Welcome to [name], friends.",
            "Go to deepsea.example.com now.",
            "Visit https://a.b/c today.",
            "Write to me@sea.org soon.",
            "Follow @deepsea.",
            "The {topic} is deep.",
            "Lorem ipsum dolor.",
            "Hello XXX.",
            "Open ] end.",
        ] {
            assert!(
                speakable(raw, "en").is_err(),
                "{raw}: {:?}",
                speakable(raw, "en")
            );
        }
    }

    #[test]
    fn what_can_be_said_of_a_text_is_kept() {
        for (raw, kept) in [
            (
                "Visit https://a.b/c today and see the sea.",
                Some("Visit today and see the sea."),
            ),
            (
                "The deep sea of [name] is dark and cold.",
                Some("The deep sea of is dark and cold."),
            ),
            (
                "The sea is deep ] and dark.",
                Some("The sea is deep and dark."),
            ),
            ("[name] [name] [name]", None),
            ("Lorem ipsum dolor sit amet.", None),
            ("…", None),
        ] {
            assert_eq!(salvaged(raw, "en").as_deref(), kept, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_can_be_said(raw in "(?s)[a-c*_`#<>|\\[\\]{}() :\"\n\u{202e}é-]{0,40}|.{0,60}") {
            if let Some(kept) = salvaged(&raw, "en") {
                prop_assert_eq!(speakable(&kept, "en"), Ok(kept.clone()));
            }
        }

        #[test]
        fn nothing_that_cannot_be_said_is_left(raw in "(?s)[a-c*_`#<>|\\[\\]{}() :\"\n\u{180b}\u{202e}é-]{0,40}|.{0,60}") {
            if let Ok(said) = speakable(&raw, "en") {
                prop_assert!(MARKUP.iter().all(|mark| !said.contains(mark)), "{said:?}");
                prop_assert!(!said.contains(['[', ']', '\n']) && said.trim() == said, "{said:?}");
                prop_assert!(videogen_text::sentences(&said, "en").iter().all(|one| without_labels(one) == *one), "{said:?}");
                prop_assert_eq!(speakable(&said, "en"), Ok(said.clone()));
            }
        }
    }
}
