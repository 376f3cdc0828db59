//! `videogen generate`: from the command line to briefs, and from the outcome to an exit status.

mod batch;
mod content;
mod overlays;

use std::hash::{BuildHasher, Hasher};
use std::io::{self, IsTerminal, Read};

use camino::Utf8PathBuf;
use content::Content;
use tokio_util::sync::CancellationToken;
use videogen_core::{Brief, Error, ErrorKind, ScriptSource, VideoPlan};
use videogen_script::{DecodedScript, MAX_SCRIPT_BYTES, ScriptPlace, decode_script};
use videogen_text::shown;
use videogen_types::{
    Genre, InvalidValue, Overview, SceneCount, Seed, Stage, Topic, VideoCount, parse_seed,
};

use super::batches::LONGEST_NAME;
use super::make::{self, Preflight, RunCommand};
use super::places::Places;
use super::{Context, resume, runtime};
use crate::args::{GenerateArgs, ResumeArgs};
use crate::render_error::Failure;
use crate::report::json;
use crate::report::{self, PlannedRun};
use crate::screen::Screen;
use crate::settings::Settings;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{ask, exit_code, hint, output};

/// Makes videos.
///
/// # Errors
/// What is given is wrong, or the preflight found what would keep a video from being made.
pub(crate) fn run(args: &GenerateArgs, context: &Context) -> Result<u8, Failure> {
    let mut settings = context.settings(context.flags(args.settings())?)?;
    if let Some(batch) = unfinished(args, context)? {
        return resume::run(&batch, context);
    }
    let cancel = CancellationToken::new();
    context.screen.detach()?;
    let signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let (briefs, warnings) = briefs(args, &mut settings, context)?;
    let runtime = runtime()?;
    signals.working();
    settings.look_nearby(&runtime);
    let preflight = Preflight {
        runtime: &runtime,
        settings: &settings,
        dry_run: args.dry_run,
        cancel: &cancel,
        context,
    };
    let (studio, plans) = preflight.plan(&briefs, None)?;
    let announced = PlannedRun {
        videos: plans
            .iter()
            .map(VideoPlan::overview)
            .map(hint::overview)
            .collect(),
        warnings,
    };
    if args.dry_run {
        show(&announced, args.json, context);
        return Ok(exit_code::OK);
    }
    let places = Places::of(context)?;
    let briefs: Vec<Brief> = plans.iter().map(VideoPlan::settled_brief).collect();
    let batch = make::begin(&places, &briefs, context);
    RunCommand {
        runtime,
        studio,
        batch,
        plans: (1..).zip(plans).collect(),
        announced,
        json: args.json,
        strict: settings.required("strict"),
        cancel,
    }
    .run(&places, &settings, context)
}

/// Mentions a batch that was interrupted. At a terminal the user is asked whether to go on with it: then it is returned.
///
/// # Errors
/// The terminal went away, or the user ends the program.
fn unfinished(args: &GenerateArgs, context: &Context) -> Result<Option<ResumeArgs>, Failure> {
    if args.dry_run {
        return Ok(None);
    }
    // That batches cannot be listed is told where one is begun.
    let listed = Places::of(context)?.batches().interrupted();
    let Some(batch) = listed.ok().flatten() else {
        return Ok(None);
    };
    let name = shown(&batch.name, LONGEST_NAME);
    let (made, all) = (batch.delivered, batch.jobs);
    let there = format!("batch {name} is not finished ({made} of {all} videos made)");
    let may_ask = !(args.yes || args.json) && ask::possible(&context.screen);
    if may_ask && ask::yes(&format!("{there}. Go on with it instead"), &context.screen)? {
        return Ok(Some(ResumeArgs {
            batch: Some(batch.name),
            here: false,
            cache_limit: args.cache_limit.clone(),
            json: false,
        }));
    }
    if !may_ask {
        let screen = &context.screen;
        screen.print(&format!("{there}: videogen resume {name}"));
    }
    Ok(None)
}

/// What is asked for, and what a person should know about it.
fn briefs(
    args: &GenerateArgs,
    settings: &mut Settings,
    context: &Context,
) -> Result<(Vec<Brief>, Vec<String>), Failure> {
    let given = Failure::invalid_value;
    batch::alone(args)?;
    let mut topic = one_topic(&args.topic, "generate")?;
    let mut count: VideoCount = match &args.count {
        Some(text) => text.parse().map_err(|e| given("--count", &e))?,
        None => VideoCount::new(1).expect("1 is within the range"),
    };
    let seed = match &args.seed {
        Some(text) => parse_seed(text).map_err(|e| given("--seed", &e))?,
        None => random_seed(),
    };
    let scenes = args.scenes.as_deref().map(str::parse::<SceneCount>);
    let scenes = scenes.transpose().map_err(|e| given("--scenes", &e))?;
    for (flag, text) in [
        ("--name", &args.name),
        ("--script", &args.script),
        ("--narration", &args.narration),
        ("--narration-captions", &args.narration_captions),
        ("--batch", &args.batch),
    ] {
        if text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Err(Failure::usage(format!("{flag} is empty"))
                .hint(format!("give {flag} a value, or leave it out")));
        }
    }
    let images = images(args, context, topic.is_none() && args.batch.is_none())?;
    let file = |flag, path: Option<&String>| {
        let path = path.map(|path| context.path(flag, path));
        path.transpose()
    };
    let mut content = Content {
        topic: None,
        seed,
        script: None,
        script_place: script_place(args.script.as_deref(), context),
        narration: file("--narration", args.narration.as_ref())?,
        narration_captions: file("--narration-captions", args.narration_captions.as_ref())?,
        images,
        scenes,
        name: args.name.clone(),
    };
    if let Some(file) = &args.batch {
        let (briefs, warnings) = batch::briefs(file, &content, settings, context)?;
        overlays::without_images(settings, &briefs)?;
        warn(&warnings, args, context);
        return Ok((briefs, warnings));
    }

    let has_text = args.script.is_some() || args.narration_captions.is_some();
    if topic.is_none() && !has_text && settings.get::<Genre>("genre").is_none() {
        if args.yes || args.json || !ask::possible(&context.screen) {
            return Err(Failure::from(&Error::new(
                Stage::Preflight,
                ErrorKind::NoTopic,
            )));
        }
        let answers = ask::ask(settings, args.count.is_some(), &context.screen)?;
        topic = answers.topic;
        count = answers.count.unwrap_or(count);
    }

    let mut warnings = Vec::new();
    content.topic = match topic {
        None => None,
        Some(raw) => {
            let (topic, cut) = Topic::new(&raw).map_err(|error| no_topic(&raw, &error))?;
            if cut {
                warnings.push(content::topic_was_cut("--script FILE"));
            }
            Some(topic)
        }
    };
    warn(&warnings, args, context);
    content.script = match args.script.as_deref() {
        None => None,
        Some("-") => {
            let script = read_script(&context.screen)?;
            warn(&script.warnings, args, context);
            warnings.extend(script.warnings);
            Some(ScriptSource::Text(script.text))
        }
        Some(path) => Some(ScriptSource::File(context.path("--script", path)?)),
    };
    overlays::without_object(settings, content.may_show_clips())?;
    let first = content.brief(settings);
    let briefs = (0..u64::from(count.get()))
        .map(|n| Brief {
            seed: Seed(seed.0.wrapping_add(n)),
            ..first.clone()
        })
        .collect();
    Ok((briefs, warnings))
}

/// Where the paths in a script that is `given` begin: beside its file, and in the current directory where nothing lies beside
/// it, as beside standard input or a pipe. Scripts of a batch lie beside theirs.
fn script_place(given: Option<&str>, context: &Context) -> ScriptPlace {
    let lies_somewhere = |given: &&str| {
        let path = context.around.paths().resolve(given);
        // `/dev/stdin` leads to the file that is read, and does not say where that is.
        let is_file = |path: Utf8PathBuf| path.is_file() && !path.starts_with("/dev");
        *given != "-" && path.is_ok_and(is_file)
    };
    let elsewhere = given.filter(|given| !lies_somewhere(given));
    ScriptPlace {
        directory: elsewhere.map(|_| context.around.directory.clone()),
        home: context.around.home.clone(),
    }
}

/// Tells people what they should know about what was given; programs get it as events.
fn warn(warnings: &[String], args: &GenerateArgs, context: &Context) {
    if args.json {
        return;
    }
    for warning in warnings {
        context.warn(warning);
    }
}

/// The topic of `command`, which is one argument.
///
/// # Errors
/// There are several: it was not put in quotes.
pub(super) fn one_topic(given: &[String], command: &str) -> Result<Option<String>, Failure> {
    match given {
        [] => Ok(None),
        [topic] => Ok(Some(topic.clone())),
        several => {
            let together = several.join(" ");
            let together = shown(&together, 60);
            Err(Failure::usage(format!(
                "the topic has to be one argument, but there are {}",
                several.len()
            ))
            .hint(format!(
                "put it in quotes: videogen {command} \"{together}\""
            )))
        }
    }
}

/// What is wrong with a topic, and what to give in its place.
fn no_topic(raw: &str, error: &InvalidValue) -> Failure {
    let failure = |message: String| Failure {
        kind: "invalid_value",
        ..Failure::usage(message)
    };
    if is_blank(raw) {
        return failure("the topic is empty".to_owned())
            .hint("say what the video is about: videogen generate \"the deep sea\"");
    }
    failure(error.to_string()).hint(
        "say what the video is about: videogen generate \"the deep sea\"; or save what the page says as a file, and \
         give that: videogen generate --script FILE",
    )
}

/// Whether nothing of a topic can be seen.
pub(super) fn is_blank(topic: &str) -> bool {
    videogen_text::clean(topic).is_empty()
}

/// The pictures. `--image a.png b.png "the deep sea"` takes the topic for a picture: that is noticed here.
fn images(
    args: &GenerateArgs,
    context: &Context,
    no_topic: bool,
) -> Result<Vec<Utf8PathBuf>, Failure> {
    if args.image.iter().any(|path| path.trim().is_empty()) {
        return Err(Failure::usage("the path after --image is empty")
            .hint("name a picture or a clip, or leave --image out"));
    }
    let paths = args.image.iter().map(|path| context.path("--image", path));
    let paths: Vec<Utf8PathBuf> = paths.collect::<Result<_, _>>()?;
    if let (true, Some(last), Some(text)) =
        (no_topic && paths.len() > 1, paths.last(), args.image.last())
        && !last.exists()
        && last.extension().is_none()
    {
        return Err(
            Failure::usage(format!("there is no picture `{text}`")).hint(format!(
                "if it is the topic, put `--` before it: … -- \"{text}\""
            )),
        );
    }
    Ok(paths)
}

fn read_script(screen: &Screen) -> Result<DecodedScript, Failure> {
    let bad = |why: &str, next: String| {
        Failure {
            kind: "bad_script",
            ..Failure::usage(format!(
                "the script from standard input cannot be used: {why}"
            ))
        }
        .hint(next)
    };
    if io::stdin().is_terminal() {
        screen.print("type the script, then Ctrl-D on an empty line:");
    }
    let mut bytes = Vec::new();
    io::stdin()
        .take(MAX_SCRIPT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            let next = "videogen generate --script - < story.txt reads a file";
            bad("it cannot be read", next.to_owned()).caused_by(&error)
        })?;
    decode_script(&bytes, "standard input")
        .map_err(|error| bad(&error.reason, hint::text(&error.help())))
}

/// A seed nobody chose: short enough to type again.
pub(super) fn random_seed() -> Seed {
    // The keys of the standard library's hasher come from the operating system's random source.
    let random = std::hash::RandomState::new().build_hasher().finish();
    Seed(random >> 32)
}

/// The dry run: what would be made.
fn show(announced: &PlannedRun, as_json: bool, context: &Context) {
    if as_json {
        for line in json::announcement(announced, context.started.elapsed()) {
            output::own(&line);
        }
        return;
    }
    let width = output::width();
    for (n, video) in announced.videos.iter().enumerate() {
        if n > 0 {
            output::line("");
        }
        for (name, text) in overview(video) {
            output::line(&format!("{name:<9} {}", wrap(&text, width, 10, 10)));
        }
    }
    context.screen.print("dry run: nothing was made");
}

fn overview(video: &Overview) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("title", video.title.clone()),
        ("topic", video.topic.clone()),
        ("genre", video.genre.to_string()),
        ("seed", video.seed.0.to_string()),
        ("language", video.language.clone()),
        (
            "picture",
            format!(
                "{} at {} fps by {}, about {:.1} s",
                video.size, video.fps, video.encoder, video.estimated_seconds
            ),
        ),
        ("writer", video.writer.clone()),
        ("voice", video.voice.clone()),
        ("painter", video.painter.clone()),
        ("music", video.music.clone()),
        ("captions", video.captions.clone()),
        ("output", video.output.to_string()),
        (
            "room",
            format!("about {} MiB while it is made", video.needed_mib),
        ),
    ];
    lines.extend(
        video
            .overlays
            .iter()
            .map(|overlay| ("overlay", overlay.clone())),
    );
    lines.extend((1..).zip(&video.scenes).map(|(n, scene): (u32, _)| {
        let files = match scene.files.as_slice() {
            [] => String::new(),
            files => format!(" [{}]", files.join(", ")),
        };
        ("scene", format!("{n}. {}{files}", scene.narration))
    }));
    lines.extend(
        video
            .degradations
            .iter()
            .map(|step| ("degraded", report::degradation(step))),
    );
    lines.extend(
        video
            .warnings
            .iter()
            .map(|warning| ("warning", warning.clone())),
    );
    lines
}

#[cfg(test)]
mod tests;
