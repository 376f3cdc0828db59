//! A picture of the user in a corner of every frame.

use camino::{Utf8Path, Utf8PathBuf};
use image::RgbaImage;
use image::imageops::{self, FilterType};
use serde::{Deserialize, Serialize};
use videogen_types::{Choice, choice, ranged};

use super::Overlay;
use crate::captions::{Area, SafeZone};
use crate::{Error, FrameSize, picture};

/// A watermark that covers less than this part of what is below it is not seen.
const FAINT: f32 = 0.03;

/// Where a watermark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatermarkCorner {
    /// Upper left.
    TopLeft,
    /// Upper right, where it is in the way of the fewest pictures.
    #[default]
    TopRight,
    /// Lower left, above captions.
    BottomLeft,
    /// Lower right, above captions.
    BottomRight,
}

impl Choice for WatermarkCorner {
    const WHAT: &'static str = "corner";
    const ALL: &'static [(&'static str, Self)] = &[
        ("top-left", Self::TopLeft),
        ("top-right", Self::TopRight),
        ("bottom-left", Self::BottomLeft),
        ("bottom-right", Self::BottomRight),
    ];
}

choice!(WatermarkCorner);

ranged! {
    /// Width of a watermark as a fraction of the frame's, 0.02 to 0.5.
    WatermarkWidth(f32), "watermark width", 0.02..=0.5, "0.02 to 0.5, a fraction of the frame's width"
}
impl WatermarkWidth {
    /// A sixth of the frame's width, as logos of broadcasters have it: read at a glance, and out of the way.
    pub const DEFAULT: Self = Self(0.16);
}

ranged! {
    /// Opacity of a watermark, 0 to 1.
    WatermarkOpacity(f32), "watermark opacity", 0.0..=1.0, "0 to 1"
}
impl WatermarkOpacity {
    /// Solid enough to be read, and seen to lie over the picture.
    pub const DEFAULT: Self = Self(0.8);
}

/// A watermark: a picture in a corner of every frame, and how it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watermark {
    /// A PNG, WebP or JPEG file. Its transparency is kept.
    pub file: Utf8PathBuf,
    /// Where it stands.
    pub corner: WatermarkCorner,
    /// How wide it is. One that would be too high for the zone is made smaller.
    pub width: WatermarkWidth,
    /// How opaque it is, beside its own transparency.
    pub opacity: WatermarkOpacity,
}

impl Watermark {
    /// This file as a watermark in the upper right corner, of the default width and opacity.
    pub fn new(file: Utf8PathBuf) -> Self {
        Self {
            file,
            corner: WatermarkCorner::default(),
            width: WatermarkWidth::DEFAULT,
            opacity: WatermarkOpacity::DEFAULT,
        }
    }

    /// Checks that the file is a picture that can be decoded and has something to see. For use before work starts.
    ///
    /// # Errors
    /// As [`picture::check_picture_pixels`]; [`Error::InputBroken`] when every pixel is transparent.
    pub fn check(picture: &Utf8Path) -> Result<(), Error> {
        load(picture).map(drop)
    }

    /// How much of it is seen where it is strongest, `0.0..=1.0`: by its opacity and that of its pixels. As [`check`]
    /// does, it decodes the file.
    ///
    /// # Errors
    /// As [`check`].
    ///
    /// [`check`]: Watermark::check
    pub fn strength(&self) -> Result<f32, Error> {
        let rgba = load(&self.file)?;
        let strongest = rgba.pixels().map(|pixel| pixel[3]).max().unwrap_or(0);
        Ok(self.opacity.get() * f32::from(strongest) / 255.0)
    }

    /// Says if nothing of it will be seen. As [`check`] does, it decodes the file.
    ///
    /// # Errors
    /// As [`check`].
    ///
    /// [`check`]: Watermark::check
    pub fn remark(&self) -> Result<Option<String>, Error> {
        let strength = self.strength()?;
        Ok((strength < FAINT).then(|| {
            let (percent, file) = (strength * 100.0, &self.file);
            format!("the watermark {file} is {percent:.0} % opaque: it will not be seen")
        }))
    }

    /// Reads the file and brings it to its size and place in a frame of `size`, inside `zone`: an overlay for
    /// [`super::TimedOverlay::always`].
    ///
    /// # Errors
    /// As [`Watermark::check`].
    pub fn draw(&self, size: FrameSize, zone: SafeZone) -> Result<Overlay, Error> {
        let mut rgba = load(&self.file)?;
        for pixel in rgba.pixels_mut() {
            let alpha = u16::from(pixel[3]);
            for channel in &mut pixel.0[..3] {
                *channel = ((u16::from(*channel) * alpha + 127) / 255) as u8;
            }
        }
        let frame = (size.width(), size.height());
        let area = zone.area(frame);
        let width = self.width.get();
        let place = place(rgba.dimensions(), frame.0, &area, self.corner, width);
        let (width, height) = (place.width() as u32, place.height() as u32);
        let mut rgba = imageops::resize(&rgba, width, height, FilterType::CatmullRom);
        for pixel in rgba.pixels_mut() {
            let part = |value: u8| (f32::from(value) * self.opacity.get()).round() as u8;
            let alpha = part(pixel[3]);
            // The filter overshoots, which no colour of a premultiplied pixel may.
            pixel.0 = [
                part(pixel[0]).min(alpha),
                part(pixel[1]).min(alpha),
                part(pixel[2]).min(alpha),
                alpha,
            ];
        }
        Ok(Overlay {
            x: place.x0 as u32,
            y: place.y0 as u32,
            width,
            height,
            rgba: rgba.into_raw(),
        })
    }
}

fn load(path: &Utf8Path) -> Result<RgbaImage, Error> {
    picture::check_picture(path)?;
    let rgba = picture::decode(path)?.image.into_rgba8();
    if rgba.pixels().all(|pixel| pixel[3] == 0) {
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason: "every pixel of it is transparent".into(),
        });
    }
    Ok(rgba)
}

/// Where a picture of this size stands: `fraction` of the frame's width wide, as far as `area` holds it with its aspect,
/// in a corner of that. Even, and two pixels a side at least.
fn place(
    picture: (u32, u32),
    frame_width: u32,
    area: &Area,
    corner: WatermarkCorner,
    fraction: f32,
) -> Area {
    let (across, down) = (f64::from(picture.0.max(1)), f64::from(picture.1.max(1)));
    let wanted = f64::from(frame_width) * f64::from(fraction) / across;
    let scale = wanted
        .min(f64::from(area.width()) / across)
        .min(f64::from(area.height()) / down);
    let side = |length: f64, most: i32| ((length * scale / 2.0).round() as i32 * 2).clamp(2, most);
    let (width, height) = (side(across, area.width()), side(down, area.height()));
    let (x0, y0) = match corner {
        WatermarkCorner::TopLeft => (area.x0, area.y0),
        WatermarkCorner::TopRight => (area.x1 - width, area.y0),
        WatermarkCorner::BottomLeft => (area.x0, area.y1 - height),
        WatermarkCorner::BottomRight => (area.x1 - width, area.y1 - height),
    };
    Area {
        x0,
        y0,
        x1: x0 + width,
        y1: y0 + height,
    }
}

#[cfg(test)]
mod tests {
    use camino_tempfile::{Utf8TempDir, tempdir};
    use image::Rgba;
    use proptest::prelude::*;

    use super::*;
    use crate::compose::Stamp;

    const CORNERS: [WatermarkCorner; 4] = [
        WatermarkCorner::TopLeft,
        WatermarkCorner::TopRight,
        WatermarkCorner::BottomLeft,
        WatermarkCorner::BottomRight,
    ];

    fn logo(width: u32, height: u32, pixel: [u8; 4]) -> (Utf8TempDir, Watermark) {
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("logo.png");
        RgbaImage::from_pixel(width, height, Rgba(pixel))
            .save(&path)
            .expect("written");
        (dir, Watermark::new(path))
    }

    fn whole_frame() -> SafeZone {
        SafeZone {
            left: 0.0,
            right: 0.0,
            top: 0.0,
            bottom: 0.0,
            centre: 0.5,
        }
    }

    proptest! {
        #[test]
        fn it_stands_inside_frame_and_zone_in_its_corner(
            (width, height) in (8u32..2200, 8u32..2200), picture in (1u32..5000, 1u32..5000),
            corner in prop::sample::select(&CORNERS[..]), fraction in 0.02f32..=0.5,
            margins in prop::array::uniform4(0.0f32..0.45),
        ) {
            let frame = (width * 2, height * 2);
            let [left, right, top, bottom] = margins;
            let zone = SafeZone { left, right, top, bottom, centre: 0.5 };
            let area = zone.area(frame);
            let it = place(picture, frame.0, &area, corner, fraction);
            prop_assert!([it.x0, it.y0, it.x1, it.y1].iter().all(|v| v % 2 == 0 && *v >= 0), "{it:?}");
            prop_assert!(it.x0 >= area.x0 && it.y0 >= area.y0 && it.x1 <= area.x1 && it.y1 <= area.y1);
            prop_assert!(it.x1 <= frame.0 as i32 && it.y1 <= frame.1 as i32);
            prop_assert!(it.width() >= 2 && it.height() >= 2);
            prop_assert!(f64::from(it.width()) <= f64::from(frame.0) * f64::from(fraction) + 1.0 || it.width() == 2);
            let (at_left, at_top) = (it.x0 == area.x0, it.y0 == area.y0);
            let (at_right, at_bottom) = (it.x1 == area.x1, it.y1 == area.y1);
            let in_corner = match corner {
                WatermarkCorner::TopLeft => at_left && at_top,
                WatermarkCorner::TopRight => at_right && at_top,
                WatermarkCorner::BottomLeft => at_left && at_bottom,
                WatermarkCorner::BottomRight => at_right && at_bottom,
            };
            prop_assert!(in_corner, "{it:?} in {area:?}");
            // Its aspect is kept, but for the rounding to even pixels.
            let scale = f64::from(it.width()) / f64::from(picture.0);
            let off = (f64::from(picture.1) * scale - f64::from(it.height())).abs();
            prop_assert!(off <= 1.0 + f64::from(picture.1) / f64::from(picture.0) || it.width().min(it.height()) == 2);
        }
    }

    #[test]
    fn the_default_is_a_sixth_of_the_width_in_the_upper_right_corner() {
        let size = FrameSize::new(720, 1280).expect("even");
        let (_dir, watermark) = logo(400, 200, [255, 0, 0, 255]);
        let overlay = watermark.draw(size, whole_frame()).expect("drawn");
        assert_eq!(
            (overlay.x, overlay.y, overlay.width, overlay.height),
            (720 - 116, 0, 116, 58)
        );
        // 0.8 of 255, colour and coverage alike.
        assert_eq!(overlay.rgba[..4], [204, 0, 0, 204]);
    }

    #[test]
    fn without_opacity_it_changes_nothing() {
        let size = FrameSize::new(64, 96).expect("even");
        let (_dir, watermark) = logo(40, 40, [255, 255, 255, 255]);
        let draw = |opacity| {
            let watermark = Watermark {
                opacity: WatermarkOpacity(opacity),
                width: WatermarkWidth(0.5),
                ..watermark.clone()
            };
            let overlay = watermark.draw(size, whole_frame()).expect("drawn");
            let mut frame: Vec<u8> = (0..size.frame_bytes()).map(|i| (i * 7) as u8).collect();
            let before = frame.clone();
            Stamp::new(&overlay, size).blend(size, &mut frame);
            frame.iter().zip(&before).filter(|(a, b)| a != b).count()
        };
        assert_eq!(draw(0.0), 0);
        assert!(draw(0.5) > 900);
    }

    #[test]
    fn colours_never_exceed_their_coverage() {
        let (_dir, watermark) = logo(97, 31, [0, 0, 0, 0]);
        // Hard edges between clear and white, where a filter overshoots.
        let mut stripes = RgbaImage::new(97, 31);
        for (x, _, pixel) in stripes.enumerate_pixels_mut() {
            if x / 5 % 2 == 0 {
                *pixel = Rgba([255, 250, 3, 255]);
            }
        }
        stripes.save(&watermark.file).expect("written");
        let size = FrameSize::new(256, 256).expect("even");
        for width in [0.02, 0.1, 0.37, 0.5] {
            let watermark = Watermark {
                width: WatermarkWidth(width),
                ..watermark.clone()
            };
            let overlay = watermark.draw(size, whole_frame()).expect("drawn");
            for pixel in overlay.rgba.chunks_exact(4) {
                assert!(pixel[..3].iter().all(|&c| c <= pixel[3]), "{pixel:?}");
                assert!(pixel[3] <= 204);
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_is_refused_by_name() {
        let (dir, clear) = logo(20, 20, [255, 255, 255, 0]);
        let message = |path: &Utf8Path| Watermark::check(path).expect_err("refused").to_string();
        assert!(message(&clear.file).contains("logo.png cannot be used: every pixel"));
        let page = dir.path().join("page.png");
        std::fs::write(&page, "<html></html>").expect("written");
        assert!(message(&page).contains("page.png is an HTML page"));
        assert!(message(&dir.path().join("none.png")).contains("none.png does not exist"));
    }

    #[test]
    fn impossible_values_cannot_be_constructed_and_the_ends_of_the_ranges_can() {
        for bad in ["0.019", "0.51", "0", "-0.1", "NaN", "16%"] {
            let error = bad.parse::<WatermarkWidth>().expect_err(bad);
            assert!(error.to_string().contains("0.02 to 0.5"), "{error}");
        }
        for bad in ["-0.1", "1.1", "NaN", "inf", "80"] {
            let error = bad.parse::<WatermarkOpacity>().expect_err(bad);
            assert!(error.to_string().contains("0 to 1"), "{error}");
        }
        let error = "top".parse::<WatermarkCorner>().expect_err("no corner");
        assert!(error.to_string().contains("top-left"), "{error}");
        for (width, opacity) in [("0.02", "0"), ("0.5", "1")] {
            width.parse::<WatermarkWidth>().expect(width);
            opacity.parse::<WatermarkOpacity>().expect(opacity);
        }
        WatermarkWidth::new(WatermarkWidth::DEFAULT.get()).expect("in range");
        WatermarkOpacity::new(WatermarkOpacity::DEFAULT.get()).expect("in range");
    }

    #[test]
    fn it_is_written_as_manifests_and_journals_have_it() {
        let json = serde_json::to_string(&Watermark::new("logo.png".into())).expect("JSON");
        let written = r#"{"file":"logo.png","corner":"top-right","width":0.16,"opacity":0.8}"#;
        assert_eq!(json, written);
    }
}
