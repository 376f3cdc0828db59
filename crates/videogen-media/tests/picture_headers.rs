//! The reader of picture headers on anything: facts or a typed error, and no memory because of what a header claims. Alone
//! in its file: a process has one peak.

#![cfg(target_os = "linux")]

use std::io::Cursor;
use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder};
use proptest::prelude::*;
use videogen_media::{
    Error, FootageKind, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE, MIN_PICTURE_SIDE, check_picture,
    footage_kind, oriented_picture_size,
};

/// The most memory this process has had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok());
    kib.expect("a number") / 1024
}

/// What reading a header may take beyond what there was: buffers of decoders, which are of a few MiB.
const MOST: u64 = 64;

/// Pictures of every format that is read here, with profiles and orientations in their headers.
static PICTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let rgb: Vec<u8> = (0..48 * 32 * 3).map(|i| (i * 7919 % 251) as u8).collect();
    let kind = ExtendedColorType::Rgb8;
    let data = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let read = |name: &str| std::fs::read(data.join(name)).expect("there");
    let mut pictures = vec![
        read("icc_adobe.jpg"),
        read("icc_p3.jpg"),
        read("anim.webp"),
        read("avif.avif"),
    ];
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let profile = read("icc_p3.jpg")[38..518].to_vec();
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new(&mut out);
    encoder.set_icc_profile(profile.clone()).expect("taken");
    encoder.set_exif_metadata(exif).expect("taken");
    encoder.write_image(&rgb, 48, 32, kind).expect("written");
    pictures.push(out);
    let mut out = Vec::new();
    let mut encoder = PngEncoder::new(&mut out);
    encoder.set_icc_profile(profile.clone()).expect("taken");
    encoder.write_image(&rgb, 48, 32, kind).expect("written");
    pictures.push(out);
    let mut out = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut out);
    encoder.set_icc_profile(profile).expect("taken");
    encoder.write_image(&rgb, 48, 32, kind).expect("written");
    pictures.push(out);
    let mut out = Cursor::new(Vec::new());
    image::GrayImage::new(40, 40)
        .write_to(&mut out, image::ImageFormat::Png)
        .expect("encoded");
    pictures.push(out.into_inner());
    pictures
});

/// Memory before anything was read.
static BEFORE: LazyLock<u64> = LazyLock::new(peak);

/// Reads the header in every way there is.
fn judge(bytes: &[u8]) -> Result<(), TestCaseError> {
    let before = *BEFORE;
    let dir = camino_tempfile::tempdir().expect("a temporary directory");
    let path: Utf8PathBuf = dir.path().join("x");
    std::fs::write(&path, bytes).expect("written");
    let typed = |error: &Error| {
        let is_typed = matches!(
            error,
            Error::InputBroken { .. }
                | Error::InputEmpty { .. }
                | Error::InputWrongType { .. }
                | Error::PictureTooLarge { .. }
        );
        prop_assert!(is_typed, "{error:?}");
        prop_assert!(error.to_string().contains(path.as_str()) && error.help().is_some());
        Ok(())
    };
    match check_picture(&path) {
        Ok(info) => {
            let (least, most) = (MIN_PICTURE_SIDE, MAX_PICTURE_SIDE);
            prop_assert!((least..=most).contains(&info.width), "{info:?}");
            prop_assert!((least..=most).contains(&info.height), "{info:?}");
            prop_assert!(u64::from(info.width) * u64::from(info.height) <= MAX_PICTURE_PIXELS);
        }
        Err(error) => typed(&error)?,
    }
    match footage_kind(&path) {
        Ok(FootageKind::Picture | FootageKind::Clip) => {}
        Err(error) => typed(&error)?,
    }
    if let Err(error) = oriented_picture_size(&path) {
        typed(&error)?;
    }
    let taken = peak().saturating_sub(before);
    prop_assert!(taken < MOST, "{taken} MiB");
    Ok(())
}

/// Numbers that a header may lie with.
fn lie() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(0x7FFF_FFFF),
        Just(0xFFFF_FFFF),
        Just(60_000),
        any::<u32>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn headers_that_lie_are_judged(
        which in any::<prop::sample::Index>(),
        lies in prop::collection::vec((0usize..600, lie(), any::<bool>()), 0..5),
        bytes in prop::collection::vec((0usize..600, any::<u8>()), 0..5),
        part in prop_oneof![Just(1.0f64), 0.0f64..=1.0],
    ) {
        let mut picture = which.get(&PICTURES[..]).clone();
        for (at, value, big) in lies {
            let value = if big { value.to_be_bytes() } else { value.to_le_bytes() };
            if let Some(place) = picture.get_mut(at..at + 4) {
                place.copy_from_slice(&value);
            }
        }
        for (at, value) in bytes {
            if let Some(place) = picture.get_mut(at) {
                *place = value;
            }
        }
        picture.truncate((picture.len() as f64 * part) as usize);
        judge(&picture)?;
    }

    #[test]
    fn any_bytes_are_judged(
        magic in prop::sample::select(vec![
            &b""[..], b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF\xE1", b"RIFF\x40\0\0\0WEBPVP8X", b"RIFF\x40\0\0\0WEBPVP8 ",
            b"\0\0\0\x1cftypavif", b"II*\0", b"BM", b"GIF89a",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        judge(&[magic, &bytes].concat())?;
    }
}
