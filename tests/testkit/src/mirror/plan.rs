//! What a mirror answers to a request, decided before a byte of it is sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;

use super::content::{BLOCK, Content, flipped};
use super::fault::MirrorFault;
use super::options::{Builder, Validator};
use super::page;
use super::request::MirrorRequest;

/// When the files of a mirror were last changed; a date like any other.
const LAST_MODIFIED: &str = "Tue, 04 Feb 2025 10:00:00 GMT";

/// One answer.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Nothing is answered at all.
    pub(crate) silent: bool,
    /// These bytes, in place of a head and a body.
    pub(crate) raw: Option<Bytes>,
    pub(crate) head_after: Duration,
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// First byte, byte after the last, total, as Content-Range says it.
    pub(crate) said: Option<(u64, u64, String)>,
    pub(crate) framing: Framing,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body_after: Duration,
    pub(crate) body: Body,
    /// Bytes a second of the head, too.
    pub(crate) slow_head: Option<u64>,
    pub(crate) speed: Option<u64>,
    /// What happens after so many bytes of the body, the earliest first.
    pub(crate) turns: Vec<(u64, Turn)>,
    /// What happens after so many bytes of all bodies.
    pub(crate) turns_total: Vec<(u64, Turn)>,
    /// The method was HEAD.
    pub(crate) no_body: bool,
    /// The client wants the connection to end with this answer.
    pub(crate) last: bool,
}

/// How a client learns where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Content-Length, which may lie.
    Length(u64),
    Chunked,
    Close,
}

/// What happens in the middle of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Freeze,
    Speed(u64),
    Close,
    Reset,
}

/// A part of a file, perhaps not as it should be.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) content: Content,
    pub(crate) from: u64,
    pub(crate) length: u64,
    /// One byte in each so many MiB is flipped.
    pub(crate) flip: Option<u64>,
    pub(crate) inverted: bool,
    /// So many bytes of nothing in particular behind it.
    pub(crate) extra: u64,
}

impl Body {
    pub(crate) fn of(content: Content) -> Self {
        Self {
            from: 0,
            length: content.size(),
            content,
            flip: None,
            inverted: false,
            extra: 0,
        }
    }

    /// Of all that is sent.
    pub(crate) fn size(&self) -> u64 {
        self.length + self.extra
    }

    /// Some bytes from `at` on, at most `most`.
    pub(crate) fn chunk(&self, at: u64, most: u64) -> Bytes {
        if at >= self.length {
            let left = self.size().saturating_sub(at).min(most).min(BLOCK);
            return vec![b'#'; left as usize].into();
        }
        let from = self.from + at;
        let chunk = self
            .content
            .chunk(from, (self.length - at).min(most).min(BLOCK) as usize);
        if chunk.is_empty() {
            // A range beyond the end of the file, which a fault moved there.
            return vec![b'#'; (self.length - at).min(most).min(BLOCK) as usize].into();
        }
        let end = from + chunk.len() as u64;
        let flips: Vec<u64> = self
            .flip
            .map(|every| {
                flipped(self.content.size(), every)
                    .filter(|at| (from..end).contains(at))
                    .collect()
            })
            .unwrap_or_default();
        if flips.is_empty() && !self.inverted {
            return chunk;
        }
        let mut wrong = chunk.to_vec();
        if self.inverted {
            for byte in &mut wrong {
                *byte = !*byte;
            }
        }
        for flip in flips {
            wrong[(flip - from) as usize] ^= 0x10;
        }
        wrong.into()
    }

    pub(crate) fn all(&self) -> Vec<u8> {
        let mut all = Vec::new();
        while (all.len() as u64) < self.size() {
            let chunk = self.chunk(all.len() as u64, u64::MAX);
            all.extend_from_slice(&chunk);
        }
        all
    }
}

impl Plan {
    /// Decides everything: what a good mirror answers, and what the faults make of it. `answers` counts what was answered
    /// before.
    pub(crate) fn new(
        request: &MirrorRequest,
        files: &BTreeMap<String, Content>,
        options: &Builder,
        faults: &[MirrorFault],
        answers: u64,
    ) -> Self {
        let mut plan = Self::honest(request, files, options, answers);
        for fault in faults {
            plan.apply(fault, request);
        }
        plan.turns.sort_by_key(|(at, _)| *at);
        plan.turns_total.sort_by_key(|(at, _)| *at);
        plan
    }

    fn honest(
        request: &MirrorRequest,
        files: &BTreeMap<String, Content>,
        options: &Builder,
        answers: u64,
    ) -> Self {
        let mut plan = Self {
            silent: false,
            raw: None,
            head_after: options.latency,
            status: 200,
            content_type: "application/octet-stream",
            said: None,
            framing: Framing::Length(0),
            fields: Vec::new(),
            body_after: Duration::ZERO,
            body: Body::of(Bytes::new().into()),
            slow_head: None,
            speed: options.speed,
            turns: Vec::new(),
            turns_total: Vec::new(),
            no_body: request.method == "HEAD",
            last: request
                .header("connection")
                .is_some_and(|value| value.eq_ignore_ascii_case("close")),
        };
        if !["GET", "HEAD"].contains(&request.method.as_str()) {
            plan.refuse(405);
            return plan;
        }
        let Some(content) = files.get(request.name()) else {
            plan.refuse(404);
            return plan;
        };
        let tag = match options.validator {
            Validator::Strong => Some(format!("\"{}\"", content.tag())),
            Validator::Weak => Some("W/\"1\"".to_owned()),
            Validator::Changing => Some(format!("\"{}-{answers}\"", content.tag())),
            Validator::None => None,
        };
        plan.field("Accept-Ranges", "bytes");
        if let Some(tag) = &tag {
            plan.field("ETag", tag);
            plan.field("Last-Modified", LAST_MODIFIED);
        }
        plan.whole(content.clone());
        // RFC 9110 13.1.5: a strong validator or the date; otherwise the whole file.
        let unchanged = request.header("if-range").is_none_or(|known| {
            tag.as_deref()
                .is_some_and(|tag| !tag.starts_with("W/") && known == tag || known == LAST_MODIFIED)
        });
        // RFC 9110 14.2: a Range means something for GET only.
        let asked = request
            .byte_range()
            .filter(|_| unchanged && request.method == "GET");
        if let Some(range) = asked {
            let size = content.size();
            match range.within(size) {
                Some((start, end)) => {
                    plan.status = 206;
                    plan.said = Some((start, end, size.to_string()));
                    plan.body.from = start;
                    plan.body.length = end - start;
                    plan.framing = Framing::Length(end - start);
                }
                None => {
                    plan.refuse(416);
                    plan.field("Content-Range", &format!("bytes */{size}"));
                }
            }
        }
        plan
    }

    /// The whole of something, with 200.
    pub(crate) fn whole(&mut self, content: Content) {
        self.status = 200;
        self.said = None;
        self.body = Body::of(content);
        self.framing = Framing::Length(self.body.size());
    }

    /// A page that says no.
    pub(crate) fn refuse(&mut self, status: u16) {
        self.whole(page::page(page::reason(status)).into());
        self.status = status;
        self.content_type = "text/html; charset=utf-8";
        self.fields.clear();
    }

    pub(crate) fn field(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// The first line and the fields, with the empty line.
    pub(crate) fn head(&self) -> Bytes {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nServer: testkit\r\nContent-Type: {}\r\n",
            self.status,
            page::reason(self.status),
            self.content_type
        );
        if let Some((start, end, total)) = &self.said {
            let _ = write!(head, "Content-Range: bytes {start}-{}/{total}\r\n", end - 1);
        }
        match self.framing {
            Framing::Length(length) => {
                let _ = write!(head, "Content-Length: {length}\r\n");
            }
            Framing::Chunked => head.push_str("Transfer-Encoding: chunked\r\n"),
            Framing::Close => {}
        }
        if !self.keeps_connection() {
            head.push_str("Connection: close\r\n");
        }
        for (name, value) in &self.fields {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head.into()
    }

    /// Whether another request can follow on the connection.
    pub(crate) fn keeps_connection(&self) -> bool {
        let framed = match self.framing {
            Framing::Length(said) => self.no_body || said == self.body.size(),
            Framing::Chunked => true,
            Framing::Close => false,
        };
        framed && !self.last
    }
}
