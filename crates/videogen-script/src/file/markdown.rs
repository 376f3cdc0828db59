//! Markdown as a script: its words, without its marks.

mod lists;
mod prepare;
mod signs;
mod tidy;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use self::lists::ListNumbers;
use self::prepare::prepared;
use self::signs::Signs;
use self::tidy::tidy;
use super::html::{self, Traces};
use super::left_out::LeftOut;
use super::outline::Outline;

/// Reads `text`, which is in `language` (a BCP 47 tag) and whose lines end with a line feed: its title and its paragraphs.
/// `None` where nothing of it is markup. `title` is what was given otherwise, or nothing.
pub(super) fn read(
    text: &str,
    title: &str,
    language: &str,
    left_out: &mut LeftOut,
) -> Option<(String, Vec<String>)> {
    let numbers = ListNumbers::of(text, language);
    let signs = Signs::of(text, &numbers);
    let traces = Traces::of(text);
    let is_html = signs == Signs::Clear || traces.are_markup();
    if signs == Signs::None && !is_html && traces.entities == 0 {
        return None;
    }
    if signs == Signs::Clear && left_out.format.is_none() {
        left_out.format = Some("Markdown");
    }
    let text = prepared(text, &numbers);
    let mut reader = Reader {
        outline: Outline::default(),
        left_out,
        run: String::new(),
        html: None,
        silence: 0,
        lists: 0,
        is_html,
    };
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM;
    for event in Parser::new_ext(&text, options) {
        reader.event(event);
    }
    reader.flush();
    let outline = reader.outline;
    Some(outline.finish(title.to_owned(), reader.left_out))
}

/// A line without marks of emphasis, code and links, such as a title. Anything else that Markdown may see in it stays.
pub(super) fn inline(text: &str) -> String {
    let line = prepared(text, &ListNumbers::default());
    let mut words = String::with_capacity(text.len());
    let mut paragraphs = 0;
    for event in Parser::new_ext(&line, Options::ENABLE_STRIKETHROUGH) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) => {
                words.push_str(&text);
            }
            Event::Start(Tag::Paragraph) => paragraphs += 1,
            Event::End(_)
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. }) => {
            }
            _ => return text.to_owned(),
        }
    }
    if paragraphs == 1 {
        words
    } else {
        text.to_owned()
    }
}

/// Markdown on its way to an outline.
struct Reader<'a> {
    outline: Outline,
    left_out: &'a mut LeftOut,
    /// Text that is not yet in the outline.
    run: String,
    /// The block of HTML that is being read.
    html: Option<String>,
    /// In how many elements the text stands of which nothing is spoken.
    silence: usize,
    lists: usize,
    /// Whether tags are markup, and not what the text is about.
    is_html: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>) {
        if self.silence > 0 {
            match event {
                Event::Start(_) => self.silence += 1,
                Event::End(_) => self.silence -= 1,
                _ => {}
            }
            return;
        }
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.run.push_str(&text),
            Event::Code(code) => {
                self.flush();
                self.outline.text(&code);
            }
            Event::Html(html) => match &mut self.html {
                Some(block) => block.push_str(&html),
                None => self.run.push_str(&html),
            },
            Event::InlineHtml(tag) => self.inline_html(&tag),
            Event::SoftBreak | Event::HardBreak => self.run.push('\n'),
            Event::Rule => self.end_block(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.flush();
                self.outline.begin_heading(*level as u8);
            }
            Tag::CodeBlock(_) => {
                self.left_out.code_blocks += 1;
                self.begin_silence();
            }
            Tag::Table(_) => {
                self.left_out.tables += 1;
                self.begin_silence();
            }
            Tag::FootnoteDefinition(_) => {
                self.left_out.footnotes += 1;
                self.begin_silence();
            }
            Tag::Image { .. } => {
                self.left_out.pictures += 1;
                self.silence = 1;
            }
            Tag::Link { link_type, .. } => {
                let is_own_words = matches!(link_type, LinkType::Autolink | LinkType::Email);
                self.left_out.addresses += usize::from(!is_own_words);
            }
            Tag::List(_) => {
                self.flush();
                self.outline.begin_list();
                self.lists += 1;
            }
            Tag::HtmlBlock => {
                self.end_block();
                self.html = Some(String::new());
            }
            Tag::Item => self.end_block(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                if self.lists > 0 {
                    self.outline.end_paragraph();
                } else {
                    self.outline.end();
                }
            }
            TagEnd::Heading(_) | TagEnd::Item => self.end_block(),
            TagEnd::List(_) => {
                self.flush();
                self.outline.end_list();
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::HtmlBlock => {
                let block = self.html.take().unwrap_or_default();
                if self.is_html {
                    html::read_piece(&block, &mut self.outline, self.left_out);
                } else {
                    self.outline.text(&block);
                    self.outline.end();
                }
            }
            _ => {}
        }
    }

    fn begin_silence(&mut self) {
        self.end_block();
        self.silence = 1;
    }

    fn end_block(&mut self) {
        self.flush();
        self.outline.end();
    }

    fn flush(&mut self) {
        let run = tidy(&std::mem::take(&mut self.run), self.left_out);
        self.outline.text(&run);
    }

    /// A tag within a paragraph.
    fn inline_html(&mut self, tag: &str) {
        let inside = tag.trim_start_matches(['<', '/']);
        let end = inside
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(inside.len());
        let name = inside[..end].to_ascii_lowercase();
        if tag.starts_with("<!--") && self.is_html {
            self.left_out.comments += 1;
        } else if !self.is_html || !html::is_element(&name) {
            // "Hello <name>" is a text with something to fill in.
            self.run.push_str(tag);
        } else if !tag.starts_with("</") {
            match name.as_str() {
                "img" => self.left_out.pictures += 1,
                "a" if tag.contains("href") => self.left_out.addresses += 1,
                "br" | "p" | "div" | "li" => self.run.push('\n'),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(text: &str) -> Vec<String> {
        let mut left_out = LeftOut::default();
        read(text, "", "en", &mut left_out).expect("Markdown").1
    }

    #[test]
    fn words_are_kept_and_marks_are_not() {
        for (text, want) in [
            (
                "Intro with *emphasis*, __bold__, `inline code`, ~~struck~~ and a [link](https://example.com/a_b?c=d).",
                "Intro with emphasis, bold, inline code, struck and a link.",
            ),
            ("It is ***very** nested*.", "It is very nested."),
            (
                "A snake_case word, 2*3*4, f**k and **bold**.",
                "A snake_case word, 2*3*4, f**k and bold.",
            ),
            (
                "Fish &amp; chips &nbsp; cost&#8217;s &lt;5.",
                "Fish & chips cost’s <5.",
            ),
            (
                "<b>HTML</b> &amp; entities &nbsp; here.<br>\nFootnote[^1].\n\n[^1]: The note.",
                "HTML & entities here. Footnote.",
            ),
            ("> A quote from **someone**.", "A quote from someone."),
            (
                "**Hello** <name>, the <kbd>key</kbd>.",
                "Hello <name>, the key.",
            ),
            ("See <https://x.y> **now**.", "See https://x.y now."),
            ("- [ ] To do\n- [x] Done", "To do. Done."),
            (
                "Escaped \\*stars\\* and **bold**.",
                "Escaped *stars* and bold.",
            ),
            (
                "这是**重点**内容。**“重点”**内容。",
                "这是重点内容。“重点”内容。",
            ),
            ("> [!NOTE]\n> Look.", "Look."),
            (
                "**Water** is H~2~O, 5 m^2^, the 1^st^ of 10^-6^; 2^10 and 2^20.",
                "Water is H2O, 5 m², the 1st of 10⁻⁶; 2^10 and 2^20.",
            ),
            ("# ทะเล\nทะเลลึก\nมาก **มืด**มาก", "ทะเลลึกมาก มืดมาก"),
            ("**海**很深，\n里面<br>很冷\\\n。", "海很深，里面很冷。"),
        ] {
            assert_eq!(paragraphs(text), [want], "{text}");
        }
    }

    #[test]
    fn a_line_is_read_without_marks_of_emphasis() {
        for (text, want) in [
            ("Why: the *sea* is **salt**", "Why: the sea is salt"),
            ("_**BIG FISH**_", "BIG FISH"),
            ("`code` and [a link](https://x.y)", "code and a link"),
            ("2*3*4 and snake_case <b>", "2*3*4 and snake_case <b>"),
            ("1. First", "1. First"),
            ("# Of it", "# Of it"),
            ("- It", "- It"),
            ("", ""),
        ] {
            assert_eq!(inline(text), want);
        }
    }

    #[test]
    fn blocks_are_scenes() {
        assert_eq!(
            paragraphs(
                "One.\n***\nTwo.\n\n1. Three\n2. Four\n   - five\n\n1990. Six.\n\n    Seven is *indented*.\n\n<div>\n\nEight.\n\n</div>"
            ),
            [
                "One.",
                "Two.",
                "Three. Four. five.",
                "1990. Six.",
                "Seven is indented.",
                "Eight."
            ]
        );
        assert_eq!(
            paragraphs("1. One.\n\n2. Two.\n\n3. Three."),
            ["One.", "Two.", "Three."]
        );
        assert_eq!(
            paragraphs("Steps:\n1. One\n2. Two"),
            ["Steps:", "One. Two."]
        );
    }

    #[test]
    fn what_is_not_spoken_is_counted() {
        let mut left_out = LeftOut::default();
        let text = "# T\n\n## H\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![alt *text*](p.png)\n\n```python\nprint()\n```\n\nA[^1] [b](c) :wave:\n\n[^1]: N.\n\n<!-- c -->\n";
        let (title, paragraphs) = read(text, "", "en", &mut left_out).expect("Markdown");
        assert_eq!((title.as_str(), paragraphs), ("T", vec!["A b".to_owned()]));
        let want = LeftOut {
            format: Some("Markdown"),
            headings: 1,
            tables: 1,
            pictures: 1,
            code_blocks: 1,
            footnotes: 1,
            addresses: 1,
            emoji_names: 1,
            comments: 1,
            ..LeftOut::default()
        };
        assert_eq!(left_out, want);
    }

    #[test]
    fn a_text_without_markup_is_left_alone() {
        let mut left_out = LeftOut::default();
        for text in [
            "The sea is deep.",
            "2*3*4 <5> & snake_case",
            "Say <b>Bold</b>.",
            "{Hello} there friend.",
        ] {
            assert_eq!(read(text, "", "en", &mut left_out), None, "{text}");
        }
        // One pair of tags may be what the text is about.
        let few = read("Say <b>Bold</b> and `code`.", "", "en", &mut left_out);
        assert_eq!(few.expect("marks").1, ["Say <b>Bold</b> and code."]);
    }
}
