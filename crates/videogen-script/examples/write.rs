//! Writes a script without a model: `cargo run -p videogen-script --example write -- "the deep sea" 60`.

use videogen_script::{Assignment, guess_genre, write};
use videogen_types::Seed;

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let topic = arguments.next().unwrap_or_else(|| "the deep sea".into());
    let words = arguments.next().unwrap_or_else(|| "60".into()).parse()?;
    let script = write(&Assignment {
        genre: guess_genre(&topic),
        topic,
        seed: Seed(7),
        words,
        scenes: None,
    });
    println!("# {}", script.title);
    for scene in &script.scenes {
        println!("\n{}\n  [{}]", scene.narration, scene.picture);
    }
    Ok(())
}
