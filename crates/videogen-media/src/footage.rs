//! Pictures and clips of the user: what each file is, and what stands for a clip where a picture is needed.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;

use crate::blocking::blocking;
use crate::clip::{Clip, FootageKind, footage_kind};
use crate::motion::Motion;
use crate::pacing::Pacing;
use crate::picture::{self, PictureFlaw, PictureStats};
use crate::render::write_still;
use crate::timeline::{CROSSFADE_SECONDS, Shot, ShotSource, Timeline};
use crate::{Error, Ffmpeg, FrameRate, FrameSize};

/// What the check of a finished video lets pass in a scene, because of what the scene shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SceneTolerance {
    /// Whether it may be black, for a while at least.
    pub dark: bool,
    /// Whether nothing in it may be seen to move.
    pub still: bool,
}

impl From<PictureStats> for SceneTolerance {
    fn from(look: PictureStats) -> Self {
        Self {
            dark: look.is_dark(),
            still: !look.is_lively(),
        }
    }
}

/// How far into a clip the picture is taken that stands for it, in seconds: what begins in the dark is light by then, and
/// a scene is longer. Of a shorter clip it is the middle.
const STILL_AT: f64 = 1.5;

/// Memory of one decoder, in bytes, and bytes for each pixel of its clip: 120 MiB were measured at 1920x1080 (H.264), 350
/// at 3840x2160 (HEVC, 10 bits).
const DECODER: (u64, u64) = (60 << 20, 36);

/// How many times a picture may be enlarged before that is told: it is blurred then.
const ENLARGED: f64 = 2.0;

/// A clip that is black for this long, in seconds, and for this part of its length, is told of.
const BLACK: (f64, f64) = (0.5, 0.95);

/// Pictures and clips that somebody brought and that can be used, in their order.
#[derive(Debug, Clone, Default)]
pub struct Footage(Vec<File>);

/// One of them.
#[derive(Debug, Clone)]
struct File {
    source: ShotSource,
    /// What a picture shows.
    look: Option<PictureStats>,
}

impl Footage {
    /// Checks each file. It is a picture or a clip by what is in it, which is read by `ffmpeg`.
    ///
    /// # Errors
    /// The `Input…` errors of the first that cannot be used; [`Error::NoFfmpeg`] for a clip where there is none;
    /// [`Error::Cancelled`].
    pub async fn check(
        files: &[Utf8PathBuf],
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let mut sources = Vec::with_capacity(files.len());
        for file in files {
            let path = file.clone();
            let looking = move || {
                let kind = footage_kind(&path)?;
                let look = match kind {
                    FootageKind::Picture => Some(picture::inspect_picture(&path)?),
                    FootageKind::Clip => None,
                };
                Ok((kind, look))
            };
            let (kind, look) = blocking(looking).await?;
            let source = match kind {
                FootageKind::Picture => ShotSource::Picture(file.clone()),
                FootageKind::Clip => {
                    let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg {
                        what: "reading clips",
                    })?;
                    ShotSource::Clip(Clip::open(ffmpeg, file, cancel).await?)
                }
            };
            sources.push(File { source, look });
        }
        Ok(Self(sources))
    }

    fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.0.iter().filter_map(|file| match &file.source {
            ShotSource::Clip(clip) => Some(clip),
            _ => None,
        })
    }

    /// Returns what a scene's file is shown as. One that is not of the user is a picture.
    fn source(&self, file: &Utf8Path) -> ShotSource {
        let own = self.0.iter().find(|own| own.source.path() == file);
        own.map_or_else(|| file.to_owned().into(), |own| own.source.clone())
    }

    /// Returns what the check lets pass in a scene of `file`: whatever it shows was asked for. Where nothing is known of
    /// the file, all may pass.
    pub fn tolerance(&self, file: &Utf8Path) -> SceneTolerance {
        let own = self.0.iter().find(|own| own.source.path() == file);
        match own {
            // Where a tenth of it is dark, a crop of it or a move over it may show nothing else.
            Some(File {
                look: Some(look), ..
            }) => SceneTolerance {
                dark: look.dark > 0.1,
                still: true,
            },
            Some(File {
                source: ShotSource::Clip(clip),
                ..
            }) => SceneTolerance {
                dark: clip.info().black > 0.0,
                still: true,
            },
            _ => SceneTolerance {
                dark: true,
                still: true,
            },
        }
    }

    /// Returns what scene `index` is made of: `painted`, `clip` or `picture`.
    pub fn kind_of(&self, index: usize) -> &'static str {
        let file = self.0.get(index % self.0.len().max(1));
        match file.map(|file| &file.source) {
            None => "painted",
            Some(ShotSource::Clip(_)) => "clip",
            Some(_) => "picture",
        }
    }

    /// Counts them, as "2 pictures", "1 picture and 3 clips"; `None` if there is nothing.
    pub fn count(&self) -> Option<String> {
        let clips = self.clips().count();
        let of = |n: usize, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let both = [of(self.0.len() - clips, "picture"), of(clips, "clip")];
        let words: Vec<String> = both.into_iter().flatten().collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }

    /// Names them, as "the pictures", "the pictures and clips"; `None` if there is nothing.
    pub fn name(&self) -> Option<&'static str> {
        let clips = self.clips().count();
        match (self.0.len() - clips, clips) {
            (0, 0) => None,
            (_, 0) => Some("the pictures"),
            (0, _) => Some("the clips"),
            _ => Some("the pictures and clips"),
        }
    }

    /// Estimates the memory that their decoders take, in bytes: two run at a time.
    pub fn memory_bytes(&self) -> u64 {
        let pixels = |clip: &Clip| u64::from(clip.info().width) * u64::from(clip.info().height);
        let mut each: Vec<u64> = self
            .clips()
            .map(|c| DECODER.0 + DECODER.1 * pixels(c))
            .collect();
        each.sort_unstable();
        each.iter().rev().take(2).sum()
    }

    /// Says what is remarkable about them in a video of frames of `size`, in words for a person: whatever they show is
    /// shown.
    pub fn warnings(&self, size: FrameSize) -> Vec<String> {
        let of = |file: &File| match (&file.source, &file.look) {
            (ShotSource::Clip(clip), _) => of_clip(clip),
            (source, Some(look)) => of_picture(source.path(), look, size),
            _ => Vec::new(),
        };
        self.0.iter().flat_map(of).collect()
    }

    /// Lays `pictures`, one for each scene, out on the time axis of `pacing`, each with a camera move: that of number
    /// `first_move`, then others. The end card's `ground`, where there is one, follows the last scene.
    ///
    /// # Errors
    /// As [`Timeline::new`].
    pub fn timeline(
        &self,
        pictures: &[Utf8PathBuf],
        pacing: &Pacing,
        rate: FrameRate,
        first_move: usize,
        ground: Option<Utf8PathBuf>,
    ) -> Result<Timeline, Error> {
        let scenes = pictures.iter().zip(&pacing.spans).enumerate();
        let shots = scenes.map(|(index, (picture, span))| Shot {
            source: self.source(picture),
            // A step of three through eight moves: neighbours differ in kind, and all come by before one repeats.
            motion: Motion::numbered(first_move + index * 3),
            guided: true,
            duration: span.duration,
        });
        let last = ground.map(|picture| Shot {
            source: picture.into(),
            // Slowly nearer: there is nothing on it to be led to.
            motion: Motion::numbered(0),
            guided: false,
            duration: pacing.outro,
        });
        Timeline::new(shots.chain(last).collect(), rate, CROSSFADE_SECONDS)
    }

    /// Finds a picture that stands for a scene's file: the file itself, or of a clip the frame that is seen soon after its
    /// beginning, written to `to` for a video of this size and rate. Blocks.
    ///
    /// # Errors
    /// As [`write_still`]: it cannot be decoded any more, or not written.
    pub fn still(
        &self,
        file: &Utf8Path,
        at: (FrameSize, FrameRate),
        to: Utf8PathBuf,
    ) -> Result<Utf8PathBuf, Error> {
        let ShotSource::Clip(clip) = self.source(file) else {
            return Ok(file.to_owned());
        };
        let seconds = STILL_AT.min(clip.info().seconds / 2.0);
        // It takes a moment, and has a deadline of its own.
        write_still(&clip, at, seconds, &to, &CancellationToken::new())?;
        Ok(to)
    }
}

fn of_clip(clip: &Clip) -> Vec<String> {
    let (info, path) = (clip.info(), clip.path());
    let damaged = info
        .remark
        .as_ref()
        .map(|remark| format!("{path} is damaged, and shown as well as it can be: {remark}"));
    let (black, seconds) = (info.black, info.seconds);
    let dark = if black >= BLACK.1 * seconds {
        Some(format!("{path} is black, and is shown so"))
    } else if black >= BLACK.0 {
        Some(format!(
            "{path} is black for {black:.1} s of {seconds:.1} s, and is shown so"
        ))
    } else {
        None
    };
    damaged.into_iter().chain(dark).collect()
}

fn of_picture(path: &Utf8Path, look: &PictureStats, size: FrameSize) -> Vec<String> {
    let flaw = match look.flaw {
        Some(PictureFlaw::Black) => Some(format!(
            "{path} is black all over (transparent parts count as black), and is shown so"
        )),
        Some(PictureFlaw::Flat(_)) => Some(format!(
            "{path} is of one colour: nothing will be seen in it"
        )),
        _ => None,
    };
    let times = |frame: u32, picture: u32| f64::from(frame) / f64::from(picture.max(1));
    let times = times(size.width(), look.width).max(times(size.height(), look.height));
    let small = (times > ENLARGED).then(|| {
        format!(
            "{path} has {}x{} pixels and is enlarged {times:.1} times: it will be blurred",
            look.width, look.height
        )
    });
    flaw.into_iter().chain(small).collect()
}
