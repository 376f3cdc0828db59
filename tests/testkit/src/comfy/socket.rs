//! One WebSocket connection: what it gets, and in what condition.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Message, Role, frame};

use super::fault::Fault;
use super::hub::Frame;
use super::shared::Shared;

/// What is wrong with this socket.
#[derive(Debug)]
pub(crate) struct Flaws(pub(crate) Vec<Fault>);

impl Flaws {
    fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    fn dropped_after(&self, sent: usize) -> bool {
        self.0
            .iter()
            .any(|flaw| matches!(flaw, Fault::SocketDropped(after) if sent >= *after))
    }

    fn loses(&self, sent: usize) -> bool {
        self.0.iter().any(|flaw| {
            matches!(flaw, Fault::SocketLoses(every) if sent.is_multiple_of((*every).max(1)))
        })
    }

    fn huge_frame(&self) -> Option<usize> {
        self.0.iter().find_map(|flaw| match flaw {
            Fault::SocketHugeFrame(bytes) => Some(*bytes),
            _ => None,
        })
    }
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Serves one socket until either side closes it.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    upgraded: Upgraded,
    client: Option<String>,
    flaws: Flaws,
) {
    let mut socket =
        WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, None).await;
    let id = client.unwrap_or_else(|| shared.uuid().replace('-', ""));
    let (sender, mut frames) = mpsc::unbounded_channel();
    shared.hub.join(&id, sender.clone());
    // Through the channel like everything else, so that the order is that of the events.
    sender
        .send(Frame::Text(shared.status(Some(&id)).to_string()))
        .ok();
    let running = {
        let state = shared.state();
        let same = state.client.as_deref() == Some(id.as_str());
        state.node.clone().filter(|_| same)
    };
    if let Some(node) = running {
        let message = json!({"type": "executing", "data": {"node": node}});
        sender.send(Frame::Text(message.to_string())).ok();
    }
    drop(sender);
    shared.counters().sockets += 1;
    talk(&shared, &id, &mut socket, &mut frames, &flaws).await;
    shared.hub.leave(&id);
}

async fn talk(
    shared: &Shared,
    id: &str,
    socket: &mut Socket,
    frames: &mut mpsc::UnboundedReceiver<Frame>,
    flaws: &Flaws,
) {
    let mut sent = 0;
    let mut first = true;
    // A socket whose place was taken hears nothing more and stays open.
    let mut registered = true;
    loop {
        tokio::select! {
            frame = frames.recv(), if registered => {
                let Some(frame) = frame else {
                    registered = false;
                    continue;
                };
                if flaws.dropped_after(sent) {
                    return;
                }
                sent += 1;
                if send(socket, frame, sent, flaws).await.is_none() {
                    return;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    if first {
                        greet(shared, id, &text);
                    }
                    first = false;
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
        }
    }
}

fn greet(shared: &Shared, id: &str, text: &str) {
    let Ok(message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    if message["type"] != "feature_flags" {
        return;
    }
    if message["data"]["supports_preview_metadata"] == true {
        shared.hub.wants_metadata(id);
    }
    let data = super::routes::info::features(shared);
    let answer = json!({"type": "feature_flags", "data": data});
    shared.hub.text(Some(id), &answer);
}

async fn send(socket: &mut Socket, frame: Frame, sent: usize, flaws: &Flaws) -> Option<()> {
    if flaws.has(&Fault::SocketSilent) || flaws.loses(sent) {
        return Some(());
    }
    if sent == 1 {
        if let Some(bytes) = flaws.huge_frame() {
            let frame = Message::Binary(Bytes::from(vec![0; bytes]));
            socket.send(frame).await.ok()?;
        }
        if flaws.has(&Fault::SocketGarbage) {
            for text in [
                "not json",
                "[]",
                "{\"type\":7}",
                "{\"type\":\"crystools.monitor\"}",
                "{}",
            ] {
                socket.send(Message::text(text)).await.ok()?;
            }
            socket
                .send(Message::Binary(Bytes::from_static(&[0, 0])))
                .await
                .ok()?;
        }
    }
    let message = match frame {
        Frame::Text(text) => Message::text(text),
        Frame::Binary(bytes) => Message::Binary(bytes),
    };
    if flaws.has(&Fault::SocketDuplicates) {
        socket.send(message.clone()).await.ok()?;
    }
    socket.send(message).await.ok()?;
    if sent == 1 && flaws.has(&Fault::SocketInvalidUtf8) {
        let payload = Bytes::from_static(b"{\"type\":\"status\xff\xfe\"}");
        let broken = frame::Frame::message(payload, OpCode::Data(Data::Text), true);
        socket.send(Message::Frame(broken)).await.ok()?;
    }
    Some(())
}
