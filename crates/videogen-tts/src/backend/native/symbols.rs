//! Phonemes as the numbers that a voice knows them by.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

/// The numbers of each symbol, as the description of a voice lists them.
pub(super) type SymbolIds = BTreeMap<String, Vec<i32>>;

/// Stands before a text, between all symbols, and after a text.
pub(super) const START: &str = "^";
pub(super) const PAD: &str = "_";
pub(super) const END: &str = "$";

/// A phoneme, a mark of stress or length, a space, or a mark of punctuation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) text: String,
    /// The word that it belongs to; `None` for pauses.
    pub(super) word: Option<usize>,
}

/// Cuts a line of phonemes into the symbols that `known` has, the longest first, decomposed as Piper does it. What it does not have
/// is left out, and told in `unknown`.
pub(super) fn cut(line: &str, known: &SymbolIds, unknown: &mut BTreeSet<char>) -> Vec<String> {
    let chars: Vec<char> = line.nfd().collect();
    let longest = known.keys().map(|key| key.chars().count()).max();
    let mut symbols = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let most = longest.unwrap_or(1).min(chars.len() - at);
        let mut candidates = (1..=most)
            .rev()
            .map(|n| String::from_iter(&chars[at..at + n]));
        match candidates.find(|candidate| known.contains_key(candidate)) {
            Some(symbol) => {
                at += symbol.chars().count();
                symbols.push(symbol);
            }
            None => {
                unknown.insert(chars[at]);
                at += 1;
            }
        }
    }
    symbols
}

/// What goes into the network for some symbols, and whose each number is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ids {
    pub(super) ids: Vec<i32>,
    /// For each number the index of its symbol, whose pad goes with it; `None` for the start and the end.
    pub(super) symbols: Vec<Option<usize>>,
}

/// The numbers of `symbols`: `^ _ (symbol _)* $`, as Piper has it. The symbols and the three marks are in `known`.
pub(super) fn ids(symbols: &[Symbol], known: &SymbolIds) -> Ids {
    let mut all = Ids::default();
    let mut push = |text: &str, symbol: Option<usize>| {
        for id in known.get(text).into_iter().flatten() {
            all.ids.push(*id);
            all.symbols.push(symbol);
        }
    };
    push(START, None);
    push(PAD, None);
    for (n, symbol) in symbols.iter().enumerate() {
        push(&symbol.text, Some(n));
        push(PAD, Some(n));
    }
    push(END, None);
    all
}

/// Cuts symbols into pieces of at most `most`, at pauses or spaces where there are any.
pub(super) fn pieces(symbols: &[Symbol], most: usize) -> Vec<&[Symbol]> {
    let mut pieces = Vec::new();
    let mut rest = symbols;
    while rest.len() > most {
        let (front, _) = rest.split_at(most);
        let at = |is_place: fn(&Symbol) -> bool| front.iter().rposition(is_place);
        let place = at(|symbol| symbol.word.is_none()).or_else(|| at(|symbol| symbol.text == " "));
        let (piece, behind) = rest.split_at(place.map_or(most, |n| n + 1));
        pieces.push(piece);
        rest = behind;
    }
    pieces.extend((!rest.is_empty()).then_some(rest));
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> SymbolIds {
        let symbols = ["_", "^", "$", " ", ",", "a", "ɪ", "aɪ", "c", "\u{327}", "ˈ"];
        let ids = symbols.iter().zip(0..);
        ids.map(|(text, id)| ((*text).to_owned(), vec![id]))
            .collect()
    }

    fn symbols(texts: &[&str]) -> Vec<Symbol> {
        let word = |text: &&str| (*text != ",").then_some(0);
        let symbol = |text: &&str| Symbol {
            text: (*text).to_owned(),
            word: word(text),
        };
        texts.iter().map(symbol).collect()
    }

    #[test]
    fn symbols_are_the_longest_that_are_known() {
        let mut unknown = BTreeSet::new();
        let cut = cut("ˈaɪ ça1", &known(), &mut unknown);
        assert_eq!(cut, ["ˈ", "aɪ", " ", "c", "\u{327}", "a"]);
        assert_eq!(unknown, BTreeSet::from(['1']));
    }

    #[test]
    fn numbers_are_those_of_piper() {
        let ids = ids(&symbols(&["a", "ɪ", ","]), &known());
        assert_eq!(ids.ids, [1, 0, 5, 0, 6, 0, 4, 0, 2]);
        let (a, i, comma) = (Some(0), Some(1), Some(2));
        assert_eq!(ids.symbols, [None, None, a, a, i, i, comma, comma, None]);
    }

    #[test]
    fn pieces_end_at_pauses_or_spaces() {
        let all = symbols(&["a", ",", "a", " ", "a", "a", "a", "a"]);
        let lengths = |most| {
            pieces(&all, most)
                .iter()
                .map(|p| p.len())
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(8), [8]);
        assert_eq!(lengths(5), [2, 2, 4]);
        assert_eq!(lengths(3), [2, 2, 3, 1]);
        assert!(pieces(&[], 3).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(line in "[aɪç ,1ˈ]{0,40}", most in 1usize..20) {
            let mut unknown = BTreeSet::new();
            let cut = cut(&line, &known(), &mut unknown);
            let kept: String = line.nfd().filter(|c| !unknown.contains(c)).collect();
            prop_assert_eq!(cut.concat(), kept);
            let texts: Vec<&str> = cut.iter().map(String::as_str).collect();
            let all = symbols(&texts);
            let cut = pieces(&all, most);
            prop_assert!(cut.iter().all(|piece| (1..=most).contains(&piece.len())));
            prop_assert_eq!(cut.concat(), all);
        }
    }
}
