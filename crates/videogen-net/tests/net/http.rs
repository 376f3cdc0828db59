//! What is asked and what is answered, with servers that behave.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;
use videogen_net::{Error, Method, Multipart, RangeAnswer, Redirects, Request, Secret};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::server::{Server, answer, client, json as json_answer, read_head};

fn url(server: &MockServer, path: &str) -> Url {
    Url::parse(&format!("{}{path}", server.uri())).unwrap()
}

#[tokio::test]
async fn json_goes_out_and_comes_back() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/prompt"))
        .and(query_param("a b", "ü&c"))
        .and(header("authorization", "Bearer sk-1"))
        .and(body_json(json!({"n": 1})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"ok": true})))
        .expect(2)
        .mount(&server)
        .await;
    let request = Request::post(url(&server, "/prompt"))
        .query("a b", "ü&c")
        .bearer(&Secret::new("sk-1"))
        .json(&json!({"n": 1}));
    assert!(!format!("{request:?}").contains("sk-1"));
    for _ in 0..2 {
        let answer: Value = client().json(request.clone()).await.unwrap();
        assert_eq!(answer, json!({"ok": true}));
    }
}

#[tokio::test]
async fn text_is_asked_for_compressed_and_an_address_may_be_long() {
    let server = MockServer::start().await;
    let long = "x".repeat(8 * 1024);
    Mock::given(method("GET"))
        .and(query_param("q", long.as_str()))
        .and(header("accept-encoding", "gzip"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let request = Request::get(url(&server, "/")).query("q", &long);
    assert_eq!(client().send(request).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_form_arrives_whole_whatever_its_names() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let form = Multipart::new().text("overwrite", "true").file(
        "image",
        "a\"b\r\nX: y.png",
        "image/png",
        vec![0_u8, 159, 255],
    );
    client()
        .send(Request::post(url(&server, "/upload/image")).multipart(form))
        .await
        .unwrap();
    let requests = server.received_requests().await.unwrap();
    let body = &requests[0].body;
    assert!(body.windows(3).any(|part| part == [0, 159, 255]));
    let text = String::from_utf8_lossy(body);
    assert!(
        text.contains("name=\"overwrite\"") && text.contains("image/png"),
        "{text}"
    );
    assert!(!text.contains("\r\nX: y.png"), "{text}");
    assert_eq!(
        requests[0].headers["content-length"].to_str().unwrap(),
        body.len().to_string()
    );
}

#[tokio::test]
async fn an_error_has_the_servers_words_its_wait_and_not_our_key() {
    let server = MockServer::start().await;
    Mock::given(path("/busy"))
        .respond_with(
            ResponseTemplate::new(429)
                .insert_header("retry-after", "7")
                .set_body_json(json!({"error": {"message": "slow down, sk-secret-key"}})),
        )
        .mount(&server)
        .await;
    let request =
        Request::get(url(&server, "/busy?token=abc")).bearer(&Secret::new("sk-secret-key"));
    let error = client().send(request).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    let text = error.to_string();
    assert!(text.contains("429") && text.contains("slow down"), "{text}");
    assert!(
        !text.contains("sk-secret") && !text.contains("abc"),
        "{text}"
    );
    let Error::Status(status) = error else {
        panic!()
    };
    assert!(serde_json::from_slice::<Value>(&status.body).is_ok());
}

#[tokio::test]
async fn any_status_is_an_answer_where_that_is_wanted() {
    let server = MockServer::start().await;
    Mock::given(path("/400"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({"node_errors": {}})))
        .mount(&server)
        .await;
    let response = client()
        .send(Request::get(url(&server, "/400")).any_status())
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
    assert!(
        response
            .json::<Value>()
            .await
            .unwrap()
            .get("node_errors")
            .is_some()
    );
    let error = client()
        .send(Request::new(Method::Delete, url(&server, "/none")))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert!(!error.is_retryable() && error.help().is_some());
}

#[tokio::test]
async fn a_part_is_fetched_and_a_server_without_parts_is_noticed() {
    let server = Server::answering(answer(
        "206 Partial Content",
        "Content-Range: bytes 3-5/6\r\n",
        "def",
    ))
    .await;
    let mut response = client()
        .send(Request::get(server.url("/")).range(3, None))
        .await
        .unwrap();
    assert_eq!(
        response.range(3, None, Some(6)).unwrap(),
        RangeAnswer::Partial { total: Some(6) }
    );
    assert!(matches!(
        response.range(2, None, Some(6)),
        Err(Error::Range { .. })
    ));
    let mut have = b"abc".to_vec();
    let mut heard = 0;
    response
        .copy_to(&mut have, |bytes| heard = bytes)
        .await
        .unwrap();
    assert_eq!((have.as_slice(), heard), (b"abcdef".as_slice(), 3));

    let server = Server::answering(answer("200 OK", "", "abcdef")).await;
    let response = client()
        .send(Request::get(server.url("/")).range(3, Some(6)))
        .await
        .unwrap();
    assert_eq!(
        response.range(3, Some(6), None).unwrap(),
        RangeAnswer::Whole
    );
    assert!(matches!(
        client()
            .send(Request::get(server.url("/")).range(3, Some(3)))
            .await,
        Err(Error::InvalidRequest { .. })
    ));
}

#[tokio::test]
async fn a_relative_redirect_is_followed_on_the_same_host() {
    let server = Server::new(|mut stream| async move {
        use tokio::io::AsyncWriteExt;
        loop {
            let head = read_head(&mut stream).await;
            let said = if head.starts_with("GET /a/b ") {
                answer("307 Temporary Redirect", "Location: ../c?d\r\n", "")
            } else if head.starts_with("GET /c?d ") {
                json_answer("[1]")
            } else if head.starts_with("GET /loop ") {
                answer("302 Found", "Location: /loop\r\n", "")
            } else {
                return;
            };
            stream.write_all(&said).await.unwrap();
        }
    })
    .await;
    let client = client();
    let response = client.send(Request::get(server.url("/a/b"))).await.unwrap();
    assert_eq!(response.url().path(), "/c");
    assert_eq!(response.json::<Value>().await.unwrap(), json!([1]));
    assert_eq!(server.connections(), 1, "one connection serves both");
    let error = client
        .send(Request::get(server.url("/loop")))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Redirect {
                problem: "more than five redirects",
                ..
            }
        ),
        "{error}"
    );
    let refused = Request::get(server.url("/a/b")).redirects(Redirects::None);
    assert!(matches!(
        client.send(refused).await,
        Err(Error::Redirect { .. })
    ));
}

#[tokio::test]
async fn lines_and_events_come_as_they_are_written() {
    let body = "data: {\"a\":1}\n\n: ping\n\nevent: x\r\ndata: é\r\n\r\ndata: [DONE]\n\n";
    let server = Server::new(move |mut stream| async move {
        use tokio::io::AsyncWriteExt;
        read_head(&mut stream).await;
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await
            .unwrap();
        // One byte a chunk cuts the `é` in two.
        for byte in body.bytes() {
            stream
                .write_all(&[b'1', b'\r', b'\n', byte, b'\r', b'\n'])
                .await
                .unwrap();
            stream.flush().await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    })
    .await;
    let mut events = client()
        .send(Request::get(server.url("/")))
        .await
        .unwrap()
        .events(1000);
    let mut found = Vec::new();
    while let Some(event) = events.next().await.unwrap() {
        found.push((event.event, event.data));
    }
    let expected =
        [("", "{\"a\":1}"), ("x", "é"), ("", "[DONE]")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(found, expected);

    let server = Server::answering(answer("200 OK", "", "{\"a\":1}\r\n{\"b\":2}\nrest")).await;
    let mut lines = client()
        .send(Request::get(server.url("/")))
        .await
        .unwrap()
        .lines(100);
    let mut found = Vec::new();
    while let Some(line) = lines.next().await.unwrap() {
        found.push(line);
    }
    assert_eq!(found, ["{\"a\":1}", "{\"b\":2}", "rest"]);
}

#[tokio::test]
async fn the_token_ends_a_request_and_the_reading_of_an_answer() {
    let silent = Server::freezing_after("").await;
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        later.cancel();
    });
    let error = client()
        .send(Request::get(silent.url("/")).cancel(&cancel))
        .await
        .unwrap_err();
    assert!(error.is_cancelled() && !error.is_retryable());

    let slow = Server::freezing_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await;
    let cancel = CancellationToken::new();
    let response = client()
        .send(Request::get(slow.url("/")).cancel(&cancel))
        .await
        .unwrap();
    cancel.cancel();
    assert!(response.bytes().await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn what_cannot_be_sent_is_told_before_it_is() {
    let server = Server::answering(json_answer("{}")).await;
    for request in [
        Request::get(server.url("/")).header("x", "a\r\nb: c"),
        Request::get(server.url("/")).header("a b", "c"),
        Request::post(server.url("/")).multipart(Multipart::new().file(
            "f",
            "n",
            "not a type",
            "x",
        )),
        Request::post(server.url("/")).json(&std::collections::HashMap::from([((1, 2), 3)])),
    ] {
        let error = client().send(request).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{error}");
    }
    assert_eq!(server.connections(), 0);
}
