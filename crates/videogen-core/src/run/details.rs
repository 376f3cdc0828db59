//! The small decisions on the way of a video, and what is told of its stages.

use videogen_media::{FrameRate, Loudness, Pacing, pace_scenes};
use videogen_tts::Speech;
use videogen_types::Stage;

use crate::plan::Plan;
use crate::reporter::Reporter;
use crate::stage::voice;

/// When each scene starts, and a warning if the video gets a length that was not asked for.
pub(super) fn schedule_scenes(plan: &Plan, speeches: &[Speech], reporter: &Reporter<'_>) -> Pacing {
    let seconds: Vec<f64> = speeches.iter().map(Speech::duration).collect();
    let pacing = pace_scenes(&seconds, plan.target, |s| whole_frames(plan.rate, s));
    let outro = plan.outro();
    let pacing = if outro > 0.0 {
        pacing.with_outro(whole_frames(plan.rate, outro))
    } else {
        pacing
    };
    if let Some(target) = plan.target.map(|body| body + outro)
        && (pacing.duration - target).abs() > 0.05 * target + 0.5
    {
        let message = format!(
            "the video is {:.1} s long, not {target:.0} s: the text takes that long to say",
            pacing.duration
        );
        reporter.warning(Stage::Voice, message);
    }
    pacing
}

/// A length rounded to frames, but never shorter.
fn whole_frames(rate: FrameRate, seconds: f64) -> f64 {
    rate.time_of((seconds * rate.per_second() - 1e-6).ceil().max(1.0) as u64)
}

/// Whether a soundtrack of this loudness has nothing in it that could be demanded of the video: what speaks and plays in
/// it was listened to before it was mixed, and is silent because it was brought so, or asked for.
pub(super) fn is_as_good_as_silent(loudness: Loudness) -> bool {
    /// Ten above what the check of a video takes for silence, in LUFS: compression changes it by less than one.
    const FAINT: f64 = -40.0;
    loudness.integrated_lufs.is_none_or(|lufs| lufs < FAINT)
}

pub(super) fn voice_detail(narration: &voice::Narration) -> String {
    let seconds: f64 = narration.speeches.iter().map(Speech::duration).sum();
    let voice = narration
        .speeches
        .first()
        .map_or("", |speech| speech.voice.as_str());
    if narration.silent {
        "silent, captions only".to_owned()
    } else {
        format!("{seconds:.1} s by {}, {voice}", narration.speaker)
    }
}
