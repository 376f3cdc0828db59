use super::*;
use proptest::prelude::*;

/// Every way letters of a style meet what is around them on a picture of one colour.
fn measured(style: &CaptionStyle, picture: [f32; 3]) -> f32 {
    let panel = style.panel.map_or(picture, |panel| {
        over(fractions(panel.color), panel.opacity, picture)
    });
    let mut below = vec![panel];
    for part in 1..=4 {
        let opacity = style.shadow.opacity * part as f32 / 4.0;
        below.push(over(fractions(style.shadow.color), opacity, panel));
    }
    let mut letters = vec![(style.fill, 1.0)];
    match style.highlight {
        CaptionHighlight::Dim(opacity) => letters.push((style.fill, opacity)),
        CaptionHighlight::Box(color) => below.push(fractions(color)),
        CaptionHighlight::Color(color) | CaptionHighlight::Grow { color, .. } => {
            letters.push((color, 1.0));
        }
        CaptionHighlight::Glow(color) => {
            letters.push((color, 1.0));
            below.push(over(fractions(color), style.shadow.opacity, panel));
        }
    }
    let mut least = f32::INFINITY;
    for below in below {
        let around = over(fractions(style.outline.color), style.outline.opacity, below);
        for &(color, opacity) in &letters {
            let letter = over(fractions(color), opacity, around);
            least = least.min(ratio(luminance(letter), luminance(around)));
        }
    }
    if style.panel.is_some() {
        for &(color, _) in &letters {
            least = least.min(ratio(luminance(fractions(color)), luminance(panel)));
        }
    }
    least
}

#[test]
fn the_scale_is_that_of_the_guidelines() {
    let of = |a: Rgb, b: Rgb| ratio(luminance(fractions(a)), luminance(fractions(b)));
    assert!((of([255; 3], [0; 3]) - 21.0).abs() < 1e-4);
    assert!((of([0; 3], [0; 3]) - 1.0).abs() < 1e-6);
    // The grey that is known as the lightest one readable on white.
    assert!((of([118; 3], [255; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn an_easy_picture_leaves_a_style_as_it_was_designed() {
    let easy = |style: &CaptionStyle| CaptionBackdrop {
        darkest: if style.fill[0] < 128 { 1.0 } else { 0.0 },
        lightest: if style.fill[0] < 128 { 1.0 } else { 0.0 },
    };
    for style in CaptionStyle::ALL {
        assert_eq!(style.over(easy(style)), *style, "{}", style.name);
    }
}

#[test]
fn a_hard_picture_makes_delicate_styles_stronger() {
    for name in ["clean", "news"] {
        let style = CaptionStyle::by_name(name).expect("a style of that name");
        assert_ne!(style.over(CaptionBackdrop::UNKNOWN), style, "{name}");
    }
}

#[test]
fn cells_find_a_lamp_and_overlook_noise() {
    let (width, height) = (400, 100);
    let region = FrameRegion {
        x: 0,
        y: 0,
        width: 400,
        height: 100,
    };
    let mut noise: Vec<u8> = (0..width * height)
        .map(|at| if (at + at / width) % 2 == 0 { 16 } else { 235 })
        .collect();
    let seen = CaptionBackdrop::of_luma(&noise, width, region);
    assert!(seen.darkest > 0.45 && seen.lightest < 0.55, "{seen:?}");
    for y in 40..56 {
        noise[y * width + 160..y * width + 176].fill(235);
    }
    assert!(CaptionBackdrop::of_luma(&noise, width, region).lightest > 0.99);
}

#[test]
fn a_region_is_cut_to_the_plane() {
    let mut luma = vec![16; 20 * 10];
    luma[9 * 20 + 19] = 235;
    let at = |x, y, width, height| {
        CaptionBackdrop::of_luma(
            &luma,
            20,
            FrameRegion {
                x,
                y,
                width,
                height,
            },
        )
    };
    assert!((at(19, 9, 500, 500).darkest - 1.0).abs() < 1e-6);
    assert!(at(0, 0, 8, 8).lightest < 1e-6);
    for nothing in [at(20, 0, 4, 4), at(0, 10, 4, 4), at(0, 0, 0, 0)] {
        assert_eq!(nothing, CaptionBackdrop::UNKNOWN);
    }
    assert_eq!(
        CaptionBackdrop::of_luma(
            &[],
            0,
            FrameRegion {
                x: u32::MAX,
                y: u32::MAX,
                width: u32::MAX,
                height: u32::MAX
            }
        ),
        CaptionBackdrop::UNKNOWN
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_style_is_readable_on_every_picture(number in 0..CaptionStyle::ALL.len(), picture: [u8; 3], other in 0.0..=1.0_f32) {
        let color = fractions(picture);
        let luma = luma_of(color);
        let backdrop = CaptionBackdrop { darkest: luma.min(other), lightest: luma.max(other) };
        let style = CaptionStyle::ALL[number].over(backdrop);
        let contrast = measured(&style, color);
        prop_assert!(contrast >= CAPTION_CONTRAST, "{} on {picture:?}: {contrast}", style.name);
    }

    #[test]
    fn a_style_is_never_weaker_than_designed_and_never_stronger_on_an_easier_picture(
        number in 0..CaptionStyle::ALL.len(), mut sides in [0.0..=1.0_f32, 0.0..=1.0_f32, 0.0..=1.0_f32, 0.0..=1.0_f32],
    ) {
        sides.sort_by(f32::total_cmp);
        let designed = CaptionStyle::ALL[number];
        let hard = designed.over(CaptionBackdrop { darkest: sides[0], lightest: sides[3] });
        let easy = designed.over(CaptionBackdrop { darkest: sides[1], lightest: sides[2] });
        let strength = |style: &CaptionStyle| style.panel.map_or(style.outline.opacity, |panel| panel.opacity);
        prop_assert!(strength(&designed) <= strength(&easy));
        prop_assert!(strength(&easy) <= strength(&hard) + 0.01);
        prop_assert!(strength(&hard) <= 1.0);
    }
}
