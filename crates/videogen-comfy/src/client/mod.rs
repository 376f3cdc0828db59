//! One ComfyUI server: where it is and how it is asked.

mod calls;
mod fetch;
mod nodes;
mod sink;
mod upload;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{
    AddressPolicy, Blame, Blamed, Budget, ClientOptions, Deadlines, HttpClient, RateLimit,
    RedactedUrl, Redirects, Request, RetryPolicy, Secret, TrafficMeter, WebSocket,
    WebSocketRequest,
};

pub use calls::Free;
pub use fetch::{FetchLimits, Picture};
pub use upload::Uploaded;

use crate::{Error, PromptId};

/// A ComfyUI server. Clones are cheap and share their connections.
#[derive(Clone)]
pub struct ComfyClient {
    http: HttpClient,
    base: Url,
    headers: Vec<(String, Secret)>,
    deadlines: Deadlines,
    nodes: nodes::Nodes,
    /// How often it is given a prompt.
    limit: Option<RateLimit>,
    /// Prompts that were seen to run without any sign of life: the server's worker died with them.
    dead: Arc<Mutex<BTreeSet<String>>>,
}

impl fmt::Debug for ComfyClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComfyClient")
            .field("base", &self.name())
            .finish_non_exhaustive()
    }
}

impl ComfyClient {
    /// A client for the server at `base`, such as `http://127.0.0.1:8188` or `https://example.org/comfy/`, that sends
    /// through `http`. Nothing is asked yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `base` is not http or https.
    pub fn new(http: HttpClient, mut base: Url) -> Result<Self, Error> {
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            return Err(Error::invalid(
                "the URL of a ComfyUI server",
                RedactedUrl::new(&base),
                "an http:// or https:// URL",
            ));
        }
        base.set_query(None);
        base.set_fragment(None);
        // The event loop of the server shares one lock with the computation: answers may take seconds.
        let deadlines = Deadlines {
            first_byte: Duration::from_secs(30),
            stall: Duration::from_secs(30),
            total: Duration::from_mins(2),
        };
        Ok(Self {
            http,
            base,
            headers: Vec::new(),
            deadlines,
            nodes: nodes::Nodes::default(),
            limit: None,
            dead: Arc::default(),
        })
    }

    /// A client with connections of its own, which go to that server and nowhere else.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `base` is no http or https URL; [`Error::Net`] when HTTP cannot be set up.
    pub fn connect(base: &str) -> Result<Self, Error> {
        Self::connect_counted(base, TrafficMeter::default())
    }

    /// The same, whose requests are counted with `traffic`.
    ///
    /// # Errors
    /// As [`ComfyClient::connect`].
    pub fn connect_counted(base: &str, traffic: TrafficMeter) -> Result<Self, Error> {
        let shown = RedactedUrl::of_text(base);
        let url = Url::parse(base.trim()).map_err(|_| {
            Error::invalid(
                "the URL of a ComfyUI server",
                shown,
                "a URL such as http://127.0.0.1:8188",
            )
        })?;
        let policy = AddressPolicy::services([&url]);
        let options = ClientOptions::new(policy).traffic(traffic);
        let http = HttpClient::new(options).map_err(Error::net("a connection"))?;
        Self::new(http, url)
    }

    /// Sends a header with every request, for servers behind something that wants a key. It is never printed.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// Keeps to `limit`: each prompt that [`ComfyClient::run`] or [`ImageGenerator::paint`](crate::ImageGenerator::paint)
    /// posts is one request of it. Looking at the server and fetching pictures count for nothing.
    #[must_use]
    pub fn with_rate_limit(mut self, limit: RateLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Waits until another prompt may be posted; `waits` is called first when that is not now.
    pub(crate) async fn turn(&self, waits: impl FnOnce()) {
        if let Some(limit) = &self.limit {
            limit.turn(waits).await;
        }
    }

    /// Sets how long answers may take; without it 30 s to the first byte and between two pieces, 120 s in all.
    #[must_use]
    pub fn with_deadlines(mut self, deadlines: Deadlines) -> Self {
        self.deadlines = deadlines;
        self
    }

    /// The server's worker has died with a prompt. Whoever waits behind it need not find that out.
    pub(crate) fn has_died_with(&self, prompt: &PromptId) {
        self.dead_prompts().insert(prompt.to_string());
    }

    /// Whether the server's worker has died with one of these prompts.
    pub(crate) fn is_dead_with(&self, prompts: &[String]) -> bool {
        let dead = self.dead_prompts();
        prompts.iter().any(|prompt| dead.contains(prompt))
    }

    fn dead_prompts(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // No code that could panic runs while it is locked.
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the server is, without passwords.
    pub fn name(&self) -> RedactedUrl {
        RedactedUrl::new(&self.base)
    }

    /// The server's address for `segments`, each of which is encoded.
    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// What every request has.
    fn prepare(&self, request: Request) -> Request {
        let mut request = request
            .deadlines(self.deadlines)
            .redirects(Redirects::SameHost);
        for (name, value) in &self.headers {
            request = request.secret_header(name, value);
        }
        request
    }

    fn get(&self, segments: &[&str]) -> Request {
        self.prepare(Request::get(self.url(segments)))
    }

    fn post_to(&self, segments: &[&str]) -> Request {
        self.prepare(Request::post(self.url(segments)))
    }

    /// The socket on which prompts posted for `name` are heard of.
    pub(crate) async fn socket(
        &self,
        name: &str,
        max_message: usize,
        idle: Duration,
    ) -> Result<WebSocket, Error> {
        let mut url = self.url(&["ws"]);
        url.query_pairs_mut().append_pair("clientId", name);
        let mut request = WebSocketRequest::new(url)
            .max_message(max_message)
            .idle_timeout(idle);
        for (header, value) in &self.headers {
            request = request.secret_header(header, value);
        }
        self.http
            .websocket(request)
            .await
            .map_err(Error::net("a socket"))
    }

    /// The body of a successful answer of at most `most` bytes, of a call that may be made twice. A failure that may pass at
    /// once, such as the 502 of a tunnel, is no answer: it is asked again for some seconds.
    async fn body(&self, call: &'static str, request: Request, most: u64) -> Result<Bytes, Error> {
        let policy = RetryPolicy::default()
            .tries(TRIES)
            .pauses(FIRST_PAUSE, LONGEST_PAUSE);
        let budget = Budget::new(self.deadlines.total.saturating_mul(TRIES), TRIES);
        let late = |after| Failed {
            error: Error::TimedOut { after },
            blame: Blame::Wrong,
        };
        let never = CancellationToken::new();
        let asking = policy.run(&budget, &never, late, |_| async {
            let asked = self.once(call, request.clone(), most).await;
            asked.map_err(|error| Failed {
                blame: if passes(&error) {
                    Blame::Fault
                } else {
                    Blame::Wrong
                },
                error,
            })
        });
        asking.await.map_err(|failed| failed.error)
    }

    /// The same, asked once.
    async fn once(&self, call: &'static str, request: Request, most: u64) -> Result<Bytes, Error> {
        let response = self
            .http
            .send(request.max_body(most))
            .await
            .map_err(Error::net(call))?;
        response.bytes().await.map_err(Error::net(call))
    }
}

/// How often the server is asked, over about two seconds: when one answer in five is an error, all of so many are once in
/// 400,000 calls.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Whether asking again at once may bring another answer. Where nobody is, or somebody is silent, the caller decides: there
/// may be another server.
fn passes(error: &Error) -> bool {
    let Error::Net { source, .. } = error else {
        return false;
    };
    source.blame() == Blame::Fault && !matches!(**source, videogen_net::Error::Timeout { .. })
}

/// A failed try, and whether another one may help.
struct Failed {
    error: Error,
    blame: Blame,
}

impl Blamed for Failed {
    fn blame(&self) -> Blame {
        self.blame
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            blame: error.blame(),
            error,
        }
    }
}

/// The status of a refusal, and whether it came as JSON: ComfyUI's own "not found" does, that of a server which does not
/// have the call does not.
fn refusal(error: &Error) -> Option<(u16, bool)> {
    let Error::Net { source, .. } = error else {
        return None;
    };
    let videogen_net::Error::Status(status) = source.as_ref() else {
        return None;
    };
    Some((
        status.status,
        status.content_type.as_deref() == Some("application/json"),
    ))
}
