//! A client as plain as can be: what it asks is text, what it gets are bytes, and how it ended.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testkit::mirror::{Builder, MockMirror};

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a mirror is silent before a test calls it frozen.
const SILENCE: Duration = Duration::from_secs(2);
/// The size of [`content`].
pub(crate) const SIZE: usize = 100_000;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
    /// It is open, and nothing comes.
    Silent,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

pub(crate) fn content() -> Vec<u8> {
    (0..SIZE).map(|n| (n * 31 % 251) as u8).collect()
}

/// A mirror with one file, `f.bin`.
pub(crate) fn mirror() -> Builder {
    MockMirror::builder().file("f.bin", content())
}

/// Sends bytes and reads all that comes until the connection ends or nothing has come for a while.
pub(crate) fn exchange(mirror: &MockMirror, request: &str, silence: Duration) -> (Vec<u8>, End) {
    let mut stream = TcpStream::connect(mirror.address()).unwrap();
    stream.set_read_timeout(Some(silence)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (mut all, mut piece) = (Vec::new(), [0; 8192]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return (all, End::Closed),
            Ok(read) => all.extend_from_slice(&piece[..read]),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => return (all, End::Silent),
                ErrorKind::ConnectionReset => return (all, End::Reset),
                other => panic!("{other}: {error}"),
            },
        }
    }
}

fn reply(mirror: &MockMirror, method: &str, path: &str, fields: &str, silence: Duration) -> Reply {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n{fields}\r\n");
    let (all, end) = exchange(mirror, &request, silence);
    let at = all.windows(4).position(|four| four == b"\r\n\r\n");
    let at = at.unwrap_or_else(|| panic!("no head: {:?} {end:?}", String::from_utf8_lossy(&all)));
    let head = String::from_utf8(all[..at].to_vec()).unwrap();
    Reply {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: all[at + 4..].to_vec(),
        end,
    }
}

pub(crate) fn ask(mirror: &MockMirror, method: &str, path: &str, fields: &str) -> Reply {
    reply(mirror, method, path, fields, PATIENCE)
}

/// Asks for the whole file.
pub(crate) fn whole(mirror: &MockMirror) -> Reply {
    ask(mirror, "GET", "/f.bin", "")
}

/// Asks for a range of the file, as `5-9`.
pub(crate) fn range(mirror: &MockMirror, range: &str) -> Reply {
    ask(
        mirror,
        "GET",
        "/f.bin",
        &format!("Range: bytes={range}\r\n"),
    )
}

/// Asks a mirror that will freeze.
pub(crate) fn until_silent(mirror: &MockMirror, fields: &str) -> Reply {
    reply(mirror, "GET", "/f.bin", fields, SILENCE)
}

pub(crate) fn eventually(mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}
