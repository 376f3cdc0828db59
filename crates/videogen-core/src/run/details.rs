//! The small decisions on the way of a video, and what is told of its stages.

use videogen_media::Pacing;
use videogen_tts::Speech;
use videogen_types::Stage;

use crate::reporter::Reporter;
use crate::stage::voice;
use crate::video_plan::VideoPlan;

/// When each scene starts, and a warning if the video gets a length that was not asked for.
pub(super) fn schedule_scenes(
    plan: &VideoPlan,
    speeches: &[Speech],
    reporter: &Reporter,
) -> Pacing {
    let seconds: Vec<f64> = speeches.iter().map(Speech::duration).collect();
    let outro = plan.render.outro();
    let pacing = Pacing::of_scenes(&seconds, plan.voice.target, outro, plan.render.rate);
    if let Some(target) = plan.voice.target.map(|body| body + outro)
        && (pacing.duration - target).abs() > 0.05 * target + 0.5
    {
        let why = match plan.voice.recording {
            None => "the text takes that long to say",
            Some(_) => "the recording takes that long",
        };
        let seconds = pacing.duration;
        let message = format!("the video is {seconds:.1} s long, not {target:.0} s: {why}");
        reporter.warning(Stage::Voice, message);
    }
    pacing
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
