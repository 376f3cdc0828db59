//! The file that `config init` writes: every key, commented out.

use super::key::{KEYS, Key, Kind};

/// The text of the file.
pub(crate) fn text() -> String {
    let mut text = String::from(
        "# Settings of videogen. Take the # off a line to set it. Environment variables go before this file, flags\n\
         # before both; `videogen config show` tells which one counts. Relative paths start at this file's directory.\n",
    );
    let mut table = "";
    for key in KEYS {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != table {
            text.push_str(&format!("\n[{of}]\n"));
            table = of;
        }
        text.push_str(&format!("\n# {}.\n#{name} = {}\n", describe(key), example(key)));
    }
    text
}

/// What a key is, which values it takes, and what happens without one.
pub(crate) fn describe(key: &Key) -> String {
    let mut text = capitalised(key.about);
    if let Kind::Name(names) = key.kind {
        text.push_str(&format!(": {}", names().join(", ")));
    }
    if key.default.is_none() {
        text.push_str(&format!(" (without: {})", key.unset));
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn example(key: &Key) -> String {
    match key.kind {
        Kind::Number | Kind::Integer | Kind::Rate | Kind::Flag => key.example.to_owned(),
        Kind::Directories => format!("[\"{}\"]", key.example),
        _ => format!("\"{}\"", key.example),
    }
}
