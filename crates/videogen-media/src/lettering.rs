//! What is written into the frames of a video: captions and titles, in its fonts, where its platform leaves room.

use std::sync::Arc;

use videogen_types::{CaptionChoice, PlatformChoice};

use crate::captions::{
    CaptionMode, CaptionStyle, CaptionText, CaptionWord, Captions, Overlay, SafeZone, draw_title,
    draw_title_at,
};
use crate::fonts::Fonts;
use crate::{Error, FrameSize};

/// How text is written into one video.
#[derive(Debug, Clone)]
pub struct Lettering {
    /// Size of the frames.
    pub size: FrameSize,
    /// Where the video will be shown: what the interface there covers stays free of text.
    pub platform: PlatformChoice,
    /// How captions follow the voice, if there are any.
    pub captions: CaptionChoice,
    /// How captions look.
    pub style: &'static CaptionStyle,
    /// The fonts, for all texts of the video.
    pub fonts: Arc<Fonts>,
    /// Characters that no font has, left out of every text.
    pub undrawable: Vec<char>,
    /// What the text is in, a BCP 47 tag; see [`CaptionText::new`].
    pub language: String,
}

impl Lettering {
    /// Returns width and height of a frame in pixels.
    pub(crate) fn frame(&self) -> (u32, u32) {
        (self.size.width(), self.size.height())
    }

    /// Returns where captions and titles may be.
    pub fn zone(&self) -> SafeZone {
        SafeZone::for_platform(self.platform, self.size.width(), self.size.height())
    }

    /// Returns the part of the zone that captions leave free: all of it where there are none.
    pub fn zone_beside_captions(&self) -> SafeZone {
        match self.captions {
            CaptionChoice::None => self.zone(),
            _ => self.zone().above_captions(self.frame()),
        }
    }

    /// Returns `text` without the characters that no font has; `None` if nothing is left.
    pub fn drawable(&self, text: &str) -> Option<String> {
        let kept = text.chars().filter(|c| !self.undrawable.contains(c));
        let text: String = kept.collect();
        (!text.trim().is_empty()).then_some(text)
    }

    /// Lays the captions of `words` out; `None` where none are wanted, or nothing is said. Takes a while.
    ///
    /// # Errors
    /// As [`Captions::new`].
    pub fn captions(&self, words: &[CaptionWord]) -> Result<Option<Captions>, Error> {
        let mode = match self.captions {
            CaptionChoice::Karaoke => CaptionMode::Karaoke,
            CaptionChoice::Line => CaptionMode::Line,
            CaptionChoice::None => return Ok(None),
        };
        if words.is_empty() {
            return Ok(None);
        }
        let drawable = |word: &CaptionWord| {
            let text = self.drawable(&word.text)?;
            Some(CaptionWord {
                text,
                ..word.clone()
            })
        };
        let words: Vec<CaptionWord> = words.iter().filter_map(drawable).collect();
        let (frame, zone) = (self.frame(), self.zone());
        let text = CaptionText::new(&words, &self.language);
        Captions::new(text, mode, self.style, frame, zone, &self.fonts).map(Some)
    }

    /// Draws the title of a thumbnail; `None` if no font has any of its characters.
    ///
    /// # Errors
    /// As [`draw_title`].
    pub fn title(&self, text: &str) -> Result<Option<Overlay>, Error> {
        let text = self.drawable(text);
        text.map(|text| {
            draw_title(
                &text,
                &self.language,
                self.frame(),
                self.zone(),
                &self.fonts,
            )
        })
        .transpose()
    }

    /// Draws a title in `zone`, centred at `place` of its height; `None` if no font has any of its characters.
    ///
    /// # Errors
    /// As [`draw_title_at`].
    pub(crate) fn title_at(
        &self,
        text: &str,
        zone: SafeZone,
        place: f32,
    ) -> Result<Option<Overlay>, Error> {
        let text = self.drawable(text);
        text.map(|text| {
            draw_title_at(
                &text,
                &self.language,
                self.frame(),
                zone,
                &self.fonts,
                place,
            )
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lettering(captions: CaptionChoice) -> Lettering {
        Lettering {
            size: FrameSize::new(360, 640).expect("even"),
            platform: PlatformChoice::Any,
            captions,
            style: &CaptionStyle::ALL[0],
            fonts: Arc::new(Fonts::bundled()),
            undrawable: vec!['☃'],
            language: "en".into(),
        }
    }

    #[test]
    fn what_no_font_has_is_left_out_and_nothing_is_drawn_of_nothing() {
        let it = lettering(CaptionChoice::Karaoke);
        assert_eq!(it.drawable("a ☃ b").as_deref(), Some("a  b"));
        assert_eq!(it.drawable(" ☃ "), None);
        assert!(it.title("☃").expect("drawn").is_none());
        assert!(it.title("Glow").expect("drawn").is_some());
    }

    #[test]
    fn captions_are_laid_out_where_they_are_wanted_and_leave_room_for_titles() {
        let words = [CaptionWord {
            text: "Hello".into(),
            start: 0.5,
            end: 1.0,
            space_before: false,
        }];
        let of = |captions| lettering(captions).captions(&words).expect("laid out");
        assert!(of(CaptionChoice::Line).is_some() && of(CaptionChoice::Karaoke).is_some());
        assert!(of(CaptionChoice::None).is_none());
        let it = lettering(CaptionChoice::Line);
        assert!(it.captions(&[]).expect("laid out").is_none());
        assert!(it.zone_beside_captions().bottom > it.zone().bottom);
        let without = lettering(CaptionChoice::None);
        assert_eq!(without.zone_beside_captions(), without.zone());
    }
}
