//! Pictures and clips of the user: what each file is, and what stands for a clip where a picture is needed.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_media::{
    FrameRate, FrameSize,
    clip::{Clip, Kind, kind},
    picture,
    picture::{Flaw, Look},
    render::write_still,
    timeline::Source,
};
use videogen_types::Stage;

use crate::blocking::blocking;
use crate::toolkit::Toolkit;
use crate::{Error, ErrorKind};

/// What may be seen of the file of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shows {
    /// It may be black, for a while at least.
    pub(crate) dark: bool,
    /// Nothing in it may be seen to move.
    pub(crate) still: bool,
}

impl From<Look> for Shows {
    fn from(look: Look) -> Self {
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

/// Files of the user that are good.
#[derive(Debug, Clone, Default)]
pub(crate) struct Footage(Vec<File>);

/// One of them.
#[derive(Debug, Clone)]
struct File {
    source: Source,
    /// What a picture shows.
    look: Option<Look>,
}

impl Footage {
    /// Checks each file. It is a picture or a clip by what is in it.
    ///
    /// # Errors
    /// The first that cannot be used; a clip without an FFmpeg.
    pub(crate) async fn check(
        files: &[Utf8PathBuf],
        toolkit: &Toolkit,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let fail = |error| Error::new(Stage::Preflight, ErrorKind::Media(error));
        let mut sources = Vec::with_capacity(files.len());
        for file in files {
            let path = file.clone();
            let looking = move || {
                let kind = kind(&path).map_err(fail)?;
                let look = match kind {
                    Kind::Picture => Some(picture::look(&path).map_err(fail)?),
                    Kind::Clip => None,
                };
                Ok((kind, look))
            };
            let (kind, look) = blocking(Stage::Preflight, looking).await?;
            let source = match kind {
                Kind::Picture => Source::Picture(file.clone()),
                Kind::Clip => {
                    let Some(ffmpeg) = &toolkit.ffmpeg else {
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
            };
            sources.push(File { source, look });
        }
        Ok(Self(sources))
    }

    fn clips(&self) -> impl Iterator<Item = &Clip> {
        self.0.iter().filter_map(|file| match &file.source {
            Source::Clip(clip) => Some(clip),
            _ => None,
        })
    }

    /// What a scene's file is shown as. One that is not of the user is a picture.
    pub(crate) fn source(&self, file: &Utf8Path) -> Source {
        let own = self.0.iter().find(|own| own.source.path() == file);
        own.map_or_else(|| file.to_owned().into(), |own| own.source.clone())
    }

    /// What may be seen of a file of the user: whatever it is, it was asked for. Where nothing is known of it, all may.
    pub(crate) fn shows(&self, file: &Utf8Path) -> Shows {
        let own = self.0.iter().find(|own| own.source.path() == file);
        match own {
            // Where a tenth of it is dark, a crop of it or a move over it may show nothing else.
            Some(File {
                look: Some(look), ..
            }) => Shows {
                dark: look.dark > 0.1,
                still: true,
            },
            Some(File {
                source: Source::Clip(clip),
                ..
            }) => Shows {
                dark: clip.info().black > 0.0,
                still: true,
            },
            _ => Shows {
                dark: true,
                still: true,
            },
        }
    }

    /// What a scene is made of, for the manifest.
    pub(crate) fn kind_of(&self, index: usize) -> &'static str {
        let file = self.0.get(index % self.0.len().max(1));
        match file.map(|file| &file.source) {
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

    /// What there is to say about them in a video of frames of `size`, in words for a person: whatever they show is shown.
    pub(crate) fn warnings(&self, size: FrameSize) -> Vec<String> {
        let of = |file: &File| match (&file.source, &file.look) {
            (Source::Clip(clip), _) => of_clip(clip),
            (source, Some(look)) => of_picture(source.path(), look, size),
            _ => Vec::new(),
        };
        self.0.iter().flat_map(of).collect()
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

fn of_picture(path: &Utf8Path, look: &Look, size: FrameSize) -> Vec<String> {
    let flaw = match look.flaw {
        Some(Flaw::Black) => Some(format!(
            "{path} is black all over (transparent parts count as black), and is shown so"
        )),
        Some(Flaw::Flat(_)) => Some(format!(
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
