//! A real llama.cpp server with a real small model, where the machine has one.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take until the model is loaded: on a busy machine half a minute.
const LOADED_WITHIN: Duration = Duration::from_mins(2);

/// A running llama.cpp server; it is killed when it is dropped.
#[derive(Debug)]
pub struct LlamaServer {
    child: Child,
    port: u16,
}

impl LlamaServer {
    /// Starts one with these arguments beside the model and the port, without waiting for the model; `None` where there is
    /// none, which is told on standard error. `scripts/test.sh` sets `VIDEOGEN_TEST_LLAMA_SERVER` and
    /// `VIDEOGEN_TEST_LLAMA_MODEL`.
    ///
    /// # Panics
    /// When the program is there and cannot be started.
    pub fn start(arguments: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("there is a free port")
            .port();
        Self::start_on(port, arguments)
    }

    /// The same on a port of one's own.
    ///
    /// # Panics
    /// As [`LlamaServer::start`].
    pub fn start_on(port: u16, arguments: &[&str]) -> Option<Self> {
        let path = |name| {
            let path = std::env::var_os(name).filter(|path| !path.is_empty())?;
            Some(PathBuf::from(path)).filter(|path| path.exists())
        };
        let found = path("VIDEOGEN_TEST_LLAMA_SERVER").zip(path("VIDEOGEN_TEST_LLAMA_MODEL"));
        let Some((program, model)) = found else {
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED: there is no real llama.cpp here (scripts/test.sh installs it where it can)"
            );
            return None;
        };
        // Its libraries lie beside it.
        let libraries = program.parent().map(PathBuf::from).unwrap_or_default();
        #[expect(
            clippy::disallowed_methods,
            reason = "a server of the tests alone, which is killed when it is dropped"
        )]
        let mut command = Command::new(&program);
        let child = command
            .env("LD_LIBRARY_PATH", libraries)
            .arg("-m")
            .arg(model)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["-ngl", "0", "-t", "2"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("llama.cpp can be started");
        Some(Self { child, port })
    }

    /// The same, waiting until the model is loaded.
    ///
    /// # Panics
    /// When it is not within two minutes.
    pub fn loaded(arguments: &[&str]) -> Option<Self> {
        let server = Self::start(arguments)?;
        server.wait();
        Some(server)
    }

    /// Waits until the model is loaded.
    ///
    /// # Panics
    /// When it is not within two minutes.
    pub fn wait(&self) {
        let began = Instant::now();
        while !self.is_healthy() {
            assert!(
                began.elapsed() < LOADED_WITHIN,
                "llama.cpp does not load its model"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn is_healthy(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let asked = stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        asked.is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    /// Such as `http://127.0.0.1:34567`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it at once, whatever it does.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It is gone already when this fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        self.end();
    }
}

/// Hands connections on to `port` of this machine, byte for byte, as a container's port or a tunnel does: it hears of a
/// connection that the server has closed only after a while. Gives the port it listens on.
///
/// # Panics
/// When it cannot listen.
pub fn relay(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let own = listener
        .local_addr()
        .expect("a listener has an address")
        .port();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                continue;
            };
            let both = client
                .try_clone()
                .and_then(|a| Ok((a, server.try_clone()?)));
            let Ok((client_in, server_out)) = both else {
                continue;
            };
            std::thread::spawn(move || pass(client_in, server_out, Duration::ZERO));
            // What a relay does not hear of at once: the end of the server's side.
            std::thread::spawn(move || pass(server, client, Duration::from_millis(30)));
        }
    });
    own
}

fn pass(mut from: TcpStream, mut to: TcpStream, late: Duration) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    std::thread::sleep(late);
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = from.shutdown(std::net::Shutdown::Both);
}
