//! From what is wanted to an exit status: shows it, asks where that is possible, fetches, tells.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_cdn::{Asset, AssetId, AssetKind, credit_line};
use videogen_text::byte_size;
use videogen_types::{FetchEvent, PlannedProgram, SCHEMA_VERSION};

use super::decide::{Decision, LicenceQuestion};
use super::depot::{Depot, failure};
use super::run::{FetchJob, Outcome};
use super::table::{self, Row};
use super::wanted::{Wanted, WantedState, size_of};
use crate::args::FetchArgs;
use crate::ask;
use crate::commands::{Context, Runtime};
use crate::render_error::Failure;
use crate::report::fetch::{FetchReport, HumanFetch, JsonFetch, PlainFetch};
use crate::report::words::count;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{exit_code, output};

/// What a command wants, and how it goes about it.
#[derive(Debug)]
pub(crate) struct Wish {
    /// What is wanted, each with what its line begins with.
    pub(crate) wanted: Vec<(String, Wanted)>,
    /// Lines about what is not fetched, each with what it begins with.
    pub(crate) notes: Vec<(String, String)>,
    /// Programs that are missing.
    pub(crate) programs: Vec<PlannedProgram>,
    /// Whether a person is asked before anything is fetched, beside licences. Who names an asset has said it already.
    pub(crate) confirm: bool,
    /// The command line that does it without a question, for whoever cannot be asked.
    pub(crate) again: String,
}

/// Shows what is wanted, asks, fetches and tells.
///
/// # Errors
/// Nobody can be asked, a licence is not accepted, or what was accepted cannot be remembered: nothing was fetched.
pub(crate) fn get(
    wish: &Wish,
    args: &FetchArgs,
    depot: &Depot,
    runtime: &Runtime,
    context: &Context,
) -> Result<u8, Failure> {
    let report = report(args.json, context)?;
    show(wish, args.json, &*report);
    let wanted: Vec<Wanted> = wish
        .wanted
        .iter()
        .map(|(_, wanted)| wanted.clone())
        .collect();
    let mut decision = Decision::new(&wanted, &args.accept);
    if args.dry_run {
        return Ok(exit_code::OK);
    }
    let cancel = CancellationToken::new();
    // Until something is fetched, the first signal ends the program: there is nothing to clean up.
    let signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let can_ask = !args.yes && !args.json && ask::possible(&context.screen);
    if can_ask {
        for question in decision.questions() {
            let yes = ask::yes(&question.text(), &context.screen)?;
            decision.answer(&question, yes);
        }
    }
    if !wish.confirm {
        // Who names something wants all of it, or nothing.
        refuse(&decision)?;
    }
    if !decision.fetch.is_empty() && wish.confirm && !args.yes {
        if !can_ask {
            return Err(unasked(&wish.again));
        }
        if !ask::yes(&question(&decision.fetch), &context.screen)? {
            return Err(
                Failure::usage("nothing was fetched").hint(format!("later: {}", wish.again))
            );
        }
    }
    let ids: Vec<AssetId> = decision.fetch.iter().map(|one| one.id.clone()).collect();
    let fits = runtime.block_on(depot.downloads().check_room(&ids));
    fits.map_err(|error| failure("store", &error, error.help()))?;
    depot.remember(&decision.accepted)?;
    if args.json || !wish.confirm {
        tell_here(&decision.here, depot, &*report);
    }
    let outcome = match job(&decision, args, depot, report, cancel) {
        None => Outcome::default(),
        Some(job) => {
            signals.working();
            let outcome = runtime.block_on(job.run());
            context.screen.restore();
            outcome
        }
    };
    place_models(&outcome, &decision, depot, context)?;
    end(&outcome, &decision, args, context)
}

/// How it is told.
fn report(json: bool, context: &Context) -> Result<Arc<dyn FetchReport>, Failure> {
    context.screen.detach()?;
    Ok(if json {
        output::detached()
            .map_err(|e| Failure::machine("a thread cannot be started").caused_by(&e))?;
        Arc::new(JsonFetch::new(output::own, context.started))
    } else if context.screen.is_terminal() {
        Arc::new(HumanFetch::new(context.screen.clone()))
    } else {
        let screen = context.screen.clone();
        Arc::new(PlainFetch::new(move |line: &str| screen.print(line)))
    })
}

/// Shows what is wanted, with sizes and licences, before anything is fetched.
fn show(wish: &Wish, json: bool, report: &dyn FetchReport) {
    let missing = wish.wanted.iter().map(|(_, wanted)| wanted);
    let missing = missing.filter(|wanted| wanted.state == WantedState::Missing);
    let (bytes, unsized_files) = size_of(missing.map(|wanted| &wanted.asset));
    if json {
        report.event(&FetchEvent::FetchPlanned {
            schema: SCHEMA_VERSION,
            assets: wish
                .wanted
                .iter()
                .map(|(_, wanted)| wanted.planned())
                .collect(),
            bytes,
            unsized_files,
            programs: wish.programs.clone(),
        });
        return;
    }
    let width = output::width();
    let rows: Vec<Row> = wish
        .wanted
        .iter()
        .map(|(first, wanted)| Row::new(first, wanted))
        .collect();
    for line in table::lines(&rows, width) {
        output::line(&line);
    }
    let labelled = |first: &str, text: &str| {
        let text = wrap(text, width, 8, 8);
        for (n, line) in text.lines().enumerate() {
            let line = line.trim_start();
            output::line(&format!("{:<8}{line}", if n == 0 { first } else { "" }));
        }
    };
    for (first, note) in &wish.notes {
        labelled(first, note);
    }
    for program in &wish.programs {
        let text = format!(
            "{} is not installed: it {}; fix: {}",
            program.program, program.detail, program.fix
        );
        labelled("program", &text);
    }
    for text in duties(wish.wanted.iter().map(|(_, wanted)| wanted)) {
        labelled("licence", &text);
    }
}

/// What each licence of what is not here yet asks for, once.
fn duties<'a>(wanted: impl Iterator<Item = &'a Wanted>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let missing = wanted.filter(|wanted| wanted.state != WantedState::Here);
    for wanted in missing {
        let licence = &wanted.asset.licence;
        let sentences = licence.duties().sentences();
        if sentences.is_empty() {
            continue;
        }
        let url = licence
            .url()
            .map_or_else(String::new, |url| format!(" ({url})"));
        let line = format!("{}{url}: {}", licence.name(), sentences.join(" "));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn question(assets: &[Asset]) -> String {
    let (size, unsized_files) = size_of(assets);
    let what = count(assets.len() as u32, "asset");
    match (size, unsized_files) {
        (0, _) => format!("Fetch {what} of unknown size?"),
        (_, 0) => format!("Fetch {what}, {}?", byte_size(size)),
        (_, n) => format!(
            "Fetch {what}, {} and {} of unknown size?",
            byte_size(size),
            count(n, "file")
        ),
    }
}

fn unasked(again: &str) -> Failure {
    Failure {
        kind: "unconfirmed",
        ..Failure::usage("nothing was fetched: there is no terminal to ask at")
    }
    .hint(again.to_owned())
}

/// What was named and cannot be had, before anything is fetched.
fn refuse(decision: &Decision) -> Result<(), Failure> {
    let licence = |message: String| Failure {
        kind: "licence",
        code: exit_code::PREFLIGHT,
        ..Failure::usage(message)
    };
    if let Some((asset, why)) = decision.refused.first() {
        return Err(licence(format!("{} cannot be used: {why}", asset.id)).hint("take another one"));
    }
    let questions = decision.questions();
    if questions.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = decision
        .asks
        .iter()
        .map(|asset| asset.id.as_str())
        .collect();
    let flags: Vec<String> = questions.iter().map(LicenceQuestion::flags).collect();
    let failure = licence(format!(
        "a licence has to be accepted first: {}",
        names.join(", ")
    ));
    Err(failure.hint(format!(
        "what it asks for stands above; {} says yes to it",
        flags.join(" ")
    )))
}

/// Tells of what was here already and was named all the same.
fn tell_here(here: &[Asset], depot: &Depot, report: &dyn FetchReport) {
    let source = depot.source();
    for installed in here.iter().filter_map(|asset| source.installed(&asset.id)) {
        report.event(&FetchEvent::AssetInstalled {
            asset: installed.asset.id.to_string(),
            credit: credit_line(&installed.asset),
            files: installed.files,
            reused: true,
            seconds: 0.0,
        });
    }
}

/// What there is to fetch, if there is something.
fn job(
    decision: &Decision,
    args: &FetchArgs,
    depot: &Depot,
    report: Arc<dyn FetchReport>,
    cancel: CancellationToken,
) -> Option<FetchJob> {
    let reused = decision.here.len() as u32;
    if decision.fetch.is_empty() {
        if args.json {
            report.event(&Outcome::default().finished(reused, 0, Duration::ZERO));
        }
        return None;
    }
    let within = args.first_byte_within;
    Some(FetchJob {
        source: depot.source(),
        assets: decision.fetch.clone(),
        reused,
        report,
        traffic: depot.traffic().clone(),
        first_byte_within: within.map(|seconds| Duration::from_secs(seconds.into())),
        cancel,
    })
}

/// Models lie where ComfyUI looks for them.
fn place_models(
    outcome: &Outcome,
    decision: &Decision,
    depot: &Depot,
    context: &Context,
) -> Result<(), Failure> {
    let width = context.screen.width();
    let say = |text: String| context.screen.print(&wrap(&text, width, 0, 0));
    let fetched = outcome.installed.iter().map(|installed| &installed.asset);
    let models = fetched.chain(&decision.here);
    for model in models.filter(|asset| asset.kind == AssetKind::Model) {
        match depot.place_model(model)? {
            Some(placed) => placed
                .into_iter()
                .for_each(|path| say(format!("placed as {path}"))),
            None => say(format!(
                "{} is in {}; with comfyui_directory set it is placed in ComfyUI's folder models/{}",
                model.id,
                depot.dir_of(model),
                model.tags.first().map_or("", String::as_str),
            )),
        }
    }
    Ok(())
}

/// What is left to be said, and the exit status.
fn end(
    outcome: &Outcome,
    decision: &Decision,
    args: &FetchArgs,
    context: &Context,
) -> Result<u8, Failure> {
    let width = context.screen.width();
    let say = |text: &str| context.screen.print(&wrap(text, width, 0, 0));
    if outcome.not_done > 0 {
        let mut files = decision.fetch.iter().flat_map(|asset| &asset.files);
        // What nothing is known of may have to be begun anew.
        let again = if files.all(|file| file.sha256.is_some()) {
            "the same command goes on where it stopped"
        } else {
            "the same command fetches what is missing"
        };
        return Err(Failure::interrupted().hint(again));
    }
    if outcome.nothing_came {
        let seconds = args.first_byte_within.unwrap_or_default();
        let message = format!("the network lets nothing come: no byte within {seconds} s");
        return Err(Failure {
            kind: "network",
            code: exit_code::SOME_FAILED,
            ..Failure::usage(message)
        }
        .hint("check the network, or try again later: what has come stays"));
    }
    if args.json {
        // The events have said it.
    } else if decision.fetch.is_empty() && decision.asks.is_empty() && decision.refused.is_empty() {
        say("everything is here");
    }
    if !decision.left_out.is_empty() && !args.json {
        let names: Vec<&str> = decision
            .left_out
            .iter()
            .map(|asset| asset.id.as_str())
            .collect();
        say(&format!(
            "left out, because nobody has accepted a licence for them: {} (--accept ID)",
            names.join(", ")
        ));
    }
    if outcome.failed > 0 {
        return Ok(exit_code::SOME_FAILED);
    }
    refuse(decision)?;
    Ok(exit_code::OK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::assets::wanted::tests::Known;

    #[test]
    fn licences_are_told_once_before_anything_is_fetched() {
        let mut known = Known::new(&[
            ("a", "music", "CC-BY-4.0", "tech"),
            ("b", "music", "CC-BY-4.0", "tech"),
            ("c", "music", "CC0-1.0", "tech"),
            ("d", "music", "CC-BY-NC-4.0", "tech"),
        ]);
        known.here.insert("d".into());
        let wanted = ["a", "b", "c", "d"].map(|id| known.wanted(id));
        let lines = duties(wanted.iter());
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("CC BY 4.0 (https://creativecommons.org/")
                && lines[0].contains("has to be named"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_question_names_how_much() {
        let known = Known::new(&[
            ("a", "music", "CC0-1.0", "x"),
            ("b", "music", "CC0-1.0", "x"),
        ]);
        let mut assets: Vec<Asset> = known.registry.assets().cloned().collect();
        assert_eq!(question(&assets), "Fetch 2 assets, 2.0 MB?");
        assets[0].files[0].size = None;
        assert_eq!(
            question(&assets),
            "Fetch 2 assets, 1.0 MB and 1 file of unknown size?"
        );
        assert_eq!(question(&assets[..1]), "Fetch 1 asset of unknown size?");
    }

    #[test]
    fn what_is_named_and_asks_is_refused_with_the_flag_that_accepts_it() {
        let known = Known::new(&[
            ("nc", "voice", "CC-BY-NC-SA-4.0", "en_US"),
            ("nd", "music", "CC-BY-ND-4.0", "x"),
        ]);
        let refused = refuse(&Decision::new(&[known.wanted("nc")], &[])).expect_err("it asks");
        assert_eq!(
            (refused.code, refused.kind),
            (exit_code::PREFLIGHT, "licence")
        );
        assert!(
            refused
                .hint
                .is_some_and(|hint| hint.contains("--accept CC-BY-NC-SA-4.0"))
        );
        let accepted = Decision::new(&[known.wanted("nc")], &["nc".into()]);
        assert!(refuse(&accepted).is_ok());
        let nd = refuse(&Decision::new(&[known.wanted("nd")], &["nd".into()]));
        assert!(
            nd.expect_err("nobody can allow it")
                .message
                .contains("nd cannot be used")
        );
    }
}
