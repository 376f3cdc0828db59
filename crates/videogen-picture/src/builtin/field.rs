//! Slow functions evaluated once on a coarse grid and read back smoothly, where the eye cannot tell.

use rayon::prelude::*;

use super::math::{Quick, V2, v2};
use super::noise::{LANES, Points};
use super::stage::View;

/// `N` values on a grid that covers the picture and a margin around it.
#[derive(Debug)]
pub(crate) struct Field<const N: usize> {
    origin: V2,
    per_unit: f32,
    cols: usize,
    rows: usize,
    data: Vec<[f32; N]>,
}

impl<const N: usize> Field<N> {
    /// Evaluates `f` at `per_unit` points per short side, in parallel by rows. Outside the picture it covers `margin`.
    pub(crate) fn bake(
        view: &View,
        margin: f32,
        per_unit: f32,
        f: impl Fn(V2) -> [f32; N] + Sync,
    ) -> Self {
        Self::bake_points(view, margin, per_unit, |points| points.map(&f))
    }

    /// As [`Field::bake`], several points of a row at once. The last of a row may lie beyond it, and their values are left.
    pub(crate) fn bake_points(
        view: &View,
        margin: f32,
        per_unit: f32,
        f: impl Fn(Points) -> [[f32; N]; LANES] + Sync,
    ) -> Self {
        // Finer than the pixels would be work nobody sees.
        let per_unit = per_unit.min(0.8 / view.px).max(8.0);
        let origin = v2(-view.half.x - margin, -view.half.y - margin);
        // Two more on each axis: the spline reads one beyond the last point on each side.
        let cols = ((view.half.x + margin) * 2.0 * per_unit).ceil() as usize + 3;
        let rows = ((view.half.y + margin) * 2.0 * per_unit).ceil() as usize + 3;
        let mut data = vec![[0.0; N]; cols * rows];
        data.par_chunks_mut(cols).enumerate().for_each(|(j, row)| {
            for (n, cells) in row.chunks_mut(LANES).enumerate() {
                let point = |k: usize| {
                    let i = n * LANES + k;
                    origin + v2(i as f32 - 1.0, j as f32 - 1.0) * (1.0 / per_unit)
                };
                let values = f(std::array::from_fn(point));
                cells.copy_from_slice(&values[..cells.len()]);
            }
        });
        Self {
            origin,
            per_unit,
            cols,
            rows,
            data,
        }
    }

    /// The quadratic B-spline through the grid: continuous in its slope, so the grid never shows. Clamped at the rim.
    pub(crate) fn at(&self, p: V2) -> [f32; N] {
        let gx = ((p.x - self.origin.x) * self.per_unit + 1.0).clamp(1.0, (self.cols - 2) as f32);
        let gy = ((p.y - self.origin.y) * self.per_unit + 1.0).clamp(1.0, (self.rows - 2) as f32);
        let (cx, cy) = ((gx + 0.5).quick_floor(), (gy + 0.5).quick_floor());
        let (wx, wy) = (spline(gx - cx), spline(gy - cy));
        let (i, j) = (cx as usize - 1, cy as usize - 1);
        let mut out = [0.0; N];
        for (dj, wy) in wy.into_iter().enumerate() {
            let start = (j + dj) * self.cols + i;
            for (cell, wx) in self.data[start..start + 3].iter().zip(wx) {
                for (o, v) in out.iter_mut().zip(cell) {
                    *o += wx * wy * v;
                }
            }
        }
        out
    }

    /// The line at height `y`, for reading many points of it: as [`Field::at`], with the work across lines done once.
    pub(crate) fn line(&self, y: f32) -> Line<N> {
        let gy = ((y - self.origin.y) * self.per_unit + 1.0).clamp(1.0, (self.rows - 2) as f32);
        let cy = (gy + 0.5).quick_floor();
        let weights = spline(gy - cy);
        let mut cells = vec![[0.0; N]; self.cols];
        let lines = self.data[(cy as usize - 1) * self.cols..].chunks_exact(self.cols);
        for (line, weight) in lines.zip(weights) {
            for (sum, cell) in cells.iter_mut().zip(line) {
                for (sum, value) in sum.iter_mut().zip(cell) {
                    *sum += weight * value;
                }
            }
        }
        Line {
            start: self.origin.x,
            per_unit: self.per_unit,
            cells,
        }
    }

    /// Blurred by a Gaussian of standard deviation `sigma` short sides; beyond the rim the rim repeats.
    pub(crate) fn blurred(&self, sigma: f32) -> Self {
        let s = sigma * self.per_unit;
        let reach = (s * 2.5).ceil() as isize;
        let weights: Vec<f32> = (-reach..=reach)
            .map(|i| (-0.5 * (i as f32 / s).powi(2)).quick_exp())
            .collect();
        let total: f32 = weights.iter().sum();
        let pass = |data: &[[f32; N]], along_x: bool| {
            let mut out = vec![[0.0; N]; data.len()];
            out.par_chunks_mut(self.cols)
                .enumerate()
                .for_each(|(j, row)| {
                    for (i, cell) in row.iter_mut().enumerate() {
                        for (w, d) in weights.iter().zip(-reach..=reach) {
                            let clamped = |at: usize, len: usize| {
                                (at as isize + d).clamp(0, len as isize - 1) as usize
                            };
                            let from = if along_x {
                                data[j * self.cols + clamped(i, self.cols)]
                            } else {
                                data[clamped(j, self.rows) * self.cols + i]
                            };
                            for (o, v) in cell.iter_mut().zip(from) {
                                *o += v * w / total;
                            }
                        }
                    }
                });
            out
        };
        let data = pass(&pass(&self.data, true), false);
        Self { data, ..*self }
    }

    /// `a` parts of this and `b` parts of `other`, which lies on the same grid.
    pub(crate) fn combined(mut self, other: &Self, a: f32, b: f32) -> Self {
        for (cell, o) in self.data.iter_mut().zip(&other.data) {
            for (v, o) in cell.iter_mut().zip(o) {
                *v = *v * a + *o * b;
            }
        }
        self
    }
}

/// One line across a [`Field`].
pub(crate) struct Line<const N: usize> {
    start: f32,
    per_unit: f32,
    cells: Vec<[f32; N]>,
}

impl<const N: usize> Line<N> {
    /// The values at `x`. Clamped at the rim.
    #[inline]
    pub(crate) fn at(&self, x: f32) -> [f32; N] {
        let last = (self.cells.len() - 2) as f32;
        let gx = ((x - self.start) * self.per_unit + 1.0).clamp(1.0, last);
        let cx = (gx + 0.5).quick_floor();
        let near = &self.cells[cx as usize - 1..][..3];
        let mut out = [0.0; N];
        for (cell, weight) in near.iter().zip(spline(gx - cx)) {
            for (sum, value) in out.iter_mut().zip(cell) {
                *sum += weight * value;
            }
        }
        out
    }
}

/// Weights of the three nearest points at offset `t` in -0.5..=0.5 from the middle one.
fn spline(t: f32) -> [f32; 3] {
    [
        0.5 * (0.5 - t) * (0.5 - t),
        0.75 - t * t,
        0.5 * (0.5 + t) * (0.5 + t),
    ]
}

/// A function of x alone (a ridge line, a strand), sampled finely and read back linearly.
#[derive(Debug)]
pub(crate) struct Profile {
    start: f32,
    per_unit: f32,
    ys: Vec<f32>,
}

impl Profile {
    /// Covers the width of the picture and `margin` to both sides at `per_unit` samples per short side.
    pub(crate) fn bake(view: &View, margin: f32, per_unit: f32, f: impl Fn(f32) -> f32) -> Self {
        let per_unit = per_unit.min(4.0 / view.px);
        let start = -view.half.x - margin;
        let count = ((view.half.x + margin) * 2.0 * per_unit).ceil() as usize + 2;
        let ys = (0..count).map(|i| f(start + i as f32 / per_unit)).collect();
        Self {
            start,
            per_unit,
            ys,
        }
    }

    pub(crate) fn at(&self, x: f32) -> f32 {
        let g = ((x - self.start) * self.per_unit).clamp(0.0, (self.ys.len() - 2) as f32);
        let i = (g as usize).min(self.ys.len() - 2);
        self.ys[i] + (self.ys[i + 1] - self.ys[i]) * (g - i as f32)
    }

    /// The slope dy/dx, averaged over `2 * e`.
    pub(crate) fn slope(&self, x: f32, e: f32) -> f32 {
        (self.at(x + e) - self.at(x - e)) / (2.0 * e)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_comes_back_exactly_inside_and_clamped_outside() {
        let view = View::new(90, 160);
        let field = Field::<1>::bake(&view, 0.1, 40.0, |p| [2.0 * p.x - p.y]);
        for (x, y) in [(0.0, 0.0), (0.31, -0.72), (-0.49, 0.88)] {
            let [got] = field.at(v2(x, y));
            assert!((got - (2.0 * x - y)).abs() < 1e-3, "{got} at {x},{y}");
        }
        assert!(field.at(v2(1e9, -1e9))[0].is_finite());
        for (x, y) in [(0.0, 0.0), (0.31, -0.72), (-1e9, 0.88), (0.5, 1e9)] {
            let ([point], [line]) = (field.at(v2(x, y)), field.line(y).at(x));
            assert!((point - line).abs() < 1e-4, "{point} and {line} at {x},{y}");
        }
    }

    #[test]
    fn spline_weights_sum_to_one() {
        for t in [-0.5, -0.2, 0.0, 0.3, 0.5] {
            assert!((spline(t).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
    }
}
