//! `videogen assets`: what can be fetched, by name; and what the other commands that fetch have in common.

mod comfyui;
pub(crate) mod decide;
pub(crate) mod depot;
pub(crate) mod get;
mod health;
pub(crate) mod music;
mod run;
mod table;
mod usable;
pub(crate) mod voice_key;
pub(crate) mod wanted;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use videogen_cdn::{Asset, AssetId, AssetKind, AssetStoreLimits};
use videogen_text::byte_size;

use super::{Context, runtime};
use crate::args::{AssetsArgs, AssetsCommand, FetchArgs, FromArgs};
use crate::render_error::Failure;
use crate::report::words::count;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{exit_code, output};
use depot::{Depot, store_failure};
use get::{Wish, get};
use table::Row;
use wanted::{Wanted, WantedState};

/// Lists, fetches, checks, locks or removes assets, or shows how their mirrors are.
///
/// # Errors
/// A registry or a name is wrong, or the store cannot be used.
pub(crate) fn run(args: &AssetsArgs, context: &Context) -> Result<u8, Failure> {
    let open = |from: &FromArgs| -> Result<Depot, Failure> {
        let settings = context.settings(context.flags(from.settings())?)?;
        Depot::open(&settings, context)
    };
    match &args.command {
        AssetsCommand::List { kind, json, from } => {
            let (depot, kind) = (open(from)?, kind.map(AssetKind::from));
            let all = depot.registry().assets();
            list(
                all.filter(|asset| kind.is_none_or(|kind| asset.kind == kind)),
                &depot,
                *json,
            );
            Ok(exit_code::OK)
        }
        AssetsCommand::Fetch { ids, fetch } => {
            named(ids, None, fetch, &open(&fetch.from)?, context)
        }
        AssetsCommand::Verify { json, from } => verify(&open(from)?, *json, context),
        AssetsCommand::Lock { ids, fetch } => lock(ids, fetch, &open(&fetch.from)?, context),
        AssetsCommand::Health { json, from } => {
            let depot = open(from)?;
            health::show(&depot, *json);
            Ok(exit_code::OK)
        }
        AssetsCommand::Gc { to, dry_run, from } => {
            let settings = context.settings(context.flags(from.settings())?)?;
            let limits = to.map_or(settings.assets_limits(), |to| AssetStoreLimits {
                bytes: to.get(),
            });
            gc(
                &Depot::open_within(&settings, limits, context)?,
                limits,
                *dry_run,
            )
        }
    }
}

/// Fetches what is named.
///
/// # Errors
/// A name is unknown, or see [`get()`].
pub(crate) fn named(
    names: &[String],
    kind: Option<AssetKind>,
    args: &FetchArgs,
    depot: &Depot,
    context: &Context,
) -> Result<u8, Failure> {
    let wanted = depot.wanted(names, kind)?;
    let wanted = wanted.into_iter();
    let command = if kind.is_some() {
        "voices install"
    } else {
        "assets fetch"
    };
    let wish = Wish {
        wanted: wanted
            .map(|one| (one.asset.kind.name().to_owned(), one))
            .collect(),
        notes: Vec::new(),
        programs: Vec::new(),
        confirm: false,
        again: format!("videogen {command} {}", names.join(" ")),
    };
    get(&wish, args, depot, &runtime()?, context)
}

/// Lists assets.
pub(crate) fn list<'a>(assets: impl Iterator<Item = &'a Asset>, depot: &Depot, json: bool) {
    let wanted: Vec<Wanted> = assets.map(|asset| Wanted::new(asset, depot)).collect();
    if json {
        for wanted in &wanted {
            output::json_line(&wanted.planned());
        }
        return;
    }
    let rows = wanted.iter().map(|wanted| {
        let mut row = Row::new(wanted.asset.kind.name(), wanted);
        row.last = format!("{}; {}", row.last, wanted.asset.title);
        row
    });
    let rows: Vec<Row> = rows.collect();
    for line in table::lines(&rows, output::width()) {
        output::line(&line);
    }
}

/// Reads everything that is here.
fn verify(depot: &Depot, json: bool, context: &Context) -> Result<u8, Failure> {
    let cancel = CancellationToken::new();
    // Nothing has to be ended in order: the first signal ends the program.
    let _signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let reading = context.screen.busy("reading everything that is here");
    let report = depot.store().verify(&cancel);
    drop(reading);
    let report = report.map_err(|error| store_failure(&error))?;
    let broken: Vec<&str> = report.broken.iter().map(AssetId::as_str).collect();
    if json {
        output::json_line(&Verified {
            files: report.files,
            bytes: report.bytes,
            damaged: report.damaged.len(),
            broken: &broken,
        });
    } else {
        output::line(&format!(
            "{} in {} read, {} damaged",
            count(report.files as u32, "file"),
            byte_size(report.bytes),
            report.damaged.len()
        ));
        for damaged in &report.damaged {
            output::line(&format!("damaged  {}", damaged.path));
        }
        if !broken.is_empty() {
            output::line(&format!("not here any more: {}", broken.join(", ")));
            let again = format!(
                "fetch again what is damaged: videogen assets fetch {}",
                broken.join(" ")
            );
            context.screen.print(&again);
        }
    }
    Ok(if report.is_clean() {
        exit_code::OK
    } else {
        exit_code::SOME_FAILED
    })
}

#[derive(Serialize)]
struct Verified<'a> {
    files: u64,
    bytes: u64,
    damaged: usize,
    broken: &'a [&'a str],
}

/// Notes the digests of what has none in the registry.
fn lock(ids: &[String], args: &FetchArgs, depot: &Depot, context: &Context) -> Result<u8, Failure> {
    let wanted: Vec<Wanted> = if ids.is_empty() {
        let all = depot.registry().assets();
        let all = all.map(|asset| Wanted::new(asset, depot));
        all.filter(|wanted| wanted.state == WantedState::Here)
            .collect()
    } else {
        depot.wanted(ids, None)?
    };
    let assets: Vec<AssetId> = wanted.iter().map(|one| one.asset.id.clone()).collect();
    let mut code = exit_code::OK;
    // Who reads events, or wants to know only, is told of what is here, too.
    let tells_all = args.json || args.dry_run;
    let missing: Vec<(String, Wanted)> = wanted
        .into_iter()
        .filter(|wanted| tells_all || wanted.state != WantedState::Here)
        .map(|wanted| (wanted.asset.kind.name().to_owned(), wanted))
        .collect();
    if tells_all || !missing.is_empty() {
        // What is fetched is locked by it.
        let wish = Wish {
            wanted: missing,
            notes: Vec::new(),
            programs: Vec::new(),
            confirm: false,
            again: format!("videogen assets lock {}", ids.join(" ")),
        };
        code = get(&wish, args, depot, &runtime()?, context)?;
    }
    if code != exit_code::OK || args.dry_run {
        return Ok(code);
    }
    let locked = depot.lock(&assets)?;
    if !args.json {
        let file = depot.lock_file();
        output::line(&format!("{} in {file}", count(locked, "digest")));
    }
    Ok(exit_code::OK)
}

/// Removes what was not used for longest, or says what would go.
fn gc(depot: &Depot, limits: AssetStoreLimits, dry_run: bool) -> Result<u8, Failure> {
    let store = depot.store();
    let freed = if dry_run {
        store.would_free()
    } else {
        store.gc()
    };
    let freed = freed.map_err(|error| store_failure(&error))?;
    let usage = store.usage().map_err(|error| store_failure(&error))?;
    for id in &freed.assets {
        let what = if dry_run { "would go" } else { "removed" };
        output::line(&format!("{what}  {id}"));
    }
    let (assets, size) = (
        count(freed.assets.len() as u32, "asset"),
        byte_size(freed.bytes),
    );
    let (left, total) = if dry_run {
        let left = usage.bytes().saturating_sub(freed.bytes);
        (left, format!("{assets}, {size} would be freed"))
    } else {
        (usage.bytes(), format!("{assets} removed, {size} freed"))
    };
    output::line(&total);
    if left > limits.bytes {
        let stays = if dry_run { "would stay" } else { "stay" };
        output::line(&wrap(
            &format!(
                "{} {stays}, more than {}: pinned, in use, or fetched within the last day",
                byte_size(left),
                byte_size(limits.bytes)
            ),
            output::width(),
            0,
            0,
        ));
    }
    Ok(exit_code::OK)
}
