//! Composes a bed and measures it: `cargo run --release -p videogen-music --example bed -- mystery 7`.

use videogen_music::{compose, describe};
use videogen_types::{Genre, Seed};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let genre: Genre = arguments
        .next()
        .unwrap_or_else(|| "nature".into())
        .parse()?;
    let seed = Seed(arguments.next().unwrap_or_else(|| "7".into()).parse()?);
    println!("{}", describe(genre, seed));
    let bed = compose(genre, seed, &|| false).ok_or("it was stopped")?;
    let seconds = bed.left.len() as f64 / f64::from(bed.sample_rate);
    let peak = bed
        .left
        .iter()
        .chain(&bed.right)
        .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    println!("{seconds:.1} s, peak {peak:.2}");
    Ok(())
}
