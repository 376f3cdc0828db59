//! The fonts of a video, with what none of them can draw.

use camino::Utf8PathBuf;

use super::Fonts;
use crate::Error;

/// The most characters that are named in a message.
const NAMED: usize = 8;

/// The fonts for the texts of a video.
#[derive(Debug, Clone)]
pub struct CoveredTexts {
    /// The fonts.
    pub fonts: Fonts,
    /// Characters that none of them has, to be left out of the picture.
    pub undrawable: Vec<char>,
    /// The same in words for a person, where there are any.
    pub warning: Option<String>,
}

impl Fonts {
    /// Finds the fonts for `texts` as [`Fonts::for_text`] does, and says what none of them has. Blocks.
    ///
    /// # Errors
    /// As [`Fonts::for_text`]; [`Error::NoGlyphs`] when letters are missing and `needs_letters`. A missing symbol is left
    /// out.
    pub fn covering(
        texts: &[String],
        directories: &[Utf8PathBuf],
        needs_letters: bool,
    ) -> Result<CoveredTexts, Error> {
        let fonts = Self::for_text(texts.iter().map(String::as_str), directories)?;
        let undrawable = fonts.missing(&texts.concat());
        let of_letters = undrawable.iter().copied().filter(|c| c.is_alphanumeric());
        let letters: Vec<char> = of_letters.collect();
        let sample = |chars: &[char]| format!("`{}`", chars.iter().take(NAMED).collect::<String>());
        if !letters.is_empty() && needs_letters {
            return Err(Error::NoGlyphs {
                characters: sample(&letters),
                package: Self::suggestion(&letters),
            });
        }
        let warning = (!undrawable.is_empty()).then(|| {
            let remedy = Self::suggestion(&undrawable);
            let remedy = remedy.map_or_else(String::new, |p| format!("; install {p} to show them"));
            let characters = sample(&undrawable);
            format!("no installed font has {characters}, which is left out of the picture{remedy}")
        });
        Ok(CoveredTexts {
            fonts,
            undrawable,
            warning,
        })
    }
}
