//! The colours of a picture as sRGB, by the colour profile that is in it.

use image::{DynamicImage, ImageBuffer, Pixel};
use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace,
    Layout, MatrixCoefficients, ProfileText, ToneReprCurve, TransferCharacteristics,
    TransformExecutor, TransformOptions, curve_from_gamma,
};
use rayon::prelude::*;
use videogen_text::shown;

/// What a picture says of its colours.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum ColourTag {
    /// Nothing, which means sRGB; or that they are sRGB.
    #[default]
    Srgb,
    /// A profile of the International Color Consortium.
    Icc(Vec<u8>),
    /// A display of this gamma and these primaries (the chunks gAMA and cHRM of PNG), where they are given.
    Display {
        /// The exponent of a sample, 1/2.2 as a rule.
        gamma: Option<f32>,
        /// White, red, green and blue as chromaticities of CIE 1931.
        primaries: Option<[(f32, f32); 4]>,
    },
    /// Primaries and transfer by their numbers in ITU-T H.273.
    Coded { primaries: u8, transfer: u8 },
    /// Inks of a printing press, and no profile that says which.
    Inks,
}

/// What became of the colours of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Colours {
    /// They are as they are stored.
    #[default]
    Stored,
    /// They were converted to sRGB from what is named here.
    Converted(String),
    /// They are as they are stored although the picture asks for something else, which is named first, for this reason.
    Unconverted(String, &'static str),
    /// What can be seen through in the picture is not, as nobody here reads where that is.
    Opaque,
}

impl Colours {
    /// What a person should know of it, to be read after the name of the file.
    pub(crate) fn remark(&self) -> Option<String> {
        match self {
            Self::Stored | Self::Converted(_) => None,
            Self::Opaque => Some(
                "can be seen through in places, which this FFmpeg does not read: it is shown without that; save it as PNG"
                    .to_owned(),
            ),
            Self::Unconverted(profile, reason) => Some(format!(
                "has colours by {profile}, which {reason}: they may look wrong; save it as sRGB"
            )),
        }
    }
}

/// The exponent that encoders write for sRGB (PNG specification, 11.3.2.5), and how far one may be from it.
const SRGB_GAMMA: (f32, f32) = (0.45455, 0.0006);
/// White, red, green and blue of sRGB as PNG has them, and how far one may be from them.
const SRGB_PRIMARIES: ([(f32, f32); 4], f32) = (
    [(0.3127, 0.329), (0.64, 0.33), (0.3, 0.6), (0.15, 0.06)],
    0.002,
);
/// Exponents beyond these are mistakes.
const GAMMAS: std::ops::RangeInclusive<f32> = 0.1..=5.0;
/// The least area of the triangle of primaries, in chromaticities; that of sRGB is 0.11.
const LEAST_AREA: f32 = 0.005;
/// Pixels that are converted at a time.
const CHUNK: usize = 1 << 14;
/// Steps a channel may change by and count as the same: conversions round.
const SAME: u8 = 1;
/// The longest name of a profile that is told, in characters.
const LONGEST_NAME: usize = 60;

/// Brings the colours of `image` to sRGB as `tag` says. What cannot be converted stays as it is.
pub(super) fn to_srgb(image: DynamicImage, tag: &ColourTag) -> (DynamicImage, Colours) {
    let grey = !image.color().has_color();
    let (profile, name) = match source(tag, grey) {
        Ok(Some(source)) => source,
        Ok(None) => return (image, Colours::Stored),
        Err(unconverted) => return (image, unconverted),
    };
    let converter = match Converter::new(&profile) {
        Ok(Some(converter)) => converter,
        Ok(None) => return (image, Colours::Stored),
        Err(reason) => return (image, Colours::Unconverted(name, reason)),
    };
    match converter.run(image) {
        Ok(image) => (image, Colours::Converted(name)),
        Err((image, reason)) => (image, Colours::Unconverted(name, reason)),
    }
}

/// The profile that a tag means for a picture, which may be `grey`, with its name; nothing where it is sRGB.
fn source(tag: &ColourTag, grey: bool) -> Result<Option<(ColorProfile, String)>, Colours> {
    match tag {
        ColourTag::Srgb => Ok(None),
        ColourTag::Inks => Err(Colours::Unconverted(
            "inks for print (CMYK)".into(),
            "are shown roughly",
        )),
        ColourTag::Icc(bytes) => icc(bytes).map(Some),
        ColourTag::Display { gamma, primaries } => Ok(display(*gamma, *primaries, grey)),
        ColourTag::Coded {
            primaries,
            transfer,
        } => coded(*primaries, *transfer),
    }
}

fn icc(bytes: &[u8]) -> Result<(ColorProfile, String), Colours> {
    let Ok(mut profile) = ColorProfile::new_from_slice(bytes) else {
        let name = "a colour profile".to_owned();
        return Err(Colours::Unconverted(name, "cannot be read"));
    };
    let name = format!("the profile \"{}\"", name_of(&profile));
    let fails = |reason| Err(Colours::Unconverted(name.clone(), reason));
    match profile.color_space {
        DataColorSpace::Rgb if profile.is_matrix_shaper() => {
            // Where there are tables as well, the matrix says nearly the same.
            profile.lut_a_to_b_perceptual = None;
            profile.lut_a_to_b_colorimetric = None;
            profile.lut_a_to_b_saturation = None;
        }
        DataColorSpace::Gray if profile.gray_trc.is_some() => {}
        DataColorSpace::Rgb => return fails("works by tables and is not applied"),
        DataColorSpace::Cmyk => return fails("is for print (CMYK) and is not applied"),
        DataColorSpace::Lab => return fails("is for Lab colours and is not applied"),
        _ => return fails("is neither for RGB nor for grey and is not applied"),
    }
    if profile.pcs != DataColorSpace::Xyz {
        return fails("works by way of Lab and is not applied");
    }
    Ok((profile, name))
}

/// The description of a profile.
fn name_of(profile: &ColorProfile) -> String {
    let text = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.as_str(),
        Some(ProfileText::Localizable(texts)) => {
            let english = texts.iter().find(|text| text.language == "en");
            english.or(texts.first()).map_or("", |text| &text.value)
        }
        Some(ProfileText::Description(text)) if text.ascii_string.trim().is_empty() => {
            &text.unicode_string
        }
        Some(ProfileText::Description(text)) => &text.ascii_string,
        None => "",
    };
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if text.is_empty() {
        format!("{:?}", profile.color_space)
    } else {
        shown(text, LONGEST_NAME).into_owned()
    }
}

/// The profile of a display by gAMA and cHRM.
fn display(
    gamma: Option<f32>,
    primaries: Option<[(f32, f32); 4]>,
    grey: bool,
) -> Option<(ColorProfile, String)> {
    let gamma = gamma.filter(|gamma| GAMMAS.contains(gamma));
    let primaries = primaries.filter(|all| !grey && are_primaries(all) && !is_srgb(all));
    let like_srgb = |gamma: &f32| (gamma - SRGB_GAMMA.0).abs() < SRGB_GAMMA.1;
    let gamma = gamma.filter(|gamma| primaries.is_some() || !like_srgb(gamma));
    if gamma.is_none() && primaries.is_none() {
        return None;
    }
    let curve = gamma.map(|gamma| curve_from_gamma(1.0 / gamma));
    let name = "a gamma and primaries of its own".to_owned();
    if grey {
        let mut profile = srgb_grey();
        profile.gray_trc = curve;
        return Some((profile, name));
    }
    let mut profile = ColorProfile::new_srgb();
    profile.cicp = None;
    if let Some([white, red, green, blue]) = primaries {
        let at = |(x, y)| Chromaticity::new(x, y);
        let primaries = ColorPrimaries {
            red: at(red),
            green: at(green),
            blue: at(blue),
        };
        profile.update_rgb_colorimetry(at(white).to_xyyb(), primaries);
    }
    if let Some(curve) = curve {
        profile.red_trc = Some(curve.clone());
        profile.green_trc = Some(curve.clone());
        profile.blue_trc = Some(curve);
    }
    Some((profile, name))
}

/// Whether four chromaticities can be those of white and three lights.
fn are_primaries(all: &[(f32, f32); 4]) -> bool {
    let [_, red, green, blue] = *all;
    let area = (green.0 - red.0) * (blue.1 - red.1) - (blue.0 - red.0) * (green.1 - red.1);
    let is_colour = |(x, y): &(f32, f32)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y);
    all.iter().all(is_colour) && all[0].1 > 0.05 && area.abs() / 2.0 > LEAST_AREA
}

fn is_srgb(all: &[(f32, f32); 4]) -> bool {
    let (srgb, most) = SRGB_PRIMARIES;
    let near =
        |(a, b): (&(f32, f32), &(f32, f32))| (a.0 - b.0).abs() < most && (a.1 - b.1).abs() < most;
    all.iter().zip(&srgb).all(near)
}

/// The profile of numbers of ITU-T H.273.
fn coded(primaries: u8, transfer: u8) -> Result<Option<(ColorProfile, String)>, Colours> {
    let name = format!("the code points {primaries} and {transfer} (ITU-T H.273)");
    let unknown = || Colours::Unconverted(name.clone(), "are not known here");
    let transfer = match transfer {
        // What cameras write into video is meant for the same displays.
        1 | 2 | 6 | 14 | 15 => TransferCharacteristics::Srgb,
        16 | 18 => {
            let reason = "is of high dynamic range and is not applied";
            return Err(Colours::Unconverted(name, reason));
        }
        other => TransferCharacteristics::try_from(other).map_err(|_| unknown())?,
    };
    let primaries = match primaries {
        2 => CicpColorPrimaries::Bt709,
        other => CicpColorPrimaries::try_from(other).map_err(|_| unknown())?,
    };
    let mut profile = ColorProfile::new_from_cicp(CicpProfile {
        color_primaries: primaries,
        transfer_characteristics: transfer,
        matrix_coefficients: MatrixCoefficients::Bt709,
        full_range: true,
    });
    profile.cicp = None;
    if !profile.is_matrix_shaper() {
        return Err(unknown());
    }
    Ok(Some((profile, name)))
}

/// Grey with the curve of sRGB.
fn srgb_grey() -> ColorProfile {
    let mut profile = ColorProfile::new_gray_with_gamma(2.2);
    profile.gray_trc = srgb_curve();
    profile
}

fn srgb_curve() -> Option<ToneReprCurve> {
    ColorProfile::new_srgb().red_trc
}

/// From the colours of one profile to sRGB.
struct Converter<'a> {
    from: &'a ColorProfile,
    to: ColorProfile,
    /// Whether the profile is one of grey.
    grey: bool,
}

/// Why a conversion is not to be had.
const UNUSABLE: &str = "cannot be used";

impl<'a> Converter<'a> {
    /// Nothing where a conversion would change nothing.
    fn new(from: &'a ColorProfile) -> Result<Option<Self>, &'static str> {
        let grey = from.color_space == DataColorSpace::Gray;
        let to = if grey {
            srgb_grey()
        } else {
            ColorProfile::new_srgb()
        };
        let converter = Self { from, to, grey };
        // A few colours tell: curves and a matrix have no corner between them.
        let levels = || (0..=255u8).step_by(17);
        let samples: Vec<u8> = if grey {
            (0..=255).collect()
        } else {
            let rest = |r| levels().flat_map(move |g| levels().flat_map(move |b| [r, g, b]));
            levels().flat_map(rest).collect()
        };
        let mut converted = samples.clone();
        let layout = if grey { Layout::Gray } else { Layout::Rgb };
        converter.bytes(&mut converted, layout)?;
        let pairs = samples.iter().zip(&converted);
        let same = pairs.into_iter().all(|(a, b)| a.abs_diff(*b) <= SAME);
        Ok((!same).then_some(converter))
    }

    /// Gives the picture back as it was where the profile is not for it.
    fn run(&self, image: DynamicImage) -> Result<DynamicImage, (DynamicImage, &'static str)> {
        let color = image.color();
        if self.grey && color.has_color() {
            return Err((image, "is for grey and the picture is not"));
        }
        let (deep, alpha) = (
            color.bytes_per_pixel() > color.channel_count(),
            color.has_alpha(),
        );
        let (mut image, layout) = match (self.grey, deep, alpha) {
            (true, _, false) => (image, Layout::Gray),
            (true, _, true) => (image, Layout::GrayAlpha),
            (false, false, false) => (image.into_rgb8().into(), Layout::Rgb),
            (false, false, true) => (image.into_rgba8().into(), Layout::Rgba),
            (false, true, false) => (image.into_rgb16().into(), Layout::Rgb),
            (false, true, true) => (image.into_rgba16().into(), Layout::Rgba),
        };
        let done = match &mut image {
            DynamicImage::ImageLuma8(image) => self.bytes(samples(image), layout),
            DynamicImage::ImageLumaA8(image) => self.bytes(samples(image), layout),
            DynamicImage::ImageRgb8(image) => self.bytes(samples(image), layout),
            DynamicImage::ImageRgba8(image) => self.bytes(samples(image), layout),
            DynamicImage::ImageLuma16(image) => self.words(samples(image), layout),
            DynamicImage::ImageLumaA16(image) => self.words(samples(image), layout),
            DynamicImage::ImageRgb16(image) => self.words(samples(image), layout),
            DynamicImage::ImageRgba16(image) => self.words(samples(image), layout),
            _ => Err("is for whole numbers and the picture has others"),
        };
        match done {
            Ok(()) => Ok(image),
            Err(reason) => Err((image, reason)),
        }
    }

    fn bytes(&self, samples: &mut [u8], layout: Layout) -> Result<(), &'static str> {
        let transform =
            self.from
                .create_transform_8bit(layout, &self.to, layout, TransformOptions::default());
        each_chunk(&*transform.map_err(|_| UNUSABLE)?, samples, layout)
    }

    fn words(&self, samples: &mut [u16], layout: Layout) -> Result<(), &'static str> {
        let transform =
            self.from
                .create_transform_16bit(layout, &self.to, layout, TransformOptions::default());
        each_chunk(&*transform.map_err(|_| UNUSABLE)?, samples, layout)
    }
}

fn samples<P: Pixel>(image: &mut ImageBuffer<P, Vec<P::Subpixel>>) -> &mut [P::Subpixel] {
    image
}

/// Converts samples in their place, a chunk at a time: a copy of the whole picture would double its memory.
fn each_chunk<T: Copy + Default + Send + Sync>(
    transform: &(dyn TransformExecutor<T> + Send + Sync),
    samples: &mut [T],
    layout: Layout,
) -> Result<(), &'static str> {
    samples
        .par_chunks_mut(CHUNK * layout.channels())
        .try_for_each(|chunk| {
            let source = chunk.to_vec();
            transform.transform(&source, chunk)
        })
        .map_err(|_| UNUSABLE)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};
    use proptest::prelude::*;

    use super::*;

    fn of(rgb: [u8; 3]) -> DynamicImage {
        RgbImage::from_pixel(40, 30, Rgb(rgb)).into()
    }

    fn tag(profile: &ColorProfile) -> ColourTag {
        ColourTag::Icc(profile.encode().expect("a profile"))
    }

    #[track_caller]
    fn becomes(image: DynamicImage, tag: &ColourTag, expected: [u8; 3]) -> DynamicImage {
        let (image, colours) = to_srgb(image, tag);
        assert!(matches!(colours, Colours::Converted(_)), "{colours:?}");
        let found = image.to_rgb8().get_pixel(7, 5).0;
        let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 2);
        assert!(near, "{found:?}, not {expected:?}");
        image
    }

    #[test]
    fn wide_gamuts_and_other_curves_become_srgb() {
        let green = || of([90, 168, 87]);
        becomes(green(), &tag(&ColorProfile::new_adobe_rgb()), [0, 170, 80]);
        becomes(
            green(),
            &tag(&ColorProfile::new_display_p3()),
            [54, 170, 76],
        );
        let grey = || of([128; 3]);
        becomes(grey(), &tag(&ColorProfile::new_pro_photo_rgb()), [146; 3]);
        // A table in the place of a curve: that of gamma 2.2 with 1024 steps.
        let steps = (0..1024).map(|i| ((f64::from(i) / 1023.0).powf(2.2) * 65535.0).round() as u16);
        let curve = Some(ToneReprCurve::Lut(steps.collect()));
        let mut table = ColorProfile::new_adobe_rgb();
        table.red_trc.clone_from(&curve);
        table.green_trc.clone_from(&curve);
        table.blue_trc = curve;
        becomes(green(), &tag(&table), [0, 170, 80]);
    }

    #[test]
    fn every_kind_of_pixel_is_converted_and_transparency_stays() {
        let adobe = tag(&ColorProfile::new_adobe_rgb());
        let expected = [0, 170, 80];
        let rgba: DynamicImage = RgbaImage::from_pixel(40, 30, Rgba([90, 168, 87, 77])).into();
        let converted = becomes(rgba.clone(), &adobe, expected);
        assert_eq!(
            converted.as_rgba8().expect("as it was").get_pixel(0, 0)[3],
            77
        );
        for deep in [
            of([90, 168, 87]).to_rgb16().into(),
            DynamicImage::from(rgba.to_rgba16()),
        ] {
            let converted = becomes(deep, &adobe, expected);
            assert!(converted.as_rgb16().is_some() || converted.as_rgba16().is_some());
        }
        let linear = tag(&ColorProfile::new_gray_with_gamma(1.0));
        let grey: DynamicImage = GrayImage::from_pixel(40, 30, Luma([55])).into();
        becomes(grey.clone(), &linear, [128; 3]);
        becomes(grey.to_luma_alpha8().into(), &linear, [128; 3]);
        becomes(grey.to_luma16().into(), &linear, [128; 3]);
        // A profile for colours in a grey picture means its three equal channels.
        becomes(grey, &tag(&ColorProfile::new_pro_photo_rgb()), [70; 3]);
    }

    #[test]
    fn srgb_stays_to_the_bit() {
        let image = of([90, 168, 87]);
        let srgb = tag(&ColorProfile::new_srgb());
        let measured = ColourTag::Display {
            gamma: Some(0.45455),
            primaries: Some(SRGB_PRIMARIES.0),
        };
        let coded = ColourTag::Coded {
            primaries: 1,
            transfer: 13,
        };
        for tag in [ColourTag::Srgb, srgb, measured, coded] {
            assert_eq!(
                to_srgb(image.clone(), &tag),
                (image.clone(), Colours::Stored)
            );
        }
    }

    #[test]
    fn what_png_and_av1_say_without_a_profile_counts_too() {
        let p3 = [(0.3127, 0.329), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)];
        let display = |gamma, primaries| ColourTag::Display { gamma, primaries };
        becomes(of([55; 3]), &display(Some(1.0), None), [128; 3]);
        let grey: DynamicImage = GrayImage::from_pixel(40, 30, Luma([55])).into();
        becomes(grey, &display(Some(1.0), Some(p3)), [128; 3]);
        becomes(of([90, 168, 87]), &display(None, Some(p3)), [54, 170, 76]);
        let coded = |primaries, transfer| ColourTag::Coded {
            primaries,
            transfer,
        };
        becomes(of([90, 168, 87]), &coded(12, 13), [54, 170, 76]);
        becomes(of([55; 3]), &coded(1, 8), [128; 3]);
        // Nonsense is no display.
        for (gamma, primaries) in [
            (Some(0.0), None),
            (Some(900.0), Some([(0.3, 0.3); 4])),
            (
                None,
                Some([(0.3127, 0.0), (0.68, 0.32), (0.265, 0.69), (0.15, 0.06)]),
            ),
        ] {
            let (_, colours) = to_srgb(of([9; 3]), &display(gamma, primaries));
            assert_eq!(colours, Colours::Stored);
        }
    }

    #[test]
    fn what_is_not_applied_is_told_by_name() {
        let told = |image: DynamicImage, tag: &ColourTag| {
            let (same, colours) = to_srgb(image.clone(), tag);
            assert_eq!(same, image);
            colours.remark().expect("a remark")
        };
        let image = || of([90, 168, 87]);
        let mut tables = ColorProfile::new_adobe_rgb();
        tables.red_trc = None;
        let remark = told(image(), &tag(&tables));
        assert!(
            remark.contains("\"Adobe RGB 1998\"") && remark.contains("tables"),
            "{remark}"
        );
        let ColourTag::Icc(mut bytes) = tag(&ColorProfile::new_adobe_rgb()) else {
            unreachable!("it is one");
        };
        for (space, word) in [(b"CMYK", "print"), (b"Lab ", "Lab"), (b"HSV ", "neither")] {
            bytes[16..20].copy_from_slice(space);
            let remark = told(image(), &ColourTag::Icc(bytes.clone()));
            assert!(remark.contains(word), "{remark}");
        }
        let remark = told(image(), &ColourTag::Icc(b"nonsense".to_vec()));
        assert!(remark.contains("cannot be read"), "{remark}");
        let grey = tag(&ColorProfile::new_gray_with_gamma(1.0));
        assert!(told(image(), &grey).contains("for grey"));
        assert!(told(image(), &ColourTag::Inks).contains("CMYK"));
        let hdr = ColourTag::Coded {
            primaries: 9,
            transfer: 16,
        };
        assert!(told(image(), &hdr).contains("high dynamic range"));
    }

    proptest! {
        #[test]
        fn damaged_profiles_harm_nothing(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
            part in 0.3f64..=1.0, kind in 0usize..3,
        ) {
            let profile = match kind {
                0 => ColorProfile::new_adobe_rgb(),
                1 => ColorProfile::new_display_p3(),
                _ => ColorProfile::new_gray_with_gamma(1.8),
            };
            let mut bytes = profile.encode().expect("a profile");
            for (at, value) in damage {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            bytes.truncate((bytes.len() as f64 * part) as usize);
            let grey: DynamicImage = GrayImage::from_pixel(9, 9, Luma([55])).into();
            for image in [of([90, 168, 87]), grey] {
                let (after, _) = to_srgb(image.clone(), &ColourTag::Icc(bytes.clone()));
                prop_assert_eq!((after.width(), after.height()), (image.width(), image.height()));
            }
        }
    }
}
