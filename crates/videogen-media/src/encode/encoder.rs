//! Names of encoders, and what they stand for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use videogen_types::{Choice, choice};

use super::Codec;
use crate::Error;

/// What an encoder runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncoderBackend {
    /// The processor.
    Software,
    /// NVIDIA's encoder.
    Nvenc,
    /// Apple's encoder.
    VideoToolbox,
    /// Intel's Quick Sync Video.
    Qsv,
    /// AMD's Advanced Media Framework.
    Amf,
    /// Linux' interface to the encoders of AMD and Intel.
    Vaapi,
}

impl EncoderBackend {
    /// Every backend; hardware stands in the order in which it is preferred, the vendors' own interfaces before the
    /// general one.
    pub const ALL: [Self; 6] = [
        Self::Nvenc,
        Self::VideoToolbox,
        Self::Qsv,
        Self::Amf,
        Self::Vaapi,
        Self::Software,
    ];

    /// Its name, as "nvenc".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::Nvenc => "nvenc",
            Self::VideoToolbox => "videotoolbox",
            Self::Qsv => "qsv",
            Self::Amf => "amf",
            Self::Vaapi => "vaapi",
        }
    }
}

impl fmt::Display for EncoderBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EncoderBackend {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|backend| backend.name() == text);
        found.ok_or_else(|| {
            let allowed = "software, nvenc, videotoolbox, qsv, amf or vaapi";
            unknown("encoder backend", text, allowed)
        })
    }
}

/// What a person may ask for as the encoder: a backend by its name, or whichever is best here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EncoderChoice {
    /// Hardware that works, or the processor. The processor is no lesser way: it takes longer and makes smaller files.
    Auto,
    /// The processor.
    Software,
    /// A card of NVIDIA.
    Nvenc,
    /// Intel's Quick Sync Video.
    Qsv,
    /// AMD's Advanced Media Framework.
    Amf,
    /// A Mac with a chip of Apple.
    VideoToolbox,
    /// What Linux knows of: AMD, Intel.
    Vaapi,
}

impl Choice for EncoderChoice {
    const WHAT: &'static str = "encoder";
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Self::Auto),
        ("software", Self::Software),
        ("nvenc", Self::Nvenc),
        ("qsv", Self::Qsv),
        ("amf", Self::Amf),
        ("videotoolbox", Self::VideoToolbox),
        ("vaapi", Self::Vaapi),
    ];
}

choice!(EncoderChoice);

impl EncoderChoice {
    /// Returns the backend that is asked for; `None` where any will do.
    pub const fn backend(self) -> Option<EncoderBackend> {
        Some(match self {
            Self::Auto => return None,
            Self::Software => EncoderBackend::Software,
            Self::Nvenc => EncoderBackend::Nvenc,
            Self::Qsv => EncoderBackend::Qsv,
            Self::Amf => EncoderBackend::Amf,
            Self::VideoToolbox => EncoderBackend::VideoToolbox,
            Self::Vaapi => EncoderBackend::Vaapi,
        })
    }
}

/// One of FFmpeg's video encoders that can be used here. Displayed and read by FFmpeg's name, as "h264_nvenc".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "&'static str")]
pub struct Encoder {
    codec: Codec,
    backend: EncoderBackend,
    name: &'static str,
}

impl Encoder {
    /// H.264 on the processor: the one every supported FFmpeg build has.
    pub const X264: Self = Self::named(Codec::H264, EncoderBackend::Software, "libx264");
    /// H.265 on the processor.
    pub const X265: Self = Self::named(Codec::Hevc, EncoderBackend::Software, "libx265");
    /// AV1 on the processor.
    pub const SVT_AV1: Self = Self::named(Codec::Av1, EncoderBackend::Software, "libsvtav1");
    /// AV1 on the processor, several times slower: for builds without [`Encoder::SVT_AV1`].
    pub const AOM_AV1: Self = Self::named(Codec::Av1, EncoderBackend::Software, "libaom-av1");

    /// Every encoder. Where a codec has two of a backend, the better one is first. VideoToolbox has no AV1: Apple's
    /// chips decode it only.
    pub const ALL: [Self; 18] = [
        Self::named(Codec::H264, EncoderBackend::Nvenc, "h264_nvenc"),
        Self::named(
            Codec::H264,
            EncoderBackend::VideoToolbox,
            "h264_videotoolbox",
        ),
        Self::named(Codec::H264, EncoderBackend::Qsv, "h264_qsv"),
        Self::named(Codec::H264, EncoderBackend::Amf, "h264_amf"),
        Self::named(Codec::H264, EncoderBackend::Vaapi, "h264_vaapi"),
        Self::X264,
        Self::named(Codec::Hevc, EncoderBackend::Nvenc, "hevc_nvenc"),
        Self::named(
            Codec::Hevc,
            EncoderBackend::VideoToolbox,
            "hevc_videotoolbox",
        ),
        Self::named(Codec::Hevc, EncoderBackend::Qsv, "hevc_qsv"),
        Self::named(Codec::Hevc, EncoderBackend::Amf, "hevc_amf"),
        Self::named(Codec::Hevc, EncoderBackend::Vaapi, "hevc_vaapi"),
        Self::X265,
        Self::named(Codec::Av1, EncoderBackend::Nvenc, "av1_nvenc"),
        Self::named(Codec::Av1, EncoderBackend::Qsv, "av1_qsv"),
        Self::named(Codec::Av1, EncoderBackend::Amf, "av1_amf"),
        Self::named(Codec::Av1, EncoderBackend::Vaapi, "av1_vaapi"),
        Self::SVT_AV1,
        Self::AOM_AV1,
    ];

    const fn named(codec: Codec, backend: EncoderBackend, name: &'static str) -> Self {
        Self {
            codec,
            backend,
            name,
        }
    }

    /// FFmpeg's name of it.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// What it makes.
    pub const fn codec(self) -> Codec {
        self.codec
    }

    /// What it runs on.
    pub const fn backend(self) -> EncoderBackend {
        self.backend
    }

    /// Whether it runs on the processor.
    pub fn is_software(self) -> bool {
        self.backend == EncoderBackend::Software
    }

    /// Whether the encoder of this name gives the same bytes for the same frames. One that FFmpeg brings and this crate
    /// does not know may or may not.
    pub fn is_deterministic(name: &str) -> bool {
        name.parse::<Self>().is_ok_and(Self::is_software)
    }

    /// The encoders of `codec` on `backend`, best first; none where there is no such thing.
    pub fn of(codec: Codec, backend: EncoderBackend) -> impl Iterator<Item = Self> {
        let fits = move |encoder: &Self| encoder.codec == codec && encoder.backend == backend;
        Self::ALL.into_iter().filter(fits)
    }
}

impl fmt::Display for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl FromStr for Encoder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|encoder| encoder.name == text);
        found.ok_or_else(|| unknown("encoder", text, &Self::ALL.map(Self::name).join(", ")))
    }
}

impl From<Encoder> for &'static str {
    fn from(encoder: Encoder) -> Self {
        encoder.name
    }
}

fn unknown(what: &'static str, value: &str, allowed: &str) -> Error {
    Error::InvalidValue {
        what,
        value: value.to_owned(),
        allowed: allowed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_as_what_it_names() {
        for encoder in Encoder::ALL {
            assert_eq!(encoder.name().parse::<Encoder>().unwrap(), encoder);
            let json = serde_json::to_string(&encoder).unwrap();
            assert_eq!(json, format!("\"{encoder}\""));
            // FFmpeg names hardware encoders after codec and backend.
            if !encoder.is_software() {
                let name = format!("{}_{}", encoder.codec(), encoder.backend());
                assert_eq!(encoder.name(), name);
            }
        }
        for &(name, codec) in Codec::ALL {
            assert_eq!(name, codec.name());
            assert_eq!(codec.to_string().parse::<Codec>().unwrap(), codec);
            assert_eq!(
                serde_json::to_string(&codec).unwrap(),
                format!("\"{name}\"")
            );
        }
        for backend in EncoderBackend::ALL {
            assert_eq!(
                backend.to_string().parse::<EncoderBackend>().unwrap(),
                backend
            );
        }
        let error = "h264_omx".parse::<Encoder>().unwrap_err().to_string();
        assert!(error.contains("libx264"), "{error}");
    }

    #[test]
    fn every_choice_but_auto_is_a_backend_of_the_same_name() {
        for &(name, choice) in EncoderChoice::ALL {
            match choice.backend() {
                None => assert_eq!(name, "auto"),
                Some(backend) => assert_eq!(name, backend.name()),
            }
            assert_eq!(
                serde_json::to_string(&choice).unwrap(),
                format!("\"{name}\"")
            );
        }
    }

    #[test]
    fn every_codec_can_be_made_by_the_processor_and_av1_by_two() {
        let software = |codec| Encoder::of(codec, EncoderBackend::Software).collect::<Vec<_>>();
        assert_eq!(software(Codec::H264), [Encoder::X264]);
        assert_eq!(software(Codec::Hevc), [Encoder::X265]);
        assert_eq!(software(Codec::Av1), [Encoder::SVT_AV1, Encoder::AOM_AV1]);
        assert_eq!(
            Encoder::of(Codec::Av1, EncoderBackend::VideoToolbox).count(),
            0
        );
    }
}
