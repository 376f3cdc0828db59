//! What of a script is not spoken, counted and told in words.

use std::fmt::Write as _;

/// How often what was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// What the script was read as, where that is not plain text.
    pub(super) format: Option<&'static str>,
    /// Stage directions, scene headings and what is to be seen.
    pub(super) directions: usize,
    /// Names of who speaks.
    pub(super) speakers: usize,
    /// Names of parts of a video, such as `Hook:`.
    pub(super) labels: usize,
    /// Times at which something is said.
    pub(super) times: usize,
    /// Headings that are not the title.
    pub(super) headings: usize,
    /// Tables.
    pub(super) tables: usize,
    /// Blocks of code.
    pub(super) code_blocks: usize,
    /// Pictures.
    pub(super) pictures: usize,
    /// Addresses of links whose words are spoken.
    pub(super) addresses: usize,
    /// Footnotes.
    pub(super) footnotes: usize,
    /// Comments, and notes of subtitles.
    pub(super) comments: usize,
    /// Names of emoji, such as `:wave:`.
    pub(super) emoji_names: usize,
    /// Settings of the front matter that have no use here.
    pub(super) settings: usize,
    /// Subtitles that say again what others say.
    pub(super) repeats: usize,
    /// Scenes that have nothing to say.
    pub(super) silent_scenes: usize,
    /// What stands around a script within a longer answer.
    pub(super) surroundings: usize,
}

impl LeftOut {
    /// Each thing with its number: `2 tables`.
    fn things(&self) -> Vec<String> {
        [
            (self.directions, "stage direction", "stage directions"),
            (self.speakers, "speaker name", "speaker names"),
            (self.labels, "label of a part", "labels of parts"),
            (self.times, "time code", "time codes"),
            (self.headings, "heading", "headings"),
            (self.tables, "table", "tables"),
            (self.code_blocks, "code block", "code blocks"),
            (self.pictures, "picture", "pictures"),
            (self.addresses, "link address", "link addresses"),
            (self.footnotes, "footnote", "footnotes"),
            (self.comments, "comment", "comments"),
            (self.emoji_names, "emoji name", "emoji names"),
            (
                self.settings,
                "line of front matter",
                "lines of front matter",
            ),
            (self.repeats, "repeated subtitle", "repeated subtitles"),
            (
                self.silent_scenes,
                "scene without words",
                "scenes without words",
            ),
            (self.surroundings, "line around it", "lines around it"),
        ]
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
        .collect()
    }

    /// All of it in one phrase, `2 tables and 1 picture`; `None` where nothing was left out.
    pub(super) fn phrase(&self) -> Option<String> {
        let things = self.things();
        let (last, others) = things.split_last()?;
        Some(if others.is_empty() {
            last.clone()
        } else {
            format!("{} and {last}", others.join(", "))
        })
    }

    /// What a person should know, a sentence without a period; `None` where nothing was left out.
    pub(super) fn warning(&self) -> Option<String> {
        let phrase = self.phrase()?;
        let mut text = "the script was read ".to_owned();
        if let Some(format) = self.format {
            let _ = write!(text, "as {format} ");
        }
        let _ = write!(text, "without {phrase}, which are not spoken");
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told_with_its_number() {
        let none = LeftOut::default();
        assert_eq!(none.warning(), None);
        let some = LeftOut {
            format: Some("Markdown"),
            headings: 1,
            tables: 2,
            pictures: 1,
            ..none
        };
        assert_eq!(
            some.warning().as_deref(),
            Some(
                "the script was read as Markdown without 1 heading, 2 tables and 1 picture, which are not spoken"
            )
        );
    }
}
