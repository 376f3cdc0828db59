//! The mock server's thread: it listens, runs, dies and comes back.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::counters::Counters;
use super::fault::Rule;
use super::files::Kind;
use super::options::Builder;
use super::shared::{Command, Shared};
use super::{SimulatedCard, Version, routes, worker};

/// A ComfyUI that is not one, on a port of 127.0.0.1. It has a thread and a runtime of its own, so
/// that tests with and without one can use it, and stops when it is dropped.
pub struct MockComfy {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl MockComfy {
    /// See [`Builder`].
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn start(options: Builder) -> Self {
        let (commands, orders) = mpsc::unbounded_channel();
        let listener = std::net::TcpListener::bind(("127.0.0.1", options.port))
            .expect("the mock server can listen on 127.0.0.1");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared::new(options, commands));
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("mock-comfyui".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_io()
                    .enable_time()
                    .build()
                    .expect("a runtime can be made");
                runtime.block_on(lives(served, address, listener, orders));
            })
            .expect("a thread can be started");
        Self {
            shared,
            address,
            thread: Some(thread),
        }
    }

    /// Such as `http://127.0.0.1:34567`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Which ComfyUI it is.
    pub fn version(&self) -> Version {
        self.shared.version()
    }

    /// The card it computes on, if it has one.
    pub fn card(&self) -> Option<&SimulatedCard> {
        self.shared.options.card.as_ref()
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.shared.counters().clone()
    }

    /// The bodies of the newest 1,000 prompts that were accepted, oldest first.
    pub fn prompts(&self) -> Vec<Value> {
        self.shared.prompts()
    }

    /// Sockets that are registered now.
    pub fn open_sockets(&self) -> usize {
        self.shared.hub.len()
    }

    /// Where its pictures lie, for tests that delete or damage them.
    pub fn output_folder(&self) -> Utf8PathBuf {
        self.shared.files().folder(Kind::Output)
    }

    /// One more fault.
    pub fn add_fault(&self, rule: impl Into<Rule>) {
        self.shared.rules().0.push(rule.into());
    }

    /// No faults from now on. A prompt that hangs keeps hanging.
    pub fn clear_faults(&self) {
        self.shared.rules().0.clear();
    }

    /// Goes down as if killed: connections break, queue, history and cached models are lost, files
    /// stay. Comes back on the same port after `down`.
    pub fn restart(&self, down: Duration) {
        self.shared.commands.send(Command::Down(Some(down))).ok();
    }

    /// Goes down like [`MockComfy::restart`] and stays away until [`MockComfy::come_up`].
    pub fn go_down(&self) {
        self.shared.commands.send(Command::Down(None)).ok();
    }

    /// Comes back after [`MockComfy::go_down`].
    pub fn come_up(&self) {
        self.shared.commands.send(Command::Up).ok();
    }

    /// Waits until nothing runs or waits in the queue. False when that takes longer than `limit`.
    pub fn wait_idle(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        loop {
            {
                let state = self.shared.state();
                if state.remaining() == 0 && state.free.is_none() {
                    return true;
                }
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Stops it and waits for its thread. Dropping does the same.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for MockComfy {
    fn drop(&mut self) {
        self.shared.commands.send(Command::Stop).ok();
        if let Some(thread) = self.thread.take() {
            // A panic of the server is printed by its thread; a second one here would abort.
            thread.join().ok();
        }
    }
}

impl fmt::Debug for MockComfy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockComfy")
            .field("url", &self.url())
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}

/// What ends one life of the server.
enum Over {
    Stop,
    Down(Option<Duration>),
}

async fn lives(
    shared: Arc<Shared>,
    address: SocketAddr,
    first: std::net::TcpListener,
    mut orders: mpsc::UnboundedReceiver<Command>,
) {
    let mut listener = TcpListener::from_std(first).expect("the listener is non-blocking");
    loop {
        let (life, over) = watch::channel(false);
        let working = tokio::spawn(worker::work(Arc::clone(&shared)));
        let end = serve(&shared, listener, &over, &mut orders).await;
        // Sockets and connections see it and break off; what the worker holds is given back.
        life.send(true).ok();
        working.abort();
        working.await.ok();
        tokio::task::yield_now().await;
        match end {
            Over::Stop => return,
            Over::Down(down) => {
                shared.forget();
                if !wait(down, &mut orders).await {
                    return;
                }
            }
        }
        listener = match again(address).await {
            Ok(listener) => listener,
            Err(_) => return,
        };
    }
}

/// False when it shall stop.
async fn wait(down: Option<Duration>, orders: &mut mpsc::UnboundedReceiver<Command>) -> bool {
    let until = down.map(|down| tokio::time::Instant::now() + down);
    loop {
        let timer = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = timer => return true,
            order = orders.recv() => match order {
                Some(Command::Up) => return true,
                Some(Command::Down(_)) => {}
                Some(Command::Stop) | None => return false,
            },
        }
    }
}

/// The port was ours a moment ago; the system may need another one to give it back.
async fn again(address: SocketAddr) -> io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match TcpListener::bind(address).await {
            Err(_) if tries < 100 => tries += 1,
            other => return other,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn serve(
    shared: &Arc<Shared>,
    listener: TcpListener,
    over: &watch::Receiver<bool>,
    orders: &mut mpsc::UnboundedReceiver<Command>,
) -> Over {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Command::Stop) | None => return Over::Stop,
                Some(Command::Down(down)) => return Over::Down(down),
                Some(Command::Up) => {}
            },
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(Arc::clone(shared), stream, over.clone()));
                }
            }
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, over: watch::Receiver<bool>) {
    stream.set_nodelay(true).ok();
    let life = over.clone();
    let service =
        service_fn(move |request| routes::handle(Arc::clone(&shared), life.clone(), request));
    let serving = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut over = over;
    tokio::select! {
        // An error here is a client that went away, or a fault.
        _ = serving => {}
        _ = over.wait_for(|over| *over) => {}
    }
}
