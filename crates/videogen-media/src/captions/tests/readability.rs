//! Letters stand out from what is around them, whatever the picture below.

use super::super::*;
use super::captions;

/// Relative luminance (WCAG 2) of an sRGB colour.
fn luminance(color: [f64; 3]) -> f64 {
    let [r, g, b] = color.map(|c| {
        let c = c / 255.0;
        if c <= 0.04045 {
            c / 12.92
        } else {
            ((c + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[test]
fn letters_stand_out_from_their_contour_on_any_picture() {
    let backgrounds: [fn(usize) -> u8; 4] = [
        |_| 255,
        |_| 0,
        |_| 128,
        |at| (at.wrapping_mul(2_654_435_761) >> 7) as u8,
    ];
    for style in CaptionStyle::ALL {
        let captions = captions("Deep beneath", style, (720, 1280));
        let state = CaptionState {
            page: 0,
            word: Some(1),
            step: 0,
        };
        let overlay = captions.draw(state);
        let shade = |at: usize, background: u8| {
            let pixel = &overlay.rgba[at * 4..at * 4 + 4];
            let under = f64::from(background) * f64::from(255 - pixel[3]) / 255.0;
            luminance([0, 1, 2].map(|channel| f64::from(pixel[channel]) + under))
        };
        // The letters alone tell what is fill and what is contour.
        let rect = Area {
            x0: overlay.x as i32,
            y0: overlay.y as i32,
            x1: (overlay.x + overlay.width) as i32,
            y1: (overlay.y + overlay.height) as i32,
        };
        let letters = ink::Ink::new(
            &captions.fonts,
            &captions.layouts[0],
            &movement::pose(style, state),
            &rect,
        )
        .all();
        let near = letters.grown(1.5);
        let ring = letters.grown(if style.panel.is_some() {
            4.0
        } else {
            style.outline.radius * captions.layouts[0].size - 0.6
        });
        let inside = |mask: &outline::Mask, at: usize| mask.data[at] == 255;
        for background in backgrounds {
            let luma = |pick: &dyn Fn(usize) -> bool| -> Vec<f64> {
                (0..letters.data.len())
                    .filter(|&at| pick(at))
                    .map(|at| shade(at, background(at)))
                    .collect()
            };
            let fill = luma(&|at| inside(&letters, at));
            let contour =
                luma(&|at| inside(&ring, at) && near.data[at] > 0 && letters.data[at] == 0);
            assert!(
                fill.len() > 500 && contour.len() > 200,
                "{}: {} {}",
                style.name,
                fill.len(),
                contour.len()
            );
            // The darker of the fills of a light style, and the lighter of a dark one, against the worst of the contour.
            let extremes = |values: &[f64]| {
                values.iter().fold((1.0_f64, 0.0_f64), |(low, high), &v| {
                    (low.min(v), high.max(v))
                })
            };
            let (low, high) = extremes(&fill);
            let (dark, bright) = extremes(&contour);
            let contrast = if low > bright {
                (low + 0.05) / (bright + 0.05)
            } else {
                (dark + 0.05) / (high + 0.05)
            };
            assert!(
                contrast >= f64::from(CAPTION_CONTRAST),
                "{} on {}: {contrast:.2}",
                style.name,
                background(7)
            );
        }
    }
}
