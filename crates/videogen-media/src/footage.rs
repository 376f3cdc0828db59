//! Pictures and clips of the user: what each file is, which scene shows it, and what stands for a clip where a picture is
//! needed.

mod allotment;
mod identity;
mod remarks;
mod room;
mod sound;
mod tolerance;

use camino::{Utf8Path, Utf8PathBuf};
use sound::HeardSound;
use tokio_util::sync::CancellationToken;
use videogen_types::{ClipVolume, FitChoice, Scene};

use self::allotment::Allotment;
pub use self::tolerance::SceneTolerance;
use crate::blocking::blocking;
use crate::clip::{Clip, FootageKind, footage_kind};
use crate::motion::Motion;
use crate::own_picture::OwnPicture;
use crate::pacing::Pacing;
use crate::picture::{Colours, Ground, PictureStats};
use crate::render::{write_own_still, write_still};
use crate::timeline::{CROSSFADE_SECONDS, Shot, ShotSource, Timeline};
use crate::{Error, Ffmpeg, FrameRate, FrameSize};

/// How far into a clip the picture is taken that stands for it, in seconds: what begins in the dark is light by then, and
/// a scene is longer. Of a shorter clip it is the middle.
const STILL_AT: f64 = 1.5;

/// Memory of one decoder, in bytes, and bytes for each pixel of its clip: 120 MiB were measured at 1920x1080 (H.264), 350
/// at 3840x2160 (HEVC, 10 bits).
const DECODER: (u64, u64) = (60 << 20, 36);

/// Pictures and clips that somebody brought and that can be used, in their order.
#[derive(Debug, Clone, Default)]
pub struct Footage {
    /// Those that scenes name, then the others.
    files: Vec<File>,
    allotment: Allotment,
    /// Files that no scene is left for, since each names what it shows.
    unshown: Vec<Utf8PathBuf>,
    /// Whether it is known already which scenes there are.
    is_scripted: bool,
    fit: FitChoice,
    /// How loud the sound of clips is.
    volume: ClipVolume,
}

/// One of them.
#[derive(Debug, Clone)]
struct File {
    source: ShotSource,
    /// What a picture shows.
    look: Option<PictureStats>,
    /// What became of its colours.
    colours: Colours,
    /// What lies under what can be seen through.
    ground: Ground,
    /// Memory that another program takes to decode it, in bytes, where it is a picture.
    memory: u64,
    /// What is heard with it.
    heard: HeardSound,
}

impl File {
    async fn open(
        path: &Utf8Path,
        (fit, volume): (FitChoice, ClipVolume),
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let file = path.to_owned();
        match blocking(move || footage_kind(&file)).await? {
            FootageKind::Picture => {
                let picture = OwnPicture::open(path, fit, ffmpeg, cancel).await?;
                let seen = picture.look(cancel).await?;
                Ok(Self {
                    memory: picture.memory_bytes(),
                    source: picture.into(),
                    look: Some(seen.look),
                    colours: seen.colours,
                    ground: seen.ground,
                    heard: HeardSound::default(),
                })
            }
            FootageKind::Clip => {
                let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg {
                    what: "reading clips",
                })?;
                let clip = Clip::open(ffmpeg, path, cancel).await?.fitted(fit)?;
                let heard = if volume.is_off() {
                    HeardSound::default()
                } else {
                    Box::pin(HeardSound::of(&clip, cancel)).await?
                };
                Ok(Self {
                    ground: clip.ground(),
                    source: ShotSource::Clip(clip),
                    look: None,
                    colours: Colours::default(),
                    memory: 0,
                    heard,
                })
            }
        }
    }
}

impl Footage {
    /// Checks what `scenes` name, which is shown in them, and `files`, which are for those that name nothing. Each is to
    /// fill the frame by `fit`. It is a picture or a clip by what is in it, which is read by `ffmpeg` where it is no PNG,
    /// JPEG or WebP picture. Where the sound of clips has a `volume`, it is listened to; a clip without any is told by
    /// [`Footage::warnings`].
    ///
    /// # Errors
    /// The `Input…` and `Picture…` errors of the first that cannot be used, in [`Error::OfScene`] where a scene names it;
    /// [`Error::NoFfmpeg`] for what needs it where there is none; [`Error::Cancelled`].
    pub async fn check(
        files: &[Utf8PathBuf],
        scenes: &[Scene],
        (fit, volume): (FitChoice, ClipVolume),
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let (allotment, named) = Allotment::of(scenes);
        let mut opened = Vec::with_capacity(named.len() + files.len());
        for file in &named {
            let opening = File::open(&file.path, (fit, volume), ffmpeg, cancel).await;
            opened.push(opening.map_err(|error| error.of_scene(file.scene))?);
        }
        for file in files {
            opened.push(File::open(file, (fit, volume), ffmpeg, cancel).await?);
        }
        let mut unshown = Vec::new();
        if allotment.names_all() {
            opened.truncate(named.len());
            unshown.extend_from_slice(files);
        }
        Ok(Self {
            files: opened,
            allotment,
            unshown,
            is_scripted: !scenes.is_empty(),
            fit,
            volume,
        })
    }

    /// Whether there is nothing, so that all is painted.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether something has to be painted: there is nothing, or a scene that names nothing and nothing for it.
    pub fn needs_painter(&self) -> bool {
        self.files.len() == self.allotment.own() && !self.allotment.names_all()
    }

    /// Those that are shown: of what a scene names, some may be too much for it.
    fn shown(&self) -> impl Iterator<Item = &File> {
        let files = self.files.iter().enumerate();
        let shown = files.filter(|(place, _)| self.allotment.is_shown(*place));
        shown.map(|(_, file)| file)
    }

    fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.shown().filter_map(|file| match &file.source {
            ShotSource::Clip(clip) => Some(clip),
            _ => None,
        })
    }

    /// Returns what a scene's file is shown as. One that is not of the user is a picture.
    fn source(&self, file: &Utf8Path) -> ShotSource {
        let own = self.files.iter().find(|own| own.source.path() == file);
        own.map_or_else(|| file.to_owned().into(), |own| own.source.clone())
    }

    /// The files of a video in the order they are shown, and for each scene what the check lets pass in it: the user's
    /// where there are some for the scene, else what is `painted` for it, one for each scene, of which `looks` says what is
    /// seen. Of the user's each is shown at least once, and the first ones again where there are more scenes.
    pub fn scenes(
        &self,
        painted: Vec<Utf8PathBuf>,
        looks: &[Option<SceneTolerance>],
    ) -> (Vec<Utf8PathBuf>, Vec<SceneTolerance>) {
        let count = painted.len();
        let (mut files, mut tolerances) = (Vec::new(), Vec::with_capacity(count));
        for (index, file) in painted.into_iter().enumerate() {
            let own = self.of_scene(index, count);
            if own.is_empty() {
                let look = looks.get(index).copied().flatten();
                files.push(file);
                tolerances.push(look.unwrap_or(SceneTolerance::ALL));
            } else {
                files.extend(own.iter().map(|file| file.source.path().to_owned()));
                tolerances.push(self.scene_tolerance(index, count));
            }
        }
        (files, tolerances)
    }

    /// What is shown in scene `index` of `count`; nothing where it is painted.
    fn of_scene(&self, index: usize, count: usize) -> Vec<&File> {
        let places = self.allotment.places(self.files.len(), index, count);
        places.into_iter().map(|place| &self.files[place]).collect()
    }

    /// The files that are shown in scene `index` of `count`; none where it is painted.
    pub fn files_of(&self, index: usize, count: usize) -> Vec<String> {
        let files = self.of_scene(index, count).into_iter();
        files.map(|file| file.source.path().to_string()).collect()
    }

    /// Returns what scene `index` of `count` is made of, or begins with: `painted`, `clip` or `picture`.
    pub fn kind_of(&self, index: usize, count: usize) -> &'static str {
        match self.of_scene(index, count).first().map(|file| &file.source) {
            None => "painted",
            Some(ShotSource::Clip(_)) => "clip",
            Some(_) => "picture",
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
        let pictures = self.files.iter().map(|file| file.memory).max();
        each.iter().rev().take(2).sum::<u64>() + pictures.unwrap_or(0)
    }

    /// Lays `pictures`, which [`Footage::scenes`] gave, out on the time axis of `pacing`: one for each scene, or more, which
    /// share the time of their scenes. Each has a camera move: that of number `first_move`, then others. Where one comes
    /// twice in a row its move, or the clip, goes on. The end card's `ground`, where there is one, follows the last scene.
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
        let mut shots: Vec<Shot> = Vec::with_capacity(pictures.len() + 1);
        for (index, span) in pacing.spans.iter().enumerate() {
            let (files, scene) = (self.files.len(), (index, pacing.spans.len()));
            let shown = self.allotment.range(files, pictures.len(), scene);
            let duration = span.duration / shown.len().max(1) as f64;
            for picture in &pictures[shown] {
                let source = self.source(picture);
                match shots.last_mut() {
                    // Crossfaded into itself it would be seen double.
                    Some(last) if last.source == source => last.duration += duration,
                    _ => shots.push(self.shot(source, duration, (first_move, shots.len()))),
                }
            }
        }
        let last = ground.map(|picture| Shot {
            source: picture.into(),
            // Slowly nearer: there is nothing on it to be led to.
            motion: Motion::numbered(0),
            guided: false,
            duration: pacing.outro,
        });
        shots.extend(last);
        Timeline::new(shots, rate, CROSSFADE_SECONDS)
    }

    /// The shot of this number of `source`.
    fn shot(
        &self,
        source: ShotSource,
        duration: f64,
        (first_move, number): (usize, usize),
    ) -> Shot {
        // What is shown whole is led to nothing, and cut nowhere. What is painted has the shape of the frame.
        let is_painted = matches!(source, ShotSource::Picture(_));
        let guided = self.fit == FitChoice::Cover || is_painted;
        Shot {
            source,
            motion: if guided {
                // A step of three through eight moves: neighbours differ in kind, and all come by before one repeats.
                Motion::numbered(first_move + number * 3)
            } else {
                Motion::of_whole(first_move + number)
            },
            guided,
            duration,
        }
    }

    /// Finds a picture that stands for a scene's file: the file itself, or what is seen of it, of a clip soon after its
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
        let clip = match self.source(file) {
            ShotSource::Clip(clip) => clip,
            ShotSource::Own(picture) => {
                write_own_still(&picture, at.0, &to)?;
                return Ok(to);
            }
            ShotSource::Picture(_) => return Ok(file.to_owned()),
        };
        let seconds = STILL_AT.min(clip.info().seconds / 2.0);
        // It takes a moment, and has a deadline of its own.
        write_still(&clip, at, seconds, &to, &CancellationToken::new())?;
        Ok(to)
    }
}

#[cfg(test)]
mod tests;
