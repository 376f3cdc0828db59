//! Pictures as people have them: every one is shown as it is meant, or refused by name before any work.

mod support;

use camino::Utf8Path;
use support::Bench;
use videogen_media::{
    Error, Fonts, FrameSize, SafeZone, check_picture_pixels, draw_title, write_thumbnail,
};

/// The colours at the middle of the upper and of the lower half, as the video shows the picture.
fn halves(bench: &Bench, picture: &Utf8Path) -> [[u8; 3]; 2] {
    check_picture_pixels(picture).expect("accepted");
    let size = FrameSize::new(48, 64).expect("even");
    let output = bench.path("shown.jpg");
    write_thumbnail(picture, size, None, &output).expect("shown");
    let shown = image::open(&output).expect("a JPEG").into_rgb8();
    [16, 48].map(|y| shown.get_pixel(24, y).0)
}

fn near(found: [u8; 3], wanted: [u8; 3]) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 24)
}

/// Red above, blue below, unless `turned`, when red is on the right.
fn flag(turned: bool) -> image::RgbImage {
    let (width, height) = if turned { (64, 48) } else { (48, 64) };
    image::RgbImage::from_fn(width, height, |x, y| {
        let red = if turned { x >= 32 } else { y < 32 };
        image::Rgb(if red { [230, 20, 20] } else { [20, 20, 230] })
    })
}

#[tokio::test]
async fn a_thumbnail_has_its_title_and_nothing_else_over_the_picture() {
    let bench = Bench::new().await;
    let grey = image::RgbImage::from_pixel(360, 640, image::Rgb([90; 3]));
    let picture = bench.path("grey.png");
    grey.save(&picture).expect("written");
    let size = FrameSize::new(360, 640).expect("even");
    let fonts = Fonts::bundled();
    let zone = SafeZone::for_frame(360, 640);
    let title = draw_title("Deep sea", "en", (360, 640), zone, &fonts).expect("drawn");
    let output = bench.path("titled.jpg");
    write_thumbnail(&picture, size, Some(&title), &output).expect("written");
    let shown = image::open(&output).expect("a JPEG").into_rgb8();
    let within = |x: u32, y: u32| {
        // A block of JPEG spreads what is at its edge.
        (x + 16 >= title.x && x < title.x + title.width + 16)
            && (y + 16 >= title.y && y < title.y + title.height + 16)
    };
    let mut white = 0;
    for (x, y, pixel) in shown.enumerate_pixels() {
        if within(x, y) {
            white += u32::from(pixel.0.iter().all(|v| *v > 230));
        } else {
            assert!(near(pixel.0, [90; 3]), "{x}, {y}: {pixel:?}");
        }
    }
    assert!(white > 500, "letters of {white} pixels");
}

#[tokio::test]
async fn four_inks_are_shown_as_the_colours_they_print() {
    let bench = Bench::new().await;
    let bytes: &[u8] = include_bytes!("data/cmyk.jpg");
    let [above, below] = halves(&bench, &bench.file("cmyk.jpg", bytes));
    assert!(near(above, [0, 255, 255]), "{above:?} should be cyan");
    assert!(near(below, [255, 0, 0]), "{below:?} should be red");
}

#[tokio::test]
async fn a_rotated_photograph_stands_upright() {
    let bench = Bench::new().await;
    let mut jpeg = std::io::Cursor::new(Vec::new());
    flag(true)
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .expect("encoded");
    // Exif in big-endian TIFF: one entry, orientation (0x0112) of type SHORT, 8: turn the stored rows left.
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xe1];
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg.into_inner()[2..]);
    let [above, below] = halves(&bench, &bench.file("phone.jpg", bytes));
    assert!(near(above, [230, 20, 20]), "{above:?} should be red");
    assert!(near(below, [20, 20, 230]), "{below:?} should be blue");
}

#[tokio::test]
async fn sixteen_bits_transparency_animation_and_wrong_names_are_understood() {
    let bench = Bench::new().await;
    let two = "color=red:s=48x32[a];color=blue:s=48x32[b];[a][b]vstack";
    let make = async |name: &str, format: &str| {
        let args = format!("-f lavfi -i {two} -frames:v 3 {format}");
        bench.make(name, &args).await
    };
    for picture in [
        make("deep.png", "-frames:v 1 -pix_fmt rgb48be").await,
        // Animated: its first frame is the picture.
        make("moving.png", "-f apng -plays 0").await,
        make("really-a-png.jpg", "-frames:v 1 -f image2 -c:v png").await,
        make(
            "really-a-jpeg.png",
            "-frames:v 1 -f image2 -c:v mjpeg -pix_fmt yuvj444p",
        )
        .await,
    ] {
        let [above, below] = halves(&bench, &picture);
        assert!(
            near(above, [255, 0, 0]),
            "{picture}: {above:?} should be red"
        );
        assert!(
            near(below, [0, 0, 255]),
            "{picture}: {below:?} should be blue"
        );
    }
    let mut clear = image::RgbaImage::from_pixel(48, 64, image::Rgba([255, 255, 255, 0]));
    for y in 0..32 {
        for x in 0..48 {
            clear.put_pixel(x, y, image::Rgba([255, 255, 255, 255]));
        }
    }
    clear.save(bench.path("clear.png")).expect("written");
    let [above, below] = halves(&bench, &bench.path("clear.png"));
    assert!(
        near(above, [255; 3]) && near(below, [0; 3]),
        "{above:?} {below:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_shown_is_refused_by_name() {
    let bench = Bench::new().await;
    let mut png = std::io::Cursor::new(Vec::new());
    flag(false)
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("encoded");
    let png = png.into_inner();
    let sized = |width: u32, height: u32| {
        let mut bytes = png.clone();
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        // The header's own checksum, so that it is the size that is refused.
        let sum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        bytes
    };
    image::RgbImage::new(1, 1)
        .save(bench.path("dot.png"))
        .expect("written");
    let cases = [
        (bench.path("dot.png"), "too small"),
        (bench.file("huge.png", sized(20_000, 20_000)), "20000x20000"),
        (bench.file("wide.png", sized(65_535, 65_535)), "65535x65535"),
        (
            bench.file("half.png", &png[..png.len() / 2]),
            "cannot be decoded",
        ),
        (bench.file("list.png", "#EXTM3U\nfile:///etc/passwd"), "HLS"),
        (
            bench.file("drawing.png", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "SVG",
        ),
        (bench.file("nothing.png", ""), "empty"),
        (bench.path("none.png"), "does not exist"),
    ];
    for (path, expected) in cases {
        let error = check_picture_pixels(&path).expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(expected), "{text}");
        assert!(text.contains(path.file_name().expect("named")), "{text}");
        assert!(
            error.help().is_some() && !matches!(error, Error::Io { .. }),
            "{error:?}"
        );
    }
}

/// CRC-32 of ISO 3309, as PNG has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                crc >> 1 ^ 0xedb8_8320
            } else {
                crc >> 1
            }
        })
    })
}
