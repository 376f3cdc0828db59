//! Numbers and names of a picture that cannot be constructed wrong.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Where the random numbers of a picture start: any of 2^64 values. Same job, same seed, same picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seed(u64);

impl Seed {
    /// A seed; every value is one.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Seed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let seed = text.trim().parse().map(Self);
        seed.map_err(|_| {
            Error::invalid(
                "a seed",
                text,
                "a whole number from 0 to 18446744073709551615",
            )
        })
    }
}

/// How often the sampler walks: 1..=10000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Steps(u32);

impl Steps {
    /// The most that ComfyUI accepts.
    pub const MAX: u32 = 10_000;

    /// # Errors
    /// [`Error::Invalid`] outside 1..=10000.
    pub fn new(value: u32) -> Result<Self, Error> {
        if (1..=Self::MAX).contains(&value) {
            return Ok(Self(value));
        }
        Err(Error::invalid(
            "a number of steps",
            value,
            "a whole number from 1 to 10000",
        ))
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Declares a finite number within bounds.
macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $what:literal, $least:literal ..= $most:literal, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
        pub struct $name(f64);

        impl $name {
            /// # Errors
            #[doc = concat!("[`Error::Invalid`] for anything but ", $allowed, ", NaN included.")]
            pub fn new(value: f64) -> Result<Self, Error> {
                if ($least..=$most).contains(&value) {
                    return Ok(Self(value));
                }
                Err(Error::invalid($what, value, $allowed))
            }

            /// The number.
            pub const fn get(self) -> f64 {
                self.0
            }
        }
    };
}

bounded!(
    /// How strictly the sampler follows the prompt (classifier-free guidance): 0..=100.
    Cfg, "a CFG scale", 0.0..=100.0, "a number from 0 to 100"
);
bounded!(
    /// How much of a picture a pass paints anew: 0 leaves it as it is, 1 starts from noise.
    Denoise, "a denoise strength", 0.0..=1.0, "a number from 0 to 1"
);
bounded!(
    /// How strongly a LoRA acts: -100..=100, usually 0.5 to 1.
    Strength, "the strength of a LoRA", -100.0..=100.0, "a number from -100 to 100"
);
bounded!(
    /// The shift of the noise schedule of a flow model: 0..=100.
    Shift, "a shift", 0.0..=100.0, "a number from 0 to 100"
);
bounded!(
    /// The guidance that is built into Flux: 0..=100, usually 3.5.
    Guidance, "a guidance", 0.0..=100.0, "a number from 0 to 100"
);

impl Denoise {
    /// Paints everything anew.
    pub const FULL: Self = Self(1.0);
}

/// Width and height of a finished picture in pixels, 1..=16384 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageSize {
    width: u32,
    height: u32,
}

impl ImageSize {
    /// The longest side that ComfyUI's nodes accept.
    pub const MAX: u32 = 16_384;

    /// # Errors
    /// [`Error::Invalid`] when a side is 0 or longer than 16384.
    pub fn new(width: u32, height: u32) -> Result<Self, Error> {
        let side = 1..=Self::MAX;
        if side.contains(&width) && side.contains(&height) {
            return Ok(Self { width, height });
        }
        Err(Error::invalid(
            "the size of a picture",
            format_args!("{width}×{height}"),
            "sides from 1 to 16384 pixels",
        ))
    }

    /// Pixels from left to right.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub const fn height(self) -> u32 {
        self.height
    }
}

impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

/// Width and height at which a sampler works, in pixels of the decoded picture: 16..=16384 each, divisible by 8. The
/// server would round other numbers down without a word, and the picture would not have the promised size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaintSize(ImageSize);

impl PaintSize {
    /// # Errors
    /// [`Error::Invalid`] when a side is shorter than 16, longer than 16384, or not divisible by 8.
    pub fn new(width: u32, height: u32) -> Result<Self, Error> {
        let fits = |side: u32| (16..=ImageSize::MAX).contains(&side) && side.is_multiple_of(8);
        if fits(width) && fits(height) {
            return Ok(Self(ImageSize { width, height }));
        }
        Err(Error::invalid(
            "a size to paint at",
            format_args!("{width}×{height}"),
            "sides from 16 to 16384 pixels that are divisible by 8",
        ))
    }

    /// Pixels from left to right.
    pub const fn width(self) -> u32 {
        self.0.width
    }

    /// Pixels from top to bottom.
    pub const fn height(self) -> u32 {
        self.0.height
    }

    /// The size of the picture that is decoded from it.
    pub const fn image(self) -> ImageSize {
        self.0
    }
}

impl fmt::Display for PaintSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The tiles in which a VAE works when the whole picture does not fit: side 64..=4096 and overlap, both in pixels and
/// divisible by 32. The overlap is at most a quarter of the side, to which the server would cut it anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    side: u32,
    overlap: u32,
}

impl Tile {
    /// # Errors
    /// [`Error::Invalid`] when the side is outside 64..=4096, the overlap is larger than a quarter of it, or either is
    /// not divisible by 32.
    pub fn new(side: u32, overlap: u32) -> Result<Self, Error> {
        let whole = side.is_multiple_of(32) && overlap.is_multiple_of(32);
        if whole && (64..=4096).contains(&side) && overlap <= side / 4 {
            return Ok(Self { side, overlap });
        }
        Err(Error::invalid(
            "a tile",
            format_args!("{side} with an overlap of {overlap}"),
            "a side from 64 to 4096 and an overlap of at most a quarter of it, both divisible by 32",
        ))
    }

    /// The side of a tile in pixels.
    pub const fn side(self) -> u32 {
        self.side
    }

    /// By how many pixels neighbours overlap.
    pub const fn overlap(self) -> u32 {
        self.overlap
    }
}

/// Declares a checked string.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $most:literal, $allowed:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// # Errors
            #[doc = concat!("[`Error::Invalid`] for anything but ", $allowed, ".")]
            pub fn new(value: impl Into<String>) -> Result<Self, Error> {
                let value = value.into();
                let fits: fn(char) -> bool = $fits;
                if !value.is_empty() && value.len() <= $most && value.chars().all(fits) {
                    return Ok(Self(value));
                }
                Err(Error::invalid($what, format_args!("{:?}", crate::text::shortened(&value)), $allowed))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A model file as the server lists it, folder included: `flux/ae.safetensors`. It is looked up there, never here.
    ModelFile, "the name of a model file", 512, "1 to 512 bytes without control characters",
    |character| !character.is_control()
);
name!(
    /// A sampler as the server lists it: `euler`, `dpmpp_2m`, `res_multistep` …
    Sampler, "the name of a sampler", 64, "1 to 64 letters, digits and underscores",
    |character| character.is_ascii_alphanumeric() || character == '_'
);
name!(
    /// A scheduler as the server lists it: `normal`, `karras`, `simple` …
    Scheduler, "the name of a scheduler", 64, "1 to 64 letters, digits and underscores",
    |character| character.is_ascii_alphanumeric() || character == '_'
);
name!(
    /// What a text encoder is loaded for, as `CLIPLoader` lists it: `sd3`, `qwen_image`, `lumina2` …
    EncoderType, "the type of a text encoder", 64, "1 to 64 letters, digits and underscores",
    |character| character.is_ascii_alphanumeric() || character == '_'
);
name!(
    /// What the names of the files begin with that the server writes, folders included: `videogen/scene`.
    OutputPrefix, "the prefix of an output", 200, "1 to 200 letters, digits, '-', '_' and '/'",
    |character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '/')
);

impl Sampler {
    /// `euler`, which every model knows.
    pub fn euler() -> Self {
        Self("euler".into())
    }
}

impl Scheduler {
    /// `normal`, the plain one.
    pub fn normal() -> Self {
        Self("normal".into())
    }

    /// `simple`, usual with flow models.
    pub fn simple() -> Self {
        Self("simple".into())
    }
}

impl Default for OutputPrefix {
    fn default() -> Self {
        Self("videogen".into())
    }
}

/// A text for the model, without control characters and of at most 8192 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PromptText(String);

impl PromptText {
    /// The longest text in bytes; every encoder cuts long before.
    pub const MAX: usize = 8192;

    /// A text in ComfyUI's syntax, where `(word:1.2)` weighs and `embedding:name` loads a file of the server.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is longer than 8192 bytes.
    pub fn with_syntax(text: impl AsRef<str>) -> Result<Self, Error> {
        Self::checked(crate::text::printable(text.as_ref()))
    }

    /// A text that means what it says: parentheses are escaped and `embedding:` loads nothing. For texts that a person
    /// did not write for this purpose, such as those of a language model.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is longer than 8192 bytes.
    pub fn literal(text: impl AsRef<str>) -> Result<Self, Error> {
        Self::checked(crate::text::without_syntax(&crate::text::printable(
            text.as_ref(),
        )))
    }

    fn checked(text: String) -> Result<Self, Error> {
        if text.len() <= Self::MAX {
            return Ok(Self(text));
        }
        Err(Error::invalid(
            "a prompt",
            format_args!("{} bytes", text.len()),
            "at most 8192 bytes",
        ))
    }

    /// The text as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_nodes() {
        assert!(Steps::new(0).is_err() && Steps::new(1).is_ok());
        assert!(Steps::new(10_000).is_ok() && Steps::new(10_001).is_err());
        assert!(
            Cfg::new(-0.1).is_err()
                && Cfg::new(0.0).is_ok()
                && Cfg::new(100.0).is_ok()
                && Cfg::new(100.1).is_err()
        );
        assert!(
            Denoise::new(1.5).is_err()
                && Denoise::new(f64::NAN).is_err()
                && Denoise::new(f64::INFINITY).is_err()
        );
        assert_eq!(
            "18446744073709551615".parse::<Seed>().unwrap().get(),
            u64::MAX
        );
        for wrong in ["-1", "18446744073709551616", "1.0", ""] {
            let error = wrong.parse::<Seed>().unwrap_err();
            assert!(
                error.help().unwrap().contains("18446744073709551615"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn names_are_checked() {
        assert!(ModelFile::new("sd/a model (1).safetensors").is_ok());
        assert!(ModelFile::new("").is_err() && ModelFile::new("a\u{0}b").is_err());
        assert!(Sampler::new("dpmpp_2m").is_ok() && Sampler::new("a b").is_err());
        assert!(OutputPrefix::new("../x").is_err());
    }

    #[test]
    fn a_literal_text_has_no_syntax() {
        let text = PromptText::literal("a (red:1.9) Embedding:evil\u{0} boat \\").unwrap();
        assert_eq!(text.as_str(), "a \\(red:1.9\\) Embedding evil boat \\\\");
        assert!(PromptText::with_syntax("x".repeat(8193)).is_err());
    }

    proptest! {
        #[test]
        fn sizes_that_exist_are_exact(width in 0u32..20_000, height in 0u32..20_000) {
            if let Ok(size) = PaintSize::new(width, height) {
                prop_assert_eq!((size.width() / 8 * 8, size.height() / 8 * 8), (width, height));
                prop_assert!(width >= 16 && height <= 16_384);
            }
        }

        #[test]
        fn tiles_that_exist_are_used_as_they_are(side in 0u32..5000, overlap in 0u32..5000) {
            if let Ok(tile) = Tile::new(side, overlap) {
                prop_assert!(tile.side() >= tile.overlap() * 4);
            }
        }

        #[test]
        fn no_prompt_has_control_characters(text in any::<String>()) {
            for prompt in [PromptText::with_syntax(&text), PromptText::literal(&text)].into_iter().flatten() {
                prop_assert!(!prompt.as_str().chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}
