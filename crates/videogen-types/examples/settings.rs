//! Reads a quality and a shape and says what they mean: `cargo run -p videogen-types --example settings -- high 16:9`.

use videogen_types::{Aspect, InvalidValue, Quality};

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example talks to its user"
)]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let quality = arguments.next().unwrap_or_else(|| "standard".to_owned());
    let aspect = arguments.next().unwrap_or_else(|| "9:16".to_owned());
    match read(&quality, &aspect) {
        Ok((quality, aspect)) => println!(
            "{quality} {aspect}: {} at {} frames per second",
            quality.size(aspect),
            quality.rate()
        ),
        Err(error) => {
            eprintln!("{error}");
            if let Some(help) = error.help() {
                eprintln!("{help}");
            }
        }
    }
}

fn read(quality: &str, aspect: &str) -> Result<(Quality, Aspect), InvalidValue> {
    Ok((quality.parse()?, aspect.parse()?))
}
