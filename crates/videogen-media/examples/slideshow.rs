//! Two pictures made on the spot, a tone for a narration and a sentence, rendered to `slideshow.mp4`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_media::audio::{Clip, MixRequest, MixSettings, mix, write_wav};
use videogen_media::captions::{CaptionWord, Captions, Mode, SafeZone, Style};
use videogen_media::fonts::Fonts;
use videogen_media::motion::Motion;
use videogen_media::render::{Encode, FfmpegRenderer, Job, Renderer};
use videogen_media::timeline::{Shot, Timeline};
use videogen_media::{Error, Ffmpeg, FrameRate, FrameSize};
use videogen_process::Supervisor;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Error> {
    let cancel = CancellationToken::new();
    let ffmpeg = Ffmpeg::discover(
        Supervisor::new(),
        None,
        std::env::var_os("PATH").as_deref(),
        &cancel,
    )
    .await?;
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let (size, rate) = (FrameSize::new(512, 768)?, FrameRate::new(30, 1)?);

    let mut shots = Vec::new();
    for (index, hue) in [[40u8, 90, 160], [170, 90, 50]].into_iter().enumerate() {
        let picture = dir.path().join(format!("{index}.png"));
        let rings = |x: u32, y: u32| {
            let distance = (f64::from(x) - 300.0).hypot(f64::from(y) - 450.0);
            let light = 0.6 + 0.4 * (distance / 18.0).sin();
            image::Rgb(hue.map(|c| (f64::from(c) * light) as u8))
        };
        image::RgbImage::from_fn(600, 900, rings)
            .save(&picture)
            .expect("a picture can be written");
        shots.push(Shot {
            picture,
            motion: Motion::numbered(index),
            duration: 2.5,
        });
    }

    let words: Vec<CaptionWord> = "Two pictures and one sentence make a video"
        .split(' ')
        .enumerate()
        .map(|(i, word)| CaptionWord {
            text: word.into(),
            start: 0.4 + i as f64 * 0.5,
            end: 0.85 + i as f64 * 0.5,
            space_before: i > 0,
        })
        .collect();
    let zone = SafeZone::for_frame(512, 768);
    let captions = Captions::new(
        &words,
        Mode::Karaoke,
        &Style::ALL[0],
        (512, 768),
        zone,
        &Fonts::bundled(),
    )?;

    let tone = (0..48_000 * 4)
        .map(|i| 0.2 * (f64::from(i) * 440.0 * std::f64::consts::TAU / 48_000.0).sin() as f32);
    let narration = vec![Clip {
        samples: tone.collect(),
        sample_rate: 48_000,
        start: 0.4,
    }];
    let mixed = mix(
        &MixRequest {
            narration,
            bed: None,
            duration: 5.0,
        },
        &MixSettings::default(),
        &cancel,
    )?;
    let audio = dir.path().join("sound.wav");
    write_wav(&audio, &mixed)?;

    let job = Job {
        size,
        rate,
        timeline: Timeline::new(shots, rate, 0.5)?,
        captions: Some(Arc::new(captions)),
        audio,
        encode: Encode::FINE,
        output: "slideshow.mp4".into(),
    };
    let rendered = FfmpegRenderer::new(ffmpeg)
        .render(&job, &|_| {}, &cancel)
        .await?;
    println!("{} frames in {}", rendered.frames, job.output);
    Ok(())
}
