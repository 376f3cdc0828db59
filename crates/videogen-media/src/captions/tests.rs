//! Laws of captions as a whole: coverage of times, places inside the zone, readability, stable bytes.

use std::collections::BTreeSet;
use std::sync::OnceLock;

mod hostile;
mod places;
mod readability;

use super::*;

const SAMPLES: [&str; 10] = [
    "Deep beneath the glittering waves, jellyfish glow.",
    "Глубоко под водой медузы светятся ярче звёзд.",
    "深海之中，水母会发出神秘的光芒。没有人知道为什么“它们”会发光！",
    "深い海の底で、クラゲは不思議な光を放つ。",
    "깊은 바다 속에서 해파리는 빛을 냅니다.",
    "في أعماق البحر (تضيء) قناديل البحر، مع TikTok 2026.",
    "עמוק מתחת לגלים מדוזות זוהרות.",
    "समुद्र की गहराई में जेलीफ़िश चमकती हैं। श्रृंखला",
    "ลึกลงไป ใต้ทะเล แมงกะพรุน เรืองแสง",
    "Party 🎉 with 👩‍🚀 and 🇯🇵 flags ❤️ 1️⃣ {\\fs500} %{pts} <b>",
];

fn spoken(text: &str) -> Vec<CaptionWord> {
    text.split(' ')
        .enumerate()
        .map(|(n, word)| CaptionWord {
            text: word.into(),
            start: n as f64 * 0.4,
            end: n as f64 * 0.4 + 0.38,
            space_before: true,
        })
        .collect()
}

/// Faces for all samples, looked for once.
fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| Fonts::for_text(SAMPLES.into_iter(), &[]).expect("no directories given"))
}

fn captions(text: &str, style: &CaptionStyle, frame: (u32, u32)) -> Captions {
    Captions::new(
        CaptionText::new(&spoken(text), "en"),
        CaptionMode::Karaoke,
        style,
        frame,
        SafeZone::for_frame(frame.0, frame.1),
        fonts(),
    )
    .unwrap()
}

/// Every state of a page: nothing marked, and each word.
fn states(captions: &Captions, page: usize) -> impl Iterator<Item = CaptionState> {
    let words = captions.pages[page].words.len();
    std::iter::once(None)
        .chain((0..words).map(Some))
        .map(move |word| CaptionState {
            page,
            word,
            step: 0,
        })
}

#[test]
fn every_language_has_real_glyphs() {
    for sample in SAMPLES {
        let captions = captions(sample, &CaptionStyle::default(), (720, 1280));
        assert_eq!(
            captions.fonts.missing(sample),
            Vec::<char>::new(),
            "{sample}"
        );
        for layout in &captions.layouts {
            assert!(!layout.glyphs.is_empty(), "{sample}");
            assert!(
                layout.glyphs.iter().all(|glyph| glyph.id != 0),
                "{sample}: a glyph is .notdef"
            );
        }
    }
}

/// In the letters' colour or in grey they would be found here.
#[test]
fn emoji_have_colours_of_their_own() {
    let fonts = Fonts::for_text(["🍎🥦"].into_iter(), &[]).expect("no directories given");
    for (emoji, strongest) in [("🍎", 0), ("🥦", 1)] {
        let zone = SafeZone::for_frame(720, 1280);
        let drawn = draw_title(emoji, "en", (720, 1280), zone, &fonts).unwrap();
        let (pixels, _) = drawn.rgba.as_chunks::<4>();
        let coloured = pixels.iter().filter(|pixel| {
            let others = (0..3).filter(|channel| *channel != strongest);
            let next = others.map(|channel| pixel[channel]).max().unwrap();
            pixel[3] == 255 && pixel[strongest] > next.saturating_add(40)
        });
        let (coloured, drawn) = (
            coloured.count(),
            pixels.iter().filter(|p| p[3] == 255).count(),
        );
        assert!(coloured * 3 > drawn, "{emoji}: {coloured} of {drawn}");
    }
}

#[test]
fn each_word_is_marked_while_it_is_spoken() {
    for sample in SAMPLES {
        let words = spoken(sample);
        let captions = captions(sample, &CaptionStyle::default(), (720, 1280));
        let mut found = BTreeSet::new();
        for (number, page) in captions.pages.iter().enumerate() {
            for (at, word) in page.words.iter().enumerate() {
                let state = captions.state_at(f64::midpoint(word.start, word.end));
                assert_eq!(
                    state,
                    Some(CaptionState {
                        page: number,
                        word: Some(at),
                        step: 0
                    })
                );
                found.insert(word.source);
            }
        }
        for (number, word) in words.iter().enumerate() {
            let state = captions
                .state_at(f64::midpoint(word.start, word.end))
                .unwrap();
            assert_eq!(
                captions.pages[state.page].words[state.word.unwrap()].source,
                number,
                "{sample}"
            );
        }
        assert_eq!(found.len(), words.len());
    }
}

#[test]
fn pages_appear_in_order_and_do_not_stay() {
    let mut words = spoken("One two three four. Five six seven eight nine.");
    for word in &mut words[4..] {
        word.start += 5.0;
        word.end += 5.0;
    }
    let captions = Captions::new(
        CaptionText::new(&words, "en"),
        CaptionMode::Karaoke,
        &CaptionStyle::default(),
        (720, 1280),
        SafeZone::for_frame(9, 16),
        &Fonts::bundled(),
    )
    .unwrap();
    for pair in captions.pages().windows(2) {
        assert!(pair[0].start < pair[0].end && pair[0].end <= pair[1].start);
    }
    assert_eq!(captions.state_at(-1.0), None);
    assert_eq!(captions.state_at(f64::NAN), None);
    assert_eq!(captions.state_at(3.0), None, "a silence shows nothing");
    assert!(
        captions
            .state_at(1.58 + 0.3)
            .is_some_and(|state| state.word.is_none()),
        "held, nothing marked"
    );
    assert_eq!(captions.state_at(1e9), None);
}

#[test]
fn lines_are_not_marked() {
    let fonts = Fonts::bundled();
    let zone = SafeZone::for_frame(16, 9);
    let captions = Captions::new(
        CaptionText::new(&spoken(SAMPLES[0]), "en"),
        CaptionMode::Line,
        &CaptionStyle::default(),
        (1280, 720),
        zone,
        &fonts,
    )
    .unwrap();
    assert_eq!(captions.pages().len(), 1);
    assert_eq!(
        captions.state_at(1.0),
        Some(CaptionState {
            page: 0,
            word: None,
            step: 0
        })
    );
}

/// Box of the pixels that differ, in pixels of the frame.
fn difference(a: &Overlay, b: &Overlay) -> Option<[u32; 4]> {
    assert_eq!(
        (a.x, a.y, a.width, a.height),
        (b.x, b.y, b.width, b.height),
        "the place of a page does not change"
    );
    let mut found: Option<[u32; 4]> = None;
    for (at, (a_pixel, b_pixel)) in a
        .rgba
        .chunks_exact(4)
        .zip(b.rgba.chunks_exact(4))
        .enumerate()
    {
        if a_pixel != b_pixel {
            let (x, y) = (a.x + at as u32 % a.width, a.y + at as u32 / a.width);
            let [x0, y0, x1, y1] = found.unwrap_or([x, y, x, y]);
            found = Some([x0.min(x), y0.min(y), x1.max(x), y1.max(y)]);
        }
    }
    found
}

#[test]
fn marking_a_word_changes_nothing_outside_of_it() {
    for name in ["bold", "news", "paper", "box", "pop"] {
        let style = CaptionStyle::by_name(name).unwrap();
        let captions = captions(SAMPLES[0], &style, (720, 1280));
        let layout = &captions.layouts[0];
        let plain = captions.draw(CaptionState {
            page: 0,
            word: None,
            step: 0,
        });
        for part in &layout.boxes {
            let marked = captions.draw(CaptionState {
                page: 0,
                word: Some(part.word),
                step: 0,
            });
            let [x0, _, x1, _] =
                difference(&plain, &marked).expect("a marked word looks different");
            // Growing takes half of 8 % of the word and the shadow along; a box has its padding.
            let room = if name == "pop" {
                0.05 * (part.x1 - part.x0) + 0.4 * layout.size
            } else {
                0.16 * layout.size
            };
            assert!(
                x0 as f32 >= part.x0 - room && x1 as f32 <= part.x1 + room,
                "{name}: {x0}..{x1} for {part:?}"
            );
        }
    }
}

#[test]
fn right_to_left_words_run_from_the_right_with_their_punctuation() {
    let captions = captions("(مرحبا) 12 عالم.", &CaptionStyle::default(), (1280, 720));
    let layout = &captions.layouts[0];
    let left_edge = |word: usize| {
        layout
            .boxes
            .iter()
            .find(|part| part.word == word)
            .unwrap()
            .x0
    };
    assert!(left_edge(0) > left_edge(1) && left_edge(1) > left_edge(2));
    // The full stop is the only glyph of the last word that sits on the baseline with next to no width: it is found by
    // shaping it alone. Last in reading order, it is the leftmost.
    let stop = super::layout::fit(
        &mut captions.fonts.engine(),
        &captions.fonts,
        "\u{639}.",
        &Limits {
            width: 1e4,
            height: 1e4,
            lines: 1,
            size: layout.size,
            floor: layout.size,
            word_spacing: 0.0,
        },
    )
    .place(&captions.area, 100.0, &[0..2, 2..3]);
    let stop = stop.glyphs.iter().find(|glyph| glyph.word == 1).unwrap();
    let last = layout.glyphs.iter().filter(|glyph| glyph.word == 2);
    let leftmost = last.min_by(|a, b| a.x.total_cmp(&b.x)).unwrap();
    assert_eq!((leftmost.id, leftmost.font), (stop.id, stop.font));
    let words: Vec<&str> = captions.pages[0]
        .words
        .iter()
        .map(|word| &captions.pages[0].text[word.range.clone()])
        .collect();
    assert_eq!(words, ["(مرحبا)", "12", "عالم."]);
}

#[test]
fn a_popping_word_moves_within_the_place_of_its_page() {
    let pop = CaptionStyle::by_name("pop").unwrap();
    let captions = captions(SAMPLES[0], &pop, (720, 1280));
    let mut steps = BTreeSet::new();
    let mut drawn = Vec::new();
    for frame in 0..90 {
        let state = captions.state_at(f64::from(frame) / 60.0).unwrap();
        if state.page == 0 && steps.insert(state) {
            drawn.push((state, captions.draw(state)));
        }
    }
    let of_second: Vec<_> = drawn
        .iter()
        .filter(|(state, _)| state.word == Some(1))
        .collect();
    assert!(of_second.len() > 4, "{}", of_second.len());
    for pair in of_second.windows(2) {
        assert!(difference(&pair[0].1, &pair[1].1).is_some());
    }
    assert_eq!(of_second.last().unwrap().0.step, 0);
    let area = captions.area_of(0).unwrap();
    for (state, overlay) in &drawn {
        assert_eq!(
            [area.x, area.y, area.width, area.height],
            [overlay.x, overlay.y, overlay.width, overlay.height],
            "{state:?}"
        );
    }
    assert_eq!(captions.area_of(999), None);
}

#[test]
fn a_bright_picture_makes_the_surroundings_stronger_and_nothing_else() {
    let clean = CaptionStyle::by_name("clean").unwrap();
    let captions = captions(SAMPLES[0], &clean, (720, 1280));
    let state = captions.state_at(0.2).unwrap();
    let over = |value: u8| {
        let luma = vec![value; 720 * 1280];
        let area = captions.area_of(state.page).unwrap();
        captions.draw_over(state, CaptionBackdrop::of_luma(&luma, 720, area))
    };
    let (dark, bright) = (over(16), over(235));
    assert!(difference(&dark, &bright).is_some());
    let opacity = |overlay: &Overlay| -> u64 {
        overlay
            .rgba
            .chunks_exact(4)
            .map(|pixel| u64::from(pixel[3]))
            .sum()
    };
    assert!(opacity(&dark) < opacity(&bright));
    assert_eq!(bright, captions.draw(state), "white is the worst there is");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for sample in [SAMPLES[0], SAMPLES[9]] {
        let draw = || {
            let fonts = Fonts::for_text([sample].into_iter(), &[]).unwrap();
            let zone = SafeZone::for_frame(9, 16);
            let captions = Captions::new(
                CaptionText::new(&spoken(sample), "en"),
                CaptionMode::Karaoke,
                &CaptionStyle::default(),
                (720, 1280),
                zone,
                &fonts,
            )
            .unwrap();
            captions.draw(CaptionState {
                page: 0,
                word: Some(0),
                step: 0,
            })
        };
        let first = draw();
        assert_eq!(first, draw());
    }
    // Neither do the states drawn before matter.
    let captions = captions(SAMPLES[0], &CaptionStyle::ALL[4], (720, 1280));
    let fresh = captions.draw(CaptionState {
        page: 0,
        word: Some(1),
        step: 0,
    });
    for state in states(&captions, 0).collect::<Vec<_>>() {
        captions.draw(state);
    }
    assert_eq!(
        captions.draw(CaptionState {
            page: 0,
            word: Some(1),
            step: 0
        }),
        fresh
    );
}

#[test]
fn no_words_are_no_pages() {
    let fonts = Fonts::bundled();
    let captions = Captions::new(
        CaptionText::new(&spoken("\0 \u{202E}"), "en"),
        CaptionMode::Karaoke,
        &CaptionStyle::default(),
        (720, 1280),
        SafeZone::for_frame(9, 16),
        &fonts,
    );
    let captions = captions.unwrap();
    assert_eq!(captions.pages(), []);
    assert_eq!(captions.state_at(0.1), None);
    let overlay = captions.draw(CaptionState {
        page: 7,
        word: None,
        step: 0,
    });
    assert!(overlay.rgba.iter().all(|&value| value == 0));
}
