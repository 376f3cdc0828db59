//! Who writes scripts: a trait, a language model, and the built-in writer.

use std::fmt;
use std::pin::Pin;

use tokio_util::sync::CancellationToken;
use videogen_types::Observer;

use crate::builtin::{Assignment, write, writes};
use crate::llm::{LlmWriter, ScriptError, ScriptRequest, Written};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Writes scripts.
pub trait ScriptWriter: fmt::Debug + Send + Sync {
    /// Returns a stable name for manifests, such as `builtin`.
    fn id(&self) -> &str;

    /// Returns whether it writes in a language, by its BCP 47 tag.
    fn writes(&self, language: &str) -> bool;

    /// Writes the script of `request`. `observer` hears how far it is.
    ///
    /// # Errors
    /// Whatever the writer meets; [`ScriptError::Cancelled`] after `cancel` fired.
    ///
    /// # Cancellation
    /// When `cancel` fires, or the future is dropped, the work is given up wherever it is done.
    fn write<'a>(
        &'a self,
        request: &'a ScriptRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Written, ScriptError>>;
}

impl ScriptWriter for LlmWriter {
    fn id(&self) -> &'static str {
        "llm"
    }

    /// A model is asked in any language.
    fn writes(&self, _: &str) -> bool {
        true
    }

    /// Fails with [`ScriptError::Model`] when no server gave a script that can be used, after at most half an hour.
    fn write<'a>(
        &'a self,
        request: &'a ScriptRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Written, ScriptError>> {
        Box::pin(self.asked(request, observer, cancel))
    }
}

/// Writes scripts in English without any model, see [`write()`](crate::write): the writer that needs no service.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinWriter;

impl ScriptWriter for BuiltinWriter {
    fn id(&self) -> &'static str {
        "builtin"
    }

    fn writes(&self, language: &str) -> bool {
        writes(language)
    }

    fn write<'a>(
        &'a self,
        request: &'a ScriptRequest,
        observer: &'a dyn Observer,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Written, ScriptError>> {
        Box::pin(async move {
            // Milliseconds: nothing that would have to be cancelled, or to leave the thread.
            let script = write(&Assignment {
                topic: request.topic.clone(),
                genre: request.genre,
                seed: request.seed,
                words: request.words,
                scenes: request.scenes,
            });
            observer.progress(1.0);
            Ok(Written {
                script,
                model: self.id().to_owned(),
                endpoint: String::new(),
                description: None,
                repaired: false,
                warnings: Vec::new(),
            })
        })
    }
}
