//! What to do about a batch that cannot be begun, listed or continued, with the commands of the program.

use videogen_durable::BatchError;

/// Returns the next action after `error`, as the command line names it.
pub fn batch_help(error: &BatchError) -> Option<String> {
    match error {
        BatchError::Unknown { near, .. } if near.is_empty() => {
            Some("videogen batches lists what there is".into())
        }
        BatchError::None => Some("videogen generate begins one".into()),
        BatchError::Finished { .. } => Some("make it again with videogen generate".into()),
        BatchError::Contradiction { .. } => {
            let help = error.help()?;
            Some(format!("{help} with videogen generate"))
        }
        _ => error.help(),
    }
}
