//! The mock server's thread: it listens until it is dropped.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use super::memory::Shared;
use super::options::{Builder, Kind};
use super::{Counters, Say, routes};

/// A server of language models that is not one, on a port of 127.0.0.1. It has a thread and a runtime of its own, and stops
/// when it is dropped.
pub struct MockLlm {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl MockLlm {
    /// See [`Builder`].
    pub fn builder(kind: Kind) -> Builder {
        Builder::new(kind)
    }

    pub(crate) fn start(options: Builder) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", options.port))
            .expect("the mock server can listen on 127.0.0.1");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared::new(options));
        let served = Arc::clone(&shared);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("mock-llm".to_owned())
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

    /// The port it listens on, for another one to take its place.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Which server it is.
    pub fn kind(&self) -> Kind {
        self.shared.options.kind
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.shared.state().counters.clone()
    }

    /// The bodies of the newest 1,000 questions, oldest first.
    pub fn questions(&self) -> Vec<Value> {
        self.shared.state().questions.iter().cloned().collect()
    }

    /// The models in memory.
    pub fn loaded(&self) -> Vec<String> {
        self.shared.state().loaded.keys().cloned().collect()
    }

    /// Adds an answer behind those it is to give.
    pub fn add_answer(&self, answer: Say) {
        self.shared.state().answers.push_back(answer);
    }
}

impl Drop for MockLlm {
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

impl fmt::Debug for MockLlm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockLlm")
            .field("url", &self.url())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

async fn serve(shared: Arc<Shared>, listener: std::net::TcpListener) {
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(Arc::clone(&shared), stream));
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    stream.set_nodelay(true).ok();
    let closes = shared.options.closes;
    let streamed = Arc::new(Notify::new());
    let told = Arc::clone(&streamed);
    let service =
        service_fn(move |request| routes::handle(Arc::clone(&shared), request, Arc::clone(&told)));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    // An error here is a client that went away, or a break on purpose.
    loop {
        tokio::select! {
            _ = served.as_mut() => return,
            // llama.cpp promises to keep the connection, and closes it after a stream.
            () = streamed.notified() => if closes {
                served.as_mut().graceful_shutdown();
            }
        }
    }
}
