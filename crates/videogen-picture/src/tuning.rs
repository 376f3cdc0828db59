//! How ComfyUI paints where somebody knows better than the table of qualities: steps, CFG, sampler, what must not be seen,
//! and the size.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use videogen_durable::KeyBuilder;
use videogen_text::clean;
use videogen_types::{Aspect, Choice, InvalidValue, Quality, ranged, text_value};

ranged! {
    /// Steps of a pass that starts from noise.
    StepCount(u32), "number of steps", 1..=200, "1 to 200"
}
ranged! {
    /// How strictly the prompt is followed (classifier-free guidance).
    CfgScale(f64), "CFG scale", 1.0..=30.0, "1 to 30"
}

/// ComfyUI's name of a sampler, such as `euler` or `dpmpp_2m`. Whether a server has it, the server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SamplerName(String);

impl FromStr for SamplerName {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let name = text.trim();
        // The same rules as the client's of the server, so that a name always becomes one there.
        let is_named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if (1..=64).contains(&name.len()) && name.chars().all(is_named) {
            return Ok(Self(name.to_owned()));
        }
        let allowed = "1 to 64 letters, digits and underscores, as euler or dpmpp_2m";
        Err(InvalidValue::new("sampler", text, allowed))
    }
}

text_value!(SamplerName);

impl SamplerName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What no picture may show, in words, for models that listen to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NegativePrompt(String);

impl NegativePrompt {
    /// The most characters: more than any text encoder reads.
    pub const MAX_CHARS: usize = 1000;

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NegativePrompt {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let words = clean(text);
        if words.is_empty() || words.chars().count() > Self::MAX_CHARS {
            return Err(InvalidValue::new(
                "negative prompt",
                text,
                "1 to 1000 characters",
            ));
        }
        Ok(Self(words))
    }
}

text_value!(NegativePrompt);

/// The size that is painted, as `WIDTHxHEIGHT` in pixels. It has the shape of the video, within a hundredth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PictureSize {
    width: u32,
    height: u32,
}

impl PictureSize {
    /// Pixels from left to right.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Pixels from top to bottom.
    pub const fn height(self) -> u32 {
        self.height
    }
}

impl fmt::Display for PictureSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for PictureSize {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let allowed = "WIDTHxHEIGHT, each from 256 to 4096 and divisible by 8, such as 768x1344";
        let sides = text.trim().split_once(['x', 'X', '\u{d7}']);
        let side = |text: &str| text.trim().parse::<u32>().ok();
        let is_side = |side: &u32| (256..=4096).contains(side) && side.is_multiple_of(8);
        let sides = sides.and_then(|(width, height)| {
            let (width, height) = (side(width)?, side(height)?);
            (is_side(&width) && is_side(&height)).then_some(Self { width, height })
        });
        sides.ok_or_else(|| InvalidValue::new("size of pictures", text, allowed))
    }
}

impl TryFrom<String> for PictureSize {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        text.parse()
    }
}

impl From<PictureSize> for String {
    fn from(size: PictureSize) -> Self {
        size.to_string()
    }
}

/// How far the shape of a size may be from that of the video: a tenth is cropped away. The sizes that models were trained
/// at are within a fiftieth.
const MOST_SKEW: f64 = 1.1;

/// What is wanted otherwise than the qualities have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tuning {
    /// Steps of a pass that starts from noise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<StepCount>,
    /// How strictly the prompt is followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cfg: Option<CfgScale>,
    /// The sampler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampler: Option<SamplerName>,
    /// What no picture may show, beside what a script says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative: Option<NegativePrompt>,
    /// The size that is painted, whatever the quality of the video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<PictureSize>,
}

impl Tuning {
    /// Whether nothing is wanted otherwise.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what is wanted otherwise to `key`, each under its name: what is not wanted adds nothing.
    pub fn add_to_key(&self, mut key: KeyBuilder) -> KeyBuilder {
        let Self {
            steps,
            cfg,
            sampler,
            negative,
            size,
        } = self;
        if let Some(steps) = steps {
            key = key.number("steps", u64::from(steps.get()));
        }
        if let Some(cfg) = cfg {
            key = key.real("cfg", cfg.get());
        }
        if let Some(sampler) = sampler {
            key = key.text("sampler", sampler.as_str());
        }
        if let Some(negative) = negative {
            key = key.text("not wanted", negative.as_str());
        }
        if let Some(size) = size {
            key = key.text("painted size", &size.to_string());
        }
        key
    }

    /// Checks that the size has about the shape of a video, so that a crop brings it there.
    ///
    /// # Errors
    /// [`InvalidValue`].
    pub fn check(&self, aspect: Aspect) -> Result<(), InvalidValue> {
        let Some(size) = self.size else {
            return Ok(());
        };
        let frame = Quality::Standard.size(aspect);
        let ratio = |width: u32, height: u32| f64::from(width) / f64::from(height);
        let skew = ratio(size.width, size.height) / ratio(frame.width(), frame.height());
        if (1.0 / MOST_SKEW..=MOST_SKEW).contains(&skew) {
            return Ok(());
        }
        let allowed = format!("about the shape of the video, {}", aspect.name());
        let shown = size.to_string();
        Err(InvalidValue::new("size of pictures", &shown, allowed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_samplers_and_words_are_checked() {
        for (text, size) in [("768x1344", "768x1344"), (" 512 X 768 ", "512x768")] {
            assert_eq!(text.parse::<PictureSize>().unwrap().to_string(), size);
        }
        for bad in [
            "",
            "768",
            "768x",
            "700x1003",
            "8x8",
            "99999x99999",
            "-768x1344",
        ] {
            assert!(bad.parse::<PictureSize>().is_err(), "{bad}");
        }
        assert!("dpmpp_2m".parse::<SamplerName>().is_ok());
        for bad in ["", "a b", "../x"] {
            assert!(bad.parse::<SamplerName>().is_err(), "{bad}");
        }
        assert!("0".parse::<StepCount>().is_err() && "8".parse::<StepCount>().is_ok());
        assert!("NaN".parse::<CfgScale>().is_err() && "1.5".parse::<CfgScale>().is_ok());
        let long = "x".repeat(NegativePrompt::MAX_CHARS + 1);
        assert!(long.parse::<NegativePrompt>().is_err());
        assert!(" \n".parse::<NegativePrompt>().is_err());
    }

    #[test]
    fn a_size_has_about_the_shape_of_the_video() {
        let sized = |size: &str| Tuning {
            size: size.parse().ok(),
            ..Tuning::default()
        };
        // SDXL's own.
        assert!(sized("768x1344").check(Aspect::Portrait).is_ok());
        assert!(sized("1344x768").check(Aspect::Landscape).is_ok());
        let wrong = sized("1344x768").check(Aspect::Portrait).unwrap_err();
        assert!(wrong.to_string().contains("9:16"), "{wrong}");
        assert!(Tuning::default().check(Aspect::Square).is_ok());
    }

    #[test]
    fn what_is_not_wanted_stands_nowhere() {
        assert_eq!(serde_json::to_string(&Tuning::default()).unwrap(), "{}");
        let tuning = Tuning {
            steps: "12".parse().ok(),
            size: "768x1344".parse().ok(),
            ..Tuning::default()
        };
        let json = serde_json::to_string(&tuning).unwrap();
        assert_eq!(json, r#"{"steps":12,"size":"768x1344"}"#);
        assert_eq!(serde_json::from_str::<Tuning>(&json).unwrap(), tuning);
    }
}
