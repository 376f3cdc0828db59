//! How many words a script has for a video of a certain length.

use videogen_types::{GAP_SECONDS, LEAD_SECONDS, TAIL_SECONDS};

use crate::builtin::scene_count;

/// The least and the most words of a script.
const RANGE: (usize, usize) = (6, 2000);

/// Returns how many words a voice that says `words_per_second` says in a video of `seconds`, with the pauses between
/// `scenes`; where nobody asked for a number of them, as many as the words need. It is 6 to 2000.
pub fn words_for(seconds: f64, scenes: Option<usize>, words_per_second: f64) -> usize {
    let words = |scenes: usize| {
        let silence = LEAD_SECONDS + GAP_SECONDS * scenes.saturating_sub(1) as f64 + TAIL_SECONDS;
        let words = ((seconds - silence).max(1.0) * words_per_second).round() as usize;
        words.clamp(RANGE.0, RANGE.1)
    };
    words(scenes.unwrap_or_else(|| scene_count(words(3))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_time_gives_more_words_and_more_scenes_fewer() {
        assert_eq!(words_for(30.0, Some(3), 2.6), 71);
        assert!(words_for(60.0, None, 2.6) > words_for(30.0, None, 2.6));
        assert!(words_for(30.0, Some(8), 2.6) < words_for(30.0, Some(2), 2.6));
        assert_eq!(words_for(1.0, Some(1), 2.6), 6);
        assert_eq!(words_for(1e9, None, 2.6), 2000);
    }
}
