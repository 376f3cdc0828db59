//! Pictures and clips, a narration and its words to an MP4, with this crate alone.
//!
//! ```text
//! cargo run --release -p videogen-media --example render_slideshow -- OUT.mp4 NARRATION.wav WORDS.json PICTURE…
//! ```
//!
//! WORDS.json is a list of `{"text": "Hello", "start": 0.5, "end": 0.9}`, in seconds. The pictures (PNG, JPEG or
//! WebP) and clips (MP4, WebM, GIF …) share the time of the narration evenly. Without arguments it makes its own inputs and writes `slideshow.mp4`.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use videogen_media::{
    AudioClip, CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, Clip, EncodeSettings,
    Ffmpeg, FfmpegRenderer, Fonts, FootageKind, FrameRate, FrameSize, MixRequest, MixSettings,
    Motion, RenderJob, Renderer, SAMPLE_RATE, SafeZone, Shot, ShotSource, Timeline, decode_audio,
    footage_kind, mix_to_wav,
};
use videogen_process::Supervisor;

/// The longest narration that is read, in seconds.
const LONGEST: f64 = 3600.0;
/// How long the last picture stays when the voice has ended, in seconds.
const AFTER: f64 = 0.5;

/// Files everything is made of.
struct Inputs {
    output: Utf8PathBuf,
    narration: Utf8PathBuf,
    words: Utf8PathBuf,
    pictures: Vec<Utf8PathBuf>,
}

/// A word as it stands in the JSON file.
#[derive(Deserialize)]
struct Word {
    text: String,
    start: f64,
    end: f64,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<Utf8PathBuf> = std::env::args().skip(1).map(Into::into).collect();
    // Kept until the end: it is removed when it is dropped.
    let dir = camino_tempfile::tempdir()?;
    let inputs = match arguments.as_slice() {
        [] => made_up(dir.path())?,
        [output, narration, words, pictures @ ..] if !pictures.is_empty() => Inputs {
            output: output.clone(),
            narration: narration.clone(),
            words: words.clone(),
            pictures: pictures.to_vec(),
        },
        _ => {
            return Err(
                "usage: render_slideshow [OUT.mp4 NARRATION.wav WORDS.json PICTURE…]".into(),
            );
        }
    };
    let frames = render(&inputs, &dir.path().join("sound.wav")).await?;
    println!("{frames} frames in {}", inputs.output);
    Ok(())
}

/// Renders a video for phones. The finished soundtrack is put at `sound`.
async fn render(inputs: &Inputs, sound: &Utf8Path) -> Result<u64, Box<dyn std::error::Error>> {
    let cancel = CancellationToken::new();
    let path = std::env::var_os("PATH");
    let ffmpeg = Ffmpeg::discover(Supervisor::new(), None, path.as_deref(), &cancel).await?;
    let (size, rate) = (FrameSize::new(720, 1280)?, FrameRate::new(30, 1)?);

    let voice = decode_audio(&ffmpeg, &inputs.narration, LONGEST, &cancel).await?;
    let duration = voice.seconds() + AFTER;
    let request = MixRequest {
        narration: vec![AudioClip {
            samples: voice.to_mono(),
            sample_rate: SAMPLE_RATE,
            start: 0.0,
        }],
        bed: None,
        duration,
    };
    mix_to_wav(&request, &MixSettings::default(), sound, &cancel)?;

    let spoken: Vec<Word> = serde_json::from_slice(&std::fs::read(&inputs.words)?)?;
    let words: Vec<CaptionWord> = spoken
        .into_iter()
        .enumerate()
        .map(|(index, Word { text, start, end })| CaptionWord {
            text,
            start,
            end,
            space_before: index > 0,
        })
        .collect();
    let frame = (size.width(), size.height());
    let zone = SafeZone::for_frame(frame.0, frame.1);
    let captions = Captions::new(
        CaptionText::new(&words, "en"),
        CaptionMode::Karaoke,
        &CaptionStyle::ALL[0],
        frame,
        zone,
        &Fonts::bundled(),
    )?;

    let mut shots = Vec::new();
    for (index, file) in inputs.pictures.iter().enumerate() {
        let source = match footage_kind(file)? {
            FootageKind::Picture => ShotSource::Picture(file.clone()),
            FootageKind::Clip => Clip::open(&ffmpeg, file, &cancel).await?.into(),
        };
        shots.push(Shot {
            source,
            motion: Motion::numbered(index),
            guided: true,
            duration: duration / inputs.pictures.len() as f64,
        });
    }
    let timeline = Timeline::new(shots, rate, 0.5)?;
    let (audio, output) = (sound.to_owned(), inputs.output.clone());
    let job = RenderJob {
        captions: Some(Arc::new(captions)),
        ..RenderJob::new(size, rate, timeline, audio, EncodeSettings::FINE, output)
    };
    let rendered = FfmpegRenderer::new(ffmpeg)
        .render(&job, &videogen_types::Unobserved, &cancel)
        .await?;
    Ok(rendered.frames)
}

/// Two pictures of rings, a tone and a sentence, written into `dir`.
fn made_up(dir: &Utf8Path) -> Result<Inputs, Box<dyn std::error::Error>> {
    let inputs = Inputs {
        output: "slideshow.mp4".into(),
        narration: dir.join("narration.wav"),
        words: dir.join("words.json"),
        pictures: vec![dir.join("blue.png"), dir.join("amber.png")],
    };
    for (picture, colour) in inputs.pictures.iter().zip([[40u8, 90, 160], [170, 90, 50]]) {
        let rings = |x: u32, y: u32| {
            let distance = (f64::from(x) - 432.0).hypot(f64::from(y) - 700.0);
            let light = 0.6 + 0.4 * (distance / 25.0).sin();
            image::Rgb(colour.map(|c| (f64::from(c) * light) as u8))
        };
        image::RgbImage::from_fn(864, 1536, rings).save(picture)?;
    }
    let words: Vec<serde_json::Value> = "Two pictures and one sentence make a video"
        .split(' ')
        .enumerate()
        .map(|(index, word)| {
            let start = 0.4 + index as f64 * 0.5;
            serde_json::json!({"text": word, "start": start, "end": start + 0.45})
        })
        .collect();
    std::fs::write(&inputs.words, serde_json::to_vec(&words)?)?;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut narration = hound::WavWriter::create(&inputs.narration, spec)?;
    for index in 0..SAMPLE_RATE * 9 / 2 {
        let tone =
            (f64::from(index) * 220.0 * std::f64::consts::TAU / f64::from(SAMPLE_RATE)).sin();
        narration.write_sample((tone * 6000.0) as i16)?;
    }
    narration.finalize()?;
    Ok(inputs)
}
