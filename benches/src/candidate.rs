//! Encoder settings with a name, written as `NAME=PRESET/PARAMS@CRF,CRF`.

use std::fmt;
use std::str::FromStr;

use videogen_media::EncodeSettings;

/// Settings of x264 and the qualities they are tried at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) preset: String,
    /// `key=value` parameters on top of the preset, joined by colons; may be empty.
    pub(crate) params: String,
    /// Constant rate factors.
    pub(crate) crfs: Vec<f32>,
}

/// Presets x264 has, fastest first.
const PRESETS: [&str; 10] = [
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
];

impl Candidate {
    /// The settings others are judged against.
    pub(crate) fn plain(preset: &str, crf: f32) -> Self {
        Self {
            name: preset.to_owned(),
            preset: preset.to_owned(),
            params: String::new(),
            crfs: vec![crf],
        }
    }

    /// The settings of our videos for publishing.
    pub(crate) fn ours() -> Self {
        let EncodeSettings { crf, x264, .. } = EncodeSettings::FINE;
        Self {
            name: "ours".to_owned(),
            preset: x264.preset.to_owned(),
            params: x264.params.to_owned(),
            crfs: vec![crf],
        }
    }

    /// FFmpeg's options for these settings at `crf`.
    pub(crate) fn options(&self, crf: f32) -> Vec<String> {
        let mut options: Vec<String> = ["-preset", &self.preset, "-crf", &crf.to_string()]
            .map(String::from)
            .into();
        if !self.params.is_empty() {
            options.extend(["-x264-params".to_owned(), self.params.clone()]);
        }
        options
    }
}

impl FromStr for Candidate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("“{text}” is not NAME=PRESET/PARAMS@CRF,CRF: {why}");
        let (name, rest) = text.split_once('=').ok_or_else(|| wrong("there is no ="))?;
        let (settings, crfs) = rest
            .rsplit_once('@')
            .ok_or_else(|| wrong("there is no @"))?;
        let (preset, params) = settings.split_once('/').unwrap_or((settings, ""));
        if !PRESETS.contains(&preset) {
            return Err(wrong("x264 has no such preset"));
        }
        let crfs = crfs
            .split(',')
            .map(|crf| crf.parse().ok().filter(|crf| (0.0..=51.0).contains(crf)))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("a CRF is a number from 0 to 51"))?;
        Ok(Self {
            name: name.to_owned(),
            preset: preset.to_owned(),
            params: params.to_owned(),
            crfs,
        })
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            preset,
            params,
            ..
        } = self;
        if params.is_empty() {
            write!(f, "{name}: {preset}")
        } else {
            write!(f, "{name}: {preset} {params}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_read_and_becomes_options() {
        let candidate: Candidate = "KB15=veryfast/partitions=none:bframes=5@18,19.5"
            .parse()
            .unwrap();
        assert_eq!(
            (candidate.name.as_str(), candidate.crfs.as_slice()),
            ("KB15", [18.0, 19.5].as_slice())
        );
        assert_eq!(
            candidate.options(19.5),
            [
                "-preset",
                "veryfast",
                "-crf",
                "19.5",
                "-x264-params",
                "partitions=none:bframes=5"
            ]
        );
        let plain: Candidate = "m=medium@20".parse().unwrap();
        assert_eq!(plain.options(20.0), ["-preset", "medium", "-crf", "20"]);
    }

    #[test]
    fn what_x264_would_refuse_is_refused() {
        for wrong in [
            "",
            "a",
            "a=veryfast",
            "a=quick@18",
            "a=veryfast@",
            "a=veryfast@60",
            "a=veryfast@x",
        ] {
            assert!(wrong.parse::<Candidate>().is_err(), "{wrong}");
        }
    }
}
