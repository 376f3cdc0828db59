//! The socket of one prompt: messages that were read, and no errors, since everything it tells is found by asking too.

use std::time::Duration;

use bytes::Bytes;
use videogen_net::{Message, WebSocket};

use crate::Error;
use crate::client::ComfyClient;
use crate::picture::Format;
use crate::wire::frame::Frame;
use crate::wire::socket::SocketMessage;

/// What was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A text message.
    Message(SocketMessage),
    /// A preview.
    Preview {
        prompt: Option<String>,
        format: Format,
        image: Bytes,
    },
    /// Something that is of no use.
    Nothing,
    /// The socket is gone, and why. Nothing is heard after.
    Closed(String),
}

/// The largest message: previews have up to a few megabytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// ComfyUI sends no pings, and while it loads a model it may not even answer them for a long time.
const IDLE: Duration = Duration::from_mins(3);

/// Asks for previews that say whose they are.
const FLAGS: &str = r#"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#;

/// An open socket.
#[derive(Debug)]
pub(crate) struct Link {
    socket: WebSocket,
}

impl Link {
    /// Opens the socket on which `name` hears of its prompts.
    pub(crate) async fn open(
        client: &ComfyClient,
        name: &str,
        previews: bool,
    ) -> Result<Self, Error> {
        let mut socket = client.socket(name, MAX_MESSAGE, IDLE).await?;
        if previews {
            let sent = socket.send(Message::Text(FLAGS.to_owned())).await;
            sent.map_err(Error::net("a socket"))?;
        }
        Ok(Self { socket })
    }

    /// The next thing that comes. Dropping the future loses nothing.
    pub(crate) async fn hear(&mut self) -> Heard {
        match self.socket.next().await {
            // What cannot be read is not worth the socket.
            Ok(Some(Message::Text(text))) => {
                SocketMessage::read(&text).map_or(Heard::Nothing, Heard::Message)
            }
            Ok(Some(Message::Binary(frame))) => match Frame::read(&frame) {
                Some(Frame::Preview {
                    prompt,
                    format,
                    image,
                    ..
                }) => Heard::Preview {
                    prompt,
                    format,
                    image,
                },
                _ => Heard::Nothing,
            },
            Ok(Some(_)) => Heard::Nothing,
            Ok(None) => Heard::Closed("the server closed it".to_owned()),
            Err(error) => Heard::Closed(crate::error::chain(&Error::net("a socket")(error))),
        }
    }
}
