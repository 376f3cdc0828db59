//! Pictures that people bring, through the program: their colours, sizes, formats, number and shape.

use camino::{Utf8Path, Utf8PathBuf};
use image::{Rgb, RgbImage};
use serde_json::Value;
use testkit::events::only;
use testkit::media::{frame_at, make};
use testkit::{Finished, Run};

use crate::generate;

/// Sentences of three scenes.
const THREE: &str = "# Three\n\nThis is the first of the scenes, and it is spoken slowly.\n\n\
                     This is the second of the scenes, and it is spoken slowly.\n\n\
                     This is the third of the scenes, and it is spoken slowly.\n";
/// One sentence that takes some seconds.
const ONE: &str =
    "# One\n\nThis one sentence is all that is said, and it takes some seconds to say.\n";

/// A silent run without anything over the pictures.
fn plain(script: &str, images: &[&str]) -> Run {
    let run = generate().args(["--script", "s.txt", "--speech", "silent", "--music", "none"]);
    let run = run.args(["--captions", "none", "--json", "--image"]);
    let run = run.args(images.iter().copied());
    std::fs::write(run.work().join("s.txt"), script).expect("written");
    run
}

fn video(run: &Finished) -> Utf8PathBuf {
    let events = run.events();
    let path = only(&events, "video_finished")["path"].as_str();
    Utf8Path::new(path.expect("a path")).to_owned()
}

fn manifest(video: &Utf8Path) -> Value {
    let json = std::fs::read_to_string(video.with_extension("json")).expect("the manifest");
    serde_json::from_str(&json).expect("JSON")
}

/// A file of the crate that decodes pictures.
fn data(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crates/videogen-media/tests/data")
        .join(name)
}

#[track_caller]
fn is_near(found: [u8; 3], expected: [u8; 3], most: u8) {
    let near = found
        .iter()
        .zip(expected)
        .all(|(a, b)| a.abs_diff(b) <= most);
    assert!(near, "{found:?}, not {expected:?}");
}

#[test]
fn colour_profiles_are_applied() {
    for (name, expected) in [
        ("icc_adobe.jpg", [0, 172, 84]),
        ("icc_p3.jpg", [50, 174, 78]),
    ] {
        let run = plain(ONE, &[name]);
        std::fs::copy(data(name), run.work().join(name)).expect("copied");
        let run = run.finish().expect_code(0);
        let frame = frame_at(&video(&run), 1.0);
        is_near(frame.pixel(frame.width / 2, frame.height / 2), expected, 6);
    }
}

#[test]
fn photographs_of_many_megapixels_are_shown_and_other_pictures_of_that_size_named() {
    // 64 million pixels, as phones make them, and 200 million.
    let run = plain(ONE, &["large.jpg"]);
    let colour = "-f lavfi -i color=0x5AA857:s=9248x6936 -frames:v 1 -q:v 2";
    make(&run.work().join("large.jpg"), colour);
    let run = run.finish().expect_code(0);
    let frame = frame_at(&video(&run), 1.0);
    is_near(frame.pixel(40, 40), [90, 168, 87], 6);

    let run = plain(ONE, &["larger.jpg", "--dry-run"]);
    let colour = "-f lavfi -i color=0x5AA857:s=16320x12240 -frames:v 1 -q:v 2";
    make(&run.work().join("larger.jpg"), colour);
    run.finish().expect_code(0);

    // The header of a PNG says how large it is.
    let mut png = std::io::Cursor::new(Vec::new());
    RgbImage::new(16, 16)
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("encoded");
    let mut png = png.into_inner();
    png[16..20].copy_from_slice(&9248u32.to_be_bytes());
    png[20..24].copy_from_slice(&6936u32.to_be_bytes());
    let checksum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&checksum.to_be_bytes());
    let run = generate().args(["x", "--image", "large.png"]);
    std::fs::write(run.work().join("large.png"), png).expect("written");
    let message = run.finish().expect_code(3).stderr();
    for word in ["large.png", "9248x6936", "hint: ", "save it smaller"] {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}

/// The checksum of PNG chunks (PNG specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(!0, step)
}

#[test]
fn formats_that_ffmpeg_decodes_are_taken_and_several_pictures_share_a_scene() {
    let names = ["a.bmp", "b.tiff", "c.tga", "d.ppm", "e.qoi", "f.avif"];
    let colours = [
        [200, 40, 40],
        [40, 160, 40],
        [40, 60, 200],
        [200, 200, 40],
        [40, 180, 180],
    ];
    let run = plain(THREE, &names);
    for (name, [r, g, b]) in names.iter().zip(colours) {
        let source =
            format!("-f lavfi -i color=0x{r:02X}{g:02X}{b:02X}:s=320x480,format=rgb24 -frames:v 1");
        make(&run.work().join(name), &source);
    }
    std::fs::copy(data("avif.avif"), run.work().join("f.avif")).expect("copied");
    let run = run.finish().expect_code(0);
    let video = video(&run);
    let manifest = manifest(&video);
    let scenes = manifest["scenes"].as_array().expect("scenes");
    assert_eq!(scenes.len(), 3);
    for (index, scene) in scenes.iter().enumerate() {
        let files = scene["files"].as_array().expect("files");
        assert_eq!(files.len(), 2, "{scene}");
        let (start, length) = (&scene["start_s"], &scene["duration_s"]);
        let (start, length) = (
            start.as_f64().expect("a number"),
            length.as_f64().expect("one"),
        );
        for half in 0..2 {
            let at = start + length * (0.45 + 0.45 * half as f64);
            let frame = frame_at(&video, at);
            if let Some(colour) = colours.get(index * 2 + half) {
                is_near(frame.pixel(60, 60), *colour, 10);
            }
        }
    }
}

#[test]
fn heic_is_named_with_the_way_to_convert_it() {
    let run = generate().args(["x", "--image", "photo.heic"]);
    let mut heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x40meta".to_vec();
    heic.resize(400, 0);
    std::fs::write(run.work().join("photo.heic"), heic).expect("written");
    let message = run.finish().expect_code(3).stderr();
    for word in ["photo.heic", "HEIC", "hint: ", "JPEG"] {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}

#[test]
fn five_pictures_for_three_scenes_are_all_shown_and_too_many_are_named() {
    let names = ["1.png", "2.png", "3.png", "4.png", "5.png"];
    let colour = |n: usize| [40 + 40 * n as u8, 200 - 40 * n as u8, 90];
    let paint = |run: &Run| {
        for (n, name) in names.iter().enumerate() {
            RgbImage::from_pixel(300, 500, Rgb(colour(n)))
                .save(run.work().join(name))
                .expect("saved");
        }
    };
    let run = plain(THREE, &names);
    paint(&run);
    let run = run.finish().expect_code(0);
    let video = video(&run);
    let manifest = manifest(&video);
    let mut shown = Vec::new();
    for scene in manifest["scenes"].as_array().expect("scenes") {
        let files = scene["files"].as_array().expect("files");
        let number = |key: &str| scene[key].as_f64().expect("a number");
        for part in 0..files.len() {
            let at =
                number("start_s") + number("duration_s") * (part as f64 + 0.9) / files.len() as f64;
            shown.push(frame_at(&video, at).pixel(200, 300));
        }
    }
    assert_eq!(shown.len(), 5);
    for (n, pixel) in shown.into_iter().enumerate() {
        is_near(pixel, colour(n), 8);
    }

    let run = plain("# Short\n\nToo short.\n", &names).arg("--dry-run");
    paint(&run);
    let run = run.finish().expect_code(0);
    let said = run.stdout();
    assert!(
        said.contains("5.png") && said.contains("not shown"),
        "{said}"
    );
}

/// A slide of 16:9: white, with a red bar at its left edge, a blue one at its right, and one of either above and below.
fn slide() -> RgbImage {
    RgbImage::from_fn(960, 540, |x, y| match (x, y) {
        (..24, _) => Rgb([220, 20, 20]),
        (936.., _) => Rgb([20, 20, 220]),
        (_, ..24 | 516..) => Rgb([20, 160, 20]),
        _ => Rgb([255; 3]),
    })
}

#[track_caller]
fn shows_all_of_the_slide(video: &Utf8Path, at: f64) {
    let frame = frame_at(video, at);
    let middle = frame.height / 2;
    let row: Vec<[u8; 3]> = (0..frame.width).map(|x| frame.pixel(x, middle)).collect();
    let column: Vec<[u8; 3]> = (0..frame.height)
        .map(|y| frame.pixel(frame.width / 2, y))
        .collect();
    let runs = |line: &[[u8; 3]], is: fn(&[u8; 3]) -> bool| line.iter().filter(|p| is(p)).count();
    let red = runs(&row, |[r, g, b]| *r > 170 && *g < 90 && *b < 90);
    let blue = runs(&row, |[r, g, b]| *b > 170 && *g < 90 && *r < 90);
    let green = runs(&column, |[r, g, b]| *g > 120 && *r < 90 && *b < 90);
    assert!(
        red > 6 && blue > 6 && green > 12,
        "{red}, {blue}, {green} at {at}"
    );
    let ground = frame.pixel(frame.width / 2, frame.height / 10);
    assert!(ground.iter().all(|v| (12..150).contains(v)), "{ground:?}");
}

#[test]
fn a_wide_slide_and_a_wide_clip_are_shown_whole_where_that_is_asked_for() {
    let run = plain(THREE, &["slide.png", "slide.mp4"]).args(["--fit", "contain"]);
    let work = run.work();
    slide().save(work.join("slide.png")).expect("saved");
    let png = work.join("slide.png");
    let clip = format!("-loop 1 -i {png} -t 1 -r 10 -pix_fmt yuv420p -c:v libx264");
    make(&work.join("slide.mp4"), &clip);
    let run = run.finish().expect_code(0);
    let video = video(&run);
    let manifest = manifest(&video);
    assert_eq!(manifest["brief"]["fit"], "contain");
    let end = manifest["video"]["duration_s"].as_f64().expect("a number");
    for part in [0.05, 0.2, 0.3, 0.5, 0.6, 0.8, 0.97] {
        shows_all_of_the_slide(&video, end * part);
    }
    let thumbnail = image::open(video.with_extension("jpg")).expect("a picture");
    let thumbnail = thumbnail.into_rgb8();
    let (width, height) = thumbnail.dimensions();
    let red = (0..width).filter(|x| {
        let [r, g, b] = thumbnail.get_pixel(*x, height / 2 + 30).0;
        r > 170 && g < 90 && b < 90
    });
    assert!(red.count() > 6, "the thumbnail shows the left edge");

    let run = plain(ONE, &["slide.png"]).args(["--fit", "contain", "--dry-run"]);
    slide().save(run.work().join("slide.png")).expect("saved");
    let said = run.finish().expect_code(0).stdout();
    assert!(said.contains("fit contain"), "{said}");
}

#[test]
fn animated_webp_and_png_move() {
    let run = plain(THREE, &["anim.webp", "anim.png"]);
    std::fs::copy(data("anim.webp"), run.work().join("anim.webp")).expect("copied");
    let turning = "-f lavfi -i testsrc2=s=120x120:r=10:d=1 -plays 0 -f apng";
    make(&run.work().join("anim.png"), turning);
    let run = run.finish().expect_code(0);
    let video = video(&run);
    let manifest = manifest(&video);
    let scenes = manifest["scenes"].as_array().expect("scenes");
    for scene in &scenes[..2] {
        assert_eq!(scene["source"], "clip", "{scene}");
        let at = scene["start_s"].as_f64().expect("a number") + 1.0;
        let frames = [0.0, 0.25, 0.5].map(|more| frame_at(&video, at + more));
        let moved = frames[0].difference(&frames[1]) + frames[1].difference(&frames[2]);
        assert!(moved > 0.15, "{moved} in {scene}");
    }
}
