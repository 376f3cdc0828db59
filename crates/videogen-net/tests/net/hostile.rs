//! Servers that break, stall, lie and flood.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use videogen_net::{Blame, ConnectFailure, Deadlines, Error, Phase, Request};

use crate::server::{Server, answer, client, end, json, read_head};

/// The failure of reading the answer as JSON.
async fn failure(server: &Server, request: impl FnOnce(Request) -> Request) -> Error {
    let request = request(Request::get(server.url("/x?key=sk-1")));
    let error = match client().send(request).await {
        Ok(response) => response.json::<Value>().await.unwrap_err(),
        Err(error) => error,
    };
    let mut text = format!("{error:?} {error}");
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    assert!(!text.contains("sk-1"), "{text}");
    error
}

fn short(request: Request) -> Request {
    request.deadlines(Deadlines {
        stall: Duration::from_millis(200),
        ..Deadlines::default()
    })
}

#[tokio::test]
async fn nobody_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = url::Url::parse(&format!("http://{address}/")).unwrap();
    let error = client().send(Request::get(url)).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Connect {
                kind: ConnectFailure::Refused,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.blame(), Blame::Down);
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("start the server"))
    );
}

#[tokio::test]
async fn no_such_host() {
    let url = url::Url::parse("http://no-such-host.invalid/").unwrap();
    let error = client().send(Request::get(url)).await.unwrap_err();
    assert!(matches!(error, Error::Dns { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_at_every_phase() {
    let silent = Server::freezing_after("").await;
    // A handshake that never comes is a connection that is not made.
    let options = videogen_net::ClientOptions::new(videogen_net::AddressPolicy::local());
    let client =
        videogen_net::HttpClient::new(options.connect_timeout(Duration::from_millis(200))).unwrap();
    let url = url::Url::parse(&format!("https://{}/", silent.address)).unwrap();
    let error = client.send(Request::get(url)).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::Connect,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.blame(), Blame::Down);

    let error = failure(&silent, |request| {
        request.deadlines(Deadlines {
            first_byte: Duration::from_millis(200),
            ..Deadlines::default()
        })
    })
    .await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::FirstByte,
                ..
            }
        ),
        "{error:?}"
    );

    let half = Server::freezing_after(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n[1,",
    )
    .await;
    let error = failure(&half, short).await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::Stall,
                ..
            }
        ),
        "{error:?}"
    );

    let error = failure(&half, |request| {
        request.deadlines(Deadlines {
            total: Duration::from_millis(300),
            ..Deadlines::default()
        })
    })
    .await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_trickle_is_ended_by_the_total_deadline() {
    let server = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            .await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let began = Instant::now();
    let error = failure(&server, |request| {
        request.deadlines(Deadlines {
            total: Duration::from_millis(500),
            ..Deadlines::default()
        })
    })
    .await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::Total,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_trickle_of_headers_is_ended_too() {
    let server = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").await;
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let error = failure(&server, |request| {
        request.deadlines(Deadlines {
            first_byte: Duration::from_millis(300),
            ..Deadlines::default()
        })
    })
    .await;
    assert!(
        matches!(
            error,
            Error::Timeout {
                phase: Phase::FirstByte,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn resets_and_early_ends() {
    let reset = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let error = failure(&reset, |request| request).await;
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
    assert_eq!(error.blame(), Blame::Fault);

    let closed = Server::answering("").await;
    let error = failure(&closed, |request| request).await;
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");

    let cut = Server::answering("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1,").await;
    let error = failure(&cut, |request| request).await;
    assert!(
        matches!(
            error,
            Error::Truncated {
                received: 3,
                expected: Some(10),
                ..
            }
        ),
        "{error:?}"
    );

    let cut =
        Server::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n")
            .await;
    let error = failure(&cut, |request| request).await;
    assert!(
        matches!(
            error,
            Error::Truncated {
                received: 3,
                expected: None,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.is_retryable());

    let broken = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[1,")
            .await;
        // Long enough for the client to have read it; a reset throws away what has not been.
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let error = failure(&broken, |request| request).await;
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn a_gigabyte_is_refused_before_it_is_read_or_when_it_is_too_much() {
    let announced =
        Server::freezing_after("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
    let error = failure(&announced, |request| request).await;
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "answer",
                limit: 16_777_216,
                ..
            }
        ),
        "{error:?}"
    );

    let endless = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let block = vec![b' '; 65536];
        while stream.write_all(&block).await.is_ok() {}
    })
    .await;
    let error = failure(&endless, |request| request.max_body(1_000_000)).await;
    assert!(
        matches!(
            error,
            Error::TooLarge {
                limit: 1_000_000,
                ..
            }
        ),
        "{error:?}"
    );
    let mut lines = client()
        .send(Request::get(endless.url("/")))
        .await
        .unwrap()
        .lines(1000);
    assert!(matches!(
        lines.next().await,
        Err(Error::TooLarge {
            what: "line",
            limit: 1000,
            ..
        })
    ));
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_large_one_is_refused() {
    // 10 MB of zeros, compressed.
    let bomb = include_bytes!("zeros.gz");
    assert!(bomb.len() < 20_000);
    let server = Server::answering(answer("200 OK", "Content-Encoding: gzip\r\n", bomb)).await;
    let error = failure(&server, |request| request.max_body(100_000)).await;
    assert!(
        matches!(error, Error::TooLarge { limit: 100_000, .. }),
        "{error:?}"
    );
    let response = client().send(Request::get(server.url("/"))).await.unwrap();
    assert_eq!(response.bytes().await.unwrap().len(), 10_000_000);
    // Where the bytes themselves are wanted, compression is a different file.
    let error = client()
        .send(Request::get(server.url("/")).identity())
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::UnexpectedContent { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn heads_of_a_megabyte_and_of_a_thousand_headers() {
    let huge = format!("X: {}\r\n", "a".repeat(1024 * 1024));
    let server = Server::answering(answer("200 OK", &huge, "{}")).await;
    let error = failure(&server, |request| request).await;
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "head of the answer",
                ..
            }
        ),
        "{error:?}"
    );

    let large = format!("X: {}\r\n", "a".repeat(200 * 1024));
    let server = Server::answering(answer("200 OK", &large, "{}")).await;
    let error = failure(&server, |request| request).await;
    assert!(
        matches!(
            error,
            Error::TooLarge {
                what: "head of the answer",
                ..
            }
        ),
        "{error:?}"
    );

    let many = "X: a\r\n".repeat(1000);
    let server = Server::answering(answer("200 OK", &many, "{}")).await;
    let error = failure(&server, |request| request).await;
    assert!(
        matches!(error, Error::TooLarge { .. } | Error::Protocol { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn what_is_not_the_expected_json() {
    let html = Server::answering(answer(
        "200 OK",
        "Content-Type: text/html; charset=utf-8\r\n",
        "<html>Log in</html>",
    ))
    .await;
    let error = failure(&html, |request| request).await;
    assert!(
        matches!(&error, Error::UnexpectedContent { found, .. } if found == "text/html"),
        "{error:?}"
    );
    assert!(!error.is_retryable() && error.blame().is_worth_another());

    let disguised = Server::answering(answer(
        "200 OK",
        "Content-Type: application/json\r\n",
        "<html>",
    ))
    .await;
    let error = failure(&disguised, |request| request).await;
    assert!(
        matches!(&error, Error::UnexpectedContent { found, .. } if found == "HTML or XML"),
        "{error:?}"
    );

    let empty = Server::answering(json(" \n")).await;
    let error = failure(&empty, |request| request).await;
    assert!(
        matches!(&error, Error::UnexpectedContent { found, .. } if found == "empty"),
        "{error:?}"
    );

    let deep = Server::answering(json(&"[".repeat(10_000))).await;
    let error = failure(&deep, |request| request).await;
    assert!(matches!(error, Error::Json { .. }), "{error:?}");

    let latin = Server::answering(answer(
        "200 OK",
        "Content-Type: application/json\r\n",
        b"{\"a\":\"\xe9\"}",
    ))
    .await;
    let error = failure(&latin, |request| request).await;
    assert!(matches!(error, Error::InvalidText { .. }), "{error:?}");
    let text = client()
        .send(Request::get(latin.url("/")))
        .await
        .unwrap()
        .text()
        .await;
    assert!(matches!(text, Err(Error::InvalidText { .. })));
}

#[tokio::test]
async fn what_is_not_http() {
    for said in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ] {
        let server = Server::answering(said).await;
        let error = failure(&server, |request| request).await;
        assert!(matches!(error, Error::Protocol { .. }), "{said}: {error:?}");
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn no_tls_where_tls_is_wanted() {
    let server = Server::new(|mut stream| async move {
        // Whatever comes is a bad request to it.
        let _ = tokio::io::AsyncReadExt::read_u8(&mut stream).await;
        let _ = stream.write_all(&answer("400 Bad Request", "", "")).await;
        end(stream).await;
    })
    .await;
    let url = url::Url::parse(&format!("https://{}/", server.address)).unwrap();
    let error = client().send(Request::get(url)).await.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("http://")),
        "{:?}",
        error.help()
    );
}

#[tokio::test]
async fn a_bad_status_whose_body_is_cut_off_is_one_failure() {
    let server = Server::answering("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nno").await;
    let http = client();
    let error = http.send(Request::get(server.url("/"))).await.unwrap_err();
    assert!(matches!(error, Error::Status(_)), "{error:?}");
    let origin = server.url("/").origin().ascii_serialization();
    let traffic = http.traffic()[&origin];
    assert_eq!((traffic.requests, traffic.failures), (1, 1));
}

#[tokio::test]
async fn a_page_of_errors_of_a_gigabyte_is_an_error_all_the_same() {
    let server = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 500 Oops\r\nContent-Length: 1073741824\r\nRetry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
            .await;
        let block = vec![b'e'; 65536];
        while stream.write_all(&block).await.is_ok() {}
    })
    .await;
    let error = failure(&server, |request| request.max_body(10)).await;
    let Error::Status(status) = error else {
        panic!("{error:?}")
    };
    assert_eq!((status.status, status.body.len()), (500, 65536));
    assert!(status.excerpt.len() < 250);
    assert_eq!(status.retry_after, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_full_disk_is_not_the_servers_fault() {
    struct Full;
    impl tokio::io::AsyncWrite for Full {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &[u8],
        ) -> std::task::Poll<std::io::Result<usize>> {
            std::task::Poll::Ready(Err(std::io::ErrorKind::StorageFull.into()))
        }
        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
    }
    let server = Server::answering(answer("200 OK", "", "abc")).await;
    let mut response = client().send(Request::get(server.url("/"))).await.unwrap();
    let error = response.copy_to(&mut Full, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Write { .. }) && !error.is_retryable());
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("disk is full"))
    );
}

#[tokio::test]
async fn dropping_an_answer_closes_its_connection() {
    let (closed, mut heard) = tokio::sync::mpsc::channel(1);
    let server = Server::new(move |mut stream| {
        let closed = closed.clone();
        async move {
            read_head(&mut stream).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                .await;
            end(stream).await;
            let _ = closed.send(()).await;
        }
    })
    .await;
    let client = client();
    let mut response = client.send(Request::get(server.url("/"))).await.unwrap();
    assert!(response.chunk().await.unwrap().is_some());
    drop(response);
    tokio::time::timeout(Duration::from_secs(9), heard.recv())
        .await
        .unwrap();
}
