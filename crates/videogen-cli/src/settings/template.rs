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
            text.extend(["\n[", of, "]\n"]);
            table = of;
        }
        text.extend([
            "\n# ",
            &describe(key),
            ".\n#",
            name,
            " = ",
            &example(key),
            "\n",
        ]);
    }
    text.push_str(
        "\n# What videos of one genre have of their own, where neither flag nor variable says otherwise; not beside genre = …\n\
         # [genre.nature]\n# voice = \"slt\"\n# music = \"music/nature\"\n",
    );
    text
}

/// What a key is, which values it takes, and what happens without one.
pub(crate) fn describe(key: &Key) -> String {
    let about = capitalised(key.about);
    let names = match key.kind {
        Kind::Name(names) => format!(": {}", names().join(", ")),
        _ => String::new(),
    };
    let unset = match key.default {
        Some(_) => String::new(),
        None => format!(" (without: {})", key.unset),
    };
    format!("{about}{names}{unset}")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

fn example(key: &Key) -> String {
    match key.kind {
        Kind::Number | Kind::Integer | Kind::Rate | Kind::Flag | Kind::FlagOrList => {
            key.example.to_owned()
        }
        Kind::Directories | Kind::List => format!("[\"{}\"]", key.example),
        Kind::Command => format!("[\"{}\"]", key.example.replace(' ', "\", \"")),
        _ => format!("\"{}\"", key.example),
    }
}
