//! Speaks a text into a WAV file and prints when each word is heard.
//!
//! `cargo run -p videogen-tts --example speak -- out.wav "Hello there" [flite|espeak-ng|silent|MODEL.onnx]`
#![allow(clippy::print_stdout, reason = "printing is what the example does")]

use std::error::Error;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_text::detect_language;
use videogen_tts::{EspeakNg, Flite, PiperCli, PiperOptions, Request, Silent, Synthesizer};
use videogen_types::Unobserved;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(text)) = (args.next(), args.next()) else {
        return Err("usage: speak OUT.wav TEXT [flite|espeak-ng|silent|MODEL.onnx]".into());
    };
    let synthesizer = choose(args.next().as_deref().unwrap_or("espeak-ng")).await?;
    let language = detect_language(&text).unwrap_or("en");
    let request = Request::new(text, language);
    let speech = synthesizer
        .speak(&request, &Unobserved, &CancellationToken::new())
        .await?;
    for word in &speech.words {
        println!("{:7.3} {:7.3}  {}", word.start, word.end, word.text);
    }
    println!(
        "{} by {}, voice {}, timing {:?}",
        file,
        synthesizer.version(),
        speech.voice,
        speech.timing
    );
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: speech.sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(Utf8Path::new(&file), spec)?;
    for sample in speech.samples {
        wav.write_sample((sample * 32767.0).round() as i16)?;
    }
    wav.finalize()?;
    Ok(())
}

async fn choose(name: &str) -> Result<Box<dyn Synthesizer>, Box<dyn Error>> {
    let supervisor = Supervisor::new();
    let path = std::env::var_os("PATH");
    let path = path.as_deref();
    Ok(match name {
        "silent" => Box::new(Silent::new()),
        "flite" => Box::new(
            Flite::discover(&supervisor, None, path)
                .await?
                .ok_or("flite is not installed")?,
        ),
        "espeak-ng" => Box::new(
            EspeakNg::discover(&supervisor, None, path)
                .await?
                .ok_or("espeak-ng is not installed")?,
        ),
        model => {
            let options = PiperOptions::new(model);
            Box::new(
                PiperCli::discover(&supervisor, None, path, options)
                    .await?
                    .ok_or("piper is not installed")?,
            )
        }
    })
}
