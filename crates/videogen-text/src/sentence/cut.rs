//! A text in sentences, and where it may be cut.

use unicode_segmentation::UnicodeSegmentation;

use super::ends::sentence_ends;
use super::marks::{is_closer, is_mark, is_unspaced_mark};

/// The sentences of `text` in order, without the white space around them; `language` is a BCP 47 tag.
///
/// They end where [`sentence_ends`] says, and the marks of scripts without spaces end one anywhere. Joined again, the sentences
/// lack nothing of `text` but white space.
#[must_use]
pub fn sentences<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let words: Vec<&str> = text.split_whitespace().flat_map(unspaced_parts).collect();
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let offset = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    for (n, ends) in sentence_ends(&words, language).into_iter().enumerate() {
        let from = *start.get_or_insert(offset(words[n]));
        if ends || n + 1 == words.len() {
            found.push(&text[from..offset(words[n]) + words[n].len()]);
            start = None;
        }
    }
    found
}

/// Cuts a run without white space behind the marks after which no space is written, and what closes behind those.
fn unspaced_parts(run: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = run.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if !is_unspaced_mark(c) {
            continue;
        }
        // “ opens in these scripts, where German closes with it.
        let goes_on = |c: char| is_mark(c) || is_closer(c) && !"“‘«‹".contains(c);
        while chars.next_if(|(_, next)| goes_on(*next)).is_some() {}
        let end = chars.peek().map_or(run.len(), |(at, _)| *at);
        parts.push(&run[start..end]);
        start = end;
    }
    if start < run.len() {
        parts.push(&run[start..]);
    }
    parts
}

/// The longest beginning of `text` that has at most `max_chars` characters (Unicode scalar values) and ends with a
/// sentence; failing that, with a word; failing that, with a whole grapheme. The flag says whether anything is missing.
#[must_use]
pub fn cut_at_sentence(text: &str, max_chars: usize, language: &str) -> (String, bool) {
    let text = text.trim();
    let Some((limit, _)) = text.char_indices().nth(max_chars) else {
        return (text.to_owned(), false);
    };
    let mut end = 0;
    for sentence in sentences(text, language) {
        let at = sentence.as_ptr() as usize - text.as_ptr() as usize + sentence.len();
        if at > limit {
            break;
        }
        end = at;
    }
    if end == 0 {
        end = last_word(text, limit);
    }
    if end == 0 {
        end = text
            .grapheme_indices(true)
            .map(|(at, g)| at + g.len())
            .take_while(|&at| at <= limit)
            .last()
            .unwrap_or(0);
    }
    (text[..end].to_owned(), true)
}

/// The end of the last whole word before byte `limit`, without the comma or dash it may leave hanging; 0 when there is
/// none.
fn last_word(text: &str, limit: usize) -> usize {
    let head = if text[limit..].starts_with(char::is_whitespace) {
        &text[..limit]
    } else {
        let Some(space) = text[..limit].rfind(char::is_whitespace) else {
            return 0;
        };
        &text[..space]
    };
    head.trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '—' | '(' | '、')
    })
    .len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sentences_end_where_a_reader_stops() {
        for (text, want) in [
            ("One. Two! Three?", vec!["One.", "Two!", "Three?"]),
            (
                "Dr. Smith paid 3.14 euros. Really.",
                vec!["Dr. Smith paid 3.14 euros.", "Really."],
            ),
            (
                "The U.S. Navy left. So did we.",
                vec!["The U.S. Navy left.", "So did we."],
            ),
            (
                "He moved to the U.S. It was cold.",
                vec!["He moved to the U.S.", "It was cold."],
            ),
            (
                "J. R. R. Tolkien wrote it.",
                vec!["J. R. R. Tolkien wrote it."],
            ),
            (
                "Use small steps, e.g. one page. Then rest.",
                vec!["Use small steps, e.g. one page.", "Then rest."],
            ),
            (
                "She said “Stop.” Then she left.",
                vec!["She said “Stop.”", "Then she left."],
            ),
            ("Wait… what? Yes...", vec!["Wait… what?", "Yes..."]),
            ("你好。今天好吗？好！", vec!["你好。", "今天好吗？", "好！"]),
            ("यह है। वह है।", vec!["यह है।", "वह है।"]),
            ("هل أنت هنا؟ نعم.", vec!["هل أنت هنا؟", "نعم."]),
            ("1. Begin. 2. End.", vec!["1. Begin.", "2. End."]),
            ("no marks at all", vec!["no marks at all"]),
            (
                "i like cats. they purr.",
                vec!["i like cats.", "they purr."],
            ),
            (
                "example.com is a site. Visit.",
                vec!["example.com is a site.", "Visit."],
            ),
            ("   ", vec![]),
        ] {
            assert_eq!(sentences(text, "en"), want, "{text}");
        }
    }

    #[test]
    fn cuts_at_the_best_place() {
        assert_eq!(
            cut_at_sentence("One two. Three four.", 40, "en"),
            ("One two. Three four.".to_owned(), false)
        );
        assert_eq!(
            cut_at_sentence("One two. Three four.", 12, "en"),
            ("One two.".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("alpha, beta gamma", 8, "en"),
            ("alpha".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("alpha beta gamma", 10, "en"),
            ("alpha beta".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("人工智能", 2, "en"),
            ("人工".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("👨\u{200D}👩\u{200D}👧x", 2, "en"),
            (String::new(), true)
        );
        assert_eq!(cut_at_sentence("abc", 0, "en"), (String::new(), true));
    }

    proptest! {
        #[test]
        fn sentences_lose_only_white_space(text in "[a-zA-Z0-9 .!?…。！？。\"”)( \\n]{0,80}|\\PC{0,40}") {
            let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeeze(&sentences(&text, "en").concat()), squeeze(&text));
            prop_assert!(sentences(&text, "en").iter().all(|s| !s.is_empty() && s.trim() == *s));
        }

        #[test]
        fn a_cut_is_a_beginning_within_the_limit(text in "[a-z .,!]{0,60}|\\PC{0,40}", max in 0_usize..50) {
            let (cut, was_cut) = cut_at_sentence(&text, max, "en");
            prop_assert!(cut.chars().count() <= max);
            prop_assert!(text.trim().starts_with(&cut));
            prop_assert_eq!(was_cut, cut != text.trim());
        }

        #[test]
        fn words_stay_whole(text in "[a-z]{1,8}( [a-z]{1,8}){1,8}", max in 9_usize..50) {
            let (cut, _) = cut_at_sentence(&text, max, "en");
            prop_assert!(text[cut.len()..].is_empty() || text[cut.len()..].starts_with(' '), "{:?}", cut);
        }
    }
}
