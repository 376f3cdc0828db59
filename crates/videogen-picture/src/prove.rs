//! What proves a picture: it decodes, and there is something to be seen in it.

use std::fmt;

use camino::Utf8Path;
use videogen_media::{Error as MediaError, PictureStats, inspect_picture};

use crate::blocking::blocking;
use crate::error::Error;

/// Why a picture cannot be used, as "it is black".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// The file is no whole picture: the same prompt may give one.
    Broken(String),
    /// It is a whole picture of nothing: the same prompt would give it again.
    Unseen(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Broken(reason) | Self::Unseen(reason)) = self;
        f.write_str(reason)
    }
}

/// Looks at a picture that was painted, or found. Blocks.
///
/// # Errors
/// Why it cannot be used.
pub fn prove(path: &Utf8Path) -> Result<PictureStats, Unusable> {
    let look = inspect_picture(path).map_err(|error| Unusable::Broken(reason(&error)))?;
    match look.flaw {
        None => Ok(look),
        Some(flaw) => Err(Unusable::Unseen(flaw.to_string())),
    }
}

/// As [`prove`], off the async threads.
///
/// # Errors
/// [`Error::Cancelled`] when the runtime shuts down.
pub(crate) async fn proven(path: &Utf8Path) -> Result<Result<PictureStats, Unusable>, Error> {
    let path = path.to_owned();
    blocking(move || Ok(prove(&path))).await
}

/// What is wrong, without the name of a file that nobody knows.
fn reason(error: &MediaError) -> String {
    match error {
        MediaError::InputBroken { reason, .. } => reason.clone(),
        MediaError::InputEmpty { .. } => "it is empty (0 bytes)".to_owned(),
        MediaError::InputWrongType { found, .. } => format!("it is {found}"),
        MediaError::InputMissing { .. } => "it was not written".to_owned(),
        other => videogen_text::chain(other),
    }
}

#[cfg(test)]
mod tests {
    use image::{ImageFormat, Rgb, RgbImage};

    use super::*;
    use crate::{Canvas, Subject, paint};
    use videogen_types::Genre;
    use videogen_types::Seed;

    /// The ladder ends there: nothing of the last painter may be refused.
    #[test]
    fn every_picture_of_the_built_in_painter_is_one() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("picture.png");
        let mut least = u8::MAX;
        for (genre, seed) in Genre::ALL
            .into_iter()
            .flat_map(|g| (0..6).map(move |s| (g, s)))
        {
            let subject = Subject {
                genre,
                seed: Seed(seed).derive("scene", seed),
                look: Seed(seed),
                hint: [
                    "",
                    "the night sky",
                    "fog",
                    "a black hole",
                    "snow",
                    "the deep sea",
                ][seed as usize],
                index: 0,
                count: 1,
            };
            let canvas = Canvas::new(180, 320).unwrap();
            let picture = paint(canvas, &subject, &|| false).unwrap();
            let (width, height) = (picture.width, picture.height);
            RgbImage::from_raw(width, height, picture.rgb)
                .unwrap()
                .save_with_format(&path, ImageFormat::Png)
                .unwrap();
            let look = prove(&path).unwrap_or_else(|reason| panic!("{genre:?} {seed}: {reason}"));
            assert!(look.is_lively(), "{genre:?} {seed}: {look:?}");
            least = least.min(look.span);
        }
        assert!(least > 60, "{least}");
    }

    #[test]
    fn what_cannot_be_shown_is_refused_in_words_for_a_person() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("picture.png");
        let refused = || prove(&path).unwrap_err().to_string();
        assert_eq!(refused(), "it was not written");
        std::fs::write(&path, "").unwrap();
        assert_eq!(refused(), "it is empty (0 bytes)");
        std::fs::write(&path, "<html>login</html>").unwrap();
        assert!(refused().contains("an HTML page"), "{}", refused());
        let save = |picture: &RgbImage| picture.save_with_format(&path, ImageFormat::Png);
        save(&RgbImage::new(64, 96)).unwrap();
        assert_eq!(refused(), "it is black");
        save(&RgbImage::from_fn(64, 96, |x, _| Rgb([x as u8 * 3, 9, 9]))).unwrap();
        prove(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(refused().contains("cannot be decoded"), "{}", refused());
    }
}
