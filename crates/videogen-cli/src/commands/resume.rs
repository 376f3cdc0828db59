//! `videogen resume`: goes on with a batch.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_core::{Brief, Progress, VideoPlan};
use videogen_durable::BatchError;

use super::make::{self, Preflight, RunCommand};
use super::places::Places;
use super::{Context, runtime};
use crate::args::ResumeArgs;
use crate::exit_code;
use crate::hint;
use crate::render_error::Failure;
use crate::report::PlannedRun;
use crate::signal::Signals;

/// What is said of a batch whose stages kept their outputs under keys of another version.
const OTHER_KEYS: &str = "this batch was begun by another version of videogen: finished videos stay, and what was made of the \
                          others and is not found again is made again";

/// Makes what is missing of a batch.
///
/// # Errors
/// There is no such batch, it cannot be opened, or the preflight found what would keep a video from being made.
pub(crate) fn run(args: &ResumeArgs, context: &Context) -> Result<u8, Failure> {
    let limit = args.cache_limit.clone();
    let flags = limit.map(|limit| ("cache_limit", "--cache-limit", limit));
    let mut settings = context.settings(context.flags(flags)?)?;
    let places = Places::of(context)?;
    let told = |what: &str| context.screen.print(what);
    let resumed = places
        .batches()
        .resume_with(args.batch.as_deref(), args.here, &told);
    let batch = match resumed {
        Ok(batch) => Arc::new(batch),
        Err(error @ BatchError::Finished { .. }) => {
            // There is nothing to do, and nothing wrong.
            context.screen.print(&error.to_string());
            return Ok(exit_code::OK);
        }
        Err(error) => return Err(Failure::from(&error)),
    };
    let warnings = batch.has_other_keys().then(|| OTHER_KEYS.to_owned());
    if let Some(warning) = &warnings {
        context.screen.print(warning);
    }
    let cancel = CancellationToken::new();
    context.screen.detach()?;
    let signals = Signals::watch(cancel.clone(), context.screen.clone())?;
    let open = |progress: &Progress| !matches!(progress, Progress::Delivered(_));
    let (numbers, briefs): (Vec<u32>, Vec<Brief>) = (1..)
        .zip(batch.jobs())
        .zip(batch.progress())
        .filter(|(_, progress)| open(progress))
        .map(|(video, _)| video)
        .unzip();
    let strict = make::strictness(&briefs);
    let runtime = runtime()?;
    signals.working();
    settings.look_nearby(&runtime);
    let preflight = Preflight {
        runtime: &runtime,
        settings: &settings,
        dry_run: false,
        cancel: &cancel,
        context,
    };
    let (studio, plans) = preflight.plan(&briefs, Some(&batch))?;
    RunCommand {
        runtime,
        studio,
        batch: Some(batch),
        announced: PlannedRun {
            videos: plans
                .iter()
                .map(VideoPlan::overview)
                .map(hint::overview)
                .collect(),
            warnings: warnings.into_iter().collect(),
        },
        plans: numbers.into_iter().zip(plans).collect(),
        json: args.json,
        strict,
        cancel,
    }
    .run(&places, &settings, context)
}
