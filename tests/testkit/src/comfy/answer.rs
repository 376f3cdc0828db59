//! Answers: their bodies, their usual shapes, and what faults make of them.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::Value;

use super::fault::Fault;

pub(crate) type Answer = Response<Content>;

/// A body that is there, or one that is made while it is sent.
#[derive(Debug)]
pub(crate) enum Content {
    Whole(VecDeque<Bytes>),
    /// This many bytes of `x`.
    Filled(u64),
    /// Then a pause, so that it gets out, and then the connection breaks.
    Cut(Option<Bytes>, bool),
}

const PIECE: u64 = 64 << 10;
const FILLING: &[u8] = &[b'x'; PIECE as usize];

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match &mut *self {
            Self::Whole(pieces) => pieces.pop_front().map(|piece| Ok(Frame::data(piece))),
            Self::Filled(0) => None,
            Self::Filled(left) => {
                let piece = (*left).min(PIECE);
                *left -= piece;
                Some(Ok(Frame::data(Bytes::from_static(
                    &FILLING[..piece as usize],
                ))))
            }
            Self::Cut(bytes, paused) => match bytes.take() {
                Some(bytes) => Some(Ok(Frame::data(bytes))),
                None if !*paused => {
                    *paused = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => Some(Err(io::Error::other("cut on purpose"))),
            },
        })
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(pieces) => pieces.is_empty(),
            Self::Filled(left) => *left == 0,
            Self::Cut(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(pieces) => {
                SizeHint::with_exact(pieces.iter().map(|piece| piece.len() as u64).sum())
            }
            Self::Filled(left) => SizeHint::with_exact(*left),
            Self::Cut(..) => SizeHint::default(),
        }
    }
}

pub(crate) fn bytes(content_type: &str, body: impl Into<Bytes>) -> Answer {
    let body: Bytes = body.into();
    let mut answer = Response::new(Content::Whole(VecDeque::from([body])));
    if let Ok(value) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}

pub(crate) fn json(value: &Value) -> Answer {
    bytes("application/json; charset=utf-8", value.to_string())
}

pub(crate) fn json_status(status: StatusCode, value: &Value) -> Answer {
    let mut answer = json(value);
    *answer.status_mut() = status;
    answer
}

/// No body and no content type.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Content::Whole(VecDeque::new()));
    *answer.status_mut() = status;
    answer
}

pub(crate) fn text(status: StatusCode, body: &str) -> Answer {
    let mut answer = bytes("text/plain; charset=utf-8", body.to_owned());
    *answer.status_mut() = status;
    answer
}

/// What aiohttp answers when a handler raises.
pub(crate) fn trouble() -> Answer {
    let mut answer = text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "500 Internal Server Error\n\nServer got itself in trouble",
    );
    answer
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

/// What the front end's static files answer for unknown paths.
pub(crate) fn not_found() -> Answer {
    let mut answer = bytes("application/octet-stream", Bytes::new());
    *answer.status_mut() = StatusCode::NOT_FOUND;
    answer
}

/// Bends an answer as the fault says. `None` when the connection closes without one.
pub(crate) fn bend(fault: &Fault, mut answer: Answer) -> Option<Answer> {
    let bent = match fault {
        Fault::Status(status) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::IM_A_TEAPOT);
            let mut answer = trouble();
            *answer.status_mut() = status;
            answer
        }
        Fault::RetryAfter(status, seconds) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::TOO_MANY_REQUESTS);
            let mut answer = text(status, "busy");
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(*seconds));
            answer
        }
        Fault::Reset => return None,
        Fault::HtmlPage => bytes(
            "text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title><p>Please sign in.</p>",
        ),
        Fault::Redirect(to) => {
            let mut answer = empty(StatusCode::FOUND);
            if let Ok(to) = HeaderValue::from_str(to) {
                answer.headers_mut().insert(LOCATION, to);
            }
            answer
        }
        Fault::ContentType(kind) => {
            if let Ok(kind) = HeaderValue::from_str(kind) {
                answer.headers_mut().insert(CONTENT_TYPE, kind);
            }
            answer
        }
        Fault::HugeBody(size) => {
            let mut huge = Response::new(Content::Filled(*size));
            *huge.headers_mut() = answer.headers().clone();
            huge.headers_mut().remove(CONTENT_LENGTH);
            huge
        }
        Fault::HugeHeader(size) => {
            if let Ok(value) = HeaderValue::from_bytes(&vec![b'h'; *size]) {
                answer.headers_mut().insert("x-huge", value);
            }
            answer
        }
        Fault::InvalidUtf8 => bytes(
            "application/json; charset=utf-8",
            &b"{\"queue_running\": [\"\xff\xfe\xc0\"], \"queue_pending\": []}"[..],
        ),
        Fault::DeepJson(depth) => {
            let text = format!("{}{}", "[".repeat(*depth), "]".repeat(*depth));
            bytes("application/json; charset=utf-8", text)
        }
        Fault::CutBody(after) => cut(*after, answer),
        _ => answer,
    };
    Some(bent)
}

fn cut(after: usize, answer: Answer) -> Answer {
    let (mut parts, content) = answer.into_parts();
    let Content::Whole(pieces) = content else {
        return Response::from_parts(parts, content);
    };
    let body: Vec<u8> = pieces.iter().flatten().copied().collect();
    // The whole length is promised, so that the cut can be seen.
    let promised = body.len().max(after + 1);
    parts
        .headers
        .insert(CONTENT_LENGTH, HeaderValue::from(promised));
    let kept = Bytes::copy_from_slice(&body[..after.min(body.len())]);
    Response::from_parts(parts, Content::Cut(Some(kept), false))
}
