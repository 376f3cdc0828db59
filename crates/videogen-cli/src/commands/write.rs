//! `videogen write`: the script alone, to read, to change, or to work on prompts.

use camino::Utf8Path;
use console::Style;
use tokio_util::sync::CancellationToken;
use videogen_core::{Error, ErrorKind};
use videogen_script::{LlmServers, OrderedScript, ScriptOrder, Templates};
use videogen_types::{SceneCount, Seed, Stage, Topic, parse_seed};

use super::generate::{is_blank, one_topic, random_seed};
use super::{Context, runtime};
use crate::args::WriteArgs;
use crate::render_error::Failure;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{exit_code, ink, output};

/// Columns before what is said and seen in a scene.
const INDENT: usize = 4;

/// Writes a script and prints it.
///
/// # Errors
/// A value is not allowed; no script can be written.
pub(crate) fn run(args: &WriteArgs, context: &Context) -> Result<u8, Failure> {
    let flags = [
        ("genre", "--genre", &args.genre),
        ("language", "--language", &args.language),
        ("duration", "--duration", &args.duration),
        ("writer", "--writer", &args.writer),
        ("prompts", "--prompts", &args.prompts),
    ];
    let given = flags
        .into_iter()
        .filter_map(|(name, flag, value)| Some((name, flag, value.clone()?)));
    let mut settings = context.settings(context.flags(given)?)?;
    if let Some(directory) = &args.init_prompts {
        return init_prompts(&context.path("--init-prompts", directory)?, context);
    }
    let Some(topic) = one_topic(&args.topic, "write")? else {
        return Err(Failure::usage("there is no topic")
            .hint("say what the script is about: videogen write \"the deep sea\""));
    };
    let (topic, cut) = Topic::new(&topic).map_err(|error| {
        let message = if is_blank(&topic) {
            "the topic is empty".to_owned()
        } else {
            error.to_string()
        };
        Failure::usage(message)
            .hint("say what the script is about: videogen write \"the deep sea\"")
    })?;
    if cut {
        context.warn("the topic is too long and was cut");
    }
    let seed = args.seed.as_deref().map(parse_seed).transpose();
    let scenes = args.scenes.as_deref().map(str::parse::<SceneCount>);
    let order = ScriptOrder {
        topic,
        genre: settings.get("genre"),
        language: settings.get("language"),
        duration: settings.get("duration"),
        scenes: scenes
            .transpose()
            .map_err(|error| Failure::invalid_value("--scenes", &error))?,
        seed: seed
            .map_err(|error| Failure::invalid_value("--seed", &error))?
            .unwrap_or_else(random_seed),
        writer: settings.required("writer"),
    };
    let cancel = CancellationToken::new();
    let signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let runtime = runtime()?;
    signals.working();
    settings.look_nearby(&runtime);
    let options = settings.tools().llm;
    let written = runtime.block_on(async {
        let servers = LlmServers::open(&options).await;
        let servers = servers.map_err(|error| Error::new(Stage::Preflight, error))?;
        if let Some(servers) = servers.as_ref().filter(|_| context.verbose > 0) {
            asked(&order, servers, context);
        }
        let written = order.write(servers.as_ref(), &|_| {}, &cancel).await;
        written.map_err(|error| Error::new(Stage::Script, error))
    });
    let written = written.map_err(|error| {
        let asked_in_vain =
            matches!(error.kind(), ErrorKind::Scripting(_)) && !error.is_cancelled();
        let failure = Failure::from(&error);
        Failure {
            // It was asked, and wrote nothing that can be used.
            code: if asked_in_vain {
                exit_code::SOME_FAILED
            } else {
                failure.code
            },
            ..failure
        }
    })?;
    if args.json {
        output::json(&written.script);
    } else {
        show(&written, order.seed);
    }
    for warning in &written.warnings {
        context.warn(warning);
    }
    Ok(exit_code::OK)
}

/// Shows what a model is asked, message by message.
fn asked(order: &ScriptOrder, servers: &LlmServers, context: &Context) {
    for message in order.question(servers) {
        let role = format!("{:?}", message.role).to_lowercase();
        let role = context.screen.paint(&Style::new().bold(), &role);
        context.screen.print(&format!("{role}:"));
        for line in message.text.lines() {
            context.screen.print(&format!("  {line}"));
        }
    }
}

/// Prints the script for people.
fn show(written: &OrderedScript, seed: Seed) {
    let width = output::width();
    let script = &written.script;
    let put = |first: &str, text: &str| {
        let text = wrap(text, width, INDENT + first.len(), INDENT + first.len());
        for (at, line) in text.lines().enumerate() {
            let label = if at == 0 { first } else { "" };
            let line = line.trim_start();
            output::line(&format!("{:INDENT$}{label:<1$}{line}", "", first.len()));
        }
    };
    output::line(&ink::bold(&script.title));
    for (number, scene) in (1..).zip(&script.scenes) {
        output::line("");
        output::line(&ink::bold(&number.to_string()));
        put("", &scene.narration);
        put("picture: ", &scene.picture);
        if let Some(negative) = &scene.negative {
            put("without: ", negative);
        }
    }
    output::line("");
    let tags: Vec<String> = script
        .hashtags
        .iter()
        .map(|tag| format!("#{tag}"))
        .collect();
    if !tags.is_empty() {
        output::line(&tags.join(" "));
    }
    if let Some(description) = &written.description {
        output::line(description);
    }
    let by = written.by.as_deref().unwrap_or("the built-in writer");
    output::line(&format!("in {} by {by}, seed {}", script.language, seed.0));
}

/// Writes the built-in prompts into a directory, to be changed. A file that is there stays as it is.
fn init_prompts(directory: &Utf8Path, context: &Context) -> Result<u8, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::machine(format!("the prompts cannot be written to {directory}"))
            .caused_by(error)
            .hint("name a directory that you may write to")
    };
    std::fs::create_dir_all(directory).map_err(|error| failed(&error))?;
    for (name, text) in Templates::files() {
        let path = directory.join(name);
        let mut options = std::fs::OpenOptions::new();
        match options.write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                use std::io::Write;
                file.write_all(text.as_bytes())
                    .map_err(|error| failed(&error))?;
                output::path(&path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                context
                    .screen
                    .print(&format!("{path} is there already and stays as it is"));
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(exit_code::OK)
}
