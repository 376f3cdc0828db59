//! The language models of a run, and what of them is on a card.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use videogen_llm::{ChatModel, LlmClient, ModelPool, Residents};
use videogen_vram::Bytes;

use super::place::Place;

/// The language models that write for a run: they alone may be asked to leave a card. The very clients that write, because
/// they know which models they had loaded.
#[derive(Debug, Clone, Default)]
pub struct LanguageModels(Clients);

#[derive(Debug, Clone)]
enum Clients {
    List(Arc<[LlmClient]>),
    Pool(ModelPool),
}

impl Default for Clients {
    fn default() -> Self {
        Self::List(Arc::new([]))
    }
}

impl From<Vec<LlmClient>> for LanguageModels {
    fn from(clients: Vec<LlmClient>) -> Self {
        Self(Clients::List(clients.into()))
    }
}

impl From<ModelPool> for LanguageModels {
    fn from(pool: ModelPool) -> Self {
        Self(Clients::Pool(pool))
    }
}

/// Models of one server that may be asked to leave.
#[derive(Debug)]
pub(super) struct Occupant<'a> {
    pub(super) client: &'a LlmClient,
    /// Their names.
    pub(super) name: String,
    /// What they hold of the card, where that is known.
    pub(super) bytes: Option<Bytes>,
}

impl LanguageModels {
    /// Where each is, in order.
    pub(super) fn clients(&self) -> impl Iterator<Item = (&LlmClient, Option<Place>)> {
        let clients = match &self.0 {
            Clients::List(list) => list,
            Clients::Pool(pool) => pool.models(),
        };
        clients
            .iter()
            .map(|client| (client, Place::of(client.endpoint().url().as_str())))
    }

    /// Whether one of them is at `place`.
    pub(super) fn any_at(&self, place: &Place) -> bool {
        self.clients().any(|(_, at)| at.as_ref() == Some(place))
    }

    /// Those on the cards of `place` that may be asked to leave: ours, or all with `everyone`. A server that does not answer,
    /// or does not tell what it has, has none.
    pub(super) async fn lodgers(
        &self,
        place: &Place,
        everyone: bool,
        cancel: &CancellationToken,
    ) -> Vec<Occupant<'_>> {
        let mut lodgers = Vec::new();
        for (client, at) in self.clients() {
            if at.as_ref() != Some(place) {
                continue;
            }
            let mut models = match client.residents(cancel).await {
                Ok(Residents::Known(models)) => models,
                Ok(_) => continue,
                Err(error) => {
                    tracing::debug!(%error, server = client.server(), "what is loaded is not known");
                    continue;
                }
            };
            // One that is in main memory alone is in nobody's way.
            models.retain(|model| (everyone || model.ours) && model.vram != Some(0));
            if models.is_empty() {
                continue;
            }
            let names: Vec<&str> = models.iter().map(|model| model.model.as_str()).collect();
            let bytes: Option<u64> = models.iter().map(|model| model.vram).sum();
            lodgers.push(Occupant {
                client,
                name: names.join(", "),
                bytes: bytes.map(Bytes::new),
            });
        }
        lodgers
    }
}
