//! The job that is measured, as a program of its own: what a user of `videogen-media` does for one video.

use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, EncodeSettings,
    Ffmpeg, FfmpegRenderer, Fonts, MixRequest, MixSettings, Motion, MusicBed, RenderJob, Renderer,
    SafeZone, Shot, Timeline, decode_audio, mix_to_wav, prepared_picture_size, write_frames,
};
use videogen_process::Supervisor;

use crate::case::Case;
use crate::usage::{Usage, own_cpu, tree_cpu};
use crate::{pictures, sound};

/// Seconds a scene is on screen: twelve seconds are five scenes.
pub(crate) const SCENE: f64 = 2.4;
/// Seconds of a crossfade, as `videogen-core` has them.
const CROSSFADE: f64 = 0.6;
/// Seconds of music in the file: more than the usual clip, less than the long one, so that both ways are taken.
const MUSIC: f64 = 40.0;

/// Files everything is made of. Written once for a case, the same for every program that is measured.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) pictures: Vec<Utf8PathBuf>,
    pub(crate) voice: Utf8PathBuf,
    pub(crate) music: Utf8PathBuf,
}

impl Material {
    /// Where the material of `case` is below `dir`. Pictures have the size that is asked of painters for this video:
    /// 1.2 times the frame.
    pub(crate) fn of(dir: &Utf8Path, case: &Case, seconds: f64) -> Self {
        let (width, height) = prepared_picture_size(case.size);
        Self {
            pictures: pictures::paths(&dir.join("pictures"), width, height),
            voice: dir.join(format!("narration-{seconds}s.wav")),
            music: dir.join("music.wav"),
        }
    }

    /// Writes what is not there yet.
    ///
    /// # Errors
    /// What could not be written, in words.
    pub(crate) fn write(&self, case: &Case, seconds: f64) -> Result<(), String> {
        let (width, height) = prepared_picture_size(case.size);
        pictures::write(&self.pictures, width, height)?;
        sound::write_voice(&self.voice, seconds)?;
        sound::write_music(&self.music, MUSIC)
    }
}

/// Scenes that fill `seconds`: their lengths, of which the last takes what is left.
pub(crate) fn scenes(seconds: f64) -> Vec<f64> {
    let count = (seconds / SCENE).round().max(1.0) as usize;
    let mut lengths = vec![SCENE; count - 1];
    lengths.push(seconds - SCENE * (count - 1) as f64);
    lengths
}

/// Mixes narration and music to a WAV file. Blocks while it mixes.
async fn soundtrack(
    ffmpeg: &Ffmpeg,
    material: &Material,
    seconds: f64,
    output: &Utf8Path,
) -> Result<(), String> {
    let cancel = CancellationToken::new();
    let words = |error: videogen_media::Error| error.to_string();
    let music = decode_audio(ffmpeg, &material.music, seconds, &cancel)
        .await
        .map_err(words)?;
    let request = MixRequest {
        narration: vec![AudioClip {
            samples: sound::read_voice(&material.voice)?,
            sample_rate: sound::VOICE_RATE,
            start: 0.0,
        }],
        bed: Some(MusicBed {
            samples: music,
            seamless: false,
        }),
        duration: seconds,
    };
    mix_to_wav(&request, &MixSettings::default(), output, &cancel)
        .map(|_| ())
        .map_err(words)
}

/// The render: moving pictures with crossfades, karaoke captions, the settings of a video for publishing.
///
/// # Errors
/// What does not fit together, in words.
pub(crate) fn describe(
    dir: &Utf8Path,
    case: &Case,
    seconds: f64,
    audio: &Utf8Path,
    output: &Utf8Path,
) -> Result<RenderJob, String> {
    let words = |error: videogen_media::Error| error.to_string();
    let material = Material::of(dir, case, seconds);
    let shots = scenes(seconds)
        .into_iter()
        .enumerate()
        .map(|(index, duration)| Shot {
            source: material.pictures[index % material.pictures.len()]
                .clone()
                .into(),
            motion: Motion::numbered(index * 3),
            guided: true,
            duration,
        });
    let spoken: Vec<CaptionWord> = sound::words(seconds)
        .into_iter()
        .map(|word| CaptionWord {
            text: word.text.to_owned(),
            start: word.start,
            end: word.end,
            space_before: true,
        })
        .collect();
    let frame = (case.size.width(), case.size.height());
    let zone = SafeZone::for_frame(frame.0, frame.1);
    let captions = Captions::new(
        CaptionText::new(&spoken, "en"),
        CaptionMode::Karaoke,
        &CaptionStyle::ALL[0],
        frame,
        zone,
        &Fonts::bundled(),
    )
    .map_err(words)?;
    let timeline = Timeline::new(shots.collect(), case.rate, CROSSFADE).map_err(words)?;
    let (audio, output) = (audio.to_owned(), output.to_owned());
    let encode = EncodeSettings::fine(case.rate);
    Ok(RenderJob {
        captions: Some(Arc::new(captions)),
        // As the program has it, whose check of the video measures the true peak.
        bounds_peak: false,
        ..RenderJob::new(case.size, case.rate, timeline, audio, encode, output)
    })
}

/// Finds FFmpeg on the `PATH`.
///
/// # Errors
/// What is missing, in words.
pub(crate) async fn discover() -> Result<Ffmpeg, String> {
    let path = std::env::var_os("PATH");
    Ffmpeg::discover(
        Supervisor::new(),
        None,
        path.as_deref(),
        &CancellationToken::new(),
    )
    .await
    .map_err(|error| error.to_string())
}

/// What a job says of itself: seconds of which it alone knows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Split {
    /// Finding FFmpeg, its programs included: what a program does once and not for every video.
    pub(crate) discovery: Usage,
    /// CPU seconds of everything else that this process did itself, without FFmpeg.
    pub(crate) ours: f64,
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Usage { cpu, wall } = self.discovery;
        write!(f, "{cpu} {wall} {}", self.ours)
    }
}

impl std::str::FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a job said “{text}”, which are not three numbers of seconds");
        let numbers: Vec<f64> = text
            .split_ascii_whitespace()
            .map(|number| number.parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        let [cpu, wall, ours] = numbers[..] else {
            return Err(wrong());
        };
        Ok(Self {
            discovery: Usage { cpu, wall },
            ours,
        })
    }
}

/// The whole job, once.
///
/// # Errors
/// Why there is no video, in words.
pub(crate) async fn job(
    dir: &Utf8Path,
    case: &Case,
    seconds: f64,
    output: &Utf8Path,
) -> Result<Split, String> {
    let begin = Instant::now();
    let ffmpeg = discover().await?;
    let discovery = Usage {
        cpu: tree_cpu()?,
        wall: begin.elapsed().as_secs_f64(),
    };
    let before = own_cpu()?;
    let audio = output.with_extension("wav");
    soundtrack(&ffmpeg, &Material::of(dir, case, seconds), seconds, &audio).await?;
    let job = describe(dir, case, seconds, &audio, output)?;
    FfmpegRenderer::new(ffmpeg)
        .render(&job, &|_: f32| {}, &CancellationToken::new())
        .await
        .map_err(|error| error.to_string())?;
    Ok(Split {
        discovery,
        ours: own_cpu()? - before,
    })
}

/// Writes the raw frames of the job to `output`, and its sound beside them.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn frames(
    dir: &Utf8Path,
    case: &Case,
    seconds: f64,
    output: &Utf8Path,
) -> Result<(), String> {
    let ffmpeg = discover().await?;
    let audio = output.with_extension("wav");
    soundtrack(&ffmpeg, &Material::of(dir, case, seconds), seconds, &audio).await?;
    let job = describe(dir, case, seconds, &audio, output)?;
    let mut file =
        std::fs::File::create(output).map_err(|error| format!("creating {output}: {error}"))?;
    // Nothing else runs in this process, so its one thread may be held up.
    write_frames(&job, &mut file, &CancellationToken::new())
        .map(|_| ())
        .map_err(|error| error.to_string())
}
