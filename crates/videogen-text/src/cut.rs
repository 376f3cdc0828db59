//! Where sentences end, and where a text may be cut.

use unicode_segmentation::UnicodeSegmentation;

/// Never the last word of a sentence: a name or an explanation follows.
const LEADING: [&str; 25] = [
    "dr", "mr", "mrs", "ms", "prof", "st", "mt", "gen", "col", "sgt", "capt", "lt", "rev", "hon",
    "pres", "gov", "e.g", "i.e", "cf", "vs", "approx", "ca", "fig", "vol", "al",
];

/// May end a sentence or not; the next word decides.
const EITHER: [&str; 11] = [
    "etc", "inc", "ltd", "corp", "co", "jr", "sr", "a.m", "p.m", "b.c", "a.d",
];

/// Words that open sentences and hardly ever continue a name.
const OPENERS: [&str; 36] = [
    "the", "a", "an", "it", "its", "he", "she", "they", "we", "you", "i", "this", "that", "these",
    "those", "there", "but", "and", "so", "in", "on", "at", "for", "to", "if", "when", "while",
    "then", "now", "my", "his", "her", "our", "what", "why", "how",
];

/// The sentences of `text` in order, without the white space around them.
///
/// A sentence ends at `.`, `!`, `?`, `…`, `؟`, `।` before white space or the end, and at `。`, `！`, `？` anywhere, with
/// the closing quotes and brackets that follow. Abbreviations (`Dr.`, `e.g.`), initials, acronyms (`U.S.`), list
/// numbers and decimals do not end one. Joined again, the sentences lack nothing of `text` but white space.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, mark)) = chars.next() {
        if !is_mark(mark) {
            continue;
        }
        let mut marks = 1;
        let mut end = at + mark.len_utf8();
        let mut unspaced = is_unspaced_mark(mark);
        while let Some(&(next_at, next)) = chars.peek() {
            if is_mark(next) {
                marks += 1;
                unspaced |= is_unspaced_mark(next);
            } else if !is_closer(next) {
                break;
            }
            end = next_at + next.len_utf8();
            chars.next();
        }
        let rest = &text[end..];
        let spaced = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let next = rest.trim_start();
        let ends = (spaced || unspaced)
            && !(mark == '.' && marks == 1 && continues(&text[start..at], next))
            && !((mark == '…' || marks > 2) && next.starts_with(char::is_lowercase));
        if ends || next.is_empty() {
            push(&mut found, &text[start..end]);
            start = end;
        }
    }
    push(&mut found, &text[start..]);
    found
}

fn push<'a>(found: &mut Vec<&'a str>, piece: &'a str) {
    let piece = piece.trim();
    if !piece.is_empty() {
        found.push(piece);
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '।' | '॥') || is_unspaced_mark(c)
}

/// Full-width marks; the next sentence follows them without a space.
fn is_unspaced_mark(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡')
}

fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '}' | '」' | '』' | '）' | '】' | '》' | '›'
    )
}

/// Whether the full stop after `before` belongs to its last word, so that `next` goes on with the same sentence.
fn continues(before: &str, next: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or("")
        .trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_lowercase();
    let opener = || {
        let first: String = next
            .chars()
            .take_while(|c| c.is_alphabetic())
            .flat_map(char::to_lowercase)
            .collect();
        next.starts_with(char::is_uppercase) && OPENERS.contains(&first.as_str())
    };
    if word.is_empty() {
        return false;
    }
    if LEADING.contains(&lower.as_str()) {
        return true;
    }
    if lower == "no" || lower == "p" || lower == "pp" {
        return next.starts_with(|c: char| c.is_ascii_digit());
    }
    if word.chars().all(|c| c.is_ascii_digit()) {
        // "1. Begin" is a list number only when nothing stands before it.
        return before.trim() == word;
    }
    let mut letters = word.split('.');
    let initials =
        letters.all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    if EITHER.contains(&lower.as_str())
        || (initials && word.starts_with(char::is_uppercase) && word != "I")
    {
        return !opener();
    }
    false
}

/// The longest beginning of `text` that has at most `max_chars` characters (Unicode scalar values) and ends with a
/// sentence; failing that, with a word; failing that, with a whole grapheme. The flag says whether anything is missing.
#[must_use]
pub fn cut_at_sentence(text: &str, max_chars: usize) -> (String, bool) {
    let text = text.trim();
    let Some((limit, _)) = text.char_indices().nth(max_chars) else {
        return (text.to_owned(), false);
    };
    let mut end = 0;
    for sentence in sentences(text) {
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
            assert_eq!(sentences(text), want, "{text}");
        }
    }

    #[test]
    fn cuts_at_the_best_place() {
        assert_eq!(
            cut_at_sentence("One two. Three four.", 40),
            ("One two. Three four.".to_owned(), false)
        );
        assert_eq!(
            cut_at_sentence("One two. Three four.", 12),
            ("One two.".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("alpha, beta gamma", 8),
            ("alpha".to_owned(), true)
        );
        assert_eq!(
            cut_at_sentence("alpha beta gamma", 10),
            ("alpha beta".to_owned(), true)
        );
        assert_eq!(cut_at_sentence("人工智能", 2), ("人工".to_owned(), true));
        assert_eq!(
            cut_at_sentence("👨\u{200D}👩\u{200D}👧x", 2),
            (String::new(), true)
        );
        assert_eq!(cut_at_sentence("abc", 0), (String::new(), true));
    }

    proptest! {
        #[test]
        fn sentences_lose_only_white_space(text in "[a-zA-Z0-9 .!?…。！？。\"”)( \\n]{0,80}|\\PC{0,40}") {
            let squeeze = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(squeeze(&sentences(&text).concat()), squeeze(&text));
            prop_assert!(sentences(&text).iter().all(|s| !s.is_empty() && s.trim() == *s));
        }

        #[test]
        fn a_cut_is_a_beginning_within_the_limit(text in "[a-z .,!]{0,60}|\\PC{0,40}", max in 0_usize..50) {
            let (cut, was_cut) = cut_at_sentence(&text, max);
            prop_assert!(cut.chars().count() <= max);
            prop_assert!(text.trim().starts_with(&cut));
            prop_assert_eq!(was_cut, cut != text.trim());
        }

        #[test]
        fn words_stay_whole(text in "[a-z]{1,8}( [a-z]{1,8}){1,8}", max in 9_usize..50) {
            let (cut, _) = cut_at_sentence(&text, max);
            prop_assert!(text[cut.len()..].is_empty() || text[cut.len()..].starts_with(' '), "{:?}", cut);
        }
    }
}
