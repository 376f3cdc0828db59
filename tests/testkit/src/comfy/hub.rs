//! Who is connected, and who gets which message.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

/// One message for a socket.
#[derive(Debug, Clone)]
pub(crate) enum Frame {
    Text(String),
    Binary(Bytes),
}

/// The sockets by client id. One id has one socket: the newest, until any socket of that id closes.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    sockets: Mutex<BTreeMap<String, Member>>,
}

#[derive(Debug)]
struct Member {
    sender: UnboundedSender<Frame>,
    previews_with_metadata: bool,
}

impl Hub {
    pub(crate) fn join(&self, id: &str, sender: UnboundedSender<Frame>) {
        self.lock().insert(
            id.to_owned(),
            Member {
                sender,
                previews_with_metadata: false,
            },
        );
    }

    /// Removes whatever is registered under this id, also when that is another socket's doing: the
    /// real server has this flaw and clients must live with it.
    pub(crate) fn leave(&self, id: &str) {
        self.lock().remove(id);
    }

    pub(crate) fn wants_metadata(&self, id: &str) {
        if let Some(member) = self.lock().get_mut(id) {
            member.previews_with_metadata = true;
        }
    }

    pub(crate) fn has_metadata(&self, id: &str) -> bool {
        self.lock()
            .get(id)
            .is_some_and(|member| member.previews_with_metadata)
    }

    /// To one client, or to all when there is none.
    pub(crate) fn text(&self, client: Option<&str>, message: &Value) {
        self.send(client, &Frame::Text(message.to_string()));
    }

    /// To one client, or to all when there is none.
    pub(crate) fn binary(&self, client: Option<&str>, bytes: Vec<u8>) {
        self.send(client, &Frame::Binary(bytes.into()));
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn send(&self, client: Option<&str>, frame: &Frame) {
        let sockets = self.lock();
        match client {
            Some(id) => {
                if let Some(member) = sockets.get(id) {
                    member.sender.send(frame.clone()).ok();
                }
            }
            None => {
                for member in sockets.values() {
                    member.sender.send(frame.clone()).ok();
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Member>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
