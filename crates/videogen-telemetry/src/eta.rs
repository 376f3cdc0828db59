//! When a batch will be finished.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{History, MOST_SECONDS, Range};

/// A stage that a video has still before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageLeft<'a> {
    /// What does it, one stage at a time: "gpu", "encoder", "cpu".
    pub resource: &'a str,
    /// Its place in the video's way. Stages with the same number run side by side, a higher number waits for the lower.
    pub order: u32,
    /// The stage, as in [`History::record`].
    pub stage: &'a str,
    /// Its class, as in [`History::record`].
    pub class: &'a str,
    /// The units of work that are left of it.
    pub units: f64,
}

/// When it will be finished: `seconds` from now, give or take `spread`. Both finite and not negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Eta {
    /// Seconds from now.
    pub seconds: f64,
    /// Seconds by which it may be earlier or later; about eight times in ten it stays within.
    pub spread: f64,
}

/// Predicts when all of `videos` (each with the stages it has left) will be finished. `None` when `history` does not know
/// one of the stages: half a sum would be a promise that cannot be kept. Nothing left is 0 s.
///
/// Resources work at the same time, each on one stage after the other. For each resource *r*:
///
/// ```text
/// finish(r) = head(r) + total(r) + tail(r)
/// total(r)    all stages of all videos on r
/// head(r)     what has to be done before r can begin: the least, over the videos, of the time before their first stage on r
/// tail(r)     what is left when r is done: the least, over the videos, of the time after their last stage on r
/// ```
///
/// and the batch is finished at the latest `finish(r)`, which is that of the busiest resource unless its neighbours are
/// long, and not before the longest way of a single video. The time between two places on a video's way is the sum over
/// the orders between them of the busiest resource within that order. This is the least time that the work can take; a
/// pipeline that keeps its bottleneck busy comes close to it.
///
/// The same is done with the low, middle and high predictions of all stages. Taking all low or all high together is
/// deliberate: what makes one video slow, another program on the machine, makes the others slow too.
pub fn predict_finish(videos: &[Vec<StageLeft<'_>>], history: &History) -> Option<Eta> {
    let mut timed = Vec::with_capacity(videos.len());
    for video in videos {
        let stages: Option<Vec<Timed<'_>>> = video
            .iter()
            .map(|left| {
                let range = history.predict(left.stage, left.class, left.units)?;
                Some(Timed {
                    resource: left.resource,
                    order: left.order,
                    range,
                })
            })
            .collect();
        timed.push(stages?);
    }
    let low = finish(&timed, |range| range.low);
    let mid = finish(&timed, |range| range.mid);
    let high = finish(&timed, |range| range.high);
    Some(Eta {
        seconds: mid,
        // `finish` never falls when a stage gets longer, so both differences are at least 0.
        spread: (high - mid).max(mid - low),
    })
}

struct Timed<'a> {
    resource: &'a str,
    order: u32,
    range: Range,
}

/// What one resource has to do, and what is around it.
struct Load {
    total: f64,
    head: f64,
    tail: f64,
}

fn finish(videos: &[Vec<Timed<'_>>], seconds: fn(&Range) -> f64) -> f64 {
    let mut loads: BTreeMap<&str, Load> = BTreeMap::new();
    let mut longest_way = 0.0f64;
    for video in videos {
        // Seconds by resource, by place.
        let mut places: BTreeMap<u32, BTreeMap<&str, f64>> = BTreeMap::new();
        for stage in video {
            let place = places.entry(stage.order).or_default();
            *place.entry(stage.resource).or_default() += seconds(&stage.range);
        }
        let widths: Vec<f64> = places
            .values()
            .map(|place| place.values().copied().fold(0.0, f64::max))
            .collect();
        let way: f64 = widths.iter().sum();
        longest_way = longest_way.max(way);
        // Of this video: by resource, the total, the time before its first place and after its last.
        let mut own: BTreeMap<&str, Load> = BTreeMap::new();
        let mut before = 0.0;
        for (index, (place, width)) in places.values().zip(&widths).enumerate() {
            let after: f64 = widths[index + 1..].iter().sum();
            for (&resource, &time) in place {
                let load = own.entry(resource).or_insert(Load {
                    total: 0.0,
                    head: before,
                    tail: 0.0,
                });
                load.total += time;
                load.tail = after;
            }
            before += width;
        }
        for (resource, load) in own {
            let all = loads.entry(resource).or_insert(Load {
                total: 0.0,
                head: f64::INFINITY,
                tail: f64::INFINITY,
            });
            all.total += load.total;
            all.head = all.head.min(load.head);
            all.tail = all.tail.min(load.tail);
        }
    }
    loads
        .values()
        .map(|load| load.head + load.total + load.tail)
        .fold(longest_way, f64::max)
        .min(MOST_SECONDS)
}

impl Eta {
    /// The earliest that is likely, in seconds from now.
    pub fn earliest(&self) -> f64 {
        (self.seconds - self.spread).max(0.0)
    }

    /// The latest that is likely, in seconds from now.
    pub fn latest(&self) -> f64 {
        self.seconds + self.spread
    }
}

#[cfg(test)]
mod tests;
