//! Tidies a text and says what it is: `cargo run -p videogen-text --example tidy -- "some text"`.

use videogen_text::{clean, sentences, slug, word_count};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() {
    let text = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "The sea\u{200B} is deep.  Very deep!".to_owned());
    let text = clean(&text);
    println!("{} words, file name {}", word_count(&text), slug(&text, 40));
    for sentence in sentences(&text, "en") {
        println!("- {}", sentence.trim_end());
    }
}
