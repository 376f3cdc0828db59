//! `videogen improve`: what was delivered and was less than was wished for, made again where that is possible now.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::Utf8Path;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use videogen_core::{Batches, Better, Brief, Earlier, VideoPlan, manifest_of};
use videogen_durable::RealEffects;
use videogen_telemetry::Recorder;
use videogen_text::{chain, shown};
use videogen_types::{Overview, Part};

use super::make::{self, Preflight, RunCommand};
use super::places::Places;
use super::{Context, runtime};
use crate::args::ImproveArgs;
use crate::render_error::Failure;
use crate::report::PlannedRun;
use crate::report::words::estimate;
use crate::signal::Signals;
use crate::wrap::wrap;
use crate::{exit_code, hint, output};

/// Characters of a path that are shown; it may have been made by others.
const LONGEST_PATH: usize = 1000;

/// Makes again what could be better.
///
/// # Errors
/// There is no such batch or video, a manifest cannot be read, or the preflight found what would keep a video from being
/// made.
pub(crate) fn run(args: &ImproveArgs, context: &Context) -> Result<u8, Failure> {
    let limit = args.cache_limit.clone();
    let flags = limit.map(|limit| ("cache_limit", "--cache-limit", limit));
    let mut settings = context.settings(context.flags(flags)?)?;
    let places = Places::of(context)?;
    let all = earlier(args.what.as_deref(), &places.batches(), context)?;
    let lesser: Vec<Earlier> = all
        .into_iter()
        .filter(|video| !video.lesser_parts().is_empty())
        .collect();
    if lesser.is_empty() {
        context
            .screen
            .print("nothing could be better: every part is as it was wished for");
        return Ok(exit_code::OK);
    }
    let cancel = CancellationToken::new();
    context.screen.detach()?;
    let signals = Signals::watch(cancel.clone(), context.screen.clone())?;
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
    let probes: Vec<Brief> = lesser.iter().map(Earlier::probe).collect();
    let studio = preflight.studio(&probes)?;
    // One that cannot be planned keeps no other from being better.
    let looked: Vec<Looked> = lesser
        .into_iter()
        .map(|video| {
            let planned = runtime.block_on(studio.plan(vec![video.probe()], &cancel));
            match planned.map(|mut plans| plans.remove(0)) {
                Ok(now) => Ok(Looked {
                    better: video.better(now.degradations()),
                    obstacles: {
                        let obstacles = video.obstacles(now.degradations());
                        obstacles.iter().map(hint::text).collect()
                    },
                    video,
                }),
                Err(error) if error.is_cancelled() => Err(Failure::from(&error)),
                Err(error) => Ok(Looked {
                    better: video.nothing_better(),
                    obstacles: vec![chain(&error)],
                    video,
                }),
            }
        })
        .collect::<Result<_, _>>()?;
    let briefs: Vec<Brief> = looked
        .iter()
        .filter(|looked| !looked.better.parts.is_empty())
        .map(|looked| looked.video.again(&looked.better.parts, args.replace))
        .collect();
    let planning = studio.plan(briefs, &cancel);
    let plans = runtime.block_on(planning);
    let plans = plans.map_err(|error| Failure::from(&error))?;
    let overviews: Vec<Overview> = plans
        .iter()
        .map(VideoPlan::overview)
        .map(hint::overview)
        .collect();
    for looked in &looked {
        if args.dry_run || looked.better.parts.is_empty() {
            tell(looked, args, context);
        }
    }
    if args.dry_run {
        if !args.json
            && let Some(cost) = cost(&overviews, &places)
        {
            output::line(&cost);
        }
        context.screen.print("dry run: nothing was made");
        return Ok(exit_code::OK);
    }
    if plans.is_empty() {
        return Ok(exit_code::OK);
    }
    let briefs: Vec<Brief> = plans.iter().map(VideoPlan::settled_brief).collect();
    let strict = make::strictness(&briefs);
    let batch = make::begin(&places, &briefs, context);
    RunCommand {
        runtime,
        studio,
        batch,
        announced: PlannedRun {
            videos: overviews,
            warnings: Vec::new(),
        },
        plans: (1..).zip(plans).collect(),
        json: args.json,
        strict,
        cancel,
    }
    .run(&places, &settings, context)
}

/// A video, and what of it can be better now.
struct Looked {
    video: Earlier,
    better: Better,
    /// Why the rest cannot.
    obstacles: Vec<String>,
}

/// The videos that are meant: one, those of a batch, or those of the newest batch.
fn earlier(
    what: Option<&str>,
    batches: &Batches,
    context: &Context,
) -> Result<Vec<Earlier>, Failure> {
    let read = |manifest: &Utf8Path| Earlier::read(manifest).map_err(|e| Failure::from(&e));
    if let Some(path) = what.filter(|what| is_video(what)) {
        let path = context.path("BATCH|VIDEO", path)?;
        let is_manifest = path.extension() == Some("json");
        let manifest = if is_manifest {
            path
        } else {
            manifest_of(&path)
        };
        return Ok(vec![read(&manifest)?]);
    }
    let name = match what {
        Some(name) => name.to_owned(),
        None => {
            let list = batches.list().map_err(|error| Failure::from(&error))?;
            let newest = list.into_iter().rfind(|batch| batch.delivered > 0);
            let none = || {
                Failure::usage("there is no batch with a finished video")
                    .hint("name a video: videogen improve videos/NAME.mp4")
            };
            newest.ok_or_else(none)?.name
        }
    };
    let delivered = batches.delivered(&name);
    let delivered = delivered.map_err(|error| Failure::from(&error))?;
    let mut all = Vec::with_capacity(delivered.len());
    for video in delivered {
        match read(&video.manifest) {
            Ok(video) => all.push(video),
            // Moved, renamed or removed since.
            Err(failure) => {
                let screen = &context.screen;
                screen.print(&failure.warning(screen));
            }
        }
    }
    Ok(all)
}

/// Whether `what` is the path of a video or of its manifest, and no batch's name.
fn is_video(what: &str) -> bool {
    matches!(Utf8Path::new(what).extension(), Some("json" | "mp4"))
}

/// Says what of a video could be better, or why nothing can be now.
fn tell(looked: &Looked, args: &ImproveArgs, context: &Context) {
    let Looked {
        video,
        better,
        obstacles,
    } = looked;
    if args.json {
        output::json_line(&json!({
            "event": "improvable",
            "manifest": video.manifest,
            "title": video.title(),
            "parts": better.parts,
            "pictures": better.pictures,
            "scenes": better.scenes,
            "replace": args.replace,
            "obstacles": obstacles,
        }));
        return;
    }
    let path = shown(video.manifest.as_str(), LONGEST_PATH).into_owned();
    let text = if better.parts.is_empty() {
        format!("{path}: cannot be better now: {}", obstacles.join("; "))
    } else {
        format!("{path}: {}", parts(better))
    };
    if args.dry_run {
        output::line(&wrap(&text, output::width(), 0, 2));
    } else {
        let screen = &context.screen;
        screen.print(&wrap(&text, screen.width(), 0, 2));
    }
}

/// The parts that are made again, in words.
fn parts(better: &Better) -> String {
    let word = |part: &Part| match part {
        Part::Picture => format!("{} of {} pictures", better.pictures, better.scenes),
        Part::Script => "script, and all that follows from it".to_owned(),
        Part::Voice => "voice".to_owned(),
        Part::Music => "music".to_owned(),
    };
    let parts: &BTreeSet<Part> = &better.parts;
    let words: Vec<String> = parts.iter().map(word).collect();
    format!("{} can be better", words.join(", "))
}

/// How long it would take, by what the same took before.
fn cost(videos: &[Overview], places: &Places) -> Option<String> {
    if videos.is_empty() {
        return None;
    }
    let history = Some(places.history_file());
    let recorder = Recorder::new(videos, None, history, Arc::new(RealEffects));
    let eta = recorder.prediction()?;
    let time = estimate(eta.seconds, eta.spread);
    Some(format!("it would take about {time}"))
}
