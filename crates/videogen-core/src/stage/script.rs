//! A script by a language model: found under the hash of what is wished, or written.

use crate::Error;
use crate::event::Stage;
use crate::scripting::Written;
use crate::store::Key;
use crate::work::{Reach, Work};

/// The script that is kept under `key`, if there is one.
pub(crate) async fn kept(work: &Work, key: Key) -> Result<Option<Written>, Error> {
    let bytes = work.note(key, Stage::Script, Reach::Everywhere).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Has the script of `key`: found, or written by `write`.
///
/// # Errors
/// Those of `write`, of which nothing is kept: who is asked later may do better.
pub(crate) async fn script<F: Future<Output = Result<Written, Error>>>(
    work: &Work,
    key: Key,
    write: impl Fn() -> F,
) -> Result<Written, Error> {
    let mut made = None;
    let writing = async {
        let written = write().await?;
        let bytes = serde_json::to_vec(&written).expect("all keys are text");
        made = Some(written);
        Ok(bytes)
    };
    let (bytes, _) = work
        .bytes(key, Stage::Script, Reach::Everywhere, "script", writing)
        .await?;
    match made.or_else(|| serde_json::from_slice(&bytes).ok()) {
        Some(written) => Ok(written),
        // Kept by another program that calls itself the same.
        None => write().await,
    }
}
