//! What stands out in a picture: where a camera move should lead, and what a crop should keep.
//!
//! Centre-surround contrast in lightness and colour at two scales, with a preference for the middle: the bottom-up part
//! of the saliency model of Itti, Koch and Niebur ("A model of saliency-based visual attention for rapid scene
//! analysis", 1998), on a grid coarse enough to cost a millisecond.

use crate::yuv::{chroma, luma};

/// A place in a picture, as fractions of its width from the left and of its height from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Interest {
    /// `0.0..=1.0` from the left edge.
    pub(crate) x: f64,
    /// `0.0..=1.0` from the upper edge.
    pub(crate) y: f64,
}

impl Interest {
    /// The middle, for pictures in which nothing stands out.
    pub(crate) const CENTRE: Self = Self { x: 0.5, y: 0.5 };
}

/// Cells along the shorter side.
const CELLS: usize = 32;
/// Cells along the longer side, at most.
const CELLS_MAX: usize = 96;
/// Samples of a cell along each side: enough that grain averages out.
const SAMPLES: usize = 5;
/// Radii of the surroundings a cell is compared with, in cells.
const SURROUNDINGS: [usize; 2] = [3, 9];
/// Weight of a difference in colour against one in lightness.
const COLOUR: f32 = 1.5;
/// Standard deviation of the preference for the middle, as a fraction of a side: viewers of photographs look there first
/// (Tatler 2007, "The central fixation bias in scene viewing").
const CENTRE_BIAS: f32 = 0.35;
/// How much the best place must stand out against the mean of all, as a factor; below it nothing does.
const DISTINCT: f32 = 1.6;

/// The place that stands out most in packed 8-bit RGB of `width * height` pixels.
pub(crate) fn interest(width: usize, height: usize, rgb: &[u8]) -> Interest {
    let Some(grid) = Grid::new(width, height) else {
        return Interest::CENTRE;
    };
    let cells: Vec<[f32; 3]> = (0..grid.rows)
        .flat_map(|row| (0..grid.columns).map(move |column| (column, row)))
        .map(|(column, row)| mean_of_cell(grid, (column, row), (width, height), rgb))
        .collect();
    let mut salience = vec![0.0f32; cells.len()];
    for radius in SURROUNDINGS {
        let around: [Vec<f32>; 3] = std::array::from_fn(|c| {
            let channel: Vec<f32> = cells.iter().map(|cell| cell[c]).collect();
            grid.blurred(&channel, radius)
        });
        for (at, value) in salience.iter_mut().enumerate() {
            let difference = |c: usize| cells[at][c] - around[c][at];
            *value += difference(0).abs() + COLOUR * difference(1).hypot(difference(2));
        }
    }
    let salience = grid.blurred(&grid.blurred(&salience, 1), 1);
    let salience: Vec<f32> = (0..salience.len())
        .map(|at| salience[at] * grid.centre_bias(at))
        .collect();
    let (best, most) = salience
        .iter()
        .copied()
        .enumerate()
        .fold((0, f32::MIN), |a, b| if b.1 > a.1 { b } else { a });
    let mean = salience.iter().sum::<f32>() / salience.len() as f32;
    // Limited-range luma steps: below one, it is rounding.
    if most < 1.0 || most < DISTINCT * mean {
        return Interest::CENTRE;
    }
    grid.centroid(&salience, best)
}

/// How a picture is divided.
#[derive(Debug, Clone, Copy)]
struct Grid {
    columns: usize,
    rows: usize,
}

impl Grid {
    fn new(width: usize, height: usize) -> Option<Self> {
        let short = width.min(height);
        if short < CELLS {
            return None;
        }
        let cells = |side: usize| (side * CELLS / short).min(CELLS_MAX);
        Some(Self {
            columns: cells(width),
            rows: cells(height),
        })
    }

    /// The mean of the square of cells around each cell, cut off at the border.
    fn blurred(self, values: &[f32], radius: usize) -> Vec<f32> {
        // Sums of all cells above and to the left, in double precision: differences of large sums are taken.
        let stride = self.columns + 1;
        let mut sums = vec![0.0f64; stride * (self.rows + 1)];
        for row in 0..self.rows {
            let mut line = 0.0;
            for column in 0..self.columns {
                line += f64::from(values[row * self.columns + column]);
                sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + line;
            }
        }
        let span =
            |at: usize, cells: usize| (at.saturating_sub(radius), (at + radius + 1).min(cells));
        let mean = |at: usize| {
            let (left, right) = span(at % self.columns, self.columns);
            let (top, bottom) = span(at / self.columns, self.rows);
            let sum = sums[bottom * stride + right] + sums[top * stride + left]
                - sums[top * stride + right]
                - sums[bottom * stride + left];
            (sum / ((right - left) * (bottom - top)) as f64) as f32
        };
        (0..values.len()).map(mean).collect()
    }

    fn centre_bias(self, at: usize) -> f32 {
        let offset = |at: usize, cells: usize| (at as f32 + 0.5) / cells as f32 - 0.5;
        let (x, y) = (
            offset(at % self.columns, self.columns),
            offset(at / self.columns, self.rows),
        );
        (-(x * x + y * y) / (2.0 * CENTRE_BIAS * CENTRE_BIAS)).exp()
    }

    /// The middle of what is salient around the best cell.
    fn centroid(self, salience: &[f32], best: usize) -> Interest {
        let reach = SURROUNDINGS[0] as isize;
        let (column, row) = (
            (best % self.columns) as isize,
            (best / self.columns) as isize,
        );
        let (mut mass, mut x, mut y) = (0.0f64, 0.0, 0.0);
        for r in (row - reach).max(0)..=(row + reach).min(self.rows as isize - 1) {
            for c in (column - reach).max(0)..=(column + reach).min(self.columns as isize - 1) {
                let weight = f64::from(salience[r as usize * self.columns + c as usize]).powi(2);
                mass += weight;
                x += weight * (c as f64 + 0.5);
                y += weight * (r as f64 + 0.5);
            }
        }
        Interest {
            x: x / mass / self.columns as f64,
            y: y / mass / self.rows as f64,
        }
    }
}

/// Lightness and the two colour differences of a cell.
fn mean_of_cell(
    grid: Grid,
    (column, row): (usize, usize),
    (width, height): (usize, usize),
    rgb: &[u8],
) -> [f32; 3] {
    let at = |cell: usize, cells: usize, sample: usize, side: usize| {
        ((cell * SAMPLES + sample) * side + side / 2) / (cells * SAMPLES)
    };
    let mut sum = [0.0f32; 3];
    for sample in 0..SAMPLES * SAMPLES {
        let x = at(column, grid.columns, sample % SAMPLES, width).min(width - 1);
        let y = at(row, grid.rows, sample / SAMPLES, height).min(height - 1);
        for (sum, value) in sum.iter_mut().zip(&rgb[(y * width + x) * 3..][..3]) {
            *sum += f32::from(*value);
        }
    }
    let [r, g, b] = sum.map(|sum| sum / (SAMPLES * SAMPLES) as f32);
    let (blue, red) = chroma(r, g, b);
    [luma(r, g, b), blue, red]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A sky-like gradient with grain and a disc of another colour.
    fn picture(width: usize, height: usize, disc: (f64, f64), colour: [u8; 3]) -> Vec<u8> {
        let mut state = 7u32;
        let radius = 0.09 * width.min(height) as f64;
        (0..width * height)
            .flat_map(|i| {
                let (x, y) = ((i % width) as f64, (i / width) as f64);
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let grain = (state >> 28) as u8;
                let near = (x - disc.0 * width as f64).hypot(y - disc.1 * height as f64) < radius;
                let sky = (60.0 + 80.0 * y / height as f64) as u8;
                if near {
                    colour.map(|c| c.saturating_add(grain))
                } else {
                    [sky + grain, sky + grain, sky + 40]
                }
            })
            .collect()
    }

    #[test]
    fn a_thing_of_another_colour_is_found_wherever_it_is() {
        for disc in [
            (0.5, 0.5),
            (0.25, 0.3),
            (0.75, 0.4),
            (0.3, 0.75),
            (0.7, 0.7),
        ] {
            for colour in [[230, 220, 200], [200, 40, 30], [10, 10, 12]] {
                for (width, height) in [(180, 320), (320, 180), (200, 200)] {
                    let found = interest(width, height, &picture(width, height, disc, colour));
                    let off = (found.x - disc.0).hypot(found.y - disc.1);
                    assert!(off < 0.07, "{disc:?} {colour:?}: found at {found:?}");
                }
            }
        }
    }

    #[test]
    fn where_nothing_stands_out_the_middle_is_taken() {
        assert_eq!(interest(64, 64, &[90; 64 * 64 * 3]), Interest::CENTRE);
        assert_eq!(interest(8, 400, &[90; 8 * 400 * 3]), Interest::CENTRE);
    }

    proptest! {
        #[test]
        fn it_is_always_inside(
            width in 1usize..120, height in 1usize..120, bytes in prop::collection::vec(any::<u8>(), 1..64),
        ) {
            let rgb: Vec<u8> = bytes.iter().copied().cycle().take(width * height * 3).collect();
            let found = interest(width, height, &rgb);
            prop_assert!((0.0..=1.0).contains(&found.x) && (0.0..=1.0).contains(&found.y), "{:?}", found);
        }
    }
}
