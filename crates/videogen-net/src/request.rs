//! What is asked: a request as a value, checked when it is sent.

use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::multipart::Multipart;
use crate::redact::Secret;

/// The most bytes of an answer that are accepted unless the request says otherwise: 16 MiB.
pub const DEFAULT_MAX_BODY: u64 = 16 * 1024 * 1024;

/// What is done with the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Read it.
    Get,
    /// Read its head only.
    Head,
    /// Send something to it.
    Post,
    /// Put something in its place.
    Put,
    /// Remove it.
    Delete,
}

/// How long the parts of a request may take. Connecting has a limit of its own, which is the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// From the start of the request (on a fresh connection: from the connection) to the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of the answer.
    pub stall: Duration,
    /// For everything, redirects and the answer's body included.
    pub total: Duration,
}

impl Default for Deadlines {
    /// 30 s to the first byte, 30 s between two pieces, 120 s in all.
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            total: Duration::from_mins(2),
        }
    }
}

impl Deadlines {
    /// The same limit for everything: for a question that is answered at once or not at all.
    pub fn within(limit: Duration) -> Self {
        Self {
            first_byte: limit,
            stall: limit,
            total: limit,
        }
    }
}

/// Which redirects are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redirects {
    /// None: a redirect is [`Error::Redirect`](crate::Error::Redirect).
    None,
    /// Those that stay on the host they come from; https never becomes http.
    SameHost,
    /// To any host the address policy allows, as mirrors need it; https never becomes http. Secrets and user headers
    /// are not taken along to another origin.
    AnyHost,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Bytes { content_type: String, data: Bytes },
    Multipart(Multipart),
}

impl Body {
    /// Its bytes, without what multipart puts between them.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes { data, .. } => data.len() as u64,
            Self::Multipart(form) => form.parts.iter().map(|part| part.data.len() as u64).sum(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum HeaderText {
    Plain(String),
    Secret(Secret),
}

impl HeaderText {
    pub(crate) fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

/// A request. It is a value: cloning it and sending it again is how it is retried. What is wrong with it (a header
/// with a line break, JSON that cannot be written) is told when it is sent.
#[derive(Debug, Clone)]
#[must_use = "a request does nothing until a client sends it"]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, HeaderText)>,
    pub(crate) body: Body,
    pub(crate) deadlines: Deadlines,
    pub(crate) max_body: u64,
    pub(crate) redirects: Redirects,
    pub(crate) any_status: bool,
    pub(crate) identity: bool,
    pub(crate) cancel: Option<CancellationToken>,
    pub(crate) problem: Option<String>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Body::Empty,
            deadlines: Deadlines::default(),
            max_body: DEFAULT_MAX_BODY,
            redirects: Redirects::SameHost,
            any_status: false,
            identity: false,
            cancel: None,
            problem: None,
        }
    }

    /// `GET url`.
    pub fn get(url: Url) -> Self {
        Self::new(Method::Get, url)
    }

    /// `HEAD url`.
    pub fn head(url: Url) -> Self {
        Self::new(Method::Head, url)
    }

    /// `POST url`.
    pub fn post(url: Url) -> Self {
        Self::new(Method::Post, url)
    }

    /// Where it goes.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Adds a header. A value that must not be printed goes to [`Request::secret_header`].
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers
            .push((name.into(), HeaderText::Plain(value.into())));
        self
    }

    /// Adds a header whose value is never printed, and never sent to another origin.
    pub fn secret_header(mut self, name: impl Into<String>, value: &Secret) -> Self {
        self.headers
            .push((name.into(), HeaderText::Secret(value.clone())));
        self
    }

    /// Adds `Authorization: Bearer …`.
    pub fn bearer(self, key: &Secret) -> Self {
        let value = Secret::new(format!("Bearer {}", key.expose()));
        self.secret_header("authorization", &value)
    }

    /// Adds a parameter to the URL's query; name and value are encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.query_pairs_mut().append_pair(name, value);
        self
    }

    /// Sends `value` as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(data) => self.body("application/json", data),
            Err(error) => {
                self.problem = Some(format!("its JSON cannot be written: {error}"));
                self
            }
        }
    }

    /// Sends these bytes.
    pub fn body(mut self, content_type: impl Into<String>, data: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes {
            content_type: content_type.into(),
            data: data.into(),
        };
        self
    }

    /// Sends a form with files.
    pub fn multipart(mut self, form: Multipart) -> Self {
        self.body = Body::Multipart(form);
        self
    }

    /// Sets how long it may take.
    pub fn deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// Sets the most bytes of the answer's body that are accepted, counted after decompression. Without it
    /// [`DEFAULT_MAX_BODY`]. A stream that is read in lines has this limit as well.
    pub fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets which redirects are followed; without it [`Redirects::SameHost`].
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Takes an answer of any status as an answer. Without it anything but a success is
    /// [`Error::Status`](crate::Error::Status).
    pub fn any_status(mut self) -> Self {
        self.any_status = true;
        self
    }

    /// Asks for the bytes as they are, without compression on the way. An answer that is compressed all the same is
    /// [`Error::UnexpectedContent`](crate::Error::UnexpectedContent).
    pub fn identity(mut self) -> Self {
        self.identity = true;
        self
    }

    /// Asks for the bytes from `from` (counted from 0) up to and without `to`, or to the end. Implies
    /// [`Request::identity`]. What the server makes of it is told by [`Response::range`](crate::Response::range).
    pub fn range(self, from: u64, to: Option<u64>) -> Self {
        let last = match to {
            Some(to) if to <= from => {
                let mut request = self;
                request.problem = Some(format!("the range {from}..{to} is empty"));
                return request;
            }
            Some(to) => (to - 1).to_string(),
            None => String::new(),
        };
        self.identity()
            .header("range", format!("bytes={from}-{last}"))
    }

    /// Ends the request, or the reading of its answer, with [`Error::Cancelled`](crate::Error::Cancelled) when `cancel`
    /// fires. Dropping the future does the same without a word.
    pub fn cancel(mut self, cancel: &CancellationToken) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// The secrets it carries.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        for (_, value) in &self.headers {
            if let HeaderText::Secret(secret) = value {
                // Servers quote the key without the word before it.
                if let Some((_, key)) = secret.expose().split_once(' ') {
                    secrets.push(Secret::new(key));
                }
                secrets.push(secret.clone());
            }
        }
        if let Some(password) = self.url.password() {
            secrets.push(Secret::new(password));
        }
        secrets
    }
}
