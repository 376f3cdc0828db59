//! Asks several mirrors for the same bytes, to see whose are different.

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use videogen_net::{Deadlines, RangeAnswer, Redirects, Request};

use super::shared::Shared;
use super::source::Source;
use super::spans::{Span, Spans};
use crate::registry::Sha256Digest;

/// What is compared of each supplier: one piece.
const PIECE: u64 = 1 << 20;
/// Others that are asked for each sample. Two that agree are enough.
const OTHERS: usize = 3;
/// Suppliers of which samples are taken, those that gave most.
const SUPPLIERS: usize = 8;
/// How long a sample may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Compares a piece of each supplier's with what `others` say. What cannot be had is left out.
pub(super) async fn probe(
    shared: &Arc<Shared>,
    spans: &Spans,
    others: &[Source],
) -> Vec<Vec<(u16, Sha256Digest)>> {
    let mut suppliers: Vec<(u64, u16)> = spans
        .sources()
        .into_iter()
        .map(|source| (spans.bytes_of(source), source))
        .collect();
    suppliers.sort_unstable_by(|a, b| b.cmp(a));
    let mut samples = Vec::new();
    for (_, supplier) in suppliers.into_iter().take(SUPPLIERS) {
        let longest = spans
            .of_source(supplier)
            .max_by_key(|span| span.to - span.from);
        let Some((from, to)) = longest.map(piece) else {
            continue;
        };
        let own = {
            let shared = Arc::clone(shared);
            tokio::task::spawn_blocking(move || {
                let mut bytes = vec![0; (to - from) as usize];
                let n = shared.part.read_at(&mut bytes, from).ok()?;
                (n == bytes.len()).then(|| digest(&bytes))
            })
        };
        let Ok(Some(own)) = own.await else { continue };
        let mut sample = vec![(supplier, own)];
        let mut asked = JoinSet::new();
        for other in others
            .iter()
            .filter(|other| other.id != supplier)
            .take(OTHERS)
        {
            let (shared, other) = (Arc::clone(shared), other.clone());
            asked.spawn(async move { Some((other.id, ask(&shared, &other, from, to).await?)) });
        }
        while let Some(answer) = asked.join_next().await {
            sample.extend(answer.ok().flatten());
        }
        samples.push(sample);
    }
    samples
}

/// A whole piece in the middle of a span, or what there is of one.
fn piece(span: &Span) -> (u64, u64) {
    let middle = span.from + (span.to - span.from) / 2;
    let from = (middle / PIECE * PIECE).max(span.from);
    (from, (from + PIECE).min(span.to))
}

async fn ask(shared: &Shared, other: &Source, from: u64, to: u64) -> Option<Sha256Digest> {
    let lease = shared.engine.health.lease(&other.mirror);
    tokio::select! {
        () = lease.turn(|| ()) => {}
        () = shared.cancel.cancelled() => return None,
    }
    let request = Request::get(other.mirror.url.clone())
        .redirects(Redirects::AnyHost)
        .range(from, Some(to))
        .max_body(to - from)
        .cancel(&shared.cancel)
        .deadlines(Deadlines::within(PATIENCE));
    let response = shared.engine.client.send(request).await.ok()?;
    let answer = response.range(from, Some(to), shared.size()).ok()?;
    if !matches!(answer, RangeAnswer::Partial { .. }) {
        return None;
    }
    let bytes = response.bytes().await.ok()?;
    shared.count(bytes.len() as u64);
    (bytes.len() as u64 == to - from).then(|| digest(&bytes))
}

fn digest(bytes: &[u8]) -> Sha256Digest {
    Sha256Digest::new(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_a_whole_piece_where_there_is_one() {
        let of = |from, to| {
            piece(&Span {
                from,
                to,
                source: 0,
            })
        };
        assert_eq!(of(0, 10 * PIECE), (5 * PIECE, 6 * PIECE));
        assert_eq!(of(100, 3 * PIECE + 5), (PIECE, 2 * PIECE));
        assert_eq!(of(7, 900), (7, 900));
    }
}
