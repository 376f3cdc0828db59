//! Pictures and clips of the user: what each file is, and what stands for a clip where a picture is needed.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::clip::{Clip, Kind, kind};
use videogen_media::render::write_still;
use videogen_media::timeline::Source;
use videogen_media::{FrameRate, FrameSize, picture};

use crate::equipment::Equipment;
use crate::event::Stage;
use crate::{Error, ErrorKind, seam};

/// How far into a clip the picture is taken that stands for it, in seconds: what begins in the dark is light by then, and
/// a scene is longer. Of a shorter clip it is the middle.
const STILL_AT: f64 = 1.5;

/// Memory of one decoder, in bytes, and bytes for each pixel of its clip: 120 MiB were measured at 1920x1080 (H.264), 350
/// at 3840x2160 (HEVC, 10 bits).
const DECODER: (u64, u64) = (60 << 20, 36);

/// Files of the user that are good.
#[derive(Debug, Clone, Default)]
pub(crate) struct Footage(Vec<Source>);

impl Footage {
    /// Checks each file. It is a picture or a clip by what is in it.
    ///
    /// # Errors
    /// The first that cannot be used; a clip without an FFmpeg.
    pub(crate) async fn check(
        files: &[Utf8PathBuf],
        equipment: &Equipment,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let fail = |error| Error::new(Stage::Preflight, ErrorKind::Media(error));
        let mut sources = Vec::with_capacity(files.len());
        for file in files {
            let path = file.clone();
            let look = move || {
                let kind = kind(&path).map_err(fail)?;
                if kind == Kind::Picture {
                    picture::check_pixels(&path).map_err(fail)?;
                }
                Ok(kind)
            };
            sources.push(match seam::blocking(Stage::Preflight, look).await? {
                Kind::Picture => Source::Picture(file.clone()),
                Kind::Clip => {
                    let Some(ffmpeg) = &equipment.ffmpeg else {
                        return Err(Error::new(
                            Stage::Preflight,
                            ErrorKind::Unavailable {
                                what: "reading clips".into(),
                                reason: "there is no FFmpeg".into(),
                                hint: "install FFmpeg".into(),
                            },
                        ));
                    };
                    let clip = Clip::open(ffmpeg, file, cancel).await;
                    Source::Clip(clip.map_err(fail)?)
                }
            });
        }
        Ok(Self(sources))
    }

    fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.0.iter().filter_map(|source| match source {
            Source::Clip(clip) => Some(clip),
            _ => None,
        })
    }

    /// What a scene's file is shown as. One that is not of the user is a picture.
    pub(crate) fn source(&self, file: &Utf8Path) -> Source {
        let own = self.0.iter().find(|source| source.path() == file);
        own.cloned().unwrap_or_else(|| file.to_owned().into())
    }

    /// What a scene is made of, for the manifest.
    pub(crate) fn kind_of(&self, index: usize) -> &'static str {
        match self.0.get(index % self.0.len().max(1)) {
            None => "painted",
            Some(Source::Clip(_)) => "clip",
            Some(_) => "picture",
        }
    }

    /// As "2 pictures", "1 picture and 3 clips"; nothing if there is nothing.
    pub(crate) fn count(&self) -> Option<String> {
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

    /// As "the pictures", "the pictures and clips"; nothing if there is nothing.
    pub(crate) fn name(&self) -> Option<&'static str> {
        let clips = self.clips().count();
        match (self.0.len() - clips, clips) {
            (0, 0) => None,
            (_, 0) => Some("the pictures"),
            (0, _) => Some("the clips"),
            _ => Some("the pictures and clips"),
        }
    }

    /// Memory their decoders take in bytes: two run at a time.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let pixels = |clip: &Clip| u64::from(clip.info().width) * u64::from(clip.info().height);
        let mut each: Vec<u64> = self
            .clips()
            .map(|c| DECODER.0 + DECODER.1 * pixels(c))
            .collect();
        each.sort_unstable();
        each.iter().rev().take(2).sum()
    }

    /// What FFmpeg had to say about them, in words for a person.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.clips().filter_map(|clip| {
            let remark = clip.info().remark.as_ref()?;
            Some(format!(
                "{} is damaged, and shown as well as it can be: {remark}",
                clip.path()
            ))
        })
    }

    /// A picture that stands for a scene's file: the file itself, or of a clip the frame that is seen soon after its
    /// beginning, written to `to`. Blocks.
    ///
    /// # Errors
    /// When it cannot be decoded any more, or not written.
    pub(crate) fn still(
        &self,
        file: &Utf8Path,
        at: (FrameSize, FrameRate),
        to: Utf8PathBuf,
    ) -> Result<Utf8PathBuf, videogen_media::Error> {
        let Source::Clip(clip) = self.source(file) else {
            return Ok(file.to_owned());
        };
        let seconds = STILL_AT.min(clip.info().seconds / 2.0);
        // It takes a moment, and has a deadline of its own.
        write_still(&clip, at, seconds, &to, &CancellationToken::new())?;
        Ok(to)
    }
}
