//! Text that is out to break something is shown as typed, or left out; nothing is ever drawn outside of the zone.

use proptest::prelude::*;

use super::super::*;
use super::places::assert_inside;

const FRAME: (u32, u32) = (720, 1280);

fn set(words: &[CaptionWord], mode: CaptionMode) -> Captions {
    let zone = SafeZone::for_frame(FRAME.0, FRAME.1);
    let style = CaptionStyle::default();
    Captions::new(
        CaptionText::new(words, "en"),
        mode,
        &style,
        FRAME,
        zone,
        &Fonts::bundled(),
    )
    .unwrap()
}

fn word(text: &str, start: f64, end: f64) -> CaptionWord {
    CaptionWord {
        text: text.into(),
        start,
        end,
        space_before: true,
    }
}

/// What is to be seen on all pages, without spaces and the marks that steer line breaks.
fn shown(captions: &Captions) -> String {
    captions
        .pages()
        .iter()
        .flat_map(|page| page.words.iter().map(|word| &page.text[word.range.clone()]))
        .flat_map(str::chars)
        .filter(|c| ![' ', pieces::BREAK, pieces::NO_BREAK].contains(c))
        .collect()
}

#[test]
fn what_other_programs_take_for_markup_is_text() {
    for text in [
        "'",
        "',drawtext=textfile=/etc/passwd,'",
        "%{pts}",
        "100%",
        "\\N{\\p1}m 0 0 l 100 0{\\p0}",
        "{\\fs500}",
        "{\\fnA,B}",
        "<b onload=x>&amp;",
        "--> 00:00:01,000",
    ] {
        let captions = set(&[word(text, 0.0, 1.0)], CaptionMode::Line);
        assert_eq!(shown(&captions), text.replace(' ', ""));
        assert_inside(&captions.draw(captions.state_at(0.5).unwrap()), FRAME);
        let title = draw_title(
            text,
            "en",
            FRAME,
            SafeZone::for_frame(FRAME.0, FRAME.1),
            &Fonts::bundled(),
        );
        assert_inside(&title.unwrap(), FRAME);
    }
}

#[test]
fn control_characters_are_left_out_and_line_breaks_are_spaces() {
    let forged = "a\nDialogue: 0,0:00:00.00,9:59:59.99,Default,,0,0,0,,X";
    for (text, expected) in [
        (forged, forged.replace(['\n', ' '], "")),
        ("a\u{202E}b\u{2066}c", "abc".into()),
        ("a\u{2028}b\u{2029}c\rd", "abcd".into()),
        ("a\0b", "ab".into()),
        ("", String::new()),
        (" \t \u{3000}", String::new()),
    ] {
        let captions = set(&[word(text, 0.0, 1.0)], CaptionMode::Line);
        assert_eq!(shown(&captions), expected, "{text:?}");
    }
}

#[test]
fn words_out_of_order_and_overlapping_come_in_order_of_time() {
    let captions = set(
        &[
            word("third", 2.0, 9.0),
            word("first", 0.0, 2.5),
            word("second", 1.0, 0.5),
            word("fourth", 3.0, 3.0),
        ],
        CaptionMode::Karaoke,
    );
    let words: Vec<_> = captions
        .pages()
        .iter()
        .flat_map(|page| &page.words)
        .collect();
    let sources: Vec<usize> = words.iter().map(|word| word.source).collect();
    assert_eq!(sources, [1, 2, 0, 3]);
    assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start));
    for word in words {
        let state = captions.state_at(f64::midpoint(word.start, word.end));
        let state = state.expect("each is shown while it is spoken");
        let marked = &captions.pages()[state.page].words[state.word.unwrap()];
        assert_eq!(marked.source, word.source);
    }
}

#[test]
fn a_hundred_thousand_characters_without_a_space_are_set() {
    let joined: String = (0..100_000).map(|n| ["a", "B", "7"][n % 3]).collect();
    for text in [joined, "\u{645}".repeat(20_000), "e\u{301}".repeat(20_000)] {
        let captions = set(&[word(&text, 0.0, 600.0)], CaptionMode::Karaoke);
        // Where a word is cut there is a hyphen.
        assert_eq!(shown(&captions).replace('-', ""), text);
        for time in [0.1, 300.0, 599.9] {
            assert_inside(&captions.draw(captions.state_at(time).unwrap()), FRAME);
        }
    }
}

#[test]
fn many_short_words_in_no_time_are_set() {
    let words: Vec<_> = (0..5_000).map(|_| word("a", 1.0, 1.0)).collect();
    let captions = set(&words, CaptionMode::Karaoke);
    assert_eq!(shown(&captions).len(), 5_000);
    let marked: usize = captions.pages().iter().map(|page| page.words.len()).sum();
    assert_eq!(marked, 5_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_set_whole_and_drawn_inside(
        texts in prop::collection::vec(any::<String>(), 0..8), line: bool, step: u8,
    ) {
        let words: Vec<_> = texts.iter().enumerate()
            .map(|(n, text)| word(text, n as f64 * 0.3, n as f64 * 0.3 + 0.3))
            .collect();
        let captions = set(&words, if line { CaptionMode::Line } else { CaptionMode::Karaoke });
        let cleaned: String = texts.iter().flat_map(|text| words::clean(text).chars().collect::<Vec<_>>()).filter(|&c| c != ' ').collect();
        // Where a word is cut there is a hyphen.
        prop_assert_eq!(shown(&captions).replace('-', ""), cleaned.replace('-', ""));
        let mut next = 0;
        for page in captions.pages() {
            let marks = page.text.matches(|c: char| matches!(c as u32, 0x202A..=0x202E | 0x2066..=0x2069)).count();
            prop_assert_eq!(marks, 0, "no direction is opened that has to be closed");
            for word in &page.words {
                prop_assert!(word.source >= next, "each word is on one page, in order");
                next = word.source;
            }
        }
        for page in 0..captions.pages().len() {
            let overlay = captions.draw(CaptionState { page, word: Some(0), step });
            assert_inside(&overlay, FRAME);
            if let Some(area) = captions.area_of(page) {
                prop_assert_eq!((area.x, area.y, area.width, area.height), (overlay.x, overlay.y, overlay.width, overlay.height));
            }
        }
    }
}
