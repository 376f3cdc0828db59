//! Asks one probe after another until one finds a card, and keeps why the others did not.

use tokio_util::sync::CancellationToken;

use super::{BoxFuture, GpuProbe, GpuReadings, NvmlProbe, ProbeNoteKind, SmiProbe, SysfsProbe};
use crate::Error;

/// Probes in order of trust. The cards are those of the first that finds any; cards of different makers are not put
/// together, since one server paints on one kind. A probe that fails is a note, so only a cancellation is an error.
#[derive(Debug)]
pub struct ChainProbe {
    probes: Vec<Box<dyn GpuProbe>>,
}

impl ChainProbe {
    /// These probes, in this order.
    pub fn new(probes: Vec<Box<dyn GpuProbe>>) -> Self {
        Self { probes }
    }

    /// What this machine may have: NVML, `nvidia-smi` on `PATH`, AMD's files.
    pub fn system() -> Self {
        Self::new(vec![
            Box::new(NvmlProbe::new()),
            Box::new(SmiProbe::default()),
            Box::new(SysfsProbe::default()),
        ])
    }
}

impl GpuProbe for ChainProbe {
    fn name(&self) -> &'static str {
        "chain"
    }

    fn read<'a>(
        &'a self,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<GpuReadings, Error>> {
        Box::pin(async move {
            let mut all = GpuReadings::default();
            for probe in &self.probes {
                match probe.read(cancel).await {
                    Ok(mut readings) => {
                        all.notes.append(&mut readings.notes);
                        if !readings.cards.is_empty() {
                            all.cards = readings.cards;
                            return Ok(all);
                        }
                    }
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => {
                        tracing::debug!(probe = probe.name(), %error, "a probe failed");
                        all.note(probe.name(), ProbeNoteKind::Failed, with_sources(&error));
                    }
                }
            }
            Ok(all)
        })
    }
}

/// An error and its causes on one line.
fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{FixedProbe, ScriptedProbe};
    use crate::{Bytes, FreeBytes, GpuReading, TotalBytes};

    fn card(name: &str) -> GpuReading {
        let gib = Bytes::from_gib;
        GpuReading::fixed(name, TotalBytes::new(gib(12)), FreeBytes::new(gib(6)))
    }

    fn broken() -> Box<dyn GpuProbe> {
        Box::new(ScriptedProbe::new([Some(Err("fell off the bus".into()))]))
    }

    #[tokio::test]
    async fn the_first_that_finds_a_card_counts_and_the_rest_say_why_not() {
        let never = CancellationToken::new();
        let chain = ChainProbe::new(vec![
            broken(),
            Box::new(FixedProbe::default()),
            Box::new(FixedProbe::new(vec![card("a")])),
            Box::new(FixedProbe::new(vec![card("b")])),
        ]);
        let readings = chain.read(&never).await.unwrap();
        assert_eq!(readings.cards, [card("a")]);
        assert_eq!(readings.notes[0].kind, ProbeNoteKind::Failed);
        assert!(readings.notes[0].to_string().contains("fell off the bus"));
    }

    #[tokio::test]
    async fn no_card_is_no_error_and_a_cancellation_is_one() {
        let none = ChainProbe::new(vec![broken(), broken()]);
        let readings = none.read(&CancellationToken::new()).await.unwrap();
        assert_eq!((readings.cards.len(), readings.notes.len()), (0, 2));
        let cancel = CancellationToken::new();
        cancel.cancel();
        let hanging = ChainProbe::new(vec![Box::new(ScriptedProbe::new([None])), broken()]);
        assert!(hanging.read(&cancel).await.unwrap_err().is_cancelled());
    }

    #[tokio::test]
    async fn this_machine_can_be_asked_whatever_it_has() {
        let _alone = crate::probe::PROGRAMS.lock().await;
        let readings = ChainProbe::system()
            .read(&CancellationToken::new())
            .await
            .unwrap();
        for card in &readings.cards {
            assert_eq!(card.sane_free(), card.free);
        }
        assert!(!readings.cards.is_empty() || readings.notes.len() >= 3);
    }
}
