//! From a request to speech: phonemes, ids, samples, and the time of each word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use unicode_normalization::UnicodeNormalization;

use super::network::{Manner, Network};
use super::phonemes::TEXTS;
use super::symbols::{Symbol, SymbolIds, cut, ids, pieces};
use super::{ID, Native, words};
use crate::align::Span;
use crate::audio::clip::{Clip, Heard};
use crate::backend::Private;
use crate::text::{Clause, Prepared, Repertoire, clauses, prepare};
use crate::timeline::{Setting, assemble};
use crate::{Error, Request, Speech};

/// The most symbols that the network is given at a time. A chunk of 350 letters has some 450; one of digits has thousands, and the
/// memory that the encoder takes grows with the square.
const MOST_SYMBOLS: usize = 800;

/// What is said of a chunk.
#[derive(Debug, Default)]
struct Line {
    symbols: Vec<Symbol>,
    /// How many words the chunk has.
    words: usize,
}

impl Native {
    /// Speaks `request`, which it has the voice for.
    pub(super) async fn say(
        &self,
        request: &Request,
        cancel: &CancellationToken,
    ) -> Result<Speech, Error> {
        let config = &self.voice.config;
        let text = prepare(&request.text, &config.language, Repertoire::Language);
        if !text.is_speakable() {
            return Err(Error::NothingToSay { backend: ID });
        }
        let lines = self.lines(&text, cancel).await?;
        let network = self.network().await?;
        let options = &self.voice.options;
        let manner = Manner {
            noise_scale: options.noise_scale.unwrap_or(config.noise_scale),
            length_scale: options.length_scale_at(config, request.rate) as f32,
            noise_w: options.noise_w.unwrap_or(config.noise_w),
            speaker: options.speaker.unwrap_or(0),
        };
        let sample_rate = config.sample_rate;
        let voice = Arc::clone(&self.voice);
        // The thread cannot be stopped from outside: it looks up from its work when this is cancelled or dropped.
        let stop = cancel.child_token();
        let _guard = stop.clone().drop_guard();
        let work = tokio::task::spawn_blocking(move || {
            let known = &voice.config.phoneme_ids;
            let clip = |line: Line| clip(&network, &line, manner, known, sample_rate, &stop);
            lines.into_iter().map(clip).collect::<Result<Vec<_>, _>>()
        });
        let clips = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Error::Cancelled),
            done = work => done.unwrap_or_else(|panic| Err(self.broke_off(&panic)))?,
        };
        let setting = Setting {
            backend: ID,
            rate: request.rate,
            voice: &self.voices[0].key,
            silent_rate: sample_rate,
            may_be_silent: false,
        };
        assemble(text, &clips, &setting)
    }

    /// What is said of each chunk, by one start of espeak-ng for all clauses and all words.
    async fn lines(&self, text: &Prepared, cancel: &CancellationToken) -> Result<Vec<Line>, Error> {
        let chunks: Vec<Vec<Clause>> = text
            .chunks
            .iter()
            .map(|chunk| clauses(&text.words[chunk.words.clone()], chunk.ends_sentence))
            .collect();
        let whole: Vec<&str> = chunks.iter().flatten().map(|c| c.text.as_str()).collect();
        let spoken = text.words.iter().map(|word| word.spoken.as_str());
        let distinct: BTreeSet<&str> = spoken.filter(|spoken| !spoken.is_empty()).collect();
        let texts: Vec<&str> = whole
            .iter()
            .copied()
            .chain(distinct.iter().copied())
            .collect();
        let dir = Private::new(self.scratch.as_deref())?;
        let voice = &self.voice.espeak_voice;
        let asked = self.phonemizer.phonemes(voice, &texts, dir.path(), cancel);
        let asked = asked.await;
        let mut said = dir.judged(TEXTS, asked)?;
        let alone = said.split_off(whole.len()).into_iter();
        let alone = alone.map(|lines| lines.join(" ").nfd().collect::<String>());
        let alone: BTreeMap<&str, String> = distinct.into_iter().zip(alone).collect();
        let mut said = said.into_iter();
        let mut unknown = BTreeSet::new();
        let known = &self.voice.config.phoneme_ids;
        let lines = text.chunks.iter().zip(chunks).map(|(chunk, clauses)| {
            let words = &text.words[chunk.words.clone()];
            let of_word = |n: usize| {
                alone
                    .get(words[n].spoken.as_str())
                    .map_or("", String::as_str)
            };
            let mut symbols = Vec::new();
            for clause in clauses {
                let lines = said.next().unwrap_or_default();
                add(&mut symbols, &clause, &lines, of_word, known, &mut unknown);
            }
            Line {
                symbols,
                words: words.len(),
            }
        });
        let lines = lines.collect();
        if !unknown.is_empty() {
            let unknown = String::from_iter(unknown);
            tracing::warn!(voice = self.voices[0].key, %unknown, "the voice has no such phonemes; they are left out");
        }
        Ok(lines)
    }
}

/// Adds the symbols of a clause, of which espeak-ng printed `lines`, with the word of each; `alone` gives the phonemes of each word of
/// the chunk said alone.
fn add<'a>(
    symbols: &mut Vec<Symbol>,
    clause: &Clause,
    lines: &[String],
    alone: impl Fn(usize) -> &'a str,
    known: &SymbolIds,
    unknown: &mut BTreeSet<char>,
) {
    let cut_lines = lines.iter().map(|line| cut(line, known, unknown));
    let cut_lines: Vec<Vec<String>> = cut_lines.filter(|line| !line.is_empty()).collect();
    if cut_lines.is_empty() {
        return;
    }
    let pause = |symbols: &mut Vec<Symbol>, text: &str| {
        if known.contains_key(text) {
            symbols.push(Symbol {
                text: text.to_owned(),
                word: None,
            });
        }
    };
    if !symbols.is_empty() {
        pause(symbols, " ");
    }
    let words: Vec<&str> = clause.words.clone().map(alone).collect();
    let whole = cut_lines.iter().map(|line| line.concat());
    let whole: Vec<char> = whole.collect::<Vec<_>>().join(" ").chars().collect();
    let owners = words::owners(&words, &whole);
    // The words of a clause that is cut itself have a comma where it was cut: "well, maybe" is said for "well—maybe".
    let has_commas = clause.text.matches(", ").count() + 1 == cut_lines.len();
    let mut at = 0;
    for (n, line) in cut_lines.iter().enumerate() {
        if n > 0 {
            if has_commas {
                pause(symbols, ",");
            }
            pause(symbols, " ");
            at += 1;
        }
        for text in line {
            let word = owners[at].map(|word| clause.words.start + word);
            at += text.chars().count();
            symbols.push(Symbol {
                text: text.clone(),
                word,
            });
        }
    }
    pause(symbols, clause.mark.encode_utf8(&mut [0; 4]));
}

/// The sound of a line, with the times of its words; `None` where nothing is said.
fn clip(
    network: &Network,
    line: &Line,
    manner: Manner,
    known: &SymbolIds,
    sample_rate: u32,
    stop: &CancellationToken,
) -> Result<Option<Clip>, Error> {
    let mut samples = Vec::new();
    let mut spans: Vec<Option<Span>> = vec![None; line.words];
    for piece in pieces(&line.symbols, MOST_SYMBOLS) {
        let ids = ids(piece, known);
        let said = network.say(&ids.ids, manner, &|| stop.is_cancelled())?;
        let mut at = samples.len();
        for (length, symbol) in said.lengths.iter().zip(&ids.symbols) {
            let end = at + length;
            if let Some(word) = symbol.and_then(|n| piece[n].word) {
                let seconds = |n: usize| n as f64 / f64::from(sample_rate);
                let start = spans[word].map_or(seconds(at), |(start, _)| start);
                spans[word] = Some((start, seconds(end)));
            }
            at = end;
        }
        samples.extend(said.samples);
    }
    let is_said = !samples.is_empty();
    Ok(is_said.then_some(Clip {
        sample_rate,
        samples,
        heard: Some(Heard::Words(spans)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_marks_of_its_clauses_and_a_word_for_each_symbol() {
        let known = "^_$ ,.abcd\u{2c8}".chars().zip(0..);
        let known: SymbolIds = known.map(|(c, id)| (c.to_string(), vec![id])).collect();
        let mut symbols = Vec::new();
        let mut unknown = BTreeSet::new();
        let alone = ["a", "", "b", "c d"];
        // Two words of which the second is mute; then one of a pause of its own, "c, d".
        let clauses = [
            (0..2, "A", ',', vec!["\u{2c8}a"]),
            (2..3, "B", ',', vec!["?"]),
            (3..4, "C, D", '.', vec!["c", "d"]),
        ];
        for (words, text, mark, lines) in clauses {
            let clause = Clause {
                words,
                text: text.to_owned(),
                space_before: true,
                mark,
            };
            let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
            add(
                &mut symbols,
                &clause,
                &lines,
                |n| alone[n],
                &known,
                &mut unknown,
            );
        }
        let shown = |symbol: &Symbol| match symbol.word {
            Some(word) => format!("{}{word}", symbol.text),
            None => symbol.text.clone(),
        };
        let shown: Vec<String> = symbols.iter().map(shown).collect();
        assert_eq!(shown.join("|"), "\u{2c8}0|a0|,| |c3|,| |d3|.");
        assert_eq!(unknown, BTreeSet::from(['?']));
    }
}
