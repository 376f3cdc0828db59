//! From the text as displayed to what is spoken, chunk by chunk, with the way back to the displayed words.

mod amount;
mod chunk;
mod date;
mod display;
mod number;
mod ordinal;
mod place;
mod short;
mod spoken;
mod tables;

use std::ops::Range;

pub(crate) use chunk::clauses;
pub(crate) use display::words as display_words;

/// The longest chunk in characters. Piper turns one chunk into one tensor: 2000 words without punctuation took 11.6 GB
/// (docs/measurements.md), and the sentences people write are shorter.
pub(crate) const MAX_CHUNK_CHARS: usize = 350;

/// What a backend can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repertoire {
    /// Any letters.
    Unicode,
    /// Letters of scripts the language uses, and Latin ones. A Piper voice announces any other letter at length
    /// ("Chinese letter", "letter one two three…"), which fills gigabytes of memory with nonsense.
    Language,
    /// ASCII: accents are taken off, other letters are left unspoken.
    Ascii,
}

/// A pause the punctuation asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    None,
    Clause,
    Sentence(char),
}

/// A displayed word with what is said for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextWord {
    /// As displayed.
    pub(crate) display: String,
    pub(crate) space_before: bool,
    /// What is said, without the punctuation at its end; empty for emoji, symbols and what the backend cannot speak.
    pub(crate) spoken: String,
    /// The pause after it.
    pub(crate) stop: Stop,
}

/// What is synthesised in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Indices into [`Prepared::words`]; the chunks cover all words in order.
    pub(crate) words: Range<usize>,
    /// One line of at most [`MAX_CHUNK_CHARS`] characters; empty when the words cannot be spoken by this backend.
    pub(crate) text: String,
    /// Whether a sentence ends here.
    pub(crate) ends_sentence: bool,
}

/// What is said of a chunk without a pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// Indices into the chunk's words; the clauses of a chunk cover them in order.
    pub(crate) words: Range<usize>,
    /// What is said, without the mark at its end.
    pub(crate) text: String,
    /// Whether a space stands before it in the chunk's line.
    pub(crate) space_before: bool,
    /// The punctuation at its end.
    pub(crate) mark: char,
}

/// A text ready for a backend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prepared {
    pub(crate) words: Vec<TextWord>,
    pub(crate) chunks: Vec<Chunk>,
}

impl Prepared {
    /// Whether the backend has anything to do.
    pub(crate) fn is_speakable(&self) -> bool {
        self.chunks.iter().any(|chunk| !chunk.text.is_empty())
    }
}

/// The text as it is displayed: in Unicode's composed form (NFC), without control characters, zero-width spaces and
/// marks that set the direction of writing, with every run of white space as one space and none at the ends. Emoji,
/// symbols, punctuation and the joiners inside emoji and Indic or Persian words stay.
pub fn display_text(text: &str) -> String {
    display::clean(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Cuts and spells out `text` for a backend. `language` decides abbreviations, numbers with units, money and signs, where there
/// is a table of it; other languages leave them to the synthesiser.
pub(crate) fn prepare(text: &str, language: &str, repertoire: Repertoire) -> Prepared {
    let display = display::words(text);
    let ends = chunk::sentence_ends(&display, language);
    let spoken = spoken::spell(&display, &ends, language, repertoire);
    let words: Vec<TextWord> = display
        .into_iter()
        .zip(spoken)
        .map(|(word, spoken)| TextWord {
            display: word.text,
            space_before: word.space_before,
            spoken: spoken.text,
            stop: spoken.stop,
        })
        .collect();
    let chunks = chunk::chunks(&words, &ends);
    Prepared { words, chunks }
}

/// A letter or digit that can be said. Squared and circled letters used as emoji (U+1F130…) count as alphabetic in
/// Unicode, but are pictures.
pub(crate) fn is_speakable(c: char) -> bool {
    c.is_alphanumeric() && !('\u{1F000}'..='\u{1FAFF}').contains(&c)
}

#[cfg(test)]
mod said;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Vec<String> {
        prepare(text, "en", Repertoire::Unicode)
            .chunks
            .into_iter()
            .map(|chunk| chunk.text)
            .collect()
    }

    #[test]
    fn sentences_become_chunks() {
        assert_eq!(
            said("Hello there. How are you? Fine!"),
            ["Hello there.", "How are you?", "Fine!"]
        );
        assert_eq!(said("no punctuation at all"), ["no punctuation at all."]);
        assert_eq!(
            said("A wrapped\nline goes on.\n\nA paragraph ends\n\nhere"),
            ["A wrapped line goes on.", "A paragraph ends.", "here."]
        );
    }

    #[test]
    fn abbreviations_and_initials_do_not_end_sentences() {
        assert_eq!(
            said("Dr. Smith met Mr. Jones on Main St. yesterday."),
            ["Doctor Smith met Mister Jones on Main Street yesterday."]
        );
        assert_eq!(
            said("J. K. Rowling and the U.S. Army left."),
            ["J K Rowling and the U S Army left."]
        );
        assert_eq!(
            said("It was Jan. 3rd, at 5 p.m. in St. Louis."),
            ["It was January 3rd, at 5 p m in Saint Louis."]
        );
        assert_eq!(
            said("Cats, dogs, etc. They left at 5 p.m. We stayed."),
            [
                "Cats, dogs, et cetera.",
                "They left at 5 p m.",
                "We stayed."
            ]
        );
        assert_eq!(
            said("See No. 5, e.g. this one."),
            ["See Number 5, for example this one."]
        );
        assert_eq!(said("I said no. Then left."), ["I said no.", "Then left."]);
    }

    #[test]
    fn money_and_percent_are_words() {
        assert_eq!(
            said("It costs $3.50, not $1,250."),
            ["It costs 3 dollars and 50 cents, not 1250 dollars."]
        );
        assert_eq!(
            said("They paid $5 million and €2.5bn."),
            ["They paid 5 million dollars and 2.5 billion euros."]
        );
        assert_eq!(said("Up 50% for £1."), ["Up 50 percent for 1 pound."]);
        assert_eq!(
            prepare("Das kostet 5% mehr.", "de", Repertoire::Unicode).chunks[0].text,
            "Das kostet 5 Prozent mehr."
        );
    }

    #[test]
    fn marks_of_markdown_phoneme_brackets_and_addresses_are_not_read_out() {
        assert_eq!(
            said("# Title with **bold** and `code_name` [[h@l'oU]]"),
            ["Title with bold and code name h at l'oU."]
        );
        assert_eq!(
            said("See https://www.example.com/a/b?c=d#e now."),
            ["See example dot com now."]
        );
        assert_eq!(
            said("[docs](https://example.com/x) me@example.org"),
            ["docs me at example dot org."]
        );
    }

    #[test]
    fn ellipses_and_dashes_are_pauses() {
        assert_eq!(said("He left... Wow… really"), ["He left.", "Wow, really."]);
        assert_eq!(
            said("Well — yes – no—maybe - so"),
            ["Well, yes, no, maybe, so."]
        );
        assert_eq!(
            said("“Stop!” he said. (Really?) Yes."),
            ["Stop, he said.", "Really?", "Yes."]
        );
    }

    #[test]
    fn emoji_stay_displayed_and_unsaid() {
        let prepared = prepare("🎉 Party time 👨‍👩‍👧! 🍕", "en", Repertoire::Unicode);
        let display: Vec<&str> = prepared
            .words
            .iter()
            .map(|word| word.display.as_str())
            .collect();
        assert_eq!(display, ["🎉", "Party", "time", "👨‍👩‍👧!", "🍕"]);
        assert_eq!(prepared.chunks.len(), 1);
        assert_eq!(prepared.chunks[0].text, "Party time!");
        assert_eq!(prepared.chunks[0].words, 0..5);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_words() {
        let prepared = prepare("你好，世界。我用iPhone手机", "cmn", Repertoire::Unicode);
        let display: Vec<&str> = prepared
            .words
            .iter()
            .map(|word| word.display.as_str())
            .collect();
        assert_eq!(display, ["你好，", "世界。", "我", "用", "iPhone", "手机"]);
        assert!(prepared.words.iter().all(|word| !word.space_before));
        let texts: Vec<&str> = prepared
            .chunks
            .iter()
            .map(|chunk| chunk.text.as_str())
            .collect();
        assert_eq!(texts, ["你好,世界.", "我用iPhone手机."]);
    }

    #[test]
    fn what_ascii_backends_cannot_say_is_left_out_or_kept_as_a_mute_chunk() {
        let prepared = prepare("Naïve café. 你好世界。 Done", "en", Repertoire::Ascii);
        let texts: Vec<&str> = prepared
            .chunks
            .iter()
            .map(|chunk| chunk.text.as_str())
            .collect();
        assert_eq!(texts, ["Naive cafe.", "", "Done."]);
        assert!(!prepare("你好世界", "en", Repertoire::Ascii).is_speakable());
    }

    #[test]
    fn nothing_but_punctuation_gives_no_chunk() {
        for text in ["", "   ", "...", "?!", "🎉 🍕", "\0\u{200b}", "— – -", "🅰"] {
            assert!(
                !prepare(text, "en", Repertoire::Unicode).is_speakable(),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_endless_sentence_is_cut_at_clauses_and_else_at_words() {
        let endless = vec!["word"; 2000].join(" ");
        let chunks = said(&endless);
        assert!(chunks.len() > 20);
        let clauses = vec!["some words in a clause,"; 60].join(" ");
        for chunk in said(&clauses) {
            assert!(
                chunk.ends_with("clause,") || chunk.ends_with("clause."),
                "{chunk}"
            );
        }
    }

    proptest! {
        #[test]
        fn words_cover_the_display_text_and_chunks_cover_the_words(text in "(\\PC|[ .,!?\n🎉你の]|[a-z]{1,9} ){0,120}", ascii: bool) {
            let repertoire = if ascii { Repertoire::Ascii } else { Repertoire::Unicode };
            let prepared = prepare(&text, "en", repertoire);
            let mut joined = String::new();
            for word in &prepared.words {
                if word.space_before { joined.push(' '); }
                joined.push_str(&word.display);
            }
            prop_assert_eq!(&joined, &display_text(&text));
            if prepared.chunks.is_empty() { return Ok(()); }
            let mut next = 0;
            for chunk in &prepared.chunks {
                prop_assert_eq!(chunk.words.start, next);
                prop_assert!(chunk.words.end > chunk.words.start);
                prop_assert!(chunk.text.chars().count() <= MAX_CHUNK_CHARS, "{}", chunk.text.len());
                prop_assert!(chunk.text.is_empty() || chunk.text.chars().any(is_speakable));
                let forbidden = ['\n', '\0', '[', ']', '<', '\u{200b}'];
                prop_assert!(!chunk.text.contains(forbidden));
                prop_assert!(!ascii || chunk.text.is_ascii());
                let clauses = clauses(&prepared.words[chunk.words.clone()], chunk.ends_sentence);
                prop_assert_eq!(clauses.is_empty(), chunk.text.is_empty());
                let mut covered = 0;
                for clause in clauses {
                    prop_assert_eq!(clause.words.start, covered);
                    prop_assert!(!clause.text.contains('\n'));
                    covered = clause.words.end;
                }
                prop_assert!(chunk.text.is_empty() || covered == chunk.words.len());
                next = chunk.words.end;
            }
            prop_assert_eq!(next, prepared.words.len());
            prop_assert!(prepared.chunks.last().is_some_and(|chunk| chunk.ends_sentence));
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in "\\PC{0,80}") {
            let once = display_text(&text);
            prop_assert_eq!(display_text(&once), once);
        }
    }
}
