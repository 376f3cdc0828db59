//! Reads JSON as models write it: strict JSON first, else with the slips that do not change the meaning.
//!
//! Accepted besides JSON: commas too many and commas missing between lines, comments, keys without or with other
//! quotation marks, line breaks inside of strings, `True`, `None`, `NaN` (as null), a backslash before anything. Never
//! accepted: an end that is missing. What is cut off may be cut off anywhere, and half a script is not a script.
//! No library reads all of these; each takes some.

use serde_json::{Map, Number, Value};

/// The deepest nesting that is read.
const DEPTH: u32 = 64;
/// The longest comment, in bytes.
const COMMENT: usize = 1000;

/// Reads one value from the beginning of `text`; gives it and the number of bytes it takes.
pub(crate) fn read(text: &str) -> Option<(Value, usize)> {
    let mut strict = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = strict.next() {
        return depth_fits(&value, DEPTH).then_some((value, strict.byte_offset()));
    }
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(DEPTH)?;
    Some((value, reader.at))
}

fn depth_fits(value: &Value, left: u32) -> bool {
    match value {
        Value::Array(items) => left > 0 && items.iter().all(|item| depth_fits(item, left - 1)),
        Value::Object(fields) => left > 0 && fields.values().all(|item| depth_fits(item, left - 1)),
        _ => true,
    }
}

/// How long the comment is with which `text` begins. One longer than [`COMMENT`] is none: it would be looked through again
/// for every quotation mark before it.
fn comment(text: &str) -> usize {
    let near = &text.as_bytes()[..text.len().min(COMMENT)];
    let whole = near.len() == text.len();
    let end = match near {
        [b'/', b'/', ..] => near
            .iter()
            .position(|b| *b == b'\n')
            .or(whole.then_some(near.len())),
        [b'/', b'*', inside @ ..] => inside
            .windows(2)
            .position(|pair| pair == b"*/")
            .map(|at| at + 4),
        _ => None,
    };
    end.unwrap_or(0)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// The marks that close what this one opens. Those who write curly marks mix them with straight ones.
fn closing_marks(mark: char) -> Option<&'static [char]> {
    match mark {
        '"' => Some(&['"']),
        '\'' => Some(&['\'']),
        '`' => Some(&['`']),
        '“' | '„' | '”' => Some(&['”', '"', '“']),
        '‘' => Some(&['’', '\'']),
        _ => None,
    }
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Passes over white space and comments.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches(|c: char| {
                c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}'
            });
            let comment = comment(trimmed);
            self.at += rest.len() - trimmed.len() + comment;
            if comment == 0 {
                return;
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.space();
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.array(depth),
            mark if closing_marks(mark).is_some() => self.string().map(Value::String),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.take();
        let mut fields = Map::new();
        loop {
            self.between();
            if self.eat('}') {
                return Some(Value::Object(fields));
            }
            let key = self.key()?;
            self.space();
            if !self.eat(':') {
                return None;
            }
            let value = self.value(depth)?;
            // Of a key that comes twice the first counts: models repeat themselves, and get worse doing so.
            fields.entry(key).or_insert(value);
        }
    }

    fn array(&mut self, depth: u32) -> Option<Value> {
        self.take();
        let mut items = Vec::new();
        loop {
            self.between();
            if self.eat(']') {
                return Some(Value::Array(items));
            }
            items.push(self.value(depth)?);
        }
    }

    /// Passes over any number of commas, none included.
    fn between(&mut self) {
        self.space();
        while self.eat(',') {
            self.space();
        }
    }

    fn key(&mut self) -> Option<String> {
        if closing_marks(self.peek()?).is_some() {
            return self.string();
        }
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '$')))?;
        let key = rest[..end].to_owned();
        self.at += end;
        (!key.is_empty()).then_some(key)
    }

    /// Whether a key without marks follows.
    fn is_key(&mut self) -> bool {
        let found = self.key().is_some();
        self.space();
        found && self.peek() == Some(':')
    }

    fn string(&mut self) -> Option<String> {
        let open = self.take()?;
        let close = closing_marks(open)?;
        let mut text = String::new();
        loop {
            match self.take()? {
                '\\' => self.escape(&mut text)?,
                mark if close.contains(&mark) && self.ends_here() => return Some(text),
                other => text.push(other),
            }
        }
    }

    /// Whether a closing mark is one: an apostrophe or a quotation inside of a string is followed by more of it.
    fn ends_here(&self) -> bool {
        let mut after = Reader {
            text: self.text,
            at: self.at,
        };
        after.space();
        match after.peek() {
            None | Some('}' | ']' | ':') => true,
            // `"He said "no", and left"` has a comma as well, but not a value behind it.
            Some(',') => {
                after.between();
                let next = after.peek();
                next.is_none_or(|c| matches!(c, '}' | ']' | '{' | '[' | '-') || c.is_ascii_digit())
                    || next.is_some_and(|c| closing_marks(c).is_some())
                    || ["true", "false", "null", "True", "False", "None", "NaN"]
                        .iter()
                        .any(|word| after.rest().starts_with(word))
                    || after.is_key()
            }
            // A comma is missing between lines.
            Some(next) => {
                closing_marks(next).is_some() && self.rest()[..after.at - self.at].contains('\n')
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let plain = match self.take()? {
            'n' | '\n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let first = self.hex()?;
                let joined = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u")
                {
                    let before = self.at;
                    self.at += 2;
                    match self.hex() {
                        Some(second @ 0xDC00..0xE000) => {
                            0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
                        }
                        _ => {
                            self.at = before;
                            first
                        }
                    }
                } else {
                    first
                };
                char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => other,
        };
        text.push(plain);
        Some(())
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        let value = digits
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
            .then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 4;
        Some(value)
    }

    /// A number or a word that stands for a value.
    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))?;
        let word = &rest[..end];
        let value = match word {
            "true" | "True" => Value::Bool(true),
            "false" | "False" => Value::Bool(false),
            "null" | "None" | "undefined" | "NaN" | "nan" | "Infinity" | "-Infinity" => Value::Null,
            _ => {
                let number = word.trim_start_matches('+').trim_end_matches('.');
                let whole = number.parse::<i64>().ok().map(Number::from);
                let number = whole.or_else(|| {
                    let float = number
                        .bytes()
                        .any(|b| b.is_ascii_digit())
                        .then(|| number.parse::<f64>().ok())??;
                    Number::from_f64(float)
                });
                Value::Number(number?)
            }
        };
        self.at += end;
        Some(value)
    }
}

#[cfg(test)]
mod tests;
