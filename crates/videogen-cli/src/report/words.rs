//! Numbers and names as people read them.

use videogen_types::{Degradation, Overview};

/// A length of time: `0.4 s`, `12 s`, `2 min 5 s`, `1 h 2 min`.
pub(crate) fn seconds(seconds: f64) -> String {
    let seconds = if seconds.is_finite() {
        seconds.max(0.0)
    } else {
        0.0
    };
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// A length of time that is guessed, and by how much it may be wrong where that matters.
pub(crate) fn estimate(time: f64, spread: f64) -> String {
    if spread > 0.1 * time && spread >= 1.0 {
        format!("{}, give or take {}", seconds(time), seconds(spread))
    } else {
        seconds(time)
    }
}

/// What a video will be, in one line.
pub(crate) fn heading(video: &Overview) -> String {
    format!(
        "{}, {} at {} fps, about {}, seed {}",
        video.genre,
        video.size,
        video.fps,
        seconds(video.estimated_seconds),
        video.seed.0
    )
}

/// A step down a ladder.
pub(crate) fn degradation(step: &Degradation) -> String {
    format!(
        "{}: {} instead of {} ({})",
        step.stage.name(),
        step.to,
        step.from,
        step.reason
    )
}

/// `1 video`, `3 videos`.
pub(crate) fn count(n: u32, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_say_how_wrong_they_may_be() {
        assert_eq!(estimate(120.0, 40.0), "2 min 0 s, give or take 40 s");
        assert_eq!(estimate(120.0, 5.0), "2 min 0 s");
        assert_eq!(estimate(0.5, 0.5), "0.5 s");
    }

    #[test]
    fn times_are_short() {
        let all = [0.04, 9.94, 9.96, 59.4, 61.0, 3725.0, f64::NAN, -1.0].map(seconds);
        assert_eq!(
            all,
            [
                "0.0 s",
                "9.9 s",
                "10 s",
                "59 s",
                "1 min 1 s",
                "1 h 2 min",
                "0.0 s",
                "0.0 s"
            ]
        );
    }
}
