//! A script by a language model: found under the hash of what is wished, or written.

use videogen_durable::Key;
use videogen_script::Written;
use videogen_types::Stage;

use crate::Error;
use crate::outputs::{CacheScope, Outputs, json};

/// The script that is kept under `key`, if there is one.
pub(crate) async fn kept(work: &Outputs, key: Key) -> Result<Option<Written>, Error> {
    work.note(key, Stage::Script, CacheScope::Everywhere, prove)
        .await
}

/// Has the script of `key`: found, or written by `write`.
///
/// # Errors
/// Those of `write`, of which nothing is kept: who is asked later may do better.
pub(crate) async fn script<F: Future<Output = Result<Written, Error>>>(
    work: &Outputs,
    key: Key,
    write: impl Fn() -> F,
) -> Result<Written, Error> {
    let writing = async {
        let written = write().await?;
        Ok(serde_json::to_vec(&written).expect("all keys are text"))
    };
    let (written, _) = work
        .bytes(
            key,
            Stage::Script,
            CacheScope::Everywhere,
            "script",
            prove,
            writing,
        )
        .await?;
    Ok(written)
}

fn prove(bytes: &[u8]) -> Result<Written, String> {
    let written: Written = json(bytes)?;
    written.check().map(|()| written)
}
