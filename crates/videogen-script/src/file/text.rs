//! A text as what is said of it: without directions, names and marks, whatever it was written for.

use super::left_out::LeftOut;
use super::markdown;
use super::outline::Reading;
use super::stage::Stage;

/// What is known of a text before it is read.
#[derive(Debug, Clone)]
pub(super) struct Speech<'a> {
    stage: Stage,
    language: &'a str,
}

impl<'a> Speech<'a> {
    /// Looks at all of `text`, which is in `language` (a BCP 47 tag).
    pub(super) fn of(text: &str, language: &'a str) -> Self {
        Self {
            stage: Stage::of(text),
            language,
        }
    }

    /// A part of the text as one visible line of what is said.
    pub(super) fn line(&self, text: &str, left_out: &mut LeftOut) -> String {
        let text = videogen_text::with_line_feeds(text);
        let mut spoken = self.stage.spoken(&text, left_out);
        // It has a title of its own, so this is a part of what is said.
        spoken.text.insert_str(0, &spoken.title);
        let format = left_out.format;
        let words = match markdown::read(&spoken.text, "", self.language, left_out) {
            // What is a heading elsewhere is all that there is here.
            Some((title, paragraphs)) if paragraphs.is_empty() => title,
            Some((_, paragraphs)) => paragraphs.join("\n"),
            None => spoken.text,
        };
        left_out.format = format;
        videogen_text::one_line(&words)
    }

    /// Reads `text`, plain or Markdown, into `reading`.
    pub(super) fn read(&self, text: &str, reading: &mut Reading, left_out: &mut LeftOut) {
        let text = self.without_directions(text, reading, left_out);
        match markdown::read(&text, &reading.title, self.language, left_out) {
            Some((title, paragraphs)) => (reading.title, reading.paragraphs) = (title, paragraphs),
            None => reading.paragraphs = paragraphs(&text),
        }
    }

    /// Reads `text`, which has no markup, into `reading`.
    pub(super) fn read_plain(&self, text: &str, reading: &mut Reading, left_out: &mut LeftOut) {
        let text = self.without_directions(text, reading, left_out);
        reading.paragraphs = paragraphs(&text);
    }

    fn without_directions(
        &self,
        text: &str,
        reading: &mut Reading,
        left_out: &mut LeftOut,
    ) -> String {
        let spoken = self.stage.spoken(text, left_out);
        if reading.title.is_empty() {
            reading.title = spoken.title;
        } else {
            left_out.headings += usize::from(!spoken.title.is_empty());
        }
        spoken.text
    }
}

/// The paragraphs of a text, which are parted by empty lines, each as one visible line.
fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in text.lines() {
        if line.trim().is_empty() {
            paragraphs.push(String::new());
        } else if let Some(last) = paragraphs.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    paragraphs
        .iter()
        .map(|paragraph| videogen_text::one_line(paragraph))
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}
