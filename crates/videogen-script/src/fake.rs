//! A writer without anything behind it, for tests of whoever has scripts written.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;
use videogen_types::{Observer, Scene, Script};

use crate::llm::{ScriptError, ScriptRequest, Written};
use crate::writer::{BoxFuture, ScriptWriter};

/// Writes as many scenes as are asked for, in words that say nothing and in any language, or fails.
#[derive(Debug, Default)]
pub struct FakeWriter {
    calls: AtomicUsize,
    fails: bool,
}

impl FakeWriter {
    /// Makes a writer that writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a writer that fails with [`ScriptError::NoModel`].
    pub fn failing() -> Self {
        Self {
            fails: true,
            ..Self::default()
        }
    }

    /// Returns how often it was asked to write.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl ScriptWriter for FakeWriter {
    fn id(&self) -> &'static str {
        "fake"
    }

    fn writes(&self, _: &str) -> bool {
        true
    }

    fn write<'a>(
        &'a self,
        request: &'a ScriptRequest,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Written, ScriptError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            if cancel.is_cancelled() {
                return Err(ScriptError::Cancelled);
            }
            if self.fails {
                return Err(ScriptError::NoModel {
                    reason: "it was told to fail".to_owned(),
                    hint: None,
                });
            }
            observer.progress(1.0);
            let scene = |number: usize| Scene {
                narration: format!("This is scene {number} about {}.", request.topic),
                picture: format!("{}, scene {number}", request.topic),
                negative: None,
                media: Vec::new(),
            };
            Ok(Written {
                script: Script {
                    title: request.topic.clone(),
                    language: request.language.clone(),
                    scenes: (1..=request.scenes.unwrap_or(3)).map(scene).collect(),
                    hashtags: Vec::new(),
                },
                model: self.id().to_owned(),
                endpoint: String::new(),
                description: None,
                repaired: false,
                warnings: Vec::new(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::{Genre, Seed, Unobserved};

    use super::*;

    #[tokio::test]
    async fn it_writes_what_is_asked_for_or_fails() {
        let (cancel, writer) = (CancellationToken::new(), FakeWriter::new());
        let request = ScriptRequest {
            topic: "the sea".to_owned(),
            genre: Genre::Nature,
            language: "de".to_owned(),
            words: 60,
            scenes: Some(2),
            seed: Seed(1),
            avoid: Vec::new(),
        };
        let written = writer.write(&request, &Unobserved, &cancel).await.unwrap();
        assert_eq!(written.script.scenes.len(), 2);
        written.check().unwrap();
        let failed = FakeWriter::failing()
            .write(&request, &Unobserved, &cancel)
            .await;
        assert!(matches!(failed, Err(ScriptError::NoModel { .. })));
        cancel.cancel();
        let ended = writer.write(&request, &Unobserved, &cancel).await;
        assert!(ended.unwrap_err().is_cancelled());
        assert_eq!(writer.calls(), 2);
    }
}
