//! Shadows and glows: masks smeared by box blurs.

use super::outline::{Mask, inked};

/// Half the window of a box blur, at most: with it the sum of a window fits in 16 bits. Frames of more than 9,000
/// pixels would ask for more.
const WIDEST: usize = 128;

impl Mask {
    /// The mask moved down by `drop` pixels and smeared by three box blurs, which is close to a Gaussian blur with a
    /// standard deviation of `length / 2`.
    pub(crate) fn blurred(&self, length: f32, drop: i32) -> Self {
        let mut out = Self::new(self.width, self.height);
        for (y, row) in out.data.chunks_exact_mut(self.width.max(1)).enumerate() {
            let from = usize::try_from(y as i32 - drop);
            if let Ok(from) = from
                && from < self.height
            {
                row.copy_from_slice(&self.data[from * self.width..][..self.width]);
            }
        }
        let half = ((length / 2.0).round() as usize).min(WIDEST);
        if half > 0 {
            for _ in 0..3 {
                blur_rows(&mut out, half);
                blur_columns(&mut out, half);
            }
        }
        out
    }
}

/// The mean over `2 * half + 1` pixels of each row; outside of the mask is clear.
fn blur_rows(mask: &mut Mask, half: usize) {
    let scale = reciprocal(half);
    // sums[x] is the sum of everything up to `half` pixels before x. It wraps around; differences do not.
    let mut sums = vec![0_u16; mask.width + 2 * half + 1];
    for row in mask.data.chunks_exact_mut(mask.width.max(1)) {
        if inked(row).is_none() {
            continue;
        }
        let mut sum = 0_u16;
        for (out, &value) in sums[half + 1..].iter_mut().zip(&*row) {
            sum = sum.wrapping_add(u16::from(value));
            *out = sum;
        }
        sums[half + 1 + row.len()..].fill(sum);
        let windows = sums[2 * half + 1..].iter().zip(&sums);
        for (out, (after, before)) in row.iter_mut().zip(windows) {
            *out = mean(after.wrapping_sub(*before), scale);
        }
    }
}

/// The same down the columns, a whole row at a time, which is how memory lies.
fn blur_columns(mask: &mut Mask, half: usize) {
    let (width, height) = (mask.width, mask.height);
    let scale = reciprocal(half);
    let source = mask.data.clone();
    let clear = vec![0; width];
    let row = |y: Option<usize>| match y.filter(|&y| y < height) {
        Some(y) => &source[y * width..(y + 1) * width],
        None => &clear[..],
    };
    let mut sums = vec![0_u16; width];
    for y in 0..half {
        for (sum, &value) in sums.iter_mut().zip(row(Some(y))) {
            *sum += u16::from(value);
        }
    }
    for (y, out) in mask.data.chunks_exact_mut(width.max(1)).enumerate() {
        let (enters, leaves) = (row(Some(y + half)), row(y.checked_sub(half)));
        for (((out, sum), &enters), &leaves) in
            out.iter_mut().zip(&mut sums).zip(enters).zip(leaves)
        {
            *sum += u16::from(enters);
            *out = mean(*sum, scale);
            *sum -= u16::from(leaves);
        }
    }
}

/// `1 / (2 * half + 1)` in 1/65536, rounded up so that the mean of a full window is 255: `255 * n * ceil(65536 / n)` is
/// between `255 << 16` and `256 << 16` for every window `n` up to [`WIDEST`]'s.
const fn reciprocal(half: usize) -> u16 {
    65_536_u32.div_ceil(2 * half as u32 + 1) as u16
}

/// The sum of a window divided by its length. In this form compilers know it as one instruction for eight sums.
const fn mean(sum: u16, reciprocal: u16) -> u8 {
    ((sum as u32 * reciprocal as u32) >> 16) as u16 as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_blur_keeps_the_middle_of_a_large_area_full_and_the_far_outside_clear() {
        let mut mask = Mask::new(120, 120);
        mask.add_rounded([30.0, 30.0, 90.0, 90.0], 4.0);
        let blurred = mask.blurred(9.0, 0);
        assert_eq!(blurred.data[60 * 120 + 60], 255);
        assert_eq!(blurred.data[2 * 120 + 2], 0);
        let edge = blurred.data[60 * 120 + 30];
        assert!((100..160).contains(&edge), "{edge}");
    }

    #[test]
    fn a_full_window_of_any_length_stays_full() {
        for half in 1..=WIDEST {
            let full = 255 * (2 * half as u16 + 1);
            assert_eq!(mean(full, reciprocal(half)), 255, "{half}");
        }
    }

    #[test]
    fn what_drops_is_blurred_below() {
        let mut mask = Mask::new(9, 30);
        mask.data[10 * 9 + 4] = 255;
        let brightest = |mask: &Mask| (0..30).max_by_key(|y| mask.data[y * 9 + 4]);
        assert_eq!(brightest(&mask.blurred(0.0, 5)), Some(15));
        assert_eq!(brightest(&mask.blurred(0.0, -5)), Some(5));
        assert!(mask.blurred(0.0, 99).data.iter().all(|&value| value == 0));
    }

    /// The definition, slowly.
    fn box_mean(values: &[u8], at: usize, half: usize) -> u32 {
        let from = at.saturating_sub(half);
        let sum: u32 = values[from..(at + half + 1).min(values.len())]
            .iter()
            .map(|&value| u32::from(value))
            .sum();
        sum / (2 * half as u32 + 1)
    }

    proptest! {
        #[test]
        fn rows_and_columns_are_means_over_the_window(
            values in prop::collection::vec(any::<u8>(), 1..60), half in 1..=WIDEST,
        ) {
            let mut row = Mask { width: values.len(), height: 1, data: values.clone() };
            let mut column = Mask { width: 1, height: values.len(), data: values.clone() };
            blur_rows(&mut row, half);
            blur_columns(&mut column, half);
            prop_assert_eq!(&row.data, &column.data);
            for (at, &found) in row.data.iter().enumerate() {
                prop_assert!(u32::from(found).abs_diff(box_mean(&values, at, half)) <= 1);
            }
        }
    }
}
