//! Which word each phoneme of a clause belongs to.
//!
//! espeak-ng joins words ("in the" is `ɪnðə`) and splits them ("42" is `fˈoːɹɾi tˈuː`), so spaces do not tell. The phonemes of each
//! word said alone are aligned with those of the clause (Needleman and Wunsch 1970).

/// The price of a phoneme that the other side has not.
const GAP: f32 = 0.8;
/// The price of an end of a word without a space, as in "ɪnðə", and of a space within a word, as in "fˈoːɹɾi tˈuː".
const JOINED: f32 = 0.25;
const SPLIT: f32 = 0.35;
/// No way.
const IMPOSSIBLE: f32 = 1e9;

/// What the words said alone are made of.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Alone {
    Phoneme(char, usize),
    /// Between two words.
    Boundary,
}

/// Returns for each character of `clause` the word that it belongs to, from `words`, the phonemes of each word said alone. Words come
/// in order. Marks of stress go with the phoneme after them and other marks with the one before them, and a space with the word
/// before it. `None` is only given where no word has a phoneme, or the clause begins with a space.
pub(super) fn owners(words: &[&str], clause: &[char]) -> Vec<Option<usize>> {
    let alone = alone(words);
    let heard: Vec<(usize, char)> = clause
        .iter()
        .enumerate()
        .filter(|(_, c)| **c == ' ' || is_phoneme(**c))
        .map(|(n, c)| (n, *c))
        .collect();
    let mut owners = vec![None; clause.len()];
    for ((n, c), owner) in heard.iter().zip(align(&alone, &heard)) {
        if *c != ' ' {
            owners[*n] = owner;
        }
    }
    spread_to_marks(clause, &mut owners);
    owners
}

/// Whether a character is a sound and not a mark on one.
fn is_phoneme(c: char) -> bool {
    c != ' ' && !is_stress(c) && !is_mark(c)
}

fn is_stress(c: char) -> bool {
    matches!(c, 'ˈ' | 'ˌ')
}

/// Length, modifiers, tones, combining marks, and what espeak-ng writes between syllables.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{2B0}'..='\u{36F}' | '-' | '_' | '|' | '\'' | '0'..='9' | '↓' | '↑' | '→' | '"' | '#')
        || unicode_normalization::char::is_combining_mark(c)
}

fn alone(words: &[&str]) -> Vec<Alone> {
    let mut all = Vec::new();
    for (n, word) in words.iter().enumerate() {
        let phonemes = word.chars().filter(|c| is_phoneme(*c));
        let before = all.len();
        all.extend(phonemes.map(|c| Alone::Phoneme(c, n)));
        // Words without a phoneme are no words here.
        if before > 0 && all.len() > before {
            all.insert(before, Alone::Boundary);
        }
    }
    all
}

/// The word of each character that is heard; spaces have none.
fn align(alone: &[Alone], heard: &[(usize, char)]) -> Vec<Option<usize>> {
    let (rows, columns) = (alone.len() + 1, heard.len() + 1);
    let at = |i: usize, j: usize| i * columns + j;
    let mut cost = vec![IMPOSSIBLE; rows * columns];
    let mut step = vec![Step::Both; rows * columns];
    cost[0] = 0.0;
    for i in 0..rows {
        for j in 0..columns {
            let mut offer = |from: usize, price: f32, kind: Step| {
                let total = cost[from] + price;
                if total < cost[at(i, j)] {
                    cost[at(i, j)] = total;
                    step[at(i, j)] = kind;
                }
            };
            if i > 0 && j > 0 {
                let price = both(alone[i - 1], heard[j - 1].1);
                offer(at(i - 1, j - 1), price, Step::Both);
            }
            if i > 0 {
                let price = match alone[i - 1] {
                    Alone::Boundary => JOINED,
                    Alone::Phoneme(..) => GAP,
                };
                offer(at(i - 1, j), price, Step::Alone);
            }
            if j > 0 {
                let price = if heard[j - 1].1 == ' ' { SPLIT } else { GAP };
                offer(at(i, j - 1), price, Step::Heard);
            }
        }
    }
    trace(alone, heard, &step)
}

/// How the last characters of two beginnings go together.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// They are a pair.
    Both,
    /// That of the words has no partner.
    Alone,
    /// That of the clause has none.
    Heard,
}

fn trace(alone: &[Alone], heard: &[(usize, char)], step: &[Step]) -> Vec<Option<usize>> {
    let mut owners = vec![None; heard.len()];
    let (mut i, mut j) = (alone.len(), heard.len());
    while i > 0 || j > 0 {
        match step[i * (heard.len() + 1) + j] {
            Step::Both if i > 0 && j > 0 => {
                if let Alone::Phoneme(_, word) = alone[i - 1] {
                    owners[j - 1] = Some(word);
                }
                (i, j) = (i - 1, j - 1);
            }
            Step::Alone if i > 0 => i -= 1,
            _ if j > 0 => {
                if heard[j - 1].1 != ' ' {
                    owners[j - 1] = unpaired(&alone[..i], &alone[i..]);
                }
                j -= 1;
            }
            _ => i -= 1,
        }
    }
    owners
}

/// The word of a phoneme that stands between `before` and `behind` and in neither: right after the end of a word the next one's.
fn unpaired(before: &[Alone], behind: &[Alone]) -> Option<usize> {
    let word = |one: &Alone| match one {
        Alone::Phoneme(_, word) => Some(*word),
        Alone::Boundary => None,
    };
    let next = || behind.iter().find_map(word);
    match before.last() {
        Some(Alone::Phoneme(_, word)) => Some(*word),
        _ => next().or_else(|| before.iter().rev().find_map(word)),
    }
}

/// The price of a phoneme of a word standing for one that is heard.
fn both(alone: Alone, heard: char) -> f32 {
    match (alone, heard) {
        (Alone::Boundary, ' ') => 0.0,
        (Alone::Boundary, _) | (_, ' ') => IMPOSSIBLE,
        (Alone::Phoneme(c, _), heard) if c == heard => 0.0,
        (Alone::Phoneme(c, _), heard) => match (kind(c), kind(heard)) {
            (one, other) if one == other => 0.3,
            (Kind::Vowel, _) | (_, Kind::Vowel) => 1.5,
            _ => 0.7,
        },
    }
}

/// Sounds that come in each other's place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Vowel,
    Stop,
    Fricative,
    Nasal,
    Liquid,
}

fn kind(c: char) -> Kind {
    match c {
        'p' | 'b' | 't' | 'd' | 'ʈ' | 'ɖ' | 'c' | 'ɟ' | 'k' | 'g' | 'ɡ' | 'q' | 'ɢ' | 'ʔ' | 'ɾ'
        | 'ɗ' | 'ɓ' | 'ʄ' | 'ɠ' => Kind::Stop,
        'm' | 'n' | 'ŋ' | 'ɲ' | 'ɳ' | 'ɴ' | 'ɱ' => Kind::Nasal,
        'l' | 'r' | 'ɹ' | 'ɻ' | 'ɽ' | 'ʀ' | 'ʁ' | 'ɫ' | 'ɭ' | 'ʎ' | 'ʟ' | 'j' | 'w' | 'ɥ' | 'ʋ'
        | 'ɰ' => Kind::Liquid,
        'f' | 'v' | 's' | 'z' | 'ʃ' | 'ʒ' | 'θ' | 'ð' | 'x' | 'ɣ' | 'h' | 'ɦ' | 'ç' | 'ʝ' | 'χ'
        | 'ħ' | 'ʕ' | 'ɸ' | 'β' | 'ʂ' | 'ʐ' | 'ɕ' | 'ʑ' | 'ɬ' | 'ɮ' => Kind::Fricative,
        _ => Kind::Vowel,
    }
}

/// Gives marks the word of their phoneme, and spaces the word before them.
fn spread_to_marks(clause: &[char], owners: &mut [Option<usize>]) {
    let mut before = None;
    for (c, owner) in clause.iter().zip(owners.iter_mut()) {
        if owner.is_none() && !is_stress(*c) {
            *owner = before;
        }
        before = owner.or(before);
    }
    let mut behind = None;
    for (c, owner) in clause.iter().zip(owners.iter_mut()).rev() {
        if owner.is_none() && *c != ' ' {
            *owner = behind;
        }
        behind = owner.or(behind);
    }
    // Stress without a phoneme behind it.
    let mut before = None;
    for owner in owners {
        *owner = owner.or(before);
        before = *owner;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The clause with a bar between what belongs to different words.
    fn barred(words: &[&str], clause: &str) -> String {
        let chars: Vec<char> = clause.chars().collect();
        let owners = owners(words, &chars);
        let mut out = String::new();
        for (n, c) in chars.iter().enumerate() {
            if n > 0 && owners[n] != owners[n - 1] {
                out.push('|');
            }
            out.push(*c);
        }
        out
    }

    /// What espeak-ng 1.51 prints with `en-us` for the words alone and for the clause.
    #[test]
    fn words_find_their_phonemes_where_they_are_joined_or_split() {
        let words = ["ˈaɪ", "ˈæm", "ˈɪn", "ðˈə", "hˈaʊs", "ˈʌv", "ˈeɪ", "fɹˈɛnd"];
        assert_eq!(
            barred(&words, "aɪɐm ɪnðə hˈaʊs əvə fɹˈɛnd"),
            "aɪ|ɐm |ɪn|ðə |hˈaʊs |əv|ə |fɹˈɛnd"
        );
        let words = ["ˈænd", "ˈɪt", "kˈɔsts", "fˈoːɹɾi tˈuː", "dˈɑːlɚz"];
        assert_eq!(
            barred(&words, "ænd ɪt kˈɔsts fˈoːɹɾi tˈuː dˈɑːlɚz"),
            "ænd |ɪt |kˈɔsts |fˈoːɹɾi tˈuː |dˈɑːlɚz"
        );
    }

    #[test]
    fn a_sound_that_only_the_clause_has_goes_with_its_neighbour() {
        // A linking r.
        assert_eq!(barred(&["fˈɑː", "ɐwˈeɪ"], "fˈɑːɹ ɐwˈeɪ"), "fˈɑːɹ |ɐwˈeɪ");
        assert_eq!(barred(&["", "ɐwˈeɪ"], "ɐwˈeɪ"), "ɐwˈeɪ");
        assert_eq!(owners(&[], &['a']), [None]);
        assert_eq!(owners(&["", ""], &['a', ' ']), [None, None]);
        assert!(owners(&["a"], &[]).is_empty());
    }

    proptest! {
        #[test]
        fn every_sound_has_a_word_and_words_keep_their_order(
            words in prop::collection::vec("[ptaiɪəʊsnˈː]{0,6}", 1..8),
            clause in "[ptaiɪəʊsnˈː ]{0,40}",
        ) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let chars: Vec<char> = clause.chars().collect();
            let owners = owners(&words, &chars);
            prop_assert_eq!(owners.len(), chars.len());
            let has_sound = |word: &&str| word.chars().any(is_phoneme);
            let mut last = 0;
            for (c, owner) in chars.iter().zip(owners) {
                prop_assert!(owner.is_some() || *c == ' ' || !words.iter().any(has_sound) || !chars.iter().any(|c| is_phoneme(*c)));
                prop_assert!(owner.is_none_or(|word| word >= last && has_sound(&words[word])));
                last = owner.unwrap_or(last);
            }
        }
    }
}
