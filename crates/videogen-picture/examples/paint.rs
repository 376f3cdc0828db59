//! Paints what you name into a PPM file: `cargo run --release -p videogen-picture --example paint -- "a stormy sea" sea.ppm`.

use std::io::Write;

use videogen_picture::{Canvas, Subject, paint};
use videogen_types::{Genre, Seed};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let hint = arguments.next().unwrap_or_else(|| "a stormy sea".into());
    let subject = Subject {
        genre: Genre::Nature,
        seed: Seed(7),
        look: Seed(7),
        hint: &hint,
        index: 0,
        count: 3,
    };
    let canvas = Canvas::new(216, 384).ok_or("the size is out of range")?;
    let picture = paint(canvas, &subject, &|| false).ok_or("it was stopped")?;
    println!("{picture:?}");
    if let Some(path) = arguments.next() {
        let mut file = std::fs::File::create(path)?;
        writeln!(file, "P6 {} {} 255", picture.width, picture.height)?;
        file.write_all(&picture.rgb)?;
    }
    Ok(())
}
