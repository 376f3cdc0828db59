//! Two channels to one: their mean, or the stronger one where they cancel each other out.

/// The mean of two unlike channels has half the energy of one, that of opposite ones none.
const CANCELLED: f64 = 0.05;

/// What one channel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MonoSource {
    /// The mean of both.
    Mean,
    /// The left one: both cancel each other out, as of a microphone that is wired the wrong way round.
    Left,
    /// The right one, for the same reason.
    Right,
}

impl MonoSource {
    /// Says in words what was taken, where it is not all of it.
    pub(super) fn remark(self) -> Option<&'static str> {
        match self {
            Self::Mean => None,
            Self::Left => Some("its channels cancel each other out: the left one alone is used"),
            Self::Right => Some("its channels cancel each other out: the right one alone is used"),
        }
    }
}

/// The energies of two channels and of their mean, added up as the samples come.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct ChannelEnergy {
    left: f64,
    right: f64,
    mean: f64,
}

impl ChannelEnergy {
    /// Takes the next samples of both.
    pub(super) fn push(&mut self, left: &[f32], right: &[f32]) {
        let square = |sample: f32| f64::from(sample) * f64::from(sample);
        for (left, right) in left.iter().zip(right) {
            self.left += square(*left);
            self.right += square(*right);
            self.mean += square(0.5 * (left + right));
        }
    }

    /// Says what one channel of all these samples is made of.
    pub(super) fn mono(&self) -> MonoSource {
        let stronger = self.left.max(self.right);
        if self.mean < CANCELLED * stronger {
            if self.left >= self.right {
                MonoSource::Left
            } else {
                MonoSource::Right
            }
        } else {
            MonoSource::Mean
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cancels_itself_out_is_told_and_nothing_else_is() {
        let left: Vec<f32> = (0..1000).map(|i| (i as f32 * 0.1).sin()).collect();
        let of = |factor: f32| {
            let right: Vec<f32> = left.iter().map(|sample| factor * sample).collect();
            let mut energy = ChannelEnergy::default();
            // In pieces, as they come.
            for (left, right) in left.chunks(77).zip(right.chunks(77)) {
                energy.push(left, right);
            }
            energy.mono()
        };
        assert_eq!(of(-1.0), MonoSource::Left);
        assert_eq!(of(-0.8), MonoSource::Left);
        assert_eq!(of(-1.2), MonoSource::Right);
        for factor in [1.0, 0.5, 0.0, -0.3] {
            assert_eq!(of(factor), MonoSource::Mean, "{factor}");
            assert_eq!(of(factor).remark(), None);
        }
        assert!(of(-1.2).remark().is_some_and(|text| text.contains("right")));
        assert_eq!(ChannelEnergy::default().mono(), MonoSource::Mean);
    }
}
