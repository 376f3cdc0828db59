//! Captions as an Advanced SubStation Alpha file, for players and editors that know more than SubRip.

use std::fmt::{self, Write as _};

use super::layout::Layout;
use super::pieces::{BREAK, NO_BREAK};
use super::schedule::marks;
use super::style::{BLUR_REACH, CaptionHighlight, CaptionStyle, PANEL_PADDING, Rgb};
use super::{CaptionBackdrop, CaptionMode, CaptionPage, Captions};
use crate::fonts::reads_from_right;

/// The face asked for, the one captions are drawn with. Where it is not installed a player takes its own.
const FONT: &str = "Inter";

/// Size in ASS is height of a line, ours is em: Inter's ascender and descender are 1.21 em together.
const LINE_HEIGHT: f32 = 1.21;

/// Outline of letters on a panel, in em, at least: with another face they may stand beside it.
const OUTLINE: f32 = 0.06;

/// How far the contour that stands for a box reaches from the letters, in em.
const BOX: f32 = 0.12;

/// Stands between a backslash and what would make an escape of it.
const GUARD: char = '\u{2060}';

/// The captions as ASS (`.ass`, script type v4.00+) for their frame size, with the marked word as it is on the video.
///
/// Text cannot get out of its place: braces are escaped as libass knows it, a backslash is followed by an invisible
/// character (U+2060), control characters and those that change direction are gone, and a line break ends nothing but a
/// caption's line. The names of style and font are fixed. All of it stays inside the safe zone; where the player has no
/// Inter and its face is wider, lines are wrapped again and grow upwards. Words neither grow nor move, and a box is a thick
/// contour; the look is otherwise that of the style over an unknown picture.
///
/// An event lasts as long as its state: times are in hundredths of a second, and no event is empty.
pub fn to_ass(captions: &Captions) -> String {
    let style = captions.style.over(CaptionBackdrop::UNKNOWN);
    let mut ass = header(captions, &style);
    for (page, layout) in captions.pages.iter().zip(&captions.layouts) {
        let script = Script {
            page,
            layout,
            style: &style,
            dims: captions.mode == CaptionMode::Karaoke,
            middle: i32::midpoint(captions.area.x0, captions.area.x1),
        };
        let whole = Span {
            start: hundredths(page.start),
            end: hundredths(page.end),
            word: None,
        };
        let spans = match captions.mode {
            CaptionMode::Karaoke => spans(page),
            CaptionMode::Line => vec![whole],
        };
        if whole.end <= whole.start || layout.lines.is_empty() {
            continue;
        }
        if style.panel.is_some() {
            script.panel(&mut ass, whole);
        }
        if style.shadow.opacity > 0.0 {
            // The glow of the marked word is the only shadow that changes.
            let glows = matches!(style.highlight, CaptionHighlight::Glow(_));
            let still = [whole];
            for span in if glows { &spans[..] } else { &still } {
                script.shadow(&mut ass, *span);
            }
        }
        for span in spans {
            script.words(&mut ass, span);
        }
    }
    ass
}

fn header(captions: &Captions, style: &CaptionStyle) -> String {
    let (width, height) = captions.frame;
    let size = captions
        .layouts
        .iter()
        .map(|layout| layout.size)
        .fold(1.0, f32::max);
    let (left, right) = (captions.area.x0, width as i32 - captions.area.x1);
    format!(
        "[Script Info]\n\
         ScriptType: v4.00+\n\
         PlayResX: {width}\n\
         PlayResY: {height}\n\
         WrapStyle: 0\n\
         ScaledBorderAndShadow: yes\n\
         YCbCr Matrix: TV.709\n\
         \n\
         [V4+ Styles]\n\
         Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
         Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
         MarginR, MarginV, Encoding\n\
         Style: Caption,{FONT},{:.1},{},{},{},{},-1,0,0,0,100,100,0,0,1,{:.1},0,2,{left},{right},0,1\n\
         \n\
         [Events]\n\
         Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n",
        size * LINE_HEIGHT,
        Color(style.fill, 1.0),
        Color(style.fill, 1.0),
        Color(style.outline.color, style.outline.opacity),
        Color(style.shadow.color, style.shadow.opacity),
        size * outline(style),
    )
}

fn outline(style: &CaptionStyle) -> f32 {
    if style.panel.is_some() {
        style.outline.radius.max(OUTLINE)
    } else {
        style.outline.radius
    }
}

/// A time in which a page does not change, in hundredths of a second.
#[derive(Clone, Copy)]
struct Span {
    start: u64,
    end: u64,
    word: Option<usize>,
}

/// The times in which a word or none is marked, without empty ones.
fn spans(page: &CaptionPage) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (from, to, word) in marks(page) {
        let span = Span {
            start: hundredths(from),
            end: hundredths(to),
            word,
        };
        match spans.last_mut() {
            _ if span.end <= span.start => {}
            Some(last) if last.word == word => last.end = span.end,
            _ => spans.push(span),
        }
    }
    spans
}

/// What the events of one page are written from.
struct Script<'a> {
    page: &'a CaptionPage,
    layout: &'a Layout,
    style: &'a CaptionStyle,
    dims: bool,
    /// Horizontal middle of the zone, pixels.
    middle: i32,
}

impl Script<'_> {
    /// Begins an event whose text stands on the last line's lower edge.
    fn begin(&self, ass: &mut String, layer: u8, span: Span, drop: f32) {
        let bottom = self.layout.lines.last().map_or(0.0, |line| line.bottom) + drop;
        dialogue(ass, layer, span);
        let _ = write!(
            ass,
            "{{\\pos({},{bottom:.0})\\fs{:.1}",
            self.middle,
            self.layout.size * LINE_HEIGHT
        );
        if reads_from_right(&self.page.text) {
            // libass finds the direction of the text itself then.
            ass.push_str("\\fe-1");
        }
    }

    /// A rectangle behind all lines.
    fn panel(&self, ass: &mut String, span: Span) {
        let (Some(panel), Some(first), Some(last)) = (
            self.style.panel,
            self.layout.lines.first(),
            self.layout.lines.last(),
        ) else {
            return;
        };
        let em = self.layout.size;
        let lines = self.layout.lines.iter();
        let x0 = lines.clone().map(|line| line.x0).fold(f32::MAX, f32::min) - PANEL_PADDING.0 * em;
        let x1 = lines.map(|line| line.x1).fold(f32::MIN, f32::max) + PANEL_PADDING.0 * em;
        let (y0, y1) = (
            first.top - PANEL_PADDING.1 * em,
            last.bottom + PANEL_PADDING.1 * em,
        );
        dialogue(ass, 0, span);
        let _ = writeln!(
            ass,
            "{{\\an7\\pos(0,0)\\bord0\\1c{}\\1a{}\\p1}}m {x0:.0} {y0:.0} l {x1:.0} {y0:.0} {x1:.0} {y1:.0} {x0:.0} {y1:.0}",
            Paint(panel.color),
            Opacity(panel.opacity)
        );
    }

    /// The letters as a blurred contour.
    fn shadow(&self, ass: &mut String, span: Span) {
        let (shadow, em) = (self.style.shadow, self.layout.size);
        self.begin(ass, 1, span, shadow.drop * em);
        let _ = write!(
            ass,
            "\\1a&HFF&\\3c{}\\3a{}\\bord{:.1}\\blur{:.1}}}",
            Paint(shadow.color),
            Opacity(shadow.opacity),
            outline(self.style) * em,
            // libass blurs by a standard deviation, and half of a blur's reach is one.
            shadow.blur * em * BLUR_REACH / 2.0
        );
        self.text(ass, |ass, number| {
            if let CaptionHighlight::Glow(color) = self.style.highlight
                && let Some(word) = span.word
            {
                if number == word {
                    let _ = write!(ass, "{{\\3c{}}}", Paint(color));
                } else if number == word + 1 {
                    let _ = write!(ass, "{{\\3c{}}}", Paint(shadow.color));
                }
            }
        });
    }

    /// The letters, with the marked word in its look.
    fn words(&self, ass: &mut String, span: Span) {
        self.begin(ass, 2, span, 0.0);
        let fill = match self.style.highlight {
            CaptionHighlight::Dim(opacity) if self.dims => opacity,
            _ => 1.0,
        };
        let _ = write!(ass, "\\1a{}}}", Opacity(fill));
        let style = self.style;
        self.text(ass, |ass, number| {
            let Some(word) = span.word else { return };
            if number == word {
                let _ = match style.highlight {
                    // A grown word would push the others aside.
                    CaptionHighlight::Color(color)
                    | CaptionHighlight::Glow(color)
                    | CaptionHighlight::Grow { color, .. } => {
                        write!(ass, "{{\\1c{}}}", Paint(color))
                    }
                    CaptionHighlight::Box(color) => write!(
                        ass,
                        "{{\\3c{}\\3a&H00&\\bord{:.1}}}",
                        Paint(color),
                        BOX * self.layout.size
                    ),
                    CaptionHighlight::Dim(_) => write!(ass, "{{\\1a&H00&}}"),
                };
            } else if number == word + 1 {
                let _ = write!(
                    ass,
                    "{{\\1c{}\\1a{}\\3c{}\\3a{}\\bord{:.1}}}",
                    Paint(style.fill),
                    Opacity(fill),
                    Paint(style.outline.color),
                    Opacity(style.outline.opacity),
                    outline(style) * self.layout.size
                );
            }
        });
    }

    /// The words in their lines and the end of the event; `before` writes what comes before each of them.
    fn text(&self, ass: &mut String, before: impl Fn(&mut String, usize)) {
        let line_of = |word: usize| {
            let part = self.layout.boxes.iter().find(|part| part.word == word);
            part.map(|part| part.line)
        };
        let (mut end, mut line) = (0, None);
        for (number, word) in self.page.words.iter().enumerate() {
            let own = line_of(number).or(line);
            if line.is_some() && own != line {
                ass.push_str("\\N");
            } else {
                escape(ass, &self.page.text[end..word.range.start]);
            }
            before(ass, number);
            escape(ass, &self.page.text[word.range.clone()]);
            (end, line) = (word.range.end, own);
        }
        ass.push('\n');
    }
}

fn dialogue(ass: &mut String, layer: u8, span: Span) {
    let _ = write!(
        ass,
        "Dialogue: {layer},{},{},Caption,,0,0,0,,",
        Time(span.start),
        Time(span.end)
    );
}

/// Writes cleaned text such that nothing of it means anything.
fn escape(ass: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '{' => ass.push_str("\\{"),
            '}' => ass.push_str("\\}"),
            '\\' => ass.extend(['\\', GUARD]),
            BREAK | NO_BREAK => {}
            c => ass.push(c),
        }
    }
}

/// Seconds, not negative, as hundredths.
fn hundredths(seconds: f64) -> u64 {
    (seconds * 100.0).round() as u64
}

/// Hundredths of a second as `h:mm:ss.cc`.
struct Time(u64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, rest) = (self.0 / 100, self.0 % 100);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{hours}:{minutes:02}:{:02}.{rest:02}", seconds % 60)
    }
}

/// A colour with opacity in the style section: alpha, blue, green, red; alpha counts what shines through.
struct Color(Rgb, f32);

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([r, g, b], opacity) = *self;
        write!(f, "&H{:02X}{b:02X}{g:02X}{r:02X}", through(opacity))
    }
}

/// A colour in a tag.
struct Paint(Rgb);

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "&H{b:02X}{g:02X}{r:02X}&")
    }
}

/// An opacity in a tag.
struct Opacity(f32);

impl fmt::Display for Opacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "&H{:02X}&", through(self.0))
    }
}

fn through(opacity: f32) -> u8 {
    255 - (opacity.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests;
