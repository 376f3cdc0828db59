//! A size, a frame rate and a length: one row of the tables.

use std::fmt;
use std::str::FromStr;

use videogen_media::{FrameRate, FrameSize};

/// What is rendered, written as `720x1280@30`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Case {
    pub(crate) size: FrameSize,
    pub(crate) rate: FrameRate,
}

impl Case {
    /// The cases of issue 3, in the order of its figures.
    pub(crate) const NAMES: [&str; 4] = [
        "720x1280@30",
        "1080x1920@30",
        "1080x1920@60",
        "1440x2560@60",
    ];

    /// Frames in `seconds`.
    pub(crate) fn frames(&self, seconds: f64) -> u64 {
        self.rate.frames_in(seconds)
    }

    /// Bytes of `seconds` of raw frames.
    pub(crate) fn raw_bytes(&self, seconds: f64) -> u64 {
        self.frames(seconds) * self.size.frame_bytes() as u64
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is not WIDTHxHEIGHT@RATE, as in 720x1280@30");
        let (size, rate) = text.split_once('@').ok_or_else(wrong)?;
        let (width, height) = size.split_once('x').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        Ok(Self {
            size: FrameSize::new(number(width)?, number(height)?)
                .map_err(|error| error.to_string())?,
            rate: FrameRate::new(number(rate)?, 1).map_err(|error| error.to_string())?,
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}@{}", self.size, self.rate.per_second()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_what_its_name_says() {
        for name in Case::NAMES {
            assert_eq!(name.parse::<Case>().unwrap().to_string(), name);
        }
        let case: Case = "720x1280@30".parse().unwrap();
        assert_eq!(case.frames(12.0), 360);
        assert_eq!(case.raw_bytes(12.0), 360 * 720 * 1280 * 3 / 2);
        for wrong in ["", "720x1280", "720@30", "720x1280@", "721x1280@30"] {
            assert!(wrong.parse::<Case>().is_err(), "{wrong}");
        }
    }
}
