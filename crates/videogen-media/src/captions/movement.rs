//! Movements: a page comes in, the spoken word pops. Each has a few steps, which are drawn once each; a state with its
//! step is still a function of time alone.

use super::CaptionState;
use super::ink::Pose;
use super::style::{CaptionHighlight, CaptionStyle};

/// The steps of a page that comes in: until when, in seconds after it appears, and how much is missing of its size, as
/// a fraction of what is missing at first. Three frames at 30 fps.
const ENTRANCE: [(f64, f32); 3] = [(0.03, 1.0), (0.06, 0.4), (0.09, 0.1)];

/// The steps of a word that pops: until when, in seconds after it begins, and how far it has grown, as a fraction of
/// how far it grows in the end. Up fast, past it, and back: what animators call overshoot.
const POP: [(f64, f32); 5] = [
    (0.025, 0.6),
    (0.055, 1.3),
    (0.085, OVERSHOOT),
    (0.115, 1.4),
    (0.140, 1.15),
];

/// The most a word has grown while it pops, as a fraction of how far it grows in the end.
pub(crate) const OVERSHOOT: f32 = 1.7;

/// The step that the time since the page appeared and since the marked word began fall into; 0 at rest.
pub(crate) fn step(style: &CaptionStyle, page_for: f64, word_for: Option<f64>) -> u8 {
    let find = |steps: &[(f64, f32)], time: f64| steps.iter().position(|step| time < step.0);
    let mut entered = 0.0;
    if style.entrance < 1.0 {
        if let Some(at) = find(&ENTRANCE, page_for) {
            return 1 + at as u8;
        }
        entered = ENTRANCE[ENTRANCE.len() - 1].0;
    }
    match (style.highlight, word_for) {
        // A word that was there while its page came in pops afterwards.
        (CaptionHighlight::Grow { .. }, Some(word_for)) => {
            find(&POP, word_for.min(page_for - entered))
                .map_or(0, |at| (1 + ENTRANCE.len() + at) as u8)
        }
        _ => 0,
    }
}

/// How the letters stand in a state.
pub(crate) fn pose(style: &CaptionStyle, state: CaptionState) -> Pose {
    let grown = match style.highlight {
        CaptionHighlight::Grow { factor, .. } => factor - 1.0,
        _ => 0.0,
    };
    let step = usize::from(state.step);
    let entering = step.checked_sub(1).and_then(|at| ENTRANCE.get(at));
    let popping = step
        .checked_sub(1 + ENTRANCE.len())
        .and_then(|at| POP.get(at));
    let grown = match (entering, popping) {
        (Some(_), _) => 0.0,
        (_, Some((_, part))) => grown * part,
        _ => grown,
    };
    Pose {
        marked: state.word,
        growth: 1.0 + grown,
        peak: style.growth(),
        scale: 1.0 - (1.0 - style.entrance) * entering.map_or(0.0, |step| step.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(name: &str) -> CaptionStyle {
        CaptionStyle::by_name(name).expect("a style of that name")
    }

    fn poses(style: &CaptionStyle, page_for: f64) -> Vec<(f32, f32)> {
        let mut seen = Vec::new();
        for ms in 0..400 {
            let time = f64::from(ms) / 1000.0;
            let state = CaptionState {
                page: 0,
                word: Some(0),
                step: step(style, page_for + time, Some(time)),
            };
            let pose = pose(style, state);
            if seen.last() != Some(&(pose.scale, pose.growth)) {
                seen.push((pose.scale, pose.growth));
            }
        }
        seen
    }

    #[test]
    fn a_word_pops_past_its_size_and_settles() {
        let pop = style("pop");
        let growths: Vec<f32> = poses(&pop, 1.0).iter().map(|pose| pose.1).collect();
        assert_eq!(growths.len(), POP.len() + 1);
        let highest = growths.iter().copied().fold(0.0, f32::max);
        assert!((highest - pop.growth()).abs() < 1e-6);
        let CaptionHighlight::Grow { factor, .. } = pop.highlight else {
            panic!("pop grows its word");
        };
        assert!(growths[0] > 1.0 && growths[0] < factor && highest > factor);
        assert_eq!(growths.last(), Some(&factor));
    }

    #[test]
    fn a_page_comes_in_first_and_its_word_pops_afterwards() {
        let poses = poses(&style("pop"), 0.0);
        assert_eq!(poses.len(), ENTRANCE.len() + POP.len() + 1);
        assert!(poses.is_sorted_by(|a, b| a.0 <= b.0));
        assert!(poses[..ENTRANCE.len()].iter().all(|pose| pose.1 <= 1.0));
        assert!(poses[ENTRANCE.len()..].iter().all(|pose| pose.0 >= 1.0));
    }

    #[test]
    fn other_styles_stand_still() {
        for style in CaptionStyle::ALL.iter().filter(|style| style.name != "pop") {
            assert_eq!(poses(style, 0.0), [(1.0, 1.0)], "{}", style.name);
        }
    }

    #[test]
    fn a_step_that_there_is_not_is_rest() {
        let pop = style("pop");
        let at = |step| {
            let state = CaptionState {
                page: 0,
                word: Some(0),
                step,
            };
            let pose = pose(&pop, state);
            (pose.scale, pose.growth)
        };
        assert_eq!(at(0), at(200));
    }
}
