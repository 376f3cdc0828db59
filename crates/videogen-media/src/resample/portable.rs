//! The two passes in plain code: what every other version must equal, bit for bit.

use super::kernel::Column;

/// Filters four rows down to one.
pub(super) fn down(rows: [&[u8]; 4], weights: [i8; 4], out: &mut [u8]) {
    let [a, b, c, d] = rows;
    for (i, out) in out.iter_mut().enumerate() {
        *out = weighed([a[i], b[i], c[i], d[i]], weights);
    }
}

/// Filters a row across.
pub(super) fn across(line: &[u8], columns: &[Column], out: &mut [u8]) {
    for (out, column) in out.iter_mut().zip(columns) {
        let samples: &[u8; 4] = line[column.first as usize..][..4]
            .try_into()
            .expect("four were taken");
        *out = weighed(*samples, column.weights);
    }
}

/// Four samples by weights in 128ths, rounded. Sums saturate where signed 16 bits would overflow, which only what is
/// brighter than white does.
fn weighed(samples: [u8; 4], weights: [i8; 4]) -> u8 {
    let product = |k: usize| i32::from(samples[k]) * i32::from(weights[k]);
    let pair = |a: i32, b: i32| (a + b).clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
    let sum = pair(product(0), product(1)).saturating_add(pair(product(2), product(3)));
    ((i32::from(sum) + (1 << 6)) >> 7).clamp(0, 255) as u8
}
