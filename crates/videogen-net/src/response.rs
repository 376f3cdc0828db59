//! An answer: its head, and its body in one piece or as a stream, never more than was agreed on.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use url::Url;

use crate::body::lines::Lines;
use crate::body::sse::Events;
use crate::client::HEAD_LIMIT;
use crate::client::wait::Wait;
use crate::error::classify::{self, Progress};
use crate::error::{Error, Phase, StatusError};
use crate::range::{self, RangeAnswer};
use crate::redact::{self, RedactedUrl, Secret};
use crate::request::Request;
use crate::retry_after;
use crate::traffic::Tally;

/// The most bytes of the body that go into a [`StatusError`].
const ERROR_BODY: usize = 64 * 1024;
/// How long the body of an error is waited for.
const ERROR_WAIT: Duration = Duration::from_secs(5);
/// The most bytes of the body that go into a message.
const EXCERPT: usize = 200;

/// The head of an answer, and its body still to be read. Dropping it closes the connection.
#[derive(Debug)]
pub struct Response {
    inner: reqwest::Response,
    url: Url,
    shown: RedactedUrl,
    wait: Wait,
    stall: Duration,
    connect: Duration,
    max_body: u64,
    received: u64,
    expected: Option<u64>,
    ended: bool,
    tally: Tally,
    /// When the last piece came.
    moved: Option<Instant>,
}

impl Response {
    pub(crate) fn new(
        inner: reqwest::Response,
        tally: Tally,
        url: Url,
        wait: Wait,
        request: &Request,
        connect: Duration,
    ) -> Self {
        Self {
            tally,
            shown: RedactedUrl::new(&url),
            expected: inner.content_length(),
            inner,
            url,
            wait,
            stall: request.deadlines.stall,
            connect,
            max_body: request.max_body,
            received: 0,
            ended: false,
            moved: None,
        }
    }

    /// The status, 100..=999.
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// Where it came from, after redirects.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The same, as it may be printed.
    pub fn shown_url(&self) -> &RedactedUrl {
        &self.shown
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// The media type, in lower case and without parameters.
    pub fn content_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        let value = value.split(';').next().unwrap_or_default().trim();
        (!value.is_empty()).then(|| redact::printable(&value.to_ascii_lowercase(), 80))
    }

    /// How many bytes are to come, if the server says so and they are not compressed.
    pub fn content_length(&self) -> Option<u64> {
        self.expected
    }

    /// The entity tag, if it is a strong one: only that promises the same bytes.
    pub fn strong_etag(&self) -> Option<&str> {
        self.header("etag").filter(|tag| tag.starts_with('"'))
    }

    /// When the server wants to be asked again; at most a day.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::parse(self.header("retry-after")?, std::time::SystemTime::now())
    }

    /// What the server made of the range `from..to` (to the end without `to`) that was asked for with
    /// [`Request::range`]. `total` is the size of the whole, where it is known.
    ///
    /// # Errors
    /// [`Error::Range`] when it is another range, or a part of something of another size.
    pub fn range(
        &self,
        from: u64,
        to: Option<u64>,
        total: Option<u64>,
    ) -> Result<RangeAnswer, Error> {
        range::judge(
            self.status(),
            self.header("content-range"),
            self.expected,
            (from, to),
            total,
        )
        .map_err(|problem| Error::Range {
            url: self.shown.clone(),
            problem,
        })
    }

    /// Refuses a head that is too large, a body that is announced to be, and compression that was not asked for.
    pub(crate) fn check_head(&self, identity: bool) -> Result<(), Error> {
        let size: usize = self
            .inner
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if size as u64 > HEAD_LIMIT {
            return Err(self.too_large("head of the answer", HEAD_LIMIT));
        }
        match self.header("content-encoding").map(str::trim) {
            None | Some("" | "identity") => Ok(()),
            Some(encoding) => Err(Error::UnexpectedContent {
                url: self.shown.clone(),
                expected: if identity {
                    "the bytes as they are"
                } else {
                    "plain or gzip"
                },
                found: format!("compressed ({})", redact::printable(encoding, 40)),
            }),
        }
    }

    fn too_large(&self, what: &'static str, limit: u64) -> Error {
        Error::TooLarge {
            url: self.shown.clone(),
            what,
            limit,
        }
    }

    /// The next piece of the body; `None` after the last one.
    ///
    /// # Errors
    /// [`Error::Timeout`], [`Error::Lost`], [`Error::Truncated`], [`Error::TooLarge`], [`Error::Protocol`],
    /// [`Error::Cancelled`].
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped before it is ready.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.ended {
            return Ok(None);
        }
        if self
            .expected
            .is_some_and(|expected| expected > self.max_body)
        {
            return Err(self.too_large("answer", self.max_body));
        }
        let begun = Instant::now();
        let piece = self
            .wait
            .limit(Phase::Stall, self.stall, self.inner.chunk())
            .await;
        let progress = Progress {
            received: self.received,
            expected: self.expected,
        };
        let piece = piece.and_then(|piece| {
            piece.map_err(|error| {
                classify::request_error(error, &self.shown, self.connect, Some(progress))
            })
        });
        let piece = piece.map_err(|error| self.still_moving(error));
        let piece = piece.inspect_err(|error| {
            if !error.is_cancelled() {
                self.tally.failed();
            }
        })?;
        let Some(piece) = piece else {
            self.ended = true;
            return Ok(None);
        };
        self.tally.received(piece.len(), begun.elapsed());
        self.received += piece.len() as u64;
        self.moved = Some(Instant::now());
        if self.received > self.max_body {
            return Err(self.too_large("answer", self.max_body));
        }
        Ok(Some(piece))
    }

    /// Tells of a request whose time was over whether its answer was still coming: its last piece came no longer ago than
    /// half of that time.
    fn still_moving(&self, error: Error) -> Error {
        match error {
            Error::Timeout {
                url,
                phase: Phase::Total,
                after,
                ..
            } => Error::Timeout {
                url,
                phase: Phase::Total,
                after,
                is_moving: self.moved.is_some_and(|at| at.elapsed() < after / 2),
            },
            error => error,
        }
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`Response::chunk`].
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let Some(second) = self.chunk().await? else {
            return Ok(first);
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.chunk().await? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// As [`Response::chunk`], and [`Error::InvalidText`] when it is not UTF-8.
    pub async fn text(self) -> Result<String, Error> {
        let url = self.shown.clone();
        let body = self.bytes().await?;
        String::from_utf8(body.into()).map_err(|_| Error::InvalidText { url })
    }

    /// The whole body as JSON, at most 128 levels deep.
    ///
    /// # Errors
    /// As [`Response::chunk`]; [`Error::UnexpectedContent`] when it is not JSON at all but, say, a page of HTML;
    /// [`Error::Json`] when it is not the JSON that was expected.
    pub async fn json<T: serde::de::DeserializeOwned>(self) -> Result<T, Error> {
        let url = self.shown.clone();
        let content_type = self.content_type();
        let unexpected = |found| Error::UnexpectedContent {
            url: url.clone(),
            expected: "JSON",
            found,
        };
        // Some servers call their JSON text, or nothing at all.
        let plausible = content_type.as_deref().is_none_or(|kind| {
            kind.ends_with("json")
                || matches!(
                    kind,
                    "text/plain"
                        | "text/json"
                        | "application/octet-stream"
                        | "application/x-ndjson"
                )
        });
        if !plausible {
            return Err(unexpected(content_type.unwrap_or_default()));
        }
        let body = self.bytes().await?;
        serde_json::from_slice(&body).map_err(|source| {
            let text = body.trim_ascii_start();
            if text.is_empty() {
                unexpected("empty".to_owned())
            } else if text.starts_with(b"<") {
                unexpected("HTML or XML".to_owned())
            } else if std::str::from_utf8(&body).is_err() {
                Error::InvalidText { url: url.clone() }
            } else {
                Error::Json {
                    url: url.clone(),
                    source,
                }
            }
        })
    }

    /// Writes the rest of the body to `writer` and flushes it; gives the number of bytes. `progress` hears of every
    /// piece, with the bytes so far. Memory does not depend on the size of the body.
    ///
    /// # Errors
    /// As [`Response::chunk`], and [`Error::Write`]. What came before the error has been written.
    pub async fn copy_to<W: AsyncWrite + Unpin + ?Sized>(
        &mut self,
        writer: &mut W,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, Error> {
        let mut written = 0;
        while let Some(piece) = self.chunk().await? {
            self.write(writer.write_all(&piece)).await?;
            written += piece.len() as u64;
            progress(written);
        }
        self.write(writer.flush()).await?;
        Ok(written)
    }

    async fn write(&self, work: impl Future<Output = std::io::Result<()>>) -> Result<(), Error> {
        let done = self.wait.limit(Phase::Stall, self.stall, work).await?;
        done.map_err(|source| Error::Write {
            url: self.shown.clone(),
            source,
        })
    }

    /// The body as lines of at most `longest` bytes each, as in newline-delimited JSON.
    pub fn lines(self, longest: usize) -> Lines {
        Lines::new(self, longest)
    }

    /// The body as server-sent events with lines of at most `longest` bytes and data of at most as much.
    pub fn events(self, longest: usize) -> Events {
        Events::new(self.lines(longest), longest)
    }

    /// The connection itself, after `101 Switching Protocols`.
    pub(crate) async fn upgrade(self) -> Result<(reqwest::Upgraded, Wait), Error> {
        let Self {
            inner,
            shown,
            wait,
            stall,
            connect,
            ..
        } = self;
        let upgraded = wait
            .limit(Phase::FirstByte, stall, inner.upgrade())
            .await?
            .map_err(|error| classify::request_error(error, &shown, connect, None))?;
        Ok((upgraded, wait))
    }

    /// Reads as much of the body as an error needs.
    pub(crate) async fn into_status_error(mut self, secrets: &[Secret]) -> Error {
        let mut body = Vec::new();
        self.max_body = self.max_body.max(ERROR_BODY as u64 * 4);
        self.expected = None;
        let read = async {
            while body.len() < ERROR_BODY {
                match self.chunk().await {
                    Ok(Some(piece)) => {
                        body.extend_from_slice(&piece[..piece.len().min(ERROR_BODY - body.len())]);
                    }
                    // The status is the news; a body that cannot be read changes nothing about it.
                    Err(error) if error.is_cancelled() => return Some(error),
                    Ok(None) | Err(_) => break,
                }
            }
            None
        };
        // A timeout leaves what has come so far.
        if let Ok(Some(cancelled)) = tokio::time::timeout(ERROR_WAIT, read).await {
            return cancelled;
        }
        Error::Status(Box::new(StatusError {
            url: self.shown.clone(),
            status: self.status(),
            retry_after: self.retry_after(),
            content_type: self.content_type(),
            excerpt: redact::excerpt(&said(&body), EXCERPT, secrets),
            body,
        }))
    }
}

/// What a server says is wrong, where it says it in one of the usual places; else all it says.
fn said(body: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let text = json.as_ref().and_then(|json| {
        let error = &json["error"];
        [&error["message"], error, &json["message"], &json["detail"]]
            .into_iter()
            .find_map(serde_json::Value::as_str)
            .filter(|text| !text.is_empty())
    });
    match text {
        Some(text) => text.as_bytes().to_vec().into(),
        None => body.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_found() {
        for body in [
            r#"{"error": {"message": "no such model", "type": "x"}}"#,
            r#"{"error": "no such model"}"#,
            r#"{"message": "no such model"}"#,
            "no such model",
        ] {
            assert_eq!(&*said(body.as_bytes()), b"no such model", "{body}");
        }
    }
}
