//! Numbers within a range, sizes and seeds.

use std::str::FromStr;

use super::InvalidValue;
use crate::ranged;

ranged! {
    /// How long a video is to be, in seconds.
    Duration(f64), "duration", 3.0..=Self::LONGEST, "3 to 600 seconds"
}
impl Duration {
    /// The longest video, in seconds.
    pub const LONGEST: f64 = 600.0;

    /// The length that a video is made for when nothing says otherwise, in seconds.
    pub const DEFAULT_SECONDS: f64 = 30.0;
}

ranged! {
    /// How many scenes a video has.
    SceneCount(usize), "number of scenes", 1..=40, "1 to 40"
}
ranged! {
    /// How many videos are made.
    VideoCount(u32), "count", 1..=1000, "1 to 1000"
}

ranged! {
    /// How loud the sound of clips is in a video: 0 is not at all, 1 is as loud as it was recorded.
    ClipVolume(f64), "volume of clips", 0.0..=2.0, "0 to 2, where 0 is not at all and 1 as it was recorded"
}
impl ClipVolume {
    /// The volume of who says nothing: clips are seen only.
    pub const OFF: Self = Self(0.0);

    /// Whether nothing is heard.
    pub fn is_off(&self) -> bool {
        self.0 <= 0.0
    }
}

impl Default for ClipVolume {
    fn default() -> Self {
        Self::OFF
    }
}

/// A number of bytes, as people write it: `500MB`, `1.5GiB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

impl ByteSize {
    /// The bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let wrong =
            || InvalidValue::new("size", text, "a number and B, KB, MB, GB, KiB, MiB or GiB");
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" => 1000,
            "m" | "mb" => 1_000_000,
            "g" | "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(wrong()),
        };
        let bytes = number * factor as f64;
        if bytes.is_finite() && bytes < u64::MAX as f64 {
            Ok(Self(bytes as u64))
        } else {
            Err(wrong())
        }
    }
}

/// Reads a seed: any whole number from 0 to 2^64 - 1.
///
/// # Errors
/// [`InvalidValue`] for anything else.
pub fn parse_seed(text: &str) -> Result<crate::seed::Seed, InvalidValue> {
    let allowed = "a whole number from 0 to 18446744073709551615";
    text.trim()
        .parse()
        .map(crate::seed::Seed)
        .map_err(|_| InvalidValue::new("seed", text, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_numbers_cannot_be_constructed() {
        for bad in ["0", "-5", "NaN", "inf", "-inf", "1e9", "", "ten"] {
            assert!(bad.parse::<Duration>().is_err(), "duration {bad}");
            assert!(bad.parse::<SceneCount>().is_err(), "scenes {bad}");
            assert!(bad.parse::<VideoCount>().is_err(), "count {bad}");
        }
        for bad in ["-1", "1.5", "18446744073709551616", ""] {
            let error = parse_seed(bad).expect_err(bad);
            assert!(
                error.to_string().contains("18446744073709551615"),
                "{error}"
            );
        }
        assert_eq!("30".parse::<Duration>().map(Duration::get), Ok(30.0));
        for bad in [
            "-0.1", "2.1", "30", "NaN", "inf", "-12dB", "50%", "loud", "",
        ] {
            let error = bad.parse::<ClipVolume>().expect_err(bad);
            assert!(error.to_string().contains("0 to 2"), "{error}");
        }
        let off = |text: &str| text.parse().map(|volume: ClipVolume| volume.is_off());
        assert_eq!(
            ["0", "-0", "0.01"].map(off),
            [Ok(true), Ok(true), Ok(false)]
        );
        assert_eq!(ClipVolume::default(), ClipVolume::OFF);
    }

    #[test]
    fn sizes_are_numbers_with_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("500MB", 500_000_000),
            ("1.5 GiB", 3 << 29),
            ("2kib", 2048),
        ] {
            assert_eq!(
                text.parse::<ByteSize>().map(ByteSize::get),
                Ok(bytes),
                "{text}"
            );
        }
        for bad in ["", "GB", "-1", "1 TB", "NaN", "1e99GB", "1..5"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad}");
        }
    }
}
