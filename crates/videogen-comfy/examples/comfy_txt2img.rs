//! A picture from a text, on a real server or, without a URL, on the mock.
//!
//! `cargo run -p videogen-comfy --example comfy_txt2img -- http://127.0.0.1:8188 "a red boat on a lake" boat.png`

use testkit::comfy::{Family, MockComfy};
use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    ComfyClient, Error, ImageGenerator, ModelFile, Models, PaintJob, PaintRequest, PaintSize,
    PromptText, RunEvent, Submission, Workflow,
};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    // Held until the end: the mock stops when it is dropped.
    let (url, _mock) = match arguments.next() {
        Some(url) => (url, None),
        None => {
            let mock = MockComfy::builder()
                .checkpoint("sd15.safetensors", Family::SD15)
                .steps_per_second(40.0)
                .start();
            (mock.url(), Some(mock))
        }
    };
    let prompt = arguments
        .next()
        .unwrap_or_else(|| "a red boat on a lake".to_owned());
    let path = arguments.next().unwrap_or_else(|| "boat.png".to_owned());

    let comfy = ComfyClient::connect(&url)?;
    let stats = comfy.system_stats().await?;
    println!(
        "ComfyUI {} on {}",
        stats.version,
        stats.device().map_or("nothing", |device| &device.name)
    );
    let checkpoints = comfy.models("checkpoints").await?.unwrap_or_default();
    let file = ModelFile::new(
        checkpoints
            .into_iter()
            .next()
            .unwrap_or_else(|| "missing.safetensors".to_owned()),
    )?;
    println!("painting with {file}");

    let mut job = PaintJob::new(
        Models::Checkpoint { file, vae: None },
        PromptText::literal(prompt)?,
        PaintSize::new(512, 512)?,
    );
    job.negative = PromptText::literal("text, watermark")?;
    // Ctrl-C ends the example, and the prompt stays with the server; a program would cancel the token instead.
    let cancel = CancellationToken::new();
    let mut run = comfy.paint(
        PaintRequest::new(Submission::new(Workflow::build(&job)), path),
        &cancel,
    );
    while let Some(event) = run.next().await {
        match event {
            RunEvent::Queued { ahead } => println!("waiting behind {ahead}"),
            RunEvent::Node {
                class, fraction, ..
            } => println!("{:3.0} % {class}", fraction * 100.0),
            RunEvent::Progress {
                value,
                max,
                fraction,
                ..
            } => println!("{:3.0} % step {value} of {max}", fraction * 100.0),
            RunEvent::SocketLost { reason } => println!("no progress is shown: {reason}"),
            RunEvent::Finished(result) => {
                if let Some(picture) = result?.picture {
                    println!(
                        "{} has {}×{} pixels and {} bytes",
                        picture.path, picture.width, picture.height, picture.bytes
                    );
                }
            }
            _ => {}
        }
    }
    Ok(())
}
