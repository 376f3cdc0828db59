//! A title, for a thumbnail or a card: large, never longer than four lines.

use unicode_segmentation::UnicodeSegmentation as _;
use videogen_text::Direction;

use super::ink::Pose;
use super::layout::{Limits, fit};
use super::pieces::{BREAK, cut};
use super::style::{CaptionHighlight, CaptionOutline, CaptionShadow, CaptionStyle};
use super::words::{Word, clean};
use super::zone::SafeZone;
use super::{Overlay, layout, raster};
use crate::Error;
use crate::fonts::Fonts;

/// Lines of a title, at most.
const LINES: usize = 4;

/// Wanted size, as a fraction of the frame's shorter side.
const SIZE: f32 = 0.125;

/// Least size, as a fraction of the wanted one; a longer title is cut with an ellipsis.
const FLOOR: f32 = 0.5;

/// Clusters of a title that are looked at; four lines at the least size hold far fewer.
const LONGEST: usize = 400;

/// How a title looks.
fn style() -> CaptionStyle {
    CaptionStyle {
        name: "title",
        description: "white with a thick dark outline and a wide shadow",
        highlight: CaptionHighlight::Dim(1.0),
        outline: CaptionOutline {
            radius: 0.075,
            color: [8, 8, 12],
            opacity: 0.96,
        },
        shadow: CaptionShadow {
            blur: 0.22,
            drop: 0.06,
            color: [0, 0, 0],
            opacity: 0.7,
        },
        ..CaptionStyle::default()
    }
}

/// Draws a title for a frame of `frame` pixels, centred at a third of the zone's height from the top.
///
/// `language` is a BCP 47 tag, see [`CaptionText::new`](super::CaptionText::new). The size is the largest with which the title fits in four lines; what is still too long ends with an ellipsis. A
/// title without anything to draw gives a transparent overlay.
///
/// # Errors
/// [`Error::InvalidValue`] when a side of the frame is under 16 pixels.
pub fn draw_title(
    text: &str,
    language: &str,
    frame: (u32, u32),
    zone: SafeZone,
    fonts: &Fonts,
) -> Result<Overlay, Error> {
    draw_title_at(text, language, frame, zone, fonts, 1.0 / 3.0)
}

/// As [`draw_title`], centred at `place` of the zone's height, 0 its upper edge and 1 its lower one; moved back into the
/// zone where it would leave it.
///
/// # Errors
/// [`Error::InvalidValue`] when a side of the frame is under 16 pixels or `place` is not within 0 and 1.
pub(crate) fn draw_title_at(
    text: &str,
    language: &str,
    frame: (u32, u32),
    zone: SafeZone,
    fonts: &Fonts,
    place: f32,
) -> Result<Overlay, Error> {
    if !(0.0..=1.0).contains(&place) {
        return Err(Error::InvalidValue {
            what: "place of a title",
            value: place.to_string(),
            allowed: "0 to 1".into(),
        });
    }
    super::check_frame(frame)?;
    let style = style();
    let area = zone.area(frame);
    let size = SIZE * frame.0.min(frame.1) as f32;
    let reach = style.reach() * size;
    let limits = Limits {
        width: (area.width() as f32 - 2.0 * reach).max(1.0),
        height: (area.height() as f32 - 2.0 * reach).max(1.0),
        lines: LINES,
        size,
        floor: size * FLOOR,
        word_spacing: style.word_spacing(),
    };
    let cleaned = clean(text);
    let mut clusters: Vec<&str> = cleaned.graphemes(true).take(LONGEST + 1).collect();
    let cut_off = clusters.len() > LONGEST;
    clusters.truncate(LONGEST);
    let line = limits.width / limits.floor;
    let whole = breakable(&clusters.concat(), language, fonts, line);
    if cleaned.is_empty() {
        return Ok(Overlay::empty(&area));
    }
    let fits = |text: &str| fit(&mut fonts.engine(), fonts, text, &limits).fits;
    let text = if !cut_off && fits(&whole) {
        whole
    } else {
        // The longest beginning that fits with an ellipsis behind it.
        let clusters: Vec<&str> = whole.graphemes(true).collect();
        let beginning = |count: usize| {
            format!(
                "{}…",
                clusters[..count]
                    .concat()
                    .trim_end_matches([' ', BREAK, ',', '.', ':', ';', '-'])
            )
        };
        let (mut fitting, mut too_long) = (0, clusters.len() + 1);
        while too_long - fitting > 1 {
            let middle = usize::midpoint(fitting, too_long);
            if fits(&beginning(middle)) {
                fitting = middle;
            } else {
                too_long = middle;
            }
        }
        beginning(fitting)
    };
    let placed = {
        let mut engine = fonts.engine();
        let fitted = fit(&mut engine, fonts, &text, &limits);
        let centre =
            area.y0 as f32 + (area.height() as f32 * place).max(fitted.height() / 2.0 + reach);
        let inner = super::inner(&area, style.reach() * fitted.size());
        fitted.place(&inner, centre, std::slice::from_ref(&(0..text.len())))
    };
    let pose = Pose {
        marked: None,
        growth: 1.0,
        peak: 1.0,
        scale: 1.0,
    };
    Ok(raster::draw(fonts, &placed, &style, &pose, false, &area))
}

/// The text with places to break in words that are wider than a line of `line` em.
fn breakable(text: &str, language: &str, fonts: &Fonts, line: f32) -> String {
    let words: Vec<Word> = text
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| Word {
            text: word.to_owned(),
            start: 0.0,
            end: 0.0,
            space_before: true,
            source: 0,
        })
        .collect();
    let pieces = cut(&words, language, line, |text| {
        layout::advances(&mut fonts.engine(), fonts, text, 0.0)
    });
    let direction = Direction::of([text], language);
    super::schedule::page_of(&pieces, direction).text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(text: &str, frame: (u32, u32)) -> Overlay {
        let fonts = Fonts::bundled();
        draw_title(
            text,
            "en",
            frame,
            SafeZone::for_frame(frame.0, frame.1),
            &fonts,
        )
        .unwrap()
    }

    #[test]
    fn a_title_is_in_the_upper_half_and_inside_the_zone() {
        for frame in [(720, 1280), (1280, 720), (1080, 1080)] {
            for text in [
                "Lights",
                "Why the deep sea glows and nobody can say what makes it so",
                &"endless ".repeat(900),
                &"x".repeat(3000),
            ] {
                let overlay = title(text, frame);
                let area = SafeZone::for_frame(frame.0, frame.1).area(frame);
                assert!(
                    overlay.x as i32 >= area.x0 && (overlay.x + overlay.width) as i32 <= area.x1,
                    "{text:.20} {overlay:?}"
                );
                assert!(
                    overlay.y as i32 >= area.y0 && (overlay.y + overlay.height) as i32 <= area.y1,
                    "{text:.20} {overlay:?}"
                );
                let middle = overlay.y + overlay.height / 2;
                assert!(middle < frame.1 * 6 / 10, "{text:.20}: {overlay:?}");
                assert!(
                    overlay
                        .rgba
                        .chunks_exact(4)
                        .any(|pixel| pixel[..3] == [255; 3])
                );
            }
        }
    }

    #[test]
    fn nothing_to_draw_is_transparent() {
        let overlay = title(" \0\u{202E}", (720, 1280));
        assert!(overlay.rgba.iter().all(|&value| value == 0));
    }

    #[test]
    fn a_title_stands_where_it_is_wanted_as_far_as_the_zone_goes() {
        let (frame, fonts) = ((720, 1280), Fonts::bundled());
        let zone = SafeZone::for_frame(frame.0, frame.1);
        let area = zone.area(frame);
        let middle = |place| {
            let it = draw_title_at("Follow for more", "en", frame, zone, &fonts, place).unwrap();
            assert!(it.y as i32 >= area.y0 && (it.y + it.height) as i32 <= area.y1);
            f64::from(it.y) + f64::from(it.height) / 2.0
        };
        let expected = f64::from(area.y0) + f64::from(area.height()) / 2.0;
        assert!((middle(0.5) - expected).abs() < 12.0, "{}", middle(0.5));
        assert!(middle(0.0) < middle(0.4) && middle(0.4) < middle(1.0));
        assert!(draw_title_at("x", "en", frame, zone, &fonts, f32::NAN).is_err());
    }

    #[test]
    fn a_frame_without_room_is_refused() {
        let zone = SafeZone::for_frame(9, 16);
        assert!(matches!(
            draw_title("a", "en", (8, 2000), zone, &Fonts::bundled()),
            Err(Error::InvalidValue { .. })
        ));
    }
}
