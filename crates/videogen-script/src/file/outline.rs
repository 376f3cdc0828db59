//! A script as headings, paragraphs and lists, whatever its markup was.

use videogen_text::WritingSystem;

use super::left_out::LeftOut;

/// What a script says, before it is divided into scenes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The title that the script gives itself, or nothing.
    pub(super) title: String,
    /// The language that it says it is in, or nothing.
    pub(super) language: String,
    /// Its tags, without `#`.
    pub(super) tags: Vec<String>,
    /// What is spoken, a scene each.
    pub(super) paragraphs: Vec<String>,
}

/// A piece of text between others.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Heading(u8, String),
    Paragraph(String),
    /// An item of a list, or a part of one.
    Item(String),
}

/// Collects the pieces of a script in their order.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pieces: Vec<Piece>,
    text: String,
    /// The level of the heading that is being read.
    heading: Option<u8>,
    /// In how many lists the text stands.
    lists: usize,
}

impl Outline {
    /// Goes on with the piece that is being read.
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Ends the piece that is being read.
    pub(super) fn end(&mut self) {
        let text = videogen_text::one_line(&std::mem::take(&mut self.text));
        let heading = self.heading.take();
        if text.is_empty() {
            return;
        }
        self.pieces.push(match heading {
            Some(level) => Piece::Heading(level, text),
            None if self.lists > 0 => Piece::Item(text),
            None => Piece::Paragraph(text),
        });
    }

    /// Ends a paragraph of its own, also within a list.
    pub(super) fn end_paragraph(&mut self) {
        let lists = std::mem::take(&mut self.lists);
        if lists > 0 {
            self.text = closed(&videogen_text::one_line(&self.text));
        }
        self.end();
        self.lists = lists;
    }

    /// Begins a heading of this level, 1 being the highest.
    pub(super) fn begin_heading(&mut self, level: u8) {
        self.end();
        self.heading = Some(level);
    }

    pub(super) fn begin_list(&mut self) {
        self.end();
        self.lists += 1;
    }

    pub(super) fn end_list(&mut self) {
        self.end();
        self.lists = self.lists.saturating_sub(1);
    }

    /// The title and the paragraphs. `title` is what was given otherwise, or nothing: then the first heading of the first
    /// level is taken, or one with which the text begins. Of the other headings those that are sentences are spoken.
    pub(super) fn finish(mut self, title: String, left_out: &mut LeftOut) -> (String, Vec<String>) {
        self.end();
        let is_first = |piece: &Piece| matches!(piece, Piece::Heading(1, _));
        let own = self.pieces.iter().position(is_first).or_else(|| {
            let begins = matches!(self.pieces.first(), Some(Piece::Heading(..)));
            begins.then_some(0)
        });
        let mut title = title;
        let mut paragraphs: Vec<String> = Vec::new();
        // What the next paragraph begins with.
        let mut before = String::new();
        let mut is_list = false;
        for (n, piece) in self.pieces.into_iter().enumerate() {
            match piece {
                Piece::Heading(_, text) if Some(n) == own && title.is_empty() => title = text,
                Piece::Heading(_, text) if text == title => {}
                Piece::Heading(_, text) if is_sentence(&text) => {
                    before = joined(&before, &text);
                    is_list = false;
                }
                Piece::Heading(..) => {
                    left_out.headings += 1;
                    is_list = false;
                }
                Piece::Paragraph(text) => {
                    paragraphs.push(joined(&std::mem::take(&mut before), &text));
                    is_list = false;
                }
                Piece::Item(text) => {
                    let text = joined(&std::mem::take(&mut before), &closed(&text));
                    match paragraphs.last_mut() {
                        Some(last) if is_list => *last = joined(last, &text),
                        _ => paragraphs.push(text),
                    }
                    is_list = true;
                }
            }
        }
        if !before.is_empty() {
            paragraphs.push(before);
        }
        (title, paragraphs)
    }
}

fn joined(before: &str, after: &str) -> String {
    let mut text = before.to_owned();
    videogen_text::append(&mut text, after);
    text
}

/// The signs that end a sentence, in several scripts.
const ENDS: &[char] = &[
    '.', '!', '?', '…', '。', '！', '？', '।', '؟', '۔', '။', '។',
];

/// What may stand behind the sign that ends a sentence.
const CLOSERS: &[char] = &[
    '"', '\'', '”', '’', '»', '«', '“', ')', ']', '」', '』', '）',
];

fn is_sentence(text: &str) -> bool {
    text.trim_end_matches(CLOSERS).ends_with(ENDS)
}

/// An item of a list as a sentence: with a full stop, as its script writes one, where no sign ends it.
fn closed(text: &str) -> String {
    let bare = text.trim_end_matches(CLOSERS);
    if bare.ends_with(ENDS)
        || bare.ends_with([',', ';', ':', '、', '，', '；', '：', '-', '–', '—'])
    {
        return text.to_owned();
    }
    let letter = bare.chars().rev().find(|c| c.is_alphanumeric());
    let stop = match letter.map(WritingSystem::of) {
        Some(WritingSystem::Han | WritingSystem::Kana) => "。",
        Some(WritingSystem::Devanagari | WritingSystem::Bengali) => "।",
        Some(
            WritingSystem::Thai
            | WritingSystem::Lao
            | WritingSystem::Khmer
            | WritingSystem::Myanmar,
        )
        | None => "",
        Some(_) => ".",
    };
    format!("{text}{stop}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_the_title_or_begin_scenes() {
        let outline = || {
            let mut outline = Outline::default();
            for (level, text) in [(1, "The Sea"), (2, "Facts"), (2, "Why is it salt?")] {
                outline.begin_heading(level);
                outline.text(text);
                outline.end();
                outline.text("Words.");
                outline.end();
            }
            outline
        };
        let mut left_out = LeftOut::default();
        let (title, paragraphs) = outline().finish(String::new(), &mut left_out);
        assert_eq!(title, "The Sea");
        assert_eq!(paragraphs, ["Words.", "Words.", "Why is it salt? Words."]);
        assert_eq!(left_out.headings, 1);
        let (title, _) = outline().finish("Another".to_owned(), &mut left_out);
        assert_eq!((title.as_str(), left_out.headings), ("Another", 3));
    }

    #[test]
    fn items_are_sentences_of_one_scene() {
        let mut outline = Outline::default();
        outline.begin_list();
        for item in ["Whales", "Who knows?", "鲸鱼", "also:"] {
            outline.text(item);
            outline.end();
        }
        outline.end_list();
        let (_, paragraphs) = outline.finish(String::new(), &mut LeftOut::default());
        assert_eq!(paragraphs, ["Whales. Who knows? 鲸鱼。 also:"]);
    }
}
