//! The mirror's handle, and its thread: it listens, refuses, goes away and comes back.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::connection::Connection;
use super::content::Content;
use super::fault::FaultRule;
use super::options::Builder;
use super::request::MirrorRequest;
use super::shared::{Orders, Shared};

/// A mirror on the loopback. It stops when it is dropped.
pub struct MockMirror {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl MockMirror {
    /// See [`Builder`].
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn launch(options: Builder) -> (Self, oneshot::Receiver<()>) {
        let listener = std::net::TcpListener::bind((options.address, options.port))
            .expect("the mirror can listen on the loopback");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared::new(options));
        let served = Arc::clone(&shared);
        let (ready, started) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("mock-mirror".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_io()
                    .enable_time()
                    .build()
                    .expect("a runtime can be made");
                ready.send(()).ok();
                runtime.block_on(lives(&served, address, listener));
            })
            .expect("a thread can be started");
        let mirror = Self {
            shared,
            address,
            thread: Some(thread),
        };
        (mirror, started)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of a file, such as `http://127.0.0.1:34567/voice.onnx`.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// Returns addresses that look like others and lead here, if they lead anywhere: the loopback as a mapped IPv6 literal,
    /// as one number, in hexadecimal, in octal, shortened, with full-width digits, and behind a user's name.
    pub fn disguised_urls(&self, name: &str) -> Vec<String> {
        let port = self.address.port();
        let hosts = [
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::127.0.0.1]",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "127.0.0.1.",
            "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
            "a@127.0.0.1",
            "a:b@127.0.0.1",
        ];
        hosts
            .map(|host| format!("http://{host}:{port}/{name}"))
            .into()
    }

    /// Returns every request so far, in the order in which they came.
    pub fn requests(&self) -> Vec<MirrorRequest> {
        self.shared.requests()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        self.shared.forget_requests();
    }

    /// Returns the bytes of bodies that were given to the system so far; what a client that went away did not read is
    /// among them.
    pub fn bytes_sent(&self) -> u64 {
        self.shared.sent()
    }

    /// Returns how many connections are open now.
    pub fn connections(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Returns how many connections were open at once, at most.
    pub fn peak_connections(&self) -> usize {
        self.shared.peak.load(Ordering::SeqCst)
    }

    /// Returns how many connections were accepted so far.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// Has this fault from now on, and no other. Answers that were begun go on as they were.
    pub fn set_fault(&self, rule: impl Into<FaultRule>) {
        self.shared.set_rules(vec![rule.into()]);
    }

    /// Has this fault from now on, besides those that it has.
    pub fn add_fault(&self, rule: impl Into<FaultRule>) {
        self.shared.add_rule(rule.into());
    }

    /// Has no fault from now on. An answer that froze stays frozen.
    pub fn heal(&self) {
        self.shared.set_rules(Vec::new());
    }

    /// Puts other content under this name from now on; its strong validator is another one.
    pub fn replace(&self, name: &str, content: impl Into<Content>) {
        self.shared.replace(name, content.into());
    }

    /// Breaks every connection and refuses new ones until [`MockMirror::come_up`].
    pub fn go_down(&self) {
        self.shared.orders.send_modify(|orders| orders.down = true);
    }

    /// Listens again, on the same port.
    pub fn come_up(&self) {
        self.shared.orders.send_modify(|orders| orders.down = false);
    }
}

impl Drop for MockMirror {
    fn drop(&mut self) {
        self.shared.orders.send_modify(|orders| orders.stop = true);
        if let Some(thread) = self.thread.take() {
            // A panic of the mirror is printed by its thread; a second one here would abort.
            thread.join().ok();
        }
    }
}

impl fmt::Debug for MockMirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockMirror")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

async fn lives(shared: &Arc<Shared>, address: SocketAddr, first: std::net::TcpListener) {
    let mut orders = shared.orders.subscribe();
    let mut listener = TcpListener::from_std(first).ok();
    loop {
        let order = *orders.borrow_and_update();
        if order.stop {
            return;
        }
        if shared.refuses() {
            // Closed: the system refuses for us.
            listener = None;
            orders.changed().await.ok();
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => match again(address).await {
                Ok(open) => open,
                Err(_) => return,
            },
        };
        tokio::select! {
            _ = orders.changed() => {}
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    let number = shared.accepted.fetch_add(1, Ordering::SeqCst) + 1;
                    tokio::spawn(connection(Arc::clone(shared), stream, number, orders.clone()));
                }
            }
        }
        listener = Some(open);
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

async fn connection(
    shared: Arc<Shared>,
    stream: TcpStream,
    number: u64,
    mut orders: watch::Receiver<Orders>,
) {
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.peak.fetch_max(open, Ordering::SeqCst);
    let serving = Connection::new(stream, number, Arc::clone(&shared)).serve();
    tokio::select! {
        () = serving => {}
        _ = orders.wait_for(|orders| orders.down || orders.stop) => {}
    }
    shared.open.fetch_sub(1, Ordering::SeqCst);
}
