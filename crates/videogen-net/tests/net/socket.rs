//! WebSockets against a server that speaks them, and against some that do not.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Raw;
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{Error, Message, Phase, Secret, WebSocket, WebSocketRequest};

use crate::server::{Server, answer, client, read_head};

/// A server that opens every WebSocket and hands it over.
async fn server<F, R>(talk: F) -> Server
where
    F: Fn(WebSocketStream<TcpStream>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    Server::new(move |stream| {
        let talk = talk.clone();
        async move {
            if let Ok(socket) = tokio_tungstenite::accept_async(stream).await {
                talk(socket).await;
            }
        }
    })
    .await
}

fn request(server: &Server) -> WebSocketRequest {
    WebSocketRequest::new(
        Url::parse(&format!("ws://{}/ws?clientId=1&token=sk-1", server.address)).unwrap(),
    )
}

async fn open(server: &Server) -> WebSocket {
    client().websocket(request(server)).await.unwrap()
}

#[tokio::test]
async fn a_secret_header_is_sent_and_never_printed() {
    let server = Server::new(|mut stream| async move {
        let head = read_head(&mut stream).await.to_lowercase();
        let status = if head.contains("x-key: sk-9") {
            "418 I'm a teapot"
        } else {
            "400 Bad Request"
        };
        let _ = stream.write_all(&answer(status, "", "")).await;
    })
    .await;
    let request = request(&server).secret_header("x-key", &Secret::new("sk-9"));
    assert!(!format!("{request:?}").contains("sk-9"));
    let error = client().websocket(request).await.unwrap_err();
    let Error::Status(status) = &error else {
        panic!("{error}")
    };
    assert_eq!(status.status, 418);
}

#[tokio::test]
async fn messages_go_both_ways_and_a_goodbye_is_an_end() {
    let server = server(|mut socket| async move {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
            if message.is_text() || message.is_binary() {
                socket
                    .send(Raw::Ping(Bytes::from_static(b"p")))
                    .await
                    .unwrap();
                socket.send(message).await.unwrap();
            }
        }
    })
    .await;
    let mut socket = open(&server).await;
    for message in [
        Message::Text("ü".to_owned()),
        Message::Binary(vec![7; 1_000_000].into()),
        Message::Text(String::new()),
    ] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(socket.next().await.unwrap(), Some(message));
    }
    assert!(!format!("{socket:?}").contains("sk-1"));
    socket.close(Duration::from_secs(20)).await;

    let leaving = self::server(|mut socket| async move {
        let _ = socket.close(None).await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut socket = open(&leaving).await;
    assert_eq!(socket.next().await.unwrap(), None);
    assert!(matches!(
        socket.send(Message::Text("x".to_owned())).await,
        Err(Error::Lost { .. })
    ));
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_at_the_frames_head() {
    let huge = Server::new(|stream| async move {
        let Ok(socket) = tokio_tungstenite::accept_async(stream).await else {
            return;
        };
        let mut stream = socket.into_inner();
        // A final binary frame of 100 MB, by its head.
        let mut head = vec![0x82, 127];
        head.extend_from_slice(&100_000_000_u64.to_be_bytes());
        let _ = stream.write_all(&head).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut socket = open(&huge).await;
    assert!(matches!(
        socket.next().await,
        Err(Error::TooLarge {
            what: "message",
            ..
        })
    ));

    let pieces = server(|mut socket| async move {
        let _ = socket.send(Raw::Text("a".repeat(1001).into())).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut socket = client()
        .websocket(request(&pieces).max_message(1000))
        .await
        .unwrap();
    assert!(matches!(
        socket.next().await,
        Err(Error::TooLarge { limit: 1000, .. })
    ));
}

#[tokio::test]
async fn a_silent_server_is_pinged_and_then_given_up() {
    let alive = server(|mut socket| async move {
        // Answers pings by reading; says something late.
        let _ = tokio::time::timeout(Duration::from_secs(4), async {
            while socket.next().await.is_some() {}
        })
        .await;
        let _ = socket.send(Raw::Text("late".into())).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut socket = client()
        .websocket(request(&alive).idle_timeout(Duration::from_secs(3)))
        .await
        .unwrap();
    assert_eq!(
        socket.next().await.unwrap(),
        Some(Message::Text("late".to_owned()))
    );

    let dead = server(|socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let mut socket = client()
        .websocket(request(&dead).idle_timeout(Duration::from_millis(200)))
        .await
        .unwrap();
    assert!(matches!(
        socket.next().await,
        Err(Error::Timeout {
            phase: Phase::Stall,
            ..
        })
    ));
}

#[tokio::test]
async fn broken_connections_and_broken_frames() {
    let gone = server(|socket| async move {
        let stream = socket.into_inner();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let error = open(&gone).await.next().await.unwrap_err();
    assert!(
        matches!(error, Error::Lost { .. }) && error.is_retryable(),
        "{error:?}"
    );

    for (frame, is_text) in [(&[0x81, 2, 0xc3, 0x28][..], true), (&[0xff, 0][..], false)] {
        let broken = server(move |socket| async move {
            let mut stream = socket.into_inner();
            let _ = stream.write_all(frame).await;
            std::future::pending::<()>().await;
        })
        .await;
        let error = open(&broken).await.next().await.unwrap_err();
        assert_eq!(
            matches!(error, Error::InvalidText { .. }),
            is_text,
            "{error:?}"
        );
        assert!(
            is_text || matches!(error, Error::Protocol { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_handshake_that_is_none() {
    let refusing = Server::answering(answer("403 Forbidden", "", "no")).await;
    assert_eq!(
        client()
            .websocket(request(&refusing))
            .await
            .unwrap_err()
            .status(),
        Some(403)
    );

    let plain = Server::answering(answer("200 OK", "", "hello")).await;
    assert_eq!(
        client()
            .websocket(request(&plain))
            .await
            .unwrap_err()
            .status(),
        Some(200)
    );

    for headers in [
        "Upgrade: h2c\r\n",
        "Upgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n",
    ] {
        let wrong = Server::freezing_after(format!(
            "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\n{headers}\r\n"
        ))
        .await;
        let error = client().websocket(request(&wrong)).await.unwrap_err();
        assert!(matches!(error, Error::Protocol { .. }), "{error:?}");
        assert!(!format!("{error:?}{error}").contains("sk-1"));
    }

    let moved =
        Server::answering(answer("302 Found", "Location: http://127.0.0.1:1/\r\n", "")).await;
    assert!(matches!(
        client().websocket(request(&moved)).await,
        Err(Error::Redirect { .. })
    ));

    let silent = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let waiting = request(&silent).handshake_timeout(Duration::from_millis(200));
    assert!(matches!(
        client().websocket(waiting).await,
        Err(Error::Timeout { .. })
    ));
}

#[tokio::test]
async fn the_token_ends_a_wait() {
    let silent = server(|socket| async move {
        std::future::pending::<()>().await;
        drop(socket);
    })
    .await;
    let cancel = CancellationToken::new();
    let mut socket = client()
        .websocket(request(&silent).cancel(&cancel))
        .await
        .unwrap();
    cancel.cancel();
    assert!(socket.next().await.unwrap_err().is_cancelled());
}
