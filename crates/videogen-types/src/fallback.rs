//! When a lesser way will do: what is asked for by name is made so or not at all, unless its fallback is accepted.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::choice;
use crate::hint::{Command, Hint, Setting};
use crate::stage::{Degradation, Stage};
use crate::value::{Choice, InvalidValue};

/// A part of a video that can be made in better and in lesser ways. Its name is that of the stage in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The text.
    Script,
    /// Who speaks it.
    Voice,
    /// What is seen.
    Picture,
    /// What plays under it.
    Music,
}

impl Choice for Part {
    const WHAT: &'static str = "part";
    const ALL: &'static [(&'static str, Self)] = &[
        ("script", Self::Script),
        ("voice", Self::Voice),
        ("picture", Self::Picture),
        ("music", Self::Music),
    ];
}

choice!(Part);

impl Part {
    /// The part that `stage` makes; `None` for what is no part, such as the encoding.
    pub const fn of(stage: Stage) -> Option<Self> {
        match stage {
            Stage::Script => Some(Self::Script),
            Stage::Voice => Some(Self::Voice),
            Stage::Picture => Some(Self::Picture),
            Stage::Music => Some(Self::Music),
            _ => None,
        }
    }

    /// Returns what to do when it was not delivered, and `fallback` would have taken its place.
    pub fn remedy(self, fallback: &str) -> Hint {
        Hint::of(Command::Resume)
            .words(" tries again what is missing; ")
            .term(Setting::Accept.to(format!("{self}={fallback}")))
            .words(" takes the lesser way")
    }

    /// The ways that it can fall back to.
    const fn fallbacks(self) -> &'static [&'static str] {
        match self {
            Self::Script | Self::Picture => &["builtin"],
            Self::Voice => &["flite", "espeak-ng", "silent"],
            Self::Music => &["builtin", "none"],
        }
    }
}

/// Reads a part by its name, or by what the setting of its maker is called.
fn part(text: &str) -> Result<Part, InvalidValue> {
    match text.trim().to_ascii_lowercase().as_str() {
        "writer" => Ok(Part::Script),
        "speech" => Ok(Part::Voice),
        "painter" => Ok(Part::Picture),
        _ => text.parse(),
    }
}

/// Which steps down are errors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum Strict {
    /// None.
    #[default]
    No,
    /// Any, of whatever stage.
    All,
    /// Those of these parts.
    Parts(BTreeSet<Part>),
}

/// How it stands in a journal: yes, no, or a list. Earlier versions knew yes and no.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Flag(bool),
    Parts(BTreeSet<Part>),
}

impl From<Written> for Strict {
    fn from(written: Written) -> Self {
        match written {
            Written::Flag(false) => Self::No,
            Written::Flag(true) => Self::All,
            Written::Parts(parts) => Self::Parts(parts),
        }
    }
}

impl From<Strict> for Written {
    fn from(strict: Strict) -> Self {
        match strict {
            Strict::No => Self::Flag(false),
            Strict::All => Self::Flag(true),
            Strict::Parts(parts) => Self::Parts(parts),
        }
    }
}

impl Strict {
    /// Whether this step down is an error.
    pub fn forbids(&self, step: &Degradation) -> bool {
        match self {
            Self::No => false,
            Self::All => true,
            Self::Parts(parts) => Part::of(step.stage).is_some_and(|part| parts.contains(&part)),
        }
    }

    /// What is an error for either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::No, strict) | (strict, Self::No) => strict,
            (Self::Parts(mut parts), Self::Parts(more)) => {
                parts.extend(more);
                Self::Parts(parts)
            }
        }
    }
}

impl FromStr for Strict {
    type Err = InvalidValue;

    /// Yes or no, or parts with commas between them.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => return Ok(Self::All),
            "0" | "false" | "no" | "off" => return Ok(Self::No),
            _ => {}
        }
        let parts = text.split(',').filter(|name| !name.trim().is_empty());
        let parts: BTreeSet<Part> = parts.map(part).collect::<Result<_, _>>()?;
        if parts.is_empty() {
            let allowed = "yes, no, or some of script, voice, picture, music";
            return Err(InvalidValue::new("strictness", text, allowed));
        }
        Ok(Self::Parts(parts))
    }
}

/// A fallback that is good enough although something better was asked for by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Accepted {
    part: Part,
    fallback: String,
}

impl Accepted {
    /// The part it is about.
    pub fn part(&self) -> Part {
        self.part
    }

    /// What may make it.
    pub fn fallback(&self) -> &str {
        &self.fallback
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.part, self.fallback)
    }
}

impl From<Accepted> for String {
    fn from(accepted: Accepted) -> Self {
        accepted.to_string()
    }
}

impl TryFrom<String> for Accepted {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl FromStr for Accepted {
    type Err = InvalidValue;

    /// `PART=NAME`, such as `picture=builtin`.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let Some((of, name)) = text.split_once('=') else {
            let allowed = "PART=NAME, such as picture=builtin";
            return Err(InvalidValue::new("fallback", text, allowed));
        };
        let part = part(of)?;
        let names = part.fallbacks();
        let found = names
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name.trim()));
        let Some(&fallback) = found else {
            return Err(InvalidValue::unknown("fallback", name.trim(), names));
        };
        let fallback = fallback.to_owned();
        Ok(Self { part, fallback })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(stage: Stage) -> Degradation {
        Degradation {
            stage,
            from: String::new(),
            to: String::new(),
            reason: "".into(),
        }
    }

    #[test]
    fn strictness_is_of_all_or_of_parts() {
        let strict: Strict = "script, picture".parse().unwrap();
        assert!(strict.forbids(&step(Stage::Script)) && strict.forbids(&step(Stage::Picture)));
        assert!(!strict.forbids(&step(Stage::Voice)) && !strict.forbids(&step(Stage::Render)));
        assert_eq!("writer,painter".parse::<Strict>().unwrap(), strict);
        assert!(
            "yes"
                .parse::<Strict>()
                .unwrap()
                .forbids(&step(Stage::Render))
        );
        assert!(!Strict::No.forbids(&step(Stage::Script)));
        for bad in ["", ",", "render", "maybe"] {
            assert!(bad.parse::<Strict>().is_err(), "{bad}");
        }
        let both = Strict::No.or(strict.clone()).or("music".parse().unwrap());
        assert!(both.forbids(&step(Stage::Music)) && both.forbids(&step(Stage::Script)));
        assert_eq!(Strict::All.or(strict), Strict::All);
    }

    #[test]
    fn journals_of_earlier_versions_are_read() {
        for (json, strict) in [
            ("true", Strict::All),
            ("false", Strict::No),
            ("[\"voice\"]", "voice".parse().unwrap()),
        ] {
            assert_eq!(serde_json::from_str::<Strict>(json).unwrap(), strict);
            assert_eq!(serde_json::to_string(&strict).unwrap(), json);
        }
    }

    #[test]
    fn a_fallback_is_a_way_that_the_part_has() {
        let accepted: Accepted = "painter = BuiltIn".parse().unwrap();
        assert_eq!(accepted.to_string(), "picture=builtin");
        for bad in [
            "picture",
            "picture=piper",
            "voice=",
            "render=none",
            "=builtin",
        ] {
            assert!(bad.parse::<Accepted>().is_err(), "{bad}");
        }
    }
}
