//! `videogen batches`: which there are, and what became of them.

use videogen_core::batch::{Condition, Listed};

use super::Context;
use super::places::Places;
use crate::args::{BatchesArgs, BatchesCommand};
use crate::render_error::Failure;
use crate::{exit_code, output};

/// Lists batches, newest last, or forgets one.
///
/// # Errors
/// The directory cannot be read; the batch to forget is not there or is being made.
pub(crate) fn run(args: &BatchesArgs, context: &Context) -> Result<u8, Failure> {
    let batches = Places::of(context)?.batches();
    if let Some(BatchesCommand::Forget { batch }) = &args.command {
        batches
            .forget(batch)
            .map_err(|error| Failure::from(&error))?;
        return Ok(exit_code::OK);
    }
    let list = batches.list().map_err(|error| Failure::from(&error))?;
    if args.json {
        for batch in &list {
            let line = serde_json::to_string(batch).expect("all keys are text");
            output::line(&line);
        }
        return Ok(exit_code::OK);
    }
    if list.is_empty() {
        context
            .screen
            .print("there are no batches; videogen generate begins one");
        return Ok(exit_code::OK);
    }
    let rows: Vec<[String; 4]> = list.iter().map(row).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    for [name, made, state, folder] in &rows {
        let [a, b, c] = widths;
        output::line(&format!("{name:<a$}  {made:>b$}  {state:<c$}  {folder}"));
    }
    Ok(exit_code::OK)
}

fn row(batch: &Listed) -> [String; 4] {
    let state = match &batch.condition {
        Condition::Running { pid } => format!("running, process {pid}"),
        Condition::Finished => "finished".to_owned(),
        Condition::Damaged { reason } => format!("damaged: {reason}"),
        _ if batch.failed > 0 => format!("{} failed, can be resumed", batch.failed),
        _ => "can be resumed".to_owned(),
    };
    [
        batch.name.clone(),
        format!("{}/{}", batch.delivered, batch.videos),
        state,
        batch.output_dir.to_string(),
    ]
}
