//! What the check of a finished video lets pass in a scene: whatever a file of the user shows was asked for.

use camino::Utf8Path;

use super::{File, Footage};
use crate::motion::MAX_ZOOM;
use crate::pacing::Pacing;
use crate::picture::PictureStats;
use crate::timeline::ShotSource;

/// The narrowest frame that a picture is cropped to, width to height.
const TALLEST: f64 = 9.0 / 16.0;

/// What the check of a finished video lets pass in a scene, because of what the scene shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SceneTolerance {
    /// Whether it may be black, for a while at least.
    pub dark: bool,
    /// Whether nothing in it may be seen to move.
    pub still: bool,
    /// For how long a time it is known what it shows, in seconds: what comes later may be anything.
    pub known: f64,
    /// Whether it goes on with what the scene before it ends with.
    pub goes_on: bool,
}

impl SceneTolerance {
    /// All may pass.
    pub(super) const ALL: Self = Self {
        dark: true,
        still: true,
        known: 0.0,
        goes_on: false,
    };

    /// Whether it may be black, for a while at least, in so many seconds.
    pub(super) fn is_dark_within(&self, seconds: f64) -> bool {
        self.dark || seconds > self.known
    }

    /// Returns what the check lets pass in each scene of `pacing`, where it is known how long each is: one that is longer
    /// than what is known of it may be black, for a while at least.
    pub fn paced(scenes: &[Self], pacing: &Pacing) -> Vec<Self> {
        let mut shown = 0.0;
        let scenes = scenes.iter().zip(&pacing.spans);
        let paced = scenes.map(|(scene, span)| {
            shown = if scene.goes_on { shown } else { 0.0 } + span.duration;
            Self {
                dark: scene.is_dark_within(shown),
                ..*scene
            }
        });
        paced.collect()
    }
}

impl From<PictureStats> for SceneTolerance {
    fn from(look: PictureStats) -> Self {
        Self {
            dark: look.is_dark(),
            still: !look.is_lively(),
            known: f64::INFINITY,
            goes_on: false,
        }
    }
}

impl Footage {
    /// Returns what the check lets pass in a scene of `file`: whatever it shows was asked for. Where nothing is known of
    /// the file, all may pass.
    pub fn tolerance(&self, file: &Utf8Path) -> SceneTolerance {
        let own = self.files.iter().find(|own| own.source.path() == file);
        match own {
            Some(File {
                look: Some(look), ..
            }) => SceneTolerance {
                dark: may_show_only_dark(look),
                known: f64::INFINITY,
                ..SceneTolerance::ALL
            },
            Some(File {
                source: ShotSource::Clip(clip),
                ..
            }) => SceneTolerance {
                dark: clip.info().dark > 0.0,
                known: clip.info().known(),
                ..SceneTolerance::ALL
            },
            _ => SceneTolerance::ALL,
        }
    }

    /// What the check lets pass in scene `index` of `count`, which shows files: what it lets pass in any of them.
    pub(super) fn scene_tolerance(&self, index: usize, count: usize) -> SceneTolerance {
        let paths = |index| -> Vec<&Utf8Path> {
            let files = self.of_scene(index, count).into_iter();
            files.map(|file| file.source.path()).collect()
        };
        let files = paths(index);
        let before = index.checked_sub(1).map(paths).unwrap_or_default();
        let goes_on = before.last() == files.first();
        // They share the time of the scene, unless one goes on where another would begin.
        let alone = goes_on || files.windows(2).any(|pair| pair[0] == pair[1]);
        let shares = if alone { 1.0 } else { files.len() as f64 };
        let none = SceneTolerance {
            dark: false,
            still: true,
            known: f64::INFINITY,
            goes_on,
        };
        files.iter().fold(none, |all, file| {
            let one = self.tolerance(file);
            SceneTolerance {
                dark: all.dark || one.dark,
                still: all.still && one.still,
                known: all.known.min(one.known * shares),
                goes_on,
            }
        })
    }
}

/// Whether a crop of a picture, or a move over it, may show nothing but what is dark in it: where a tenth of the picture is,
/// or less of one that is so long that little of it is shown.
pub(super) fn may_show_only_dark(look: &PictureStats) -> bool {
    let (width, height) = (f64::from(look.width.max(1)), f64::from(look.height.max(1)));
    let shown = TALLEST * (height / width).min(width / height) / (MAX_ZOOM * MAX_ZOOM);
    look.dark > (shown / 2.0).min(0.1)
}
