//! Which encoder makes a video.

use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::trial::{Devices, EncoderTrial, NOT_BUILT, prove};
use super::{Codec, EncodeSettings, Encoder, EncoderBackend, software};
use crate::{Error, Ffmpeg, FrameRate, FrameSize};

/// The encoders of this machine. Cheap to clone; clones share what was found out.
///
/// A trial is made once for each encoder, size and frame rate, and remembered as long as this value lives. It is not
/// kept on disk: a driver may be updated, a card taken by another program.
#[derive(Debug, Clone)]
pub struct Encoders {
    ffmpeg: Ffmpeg,
    scratch: Utf8PathBuf,
    devices: Devices,
    known: Arc<Mutex<Vec<Known>>>,
}

#[derive(Debug, Clone)]
struct Known {
    size: FrameSize,
    rate: FrameRate,
    trial: EncoderTrial,
}

impl Encoders {
    /// The encoders of this FFmpeg; trials write to `scratch`, a directory, and leave nothing there.
    pub fn new(ffmpeg: Ffmpeg, scratch: Utf8PathBuf) -> Self {
        Self {
            ffmpeg,
            scratch,
            devices: Devices::here(),
            known: Arc::default(),
        }
    }

    /// Tries what no device was found for, too.
    #[cfg(test)]
    pub(super) fn assuming_devices(self) -> Self {
        let devices = Devices::ANY;
        Self { devices, ..self }
    }

    #[cfg(test)]
    pub(super) fn has(&self, encoder: &str) -> bool {
        self.ffmpeg.has_encoder(encoder)
    }

    /// Tries every hardware encoder of `codec` that this platform can have, all at once, with the settings of `encode`.
    /// One that is not in the build, or whose device is not there, is not started; its reason says so.
    ///
    /// # Errors
    /// [`Error::Cancelled`], and [`Error::Io`] if the scratch directory cannot be written.
    pub async fn trials(
        &self,
        encode: &EncodeSettings,
        codec: Codec,
        (size, rate): (FrameSize, FrameRate),
        cancel: &CancellationToken,
    ) -> Result<Vec<EncoderTrial>, Error> {
        let encoders = hardware().flat_map(|backend| Encoder::of(codec, backend));
        self.try_all(encode, encoders.collect(), size, rate, cancel)
            .await
    }

    /// `encode` with the encoder that makes `codec` best: on `backend`, or without one on the first hardware that works,
    /// or else on the processor.
    ///
    /// # Errors
    /// [`Error::EncoderUnavailable`] if a backend was named and does not work, with its reason, or if this FFmpeg cannot
    /// make `codec` at all; otherwise as [`Encoders::trials`].
    pub async fn choose(
        &self,
        encode: EncodeSettings,
        codec: Codec,
        backend: Option<EncoderBackend>,
        (size, rate): (FrameSize, FrameRate),
        cancel: &CancellationToken,
    ) -> Result<EncodeSettings, Error> {
        let trials = match backend {
            Some(EncoderBackend::Software) => Vec::new(),
            Some(backend) => {
                let encoders = Encoder::of(codec, backend).collect();
                self.try_all(&encode, encoders, size, rate, cancel).await?
            }
            None => self.trials(&encode, codec, (size, rate), cancel).await?,
        };
        let software = software(codec, &self.ffmpeg);
        choose(codec, backend, &trials, software).map(|encoder| encode.with(encoder))
    }

    async fn try_all(
        &self,
        encode: &EncodeSettings,
        encoders: Vec<Encoder>,
        size: FrameSize,
        rate: FrameRate,
        cancel: &CancellationToken,
    ) -> Result<Vec<EncoderTrial>, Error> {
        // Held during the trials: whoever asks for the same at the same time waits instead of trying it again.
        let mut known = self.known.lock().await;
        let mut running = JoinSet::new();
        for &encoder in &encoders {
            let same = |k: &Known| k.trial.encoder == encoder && k.size == size && k.rate == rate;
            if known.iter().any(same) {
                continue;
            }
            let hopeless = if self.ffmpeg.has_encoder(encoder.name()) {
                self.devices.lack(encoder.backend())
            } else {
                Some(NOT_BUILT)
            };
            if let Some(reason) = hopeless {
                let failure = Some(reason.to_owned());
                let trial = EncoderTrial { encoder, failure };
                known.push(Known { size, rate, trial });
                continue;
            }
            let (ffmpeg, scratch) = (self.ffmpeg.clone(), self.scratch.clone());
            let (encode, cancel) = (encode.with(encoder), cancel.clone());
            running
                .spawn(async move { prove(&ffmpeg, &encode, size, rate, &scratch, &cancel).await });
        }
        while let Some(ended) = running.join_next().await {
            // The tasks do not panic; a runtime that shuts down is the one way to lose one.
            let trial = ended.unwrap_or(Err(Error::Cancelled))?;
            known.push(Known { size, rate, trial });
        }
        let of = |encoder: &Encoder| {
            let same = |k: &&Known| k.trial.encoder == *encoder && k.size == size && k.rate == rate;
            known.iter().find(same).map(|known| known.trial.clone())
        };
        Ok(encoders.iter().filter_map(of).collect())
    }
}

/// The hardware this platform can have, in the order in which it is preferred.
fn hardware() -> impl Iterator<Item = EncoderBackend> {
    let possible = |backend: &EncoderBackend| match backend {
        EncoderBackend::Software => false,
        EncoderBackend::VideoToolbox => cfg!(target_os = "macos"),
        EncoderBackend::Vaapi => cfg!(target_os = "linux"),
        EncoderBackend::Nvenc | EncoderBackend::Qsv | EncoderBackend::Amf => {
            !cfg!(target_os = "macos")
        }
    };
    EncoderBackend::ALL.into_iter().filter(possible)
}

/// The decision alone: `trials` in the order of preference, `software` the encoder of `codec` on the processor, if the
/// build has one.
fn choose(
    codec: Codec,
    backend: Option<EncoderBackend>,
    trials: &[EncoderTrial],
    software: Option<Encoder>,
) -> Result<Encoder, Error> {
    let unavailable = |encoder: String, reason: &str| Error::EncoderUnavailable {
        encoder,
        reason: reason.to_owned(),
    };
    let works = trials.iter().find(|trial| trial.proven());
    match backend {
        Some(EncoderBackend::Software) | None => {
            let hardware = works.filter(|_| backend.is_none());
            hardware
                .map(|trial| trial.encoder)
                .or(software)
                .ok_or_else(|| {
                    let names: Vec<&str> = Encoder::of(codec, EncoderBackend::Software)
                        .map(Encoder::name)
                        .collect();
                    unavailable(names.join(" or "), NOT_BUILT)
                })
        }
        Some(backend) => match (works, trials.first()) {
            (Some(trial), _) => Ok(trial.encoder),
            (None, Some(EncoderTrial { encoder, failure })) => {
                let reason = failure.as_deref().unwrap_or_default();
                Err(unavailable(encoder.to_string(), reason))
            }
            (None, None) => Err(unavailable(
                format!("{codec} on {backend}"),
                "there is no such encoder",
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(name: &str, failure: Option<&str>) -> EncoderTrial {
        EncoderTrial {
            encoder: name.parse().unwrap(),
            failure: failure.map(str::to_owned),
        }
    }

    fn chosen(
        backend: Option<EncoderBackend>,
        trials: &[EncoderTrial],
        software: Option<Encoder>,
    ) -> String {
        match choose(Codec::H264, backend, trials, software) {
            Ok(encoder) => encoder.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn hardware_that_works_is_taken_in_order_and_the_processor_last() {
        let x264 = Some(Encoder::X264);
        let trials = [
            trial("h264_nvenc", Some("Cannot load libcuda.so.1")),
            trial("h264_qsv", None),
            trial("h264_vaapi", None),
        ];
        assert_eq!(chosen(None, &trials, x264), "h264_qsv");
        assert_eq!(chosen(None, &trials[..1], x264), "libx264");
        assert_eq!(chosen(None, &[], x264), "libx264");
        assert_eq!(chosen(Some(EncoderBackend::Software), &[], x264), "libx264");
    }

    #[test]
    fn what_was_asked_for_by_name_is_taken_or_refused_with_its_reason() {
        let x264 = Some(Encoder::X264);
        let failed = [trial("h264_nvenc", Some("Cannot load libcuda.so.1"))];
        assert_eq!(
            chosen(Some(EncoderBackend::Nvenc), &failed, x264),
            "h264_nvenc cannot be used: Cannot load libcuda.so.1"
        );
        let works = [trial("h264_nvenc", None)];
        assert_eq!(
            chosen(Some(EncoderBackend::Nvenc), &works, x264),
            "h264_nvenc"
        );
        let error = choose(Codec::Av1, Some(EncoderBackend::VideoToolbox), &[], None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "av1 on videotoolbox cannot be used: there is no such encoder"
        );
    }

    #[test]
    fn a_codec_the_build_cannot_make_is_refused() {
        for backend in [None, Some(EncoderBackend::Software)] {
            let error = choose(Codec::Av1, backend, &[], None).unwrap_err();
            assert_eq!(
                error.to_string(),
                "libsvtav1 or libaom-av1 cannot be used: not in this FFmpeg build"
            );
            assert!(error.help().is_some());
        }
    }

    #[test]
    fn hardware_is_that_of_the_platform_and_never_the_processor() {
        let all: Vec<EncoderBackend> = hardware().collect();
        assert!(!all.contains(&EncoderBackend::Software));
        if cfg!(target_os = "linux") {
            use EncoderBackend::{Amf, Nvenc, Qsv, Vaapi};
            assert_eq!(all, [Nvenc, Qsv, Amf, Vaapi]);
        }
    }
}
