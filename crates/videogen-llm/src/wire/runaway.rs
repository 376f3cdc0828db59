//! Notices an answer that does not come to an end, while it comes: one that says the same again and again, or in which a
//! text is longer than it may be. Pure.

use std::collections::VecDeque;

use crate::error::Cut;
use crate::model::AnswerLimits;
use crate::text::thought;

/// How many of the last characters are looked at.
const WINDOW: usize = 3072;
/// The longest piece whose repetition is noticed, in characters: a whole scene of a script.
const LONGEST_PERIOD: usize = 900;
/// So many characters that only repeat what stood before them are none that somebody would write. Indented JSON has 40
/// spaces on end, a refrain a hundred characters.
const REPEATED: usize = 240;
/// A piece of more than a few words is said three times before that counts: its copies beside the first.
const COPIES: usize = 2;
/// After so many new characters the window is looked at again.
const STEP: usize = 48;
/// What is allowed beyond the longest that is right, in percent: models do not count.
const MARGIN: usize = 125;
/// What may stand around the JSON of an answer, in characters: a fence, a sentence of politeness.
const AROUND: usize = 800;
/// The most characters of thoughts within an answer, which some servers leave there.
const THOUGHTS: usize = 12_000;

/// Where in an answer the model is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the JSON: quotation marks there are prose.
    #[default]
    Before,
    /// In a thought, as some servers leave it in the answer.
    Thought,
    /// In the JSON, which a bracket has opened.
    Json,
}

/// Watches one answer.
#[derive(Debug, Default)]
pub(crate) struct Runaway {
    limits: Option<AnswerLimits>,
    json: bool,
    window: VecDeque<char>,
    unlooked: usize,
    /// How many characters there are of the answer, without thoughts.
    answer: usize,
    /// How many there are of thoughts, and of what else stands before the JSON.
    before: usize,
    /// How many characters the text has that is being written; `None` outside of one.
    text: Option<usize>,
    escaped: bool,
    place: Place,
    /// The tag that may be on its way, in lower case.
    tag: String,
}

impl Runaway {
    /// `json` says whether the answer is to be JSON, before which a model may think aloud.
    pub(crate) fn new(limits: Option<AnswerLimits>, json: bool) -> Self {
        Self {
            limits,
            json,
            ..Self::default()
        }
    }

    /// Takes the next piece; tells why the answer shall be ended.
    pub(crate) fn push(&mut self, piece: &str) -> Option<Cut> {
        for c in piece.chars() {
            self.follow(c);
            if self.window.len() == WINDOW {
                self.window.pop_front();
            }
            self.window.push_back(c);
            self.unlooked += 1;
            if self.unlooked >= STEP {
                self.unlooked = 0;
                if repeats(self.window.make_contiguous()) {
                    return Some(Cut::Repetition);
                }
            }
        }
        self.is_past().then_some(Cut::PastMaximum)
    }

    /// Where in the answer it is: in a thought, before the JSON, in a text of it or between two.
    fn follow(&mut self, c: char) {
        if self.tagged(c) || self.place == Place::Thought {
            self.before += 1;
            return;
        }
        match (self.text, c) {
            (Some(_), _) if self.escaped => self.escaped = false,
            (Some(_), '\\') => self.escaped = true,
            (Some(_), '"') => self.text = None,
            (Some(length), _) => self.text = Some(length + 1),
            (None, '"') if self.place == Place::Json => self.text = Some(0),
            // `[THINK]` opens nothing, and what follows `{` and `[` is never a name.
            (None, '{' | '[') => self.place = Place::Json,
            (None, _) => {}
        }
        if self.place == Place::Json {
            self.answer += 1;
        } else {
            self.before += 1;
        }
    }

    /// Looks for the tags of thoughts; `true` at the end of one. What follows a closing one is the answer, whatever came
    /// before it.
    fn tagged(&mut self, c: char) -> bool {
        match c {
            '<' | '[' => {
                self.tag.clear();
                self.tag.push('/');
            }
            '>' | ']' if !self.tag.is_empty() => {
                let tag = std::mem::take(&mut self.tag);
                let closes = tag.starts_with("//");
                let is_thought = thought::NAMES.contains(&tag.trim_start_matches('/'));
                if is_thought {
                    self.place = if closes {
                        Place::Before
                    } else {
                        Place::Thought
                    };
                    (self.text, self.escaped) = (None, false);
                    self.before += std::mem::take(&mut self.answer);
                }
                return is_thought;
            }
            _ if !self.tag.is_empty() && self.tag.len() < 16 => self.tag.extend(c.to_lowercase()),
            _ => self.tag.clear(),
        }
        false
    }

    fn is_past(&self) -> bool {
        let Some(limits) = self.limits else {
            return false;
        };
        let with_margin = |most: usize| most.saturating_mul(MARGIN) / 100;
        let most = with_margin(limits.answer) + AROUND;
        let before = if self.json || self.place == Place::Thought {
            THOUGHTS
        } else {
            most
        };
        self.before > before
            || self
                .text
                .is_some_and(|length| length > with_margin(limits.text) + 40)
            || self.answer > most
    }
}

/// Whether the end of a text only repeats what stood before it.
fn repeats(text: &[char]) -> bool {
    (1..=LONGEST_PERIOD.min(text.len() / 2)).any(|period| {
        let enough = REPEATED.max(period * COPIES);
        let pairs = text.iter().rev().zip(text.iter().rev().skip(period));
        text.len() >= enough + period && pairs.take(enough).all(|(now, before)| now == before)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn watched(text: &str, limits: Option<AnswerLimits>) -> Option<(Cut, usize)> {
        let mut runaway = Runaway::new(limits, true);
        let mut seen = 0;
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(7) {
            seen += piece.len();
            if let Some(cut) = runaway.push(&piece.iter().collect::<String>()) {
                return Some((cut, seen));
            }
        }
        None
    }

    fn numbered(count: usize, piece: impl Fn(usize) -> String) -> String {
        let pieces: Vec<String> = (0..count).map(piece).collect();
        pieces.concat()
    }

    #[test]
    fn what_says_the_same_again_is_ended_soon() {
        let scene = r#"{"narration": "The sea is deep and blue and full of light.", "picture": "a deep blue sea with a small light"}, "#;
        for (piece, most) in [
            ("\n", 400),
            ("\u{1f600}", 400),
            ("the sea is deep and ", 500),
            (scene, 500),
            ("word and other words, which go on a little ", 500),
        ] {
            let text = format!("{{\"title\": \"x\", \"scenes\": [{}", piece.repeat(400));
            let (cut, seen) = watched(&text, None).expect(piece);
            assert_eq!(cut, Cut::Repetition);
            assert!(
                seen <= most + 40 + text.find('[').unwrap(),
                "{piece:?}: {seen}"
            );
        }
    }

    #[test]
    fn what_is_longer_than_it_may_be_is_ended() {
        let limits = Some(AnswerLimits {
            text: 100,
            answer: 400,
        });
        let numbers = numbered(4000, |n| format!("{n}, "));
        let (cut, seen) = watched(&format!("{{\"a\": \"{numbers}"), limits).unwrap();
        assert_eq!(cut, Cut::PastMaximum);
        assert!(seen < 180, "{seen}");
        let list = numbered(400, |n| format!("\"tag number {n}\", "));
        let (cut, seen) = watched(&format!("[{list}"), limits).unwrap();
        assert_eq!(cut, Cut::PastMaximum);
        assert!(seen < 1400, "{seen}");
        assert_eq!(watched(&numbers, None), None);
    }

    #[test]
    fn thoughts_are_no_answer() {
        let limits = Some(AnswerLimits {
            text: 100,
            answer: 400,
        });
        let answer = "{\"a\": \"It is deep.\"}";
        let thought = numbered(900, |n| format!("The user wants {n} and a 12\" screen. "));
        let draft = format!("{{\"a\": \"{}\"}}", numbered(60, |n| format!("draft {n} ")));
        for text in [
            format!("<think>{} {draft} </think>\n{answer}", &thought[..4000]),
            format!("[THINK]one \" and {draft}[/THINK]{answer}"),
            // The template has opened the thought.
            format!(
                "Okay, {}\n</think>\n\n{answer}",
                thought[..5000].replace('"', "'")
            ),
            format!("Sure! \"Here\" it is:\n{answer}\nDo you like it?"),
        ] {
            assert_eq!(watched(&text, limits), None, "{}", &text[..60]);
        }
        // One that does not end is none either.
        let (cut, seen) = watched(&format!("<think>{thought}"), limits).unwrap();
        assert_eq!(cut, Cut::PastMaximum);
        assert!(seen < 12_100, "{seen}");
    }

    #[test]
    fn what_people_write_is_not() {
        let limits = Some(AnswerLimits {
            text: 60,
            answer: 300,
        });
        for text in [
            "Sure, \"here\" it is: {\"a\": \"He said \\\"yes\\\" and she said \\\"no\\\" and so they went on.\"}",
            "{\n                                        \"a\": \"ha ha ha ha ha ha ha ha!\"\n}",
            "{\"a\": \"Row, row, row your boat, row, row, row your boat.\"}",
        ] {
            assert_eq!(watched(text, limits), None, "{text}");
        }
        let table = numbered(60, |n| {
            format!("        \"key{n}\": \"value {}\",\n", n * 7)
        });
        assert_eq!(watched(&format!("{{\n{table}}}"), None), None);
    }

    proptest! {
        #[test]
        fn a_text_in_which_every_line_has_its_number_is_let_be(lines in prop::collection::vec("[a-z ,.]{5,60}", 1..40)) {
            let text = numbered(lines.len(), |n| format!("{n} {} {}\n", lines[n], n * 31));
            prop_assert_eq!(watched(&text, None), None);
        }

        #[test]
        fn any_repeated_piece_is_noticed(piece in "[a-z]{1,12}( [a-z,.]{1,20}){0,20}") {
            let text = piece.repeat(4000 / piece.len() + 4);
            let found = watched(&text, None);
            prop_assert!(found.is_some());
        }
    }
}
