use super::super::*;
use super::{spans, to_ass};
use proptest::prelude::*;

fn captions(words: &[CaptionWord], mode: CaptionMode, style: &CaptionStyle) -> Captions {
    let zone = SafeZone::for_frame(720, 1280);
    Captions::new(
        CaptionText::new(words, "en"),
        mode,
        style,
        (720, 1280),
        zone,
        &Fonts::bundled(),
    )
    .unwrap()
}

fn spoken(text: &str) -> Vec<CaptionWord> {
    text.split(' ')
        .enumerate()
        .map(|(n, word)| CaptionWord {
            text: word.into(),
            start: n as f64 * 0.5,
            end: n as f64 * 0.5 + 0.5,
            space_before: true,
        })
        .collect()
}

/// An event as a reader of the format sees it: layer, start, end and text.
fn events(ass: &str) -> Vec<(u8, String, String, String)> {
    let (_, events) = ass.split_once("[Events]\n").expect("an events section");
    events
        .lines()
        .skip(1)
        .map(|line| {
            let fields = line.strip_prefix("Dialogue: ").expect("only events");
            let fields: Vec<&str> = fields.splitn(10, ',').collect();
            assert_eq!(fields[3..9], ["Caption", "", "0", "0", "0", ""], "{line}");
            (
                fields[0].parse().expect("a layer"),
                fields[1].to_owned(),
                fields[2].to_owned(),
                fields[9].to_owned(),
            )
        })
        .collect()
}

/// Text without tags and escapes, as libass reads it: `\{` and `\}` are braces, `\N` breaks a line, another backslash
/// is one, `{` to `}` is tags.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escape = ["\\{", "\\}", "\\N"]
            .into_iter()
            .find(|escape| rest.starts_with(escape));
        if let Some(escape) = escape {
            shown.push_str(match escape {
                "\\N" => " ",
                brace => &brace[1..],
            });
            rest = &rest[2..];
        } else if c == '{' {
            let end = rest.find('}').expect("tags end");
            rest = &rest[end + 1..];
        } else {
            assert!(!rest.starts_with("\\n") && !rest.starts_with("\\h"));
            shown.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    shown.chars().filter(|&c| c != super::GUARD).collect()
}

#[test]
fn an_event_is_written_for_each_word() {
    let ass = to_ass(&captions(
        &spoken("Deep under water"),
        CaptionMode::Karaoke,
        &CaptionStyle::default(),
    ));
    let words: Vec<_> = events(&ass)
        .into_iter()
        .filter(|event| event.0 == 2)
        .collect();
    let times: Vec<_> = words.iter().map(|event| (&*event.1, &*event.2)).collect();
    assert_eq!(
        times,
        [
            ("0:00:00.00", "0:00:00.50"),
            ("0:00:00.50", "0:00:01.00"),
            ("0:00:01.00", "0:00:01.75"),
            ("0:00:01.75", "0:00:01.85")
        ]
    );
    assert!(words[1].3.contains("{\\1c&H26D4FF&}under {\\1c&HFFFFFF&"));
    assert!(!words[3].3.contains("26D4FF"), "held, nothing is marked");
    for word in &words {
        assert_eq!(shown(&word.3), "Deep under water");
    }
}

#[test]
fn line_mode_has_one_event_a_page_and_styles_their_own_marks() {
    let ass = to_ass(&captions(
        &spoken("Deep under water"),
        CaptionMode::Line,
        &CaptionStyle::default(),
    ));
    assert_eq!(events(&ass).iter().filter(|event| event.0 == 2).count(), 1);
    let mut seen = std::collections::BTreeSet::new();
    for style in CaptionStyle::ALL {
        assert!(
            seen.insert(to_ass(&captions(
                &spoken("Deep water"),
                CaptionMode::Karaoke,
                style
            ))),
            "{} looks like another style",
            style.name
        );
    }
}

#[test]
fn markup_is_shown_as_typed() {
    for text in [
        "\\N{\\p1}m 0 0 l 100 0{\\p0}",
        "{\\fs500}",
        "{\\fnA,B}",
        "a\\{b\\}\\",
        "}{",
        "',drawtext=textfile=/etc/passwd,'",
        "%{pts}",
        "a\nDialogue: 0,0:00:00.00,9:59:59.99,Default,,0,0,0,,X",
        "[Fonts]\rfontname: x",
        "\u{202E}\u{2028}\0Style: x",
    ] {
        let ass = to_ass(&captions(
            &spoken(text),
            CaptionMode::Line,
            &CaptionStyle::default(),
        ));
        let read: String = events(&ass)
            .iter()
            .filter(|event| event.0 == 2)
            .map(|event| shown(&event.3) + " ")
            .collect();
        assert_eq!(read.replace(' ', ""), words::clean(text).replace(' ', ""));
    }
}

#[test]
fn nothing_spoken_is_a_script_without_events() {
    let ass = to_ass(&captions(
        &[],
        CaptionMode::Karaoke,
        &CaptionStyle::default(),
    ));
    assert_eq!(events(&ass), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        list in prop::collection::vec(("[ -~{}\\\\Nnh\u{e9}\u{2060}\u{202e}\u{2028}\r\n\0]{0,12}", 0.0..2.0_f64, 0.0..1.0_f64), 0..20),
        style in 0..CaptionStyle::ALL.len(), line: bool,
    ) {
        let mut time = 0.0;
        let input: Vec<_> = list.iter().map(|(text, gap, length)| {
            let start = time + gap;
            time = start + length;
            CaptionWord { text: text.clone(), start, end: time, space_before: true }
        }).collect();
        let mode = if line { CaptionMode::Line } else { CaptionMode::Karaoke };
        let captions = captions(&input, mode, &CaptionStyle::ALL[style]);
        let ass = to_ass(&captions);
        let control = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2028}".contains(c);
        prop_assert!(!ass.contains(control));
        let events = events(&ass);
        prop_assert!(events.iter().all(|event| event.1.len() == event.2.len() && event.1 < event.2));
        let mut written = events.iter().filter(|event| event.0 == 2);
        for page in captions.pages() {
            let visible = |c: &char| ![pieces::BREAK, pieces::NO_BREAK, ' '].contains(c);
            let text: String = page.text.chars().filter(visible).collect();
            let times = if line { 1 } else { spans(page).len() };
            prop_assert!(times > 0);
            for _ in 0..times {
                let event = written.next().expect("an event for each state");
                prop_assert_eq!(shown(&event.3).replace(' ', ""), text.clone());
            }
        }
        prop_assert_eq!(written.next(), None);
    }
}
