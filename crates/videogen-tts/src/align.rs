//! When each word is heard: from phones where the synthesiser reports them, else from the words' lengths.

use videogen_text::WritingSystem;

use crate::text::{Stop, TextWord};

/// Seconds one expected phone takes at natural pace: 2.6 English words a second with 3.85 phones each.
const SECONDS_PER_PHONE: f64 = 0.1;
/// The pause a comma makes inside a chunk, in phones.
const CLAUSE_PAUSE: f64 = 2.0;
/// The longest time a word that is displayed but not spoken takes from its neighbour, in seconds.
const UNSPOKEN_SECONDS: f64 = 0.08;

/// A phone or pause and when it is heard, in seconds from the start of the clip.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phone {
    pub(crate) name: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
}

/// From and to, in seconds.
pub(crate) type Span = (f64, f64);

/// How many phones `spoken` has, about; 0 for nothing. English letters 0.82 each, digits 4.2, acronyms 2.2 a letter
/// (fitted in docs/measurements.md); an ideograph or Hangul block is a syllable, a kana a short one.
pub(crate) fn expected_phones(spoken: &str) -> f64 {
    let phones: f64 = spoken
        .split(' ')
        .map(|word| {
            let acronym = is_acronym(word);
            word.chars()
                .map(|c| match WritingSystem::of(c) {
                    _ if !c.is_alphanumeric() => 0.0,
                    _ if c.is_numeric() => 4.2,
                    WritingSystem::Han | WritingSystem::Hangul => 2.2,
                    WritingSystem::Kana => 1.6,
                    _ if acronym => 2.2,
                    _ => 0.82,
                })
                .sum::<f64>()
        })
        .sum();
    if phones > 0.0 { phones.max(1.2) } else { 0.0 }
}

/// Seconds that speaking `words` takes at natural pace, about. Words without anything spoken for them count as displayed:
/// this also times what is only read.
pub(crate) fn estimated_seconds(words: &[TextWord]) -> f64 {
    let phones: f64 = words
        .iter()
        .map(|word| weight_when_read(word) + pause_after(word))
        .sum();
    (phones * SECONDS_PER_PHONE).max(0.1)
}

/// Times for words that are shown and not spoken: each in proportion to its length.
pub(crate) fn read_evenly(words: &[TextWord], span: Span) -> Vec<Span> {
    let weights: Vec<f64> = words.iter().map(weight_when_read).collect();
    share_with_neighbours(&spread(words, &weights, span), span)
}

/// Times for spoken words inside `span`, in proportion to the phones expected of them.
pub(crate) fn estimate(words: &[TextWord], span: Span) -> Vec<Span> {
    let weights: Vec<f64> = words
        .iter()
        .map(|word| expected_phones(&word.spoken))
        .collect();
    share_with_neighbours(&spread(words, &weights, span), span)
}

/// Times for spoken words from the phones that were heard. `span` is the voiced part of the clip and bounds them.
///
/// The letters of the words are aligned with the phones by dynamic programming: a letter may stand for a phone it can
/// spell, be silent, or a phone may come unspelt; a pause may only stand between words. Words thereby find their phones
/// without a dictionary, also where the synthesiser expanded a number.
pub(crate) fn from_phones(words: &[TextWord], phones: &[Phone], span: Span) -> Vec<Span> {
    let owners = owners(&symbols(words), phones);
    let spans: Vec<Option<Span>> = (0..words.len())
        .map(|word| {
            let mut own = phones
                .iter()
                .zip(&owners)
                .filter(|(_, owner)| **owner == Some(word))
                .map(|(phone, _)| phone);
            let first = own.next()?;
            let last = own.next_back().unwrap_or(first);
            Some((first.start, last.end))
        })
        .collect();
    from_spans(words, &spans, span)
}

/// Times for spoken words from those of the words that were heard, which do not overlap; `span` is the voiced part of the clip and
/// bounds them. A word of which nothing was heard takes a little of its neighbour's time.
pub(crate) fn from_spans(words: &[TextWord], spans: &[Option<Span>], span: Span) -> Vec<Span> {
    let inside = |(start, end): Span| (start.clamp(span.0, span.1), end.clamp(span.0, span.1));
    let spans: Vec<Option<Span>> = spans
        .iter()
        .map(|it| it.map(inside).filter(|(start, end)| end > start))
        .collect();
    if spans.iter().all(Option::is_none) {
        estimate(words, span)
    } else {
        share_with_neighbours(&spans, span)
    }
}

fn weight_when_read(word: &TextWord) -> f64 {
    expected_phones(if word.spoken.is_empty() {
        &word.display
    } else {
        &word.spoken
    })
}

fn pause_after(word: &TextWord) -> f64 {
    if word.stop == Stop::None {
        0.0
    } else {
        CLAUSE_PAUSE
    }
}

/// One to six capitals that are said letter by letter or as a word; two capitals need not be a shout.
fn is_acronym(word: &str) -> bool {
    let count = word.chars().count();
    (2..=6).contains(&count) && word.chars().all(|c| c.is_ascii_uppercase())
}

/// Lays words with a weight one after another into `span`; a pause follows punctuation, but not the last word.
fn spread(words: &[TextWord], weights: &[f64], span: Span) -> Vec<Option<Span>> {
    let last = weights.iter().rposition(|weight| *weight > 0.0);
    let pauses: Vec<f64> = words
        .iter()
        .enumerate()
        .map(|(n, word)| {
            if last.is_some_and(|last| n < last) {
                pause_after(word)
            } else {
                0.0
            }
        })
        .collect();
    let total: f64 = weights.iter().sum::<f64>() + pauses.iter().sum::<f64>();
    let scale = (span.1 - span.0) / total.max(f64::MIN_POSITIVE);
    let mut at = 0.0;
    weights
        .iter()
        .zip(&pauses)
        .map(|(weight, pause)| {
            let placed = (*weight > 0.0).then(|| {
                (
                    span.0 + at * scale,
                    (span.0 + (at + weight) * scale).min(span.1),
                )
            });
            at += weight + pause;
            placed
        })
        .collect()
}

/// Gives words without a time a slice of the word before them, or of the word after them at the beginning.
pub(crate) fn share_with_neighbours(spans: &[Option<Span>], whole: Span) -> Vec<Span> {
    let count = spans.len();
    let Some(first) = spans.iter().position(Option::is_some) else {
        return (0..count)
            .map(|n| {
                (
                    at_fraction(whole, n, count),
                    at_fraction(whole, n + 1, count),
                )
            })
            .collect();
    };
    let mut out: Vec<Span> = Vec::with_capacity(count);
    let mut n = 0;
    while n < count {
        // A group: at the very beginning the words without a time, then one with, then those without that follow it.
        let owner = if n == 0 { first } else { n };
        let (start, end) = spans[owner].unwrap_or(whole);
        let after = spans[owner + 1..]
            .iter()
            .take_while(|span| span.is_none())
            .count();
        let before = owner - n;
        let others = (before + after) as f64;
        let slice = if others > 0.0 {
            UNSPOKEN_SECONDS.min((end - start) * 0.5 / others)
        } else {
            0.0
        };
        let own_start = start + slice * before as f64;
        let own_end = end - slice * after as f64;
        out.extend((0..before).map(|k| (start + slice * k as f64, start + slice * (k + 1) as f64)));
        out.push((own_start, own_end));
        out.extend((0..after).map(|k| {
            (
                own_end + slice * k as f64,
                if k + 1 == after {
                    end
                } else {
                    own_end + slice * (k + 1) as f64
                },
            )
        }));
        n = owner + after + 1;
    }
    out
}

fn at_fraction(span: Span, n: usize, of: usize) -> f64 {
    span.0 + (span.1 - span.0) * n as f64 / of as f64
}

/// What the spelling offers to the phones.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Symbol {
    /// A letter of a word, lower case.
    Letter(char, usize),
    /// Part of a number's name: any phone.
    Any(usize),
    /// Between words; whether punctuation stands there.
    Gap(bool),
}

/// How English names the letters, spelt so that [`spells`] understands it.
const LETTER_NAMES: [&str; 26] = [
    "ay", "bee", "see", "dee", "ee", "ef", "jee", "aych", "iy", "jay", "kay", "el", "em", "en",
    "o", "pee", "kyu", "ar", "es", "tee", "yu", "vee", "dubalyu", "eks", "way", "zee",
];

fn symbols(words: &[TextWord]) -> Vec<Symbol> {
    let mut out = Vec::new();
    for (n, word) in words.iter().enumerate() {
        for part in word.spoken.split([' ', '-']) {
            let spelt = is_acronym(part)
                && (part.len() <= 3 || !part.contains(['A', 'E', 'I', 'O', 'U', 'Y']));
            for c in part.chars() {
                let lower = c.to_ascii_lowercase();
                match lower {
                    'a'..='z' if spelt || part.len() == 1 => {
                        let name = LETTER_NAMES[(lower as u8 - b'a') as usize];
                        // "a" and "I" alone are words.
                        let name = if part == "a" || part == "A" || part == "I" {
                            part
                        } else {
                            name
                        };
                        out.extend(
                            name.chars()
                                .map(|c| Symbol::Letter(c.to_ascii_lowercase(), n)),
                        );
                    }
                    // The u of "quick" is a w, that of "though we" is not.
                    'u' if matches!(out.last(), Some(Symbol::Letter('q', _))) => {
                        out.push(Symbol::Letter('w', n));
                    }
                    'a'..='z' => out.push(Symbol::Letter(lower, n)),
                    c if c.is_alphanumeric() => out.extend([Symbol::Any(n); 4]),
                    _ => {}
                }
            }
        }
        if !word.spoken.is_empty() {
            out.push(Symbol::Gap(word.stop != Stop::None));
        }
    }
    out
}

const IMPOSSIBLE: f32 = 1e9;
/// Name of silence in flite's phone set.
pub(crate) const PAUSE: &str = "pau";

/// The word each phone belongs to; `None` for pauses.
fn owners(symbols: &[Symbol], phones: &[Phone]) -> Vec<Option<usize>> {
    let (rows, columns) = (symbols.len() + 1, phones.len() + 1);
    let at = |i: usize, j: usize| i * columns + j;
    let mut cost = vec![IMPOSSIBLE; rows * columns];
    // 0: letter with phone, 1: letter alone, 2: phone alone.
    let mut step = vec![0_u8; rows * columns];
    cost[0] = 0.0;
    for i in 0..rows {
        for j in 0..columns {
            if i > 0 && j > 0 {
                offer(
                    &mut cost,
                    &mut step,
                    at(i, j),
                    at(i - 1, j - 1),
                    pair(symbols[i - 1], &phones[j - 1].name),
                    0,
                );
            }
            if i > 0 {
                offer(
                    &mut cost,
                    &mut step,
                    at(i, j),
                    at(i - 1, j),
                    alone(symbols[i - 1]),
                    1,
                );
            }
            if j > 0 {
                let price = unspelt(
                    &phones[j - 1].name,
                    i.checked_sub(1).map(|i| symbols[i]),
                    i == rows - 1,
                );
                offer(&mut cost, &mut step, at(i, j), at(i, j - 1), price, 2);
            }
        }
    }
    trace(symbols, phones, &step, columns)
}

fn offer(cost: &mut [f32], step: &mut [u8], here: usize, from: usize, price: f32, kind: u8) {
    let total = cost[from] + price;
    if total < cost[here] {
        cost[here] = total;
        step[here] = kind;
    }
}

fn trace(symbols: &[Symbol], phones: &[Phone], step: &[u8], columns: usize) -> Vec<Option<usize>> {
    let mut owners = vec![None; phones.len()];
    let (mut i, mut j) = (symbols.len(), phones.len());
    while i > 0 || j > 0 {
        match step[i * columns + j] {
            0 if i > 0 && j > 0 => {
                owners[j - 1] = word_of(symbols[i - 1]);
                (i, j) = (i - 1, j - 1);
            }
            1 if i > 0 => i -= 1,
            _ if j > 0 => {
                if phones[j - 1].name != PAUSE {
                    let before = symbols[..i]
                        .iter()
                        .rev()
                        .find_map(|symbol| word_of(*symbol));
                    owners[j - 1] = match symbols.get(i.wrapping_sub(1)) {
                        // Right after a gap the phone begins the next word.
                        Some(Symbol::Gap(_)) | None => symbols[i..]
                            .iter()
                            .find_map(|symbol| word_of(*symbol))
                            .or(before),
                        Some(_) => before,
                    };
                }
                j -= 1;
            }
            _ => i -= 1,
        }
    }
    owners
}

fn word_of(symbol: Symbol) -> Option<usize> {
    match symbol {
        Symbol::Letter(_, word) | Symbol::Any(word) => Some(word),
        Symbol::Gap(_) => None,
    }
}

/// The price of a symbol that no phone stands for.
fn alone(symbol: Symbol) -> f32 {
    match symbol {
        Symbol::Gap(false) => 0.0,
        Symbol::Any(_) => 0.3,
        Symbol::Letter('e' | 'h' | 'g' | 'w', _) => 0.4,
        // Punctuation usually is a pause.
        Symbol::Gap(true) | Symbol::Letter('a' | 'i' | 'o' | 'u' | 'y', _) => 0.5,
        Symbol::Letter(..) => 0.6,
    }
}

/// The price of a phone that nothing spells, after the symbol `before`; `last` when no symbol is left.
fn unspelt(phone: &str, before: Option<Symbol>, last: bool) -> f32 {
    match phone {
        PAUSE if before.is_none() || last => 0.1,
        PAUSE => 2.5,
        // "use", "universe", "one": an unspelt glide begins a word rather than ends one.
        "y" | "w" if matches!(before, None | Some(Symbol::Gap(_))) => 0.3,
        "y" | "w" => 0.45,
        _ => 0.7,
    }
}

/// The price of a symbol standing for a phone.
fn pair(symbol: Symbol, phone: &str) -> f32 {
    match symbol {
        Symbol::Gap(_) if phone == PAUSE => 0.0,
        Symbol::Gap(_) => IMPOSSIBLE,
        _ if phone == PAUSE => IMPOSSIBLE,
        Symbol::Any(_) => 0.15,
        Symbol::Letter(letter, _) if spells(letter, phone) => 0.0,
        Symbol::Letter(letter, _) if is_vowel(letter) && is_vowel_phone(phone) => 0.25,
        Symbol::Letter(..) => 1.5,
    }
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn is_vowel_phone(phone: &str) -> bool {
    phone.starts_with(['a', 'e', 'i', 'o', 'u'])
}

/// Whether an English letter commonly spells a phone of the ARPAbet set flite uses.
fn spells(letter: char, phone: &str) -> bool {
    let phones: &[&str] = match letter {
        'a' => &["aa", "ae", "ah", "ao", "ax", "ay", "ey", "eh"],
        'b' => &["b"],
        'c' => &["k", "s", "ch", "sh"],
        'd' => &["d", "jh", "t"],
        'e' => &["eh", "iy", "ax", "ih", "er", "ey"],
        'f' => &["f", "v"],
        'g' => &["g", "jh", "ng", "f", "zh"],
        'h' => &["hh", "sh", "th", "dh", "ch"],
        'i' => &["ih", "iy", "ay", "ax", "y"],
        'j' => &["jh", "y", "zh"],
        'k' | 'q' => &["k"],
        'l' => &["l"],
        'm' => &["m"],
        'n' => &["n", "ng"],
        'o' => &["ow", "ao", "aa", "ah", "ax", "uw", "oy", "uh", "aw"],
        'p' => &["p", "f"],
        'r' => &["r", "er"],
        's' => &["s", "z", "sh", "zh"],
        't' => &["t", "th", "dh", "ch", "sh", "d"],
        'u' => &["ah", "uw", "uh", "ax", "ih", "er"],
        'v' => &["v", "f"],
        'w' => &["w", "aw", "ow", "hh", "uw"],
        'x' => &["k", "z", "s"],
        'y' => &["y", "iy", "ay", "ih"],
        'z' => &["z", "s", "zh"],
        _ => &[],
    };
    phones.contains(&phone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::{Repertoire, prepare};

    /// What flite 2.2 printed with `-voice slt -psdur` for the text of the first test.
    const FLITE: &str = "pau:0.164 hh:0.255 ax:0.304 l:0.412 ow:0.548 w:0.663 er:0.789 l:0.971 d:1.025 pau:1.141 dh:1.180 ih:1.239 s:1.333 \
        ih:1.387 z:1.475 d:1.492 aa:1.675 k:1.728 t:1.777 er:1.862 s:1.952 m:2.009 ih:2.079 th:2.249 pau:2.390";

    fn phones(line: &str) -> Vec<Phone> {
        let mut start = 0.0;
        line.split_whitespace()
            .map(|item| {
                let (name, end) = item.split_once(':').unwrap();
                let phone = Phone {
                    name: name.into(),
                    start,
                    end: end.parse().unwrap(),
                };
                start = phone.end;
                phone
            })
            .collect()
    }

    fn starts(text: &str, line: &str) -> Vec<(String, f64)> {
        let words = prepare(text, "en", Repertoire::Ascii).words;
        let phones = phones(line);
        let end = phones.last().unwrap().end;
        let spans = from_phones(&words, &phones, (0.0, end));
        words
            .into_iter()
            .zip(spans)
            .map(|(word, span)| (word.display, span.0))
            .collect()
    }

    #[test]
    fn words_find_their_phones() {
        let found = starts("Hello world, this is Dr. Smith.", FLITE);
        let expected = [
            ("Hello", 0.164),
            ("world,", 0.548),
            ("this", 1.141),
            ("is", 1.333),
            ("Dr.", 1.475),
            ("Smith.", 1.862),
        ];
        for ((word, start), (want, at)) in found.iter().zip(expected) {
            assert_eq!(word, want);
            assert!((start - at).abs() < 1e-9, "{word}: {start} instead of {at}");
        }
    }

    #[test]
    fn numbers_and_acronyms_take_the_phones_of_their_names() {
        let line = "pau:0.161 hh:0.234 iy:0.309 hh:0.340 ae:0.413 z:0.482 th:0.592 r:0.629 iy:0.677 p:0.774 oy:1.059 n:1.096 t:1.136 f:1.244 \
            ay:1.398 v:1.454 z:1.492 ih:1.544 r:1.701 ow:1.744 ae:2.294 n:2.332 d:2.362 ax:2.389 n:2.477 ae:2.572 s:2.648 ax:2.678 b:2.732 \
            ae:2.954 jh:3.227 pau:3.422";
        let found = starts("He has 3.50 and a NASA badge!", line);
        let expected = [
            ("He", 0.161),
            ("has", 0.309),
            ("3.50", 0.482),
            ("and", 1.744),
            ("a", 2.362),
            ("NASA", 2.389),
            ("badge!", 2.678),
        ];
        for ((word, start), (want, at)) in found.iter().zip(expected) {
            assert_eq!(word, want);
            assert!((start - at).abs() < 1e-9, "{word}: {start} instead of {at}");
        }
    }

    #[test]
    fn glides_begin_words() {
        let line = "pau:0.184 dh:0.233 ax:0.275 y:0.406 uw:0.471 n:0.509 ax:0.570 v:0.641 er:0.827 s:0.973 w:1.020 ey:1.149 k:1.216 \
            s:1.339 pau:1.435 dh:1.492 ow:1.613 w:1.689 iy:1.768 y:1.856 uw:1.919 z:1.994 w:2.098 ah:2.147 n:2.229 k:2.285 w:2.321 \
            ih:2.347 k:2.465 k:2.594 w:2.639 eh:2.715 s:2.778 ch:2.905 ax:2.960 n:3.100 pau:3.284";
        let found = starts(
            "The universe wakes, though we use one quick question.",
            line,
        );
        let expected = [
            0.184, 0.275, 0.973, 1.435, 1.613, 1.768, 1.994, 2.229, 2.465,
        ];
        for ((word, start), at) in found.iter().zip(expected) {
            assert!((start - at).abs() < 1e-9, "{word}: {start} instead of {at}");
        }
    }

    fn lawful(spans: &[Span], whole: Span) -> Result<(), TestCaseError> {
        let mut before = whole.0;
        for (start, end) in spans {
            prop_assert!(
                *start >= before - 1e-12 && start < end,
                "{start}..{end} after {before}"
            );
            before = *end;
        }
        prop_assert!(before <= whole.1 + 1e-9);
        Ok(())
    }

    proptest! {
        #[test]
        fn every_word_gets_a_time_in_order(
            text in "([a-zA-Z]{1,8}[,.]? |[0-9]{1,4} |🎉 |\\PC){1,40}",
            names in proptest::collection::vec((0_usize..8, 0.005_f64..0.3), 1..60),
        ) {
            let words = prepare(&text, "en", Repertoire::Ascii).words;
            prop_assume!(!words.is_empty());
            let mut at = 0.0;
            let phones: Vec<Phone> = names.iter().map(|(n, length)| {
                let start = at;
                at += length;
                Phone { name: ["pau", "k", "ae", "t", "s", "er", "n", "ow"][*n].into(), start, end: at }
            }).collect();
            let span = (0.02_f64.min(at / 4.0), at);
            for spans in [from_phones(&words, &phones, span), estimate(&words, span), read_evenly(&words, span)] {
                prop_assert_eq!(spans.len(), words.len());
                lawful(&spans, span)?;
            }
        }
    }
}
