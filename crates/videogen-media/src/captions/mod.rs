//! Captions: words and their times become pages of text, and pages become pictures to lay over the video.
//!
//! Everything here is a function of its inputs: the same words, style, frame and fonts give the same bytes. A page is
//! laid out once; only the marked word differs between its states, so nothing jumps while it is spoken. The way of a
//! word: `words` (cleaned, ordered) → `pieces` (cut to fit a line, each with its `ending`) → `pages` (what is shown together) → `layout` (where
//! each glyph goes) → `ink` and `outline` (coverage) → `raster` (colour). `contrast` makes what is around the letters
//! as strong as the picture below demands; `srt` and `ass` write the same words as text.

pub(crate) mod ass;
mod blur;
mod canvas;
mod contrast;
mod ending;
mod ink;
mod layout;
mod movement;
mod outline;
mod pages;
mod pieces;
mod raster;
mod schedule;
pub(crate) mod srt;
mod style;
mod title;
mod words;
mod zone;

#[cfg(test)]
mod tests;

use std::ops::Range;

use videogen_text::Direction;

pub use contrast::{CAPTION_CONTRAST, CaptionBackdrop, FrameRegion};
pub use schedule::{CaptionPage, CaptionPageWord};
pub use style::{CaptionHighlight, CaptionOutline, CaptionPanel, CaptionShadow, CaptionStyle, Rgb};
pub use title::draw_title;
pub(crate) use title::draw_title_at;
pub(crate) use zone::Area;
pub use zone::SafeZone;

use crate::Error;
use crate::fonts::Fonts;
use layout::{Layout, Limits};
use pages::{Room, paginate};
use schedule::{marked, page_of, schedule};

/// Size of the letters: as a fraction of the width, 16 to 18 Latin letters to a line in 9:16 …
const SIZE_BY_WIDTH: f32 = 0.074;

/// … and of the height, where that is less: about 36 letters to a line in 16:9.
const SIZE_BY_HEIGHT: f32 = 0.066;

/// Least size, as a fraction of the wanted one, that a page is set in before it is cut off at the zone's edge.
const FLOOR: f32 = 0.4;

/// Lines of a page, at most.
const LINES: usize = 2;

/// A word that is wider than a line is set smaller, down to this fraction; a longer one is hyphenated.
const LONG_WORD: f32 = 0.62;

/// How long a page is shown before its first word, seconds: the eye is there when the voice comes.
const LEAD: f64 = 0.08;

/// A word and when it is spoken.
#[derive(Debug, Clone, PartialEq)]
pub struct CaptionWord {
    /// The word as it is shown, punctuation included. Any text is safe; control characters are removed.
    pub text: String,
    /// When it begins, seconds from the start of the video.
    pub start: f64,
    /// When it ends, seconds. Overlaps with the next word are cut.
    pub end: f64,
    /// Whether a space separates it from the word before; false in Chinese and Japanese.
    pub space_before: bool,
}

/// What is captioned: words and the language they are in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CaptionText<'a> {
    words: &'a [CaptionWord],
    language: &'a str,
}

impl<'a> CaptionText<'a> {
    /// `language` is a BCP 47 tag such as `de` or `pt-BR`. It decides where sentences end, how long words are hyphenated
    /// and from which side lines begin. An empty one, or one that is not known, is no error: abbreviations then end
    /// sentences, and the letters alone say from which side lines begin.
    pub const fn new(words: &'a [CaptionWord], language: &'a str) -> Self {
        Self { words, language }
    }

    /// Returns the side from which every line of these captions is read.
    fn direction(&self) -> Direction {
        let text = self.words.iter().map(|word| word.text.as_str());
        Direction::of(text, self.language)
    }
}

/// How captions follow the voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CaptionMode {
    /// A few words at a time, the spoken one marked.
    #[default]
    Karaoke,
    /// A sentence or half of one at a time, nothing marked.
    Line,
}

impl CaptionMode {
    /// How long a page is seen at least, seconds: for what is to be read Netflix' guide asks for five sixths of a second;
    /// what is followed word by word may be shorter.
    const fn least(self) -> f64 {
        match self {
            Self::Karaoke => 0.5,
            Self::Line => 5.0 / 6.0,
        }
    }
}

/// What is to be seen at a moment: the key for a cache of drawn overlays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaptionState {
    /// Index of the page.
    pub page: usize,
    /// Index of the marked word in [`CaptionPage::words`].
    pub word: Option<usize>,
    /// Step of the movement that the style has the page or the word in; 0 is at rest.
    pub step: u8,
}

/// A picture to lay over a frame. Position and size are even, as 4:2:0 video needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlay {
    /// Left edge, pixels.
    pub x: u32,
    /// Upper edge, pixels.
    pub y: u32,
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
    /// Premultiplied sRGB with alpha, four bytes a pixel, rows from the top.
    pub rgba: Vec<u8>,
}

/// The captions of a video, laid out for one frame size.
#[derive(Debug, Clone)]
pub struct Captions {
    pages: Vec<CaptionPage>,
    layouts: Vec<Layout>,
    mode: CaptionMode,
    style: CaptionStyle,
    frame: (u32, u32),
    area: Area,
    fonts: Fonts,
}

impl Captions {
    /// Divides the words into pages and lays them out.
    ///
    /// Words are put in order of time; those without anything to show are left out. `frame` is width and height in
    /// pixels. Takes about 0.3 ms a page.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] when a time is not a finite number or a side of the frame is under 16 pixels.
    pub fn new(
        text: CaptionText<'_>,
        mode: CaptionMode,
        style: &CaptionStyle,
        frame: (u32, u32),
        zone: SafeZone,
        fonts: &Fonts,
    ) -> Result<Self, Error> {
        check_frame(frame)?;
        let words = words::prepare(text.words)?;
        let area = zone.area(frame);
        let size = letters(frame);
        let inside = inner(&area, style.reach() * size);
        let sideways = if style.growth() > 1.0 {
            2.0 * ink::SIDEWAYS * size
        } else {
            0.0
        };
        let limits = Limits {
            // A grown word reaches beyond its place on each side.
            width: (inside.width() as f32 - sideways).max(1.0),
            height: inside.height() as f32,
            lines: LINES,
            size,
            floor: (size * FLOOR).max(1.0),
            word_spacing: style.word_spacing(),
        };
        let line = limits.width / size;
        let mut engine = fonts.engine();
        let pieces = pieces::cut(&words, text.language, line / LONG_WORD, |text| {
            layout::advances(&mut engine, fonts, text, limits.word_spacing)
        });
        let direction = text.direction();
        let space = layout::advances(&mut engine, fonts, " ", limits.word_spacing)
            .iter()
            .sum();
        let room = Room {
            line,
            space,
            lines: LINES,
            wide: frame.0 > frame.1,
        };
        let mut pages: Vec<CaptionPage> = paginate(&pieces, mode, room)
            .into_iter()
            .map(|range| page_of(&pieces[range], direction))
            .collect();
        schedule(&mut pages, LEAD, mode.least());
        let centre = zone.centre.clamp(0.0, 1.0) * frame.1 as f32;
        let place = |page: &CaptionPage| {
            let words: Vec<Range<usize>> =
                page.words.iter().map(|word| word.range.clone()).collect();
            layout::fit(&mut engine, fonts, &page.text, &limits).place(&inside, centre, &words)
        };
        let layouts = pages.iter().map(place).collect();
        drop(engine);
        Ok(Self {
            pages,
            layouts,
            mode,
            style: *style,
            frame,
            area,
            fonts: fonts.clone(),
        })
    }

    /// The pages in order of time.
    pub fn pages(&self) -> &[CaptionPage] {
        &self.pages
    }

    /// What is to be seen `t` seconds into the video; [`None`] when no caption is.
    pub fn state_at(&self, t: f64) -> Option<CaptionState> {
        let page = self.pages.partition_point(|page| page.end <= t);
        let shown = self.pages.get(page).filter(|shown| shown.start <= t)?;
        let word = match self.mode {
            CaptionMode::Line => None,
            CaptionMode::Karaoke => marked(&shown.words, t),
        };
        let word_for = word.map(|word| t - shown.words[word].start);
        let step = movement::step(&self.style, t - shown.start, word_for);
        Some(CaptionState { page, word, step })
    }

    /// The part of the frame that the overlays of a page cover, whatever its state; [`None`] when there is no such
    /// page or nothing to see of it. This is where to look at the picture for [`Captions::draw_over`].
    pub fn area_of(&self, page: usize) -> Option<FrameRegion> {
        let layout = self.layouts.get(page)?;
        let rect = raster::rect(&self.fonts, layout, &self.style, &self.area)?;
        Some(FrameRegion {
            x: rect.x0 as u32,
            y: rect.y0 as u32,
            width: rect.width() as u32,
            height: rect.height() as u32,
        })
    }

    /// Draws a state to be seen on any picture: [`Captions::draw_over`] with [`CaptionBackdrop::UNKNOWN`].
    pub fn draw(&self, state: CaptionState) -> Overlay {
        self.draw_over(state, CaptionBackdrop::UNKNOWN)
    }

    /// Draws a state to be seen on such a picture, see [`CaptionStyle::over`]. For a state that is not of these
    /// captions the overlay is transparent.
    ///
    /// To keep a page from flickering, all of its states are drawn over the same backdrop: that of the frames from its
    /// first to its last, [joined](CaptionBackdrop::joined). Takes about 1 ms at 720p; callers keep the result while
    /// the state lasts.
    pub fn draw_over(&self, state: CaptionState, backdrop: CaptionBackdrop) -> Overlay {
        match self.layouts.get(state.page) {
            Some(layout) => raster::draw(
                &self.fonts,
                layout,
                &self.style.over(backdrop),
                &movement::pose(&self.style, state),
                self.mode == CaptionMode::Karaoke,
                &self.area,
            ),
            None => Overlay::empty(&self.area),
        }
    }
}

/// Wanted size of the letters in a frame, pixels per em.
fn letters(frame: (u32, u32)) -> f32 {
    (SIZE_BY_WIDTH * frame.0 as f32).min(SIZE_BY_HEIGHT * frame.1 as f32)
}

/// The part of the area that letters may use so that what is around them stays inside: `reach` pixels less on each
/// side, where that leaves anything.
fn inner(area: &Area, reach: f32) -> Area {
    let reach = reach.ceil() as i32;
    let (x, y) = (
        reach.min(area.width() / 2 - 1),
        reach.min(area.height() / 2 - 1),
    );
    Area {
        x0: area.x0 + x,
        y0: area.y0 + y,
        x1: area.x1 - x,
        y1: area.y1 - y,
    }
}

/// Refuses frames without room for a letter.
fn check_frame(frame: (u32, u32)) -> Result<(), Error> {
    let range = 16..=16_384;
    if range.contains(&frame.0) && range.contains(&frame.1) {
        return Ok(());
    }
    Err(Error::InvalidValue {
        what: "frame size for captions",
        value: format!("{}x{}", frame.0, frame.1),
        allowed: "16 to 16384 pixels a side".into(),
    })
}
