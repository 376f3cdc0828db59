//! How what was painted became as large as what was asked for.

use videogen_types::{Enlarged, FrameSize};
use videogen_vram::{EnlargeMethod, MAX_RESAMPLE_FACTOR, PaintPlan};

/// What plain resampling is called.
const RESAMPLING: &str = "resampling";

/// By plain resampling alone.
pub(super) fn resampled(times: f64) -> Enlarged {
    // Two digits are what a person can use.
    let times = (times * 100.0).round() / 100.0;
    Enlarged {
        times,
        resampled: times,
        by: RESAMPLING.to_owned(),
    }
}

/// Whether that is less than was promised.
pub fn is_stretched(enlarged: &Enlarged) -> bool {
    enlarged.resampled > MAX_RESAMPLE_FACTOR
}

/// As a plan says it of a picture for this frame, which may be larger than the picture that was asked for; `None`
/// where what is painted is as large.
pub(super) fn enlarged(plan: &PaintPlan, frame: FrameSize) -> Option<Enlarged> {
    let painted = plan.painted?;
    let times = |to: u32, from: u32| f64::from(to) / f64::from(from.max(1));
    let (width, height) = (frame.width(), frame.height());
    let more = times(width, plan.output.width).max(times(height, plan.output.height));
    // Two digits are what a person can use.
    let rounded = |times: f64| (times * more.max(1.0) * 100.0).round() / 100.0;
    let total = rounded(painted.enlarged);
    (total > 1.0).then(|| Enlarged {
        times: total,
        resampled: rounded(painted.resampled),
        by: match &plan.finish {
            Some(EnlargeMethod::Model { name, .. }) => name.clone(),
            _ => RESAMPLING.to_owned(),
        },
    })
}
