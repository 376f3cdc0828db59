//! The server that would paint next, as plans see it: asked, and given nothing to paint.

use videogen_vram::Prospect;

use super::choose::ComfyServers;
use super::options::{CardLimits, ComfyOptions};
use super::painter::ComfyPainter;
use super::sharing::limited;

/// Asks the servers of `options` what they are, within some seconds. The first that can paint, and why each of the others
/// cannot. None is started.
///
/// # Cancellation
/// Dropping the future is safe.
pub async fn prospect(options: &ComfyOptions) -> (Option<Prospect>, Vec<String>) {
    let Some(servers) = ComfyServers::new(options.clone()) else {
        return (None, Vec::new());
    };
    let asked = servers.asked().await;
    let mut why = asked.refused.clone();
    let found = match &asked.painter {
        Some(painter) => painter.prospect(options.limits).await,
        None => None,
    };
    if found.is_none()
        && let Some(would) = servers.would_start().await
    {
        why.push(would.to_owned());
    }
    (found, why)
}

impl ComfyPainter {
    /// The first server that answers.
    async fn prospect(&self, limits: CardLimits) -> Option<Prospect> {
        for (_, server) in self.fleet().there() {
            if let Ok((seen, _)) = server.look(self.history()).await {
                let seen = limited(seen, limits);
                return Some(Prospect {
                    about: server.about.clone(),
                    model: server.model.clone(),
                    facts: seen.facts,
                    card: seen.reading,
                    corrections: seen.corrections,
                });
            }
        }
        None
    }
}
