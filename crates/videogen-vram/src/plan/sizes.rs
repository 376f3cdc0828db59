//! Sizes of passes: near an area, of a shape, divisible as the family needs.

use crate::model::FamilyLimits;
use crate::units::Size;

/// The server's largest side of a picture.
pub(super) const MAX_SIDE: u32 = 16_384;

/// A size that is rounded up so that the family can paint it.
pub(super) fn rounded_up(size: Size, limits: &FamilyLimits) -> Size {
    let up = |side: u32| {
        side.clamp(limits.multiple, MAX_SIDE)
            .next_multiple_of(limits.multiple)
    };
    Size::new(up(size.width), up(size.height))
}

/// The size of the shape of `shape` with an area of at most `area`, sides divisible. Within 1 % of the shape wherever
/// sides are not so short that no such size exists; then the nearest.
pub(super) fn of_area(shape: Size, area: f64, limits: &FamilyLimits) -> Size {
    let multiple = limits.multiple;
    let ratio = f64::from(shape.width.max(1)) / f64::from(shape.height.max(1));
    let whole = |side: f64| {
        ((side / f64::from(multiple)).max(1.0) as u32).min(MAX_SIDE / multiple) * multiple
    };
    let widest = whole((area * ratio).sqrt());
    let mut best = (f64::INFINITY, Size::new(multiple, multiple));
    for step in 0..24 {
        let Some(width) = widest.checked_sub(step * multiple).filter(|&w| w > 0) else {
            break;
        };
        let height = whole(f64::from(width) / ratio + f64::from(multiple) / 2.0);
        let size = Size::new(width, height);
        let filled = size.area().get() as f64 / area;
        if filled > 1.0 && height > multiple {
            continue;
        }
        let skew = (f64::from(width) / f64::from(height) / ratio - 1.0).abs();
        // A shape that is off by more than 1 % would have to be cropped; area is given up for it.
        let cost = (1.0 - filled).max(0.0) + skew + if skew > 0.01 { 10.0 } else { 0.0 };
        if cost < best.0 {
            best = (cost, size);
        }
    }
    best.1
}

/// The most a pass from noise may paint, in pixels.
pub(super) fn paint_cap(limits: &FamilyLimits) -> f64 {
    limits.native.get() as f64 * limits.paint
}

/// The most a refining pass may take, in pixels.
pub(super) fn refine_cap(limits: &FamilyLimits) -> f64 {
    limits.native.get() as f64 * limits.refine
}

/// A pass from noise below that part of the native area loses what the family has learnt.
const LEAST_OF_NATIVE: f64 = 0.5;

/// The size of a single pass for a picture of this size; `None` when the family cannot paint that much at once.
pub(super) fn single_pass(output: Size, limits: &FamilyLimits) -> Option<Size> {
    let size = rounded_up(output, limits);
    let area = size.area().get() as f64;
    let least = limits.native.get() as f64 * LEAST_OF_NATIVE;
    if area > paint_cap(limits) {
        None
    } else if area < least {
        Some(of_area(output, least, limits))
    } else {
        Some(size)
    }
}

/// Sizes from the first pass to `last`, no step of which enlarges the sides more than about two times.
pub(super) fn ladder(first: Size, last: Size, limits: &FamilyLimits) -> Vec<Size> {
    let from = first.area().get() as f64;
    let growth = last.area().get() as f64 / from.max(1.0);
    // Area grows four times when the sides double; a little more is what rounding costs.
    let steps = ((growth.ln() / 4.2_f64.ln()).ceil()).clamp(1.0, 8.0) as i32;
    let mut sizes = Vec::with_capacity(steps as usize + 1);
    sizes.push(first);
    for step in 1..steps {
        let area = from * growth.powf(f64::from(step) / f64::from(steps));
        sizes.push(of_area(last, area, limits));
    }
    sizes.push(last);
    sizes
}
