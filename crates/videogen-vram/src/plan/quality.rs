//! What qualities mean for painting: sizes, steps and guidance.

use videogen_types::{Aspect, Quality};

use crate::units::Size;

/// Returns the steps of a pass that starts from noise, where nobody asks for another number.
pub const fn default_steps(quality: Quality) -> u32 {
    match quality {
        Quality::Draft => 20,
        Quality::Standard => 30,
        Quality::High => 40,
        Quality::UltraLite => 50,
        Quality::Ultra => 60,
    }
}

/// Returns how strictly the prompt is followed, where the family has no value of its own and nobody asks for another.
pub const fn default_cfg(quality: Quality) -> f64 {
    match quality {
        Quality::Draft => 6.0,
        Quality::Standard => 7.0,
        Quality::High => 7.5,
        Quality::UltraLite | Quality::Ultra => 8.0,
    }
}

/// Returns the size of a picture that is promised at this quality: that of the video, which [`Quality::size`] computes. It is
/// a table here, because a plan looks it up hundreds of times.
pub const fn promised_size(quality: Quality, aspect: Aspect) -> Size {
    let (width, height) = match (aspect, quality) {
        (Aspect::Portrait, Quality::Draft) => (512, 768),
        (Aspect::Portrait, Quality::Standard) => (720, 1280),
        (Aspect::Portrait, Quality::High) => (1080, 1920),
        (Aspect::Portrait, Quality::UltraLite) => (1280, 2272),
        (Aspect::Portrait, Quality::Ultra) => (1440, 2560),
        (Aspect::Landscape, Quality::Draft) => (840, 472),
        (Aspect::Landscape, Quality::Standard) => (1280, 720),
        (Aspect::Landscape, Quality::High) => (1920, 1080),
        (Aspect::Landscape, Quality::UltraLite) => (2272, 1278),
        (Aspect::Landscape, Quality::Ultra) => (2560, 1440),
        (Aspect::Square, Quality::Draft) => (624, 624),
        (Aspect::Square, Quality::Standard) => (960, 960),
        (Aspect::Square, Quality::High) => (1440, 1440),
        (Aspect::Square, Quality::UltraLite) => (1704, 1704),
        (Aspect::Square, Quality::Ultra) => (1920, 1920),
        (Aspect::Feed, Quality::Draft) => (560, 700),
        (Aspect::Feed, Quality::Standard) => (864, 1080),
        (Aspect::Feed, Quality::High) => (1288, 1610),
        (Aspect::Feed, Quality::UltraLite) => (1526, 1908),
        (Aspect::Feed, Quality::Ultra) => (1718, 2148),
    };
    Size::new(width, height)
}
