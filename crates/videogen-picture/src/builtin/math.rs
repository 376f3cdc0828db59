//! Small vector, colour and interpolation helpers shared by every motif.

use std::ops::{Add, Mul, Sub};

/// A point or direction on the picture plane. The unit is the short side of the picture, the origin its centre, y grows
/// downwards.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct V2 {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

pub(crate) const fn v2(x: f32, y: f32) -> V2 {
    V2 { x, y }
}

impl V2 {
    pub(crate) fn dot(self, o: Self) -> f32 {
        self.x * o.x + self.y * o.y
    }

    pub(crate) fn len(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The direction of `angle`, for [`V2::turned`].
    pub(crate) fn direction(angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        v2(c, s)
    }

    /// Turned by the angle whose [`V2::direction`] is `by`: where one angle turns many points.
    pub(crate) fn turned(self, by: Self) -> Self {
        v2(by.x * self.x - by.y * self.y, by.y * self.x + by.x * self.y)
    }

    pub(crate) fn rotated(self, angle: f32) -> Self {
        self.turned(Self::direction(angle))
    }
}

impl Add for V2 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        v2(self.x + o.x, self.y + o.y)
    }
}

impl Sub for V2 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        v2(self.x - o.x, self.y - o.y)
    }
}

impl Mul<f32> for V2 {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        v2(self.x * k, self.y * k)
    }
}

/// A colour in scene-linear light with the Rec. 709 primaries; 1.0 is roughly paper white before the film curve.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rgb {
    pub(crate) r: f32,
    pub(crate) g: f32,
    pub(crate) b: f32,
}

pub(crate) const fn rgb(r: f32, g: f32, b: f32) -> Rgb {
    Rgb { r, g, b }
}

impl Rgb {
    pub(crate) const BLACK: Self = rgb(0.0, 0.0, 0.0);

    pub(crate) fn mix(self, o: Self, t: f32) -> Self {
        self + (o - self) * t
    }

    /// Relative luminance, ITU-R BT.709-6 item 3.2.
    pub(crate) fn luma(self) -> f32 {
        0.2126 * self.r + 0.7152 * self.g + 0.0722 * self.b
    }

    /// `amount` 0 is grey, 1 unchanged, above 1 more vivid. Never below zero light.
    pub(crate) fn saturated(self, amount: f32) -> Self {
        let l = self.luma();
        let c = rgb(l, l, l).mix(self, amount);
        rgb(c.r.max(0.0), c.g.max(0.0), c.b.max(0.0))
    }

    pub(crate) fn tinted(self, o: Self) -> Self {
        rgb(self.r * o.r, self.g * o.g, self.b * o.b)
    }
}

impl Add for Rgb {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        rgb(self.r + o.r, self.g + o.g, self.b + o.b)
    }
}

impl Sub for Rgb {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        rgb(self.r - o.r, self.g - o.g, self.b - o.b)
    }
}

impl Mul<f32> for Rgb {
    type Output = Self;
    fn mul(self, k: f32) -> Self {
        rgb(self.r * k, self.g * k, self.b * k)
    }
}

pub(crate) fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

pub(crate) fn unit(t: f32) -> f32 {
    t.clamp(0.0, 1.0)
}

/// Hermite step from 0 at `a` to 1 at `b`; `a` may be above `b`.
pub(crate) fn step(a: f32, b: f32, x: f32) -> f32 {
    let t = unit((x - a) / (b - a));
    t * t * (3.0 - 2.0 * t)
}

/// How much of a pixel of size `px` lies inside a shape whose signed distance (negative inside) is `d`.
pub(crate) fn cover(d: f32, px: f32) -> f32 {
    unit(0.5 - d / px)
}

/// The bell curve exp(-(x/w)²).
pub(crate) fn bell(x: f32, w: f32) -> f32 {
    let t = x / w;
    // Beyond four widths is nothing to be seen, and most of what is asked about is beyond.
    if t.abs() > 4.0 {
        return 0.0;
    }
    (-t * t).quick_exp()
}

/// Functions of one number that are asked for several times a pixel. Each is inlined, where the one of the C library is a
/// call, and gives the same bits on every machine, which the C library does not promise of `exp`.
pub(crate) trait Quick {
    /// e to this power, to about six digits; 0 below -87 and the largest finite power above 88.
    fn quick_exp(self) -> Self;
    /// The whole number at or below this one, for numbers that fit an `i32`.
    fn quick_floor(self) -> Self;
}

impl Quick for f32 {
    #[inline]
    fn quick_exp(self) -> Self {
        if self < -87.0 {
            return 0.0;
        }
        // 2^x is 2^whole, which is an exponent, times 2^part, which is near to 1: the Taylor series of e^(part ln 2), whose
        // next term is at most 1.7e-7.
        let x = self.min(88.0) * std::f32::consts::LOG2_E;
        let whole = (x + 0.5).quick_floor();
        let t = (x - whole) * std::f32::consts::LN_2;
        let part = 1.0
            + t * (1.0
                + t * (0.5
                    + t * (1.0 / 6.0 + t * (1.0 / 24.0 + t * (1.0 / 120.0 + t * (1.0 / 720.0))))));
        part * Self::from_bits(((whole as i32 + 127) as u32) << 23)
    }

    #[inline]
    fn quick_floor(self) -> Self {
        let cut = self as i32 as Self;
        if cut > self { cut - 1.0 } else { cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_functions_agree_with_the_slow_ones() {
        for i in -90_000..90_000 {
            let x = i as f32 * 0.001;
            let (quick, slow) = (x.quick_exp(), x.clamp(-90.0, 88.0).exp());
            assert!(
                (quick - slow).abs() <= slow * 2e-5 + 1e-37,
                "e^{x}: {quick}"
            );
            let apart = (x * 7.0).quick_floor() - (x * 7.0).floor();
            assert!(apart.abs() < 0.5, "{x}");
        }
        for x in [-3.0_f32, -0.0, 0.0, 5.0, 8_388_608.0, -2_000_000_000.0] {
            assert!((x.quick_floor() - x.floor()).abs() < 0.5, "{x}");
        }
    }

    #[test]
    fn no_light_comes_of_no_number() {
        // What a shape of no size asks for.
        assert!(f32::NEG_INFINITY.quick_exp() == 0.0 && f32::INFINITY.quick_exp().is_finite());
        assert!(!f32::NAN.quick_exp().is_infinite());
    }
}
