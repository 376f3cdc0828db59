//! Standard output, where data goes. A reader that went away (`| head`) ends the output, not the program.

use std::io::{self, Write};

use serde::Serialize;

/// Writes text and a line end.
pub(crate) fn line(text: &str) {
    let mut stdout = io::stdout().lock();
    // Nobody is left to be told when this fails.
    let _ = stdout.write_all(format!("{text}\n").as_bytes());
    let _ = stdout.flush();
}

/// Writes a value as indented JSON.
pub(crate) fn json(value: &impl Serialize) {
    line(
        &serde_json::to_string_pretty(value)
            .expect("values of this program have text keys and finite numbers"),
    );
}
