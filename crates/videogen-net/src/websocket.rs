//! WebSockets, over connections that the HTTP client made: the same guard, TLS and limits.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message as Raw};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::client::HttpClient;
use crate::client::wait::Wait;
use crate::error::{Error, Phase};
use crate::redact::{RedactedUrl, Secret};
use crate::request::{Deadlines, Redirects, Request};

/// A connection to be made.
#[derive(Debug, Clone)]
#[must_use]
pub struct WebSocketRequest {
    request: Request,
    max_message: usize,
    idle: Duration,
    send: Duration,
}

impl WebSocketRequest {
    /// A connection to `url` (`ws`, `wss`, `http` or `https`): 30 s for the handshake, messages of up to 16 MiB, at
    /// most 60 s without a sign of life.
    pub fn new(mut url: Url) -> Self {
        // Both pairs are special schemes of the URL standard, so this cannot fail; if it did, the guard would refuse
        // the scheme.
        let _ = match url.scheme() {
            "ws" => url.set_scheme("http"),
            "wss" => url.set_scheme("https"),
            _ => Ok(()),
        };
        Self {
            request: Request::get(url)
                .redirects(Redirects::None)
                .any_status()
                .identity(),
            max_message: 16 * 1024 * 1024,
            idle: Duration::from_mins(1),
            send: Duration::from_secs(30),
        }
    }

    /// Adds a header to the handshake. A value that must not be printed goes to [`WebSocketRequest::secret_header`].
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Adds a header to the handshake whose value is never printed.
    pub fn secret_header(mut self, name: impl Into<String>, value: &Secret) -> Self {
        self.request = self.request.secret_header(name, value);
        self
    }

    /// Adds `Authorization: Bearer …` to the handshake.
    pub fn bearer(mut self, key: &Secret) -> Self {
        self.request = self.request.bearer(key);
        self
    }

    /// Sets how long connecting and the handshake may take.
    pub fn handshake_timeout(mut self, limit: Duration) -> Self {
        self.request = self.request.deadlines(Deadlines::within(limit));
        self
    }

    /// Sets the most bytes of a message, and of each of its frames, that are accepted.
    pub fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// Sets how long the server may be silent. After half of that it is pinged, so a live one that has nothing to say
    /// is not lost.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// Ends the handshake, and later every wait, with [`Error::Cancelled`] when `cancel` fires.
    pub fn cancel(mut self, cancel: &CancellationToken) -> Self {
        self.request = self.request.cancel(cancel);
        self
    }
}

/// What comes over a WebSocket. Pings are answered, pongs taken note of, fragments put together by the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}

/// An open WebSocket. Dropping it closes the connection without a word; [`WebSocket::close`] says goodbye.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<reqwest::Upgraded>,
    shown: RedactedUrl,
    wait: Wait,
    idle: Duration,
    send: Duration,
    max_message: usize,
    heard: Instant,
    pinged: bool,
}

impl HttpClient {
    /// Opens a WebSocket.
    ///
    /// # Errors
    /// As [`HttpClient::send`]; [`Error::Status`] when the server answers with anything but the switch,
    /// [`Error::Protocol`] when it switches to something else.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection.
    pub async fn websocket(&self, request: WebSocketRequest) -> Result<WebSocket, Error> {
        let WebSocketRequest {
            request,
            max_message,
            idle,
            send,
        } = request;
        let key = generate_key();
        let request = request
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", key.clone());
        let secrets = request.secrets();
        let response = self.send(request).await?;
        if response.status() != 101 {
            return Err(Box::pin(response.into_status_error(&secrets)).await);
        }
        let shown = response.shown_url().clone();
        let told = |name| response.header(name).map(str::trim);
        let wrong = |what: &str| Error::Protocol {
            url: shown.clone(),
            source: what.into(),
        };
        if !told("upgrade").is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
            return Err(wrong("it switched to something that is not a WebSocket"));
        }
        if told("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes()).as_str()) {
            return Err(wrong("it accepted somebody else's handshake"));
        }
        if told("sec-websocket-extensions").is_some_and(|extensions| !extensions.is_empty()) {
            return Err(wrong("it uses extensions nobody offered"));
        }
        let (upgraded, wait) = response.upgrade().await?;
        let config = WebSocketConfig::default()
            .read_buffer_size(16 * 1024)
            .write_buffer_size(0)
            .max_write_buffer_size(max_message.saturating_mul(2).max(1024 * 1024))
            .max_message_size(Some(max_message))
            .max_frame_size(Some(max_message));
        Ok(WebSocket {
            stream: WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await,
            shown,
            wait: wait.unlimited(),
            idle,
            send,
            max_message,
            heard: Instant::now(),
            pinged: false,
        })
    }
}

impl WebSocket {
    /// Where it leads, as it may be printed.
    pub fn shown_url(&self) -> &RedactedUrl {
        &self.shown
    }

    /// The next message; `None` when the server has closed the connection properly.
    ///
    /// # Errors
    /// [`Error::Lost`] when the connection broke, [`Error::Timeout`] when the server has not given a sign of life,
    /// [`Error::TooLarge`], [`Error::InvalidText`], [`Error::Protocol`], [`Error::Cancelled`].
    ///
    /// # Cancellation
    /// Nothing is lost when the future is dropped before it is ready.
    pub async fn next(&mut self) -> Result<Option<Message>, Error> {
        loop {
            let silent = self.heard.elapsed();
            let late = || Error::Timeout {
                url: self.shown.clone(),
                phase: Phase::Stall,
                after: self.idle,
                is_moving: false,
            };
            if silent >= self.idle {
                return Err(late());
            }
            let half = self.idle / 2;
            if !self.pinged && silent >= half {
                self.pinged = true;
                self.put(Raw::Ping(Bytes::new())).await?;
                continue;
            }
            let until = if self.pinged { self.idle } else { half };
            match self
                .wait
                .limit(
                    Phase::Stall,
                    until.saturating_sub(silent),
                    self.stream.next(),
                )
                .await
            {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(raw))) => {
                    self.heard = Instant::now();
                    self.pinged = false;
                    match raw {
                        Raw::Text(text) => {
                            return Ok(Some(Message::Text(text.as_str().to_owned())));
                        }
                        Raw::Binary(data) => return Ok(Some(Message::Binary(data))),
                        Raw::Close(_) => return Ok(None),
                        Raw::Ping(_) | Raw::Pong(_) | Raw::Frame(_) => {}
                    }
                }
                Ok(Some(Err(error))) => return self.failed(error).map(|()| None),
                Err(Error::Timeout { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`Error::Lost`], [`Error::Timeout`], [`Error::TooLarge`], [`Error::Cancelled`].
    ///
    /// # Cancellation
    /// Part of the message may have been sent; close the connection then.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.put(match message {
            Message::Text(text) => Raw::Text(text.into()),
            Message::Binary(data) => Raw::Binary(data),
        })
        .await
    }

    /// Says goodbye, waits at most `limit` for the answer, and closes the connection.
    pub async fn close(mut self, limit: Duration) {
        let goodbye = async {
            if self.stream.close(None).await.is_ok() {
                while let Some(Ok(_)) = self.stream.next().await {}
            }
        };
        // Whether the other side says goodbye as well changes nothing.
        let _ = tokio::time::timeout(limit, goodbye).await;
    }

    async fn put(&mut self, raw: Raw) -> Result<(), Error> {
        let sent = self
            .wait
            .limit(Phase::Stall, self.send, self.stream.send(raw))
            .await?;
        match sent {
            Ok(()) => Ok(()),
            // A closed connection takes no message, whoever closed it.
            Err(error) => self.failed(error).and(Err(Error::Lost {
                url: self.shown.clone(),
                source: "the server has closed the connection".into(),
            })),
        }
    }

    /// What an error means; a proper end is none.
    fn failed(&self, error: tungstenite::Error) -> Result<(), Error> {
        use tungstenite::Error as Cause;
        let url = self.shown.clone();
        Err(match error {
            Cause::ConnectionClosed
            | Cause::AlreadyClosed
            | Cause::Protocol(tungstenite::error::ProtocolError::SendAfterClosing) => return Ok(()),
            Cause::Capacity(_) | Cause::WriteBufferFull(_) => Error::TooLarge {
                url,
                what: "message",
                limit: self.max_message as u64,
            },
            Cause::Utf8(_) => Error::InvalidText { url },
            Cause::Io(source) => Error::Lost {
                url,
                source: Box::new(source),
            },
            Cause::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => {
                Error::Lost {
                    url,
                    source: Box::new(error),
                }
            }
            _ => Error::Protocol {
                url,
                source: Box::new(error),
            },
        })
    }
}
