//! Everything drawn is inside the zone, whatever the words, the style and the frame.

use proptest::prelude::*;

use super::super::*;
use super::{SAMPLES, captions, states};

const FRAMES: [(u32, u32); 6] = [
    (720, 1280),
    (1280, 720),
    (1080, 1080),
    (1080, 1350),
    (512, 768),
    (64, 36),
];

pub(super) fn assert_inside(overlay: &Overlay, frame: (u32, u32)) {
    let area = SafeZone::for_frame(frame.0, frame.1).area(frame);
    let Overlay {
        x,
        y,
        width,
        height,
        ref rgba,
    } = *overlay;
    assert!(
        [x, y, width, height].iter().all(|value| value % 2 == 0) && width > 0 && height > 0,
        "{x} {y} {width} {height}"
    );
    assert!(
        x as i32 >= area.x0 && (x + width) as i32 <= area.x1,
        "{x}+{width} in {area:?}"
    );
    assert!(
        y as i32 >= area.y0 && (y + height) as i32 <= area.y1,
        "{y}+{height} in {area:?}"
    );
    assert_eq!(rgba.len(), (width * height * 4) as usize);
    assert!(
        rgba.chunks_exact(4)
            .all(|p| p[..3].iter().all(|&c| c <= p[3])),
        "premultiplied"
    );
}

#[test]
fn every_style_stays_inside_the_zone_of_every_frame() {
    for frame in FRAMES {
        for style in CaptionStyle::ALL {
            for sample in [SAMPLES[0], SAMPLES[5]] {
                let captions = captions(sample, style, frame);
                for page in 0..captions.pages.len() {
                    for state in states(&captions, page) {
                        assert_inside(&captions.draw(state), frame);
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_is_cut_off_in_usual_frames() {
    for frame in &FRAMES[..5] {
        for (number, style) in CaptionStyle::ALL.iter().enumerate() {
            for sample in SAMPLES.into_iter().skip(number % 2).step_by(2) {
                let captions = captions(sample, style, *frame);
                for page in 0..captions.pages.len() {
                    for state in states(&captions, page) {
                        let overlay = captions.draw(state);
                        let row = (overlay.width * 4) as usize;
                        let last = overlay.rgba.len() - row;
                        let edges = overlay.rgba[..row]
                            .chunks_exact(4)
                            .chain(overlay.rgba[last..].chunks_exact(4));
                        let sides = overlay
                            .rgba
                            .chunks_exact(row)
                            .flat_map(|line| [&line[..4], &line[row - 4..]]);
                        for pixel in edges.chain(sides) {
                            assert!(
                                pixel[3] < 40,
                                "{} {frame:?} {sample}: {pixel:?} at the edge",
                                style.name
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_word_without_end_is_paged() {
    for text in ["x".repeat(10_000), "字".repeat(10_000)] {
        let fonts = Fonts::for_text([text.as_str()].into_iter(), &[]).unwrap();
        let words = [CaptionWord {
            text,
            start: 0.0,
            end: 600.0,
            space_before: true,
        }];
        let captions = Captions::new(
            CaptionText::new(&words, "en"),
            CaptionMode::Karaoke,
            &CaptionStyle::default(),
            (720, 1280),
            SafeZone::for_frame(9, 16),
            &fonts,
        )
        .unwrap();
        assert!(captions.pages.len() > 100);
        assert!(
            captions
                .layouts
                .iter()
                .all(|layout| layout.lines.len() <= LINES)
        );
        assert_inside(
            &captions.draw(captions.state_at(300.0).unwrap()),
            (720, 1280),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_words_are_drawn_inside_the_frame(
        texts in prop::collection::vec(prop_oneof!["\\PC{0,24}", "[a-z]{1,40}", "[\u{5d0}-\u{5ea}a-z(.0-9]{1,9}", "(e\u{301}{0,40}){1,3}"], 0..12),
        spaces in prop::collection::vec(prop::bool::ANY, 12),
        width in 8_u32..500, height in 8_u32..500, style in 0..CaptionStyle::ALL.len(), line: bool,
    ) {
        let frame = (width * 2, height * 2);
        let fonts = Fonts::bundled();
        let words: Vec<_> = texts.iter().enumerate().map(|(n, text)| {
            CaptionWord { text: text.clone(), start: n as f64 * 0.3, end: n as f64 * 0.3 + 0.3, space_before: spaces[n] }
        }).collect();
        let mode = if line { CaptionMode::Line } else { CaptionMode::Karaoke };
        let zone = SafeZone::for_frame(frame.0, frame.1);
        let captions = Captions::new(CaptionText::new(&words, "en"), mode, &CaptionStyle::ALL[style], frame, zone, &fonts).unwrap();
        for page in 0..captions.pages.len() {
            assert_inside(&captions.draw(CaptionState { page, word: Some(0), step: 0 }), frame);
        }
        for pair in captions.pages.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start + 1e-9 && pair[0].start < pair[0].end);
        }
    }
}
