//! Makes a scratch directory as a run does and sweeps what others left: `cargo run -p videogen-durable --example scratch`.

use camino::{Utf8Path, Utf8PathBuf};
use videogen_durable::{ScratchDir, create_private, sweep};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let parent = Utf8PathBuf::try_from(std::env::temp_dir())?;
    let swept = sweep(&parent, ".example-");
    for path in &swept.removed {
        println!("removed {path}, which an interrupted run had left");
    }
    for (path, reason) in &swept.left {
        println!("left {path} alone: {reason}");
    }
    let scratch = ScratchDir::create(&parent, ".example-")?;
    create_private(&scratch.path().join("half.mp4"))?;
    println!("{} is ours until we end", scratch.path());
    drop(scratch);
    assert!(!Utf8Path::new(&parent).join("half.mp4").exists());
    Ok(())
}
