//! `videogen batches`: which there are, and what became of them.

use console::{Alignment, measure_text_width, pad_str};
use videogen_durable::{BatchCondition, ListedBatch};
use videogen_text::shown;

use super::Context;
use super::places::Places;
use crate::args::{BatchesArgs, BatchesCommand};
use crate::render_error::Failure;
use crate::{exit_code, output};

/// Characters that are shown of what stands in a journal, which may have been written by others.
pub(crate) const LONGEST_NAME: usize = 100;
const LONGEST_STATE: usize = 200;
const LONGEST_FOLDER: usize = 1000;

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
            output::json_line(batch);
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
        let cells = rows.iter().map(|row| measure_text_width(&row[column]));
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    for [name, made, state, folder] in &rows {
        let [a, b, c] = widths;
        let left = |text, width| pad_str(text, width, Alignment::Left, None);
        output::line(&format!(
            "{}  {made:>b$}  {}  {folder}",
            left(name, a),
            left(state, c)
        ));
    }
    Ok(exit_code::OK)
}

fn row(batch: &ListedBatch) -> [String; 4] {
    let state = match &batch.condition {
        BatchCondition::Running { pid } => format!("running, process {pid}"),
        BatchCondition::Finished => "finished".to_owned(),
        BatchCondition::Damaged { reason } => format!("damaged: {reason}"),
        _ if batch.failed > 0 => format!("{} failed, can be resumed", batch.failed),
        _ => "can be resumed".to_owned(),
    };
    [
        shown(&batch.name, LONGEST_NAME).into_owned(),
        format!("{}/{}", batch.delivered, batch.jobs),
        shown(&state, LONGEST_STATE).into_owned(),
        shown(batch.output_dir.as_str(), LONGEST_FOLDER).into_owned(),
    ]
}
