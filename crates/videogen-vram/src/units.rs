//! Units as types, so that bytes, free bytes, total bytes and pixels never meet as bare numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// An amount of memory, in bytes. Arithmetic saturates: a reading may be absurd, a sum of readings must not panic.
///
/// ```
/// use videogen_vram::Bytes;
/// let six: Bytes = "6GiB".parse()?;
/// assert_eq!(six, Bytes::from_gib(6));
/// assert_eq!(six.to_string(), "6 GiB");
/// assert_eq!("5.4 GiB".parse::<Bytes>()?.to_string(), "5.4 GiB");
/// assert_eq!(Bytes::from_mib(400).to_string(), "400 MiB");
/// # Ok::<(), videogen_vram::ParseBytesError>(())
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(u64);

impl Bytes {
    /// No memory.
    pub const ZERO: Self = Self(0);
    /// More than any card has; what an overflow saturates to.
    pub const MAX: Self = Self(u64::MAX);

    /// `bytes` bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// `mib` · 2²⁰ bytes, or [`Bytes::MAX`] when that overflows.
    pub const fn from_mib(mib: u64) -> Self {
        Self(mib.saturating_mul(MIB))
    }

    /// `gib` · 2³⁰ bytes, or [`Bytes::MAX`] when that overflows.
    pub const fn from_gib(gib: u64) -> Self {
        Self(gib.saturating_mul(GIB))
    }

    /// A number of bytes as the formulas give it, rounded up. NaN and negative numbers are 0, too large ones
    /// [`Bytes::MAX`].
    pub fn from_f64_ceil(bytes: f64) -> Self {
        // `as` saturates and turns NaN into 0.
        Self(bytes.ceil() as u64)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as the formulas take it; exact up to 2⁵³, 8 PiB.
    pub const fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// The number of GiB.
    pub fn gib(self) -> f64 {
        self.as_f64() / GIB as f64
    }

    /// The sum, at most [`Bytes::MAX`].
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least 0.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.plus(other)
    }
}

impl std::iter::Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Self::plus)
    }
}

/// One or two digits after the point in GiB, whole MiB and KiB below. For people; `get` has the exact number.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.0 >= GIB {
            let gib = format!("{:.2}", self.gib());
            format!("{} GiB", gib.trim_end_matches('0').trim_end_matches('.'))
        } else if self.0 >= MIB {
            format!("{:.0} MiB", self.as_f64() / MIB as f64)
        } else if self.0 >= KIB {
            format!("{:.0} KiB", self.as_f64() / KIB as f64)
        } else {
            format!("{} B", self.0)
        };
        f.pad(&text)
    }
}

/// A text that is no amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no amount of memory; write it like 6GiB, 6144MiB, 6.5G or 6442450944")]
pub struct ParseBytesError {
    text: String,
}

/// Reads `6GiB`, `6 GB`, `6144MiB`, `6.5g` or a bare number of bytes. `K`, `M`, `G`, `T` are powers of 1024 with or
/// without `iB` or `B`, because drivers and people mean that when they speak of graphics memory.
impl FromStr for Bytes {
    type Err = ParseBytesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseBytesError {
            text: text.chars().take(40).collect(),
        };
        let lower = text.trim().to_ascii_lowercase();
        let split = lower
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(lower.len());
        let (number, unit) = lower.split_at(split);
        let shift = match unit.trim() {
            "" | "b" => 0,
            "k" | "kb" | "kib" => 10,
            "m" | "mb" | "mib" => 20,
            "g" | "gb" | "gib" => 30,
            "t" | "tb" | "tib" => 40,
            _ => return Err(error()),
        };
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(1 << shift).map(Self).ok_or_else(error);
        }
        let value: f64 = number.parse().map_err(|_| error())?;
        let bytes = value * (1u64 << shift) as f64;
        if bytes.is_finite() && bytes < u64::MAX as f64 {
            Ok(Self(bytes.round() as u64))
        } else {
            Err(error())
        }
    }
}

macro_rules! kind_of_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Bytes);

        impl $name {
            /// That much.
            pub const fn new(bytes: Bytes) -> Self {
                Self(bytes)
            }

            /// The amount, no longer said to be free or total.
            pub const fn bytes(self) -> Bytes {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

kind_of_bytes! {
    /// Memory of a card that nobody uses now. Not comparable with [`TotalBytes`]: mistaking one for the other is how a
    /// 12 GB card with 6 GB free is taken for a 12 GB card.
    FreeBytes
}

kind_of_bytes! {
    /// Memory a card has, used or not.
    TotalBytes
}

/// A number of pixels.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pixels(u64);

impl Pixels {
    /// `pixels` pixels.
    pub const fn new(pixels: u64) -> Self {
        Self(pixels)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Width and height of a picture, in pixels. May be 0: what it is used for says what is allowed.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// `width`×`height`.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Width times height; cannot overflow.
    pub const fn area(self) -> Pixels {
        Pixels(self.width as u64 * self.height as u64)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, bytes) in [
            ("6GiB", 6 << 30),
            ("6 gb", 6 << 30),
            ("6g", 6 << 30),
            ("6144MiB", 6 << 30),
            ("6442450944", 6 << 30),
            ("1.5G", 3 << 29),
            (" 0 ", 0),
            ("12 kib", 12288),
        ] {
            assert_eq!(text.parse::<Bytes>().unwrap().get(), bytes, "{text}");
        }
        for text in [
            "",
            "GiB",
            "-6GiB",
            "6 X",
            "1.2.3G",
            "NaN",
            "inf",
            "1e9",
            "99999999999T",
            "6 GiB 3",
        ] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_absurd_number_of_bytes_is_no_panic() {
        assert_eq!(Bytes::from_f64_ceil(f64::NAN), Bytes::ZERO);
        assert_eq!(Bytes::from_f64_ceil(-1.0), Bytes::ZERO);
        assert_eq!(Bytes::from_f64_ceil(f64::INFINITY), Bytes::MAX);
        assert_eq!(Bytes::from_f64_ceil(0.25), Bytes::new(1));
        assert_eq!(Bytes::MAX + Bytes::MAX, Bytes::MAX);
        assert_eq!(Bytes::ZERO.minus(Bytes::MAX), Bytes::ZERO);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_within_half_a_percent(bytes in 1u64 << 30..1u64 << 50) {
            let back: Bytes = Bytes::new(bytes).to_string().parse().unwrap();
            prop_assert!(back.get().abs_diff(bytes) <= bytes / 200);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = text.parse::<Bytes>();
        }
    }
}
