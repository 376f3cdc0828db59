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

    pub(crate) fn rotated(self, angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        v2(c * self.x - s * self.y, s * self.x + c * self.y)
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
    (-t * t).exp()
}
