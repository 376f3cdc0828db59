//! `videogen status`: what a batch is doing now.

use std::time::Duration;

use serde::Serialize;
use videogen_core::Batches;
use videogen_durable::{BatchCondition, ListedBatch};
use videogen_telemetry::Status;

use super::Context;
use super::places::Places;
use crate::args::StatusArgs;
use crate::render_error::Failure;
use crate::report::words::{estimate, seconds};
use crate::wrap::shorten;
use crate::{exit_code, output};

/// How often a terminal is drawn anew; the state is written as often.
const EVERY: Duration = Duration::from_secs(1);

/// A batch and what it is doing.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    batch: ListedBatch,
    status: Option<Status>,
}

/// Shows the state once, or on a terminal until the batch is over.
///
/// # Errors
/// There is no such batch.
pub(crate) fn run(args: &StatusArgs, context: &Context) -> Result<u8, Failure> {
    let batches = Places::of(context)?.batches();
    let shown = find(&batches, args.batch.as_deref())?;
    if args.json {
        output::json_line(&shown);
        return Ok(exit_code::OK);
    }
    let terminal = console::Term::stdout();
    if !terminal.is_term() {
        for line in lines(&shown) {
            output::line(&line);
        }
        return Ok(exit_code::OK);
    }
    let (mut shown, mut drawn) = (shown, 0);
    loop {
        let lines = lines(&shown);
        if drawn > 0 {
            output::take_back(drawn);
        }
        for line in &lines {
            output::line(&shorten(line, width(&terminal)));
        }
        // A terminal that cannot be written to is gone, and so is whoever looked at it.
        if output::take_error().is_some() {
            return Ok(exit_code::OK);
        }
        drawn = lines.len();
        if !matches!(shown.batch.condition, BatchCondition::Running { .. }) {
            return Ok(exit_code::OK);
        }
        std::thread::sleep(EVERY);
        shown = find(&batches, Some(&shown.batch.name))?;
    }
}

fn width(terminal: &console::Term) -> usize {
    usize::from(terminal.size().1).max(20)
}

/// The batch of this name, or the one that is running, or the newest.
fn find(batches: &Batches, name: Option<&str>) -> Result<Shown, Failure> {
    let list = batches.list().map_err(|error| Failure::from(&error))?;
    let running = |batch: &&ListedBatch| matches!(batch.condition, BatchCondition::Running { .. });
    let found = match name {
        Some(name) => list.iter().find(|batch| batch.name == name),
        None => list.iter().rfind(running).or(list.last()),
    };
    match (found, name) {
        (Some(batch), _) => Ok(Shown {
            status: Status::of(&batches.dir_of(batch)),
            batch: batch.clone(),
        }),
        (None, Some(name)) => Err(Failure::from(&batches.no_batch(name))),
        (None, None) => {
            Err(Failure::usage("there are no batches").hint("videogen generate begins one"))
        }
    }
}

fn lines(shown: &Shown) -> Vec<String> {
    let batch = &shown.batch;
    let state = match &batch.condition {
        BatchCondition::Running { pid } => format!("running, process {pid}"),
        BatchCondition::Finished => "finished".to_owned(),
        BatchCondition::Damaged { reason } => format!("damaged: {reason}"),
        _ => format!("stopped; videogen resume {}", batch.name),
    };
    let mut made = format!("{} of {} videos", batch.delivered, batch.jobs);
    if batch.failed > 0 {
        made = format!("{made}, {} failed", batch.failed);
    }
    let mut lines = vec![format!("{}  {made}  {state}", batch.name)];
    let Some(status) = &shown.status else {
        return lines;
    };
    if !matches!(batch.condition, BatchCondition::Running { .. }) || status.over {
        return lines;
    }
    let mut time = format!("for {}", seconds(status.elapsed_s));
    if let Some((left, spread)) = status.left_s {
        time = format!("{time}, about {} to go", estimate(left, spread));
    }
    lines.push(format!("  {time}"));
    for work in &status.working {
        let percent = (work.fraction * 100.0).clamp(0.0, 100.0);
        lines.push(format!(
            "  [{}] {:<8} {percent:>3.0} %  {}",
            work.video,
            work.stage.name(),
            work.title
        ));
    }
    lines
}
