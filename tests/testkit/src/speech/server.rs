//! How a mock server is set up, and its thread: it listens until it is dropped.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::routes;

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Kokoro-FastAPI: lists of voices and models, times of words, a description of itself, and headers without lengths.
    Kokoro,
    /// A plain server with OpenAI's speech API, without any list.
    OpenAi,
    /// Piper's server of 2023.
    Piper2023,
    /// Piper's server of `piper-tts` 1.3 and 1.4.
    Piper13,
    /// Piper's server of `piper-tts` 1.5 and later.
    Piper15,
}

/// How it answers those who have it speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// With sound.
    Sound,
    /// With this.
    Other {
        /// 100..=999.
        status: u16,
        /// The media type.
        content_type: String,
        /// The body.
        body: Vec<u8>,
    },
    /// Never.
    Hang,
}

impl Reply {
    /// A body of this type with status 200.
    pub fn body(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::Other {
            status: 200,
            content_type: content_type.to_owned(),
            body: body.into(),
        }
    }

    /// A page of HTML with status 200, as of a proxy where somebody has to log in.
    pub fn page() -> Self {
        let page = "<!DOCTYPE html><html><title>Log in</title></html>";
        Self::body("text/html; charset=utf-8", page)
    }

    /// An error with this status.
    pub fn status(status: u16) -> Self {
        Self::Other {
            status,
            content_type: "application/json".to_owned(),
            body: b"{\"detail\": \"told to fail\"}".to_vec(),
        }
    }
}

/// Sets a [`MockSpeech`] up.
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    pub(super) kind: Kind,
    pub(super) key: Option<String>,
    pub(super) voices: Vec<String>,
    pub(super) reply: Reply,
    pub(super) captions: Reply,
    pub(super) rate: u32,
}

impl Builder {
    /// The key it wants.
    pub fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Its voices, where it lists any.
    pub fn voices(mut self, names: &[&str]) -> Self {
        self.voices = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// How it answers those who have it speak, with and without times.
    pub fn replies(mut self, reply: Reply) -> Self {
        self.captions = reply.clone();
        self.reply = reply;
        self
    }

    /// How it answers those who want times, only.
    pub fn replies_to_captions(mut self, reply: Reply) -> Self {
        self.captions = reply;
        self
    }

    /// Samples a second; 24000 without it.
    pub fn rate(mut self, rate: u32) -> Self {
        self.rate = rate;
        self
    }

    /// Starts it.
    pub fn start(self) -> MockSpeech {
        MockSpeech::start(self)
    }
}

/// What it shares with its connections.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Builder,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Shared {
    /// Every request, oldest first: `POST /v1/audio/speech` with its body, text where it is no JSON.
    pub(super) fn asked(&self) -> MutexGuard<'_, Vec<(String, Value)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server that speaks and is none, on a port of 127.0.0.1. It has a thread and a runtime of its own, and stops when it is
/// dropped.
pub struct MockSpeech {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockSpeech {
    /// See [`Builder`].
    pub fn builder(kind: Kind) -> Builder {
        let voices: &[&str] = match kind {
            Kind::Kokoro => &["af_bella", "af_heart", "bm_george", "ff_siwis"],
            Kind::OpenAi | Kind::Piper2023 => &[],
            Kind::Piper13 | Kind::Piper15 => &["en_US-ryan-high", "de_DE-thorsten-medium"],
        };
        Builder {
            kind,
            key: None,
            voices: voices.iter().map(|name| (*name).to_owned()).collect(),
            reply: Reply::Sound,
            captions: Reply::Sound,
            rate: 24_000,
        }
    }

    fn start(options: Builder) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("the mock server can listen on 127.0.0.1");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            options,
            asked: Mutex::default(),
        });
        let served = Arc::clone(&shared);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("mock-speech".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_io()
                    .enable_time()
                    .build()
                    .expect("a runtime can be made");
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = serve(served, listener) => {}
                    }
                });
            })
            .expect("a thread can be started");
        Self {
            shared,
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Such as `http://127.0.0.1:34567`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request, oldest first: `POST /v1/audio/speech` with its body, which is a text where it is no JSON.
    pub fn asked(&self) -> Vec<(String, Value)> {
        self.shared.asked().clone()
    }

    /// Every request to speak, oldest first, as [`MockSpeech::asked`] has them.
    pub fn spoken(&self) -> Vec<(String, Value)> {
        let mut asked = self.asked();
        asked.retain(|(route, _)| route.starts_with("POST "));
        asked
    }
}

impl Drop for MockSpeech {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the server is printed by its thread; a second one here would abort.
            thread.join().ok();
        }
    }
}

impl fmt::Debug for MockSpeech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockSpeech")
            .field("url", &self.url())
            .field("kind", &self.shared.options.kind)
            .finish_non_exhaustive()
    }
}

async fn serve(shared: Arc<Shared>, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                let service =
                    service_fn(move |request| routes::handle(Arc::clone(&shared), request));
                // An error here is a client that went away.
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await
                    .ok();
            });
        }
    }
}
