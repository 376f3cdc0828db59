//! Values from outside: parsed once into types that cannot be invalid, with errors that name what is allowed.

mod choices;
mod music;
mod number;
mod text;

use videogen_text::{clean, nearest};

use crate::hint::Hint;

pub use choices::{
    CaptionChoice, FitChoice, PainterChoice, PlatformChoice, SpeechChoice, WriterChoice,
};
pub use music::{GenreDefaults, MusicChoice, MusicUrl};
pub use number::{ByteSize, ClipVolume, Duration, SceneCount, VideoCount, parse_seed};
pub use text::{Language, Topic};

/// A value that is not allowed, and what is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not a valid {what}: allowed is {allowed}")]
pub struct InvalidValue {
    /// The name of the setting.
    pub what: &'static str,
    /// What was given, shortened.
    pub value: String,
    /// The range or the choices.
    pub allowed: String,
    /// Names close to what was given, best first.
    pub nearest: Vec<String>,
}

impl InvalidValue {
    /// `value`, which is not a `what`, and what is allowed.
    #[must_use]
    pub fn new(what: &'static str, value: &str, allowed: impl Into<String>) -> Self {
        Self {
            what,
            value: quoted(value),
            allowed: allowed.into(),
            nearest: Vec::new(),
        }
    }

    /// `value`, where one of `names` was meant.
    #[must_use]
    pub fn unknown(what: &'static str, value: &str, names: &[&str]) -> Self {
        let nearest = nearest(value, names, 3)
            .into_iter()
            .map(str::to_owned)
            .collect();
        Self {
            what,
            value: quoted(value),
            allowed: names.join(", "),
            nearest,
        }
    }

    /// The next action.
    pub fn help(&self) -> Option<Hint> {
        match self.nearest.as_slice() {
            [] => None,
            [one] => Some(format!("did you mean `{one}`?").into()),
            several => {
                let names: Vec<String> = several.iter().map(|n| format!("`{n}`")).collect();
                Some(format!("did you mean one of {}?", names.join(", ")).into())
            }
        }
    }
}

/// A value as it may stand in a message: clean, in quotes, at most 60 characters.
fn quoted(value: &str) -> String {
    let clean = clean(value);
    if clean.chars().count() > 60 {
        format!("`{}…`", clean.chars().take(59).collect::<String>())
    } else {
        format!("`{clean}`")
    }
}

/// A type with a name for each of its values.
pub trait Choice: Sized + Copy + PartialEq + 'static {
    /// What the setting is called.
    const WHAT: &'static str;
    /// Names and values, in the order they are listed to people.
    const ALL: &'static [(&'static str, Self)];

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, value)| *value == self)
            .map_or("", |(name, _)| name)
    }

    /// Reads a name, case-insensitively.
    ///
    /// # Errors
    /// [`InvalidValue`] with the nearest names.
    fn parse(text: &str) -> Result<Self, InvalidValue> {
        let wanted = text.trim();
        let found = Self::ALL
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|&(_, value)| value).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            InvalidValue::unknown(Self::WHAT, text, &names)
        })
    }
}

/// `Display` and `FromStr` by the names of a [`Choice`].
#[macro_export]
macro_rules! choice {
    ($type:ty) => {
        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($crate::Choice::name(*self))
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::InvalidValue;
            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::InvalidValue> {
                $crate::Choice::parse(text)
            }
        }
    };
}

/// Conversions for a type that is written as text and read with its checks: a struct of one `String` with `FromStr`.
#[macro_export]
macro_rules! text_value {
    ($name:ident) => {
        impl ::std::convert::TryFrom<String> for $name {
            type Error = $crate::InvalidValue;
            fn try_from(text: String) -> ::std::result::Result<Self, $crate::InvalidValue> {
                text.parse()
            }
        }

        impl ::std::convert::From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

/// A type for a number within a range, read and written as that number. Its user has `serde` among its dependencies.
#[macro_export]
macro_rules! ranged {
    ($(#[$doc:meta])* $name:ident($inner:ty), $what:literal, $range:expr, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, ::serde::Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// A value, when it is within the range.
            ///
            /// # Errors
            /// [`InvalidValue`]($crate::InvalidValue) otherwise.
            pub fn new(value: $inner) -> ::std::result::Result<Self, $crate::InvalidValue> {
                if ($range).contains(&value) {
                    Ok(Self(value))
                } else {
                    Err($crate::InvalidValue::new($what, &value.to_string(), $allowed))
                }
            }

            /// The number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                from: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let value = <$inner as ::serde::Deserialize>::deserialize(from)?;
                Self::new(value).map_err(::serde::de::Error::custom)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::InvalidValue;
            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::InvalidValue> {
                let value = text
                    .trim()
                    .parse()
                    .map_err(|_| $crate::InvalidValue::new($what, text, $allowed))?;
                Self::new(value)
            }
        }
    };
}
