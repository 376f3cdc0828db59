//! What is seen through a picture: a ground on which the picture stands out, light under what is dark and dark under all
//! else. Pure.

use image::{DynamicImage, RgbImage, RgbaImage};

/// From this difference on, of 255, more of it makes nothing easier to see.
const SEEN: f64 = 128.0;

/// What lies under a picture that can be seen through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Ground {
    /// Black.
    #[default]
    Dark,
    /// White.
    Light,
}

impl Ground {
    /// The value of its red, its green and its blue.
    const fn value(self) -> u8 {
        match self {
            Self::Dark => 0,
            Self::Light => 255,
        }
    }

    /// Chooses the ground that more of what is opaque stands out from, of packed 8-bit RGBA: the dark one where that makes
    /// no difference, or nothing can be seen through.
    pub(crate) fn of(rgba: &[u8]) -> Self {
        let (mut on_dark, mut on_light, mut is_opaque) = (0.0, 0.0, true);
        for [red, green, blue, alpha] in rgba.as_chunks::<4>().0 {
            is_opaque &= *alpha == u8::MAX;
            let [red, green, blue, alpha] = [red, green, blue, alpha].map(|v| f64::from(*v));
            let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
            on_dark += alpha * luma.min(SEEN);
            on_light += alpha * (255.0 - luma).min(SEEN);
        }
        if on_light > on_dark && !is_opaque {
            Self::Light
        } else {
            Self::Dark
        }
    }

    /// The picture on it.
    pub(crate) fn under(self, picture: &RgbaImage) -> RgbImage {
        let ground = u16::from(self.value());
        let mut rgb = RgbImage::new(picture.width(), picture.height());
        for (out, p) in rgb.pixels_mut().zip(picture.pixels()) {
            let alpha = u16::from(p[3]);
            let mixed = |c: usize| u16::from(p[c]) * alpha + ground * (255 - alpha);
            out.0 = [0, 1, 2].map(|c| ((mixed(c) + 127) / 255) as u8);
        }
        rgb
    }
}

/// The picture without transparency: on the ground that shows it.
pub(super) fn on_ground(picture: DynamicImage) -> RgbImage {
    chosen(picture).0
}

/// As [`on_ground`], and that ground.
pub(super) fn chosen(picture: DynamicImage) -> (RgbImage, Ground) {
    on(picture, Ground::of)
}

/// The picture without transparency: on black, whatever is in it. A painter's picture that is black where it is opaque is a
/// black picture.
pub(super) fn on_black(picture: DynamicImage) -> RgbImage {
    on(picture, |_| Ground::Dark).0
}

fn on(picture: DynamicImage, ground: impl FnOnce(&[u8]) -> Ground) -> (RgbImage, Ground) {
    if !picture.color().has_alpha() {
        return (picture.into_rgb8(), Ground::Dark);
    }
    let rgba = picture.into_rgba8();
    let ground = ground(&rgba);
    (ground.under(&rgba), ground)
}

#[cfg(test)]
mod tests {
    use image::Rgba;
    use proptest::prelude::*;

    use super::*;

    /// A disc of this colour on nothing.
    fn logo(colour: [u8; 3]) -> DynamicImage {
        let [r, g, b] = colour;
        let inside = |x: u32, y: u32| x.abs_diff(20).pow(2) + y.abs_diff(30).pow(2) < 150;
        let pixel = |x, y| Rgba([r, g, b, if inside(x, y) { 255 } else { 0 }]);
        DynamicImage::ImageRgba8(RgbaImage::from_fn(40, 60, pixel))
    }

    #[test]
    fn a_dark_logo_stands_on_light_and_a_light_one_on_dark() {
        for dark in [
            [0, 0, 0],
            [20, 20, 60],
            [80, 80, 80],
            [0, 0, 255],
            [160, 0, 0],
        ] {
            let shown = on_ground(logo(dark));
            assert_eq!(shown.get_pixel(0, 0).0, [255; 3], "{dark:?}");
            assert_eq!(shown.get_pixel(20, 30).0, dark);
        }
        for light in [[255; 3], [255, 220, 0], [200, 200, 200], [0, 255, 0]] {
            let shown = on_ground(logo(light));
            assert_eq!(shown.get_pixel(0, 0).0, [0; 3], "{light:?}");
            assert_eq!(shown.get_pixel(20, 30).0, light);
        }
    }

    #[test]
    fn a_shadow_does_not_decide_and_nothing_is_black() {
        let mut white = logo([255; 3]).into_rgba8();
        for pixel in white.pixels_mut().filter(|pixel| pixel[3] == 0) {
            *pixel = Rgba([0, 0, 0, 20]);
        }
        assert_eq!(Ground::of(&white), Ground::Dark);
        let nothing = on_ground(DynamicImage::new_rgba8(4, 4));
        assert!(nothing.iter().all(|value| *value == 0));
        let black = on_black(logo([0; 3]));
        assert!(black.iter().all(|value| *value == 0));
        // What cannot be seen through has no ground, with an alpha channel or without.
        let drawing = RgbaImage::from_pixel(4, 4, Rgba([9, 9, 9, 255]));
        assert_eq!(Ground::of(&drawing), Ground::Dark);
        let opaque = DynamicImage::new_rgb8(4, 4);
        assert_eq!(on_ground(opaque.clone()), opaque.into_rgb8());
    }

    proptest! {
        #[test]
        fn between_ground_and_picture_is_what_is_seen(colour: [u8; 4]) {
            let picture = RgbaImage::from_pixel(1, 1, Rgba(colour));
            for ground in [Ground::Dark, Ground::Light] {
                let shown = ground.under(&picture).get_pixel(0, 0).0;
                for (shown, value) in shown.into_iter().zip(colour) {
                    let (least, most) = (value.min(ground.value()), value.max(ground.value()));
                    prop_assert!((least..=most).contains(&shown));
                }
            }
        }
    }
}
