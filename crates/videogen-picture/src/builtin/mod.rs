//! Pictures without a model: generative scenes, painted on the CPU, when no ComfyUI is there.
//!
//! A scene is a pure function from position to light, so a picture of any size is the same composition, any row can be
//! painted by any thread, and the same inputs always give the same bytes on the same machine.

mod choose;
mod field;
mod finish;
mod math;
mod motif;
mod noise;
mod painter;
mod palette;
mod sky;
mod stage;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use motif::Motif;
pub use painter::BuiltinPainter;
use palette::Palette;
use stage::{Stage, View};
use videogen_types::{Genre, Seed};

/// The size of a picture in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canvas {
    width: u32,
    height: u32,
}

impl Canvas {
    /// The shortest side that can be painted.
    pub const MIN: u32 = 16;
    /// The longest side that can be painted.
    pub const MAX: u32 = 8192;

    /// A canvas with each side in [`Canvas::MIN`]`..=`[`Canvas::MAX`]; `None` otherwise.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let ok = |side: u32| (Self::MIN..=Self::MAX).contains(&side);
        (ok(width) && ok(height)).then_some(Self { width, height })
    }

    /// Pixels across.
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub const fn height(self) -> u32 {
        self.height
    }
}

/// What to paint. Together with the canvas it decides every byte.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Sets the family of palettes and the motifs to fall back on.
    pub genre: Genre,
    /// The seed of this scene: composition, shapes, grain.
    pub seed: Seed,
    /// The seed shared by all scenes of a video: palette, order of motifs.
    pub look: Seed,
    /// The picture in words; words such as "ocean" or "circuit" choose the motif. May be empty.
    pub hint: &'a str,
    /// The position of the scene in the story, from 0. The light goes from dawn to dusk.
    pub index: usize,
    /// How many scenes the story has.
    pub count: usize,
}

/// What the scenes to both sides show, in words. With it no two scenes in a row get the same motif.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Neighbours<'a> {
    /// The hint of the scene before; `None` for the first.
    pub before: Option<&'a str>,
    /// The hint of the scene after; `None` for the last.
    pub after: Option<&'a str>,
}

/// A painted picture: 8-bit sRGB, rows from the top, three bytes a pixel, no padding.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

/// [`paint_beside`] for a scene whose neighbours are not known, or have no words.
pub fn paint(
    canvas: Canvas,
    subject: &Subject<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Picture> {
    paint_beside(canvas, subject, Neighbours::default(), stop)
}

/// Paints `subject`, in parallel on the current rayon pool, with a motif that neither neighbour has. For that to hold every
/// scene of the story must be painted with its neighbours, and with the same `genre` and `look`.
///
/// `stop` is asked at least once a row, from several threads; once it answers true the result is `None`, within a fraction
/// of a second at any size. The bytes do not depend on how many threads there are.
pub fn paint_beside(
    canvas: Canvas,
    subject: &Subject<'_>,
    neighbours: Neighbours<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Picture> {
    paint_motif(canvas, choose::motif(subject, neighbours), subject, stop)
}

/// The name of the motif that [`paint_beside`] would choose. Of the words in `subject` and `neighbours` nothing else is seen.
pub fn motif_beside(subject: &Subject<'_>, neighbours: Neighbours<'_>) -> String {
    format!("{:?}", choose::motif(subject, neighbours)).to_lowercase()
}

fn paint_motif(
    canvas: Canvas,
    motif: Motif,
    subject: &Subject<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Picture> {
    if stop() {
        return None;
    }
    let view = View::new(canvas.width, canvas.height);
    let stage = stage(view, motif, subject);
    let scene = motif.compose(&stage);
    finish::render(scene.as_ref(), &view, stage.noise("grain"), stop)
}

/// Sets palette and light by the position in the story.
fn stage(view: View, motif: Motif, subject: &Subject<'_>) -> Stage {
    let mut rng = subject.seed.derive("stage", 0).rng();
    let count = subject.count.max(1);
    let hour = (subject.index.min(count - 1) as f32 + 0.5) / count as f32;
    // The sun climbs to the middle of the story and sinks after it, and crosses the frame once.
    let height = (hour * std::f32::consts::PI).sin();
    let sun_height = (0.12 + 0.62 * height + rng.between(-0.08, 0.08)).clamp(0.04, 0.8);
    let across = if subject.look.derive("side", 0).rng().unit() < 0.5 {
        hour
    } else {
        1.0 - hour
    };
    let sun_x = (0.22 + 0.56 * across + rng.between(-0.1, 0.1)).clamp(0.14, 0.86);
    let family = palette::choose(subject.genre, subject.look);
    let palette: Palette = match motif {
        Motif::Night | Motif::Planet => family.at_night(),
        _ => family.at_hour(
            0.9 - 1.3 * height + rng.between(-0.15, 0.15),
            0.45 * height - 0.3,
        ),
    };
    Stage {
        view,
        palette,
        sun_x,
        sun_height,
        seed: subject.seed,
    }
}
