//! When each scene starts: narrations and a wished length in, times out. Pure.

use videogen_types::{FrameRate, GAP_SECONDS as GAP, LEAD_SECONDS as LEAD, TAIL_SECONDS as TAIL};

/// The least and the most silence between two scenes.
const GAP_RANGE: (f64, f64) = (0.25, 1.1);
/// The least and the most time after the last word.
const TAIL_RANGE: (f64, f64) = (0.7, 3.0);
/// The length that no video is shorter than, in seconds: platforms refuse shorter ones.
pub const MIN_VIDEO_SECONDS: f64 = 3.0;

/// Returns how many seconds of a track are read for a video of about this length: enough for one that turns out half as long again. A
/// shorter track is looped.
pub fn music_seconds_for(estimated_seconds: f64) -> f64 {
    estimated_seconds * 1.5 + 30.0
}

/// One scene on the time axis, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SceneSpan {
    /// When its picture appears.
    pub start: f64,
    /// How long it stays until the next one's appears.
    pub duration: f64,
    /// When its first word is spoken.
    pub speech: f64,
}

/// Scenes one after another.
#[derive(Debug, Clone, PartialEq)]
pub struct Pacing {
    /// One for each scene.
    pub spans: Vec<SceneSpan>,
    /// Length of the video.
    pub duration: f64,
    /// The part of it after the last scene, for the end card.
    pub outro: f64,
}

impl Pacing {
    /// Lays narrations of `speeches` seconds out, as [`pace_scenes`] does, on whole frames of `rate`, with an end card of `outro`
    /// seconds after them; 0 is none.
    pub fn of_scenes(speeches: &[f64], target: Option<f64>, outro: f64, rate: FrameRate) -> Self {
        let pacing = pace_scenes(speeches, target, |seconds| whole_frames(rate, seconds));
        if outro > 0.0 {
            pacing.with_outro(whole_frames(rate, outro))
        } else {
            pacing
        }
    }

    /// Returns the same with `seconds` more after the last scene.
    #[must_use]
    pub fn with_outro(self, seconds: f64) -> Self {
        Self {
            duration: self.body() + seconds,
            outro: seconds,
            ..self
        }
    }

    /// Returns when the last scene ends, in seconds.
    pub fn body(&self) -> f64 {
        self.spans
            .last()
            .map_or(0.0, |span| span.start + span.duration)
    }

    /// Returns when a title that begins with the video and takes `seconds` is gone: with the first picture, unless that leaves
    /// less than three quarters of its time to read it.
    pub fn title_end(&self, seconds: f64) -> f64 {
        let first = self.spans.first().map_or(seconds, |span| span.duration);
        if first >= 0.75 * seconds {
            first.min(seconds)
        } else {
            seconds
        }
    }
}

/// A length rounded to frames, but never shorter.
fn whole_frames(rate: FrameRate, seconds: f64) -> f64 {
    rate.time_of((seconds * rate.per_second() - 1e-6).ceil().max(1.0) as u64)
}

/// Returns the length to aim for without an end card of `outro` seconds, in a video that is to be `total` seconds long.
pub fn target_without_outro(total: f64, outro: f64) -> f64 {
    if outro > 0.0 {
        (total - outro).max(MIN_VIDEO_SECONDS)
    } else {
        total
    }
}

/// Returns the speaking rate that brings narrations of `spoken` seconds in all (at the natural rate, over `scenes` scenes)
/// to a video of `target` seconds, from the least to the most of `rates`. 1.0 when the pauses alone can make up the
/// difference.
pub fn speaking_rate_for(spoken: f64, scenes: usize, target: f64, rates: (f64, f64)) -> f64 {
    let gaps = scenes.saturating_sub(1) as f64;
    let room = |gap: f64, tail: f64| target - LEAD - gap * gaps - tail;
    // Pauses shrink and grow a little before the voice changes.
    let most = room(0.35, 0.8);
    let least = room(0.8, 2.0);
    let rate = if spoken > most {
        spoken / most.max(0.1)
    } else if spoken < least {
        spoken / least
    } else {
        1.0
    };
    if rate.is_finite() {
        rate.clamp(rates.0, rates.1)
    } else {
        1.0
    }
}

/// Lays narrations of `speeches` seconds out, stretching or shrinking the pauses to come as close to `target` as they
/// allow. `whole_frames` rounds a length to what the frame rate can show.
pub fn pace_scenes(
    speeches: &[f64],
    target: Option<f64>,
    whole_frames: impl Fn(f64) -> f64,
) -> Pacing {
    let spoken: f64 = speeches.iter().sum();
    let gaps = speeches.len().saturating_sub(1) as f64;
    let (mut gap, mut tail) = (GAP, TAIL);
    if let Some(target) = target {
        let missing = target - (LEAD + spoken + GAP * gaps + TAIL);
        // Spread over the pauses, the one after the last word counting double.
        let share = missing / (gaps + 2.0);
        gap = (GAP + share).clamp(GAP_RANGE.0, GAP_RANGE.1);
        tail = (target - LEAD - spoken - gap * gaps).clamp(TAIL_RANGE.0, TAIL_RANGE.1);
    }
    let natural = LEAD + spoken + gap * gaps + tail;
    let duration = whole_frames(natural.max(MIN_VIDEO_SECONDS));
    let mut spans = Vec::with_capacity(speeches.len());
    let mut speech = LEAD;
    let mut start = 0.0;
    for (index, &length) in speeches.iter().enumerate() {
        let last = index + 1 == speeches.len();
        // The picture changes in the middle of the pause.
        let end = if last {
            duration
        } else {
            speech + length + gap / 2.0
        };
        spans.push(SceneSpan {
            start,
            duration: end - start,
            speech,
        });
        start = end;
        speech += length + gap;
    }
    Pacing {
        spans,
        duration,
        outro: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATES: (f64, f64) = (0.85, 1.25);

    fn frames(seconds: f64) -> f64 {
        (seconds * 30.0).round() / 30.0
    }

    proptest! {
        #[test]
        fn scenes_are_in_order_cover_the_video_and_hold_their_speech(
            speeches in prop::collection::vec(0.05f64..60.0, 1..12), target in prop::option::of(3.0f64..600.0),
        ) {
            let pacing = pace_scenes(&speeches, target, frames);
            prop_assert!(pacing.duration >= MIN_VIDEO_SECONDS - 1e-9);
            let mut end = 0.0;
            for (span, &speech) in pacing.spans.iter().zip(&speeches) {
                prop_assert!((span.start - end).abs() < 1e-9);
                prop_assert!(span.duration > 0.0 && span.speech >= span.start);
                end = span.start + span.duration;
                prop_assert!(span.speech + speech <= end + 1e-9);
            }
            prop_assert!((end - pacing.duration).abs() < 1e-9);
        }

        #[test]
        fn an_end_card_follows_the_last_scene_and_the_wished_length_holds(
            scenes in 1usize..9, total in 12.0f64..120.0, outro in 1.0f64..10.0,
        ) {
            let target = target_without_outro(total, outro);
            prop_assert!(target >= MIN_VIDEO_SECONDS && (target + outro >= total - 1e-9));
            let without = pace_scenes(&vec![target * 0.85 / scenes as f64; scenes], Some(target), frames);
            let outro = frames(outro);
            let with = without.clone().with_outro(outro);
            prop_assert_eq!(&with.spans, &without.spans);
            prop_assert!((with.body() - without.duration).abs() < 1e-9);
            prop_assert!((with.duration - with.body() - outro).abs() < 1e-9);
            prop_assert!((1.5..=2.0).contains(&with.title_end(2.0)));
        }

        #[test]
        fn a_reachable_length_is_reached(scenes in 1usize..9, target in 10.0f64..120.0, fill in 0.8f64..0.93) {
            let speeches = vec![(target - LEAD) * fill / scenes as f64; scenes];
            let natural: f64 = speeches.iter().sum();
            let rate = speaking_rate_for(natural, scenes, target, RATES);
            let spoken: Vec<f64> = speeches.iter().map(|s| s / rate).collect();
            let pacing = pace_scenes(&spoken, Some(target), frames);
            prop_assert!((pacing.duration - target).abs() < 0.06 * target + 0.2, "{} for {target}", pacing.duration);
        }

        #[test]
        fn rates_are_within_what_is_allowed(spoken in 0.0f64..1e4, scenes in 0usize..50, target in 0.0f64..1e4) {
            let rate = speaking_rate_for(spoken, scenes, target, RATES);
            prop_assert!((RATES.0..=RATES.1).contains(&rate));
        }
    }
}
