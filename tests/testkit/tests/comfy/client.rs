//! A client as plain as can be: one connection a request, a socket that blocks.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::comfy::MockComfy;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub(crate) fn ask(
    mock: &MockComfy,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(mock.address())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut head = format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
        path.replace(' ', "%20"),
        mock.address(),
        body.len()
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    let end = all
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok())
        .ok_or(io::ErrorKind::InvalidData)?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Reply {
        status,
        headers,
        body: all[end + 4..].to_vec(),
    })
}

pub(crate) fn get(mock: &MockComfy, path: &str) -> Reply {
    ask(mock, "GET", path, &[], &[]).unwrap()
}

pub(crate) fn post(mock: &MockComfy, path: &str, body: &str) -> Reply {
    let headers = [("Content-Type", "application/json")];
    ask(mock, "POST", path, &headers, body.as_bytes()).unwrap()
}

/// Posts a prompt in its own words, since their order counts. Returns the id.
pub(crate) fn submit(
    mock: &MockComfy,
    prompt: &str,
    client: Option<&str>,
    extra: &Value,
) -> String {
    let client = client.map_or(String::new(), |id| format!("\"client_id\":\"{id}\","));
    let reply = post(
        mock,
        "/prompt",
        &format!("{{{client}\"extra_data\":{extra},\"prompt\":{prompt}}}"),
    );
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["prompt_id"].as_str().unwrap().to_owned()
}

/// Waits for the history's entry.
pub(crate) fn history(mock: &MockComfy, id: &str) -> Value {
    eventually(|| {
        let mut answer = get(mock, &format!("/history/{id}")).json();
        answer.get_mut(id).map(Value::take)
    })
}

pub(crate) fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "it never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) struct Socket {
    inner: WebSocket<TcpStream>,
    pub(crate) id: String,
    pub(crate) seen: Vec<Value>,
}

impl Socket {
    pub(crate) fn open(mock: &MockComfy, id: &str) -> Self {
        Self::try_open(mock, id).unwrap()
    }

    pub(crate) fn try_open(mock: &MockComfy, id: &str) -> Result<Self, tungstenite::Error> {
        let stream = TcpStream::connect(mock.address())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let address = format!("ws://{}/ws?clientId={id}", mock.address());
        match tungstenite::client(address, stream) {
            Ok((inner, _)) => Ok(Self {
                inner,
                id: id.to_owned(),
                seen: Vec::new(),
            }),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
            Err(tungstenite::HandshakeError::Interrupted(_)) => {
                panic!("a blocking socket is never interrupted")
            }
        }
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.inner.send(Message::text(message.to_string())).unwrap();
    }

    /// The next message, noted; `None` when the socket closed or stayed silent for so long.
    pub(crate) fn next_within(&mut self, limit: Duration) -> Option<Value> {
        self.inner.get_ref().set_read_timeout(Some(limit)).unwrap();
        loop {
            let shown = match self.inner.read() {
                Ok(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
                Ok(Message::Binary(bytes)) => json!({
                    "binary": u32::from_be_bytes(bytes[..4].try_into().unwrap()),
                    "second": u32::from_be_bytes(bytes[4..8].try_into().unwrap()),
                    "bytes": bytes.to_vec(),
                }),
                Ok(_) => continue,
                Err(_) => return None,
            };
            self.seen.push(shown);
            return self.seen.last().cloned();
        }
    }

    /// Reads up to and with the first message of which this is true.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self
                .next_within(PATIENCE)
                .unwrap_or_else(|| panic!("the socket ended after {:#?}", self.seen));
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Reads to the very end of the prompt.
    pub(crate) fn until_over(&mut self, prompt: &str) {
        self.until(|message| {
            message["type"] == "executing"
                && message["data"]["node"].is_null()
                && message["data"]["prompt_id"] == prompt
        });
    }
}
