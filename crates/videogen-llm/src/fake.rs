//! A model without a server behind it, for tests of other crates.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::model::{BoxFuture, ChatModel, ChatProgress, ChatRequest, OnProgress, Reply};
use crate::resident::{Resident, Residents, Unloading, Whose};

/// A model that gives the answers it is told to give, and remembers the questions. It is in memory from the first
/// question on, until it is unloaded.
#[derive(Debug, Default)]
pub struct FakeModel {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    answers: VecDeque<Result<String, Error>>,
    asked: Vec<ChatRequest>,
    loaded: bool,
    loads: u32,
}

impl FakeModel {
    /// A model that gives these answers, one after the other, and then none: [`Error::Empty`].
    pub fn new<T: Into<String>>(answers: impl IntoIterator<Item = T>) -> Self {
        let fake = Self::default();
        fake.with(|state| {
            state
                .answers
                .extend(answers.into_iter().map(|text| Ok(text.into())));
        });
        fake
    }

    /// Adds an answer that is a failure.
    #[must_use]
    pub fn failing(self, error: Error) -> Self {
        self.with(|state| state.answers.push_back(Err(error)));
        self
    }

    /// Adds an answer.
    #[must_use]
    pub fn answering(self, text: impl Into<String>) -> Self {
        self.with(|state| state.answers.push_back(Ok(text.into())));
        self
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<ChatRequest> {
        self.with(|state| state.asked.clone())
    }

    /// How often it was loaded.
    pub fn loads(&self) -> u32 {
        self.with(|state| state.loads)
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn resident() -> Resident {
        Resident {
            ours: true,
            ..Resident::new("fake")
        }
    }
}

impl ChatModel for FakeModel {
    fn id(&self) -> String {
        "fake".to_owned()
    }

    fn chat<'a>(
        &'a self,
        request: &'a ChatRequest,
        progress: OnProgress<'a>,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            progress(ChatProgress::Waiting);
            let answer = self.with(|state| {
                state.asked.push(request.clone());
                state.loads += u32::from(!state.loaded);
                state.loaded = true;
                state.answers.pop_front()
            });
            let empty = || {
                Err(Error::Empty {
                    model: self.id(),
                    thought: false,
                })
            };
            let text = answer.unwrap_or_else(empty)?;
            progress(ChatProgress::Writing { bytes: text.len() });
            Ok(Reply::new(self.id(), text))
        })
    }

    fn residents<'a>(
        &'a self,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Residents, Error>> {
        let loaded = self.with(|state| state.loaded);
        Box::pin(async move {
            Ok(Residents::Known(
                loaded.then(Self::resident).into_iter().collect(),
            ))
        })
    }

    fn unload<'a>(
        &'a self,
        _: Whose,
        _: Duration,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Unloading, Error>> {
        let loaded = self.with(|state| std::mem::take(&mut state.loaded));
        Box::pin(async move {
            Ok(if loaded {
                Unloading::Gone {
                    models: vec![Self::resident()],
                    took: Duration::ZERO,
                }
            } else {
                Unloading::NothingLoaded
            })
        })
    }
}
