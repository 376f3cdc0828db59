//! The program `videogen`: arguments, settings, signals, progress and errors around [`videogen_core`].
#![deny(missing_docs)]

mod args;
mod ask;
mod canvas;
mod commands;
mod exit_code;
mod hint;
mod ink;
mod limits;
mod log;
mod output;
mod render_error;
mod report;
mod screen;
mod settings;
mod signal;
mod sink;
mod stream;
mod usage;
mod wrap;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use clap::Parser;
use clap::error::ErrorKind;
use videogen_core::{exit_now, share_heaps};

use crate::args::{CacheCommand, Cli, Command, ConfigCommand};
use crate::commands::Context;
use crate::render_error::Failure;
use crate::screen::Screen;
use crate::settings::Environment;

fn main() {
    let started = Instant::now();
    // Before the first thread.
    share_heaps();
    limits::large_files_are_errors();
    let screen = Screen::of_stderr();
    let for_hook = screen.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(|at| format!(" at {at}"))
            .unwrap_or_default();
        let what = panic.payload_as_str().unwrap_or("no message");
        let failure = Failure::usage(format!("videogen has a bug{place}: {what}"))
            .hint("please report it, with the command you used");
        // Whoever panics may hold any lock, and perhaps nobody reads.
        for_hook.print_at_once(&failure.text(&for_hook));
        signal::end_after_a_bug(&for_hook);
    }));
    let ended = catch_unwind(AssertUnwindSafe(|| run(started, &screen)));
    let mut code = ended.unwrap_or(exit_code::BUG);
    screen.restore();
    output::finish();
    if let (exit_code::OK, Some(error)) = (code, output::take_error()) {
        code = unwritten(&error, &screen);
    }
    screen.finish();
    // Not a return: that waits for what libraries and drivers do at the end.
    exit_now(code)
}

/// What was asked for could not be written. Only commands that print and do nothing else end so: a run has told it
/// already, and what it made is there.
fn unwritten(error: &std::io::Error, screen: &Screen) -> u8 {
    let failure = Failure::machine("standard output cannot be written").caused_by(error);
    let failure = failure.hint("make room there, or send it elsewhere");
    screen.print(&failure.text(screen));
    failure.code
}

fn run(started: Instant, screen: &Screen) -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error, started, screen),
    };
    let json = match &cli.command {
        Command::Generate(args) => args.json,
        Command::Resume(args) => args.json,
        Command::Improve(args) => args.json,
        Command::Batches(args) => args.json,
        Command::Status(args) => args.json,
        Command::Cache(args) => matches!(args.command, CacheCommand::Stats { json: true }),
        Command::Write(args) => args.json,
        Command::Plan(args) => args.json,
        Command::Doctor(args) => args.json,
        Command::Setup(args) => args.fetch.json,
        Command::Assets(args) => args.json(),
        Command::Voices(args) => args.json(),
        Command::Config(args) => matches!(args.command, ConfigCommand::Show { json: true }),
        Command::Completions(_) => false,
    };
    command(cli, started, screen).unwrap_or_else(|failure| tell(&failure, json, started, screen))
}

fn command(cli: Cli, started: Instant, screen: &Screen) -> Result<u8, Failure> {
    if let Command::Completions(args) = &cli.command {
        return Ok(commands::completions::run(args));
    }
    let around = Environment::of_process()?;
    let logs = around.state_home.as_ref();
    let logs = logs.map(|home| home.join("videogen/log"));
    let filter = around.variable("VIDEOGEN_LOG")?;
    log::start(screen, cli.verbose, filter, logs.as_deref())?;
    if let Some(unknown) = settings::unknown_variables(&around) {
        tracing::warn!("{unknown}");
    }
    let context = Context {
        screen: screen.clone(),
        around,
        config: cli.config,
        verbose: cli.verbose,
        started,
    };
    match cli.command {
        Command::Generate(args) => commands::generate::run(&args, &context),
        Command::Resume(args) => commands::resume::run(&args, &context),
        Command::Improve(args) => commands::improve::run(&args, &context),
        Command::Batches(args) => commands::batches::run(&args, &context),
        Command::Status(args) => commands::status::run(&args, &context),
        Command::Cache(args) => commands::cache::run(&args, &context),
        Command::Write(args) => commands::write::run(&args, &context),
        Command::Plan(args) => commands::plan::run(&args, &context),
        Command::Doctor(args) => commands::doctor::run(&args, &context),
        Command::Setup(args) => commands::setup::run(&args, &context),
        Command::Assets(args) => commands::assets::run(&args, &context),
        Command::Voices(args) => commands::voices::run(&args, &context),
        Command::Config(args) => commands::config::run(&args, &context),
        Command::Completions(args) => Ok(commands::completions::run(&args)),
    }
}

/// Help and version go to standard output, as asked for; anything else is an error.
fn usage_error(error: &clap::Error, started: Instant, screen: &Screen) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            let text = if console::colors_enabled() {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            output::own(text.trim_end());
            exit_code::OK
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            screen.print(error.render().to_string().trim_end());
            exit_code::USAGE
        }
        _ => {
            let before_dashes = std::env::args_os()
                .skip(1)
                .take_while(|argument| argument != "--");
            let json = before_dashes
                .into_iter()
                .any(|argument| argument == "--json");
            tell(&usage::failure(error), json, started, screen)
        }
    }
}

/// Prints the failure for people and, when asked for, for programs.
fn tell(failure: &Failure, json: bool, started: Instant, screen: &Screen) -> u8 {
    screen.restore();
    screen.print(&failure.text(screen));
    if json {
        output::own(&report::json::timed(&failure.event(), started.elapsed()));
    }
    failure.code
}
