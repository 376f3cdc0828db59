//! Decoding of picture files, bounded, turned as they are shown and in the colours of sRGB.

use std::io::{BufReader, Cursor, Read};

use camino::Utf8Path;
use image::codecs::jpeg::JpegDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use png::Decoder as PngHeader;

use super::colour::{ColourTag, Colours, to_srgb};
use super::{MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, MAX_PICTURE_SIDE};
use crate::{Error, files, jpeg};

/// Memory beside the pixels that a decoder may take, in bytes.
const DECODER_BYTES: u64 = 16 << 20;

/// A picture as it is shown.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Its pixels, turned as its EXIF orientation says, in sRGB.
    pub(crate) image: DynamicImage,
    /// How they came to be in sRGB.
    pub(crate) colours: Colours,
}

/// Reads a file of at most [`MAX_PICTURE_BYTES`].
pub(crate) fn read(path: &Utf8Path) -> Result<Vec<u8>, Error> {
    let file = files::open_regular(path, MAX_PICTURE_BYTES)?;
    let mut bytes = Vec::new();
    // The limit holds even if the file grows while it is read.
    BufReader::new(file)
        .take(MAX_PICTURE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

pub(super) fn reader<'a>(
    path: &Utf8Path,
    bytes: &'a [u8],
) -> Result<ImageReader<Cursor<&'a [u8]>>, Error> {
    // By content, never by name: an HTML page called x.png is a page.
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|source| Error::Io {
            action: "reading",
            path: path.to_owned(),
            source,
        })?;
    match reader.format() {
        Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) => Ok(reader),
        _ => Err(Error::InputWrongType {
            path: path.to_owned(),
            expected: "a PNG, JPEG or WebP picture",
            found: files::describe(bytes),
        }),
    }
}

pub(super) fn broken(path: &Utf8Path, source: &image::ImageError) -> Error {
    Error::InputBroken {
        path: path.to_owned(),
        reason: format!("the picture cannot be decoded: {source}"),
    }
}

/// Decodes a picture file.
pub(crate) fn decode(path: &Utf8Path) -> Result<Decoded, Error> {
    decode_bytes(path, &read(path)?)
}

/// Decodes what was read of `path`, which messages name.
fn decode_bytes(path: &Utf8Path, bytes: &[u8]) -> Result<Decoded, Error> {
    let stored = Stored::of(path, bytes)?;
    let tag = tag_of(stored.format, bytes, stored.profile);
    Ok(turned(in_srgb(stored.image, &tag), stored.orientation))
}

/// Decodes the PNG that another program has made of `path`, whose file says `tag` and `orientation`. What the program says
/// of colours in it does not count, but for a profile where the file says nothing.
pub(crate) fn decode_converted(
    path: &Utf8Path,
    png: &[u8],
    tag: &ColourTag,
    orientation: Orientation,
) -> Result<Decoded, Error> {
    let stored = Stored::of(path, png)?;
    let tag = match (tag, stored.profile) {
        (ColourTag::Srgb, Some(profile)) => ColourTag::Icc(profile),
        _ => tag.clone(),
    };
    Ok(turned(in_srgb(stored.image, &tag), orientation))
}

/// What a JPEG says of its colours and how it is turned, by the part of the file before its data.
pub(crate) fn jpeg_facts(path: &Utf8Path, head: &[u8]) -> Result<(ColourTag, Orientation), Error> {
    let failed = |source| broken(path, &source);
    let mut decoder = JpegDecoder::new(Cursor::new(head)).map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    let profile = decoder.icc_profile().unwrap_or_default();
    let tag = tag_of(Some(ImageFormat::Jpeg), head, profile);
    Ok((tag, orientation))
}

/// A picture as it is stored.
struct Stored {
    format: Option<ImageFormat>,
    image: DynamicImage,
    profile: Option<Vec<u8>>,
    orientation: Orientation,
}

impl Stored {
    fn of(path: &Utf8Path, bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = reader(path, bytes)?;
        let format = reader.format();
        if format == Some(ImageFormat::Jpeg) && !jpeg::is_complete(bytes) {
            return Err(Error::InputBroken {
                path: path.to_owned(),
                reason: "the picture ends too early".into(),
            });
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_PICTURE_SIDE);
        limits.max_image_height = Some(MAX_PICTURE_SIDE);
        limits.max_alloc = Some(MAX_PICTURE_PIXELS * 8 + DECODER_BYTES);
        reader.limits(limits);
        let failed = |source| broken(path, &source);
        let mut decoder = reader.into_decoder().map_err(failed)?;
        let orientation = decoder.orientation().map_err(failed)?;
        // A profile that cannot be read is no reason to refuse the picture.
        let profile = decoder.icc_profile().unwrap_or_default();
        let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
        Ok(Self {
            format,
            image,
            profile,
            orientation,
        })
    }
}

/// A picture in sRGB, by what its file says of its colours.
pub(crate) fn in_srgb(image: DynamicImage, tag: &ColourTag) -> Decoded {
    let (image, colours) = to_srgb(image, tag);
    Decoded { image, colours }
}

fn turned(mut picture: Decoded, orientation: Orientation) -> Decoded {
    picture.image.apply_orientation(orientation);
    picture
}

/// What an animated PNG or WebP says of its colours; that they are sRGB, where it cannot be read.
pub(crate) fn animation_tag(bytes: &[u8]) -> ColourTag {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let Ok(reader) = reader else {
        return ColourTag::Srgb;
    };
    let format = reader.format();
    let profile = reader.into_decoder().and_then(|mut one| one.icc_profile());
    tag_of(format, bytes, profile.unwrap_or_default())
}

/// What a file says of its colours, beside its `profile` or by it.
fn tag_of(format: Option<ImageFormat>, bytes: &[u8], profile: Option<Vec<u8>>) -> ColourTag {
    let coded = match format {
        // What its decoder makes of four inks is RGB, and no profile for the inks is for that.
        Some(ImageFormat::Jpeg)
            if jpeg::header(bytes).is_some_and(|header| header.components == 4) =>
        {
            return ColourTag::Inks;
        }
        Some(ImageFormat::Png) => png_tag(bytes),
        _ => ColourTag::Srgb,
    };
    match (coded, profile) {
        // PNG specification, third edition, 4.3: cICP counts first, then a profile.
        (coded @ ColourTag::Coded { .. }, _) | (coded, None) => coded,
        (_, Some(profile)) => ColourTag::Icc(profile),
    }
}

/// What the chunks cICP, sRGB, gAMA and cHRM of a PNG say.
fn png_tag(bytes: &[u8]) -> ColourTag {
    let limits = png::Limits {
        bytes: DECODER_BYTES as usize,
    };
    let mut header = PngHeader::new_with_limits(Cursor::new(bytes), limits);
    header.set_ignore_text_chunk(true);
    let Ok(reader) = header.read_info() else {
        return ColourTag::Srgb;
    };
    let info = reader.info();
    if let Some(code) = info.coding_independent_code_points {
        return ColourTag::Coded {
            primaries: code.color_primaries,
            transfer: code.transfer_function,
        };
    }
    if info.srgb.is_some() {
        return ColourTag::Srgb;
    }
    let pair = |(x, y): (png::ScaledFloat, png::ScaledFloat)| (x.into_value(), y.into_value());
    let primaries = info
        .chromaticities()
        .map(|all| [all.white, all.red, all.green, all.blue].map(pair));
    let gamma = info.gamma().map(png::ScaledFloat::into_value);
    match (gamma, primaries) {
        (None, None) => ColourTag::Srgb,
        (gamma, primaries) => ColourTag::Display { gamma, primaries },
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use camino::Utf8PathBuf;
    use image::codecs::jpeg::JpegEncoder;
    use image::codecs::png::PngEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder};
    use moxcms::ColorProfile;
    use png::ScaledFloat;

    use super::*;

    /// Its middle, in 8 bits.
    fn middle(decoded: &Decoded) -> [u8; 3] {
        let rgb = decoded.image.to_rgb8();
        rgb.get_pixel(rgb.width() / 2, rgb.height() / 2).0
    }

    #[track_caller]
    fn is_near(found: [u8; 3], expected: [u8; 3], most: u8) {
        let near = found
            .iter()
            .zip(expected)
            .all(|(a, b)| a.abs_diff(b) <= most);
        assert!(near, "{found:?}, not {expected:?}");
    }

    fn decoded(bytes: &[u8]) -> Decoded {
        decode_bytes(Utf8Path::new("a"), bytes).expect("a picture")
    }

    const GREEN: [u8; 3] = [90, 168, 87];
    /// What it is in Display P3.
    const IN_P3: [u8; 3] = [54, 170, 76];

    fn p3() -> Vec<u8> {
        ColorProfile::new_display_p3().encode().expect("a profile")
    }

    #[test]
    fn photographs_of_phones_and_cameras_have_their_colours() {
        let data = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        for (name, expected) in [
            ("icc_adobe.jpg", [0, 172, 84]),
            ("icc_p3.jpg", [50, 174, 78]),
        ] {
            let picture = decode(&data.join(name)).expect("a picture");
            is_near(middle(&picture), expected, 3);
        }
    }

    #[test]
    fn profiles_are_found_in_every_format() {
        let pixels = GREEN.repeat(32 * 32);
        let rgb = ExtendedColorType::Rgb8;
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
        encoder.set_icc_profile(p3()).expect("taken");
        encoder.write_image(&pixels, 32, 32, rgb).expect("written");
        let mut png = Vec::new();
        let mut encoder = PngEncoder::new(&mut png);
        encoder.set_icc_profile(p3()).expect("taken");
        encoder.write_image(&pixels, 32, 32, rgb).expect("written");
        let mut webp = Vec::new();
        let mut encoder = WebPEncoder::new_lossless(&mut webp);
        encoder.set_icc_profile(p3()).expect("taken");
        encoder.write_image(&pixels, 32, 32, rgb).expect("written");
        for bytes in [jpeg, png, webp] {
            let picture = decoded(&bytes);
            is_near(middle(&picture), IN_P3, 3);
            assert!(matches!(picture.colours, Colours::Converted(_)));
        }
    }

    /// A PNG of 32x32 pixels by these settings.
    fn png_of(data: &[u8], set: impl FnOnce(&mut png::Info<'_>)) -> Vec<u8> {
        let mut info = png::Info::with_size(32, 32);
        set(&mut info);
        let mut bytes = Vec::new();
        let encoder = png::Encoder::with_info(&mut bytes, info).expect("valid");
        let mut writer = encoder.write_header().expect("written");
        writer.write_image_data(data).expect("written");
        writer.finish().expect("written");
        bytes
    }

    #[test]
    fn palettes_and_deep_pngs_are_converted_and_chunks_of_png_count() {
        let palette = png_of(&[1; 32 * 32], |info| {
            info.color_type = png::ColorType::Indexed;
            info.bit_depth = png::BitDepth::Eight;
            info.palette = Some(Cow::Owned([[0; 3], GREEN].concat()));
            info.icc_profile = Some(Cow::Owned(p3()));
        });
        is_near(middle(&decoded(&palette)), IN_P3, 2);
        let deep: Vec<u8> = GREEN.iter().flat_map(|v| [*v, *v]).collect();
        let deep = png_of(&deep.repeat(32 * 32), |info| {
            info.color_type = png::ColorType::Rgb;
            info.bit_depth = png::BitDepth::Sixteen;
            info.icc_profile = Some(Cow::Owned(p3()));
        });
        is_near(middle(&decoded(&deep)), IN_P3, 2);
        let linear = |srgb: bool| {
            png_of(&[55; 32 * 32 * 3], |info| {
                info.color_type = png::ColorType::Rgb;
                info.bit_depth = png::BitDepth::Eight;
                info.source_gamma = Some(ScaledFloat::from_scaled(100_000));
                info.srgb = srgb.then_some(png::SrgbRenderingIntent::Perceptual);
            })
        };
        is_near(middle(&decoded(&linear(false))), [128; 3], 2);
        is_near(middle(&decoded(&linear(true))), [55; 3], 0);
    }

    #[test]
    fn a_turned_picture_with_a_profile_is_turned_and_converted() {
        // TIFF, big-endian, one entry: the orientation, 6.
        let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 100);
        encoder.set_icc_profile(p3()).expect("taken");
        encoder.set_exif_metadata(exif.to_vec()).expect("taken");
        let pixels = GREEN.repeat(64 * 32);
        encoder
            .write_image(&pixels, 64, 32, ExtendedColorType::Rgb8)
            .expect("written");
        let picture = decoded(&jpeg);
        assert_eq!((picture.image.width(), picture.image.height()), (32, 64));
        is_near(middle(&picture), IN_P3, 3);
    }

    #[test]
    fn inks_are_told() {
        let mut jpeg = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 95);
        let inks = [255u8, 30, 200, 10].repeat(32 * 32);
        encoder
            .encode(&inks, 32, 32, jpeg_encoder::ColorType::Cmyk)
            .expect("encoded");
        let picture = decoded(&jpeg);
        let remark = picture.colours.remark().expect("a remark");
        assert!(remark.contains("CMYK"), "{remark}");
    }
}
