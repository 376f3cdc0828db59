//! The exported ASS script as libass reads it: every text of the bad-input list is shown, in its place, without a word
//! of complaint.

mod support;

use std::time::Duration;

use support::Bench;
use videogen_media::{
    CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, Fonts, SafeZone, to_ass,
};
use videogen_process::Stdout;

const FRAME: (u32, u32) = (360, 640);

fn captions(text: &str, style: &CaptionStyle) -> Captions {
    let words: Vec<CaptionWord> = text
        .split(' ')
        .enumerate()
        .map(|(n, word)| CaptionWord {
            text: word.into(),
            start: n as f64 * 0.3,
            end: n as f64 * 0.3 + 0.3,
            space_before: true,
        })
        .collect();
    let zone = SafeZone::for_frame(FRAME.0, FRAME.1);
    let fonts = Fonts::for_text([text].into_iter(), &[]).expect("no directories given");
    Captions::new(
        CaptionText::new(&words, "en"),
        CaptionMode::Karaoke,
        style,
        FRAME,
        zone,
        &fonts,
    )
    .expect("valid times")
}

/// The luma of one frame in the middle of the first page, on mid-grey.
async fn frame(bench: &Bench, script: &str, time: f64) -> Vec<u8> {
    bench.file("captions.ass", script);
    // The name is ours and stands in the filter; the folder is the working directory. No text gets into the graph.
    let graph = format!(
        "color=c=gray:s={}x{}:r=100:d=60,trim=start={time:.2},ass=captions.ass,format=gray",
        FRAME.0, FRAME.1
    );
    let args = [
        "-nostdin",
        "-loglevel",
        "warning",
        "-f",
        "lavfi",
        "-i",
        &graph,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-",
    ];
    let command = bench
        .ffmpeg
        .command(Duration::from_mins(1))
        .args(args)
        .current_dir(bench.dir.path())
        .stdout(Stdout::Capture { limit: 1 << 24 });
    let outcome = bench
        .ffmpeg
        .run(command, "drawing an ASS script", &bench.cancel)
        .await
        .expect("ffmpeg draws the script");
    assert_eq!(outcome.stderr.as_str().trim(), "", "{script}");
    assert_eq!(outcome.stdout.len(), (FRAME.0 * FRAME.1) as usize);
    outcome.stdout
}

/// Left, top, right, bottom of what differs from the grey, as fractions of the frame.
fn ink(frame: &[u8]) -> Option<[f32; 4]> {
    let background = frame[0];
    let mut found: Option<[usize; 4]> = None;
    for (at, &value) in frame.iter().enumerate() {
        if value.abs_diff(background) > 12 {
            let (x, y) = (at % FRAME.0 as usize, at / FRAME.0 as usize);
            let [x0, y0, x1, y1] = found.unwrap_or([x, y, x, y]);
            found = Some([x0.min(x), y0.min(y), x1.max(x + 1), y1.max(y + 1)]);
        }
    }
    let (width, height) = (FRAME.0 as f32, FRAME.1 as f32);
    found.map(|[x0, y0, x1, y1]| {
        [
            x0 as f32 / width,
            y0 as f32 / height,
            x1 as f32 / width,
            y1 as f32 / height,
        ]
    })
}

async fn assert_shown(bench: &Bench, text: &str, style: &CaptionStyle) {
    let captions = captions(text, style);
    let page = &captions.pages()[0];
    let time = f64::midpoint(page.words[0].start, page.words[0].end);
    let frame = frame(bench, &to_ass(&captions), time).await;
    let [x0, y0, x1, y1] = ink(&frame).unwrap_or_else(|| panic!("nothing of {text} is shown"));
    let zone = SafeZone::for_frame(FRAME.0, FRAME.1);
    assert!(
        x0 >= zone.left && y0 >= zone.top && x1 <= 1.0 - zone.right && y1 <= 1.0 - zone.bottom,
        "{} {text}: {x0} {y0} {x1} {y1}",
        style.name
    );
    assert!(y1 - y0 > 0.015, "{text} is only {y0} to {y1}");
}

#[tokio::test(flavor = "multi_thread")]
async fn libass_shows_every_style_inside_the_zone() {
    let bench = Bench::new().await;
    for style in CaptionStyle::ALL {
        assert_shown(&bench, "Deep under the glittering water", style).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn libass_shows_hostile_text_as_text() {
    let bench = Bench::new().await;
    for text in [
        "\\N{\\p1}m 0 0 l 100 0{\\p0}",
        "{\\fs500}big",
        "{\\fnA,B}",
        "{\\pos(0,0)}corner",
        "{unclosed",
        "closed}",
        "back\\slash\\n\\h",
        "',drawtext=textfile=/etc/passwd,'",
        "%{pts}",
        "a\nDialogue: 0,0:00:00.00,9:59:59.99,Default,,0,0,0,,X",
        "مرحبا بالعالم",
        "深海之中",
    ] {
        assert_shown(&bench, text, &CaptionStyle::default()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn braces_and_backslashes_take_room_as_letters_do() {
    let bench = Bench::new().await;
    let width = async |text: &str| {
        let script = to_ass(&captions(text, &CaptionStyle::default()));
        let [x0, _, x1, _] = ink(&frame(&bench, &script, 0.1).await).expect("something is shown");
        x1 - x0
    };
    let plain = width("ab").await;
    for text in ["{a}b", "a\\Nb", "{\\b0}ab", "\\{a\\}b"] {
        assert!(width(text).await > plain * 1.2, "{text}");
    }
}
