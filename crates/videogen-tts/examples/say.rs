//! Speaks with one of Piper's voices, without Piper and without Python, and prints when each word is heard.
//!
//! `cargo run -p videogen-tts --example say -- out.wav "Hello there" [VOICE.onnx]`
//!
//! The program espeak-ng has to be installed. Without a voice it is the tiny one of this repository's tests, which only buzzes.
#![allow(clippy::print_stdout, reason = "printing is what the example does")]

use std::error::Error;

use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_tts::{Native, PiperOptions, Request, Synthesizer};
use videogen_types::Unobserved;

/// The voice of the tests.
const TINY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fixtures/piper/en_US-tiny-low.onnx"
);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(text)) = (args.next(), args.next()) else {
        return Err("usage: say OUT.wav TEXT [VOICE.onnx]".into());
    };
    let voice = PiperOptions::new(args.next().unwrap_or_else(|| TINY.to_owned()));
    let path = std::env::var_os("PATH");
    let native = Native::discover(&Supervisor::new(), None, path.as_deref(), voice).await?;
    let native = native.ok_or("espeak-ng is not installed")?;
    let request = Request::new(text, native.voices()[0].language.clone());
    let cancel = CancellationToken::new();
    let speech = native.speak(&request, &Unobserved, &cancel).await?;
    for word in &speech.words {
        println!("{:7.3} {:7.3}  {}", word.start, word.end, word.text);
    }
    println!("{file} by {}, timing {:?}", native.version(), speech.timing);
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: speech.sample_rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(file, spec)?;
    for sample in speech.samples {
        wav.write_sample((sample * 32767.0).round() as i16)?;
    }
    wav.finalize()?;
    Ok(())
}
