//! A LoRA as somebody asks for it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use videogen_types::InvalidValue;

/// The longest name of a file on a server, in bytes.
const MAX_NAME: usize = 512;

/// A LoRA of the server and how strongly it acts: `NAME` or `NAME:STRENGTH`, as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LoraChoice {
    name: String,
    strength: f64,
}

impl LoraChoice {
    /// Returns the name of its file: 1 to 512 bytes without control characters.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how strongly it acts, `-100.0..=100.0`.
    pub const fn strength(&self) -> f64 {
        self.strength
    }
}

impl fmt::Display for LoraChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.strength)
    }
}

impl From<LoraChoice> for String {
    fn from(lora: LoraChoice) -> Self {
        lora.to_string()
    }
}

impl TryFrom<String> for LoraChoice {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl FromStr for LoraChoice {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let invalid = || {
            let allowed = "the name of a file, and a strength from -100 to 100 if it is not to be 1: detail:0.8";
            InvalidValue::new("LoRA", text, allowed)
        };
        let (name, strength) = match text.rsplit_once(':') {
            None => (text, 1.0),
            Some((name, strength)) => {
                (name, strength.trim().parse::<f64>().map_err(|_| invalid())?)
            }
        };
        let name = name.trim();
        let is_name = (1..=MAX_NAME).contains(&name.len()) && !name.chars().any(char::is_control);
        if !is_name || !(-100.0..=100.0).contains(&strength) {
            return Err(invalid());
        }
        Ok(Self {
            name: name.to_owned(),
            strength,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lora_is_a_name_with_a_strength() {
        for (text, shown) in [
            ("detail", "detail:1"),
            (
                " styles/ink.safetensors : 0.8 ",
                "styles/ink.safetensors:0.8",
            ),
            ("detail:-1.5", "detail:-1.5"),
        ] {
            let lora: LoraChoice = text.parse().unwrap();
            assert_eq!(lora.to_string(), shown);
            assert_eq!(shown.parse::<LoraChoice>().unwrap(), lora);
        }
        for bad in [
            "",
            ":1",
            "detail:",
            "detail:strong",
            "detail:101",
            "detail:NaN",
            "a\nb",
        ] {
            assert!(bad.parse::<LoraChoice>().is_err(), "{bad}");
        }
    }
}
