//! A picture that somebody brought: who decodes it, and what a shot gets of it.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_types::FitChoice;

use crate::blocking::blocking;
use crate::converted::ConvertedPicture;
use crate::picture::{self, Colours, Decoded, Ground, PictureStats, Prepared};
use crate::{Error, Ffmpeg, FrameSize};

/// A picture that somebody brought and that is not simply decoded here and cropped to the frame. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnPicture {
    path: Utf8PathBuf,
    /// FFmpeg's work, where it is not decoded here.
    converted: Option<ConvertedPicture>,
    fit: FitChoice,
}

/// What is seen of a picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeenPicture {
    /// What it shows, as it is shown.
    pub(crate) look: PictureStats,
    /// What became of its colours.
    pub(crate) colours: Colours,
    /// What lies under what can be seen through.
    pub(crate) ground: Ground,
}

impl OwnPicture {
    /// Looks at who can decode `path`, which is to fill frames by `fit`.
    ///
    /// # Errors
    /// The `Input…` and `Picture…` errors; [`Error::NoFfmpeg`] for a picture that needs it where there is none;
    /// [`Error::Cancelled`].
    pub async fn open(
        path: &Utf8Path,
        fit: FitChoice,
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_owned(),
            converted: ConvertedPicture::open(path, ffmpeg, cancel).await?,
            fit,
        })
    }

    /// The file.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// Whether it is decoded here and cropped to the frame, as pictures that are painted are.
    pub(crate) fn is_plain(&self) -> bool {
        self.converted.is_none() && self.fit == FitChoice::Cover
    }

    /// Estimates the memory that another program takes to decode it, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.converted
            .as_ref()
            .map_or(0, ConvertedPicture::memory_bytes)
    }

    /// Decodes it wholly, to see what it shows.
    pub(crate) async fn look(&self, cancel: &CancellationToken) -> Result<SeenPicture, Error> {
        let (own, cancel) = (self.clone(), cancel.clone());
        blocking(move || {
            let picture = own.decode(&cancel)?;
            let colours = picture.colours.clone();
            let (look, ground) = picture::inspect_shown(picture);
            Ok(SeenPicture {
                look,
                colours,
                ground,
            })
        })
        .await
    }

    /// What a shot in frames of `size` needs of it. Blocks; not to be called on a thread of the runtime.
    pub(crate) fn prepare(&self, size: FrameSize) -> Result<Prepared, Error> {
        // It takes a moment, and has a deadline of its own.
        let picture = self.decode(&CancellationToken::new())?;
        Ok(match self.fit {
            FitChoice::Cover => picture::prepare_decoded(picture, size),
            FitChoice::Contain => picture::prepare_whole(picture, size),
        })
    }

    fn decode(&self, cancel: &CancellationToken) -> Result<Decoded, Error> {
        match &self.converted {
            Some(converted) => converted.decode(cancel),
            None => {
                picture::check_picture(&self.path)?;
                picture::decode(&self.path)
            }
        }
    }
}
