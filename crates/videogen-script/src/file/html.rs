//! HTML, as a file or within Markdown: its words, without anything of its tags.

use std::collections::HashMap;

use html5gum::{StartTag, Token, Tokenizer};

use super::left_out::LeftOut;
use super::outline::{Outline, Reading};

/// Elements that stand apart from what is around them.
#[rustfmt::skip] // a table
const BLOCKS: &[&str] = &[
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "img",
    "legend", "li", "main", "menu", "meta", "link", "nav", "ol", "p", "picture", "pre", "script", "section", "style", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul", "video", "audio", "iframe", "br",
];

/// Elements that stand within a line.
#[rustfmt::skip] // a table
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark", "q",
    "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "noscript",
];

/// Elements of which nothing is spoken. A page's navigation and footer are no part of its text.
const SILENT: &[&str] = &[
    "script", "style", "template", "svg", "math", "iframe", "object", "audio", "video", "select",
    "nav", "footer", "button", "noscript", "table", "pre", "head", "textarea", "rt", "rp",
];

/// Whether HTML has an element of this name, in lower case.
pub(super) fn is_element(name: &str) -> bool {
    BLOCKS.contains(&name) || INLINE.contains(&name) || SILENT.contains(&name)
}

/// What a text has of HTML.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// Tags of elements that stand within a line.
    pub(super) inline: usize,
    /// Tags of others, and comments.
    pub(super) block: usize,
    /// Names of characters, such as `&amp;`.
    pub(super) entities: usize,
}

impl Traces {
    /// Looks for them in `text`.
    pub(super) fn of(text: &str) -> Self {
        let mut traces = Self::default();
        for (at, _) in text.match_indices('<') {
            let rest = &text[at + 1..];
            if rest.starts_with("!--") {
                traces.block += 1;
                continue;
            }
            let rest = rest.strip_prefix('/').unwrap_or(rest);
            let end = rest
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
            let name = rest[..end].to_ascii_lowercase();
            let behind = &rest[end..];
            if !behind.starts_with(['>', ' ', '/', '\n', '\t']) {
                continue;
            }
            // What is never closed is no tag: "a <b and c".
            let is_closed = behind
                .find(['<', '>'])
                .is_some_and(|end| behind[end..].starts_with('>'));
            if !is_closed {
                continue;
            }
            if BLOCKS.contains(&name.as_str()) {
                traces.block += 1;
            } else if INLINE.contains(&name.as_str()) {
                traces.inline += 1;
            }
        }
        for (at, _) in text.match_indices('&') {
            let rest = &text[at + 1..];
            let end = rest.bytes().take(10).position(|byte| byte == b';');
            traces.entities += usize::from(end.is_some_and(|end| is_entity(&rest[..end])));
        }
        traces
    }

    /// Whether tags in the text are markup. One pair within a line may be what the text is about.
    pub(super) fn are_markup(self) -> bool {
        self.block > 0 || self.inline > 2 || self.inline > 0 && self.entities > 0
    }
}

/// Whether `name` stands for a character between `&` and `;`: a number, or letters that are no word.
fn is_entity(name: &str) -> bool {
    match name.strip_prefix('#') {
        Some(number) => !number.is_empty() && number.chars().all(|c| c.is_ascii_alphanumeric()),
        None => name.len() > 1 && name.chars().all(|c| c.is_ascii_alphanumeric()),
    }
}

/// Whether `text` is an HTML file, or a part of one: it begins with a tag of a block.
pub(super) fn is_page(text: &str) -> bool {
    let mut text = text.trim_start();
    while let Some(comment) = text.strip_prefix("<!--").or_else(|| {
        let is_declaration = text.starts_with("<?xml");
        is_declaration.then(|| &text[5..])
    }) {
        let end = comment.find('>').map_or(comment.len(), |end| end + 1);
        text = comment[end..].trim_start();
    }
    let Some(rest) = text.strip_prefix('<') else {
        return false;
    };
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '!')
        .unwrap_or(rest.len());
    let name = rest[..end].to_ascii_lowercase();
    let is_whole = name == "!doctype"
        && rest[end..]
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("html");
    // Markdown may begin with a block of HTML, so a part of a page has to end with a tag as well.
    let is_part = BLOCKS.contains(&name.as_str()) && text.trim_end().ends_with('>');
    is_whole || name == "html" || is_part
}

/// Reads an HTML file.
pub(super) fn read(text: &str, left_out: &mut LeftOut) -> Reading {
    let mut reading = Reading::default();
    let mut outline = Outline::default();
    let mut page = Page {
        outline: &mut outline,
        left_out: &mut *left_out,
        head: Some(&mut reading),
        silence: None,
        pairs: pairs(text),
        in_title: false,
    };
    page.read(text);
    // A page is often called by its title and by where it stands: its first heading says it shorter.
    let in_head = std::mem::take(&mut reading.title);
    let (own, paragraphs) = outline.finish(String::new(), left_out);
    reading.title = if own.is_empty() { in_head } else { own };
    reading.paragraphs = paragraphs;
    reading
}

/// Adds a piece of HTML to `outline`.
pub(super) fn read_piece(text: &str, outline: &mut Outline, left_out: &mut LeftOut) {
    let mut page = Page {
        outline,
        left_out,
        head: None,
        silence: None,
        pairs: pairs(text),
        in_title: false,
    };
    page.read(text);
}

/// How many silent elements begin and end, by name: what does not end where it should would silence all that follows.
fn pairs(text: &str) -> HashMap<String, (usize, usize)> {
    let mut pairs: HashMap<String, (usize, usize)> = HashMap::new();
    for token in tokens(text) {
        match token {
            Token::StartTag(tag) if !tag.self_closing => {
                pairs.entry(lossy(&tag.name)).or_default().0 += 1;
            }
            Token::EndTag(tag) => pairs.entry(lossy(&tag.name)).or_default().1 += 1,
            _ => {}
        }
    }
    pairs
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let mut emitter = html5gum::emitters::default::DefaultEmitter::default();
    // What stands in a script or a style is no text.
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(text, emitter).map(|token| {
        let Ok(token) = token;
        token
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// HTML on its way to an outline.
struct Page<'a> {
    outline: &'a mut Outline,
    left_out: &'a mut LeftOut,
    /// Where what the head says goes; a piece of a page has none.
    head: Option<&'a mut Reading>,
    /// The silent element in which the text stands, and how many of its name are open.
    silence: Option<(String, usize)>,
    pairs: HashMap<String, (usize, usize)>,
    in_title: bool,
}

impl Page<'_> {
    fn read(&mut self, text: &str) {
        for token in tokens(text) {
            match token {
                Token::StartTag(tag) => self.start(&tag),
                Token::EndTag(tag) => self.close(&lossy(&tag.name)),
                Token::String(text) => self.words(&lossy(&text.value)),
                Token::Comment(_) => self.left_out.comments += 1,
                Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        self.outline.end();
    }

    fn words(&mut self, text: &str) {
        if self.in_title {
            if let Some(head) = &mut self.head {
                head.title = videogen_text::clean(&format!("{} {text}", head.title));
            }
        } else if self.silence.is_none() {
            self.outline.text(text);
        }
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = lossy(&tag.name);
        self.note_head(&name, tag);
        if let Some((silent, open)) = &mut self.silence {
            *open += usize::from(*silent == name && !tag.self_closing);
            return;
        }
        let is_ended = self
            .pairs
            .get(&name)
            .is_some_and(|(begin, end)| begin == end);
        if SILENT.contains(&name.as_str()) && !tag.self_closing && is_ended {
            self.left_out.tables += usize::from(name == "table");
            self.left_out.code_blocks += usize::from(name == "pre");
            self.begin_block(&name);
            self.silence = Some((name, 1));
            return;
        }
        match name.as_str() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.outline.begin_heading(name.as_bytes()[1] - b'0');
            }
            "ul" | "ol" | "menu" => self.outline.begin_list(),
            "img" => self.left_out.pictures += 1,
            "br" => self.outline.text("\n"),
            "a" => {
                let links = tag.attributes.keys().any(|name| lossy(name) == "href");
                self.left_out.addresses += usize::from(links);
            }
            _ => self.begin_block(&name),
        }
    }

    /// Takes the language, the tags and the beginning of the title.
    fn note_head(&mut self, name: &str, tag: &StartTag<()>) {
        let Some(head) = &mut self.head else { return };
        let attribute = |wanted: &str| {
            let mut all = tag.attributes.iter();
            let found = all.find(|(name, _)| lossy(name) == wanted);
            found.map(|(_, value)| lossy(&value.value))
        };
        match name {
            "html" => {
                let language = attribute("lang").unwrap_or_default();
                if super::front_matter::is_language(&language) {
                    head.language = language.replace('_', "-");
                }
            }
            "meta"
                if attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("keywords")) =>
            {
                let content = attribute("content").unwrap_or_default();
                let tags = content.split(',').map(videogen_text::clean);
                head.tags.extend(tags.filter(|tag| !tag.is_empty()));
            }
            // A picture drawn in the text may have a title of its own.
            "title" if head.title.is_empty() => self.in_title = true,
            _ => {}
        }
    }

    fn begin_block(&mut self, name: &str) {
        if BLOCKS.contains(&name) {
            self.outline.end();
        }
    }

    fn close(&mut self, name: &str) {
        if name == "title" {
            self.in_title = false;
        }
        if let Some((silent, open)) = &mut self.silence {
            *open -= usize::from(silent == name);
            if *open == 0 {
                self.silence = None;
            }
            return;
        }
        match name {
            "ul" | "ol" | "menu" => self.outline.end_list(),
            _ => self.begin_block(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_without_its_tags() {
        let mut left_out = LeftOut::default();
        let reading = read(
            "<!DOCTYPE html>\n<html lang=\"en-GB\"><head><meta charset=utf-8><title>The sea &amp; us | Site</title>\n\
             <meta name=\"keywords\" content=\"sea, deep\"><style>p { color: red }</style></head>\n<body><nav><a href=/>Home</a></nav>\
             <h1>The <em>sea</em></h1><p>It is <b>deep</b>&nbsp;&amp; cold&#8217;s.<br>Really.</p><!-- note -->\n\
             <script>alert('<p>no</p>')</script><ul><li>Whales<li>Sharks.</ul><p>See <a href=\"https://x.y\">this page</a>.\
             <p>Last<table><tr><td>200 m</table><pre>code</pre><img src=a.png alt=A><footer>Imprint</footer></body></html>",
            &mut left_out,
        );
        assert_eq!(
            (reading.title.as_str(), reading.language.as_str()),
            ("The sea", "en-GB")
        );
        assert_eq!(reading.tags, ["sea", "deep"]);
        assert_eq!(
            reading.paragraphs,
            [
                "It is deep & cold’s. Really.",
                "Whales. Sharks.",
                "See this page.",
                "Last"
            ]
        );
        assert_eq!(
            (
                left_out.tables,
                left_out.code_blocks,
                left_out.pictures,
                left_out.addresses,
                left_out.comments
            ),
            (1, 1, 1, 1, 1)
        );
    }

    #[test]
    fn what_is_not_closed_silences_nothing() {
        let reading = read("<p>One.</p><nav><p>Two.</p>", &mut LeftOut::default());
        assert_eq!(reading.paragraphs, ["One.", "Two."]);
    }

    #[test]
    fn pages_are_told_from_texts() {
        for page in [
            "<!doctype html><p>x",
            "<html><p>x</html>",
            "<?xml version=\"1.0\"?>\n<html><p>x</html>",
            "<!-- x --><p>One.</p>\n<p>Two.</p>\n",
            "<div>x</div>",
        ] {
            assert!(is_page(page), "{page}");
        }
        for text in [
            "x <p>",
            "<3 you",
            "<b>Bold</b> words",
            "<svg></svg>",
            "<p>One.</p>\n\nThen **this**.",
            "",
        ] {
            assert!(!is_page(text), "{text}");
        }
        let traces = Traces::of("a < b, x <y and <b>Bold</b> words of R&D; AT&T");
        assert_eq!(
            traces,
            Traces {
                inline: 2,
                block: 0,
                entities: 0
            }
        );
        assert!(!traces.are_markup());
        assert!(Traces::of("<i>a</i> and <i>b</i>").are_markup());
        assert!(Traces::of("One.<br>Two.").are_markup());
        assert_eq!(Traces::of("Fish &amp; chips&#8217;").entities, 2);
    }
}
