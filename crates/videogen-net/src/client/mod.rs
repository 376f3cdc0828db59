//! Sends requests: guarded addresses, a limit on every wait, redirects followed by our own rules.

pub(crate) mod redirect;
mod tls;
pub(crate) mod wait;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use self::redirect::Step;
use self::wait::Wait;
use crate::address::AddressPolicy;
use crate::address::resolver::{Guard, GuardedResolve, Resolver, SystemResolver};
use crate::error::classify;
use crate::error::{Error, Phase};
use crate::redact::RedactedUrl;
use crate::request::{Body, Method, Request};
use crate::response::Response;
use crate::traffic::{Tally, Traffic, TrafficMeter};

/// The most bytes of the head of an answer, as the names and values of its headers count.
pub(crate) const HEAD_LIMIT: u64 = 128 * 1024;
/// The most headers of an answer.
const HEADERS: usize = 200;
/// The most redirects of one request.
const REDIRECTS: usize = 5;

/// How a client is set up.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClientOptions {
    policy: AddressPolicy,
    resolver: Arc<dyn Resolver>,
    connect: Duration,
    idle: Duration,
    user_agent: String,
    proxy: Option<Url>,
    certificates: Vec<Vec<u8>>,
    traffic: TrafficMeter,
}

impl ClientOptions {
    /// Options with this address policy: 10 s to connect, idle connections kept 15 s, no proxy, the system's resolver
    /// and certificates.
    pub fn new(policy: AddressPolicy) -> Self {
        Self {
            policy,
            resolver: Arc::new(SystemResolver),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(15),
            user_agent: concat!("videogen/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: None,
            certificates: Vec::new(),
            traffic: TrafficMeter::default(),
        }
    }

    /// Sets how long resolving, connecting and the TLS handshake may take together.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// Sets how long an idle connection is kept for the next request.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// Counts what is exchanged with `meter`, where others may count too.
    pub fn traffic(mut self, meter: TrafficMeter) -> Self {
        self.traffic = meter;
        self
    }

    /// Sets the name the client gives itself. Some servers demand one that tells whom to ask.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Sends everything through a proxy (`http://` or `https://`). Names are resolved by the proxy then: the guard
    /// still judges URLs and literal addresses, but not what a name leads to. No proxy is taken from the environment.
    pub fn proxy(mut self, url: Url) -> Self {
        self.proxy = Some(url);
        self
    }

    /// Also trusts this certificate authority (DER), besides the system's.
    pub fn root_certificate(mut self, der: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(der.into());
        self
    }

    /// Resolves names by other means than the system's.
    pub fn resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }
}

/// A pooled HTTP/1.1 client that contacts only what its [`AddressPolicy`] allows. Clones share its connections.
#[derive(Clone)]
pub struct HttpClient {
    inner: Arc<Inner>,
}

struct Inner {
    guard: Arc<Guard>,
    connect: Duration,
    /// Decompresses.
    text: reqwest::Client,
    /// Gives the bytes as they are, whatever the server says they are: with decompression switched on, an answer that
    /// is compressed against our wish would be decompressed and could not be told from one that is not.
    raw: reqwest::Client,
    traffic: TrafficMeter,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("policy", self.inner.guard.policy())
            .finish_non_exhaustive()
    }
}

impl HttpClient {
    /// Returns what this client, and all that count with it, have exchanged with each server so far.
    pub fn traffic(&self) -> BTreeMap<String, Traffic> {
        self.inner.traffic.figures()
    }

    /// Sets a client up. Nothing is contacted.
    ///
    /// # Errors
    /// [`Error::Setup`] when a certificate or the proxy's URL cannot be used.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let ClientOptions {
            policy,
            resolver,
            connect,
            idle,
            user_agent,
            proxy,
            certificates,
            traffic,
        } = options;
        let proxy_host = proxy
            .as_ref()
            .and_then(|url| url.host_str().map(str::to_owned));
        let guard = Arc::new(Guard::new(policy, resolver, proxy_host));
        let tls = tls::config(certificates)?;
        let build = |decompress: bool| {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            let mut builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(GuardedResolve(Arc::clone(&guard)))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .gzip(decompress)
                .http1_only()
                .http1_max_headers(HEADERS)
                .connect_timeout(connect)
                .pool_idle_timeout(idle)
                .tcp_keepalive(Duration::from_secs(30))
                .user_agent(&user_agent);
            if let Some(url) = &proxy {
                builder = builder.proxy(reqwest::Proxy::all(url.clone()).map_err(setup)?);
            }
            builder.build().map_err(setup)
        };
        let (text, raw) = (build(true)?, build(false)?);
        Ok(Self {
            inner: Arc::new(Inner {
                guard,
                connect,
                text,
                raw,
                traffic,
            }),
        })
    }

    /// What it may contact.
    pub fn policy(&self) -> &AddressPolicy {
        self.inner.guard.policy()
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// # Errors
    /// [`Error::Blocked`] before anything is sent, or when a name or a redirect leads where the policy forbids; what
    /// went wrong on the way; [`Error::Status`] for an answer that is not a success, unless [`Request::any_status`]
    /// was said.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection. So does the token of [`Request::cancel`], with [`Error::Cancelled`].
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let any_status = request.any_status;
        let secrets = request.secrets();
        let response = Box::pin(self.follow(request)).await?;
        if any_status || (200..300).contains(&response.status()) {
            return Ok(response);
        }
        Err(Box::pin(response.into_status_error(&secrets)).await)
    }

    /// Sends a request and reads the answer as JSON.
    ///
    /// # Errors
    /// As [`HttpClient::send`] and [`Response::json`].
    pub async fn json<T: serde::de::DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        self.send(request).await?.json().await
    }

    /// Sends, following redirects.
    async fn follow(&self, request: Request) -> Result<Response, Error> {
        let wait = Wait::new(&request);
        if let Some(problem) = &request.problem {
            return Err(Error::InvalidRequest {
                url: RedactedUrl::new(&request.url),
                problem: problem.clone(),
            });
        }
        let mut step = Step::first(&request);
        for _ in 0..=REDIRECTS {
            let (response, tally) = self.exchange(&request, &step, &wait).await?;
            match redirect::next(
                &request,
                &step,
                response.status().as_u16(),
                location(&response),
            ) {
                redirect::Next::Answer => {
                    let connect = self.inner.connect;
                    let response =
                        Response::new(response, tally, step.url, wait, &request, connect);
                    response.check_head(request.identity)?;
                    return Ok(response);
                }
                redirect::Next::Follow(next) => {
                    tracing::debug!(from = %RedactedUrl::new(&step.url), to = %RedactedUrl::new(&next.url), "redirected");
                    step = next;
                }
                redirect::Next::Refuse(error) => return Err(error),
            }
        }
        Err(Error::Redirect {
            url: RedactedUrl::new(&request.url),
            to: RedactedUrl::new(&step.url),
            problem: "more than five redirects",
        })
    }

    /// One request and the head of its answer, with what counts them.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        step: &Step,
        wait: &Wait,
    ) -> Result<(reqwest::Response, Tally), Error> {
        let shown = RedactedUrl::new(&step.url);
        self.policy()
            .check_url(&step.url)
            .map_err(|reason| Error::Blocked {
                url: shown.clone(),
                reason,
            })?;
        let client = if request.identity {
            &self.inner.raw
        } else {
            &self.inner.text
        };
        let invalid = |problem| Error::InvalidRequest {
            url: shown.clone(),
            problem,
        };
        let prepared = prepare(client, request, step).map_err(invalid)?;
        let tally = self.inner.traffic.tally(&step.url);
        tally.sent(if step.with_body {
            request.body.bytes()
        } else {
            0
        });
        let sent = wait
            .limit(
                Phase::FirstByte,
                request.deadlines.first_byte,
                client.execute(prepared),
            )
            .await;
        let answer = sent.and_then(|sent| {
            sent.map_err(|error| {
                if error.is_connect()
                    && let Some(host) = step.url.host_str()
                {
                    self.inner.guard.forget(host);
                }
                classify::request_error(error, &shown, self.inner.connect, None)
            })
        });
        match &answer {
            Ok(answer) => tally.answered(answer.status().as_u16()),
            Err(error) if error.is_cancelled() => {}
            Err(_) => tally.failed(),
        }
        answer.map(|answer| (answer, tally))
    }
}

fn setup(error: reqwest::Error) -> Error {
    Error::Setup {
        problem: classify::Innermost::of(&error.without_url()).to_string(),
    }
}

fn location(response: &reqwest::Response) -> Option<&[u8]> {
    response
        .headers()
        .get(reqwest::header::LOCATION)
        .map(reqwest::header::HeaderValue::as_bytes)
}

/// Puts a request together; the text says what is wrong with it.
fn prepare(
    client: &reqwest::Client,
    request: &Request,
    step: &Step,
) -> Result<reqwest::Request, String> {
    let method = match step.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = client.request(method, step.url.clone());
    if request.identity {
        builder = builder.header(reqwest::header::ACCEPT_ENCODING, "identity");
    }
    for (name, value) in &request.headers {
        if !step.goes_along(name, value) {
            continue;
        }
        let header = reqwest::header::HeaderName::try_from(name.as_str()).map_err(|_| {
            format!(
                "{:?} is no name for a header",
                crate::redact::printable(name, 60)
            )
        })?;
        let mut text = reqwest::header::HeaderValue::try_from(value.expose()).map_err(|_| {
            format!("the value of the header {header} has characters that cannot be sent")
        })?;
        text.set_sensitive(matches!(value, crate::request::HeaderText::Secret(_)));
        builder = builder.header(header, text);
    }
    if step.with_body {
        builder = match &request.body {
            Body::Empty => builder,
            Body::Bytes { content_type, data } => builder
                .header(reqwest::header::CONTENT_TYPE, content_type.as_str())
                .body(data.clone()),
            Body::Multipart(form) => builder.multipart(form.form()?),
        };
    }
    builder
        .build()
        .map_err(|error| classify::Innermost::of(&error.without_url()).to_string())
}
