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
use url::Url;
use videogen_net::{
    AddressPolicy, ClientOptions, Deadlines, HttpClient, RedactedUrl, Redirects, Request, Secret,
    WebSocket, WebSocketRequest,
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
            dead: Arc::default(),
        })
    }

    /// A client with connections of its own, which go to that server and nowhere else.
    ///
    /// # Errors
    /// [`Error::Invalid`] when `base` is no http or https URL; [`Error::Net`] when HTTP cannot be set up.
    pub fn connect(base: &str) -> Result<Self, Error> {
        let shown = RedactedUrl::of_text(base);
        let url = Url::parse(base.trim()).map_err(|_| {
            Error::invalid(
                "the URL of a ComfyUI server",
                shown,
                "a URL such as http://127.0.0.1:8188",
            )
        })?;
        let policy = AddressPolicy::local().only_origins([&url]);
        let http =
            HttpClient::new(ClientOptions::new(policy)).map_err(Error::net("a connection"))?;
        Self::new(http, url)
    }

    /// Sends a header with every request, for servers behind something that wants a key. It is never printed.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: Secret) -> Self {
        self.headers.push((name.into(), value));
        self
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

    /// The body of a successful answer of at most `most` bytes.
    async fn body(&self, call: &'static str, request: Request, most: u64) -> Result<Bytes, Error> {
        let response = self
            .http
            .send(request.max_body(most))
            .await
            .map_err(Error::net(call))?;
        response.bytes().await.map_err(Error::net(call))
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
