//! The colours: hand-chosen families for each genre, one per video.

use videogen_types::{Genre, Seed};

use super::finish::from_display;
use super::math::{Rgb, rgb};

/// Six colours that belong together, in scene-linear light.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Palette {
    /// The top of the sky.
    pub(crate) zenith: Rgb,
    /// Between the top and the horizon.
    pub(crate) mid: Rgb,
    /// The horizon, and the haze that everything far away fades to.
    pub(crate) horizon: Rgb,
    /// Sun, moon, lamps.
    pub(crate) light: Rgb,
    /// What stands nearest and against the light.
    pub(crate) shadow: Rgb,
    /// The one colour that differs.
    pub(crate) accent: Rgb,
}

/// sRGB as seen on screen: zenith, mid, horizon, light, shadow, accent.
type Swatch = [u32; 6];

const MOTIVATIONAL: &[Swatch] = &[
    [0x24406e, 0x8a7fa0, 0xffb27a, 0xffe2b0, 0x17162b, 0xff7a4d],
    [0x0f3a4a, 0x3f7f86, 0xf6c28b, 0xffd9a0, 0x0a1a22, 0xff9a4a],
    [0x2a1740, 0x8a2f5a, 0xff8a5c, 0xffd2a0, 0x140b1e, 0xffb84d],
    [0x1c4f8f, 0x6fa3cf, 0xfddcb4, 0xfff1d0, 0x12233a, 0xf2a65a],
    [0x1b2450, 0x5a4c8c, 0xff9e6e, 0xffdba0, 0x100f24, 0xff5f6d],
];
const EMOTIONAL: &[Swatch] = &[
    [0x2b2350, 0x7d5a8c, 0xf2a7a0, 0xffd9c8, 0x17122a, 0xe86f8c],
    [0x0e1c3d, 0x35507f, 0xa9b6d6, 0xe8dcf0, 0x0a1022, 0xf0a08a],
    [0x3a2436, 0x8f5a58, 0xf0bd8a, 0xffe0b8, 0x1a1018, 0xd9695a],
    [0x3a3a6e, 0x8d84bd, 0xf0c4d8, 0xfff0ea, 0x1b1a38, 0xb06fd0],
];
const TECH: &[Swatch] = &[
    [0x050a1e, 0x12285c, 0x2a8fd0, 0x8fe8ff, 0x04060f, 0xff4fa0],
    [0x041318, 0x0c3a44, 0x1fa89a, 0xa8ffe6, 0x030a0c, 0xffb347],
    [0x0c0624, 0x35187a, 0x8f5cf0, 0xe0c8ff, 0x06030f, 0x3fd8ff],
    [0x07142b, 0x1b3f73, 0x5f9fd8, 0xffd0a0, 0x050b18, 0xff8030],
];
const NATURE: &[Swatch] = &[
    [0x3f6f8f, 0x93b8b0, 0xf3e0a8, 0xfff2c4, 0x0f2420, 0x8fbf5a],
    [0x1d4a86, 0x6b9ccb, 0xd4e4f0, 0xfff0d0, 0x12263a, 0x5aa0a8],
    [0x4a5a7a, 0xa59a98, 0xffc884, 0xffe3ac, 0x24160f, 0xd9752b],
    [0x1e3d3f, 0x5b8580, 0xc4d8b4, 0xf4f4d0, 0x0b1c1b, 0x3f9f6f],
    [0x27406a, 0x7d88b4, 0xf5b9a6, 0xffe0c4, 0x10202c, 0xe07a6a],
];
const HISTORY: &[Swatch] = &[
    [0x3b2c22, 0x8a6a48, 0xe8c48c, 0xffe6b4, 0x1a120c, 0xb8502f],
    [0x2a3b40, 0x6f8582, 0xe2d0a0, 0xfff0cc, 0x161a1a, 0xa8743c],
    [0x2a1418, 0x7a3a2e, 0xe0935a, 0xffd59a, 0x140a0a, 0xd8a04a],
    [0x2c3850, 0x71809a, 0xdcc8a8, 0xfbeed6, 0x171a24, 0x9a5a44],
];
const MYSTERY: &[Swatch] = &[
    [0x050d18, 0x0f2f3d, 0x3f7f80, 0xbfeee0, 0x03070c, 0x58d0a0],
    [0x070820, 0x1c2258, 0x5a66a8, 0xdfe4ff, 0x04040f, 0x9a5cff],
    [0x0c0610, 0x33121f, 0x8f3a34, 0xffb08a, 0x070306, 0xff5a3c],
    [0x10181a, 0x2f443f, 0x849a86, 0xe6ead0, 0x080c0c, 0xc8b050],
];
const GENERAL: &[Swatch] = &[
    [0x1f3f70, 0x6f8fb8, 0xf7c89c, 0xffe8c8, 0x131c30, 0xf0805a],
    [0x123a4c, 0x4f8f98, 0xcfe2c8, 0xfff3d6, 0x0c1c24, 0xf2b04a],
    [0x2c2a5c, 0x7a6aa8, 0xf5b8b0, 0xffe2cc, 0x15132c, 0xff8f70],
    [0x2b3f5c, 0x7f98b0, 0xecd9bc, 0xfff2dc, 0x161c28, 0xd98a4a],
];

const fn swatches(genre: Genre) -> &'static [Swatch] {
    match genre {
        Genre::Motivational => MOTIVATIONAL,
        Genre::Emotional => EMOTIONAL,
        Genre::Tech => TECH,
        Genre::Nature => NATURE,
        Genre::History => HISTORY,
        Genre::Mystery => MYSTERY,
        Genre::General => GENERAL,
    }
}

/// The palette of a video: `look` picks the family.
pub(crate) fn choose(genre: Genre, look: Seed) -> Palette {
    let [zenith, mid, horizon, light, shadow, accent] = look
        .derive("palette", 0)
        .rng()
        .pick(swatches(genre))
        .map(from_display);
    // The film curve pales what is bright; the colours that live there start richer.
    Palette {
        zenith: zenith.saturated(1.1),
        mid: mid.saturated(1.15),
        horizon: horizon.saturated(1.1),
        // Yellow that is not bright is olive: a step towards orange keeps the glow around the sun clean.
        light: light.tinted(rgb(1.03, 0.94, 0.88)),
        shadow,
        accent,
    }
}

impl Palette {
    /// The same family at another time of the story: `warmth` -1..=1 leans it to the accent or to the zenith, `lift`
    /// brightens or darkens the sky by that many stops.
    pub(crate) fn at_hour(mut self, warmth: f32, lift: f32) -> Self {
        let toward = if warmth > 0.0 {
            self.accent
        } else {
            self.zenith
        };
        let lean = warmth.abs();
        self.horizon = self.horizon.mix(toward, 0.22 * lean);
        self.mid = self.mid.mix(toward, 0.16 * lean);
        let k = lift.exp2();
        self.zenith = self.zenith * k;
        self.mid = self.mid * k;
        self.horizon = self.horizon * k.sqrt();
        self
    }

    /// The same colours as lamps in a dark room.
    pub(crate) fn at_dark(mut self) -> Self {
        let cap = |c: Rgb, luma: f32| c * (luma / c.luma().max(1e-4)).min(1.0);
        self.zenith = cap(self.zenith, 0.012);
        self.mid = cap(self.mid.saturated(1.25), 0.06);
        self.horizon = cap(self.horizon.saturated(1.5), 0.42);
        self.accent = self.accent.saturated(1.2);
        self
    }

    /// The same family after dark: the sky deep, the light small and clear.
    pub(crate) fn at_night(mut self) -> Self {
        let cap = |c: Rgb, luma: f32| c * (luma / c.luma().max(1e-4)).min(1.0);
        self.zenith = cap(self.zenith, 0.012);
        self.mid = cap(self.mid, 0.035);
        self.horizon = cap(self.horizon.saturated(1.1), 0.09);
        self.shadow = cap(self.shadow, 0.004);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_genre_has_at_least_four_families_with_light_above_shadow() {
        for genre in Genre::ALL {
            assert!(swatches(genre).len() >= 4, "{genre}");
            for swatch in swatches(genre) {
                let [zenith, mid, horizon, light, shadow, _] =
                    swatch.map(|c| from_display(c).luma());
                assert!(
                    shadow <= zenith && zenith < mid && mid < horizon && horizon < light,
                    "{genre} {swatch:x?}"
                );
            }
        }
    }

    #[test]
    fn one_look_is_one_family_and_looks_differ() {
        let of = |n| choose(Genre::Nature, Seed(n)).horizon;
        assert!((of(3) - of(3)).luma().abs() < 1e-9);
        assert!((0..20).any(|n| (of(n) - of(0)).luma().abs() > 1e-3));
    }
}
