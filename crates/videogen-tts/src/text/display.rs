//! Cutting a text into the words that are displayed.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;
use videogen_text::{WritingSystem, word_starts};

use super::is_speakable;

/// The longest displayed word in characters; longer runs without a space are cut (addresses are not: they are spoken as
/// their host name only).
const MAX_WORD_CHARS: usize = 100;

/// A word as displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DisplayWord {
    pub(crate) text: String,
    pub(crate) space_before: bool,
    /// Whether an empty line follows in the source.
    pub(super) ends_paragraph: bool,
}

/// Removes what neither shows nor sounds, keeping white space as it is; composed form.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_whitespace() || !is_invisible(*c))
        .nfc()
        .collect()
}

/// Control characters, zero-width space and no-break, soft hyphen, direction marks, interlinear marks, non-characters.
/// The joiners U+200C and U+200D stay: emoji families and Persian words are made with them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FDD0}'..='\u{FDEF}')
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// The words of `text` in order. Joined with a space where `space_before` is set they are [`super::display_text`].
pub(crate) fn words(text: &str) -> Vec<DisplayWord> {
    let cleaned = clean(text);
    let mut words: Vec<DisplayWord> = Vec::new();
    let mut rest = cleaned.as_str();
    loop {
        let trimmed = rest.trim_start();
        let white = &rest[..rest.len() - trimmed.len()];
        if white
            .chars()
            .filter(|c| matches!(c, '\n' | '\u{2029}'))
            .count()
            >= 2
            && let Some(last) = words.last_mut()
        {
            last.ends_paragraph = true;
        }
        if trimmed.is_empty() {
            return words;
        }
        let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        for (n, piece) in pieces(&trimmed[..end]).into_iter().enumerate() {
            words.push(DisplayWord {
                space_before: n == 0 && !words.is_empty(),
                text: piece,
                ends_paragraph: false,
            });
        }
        rest = &trimmed[end..];
    }
}

/// Cuts a run without white space where its script writes no spaces, and where it is too long to be one word.
fn pieces(run: &str) -> Vec<String> {
    let is_address = run.contains("://") || run.contains("www.");
    // Only a dictionary knows where words begin there.
    let starts = if run.contains(is_unspaced) {
        word_starts(run)
    } else {
        Vec::new()
    };
    let mut pieces = Vec::new();
    let mut current = String::new();
    let mut length = 0;
    let mut before = ' ';
    for (at, grapheme) in run.grapheme_indices(true) {
        let first = grapheme.chars().next().unwrap_or(' ');
        let chars = grapheme.chars().count();
        let too_long = !is_address && length + chars > MAX_WORD_CHARS;
        let is_word = is_boundary(before, first) && starts.binary_search(&at).is_ok();
        if !current.is_empty() && (too_long || is_word) {
            pieces.push(std::mem::take(&mut current));
            length = 0;
        }
        current.push_str(grapheme);
        length += chars;
        before = first;
    }
    if !current.is_empty() {
        pieces.push(current);
    }
    pieces
}

/// Whether a new word may begin between two neighbouring graphemes, given by their first characters. Punctuation stays with
/// the word before it, opening brackets and Thai leading vowels with what follows, katakana (foreign words) together.
fn is_boundary(before: char, after: char) -> bool {
    if is_opening(before) || !(is_speakable(after) || is_opening(after)) {
        return false;
    }
    if is_katakana(before) && is_katakana(after) {
        return false;
    }
    is_unspaced(before) || is_unspaced(after)
}

fn is_unspaced(c: char) -> bool {
    WritingSystem::of(c).is_unspaced()
        || matches!(c, '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF0F}' | '\u{FF1A}'..='\u{FF20}')
}

fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A0}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9F}')
}

fn is_opening(c: char) -> bool {
    matches!(
        c,
        '(' | '['
            | '{'
            | '<'
            | '“'
            | '‘'
            | '«'
            | '¿'
            | '¡'
            | '「'
            | '『'
            | '（'
            | '【'
            | '《'
            | '〈'
            | '〔'
    ) || matches!(c, '\u{0E40}'..='\u{0E44}' | '\u{0EC0}'..='\u{0EC4}')
}
