//! Language models, as those see them who share a card with them.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_llm::{ChatModel, LlmClient, ModelPool, Residents, Unloading};
use videogen_net::machine_of;
use videogen_text::chain;
use videogen_types::Machine;
use videogen_vram::{BoxFuture, Bytes, Holding, Occupant, Whose};

/// A server of a pool. It is the very client that writes, because that one knows which models it had loaded.
#[derive(Debug)]
struct LanguageModel {
    pool: ModelPool,
    /// Its number there.
    number: usize,
}

impl LanguageModel {
    fn client(&self) -> &LlmClient {
        &self.pool.models()[self.number]
    }
}

/// The servers of `pool` in its order: they alone may be asked to leave a card.
pub(crate) fn occupants(pool: &ModelPool) -> Vec<Arc<dyn Occupant>> {
    let occupant = |number| -> Arc<dyn Occupant> {
        let pool = ModelPool::clone(pool);
        Arc::new(LanguageModel { pool, number })
    };
    (0..pool.models().len()).map(occupant).collect()
}

impl Occupant for LanguageModel {
    fn id(&self) -> String {
        self.client().server()
    }

    fn machine(&self) -> Option<Machine> {
        machine_of(self.client().endpoint().url().as_str())
    }

    fn holdings<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Option<Vec<Holding>>> {
        Box::pin(async {
            let models = match self.client().residents(cancel).await {
                Ok(Residents::Known(models)) => models,
                Ok(_) => return None,
                Err(error) => {
                    tracing::debug!(%error, server = self.client().server(), "what is loaded is not known");
                    return None;
                }
            };
            let holdings = models.into_iter().map(|model| Holding {
                name: model.model,
                bytes: model.vram.map(Bytes::new),
                ours: model.ours,
            });
            Some(holdings.collect())
        })
    }

    /// A model of which nothing is known counts as loaded: nothing is gained by making room for what does not come.
    fn to_be_loaded<'a>(&'a self, cancel: &'a CancellationToken) -> BoxFuture<'a, Option<String>> {
        Box::pin(async {
            let model = self.client().model(cancel).await.ok()?;
            match self.client().residents(cancel).await {
                Ok(Residents::Known(models)) => {
                    let there = models.iter().any(|there| there.is(&model));
                    (!there).then_some(model)
                }
                _ => None,
            }
        })
    }

    fn release<'a>(
        &'a self,
        whose: Whose,
        within: Duration,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, bool> {
        let whose = match whose {
            Whose::Ours => videogen_llm::Whose::Ours,
            Whose::Everyones => videogen_llm::Whose::Everyones,
        };
        Box::pin(async move {
            let server = self.client().server();
            match self.client().unload(whose, within, cancel).await {
                Ok(ended) => {
                    tracing::info!(server, ?ended, "the model was asked to leave");
                    matches!(ended, Unloading::Gone { .. } | Unloading::NothingLoaded)
                }
                Err(error) => {
                    tracing::warn!(server, error = %chain(&error), "the model is not unloaded");
                    false
                }
            }
        })
    }
}
