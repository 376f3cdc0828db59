//! `videogen config`

use std::io::Write;

use camino::Utf8Path;
use serde_json::json;

use super::{Context, runtime};
use crate::args::{ConfigArgs, ConfigCommand};
use crate::render_error::Failure;
use crate::settings::key::{Key, Kind, parse_flag};
use crate::settings::{Layer, Origin, Settings, Value, schema, template};
use crate::{exit_code, output};

/// Shows or writes settings.
///
/// # Errors
/// A setting is wrong, there is no place for a file, or it cannot be written.
pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<u8, Failure> {
    match &args.command {
        ConfigCommand::Show { json } => {
            let mut settings = context.settings(Layer::new())?;
            settings.look_nearby(&runtime()?);
            show(&settings, *json);
        }
        ConfigCommand::Path => output::path(&path(context)?),
        ConfigCommand::Schema => output::json(&schema::schema()),
        ConfigCommand::Init { force } => {
            let path = path(context)?;
            write(&path, *force)?;
            context
                .screen
                .print("written, with every line commented out:");
            output::path(&path);
        }
    }
    Ok(exit_code::OK)
}

fn path(context: &Context) -> Result<camino::Utf8PathBuf, Failure> {
    let found = context.around.config_path(context.config.as_deref())?;
    found.map(|(path, _)| path).ok_or_else(|| {
        Failure::config("there is no home directory to have a configuration file in")
            .hint("name a file with --config")
    })
}

fn write(path: &Utf8Path, force: bool) -> Result<(), Failure> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::config(format!("{path} exists already"))
            .hint("replace it with --force, or name another file with --config"),
        _ => Failure::config(format!("writing {path} failed"))
            .caused_by(&e)
            .hint("name another file with --config"),
    };
    if let Some(directory) = path.parent() {
        videogen_durable::create_missing_dirs(directory).map_err(failed)?;
    }
    // For its owner only: a key may be written into it.
    let text = template::text();
    if force {
        videogen_durable::rewrite_named(path, text.as_bytes()).map_err(failed)
    } else {
        videogen_durable::create_private(path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(failed)
    }
}

fn show(settings: &Settings, as_json: bool) {
    if as_json {
        let all: Vec<serde_json::Value> = settings
            .all()
            .map(|(key, given)| {
                let (value, origin) = match given {
                    None => (serde_json::Value::Null, json!({"kind": "default"})),
                    Some(given) => (shown(key, &given.value), origin(&given.origin)),
                };
                json!({"key": key.name, "value": value, "origin": origin})
            })
            .collect();
        output::json(&json!({"file": settings.file, "settings": all}));
        return;
    }
    for (key, given) in settings.all() {
        let (value, origin) = match given {
            None => (format!("({})", key.unset), Origin::Default.to_string()),
            Some(given) => (
                shown(key, &given.value).to_string(),
                given.origin.to_string(),
            ),
        };
        output::line(&format!("{} = {value}  # {origin}", key.name));
    }
}

/// What may be shown of a value, in the form it has in the configuration file.
fn shown(key: &Key, value: &Value) -> serde_json::Value {
    match (key.kind, value) {
        (_, Value::Many(list)) => {
            json!(list.iter().map(|text| key.shown(text)).collect::<Vec<_>>())
        }
        (Kind::Flag, Value::One(text)) => json!(parse_flag(text)),
        (Kind::FlagOrList, Value::One(text)) => match parse_flag(text) {
            Some(yes) => json!(yes),
            None => json!(text.split(',').map(str::trim).collect::<Vec<_>>()),
        },
        (Kind::Number | Kind::Integer | Kind::Rate, Value::One(text)) => number(text.trim()),
        (_, Value::One(text)) => json!(key.shown(text)),
    }
}

/// A number as a number; ratios stay text.
fn number(text: &str) -> serde_json::Value {
    if let Ok(whole) = text.parse::<i64>() {
        return json!(whole);
    }
    text.parse::<f64>()
        .map_or_else(|_| json!(text), |number| json!(number))
}

fn origin(origin: &Origin) -> serde_json::Value {
    match origin {
        Origin::Default => json!({"kind": "default"}),
        Origin::File { path, line } => json!({"kind": "file", "path": path, "line": line}),
        Origin::Environment(name) => json!({"kind": "environment", "name": name}),
        Origin::Flag(name) => json!({"kind": "flag", "name": name}),
        Origin::Line { file, line } => json!({"kind": "line", "path": &**file, "line": line}),
        Origin::Answer => json!({"kind": "answer"}),
        Origin::Found => json!({"kind": "found"}),
    }
}
