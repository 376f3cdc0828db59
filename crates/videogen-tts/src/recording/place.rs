//! Which word of a script is which word of a recording.

use crate::text::display_words;
use crate::{Error, Word};

/// Gives each word of the scenes its time; see [`super::TimedText::place`].
pub(super) fn place(heard: &[Word], scenes: &[&str]) -> Result<Vec<Vec<Word>>, Error> {
    let mut words: Vec<Word> = Vec::new();
    let mut counts = Vec::with_capacity(scenes.len());
    for scene in scenes {
        let before = words.len();
        words.extend(display_words(scene).into_iter().map(|word| Word {
            text: word.text,
            space_before: word.space_before,
            start: 0.0,
            end: 0.0,
        }));
        counts.push(words.len() - before);
    }
    let pairs = common(&keys(&words), &keys(heard));
    let speakable = words.iter().filter(|word| !key(&word.text).is_empty());
    if pairs.len() * 2 < speakable.count() {
        return Err(Error::Captions {
            reason: format!(
                "{} of the {} words of the script are in it",
                pairs.len(),
                words.len()
            ),
            is_of_another: true,
        });
    }
    let mut next = 0;
    let (mut from, mut free) = (0, heard.first().map_or(0.0, |word| word.start));
    for (own, other) in pairs {
        let start = heard[other].start.max(free);
        share(&mut words[from..own], free, start);
        words[own].start = start;
        words[own].end = heard[other].end.max(start);
        (from, free) = (own + 1, words[own].end);
    }
    let end = heard.last().map_or(free, |word| word.end.max(free));
    share(&mut words[from..], free, end);
    separate(&mut words);
    Ok(counts
        .into_iter()
        .map(|count| {
            next += count;
            words[next - count..next].to_vec()
        })
        .collect())
}

/// What of a word is compared: its letters and digits, whatever their case.
fn key(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn keys(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| key(&word.text)).collect()
}

/// The longest common subsequence of two lists of keys, as pairs of places in order. Empty keys match nothing.
fn common(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    let equal = |i: usize, j: usize| !a[i].is_empty() && a[i] == b[j];
    // Mostly both are the same from the start and to the end; the table is made for the rest.
    let limit = a.len().min(b.len());
    let head = (0..limit).take_while(|&at| equal(at, at)).count();
    let tail = (0..limit - head)
        .take_while(|&back| equal(a.len() - 1 - back, b.len() - 1 - back))
        .count();
    let (rows, columns) = (a.len() - head - tail, b.len() - head - tail);
    // longest[i][j]: of what follows a[i] and b[j].
    let mut longest = vec![0_u32; (rows + 1) * (columns + 1)];
    let at = |i: usize, j: usize| i * (columns + 1) + j;
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            longest[at(i, j)] = if equal(head + i, head + j) {
                longest[at(i + 1, j + 1)] + 1
            } else {
                longest[at(i + 1, j)].max(longest[at(i, j + 1)])
            };
        }
    }
    let mut pairs: Vec<(usize, usize)> = (0..head).map(|at| (at, at)).collect();
    let (mut i, mut j) = (0, 0);
    while i < rows && j < columns {
        if equal(head + i, head + j) {
            pairs.push((head + i, head + j));
            (i, j) = (i + 1, j + 1);
        } else if longest[at(i + 1, j)] >= longest[at(i, j + 1)] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs.extend(
        (1..=tail)
            .rev()
            .map(|back| (a.len() - back, b.len() - back)),
    );
    pairs
}

/// Words that nobody has timed share a time by their length.
fn share(words: &mut [Word], start: f64, end: f64) {
    let length = |word: &Word| word.text.chars().count() as f64;
    let total: f64 = words.iter().map(length).sum();
    let mut done = 0.0;
    for word in words {
        word.start = start + (end - start) * done / total;
        done += length(word);
        word.end = start + (end - start) * done / total;
    }
}

/// Every word lasts at least a millisecond and begins where the one before has ended, at the earliest.
fn separate(words: &mut [Word]) {
    let mut free = 0.0_f64;
    for word in words {
        word.start = word.start.max(free);
        word.end = word.end.max(word.start + 0.001);
        free = word.end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn heard(words: &[(&str, f64, f64)]) -> Vec<Word> {
        let word = |&(text, start, end): &(&str, f64, f64)| Word {
            text: text.into(),
            start,
            end,
            space_before: true,
        };
        words.iter().map(word).collect()
    }

    #[test]
    fn what_is_spelt_in_another_way_stands_between_its_neighbours() {
        let heard = heard(&[
            ("in", 1.0, 1.2),
            ("nineteen", 1.2, 1.6),
            ("ninety", 1.6, 2.0),
            ("they", 2.0, 2.2),
            ("came", 2.2, 2.6),
            ("home", 3.0, 3.5),
        ]);
        let scenes = place(&heard, &["In 1990 they", "came — home!"]).unwrap();
        let times = |scene: usize| -> Vec<(&str, f64, f64)> {
            let words = scenes[scene].iter();
            words
                .map(|word| (word.text.as_str(), word.start, word.end))
                .collect()
        };
        assert_eq!(
            times(0),
            [("In", 1.0, 1.2), ("1990", 1.2, 2.0), ("they", 2.0, 2.2)]
        );
        assert_eq!(
            times(1),
            [("came", 2.2, 2.6), ("—", 2.6, 3.0), ("home!", 3.0, 3.5)]
        );
    }

    #[test]
    fn captions_of_something_else_are_refused() {
        let heard = heard(&[
            ("quite", 0.0, 1.0),
            ("another", 1.0, 2.0),
            ("text", 2.0, 3.0),
        ]);
        assert!(place(&heard, &["These are not the words that are said"]).is_err());
    }

    proptest! {
        #[test]
        fn every_word_of_the_script_has_a_time_of_its_own(
            script in prop::collection::vec("[abc]", 1..30), said in prop::collection::vec("[abc]", 0..30),
        ) {
            let said: Vec<(&str, f64, f64)> = said.iter().enumerate()
                .map(|(at, word)| (word.as_str(), at as f64, at as f64 + 0.9)).collect();
            let text = script.join(" ");
            if let Ok(scenes) = place(&heard(&said), &[&text]) {
                prop_assert_eq!(scenes[0].len(), script.len());
                prop_assert!(scenes[0].windows(2).all(|pair| pair[0].end <= pair[1].start));
                prop_assert!(scenes[0].iter().all(|word| word.start < word.end));
            }
        }

        #[test]
        fn pairs_are_in_order_and_equal(a in prop::collection::vec("[ab]?", 0..12), b in prop::collection::vec("[ab]?", 0..12)) {
            let pairs = common(&a, &b);
            prop_assert!(pairs.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1));
            prop_assert!(pairs.iter().all(|&(i, j)| a[i] == b[j] && !a[i].is_empty()));
        }
    }
}
