//! The two passes in plain code: what every other version must equal, bit for bit.

use super::kernel::Column;

/// Filters one row across: 7 fractional bits, saturating where a signed 16-bit sum would overflow.
pub(super) fn across(line: &[u8], columns: &[Column], out: &mut [i16]) {
    for (out, column) in out.iter_mut().zip(columns) {
        let samples: &[u8; 4] = line[column.first as usize..][..4]
            .try_into()
            .expect("four were taken");
        let product = |k: usize| i32::from(samples[k]) * i32::from(column.weights[k]);
        let pair = |a: i32, b: i32| (a + b).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
        *out = pair(product(0), product(1)).saturating_add(pair(product(2), product(3)));
    }
}

/// Filters four rows down and rounds to whole samples.
pub(super) fn down(rows: [&[i16]; 4], weights: [i16; 4], out: &mut [u8]) {
    // The product's high half, rounded: 15 fractional bits fall away.
    let scaled = |a: i16, w: i16| ((((i32::from(a) * i32::from(w)) >> 14) + 1) >> 1) as i16;
    let [a, b, c, d] = rows;
    for (i, out) in out.iter_mut().enumerate() {
        // In pairs whose weights sum to 0..=1: only what is brighter than white saturates.
        let first = scaled(a[i], weights[0]).saturating_add(scaled(b[i], weights[1]));
        let second = scaled(c[i], weights[2]).saturating_add(scaled(d[i], weights[3]));
        let sum = first.saturating_add(second).saturating_add(1 << 6);
        *out = (sum >> 7).clamp(0, 255) as u8;
    }
}
