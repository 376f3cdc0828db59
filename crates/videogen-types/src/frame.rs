//! Sizes and frame rates that cannot be invalid.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::value::InvalidValue;

/// The size of a video in pixels. Both sides are even (4:2:0 halves them) and within `16..=8192`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawSize", into = "RawSize")]
pub struct FrameSize {
    width: u32,
    height: u32,
}

#[derive(Serialize, Deserialize)]
struct RawSize {
    width: u32,
    height: u32,
}

impl TryFrom<RawSize> for FrameSize {
    type Error = InvalidValue;
    fn try_from(raw: RawSize) -> Result<Self, InvalidValue> {
        Self::new(raw.width, raw.height)
    }
}

impl From<FrameSize> for RawSize {
    fn from(size: FrameSize) -> Self {
        Self {
            width: size.width,
            height: size.height,
        }
    }
}

impl FrameSize {
    /// A size, when both sides are even and within `16..=8192`.
    ///
    /// # Errors
    /// [`InvalidValue`] otherwise.
    pub fn new(width: u32, height: u32) -> Result<Self, InvalidValue> {
        let fits = |side: u32| (16..=8192).contains(&side) && side.is_multiple_of(2);
        if fits(width) && fits(height) {
            Ok(Self { width, height })
        } else {
            Err(InvalidValue::new(
                "frame size",
                &format!("{width}x{height}"),
                "even sides from 16 to 8192",
            ))
        }
    }

    /// Width in pixels.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub const fn height(self) -> u32 {
        self.height
    }

    /// Bytes of one 8-bit 4:2:0 frame.
    pub const fn frame_bytes(self) -> usize {
        self.width as usize * self.height as usize * 3 / 2
    }
}

impl fmt::Display for FrameSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Frames per second as an exact ratio, within `1..=120`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameRate {
    numerator: u32,
    denominator: u32,
}

impl FrameRate {
    /// `numerator / denominator` frames per second.
    ///
    /// # Errors
    /// [`InvalidValue`] when the ratio is not within `1..=120`.
    pub fn new(numerator: u32, denominator: u32) -> Result<Self, InvalidValue> {
        let rate = f64::from(numerator) / f64::from(denominator);
        if (1.0..=120.0).contains(&rate) {
            Ok(Self {
                numerator,
                denominator,
            })
        } else {
            Err(Self::out_of_range(&format!("{numerator}/{denominator}")))
        }
    }

    fn out_of_range(value: &str) -> InvalidValue {
        InvalidValue::new(
            "frame rate",
            value,
            "1 to 120 frames per second, e.g. 24, 25, 29.97, 30, 60",
        )
    }

    /// Frames per second.
    pub fn per_second(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    /// Numerator and denominator.
    pub const fn ratio(self) -> (u32, u32) {
        (self.numerator, self.denominator)
    }

    /// The time frame `index` is shown at, in seconds.
    pub fn time_of(self, index: u64) -> f64 {
        index as f64 * f64::from(self.denominator) / f64::from(self.numerator)
    }

    /// The number of whole frames that is nearest to `seconds`.
    pub fn frames_in(self, seconds: f64) -> u64 {
        (seconds * self.per_second()).round().max(0.0) as u64
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

impl FromStr for FrameRate {
    type Err = InvalidValue;

    /// Reads `30`, `29.97` (the NTSC rates become their exact ratio) or `30000/1001`.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let bad = || Self::out_of_range(text);
        if let Some((numerator, denominator)) = text.split_once('/') {
            let numerator = numerator.trim().parse().map_err(|_| bad())?;
            let denominator = denominator.trim().parse().map_err(|_| bad())?;
            return Self::new(numerator, denominator);
        }
        let rate: f64 = text.trim().parse().map_err(|_| bad())?;
        if !(1.0..=120.0).contains(&rate) {
            return Err(bad());
        }
        // 23.976, 29.97, 59.94 and 119.88 are roundings of n * 1000/1001.
        for nominal in [24u32, 30, 60, 120] {
            if (rate - f64::from(nominal) * 1000.0 / 1001.0).abs() < 0.006 {
                return Self::new(nominal * 1000, 1001);
            }
        }
        if rate.fract() == 0.0 {
            Self::new(rate as u32, 1)
        } else {
            Self::new((rate * 1000.0).round() as u32, 1000)
        }
    }
}

impl<'de> Deserialize<'de> for FrameRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for FrameRate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_small_and_huge_sizes_cannot_be_made() {
        assert!(FrameSize::new(720, 1280).is_ok());
        for (w, h) in [
            (0, 0),
            (721, 1280),
            (720, 8194),
            (14, 16),
            (u32::MAX - 1, 16),
        ] {
            assert!(FrameSize::new(w, h).is_err(), "{w}x{h}");
        }
    }

    #[test]
    fn frame_rates_are_read_as_people_write_them() {
        let ratio = |s: &str| s.parse::<FrameRate>().map(FrameRate::ratio).ok();
        assert_eq!(ratio("30"), Some((30, 1)));
        assert_eq!(ratio("29.97"), Some((30_000, 1001)));
        assert_eq!(ratio("23.976"), Some((24_000, 1001)));
        assert_eq!(ratio("59.94"), Some((60_000, 1001)));
        assert_eq!(ratio("12.5"), Some((12_500, 1000)));
        assert_eq!(ratio("30000/1001"), Some((30_000, 1001)));
        for bad in ["NaN", "inf", "-30", "0", "121", "", "thirty", "30/0", "1/2"] {
            assert_eq!(ratio(bad), None, "{bad}");
        }
    }
}
