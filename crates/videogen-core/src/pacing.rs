//! When each scene starts: narrations and a wished length in, times out. Pure.

use videogen_script::SPEAKING_RATES;

/// Silence before the first word, in seconds: players show their controls for a moment, and no sound starts in the
/// first frame.
const LEAD: f64 = 0.4;
/// Silence between two scenes when nothing asks for more or less.
const GAP: f64 = 0.5;
/// The least and the most silence between two scenes.
const GAP_RANGE: (f64, f64) = (0.25, 1.1);
/// Time after the last word, in which the music fades.
const TAIL: f64 = 1.2;
/// The least and the most of it.
const TAIL_RANGE: (f64, f64) = (0.7, 3.0);
/// No video is shorter: platforms refuse shorter ones.
pub(crate) const SHORTEST: f64 = 3.0;

/// Seconds of a track that are read for a video of about this length: enough for one that turns out half as long again. A
/// shorter track is looped.
pub(crate) fn seconds_of_track(estimated_seconds: f64) -> f64 {
    estimated_seconds * 1.5 + 30.0
}

/// One scene on the time axis, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Span {
    /// When its picture appears.
    pub(crate) start: f64,
    /// How long it stays until the next one's appears.
    pub(crate) duration: f64,
    /// When its first word is spoken.
    pub(crate) speech: f64,
}

/// Scenes one after another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pacing {
    /// One for each scene.
    pub(crate) spans: Vec<Span>,
    /// Length of the video.
    pub(crate) duration: f64,
    /// The part of it after the last scene, for the end card.
    pub(crate) outro: f64,
}

impl Pacing {
    /// The same with `seconds` more after the last scene.
    pub(crate) fn with_outro(self, seconds: f64) -> Self {
        Self {
            duration: self.body() + seconds,
            outro: seconds,
            ..self
        }
    }

    /// When the last scene ends.
    pub(crate) fn body(&self) -> f64 {
        self.spans
            .last()
            .map_or(0.0, |span| span.start + span.duration)
    }

    /// When a title that begins with the video and takes `seconds` is gone: with the first picture, unless that leaves
    /// less than three quarters of its time to read it.
    pub(crate) fn title_end(&self, seconds: f64) -> f64 {
        let first = self.spans.first().map_or(seconds, |span| span.duration);
        if first >= 0.75 * seconds {
            first.min(seconds)
        } else {
            seconds
        }
    }
}

/// The length to aim for without an end card of `outro` seconds, in a video that is to be `total` seconds long.
pub(crate) fn body_target(total: f64, outro: f64) -> f64 {
    if outro > 0.0 {
        (total - outro).max(SHORTEST)
    } else {
        total
    }
}

/// The speaking rate that brings narrations of `spoken` seconds in all (at the natural rate, over `scenes` scenes) to a
/// video of `target` seconds, within [`SPEAKING_RATES`]. 1.0 when the pauses alone can make up the difference.
pub(crate) fn rate_for(spoken: f64, scenes: usize, target: f64) -> f64 {
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
        rate.clamp(SPEAKING_RATES.0, SPEAKING_RATES.1)
    } else {
        1.0
    }
}

/// Lays narrations of `speeches` seconds out, stretching or shrinking the pauses to come as close to `target` as they
/// allow. `whole_frames` rounds a length to what the frame rate can show.
pub(crate) fn pace(
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
    let duration = whole_frames(natural.max(SHORTEST));
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
        spans.push(Span {
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

/// Words to write for a video of `target` seconds with a voice of `words_per_second`, spoken over about `scenes` scenes.
pub(crate) fn words_for(target: f64, scenes: usize, words_per_second: f64) -> usize {
    let silence = LEAD + GAP * scenes.saturating_sub(1) as f64 + TAIL;
    ((target - silence).max(1.0) * words_per_second).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(seconds: f64) -> f64 {
        (seconds * 30.0).round() / 30.0
    }

    proptest! {
        #[test]
        fn scenes_are_in_order_cover_the_video_and_hold_their_speech(
            speeches in prop::collection::vec(0.05f64..60.0, 1..12), target in prop::option::of(3.0f64..600.0),
        ) {
            let pacing = pace(&speeches, target, frames);
            prop_assert!(pacing.duration >= SHORTEST - 1e-9);
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
            let target = body_target(total, outro);
            prop_assert!(target >= SHORTEST && (target + outro >= total - 1e-9));
            let without = pace(&vec![target * 0.85 / scenes as f64; scenes], Some(target), frames);
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
            let rate = rate_for(natural, scenes, target);
            let spoken: Vec<f64> = speeches.iter().map(|s| s / rate).collect();
            let pacing = pace(&spoken, Some(target), frames);
            prop_assert!((pacing.duration - target).abs() < 0.06 * target + 0.2, "{} for {target}", pacing.duration);
        }

        #[test]
        fn rates_are_those_of_a_person(spoken in 0.0f64..1e4, scenes in 0usize..50, target in 0.0f64..1e4) {
            let rate = rate_for(spoken, scenes, target);
            prop_assert!((SPEAKING_RATES.0..=SPEAKING_RATES.1).contains(&rate));
        }
    }
}
