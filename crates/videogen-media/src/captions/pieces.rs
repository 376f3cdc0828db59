//! From words to pieces that fit a line: long words are cut, and where a line may break is decided.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use videogen_text::{WritingSystem, hyphenation_points};

use super::ending::Ending;
use super::words::Word;
use crate::fonts::{Script, breaks_anywhere, breaks_between_words_only};

/// A Chinese or Japanese word of more clusters than this is marked in parts as it is spoken, not as a whole.
const LONGEST_CJK: usize = 4;

/// Clusters in each such part, where nothing tells where words begin.
const CJK_PART: usize = 2;

/// Clusters in a part of Japanese text, at most.
const JAPANESE_PART: usize = 6;

/// Clusters measured at a time. Shaping takes more than linear time in the length of a run.
const CHUNK: usize = 256;

/// Zero width space: a place where a line may break.
pub(crate) const BREAK: char = '\u{200B}';

/// Word joiner: a place where a line may not break.
pub(crate) const NO_BREAK: char = '\u{2060}';

/// Characters that do not begin a line: closing punctuation, small kana, the prolonged sound mark (JIS X 4051).
const NOT_AT_START: &str = "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】〙〗〟’”»ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥,.!?:;)]}%、｡､｣";

/// Characters that do not end a line: opening punctuation.
const NOT_AT_END: &str = "（［｛〔〈《「『【〘〖〝‘“«([{｢";

/// A part of a caption that is on one line and is marked as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) source: usize,
    /// What stands between it and the piece before.
    pub(crate) joint: Joint,
    pub(crate) ending: Ending,
    /// Its width, in the unit of the measuring function.
    pub(crate) width: f32,
}

/// What stands between two pieces on one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    /// Nothing; they stay together.
    Glued,
    /// Nothing; the writing system allows a break here.
    Open,
    /// Nothing visible; a break is allowed by a zero width space.
    Invisible,
    /// A space.
    Space,
}

/// Cuts words of `language` into pieces no wider than `line`.
///
/// `measure` gives the advance of each grapheme cluster of a text.
pub(crate) fn cut(
    words: &[Word],
    language: &str,
    line: f32,
    mut measure: impl FnMut(&str) -> Vec<f32>,
) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(words.len());
    let hyphen: f32 = measure("-").iter().sum();
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let endings = Ending::of_all(&texts, language);
    // Width since the last place where a line may break.
    let mut run = 0.0;
    for (word, whole) in words.iter().zip(endings) {
        let clusters: Vec<&str> = word.text.graphemes(true).collect();
        let widths: Vec<f32> = clusters
            .chunks(CHUNK)
            .flat_map(|chunk| measure(&chunk.concat()))
            .collect();
        debug_assert_eq!(widths.len(), clusters.len());
        let parts = if is_mostly_cjk(&clusters) {
            cjk_parts(&clusters, &widths, line)
        } else if widths.iter().sum::<f32>() <= line {
            std::iter::once(0..clusters.len()).collect()
        } else {
            let places = hyphenation_points(&word.text, language);
            long_parts(&clusters, &widths, &places, line, hyphen)
        };
        let count = clusters.len().max(1);
        for (number, part) in parts.iter().enumerate() {
            let next = parts
                .get(number + 1)
                .map(|next| clusters[next.clone()].concat());
            let mut text = clusters[part.clone()].concat();
            let mut width: f32 = widths[part.clone()].iter().sum();
            let ending = match &next {
                Some(next) => Ending::of_all(&[&text, next], language)[0],
                None => whole,
            };
            let mut joint = match pieces.last() {
                None => Joint::Glued,
                Some(_) if number == 0 && word.space_before => Joint::Space,
                Some(before) => between(&before.text, &text, number > 0),
            };
            if joint == Joint::Glued && !pieces.is_empty() && run + width > line {
                joint = Joint::Invisible;
            }
            if next.is_some_and(|next| is_hyphenated(&text, &next)) {
                text.push('-');
                width += hyphen;
            }
            run = if joint == Joint::Glued {
                run + width
            } else {
                width
            };
            // Time goes by clusters, not by width: an "i" is spoken no faster than an "m".
            let at = |cluster: usize| {
                word.start + (word.end - word.start) * cluster as f64 / count as f64
            };
            pieces.push(Piece {
                text,
                start: at(part.start),
                end: at(part.end),
                source: word.source,
                joint,
                ending,
                width,
            });
        }
    }
    pieces
}

/// Whether a long word is mostly of characters between which lines may break.
fn is_mostly_cjk(clusters: &[&str]) -> bool {
    let breaking = clusters
        .iter()
        .filter(|cluster| cluster.starts_with(breaks_anywhere));
    clusters.len() > LONGEST_CJK && breaking.count() * 2 > clusters.len()
}

/// Where a Chinese or Japanese word is cut, as ranges of its clusters.
fn cjk_parts(clusters: &[&str], widths: &[f32], line: f32) -> Vec<Range<usize>> {
    let is_japanese = clusters
        .iter()
        .any(|cluster| cluster.starts_with(is_hiragana));
    let mut parts = Vec::new();
    let mut start = 0;
    let mut width = 0.0;
    for at in 0..clusters.len() {
        let (before, here) = (clusters[at.saturating_sub(1)], clusters[at]);
        let is_part = may_break(before, here)
            && if is_japanese {
                begins_phrase(before, here) || at - start >= JAPANESE_PART
            } else {
                at - start >= CJK_PART
            };
        if at > start && (width + widths[at] > line || is_part) {
            parts.push(start..at);
            start = at;
            width = 0.0;
        }
        width += widths[at];
    }
    parts.push(start..clusters.len());
    parts
}

/// Where a word wider than a line is cut: at one of `places` (bytes) or behind punctuation where there is one in reach, in
/// parts that are about even, because those look better than full ones and a remainder.
fn long_parts(
    clusters: &[&str],
    widths: &[f32],
    places: &[usize],
    line: f32,
    hyphen: f32,
) -> Vec<Range<usize>> {
    let mut rest: f32 = widths.iter().sum();
    let mut parts = Vec::new();
    let mut start = 0;
    let mut byte = 0;
    while rest > line && start + 1 < clusters.len() {
        let most = (line - hyphen).max(f32::MIN_POSITIVE);
        let even = rest / (rest / most).ceil().max(1.0);
        let (mut width, mut at) = (0.0, byte);
        // The last place that fits, and the one nearest to an even part that a reader would choose.
        let mut last = (start + 1, clusters[start].len(), widths[start]);
        let mut best: Option<(usize, usize, f32)> = None;
        for (cluster, text) in clusters.iter().enumerate().skip(start) {
            width += widths[cluster];
            at += text.len();
            if width > most || cluster + 1 == clusters.len() {
                break;
            }
            last = (cluster + 1, at - byte, width);
            let is_place = places.contains(&at) || text.ends_with(|c| "-/._–—?&=".contains(c));
            let off = (width - even).abs();
            if is_place && best.is_none_or(|best| off <= (best.2 - even).abs()) {
                best = Some(last);
            }
            if best.is_none() && width >= even && places.is_empty() {
                break;
            }
        }
        let (end, bytes, width) = best.unwrap_or(last);
        parts.push(start..end);
        (start, byte, rest) = (end, byte + bytes, rest - width);
    }
    parts.push(start..clusters.len());
    parts
}

/// Whether a word that is cut between two texts shows a hyphen there: between letters of alphabets that are not joined.
fn is_hyphenated(before: &str, after: &str) -> bool {
    let is_letter = |c: Option<char>| {
        c.is_some_and(|c| {
            let system = WritingSystem::of(c);
            c.is_alphabetic()
                && matches!(
                    system,
                    WritingSystem::Latin | WritingSystem::Greek | WritingSystem::Cyrillic
                )
        })
    };
    is_letter(before.chars().next_back()) && is_letter(after.chars().next())
}

const fn is_hiragana(c: char) -> bool {
    matches!(c as u32, 0x3041..=0x309F)
}

/// Whether a phrase of Japanese begins between two clusters: particles and endings are hiragana, so the first Han
/// character, katakana or bracket behind hiragana or punctuation begins the next phrase.
pub(crate) fn begins_phrase(before: &str, after: &str) -> bool {
    let punctuation = |c: char| c != 'ー' && !is_hiragana(c) && NOT_AT_START.contains(c);
    let kana = |text: &str| text.starts_with(is_hiragana);
    let behind_kana = before.chars().next_back().is_some_and(is_hiragana);
    !after.starts_with(punctuation)
        && (before.ends_with(punctuation) || (behind_kana && !kana(after)))
}

/// The joint between two pieces with no space between them.
pub(super) fn between(before: &str, after: &str, same_word: bool) -> Joint {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return Joint::Glued;
    };
    if !may_break(before, after) {
        return Joint::Glued;
    }
    if breaks_anywhere(last) || breaks_anywhere(first) {
        return Joint::Open;
    }
    if same_word || (breaks_between_words_only(last) && breaks_between_words_only(first)) {
        return Joint::Invisible;
    }
    Joint::Glued
}

/// Appends a piece to the text of a page such that no line breaks within it: the general rules (UAX #14) allow a break
/// after every Han character, kana and Korean syllable, where readers expect one between words.
pub(crate) fn push_unbroken(text: &mut String, piece: &str) {
    let breaks = |cluster: &str| cluster.starts_with(|c| Script::of(c) == Script::Cjk);
    let mut before = false;
    for cluster in piece.graphemes(true) {
        let here = breaks(cluster);
        if before && here {
            text.push(NO_BREAK);
        }
        text.push_str(cluster);
        before = here;
    }
}

/// Whether punctuation allows a break between two texts.
fn may_break(before: &str, after: &str) -> bool {
    !before.ends_with(|c| NOT_AT_END.contains(c))
        && !after.starts_with(|c| NOT_AT_START.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, space_before: bool) -> Word {
        Word {
            text: text.into(),
            start: 0.0,
            end: 1.0,
            space_before,
            source: 0,
        }
    }

    /// Every cluster is one wide.
    fn pieces(words: &[Word], line: f32) -> Vec<Piece> {
        cut(words, "en", line, |text| {
            text.graphemes(true).map(|_| 1.0).collect()
        })
    }

    fn texts(pieces: &[Piece]) -> Vec<&str> {
        pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn a_word_that_fits_is_left_whole() {
        assert_eq!(
            texts(&pieces(&[word("hello", true), word("world", true)], 10.0)),
            ["hello", "world"]
        );
    }

    #[test]
    fn a_long_word_is_cut_evenly_between_clusters() {
        let text = "é".repeat(25);
        let cut = pieces(&[word(&text, true)], 10.0);
        assert_eq!(
            cut.iter()
                .map(|piece| piece.width as usize)
                .collect::<Vec<_>>(),
            [10, 9, 8]
        );
        assert_eq!(
            cut.iter()
                .map(|piece| piece.text.trim_end_matches('-'))
                .collect::<String>(),
            text
        );
        assert!((cut[1].start - 9.0 / 25.0).abs() < 1e-9 && (cut[2].end - 1.0).abs() < 1e-9);
        assert_eq!(cut[1].joint, Joint::Invisible);
    }

    #[test]
    fn a_long_word_is_hyphenated_as_its_language_does() {
        let of = |text: &str, language: &str| -> Vec<String> {
            let one = |text: &str| text.graphemes(true).map(|_| 1.0).collect();
            let pieces = cut(&[word(text, true)], language, 24.0, one);
            pieces.into_iter().map(|piece| piece.text).collect()
        };
        assert_eq!(
            of("Rindfleischetikettierungsüberwachungsaufgaben", "de"),
            ["Rindfleischetikettie-", "rungsüberwa-", "chungsaufgaben"]
        );
        // An address is parted behind its marks and shows no hyphen that it does not have.
        let address = "https://example.com/a/very/long/path/of/it";
        assert_eq!(of(address, "en").concat(), address);
        // Arabic letters are joined: a hyphen would say something else.
        let joined = "ب".repeat(50);
        assert_eq!(of(&joined, "ar").concat(), joined);
    }

    #[test]
    fn chinese_is_cut_into_short_parts_and_punctuation_stays_with_its_text() {
        let cut = pieces(&[word("今天天气很好，对吧？", true)], 100.0);
        assert_eq!(texts(&cut), ["今天", "天气", "很好，", "对吧？"]);
        assert!(
            cut[1..].iter().all(|piece| piece.joint == Joint::Open),
            "{cut:?}"
        );
    }

    #[test]
    fn japanese_is_cut_where_phrases_begin() {
        let cut = pieces(&[word("クラゲは不思議な光を放つ。なぜ光る", true)], 100.0);
        assert_eq!(
            texts(&cut),
            ["クラゲは", "不思議な", "光を", "放つ。", "なぜ", "光る"]
        );
        assert_eq!(
            texts(&pieces(&[word("「こんにちは」", true)], 100.0)),
            ["「こんにちは」"]
        );
    }

    #[test]
    fn a_piece_does_not_break() {
        let mut text = String::new();
        push_unbroken(&mut text, "바다 a속에 字");
        assert_eq!(text, "바\u{2060}다 a속\u{2060}에 字");
    }

    #[test]
    fn words_without_spaces_stay_together_until_the_line_is_full() {
        let cut = pieces(
            &[
                word("don", true),
                word("'t", false),
                word("aaaaaaaaa", false),
            ],
            10.0,
        );
        assert_eq!(cut[1].joint, Joint::Glued);
        assert_eq!(cut[2].joint, Joint::Invisible);
    }
}
