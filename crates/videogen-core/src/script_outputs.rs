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

/// A script that can be made a video of, by what every stage relies on. What else is asked of one is asked of the model
/// when it answers.
fn prove(bytes: &[u8]) -> Result<Written, String> {
    let written: Written = json(bytes)?;
    if written.script.scenes.is_empty() {
        return Err("it has no scenes".to_owned());
    }
    let has_words = |text: &str| text.chars().any(char::is_alphanumeric);
    let mute = (1..)
        .zip(&written.script.scenes)
        .find(|(_, scene)| !has_words(&scene.narration));
    match mute {
        Some((number, _)) => Err(format!("nothing is said in scene {number}")),
        None => Ok(written),
    }
}
