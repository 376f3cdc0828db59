//! Who speaks in a script: the names before its colons, told from words that prose has there.

use std::collections::{HashMap, HashSet};

use super::cue::{Unspoken, is_slug, unspoken};
use super::line::{Label, goes_on, is_caps, label, parted};
use super::tables::{NARRATORS, PROSE, ROLES};

/// What a label is before which something is spoken.
#[derive(Debug, Clone, Default)]
pub(super) struct Cast {
    /// Names, in lower case.
    speakers: HashSet<String>,
    /// Whether the text has the form of a script: directions, or names before what is said.
    pub(super) is_screenplay: bool,
    /// Whether it tells where a scene plays, as films do: `INT. HOUSE - DAY`.
    has_places: bool,
}

/// How often and how a name occurs.
#[derive(Debug, Default)]
struct Seen {
    times: usize,
    is_caps: bool,
    words: usize,
    letters: usize,
}

/// The fewest letters of a name in capitals that occurs once, without a sign that the text is a script: shorter ones are
/// more often what is called so, `NASA: …`.
const FEWEST_LETTERS: usize = 5;
/// The most words of a name.
const MOST_WORDS: usize = 3;

impl Cast {
    /// Looks for it in all lines of a text.
    pub(super) fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let mut names: HashMap<String, Seen> = HashMap::new();
        let (mut signs, mut has_places, mut labelled, mut all) = (false, false, 0, 0);
        for line in lines {
            let (_, body) = parted(line);
            if body.is_empty() {
                continue;
            }
            all += 1;
            has_places |= is_slug(body);
            signs |= unspoken(body, false) == Some(Unspoken::Scene);
            let Some(label) = label(body) else {
                signs |= unspoken(body, false).is_some();
                continue;
            };
            let name = label.name.to_lowercase();
            signs |= is_narrator(&name) || label.has_manner && is_caps(&label.name);
            if label.is_dashed || is_role(&name) || !may_be_name(&label) {
                continue;
            }
            labelled += 1;
            let seen = names.entry(name).or_default();
            seen.times += 1;
            seen.is_caps |=
                is_caps(&label.name) && !label.rest.starts_with(|c: char| c.is_numeric());
            seen.words = label.name.split_whitespace().count();
            seen.letters = label.name.chars().filter(|c| c.is_alphabetic()).count();
        }
        let caps = names.values().filter(|seen| seen.is_caps);
        signs |= caps.map(|seen| seen.times).sum::<usize>() > 1;
        let is_dialogue = labelled * 2 >= all && names.values().any(|seen| seen.times > 1);
        let speakers: HashSet<String> = names
            .into_iter()
            .filter(|(_, seen)| {
                let is_long = seen.words > 1 || seen.letters >= FEWEST_LETTERS;
                seen.times > 1 || seen.is_caps && (signs || is_long) || is_dialogue
            })
            .map(|(name, _)| name)
            .collect();
        let is_screenplay = signs || !speakers.is_empty();
        Self {
            speakers,
            is_screenplay,
            has_places,
        }
    }

    /// Whether what follows `label` is said by whom it names.
    pub(super) fn speaks(&self, label: &Label<'_>) -> bool {
        let name = label.name.to_lowercase();
        if is_narrator(&name) {
            return true;
        }
        if is_role(&name) {
            let is_set_off = label.is_marked || label.has_manner || is_caps(&label.name);
            return is_set_off || self.is_screenplay || !goes_on(label.rest);
        }
        label.has_manner && is_caps(&label.name)
            || may_be_name(label) && self.speakers.contains(&name)
    }

    /// Whether a line that is nothing but `name` tells who speaks the next one.
    pub(super) fn is_name_line(&self, name: &Label<'_>, is_after_blank: bool) -> bool {
        let lower = name.name.to_lowercase();
        let is_known = || is_narrator(&lower) || is_role(&lower) || self.speakers.contains(&lower);
        let is_of_film = self.has_places && is_after_blank && may_be_name(name);
        is_caps(&name.name) && (name.has_manner || is_of_film || is_known())
    }
}

/// Whether a label may be a name: it begins as one, is no word that prose has before a colon, and a sentence begins behind it.
fn may_be_name(label: &Label<'_>) -> bool {
    let lower = label.name.to_lowercase();
    let bare = without_number(&lower);
    let words = label.name.split_whitespace().count();
    let mut begins = label
        .name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    words <= MOST_WORDS
        && label.name.starts_with(char::is_alphabetic)
        && begins.all(|c| !c.is_lowercase())
        && !PROSE.contains(&lower.as_str())
        && !PROSE.contains(&bare)
        && !goes_on(label.rest)
}

pub(super) fn is_narrator(name: &str) -> bool {
    NARRATORS.contains(&name) || NARRATORS.contains(&without_number(name))
}

pub(super) fn is_role(name: &str) -> bool {
    let bare = without_number(name);
    // "Speaker A", "Person B".
    let lettered = bare
        .rsplit_once(' ')
        .filter(|(_, letter)| letter.chars().count() == 1);
    ROLES.contains(&name)
        || ROLES.contains(&bare)
        || lettered.is_some_and(|(role, _)| ROLES.contains(&role))
}

/// `speaker #2` without its number.
pub(super) fn without_number(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_numeric() || c == '#' || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which lines of a text begin with who speaks.
    fn spoken(text: &str) -> Vec<bool> {
        let cast = Cast::of(text.lines());
        text.lines()
            .map(|line| label(line).is_some_and(|label| cast.speaks(&label)))
            .collect()
    }

    #[test]
    fn who_speaks_is_told_from_prose() {
        assert_eq!(
            spoken("NARRATOR: The sea is deep.\nHost: Welcome back!\nVoiceover: It is cold."),
            [true; 3]
        );
        assert_eq!(spoken("Narrator (V.O.): the sea"), [true]);
        assert_eq!(spoken("Speaker 1: Hello.\nPerson B: Hi."), [true; 2]);
        assert_eq!(spoken("SARAH: Hello there."), [true]);
        assert_eq!(spoken("ANNA: Hello.\nTOM: Hi."), [true; 2]);
        assert_eq!(spoken("Anna: Hello.\nBen: Hi.\nAnna: Bye."), [true; 3]);
        assert_eq!(spoken("旁白：海很深。"), [true]);
        for prose in [
            "Note: this is important.\nNote: That too.",
            "Tokyo: the city that never sleeps.",
            "NASA: Artemis flies again.",
            "FACT: Honey never spoils.\nMYTH: It does.",
            "Host: an organism that carries another.",
            "Remember: It is deep.",
            "Step 1: Mix.\nStep 2: Bake.",
            "USA: 300 million.\nEU: 400 million.",
        ] {
            assert!(spoken(prose).iter().all(|speaks| !speaks), "{prose}");
        }
    }
}
