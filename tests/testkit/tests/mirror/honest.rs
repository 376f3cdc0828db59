//! A mirror without faults.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use testkit::mirror::{Content, MockMirror, Validator};

use super::client::{SIZE, ask, content, eventually, exchange, mirror, range, whole};

#[test]
fn a_file_comes_whole_and_in_ranges() {
    let mirror = mirror().start_blocking();
    let reply = whole(&mirror);
    assert_eq!((reply.status, &reply.body), (200, &content()));
    assert_eq!(reply.header("content-length"), Some("100000"));
    assert_eq!(reply.header("accept-ranges"), Some("bytes"));
    for (asked, from, to) in [
        ("0-0", 0, 0),
        ("5-9", 5, 9),
        ("99999-", 99_999, 99_999),
        ("50000-123456", 50_000, 99_999),
        ("-10", 99_990, 99_999),
    ] {
        let reply = range(&mirror, asked);
        assert_eq!(reply.status, 206, "{asked}");
        let said = format!("bytes {from}-{to}/{SIZE}");
        assert_eq!(reply.header("content-range"), Some(said.as_str()));
        assert_eq!(
            reply.header("content-length"),
            Some((to - from + 1).to_string().as_str())
        );
        assert_eq!(reply.body, content()[from..=to], "{asked}");
    }
    let reply = range(&mirror, "100000-");
    assert_eq!(reply.status, 416);
    assert_eq!(reply.header("content-range"), Some("bytes */100000"));
    assert_eq!(ask(&mirror, "GET", "/other.bin", "").status, 404);
    assert_eq!(ask(&mirror, "POST", "/f.bin", "").status, 405);
}

#[test]
fn what_was_asked_is_told() {
    let mirror = mirror().start_blocking();
    ask(
        &mirror,
        "GET",
        "/f.bin?token=1",
        "Range: bytes=5-\r\nUser-Agent: me\r\n",
    );
    ask(&mirror, "HEAD", "/f.bin", "");
    let requests = mirror.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].path, "/f.bin?token=1");
    assert_eq!(requests[0].range, Some((5, None)));
    assert_eq!(requests[0].header("user-agent"), Some("me"));
    assert_eq!(
        (requests[1].method.as_str(), requests[1].connection),
        ("HEAD", 2)
    );
    assert_eq!(mirror.bytes_sent(), SIZE as u64 - 5);
    eventually(|| mirror.connections() == 0);
    assert_eq!(
        (mirror.accepted(), mirror.peak_connections() >= 1),
        (2, true)
    );
}

#[test]
fn head_has_the_fields_and_no_body() {
    let mirror = mirror().start_blocking();
    let reply = ask(&mirror, "HEAD", "/f.bin", "");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), Some("100000"));
    assert_eq!(reply.header("etag"), whole(&mirror).header("etag"));
}

#[test]
fn a_connection_serves_one_request_after_another() {
    let mirror = mirror().start_blocking();
    let mut stream = TcpStream::connect(mirror.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"GET /f.bin HTTP/1.1\r\nHost: m\r\nRange: bytes=10-19\r\n\r\n")
            .unwrap();
        let mut all = Vec::new();
        let mut byte = [0];
        while !all.ends_with(&content()[10..20]) {
            stream.read_exact(&mut byte).unwrap();
            all.push(byte[0]);
        }
    }
    assert_eq!((mirror.accepted(), mirror.requests().len()), (1, 3));
    assert_eq!(mirror.connections(), 1);
}

#[test]
fn if_range_keeps_two_contents_apart() {
    let mirror = mirror().start_blocking();
    let tag = whole(&mirror).header("etag").unwrap().to_owned();
    assert!(tag.starts_with('"'));
    let fields = format!("Range: bytes=5-\r\nIf-Range: {tag}\r\n");
    assert_eq!(ask(&mirror, "GET", "/f.bin", &fields).status, 206);
    mirror.replace("f.bin", "short");
    let reply = ask(&mirror, "GET", "/f.bin", &fields);
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (200, "short".as_bytes())
    );
}

#[test]
fn validators_are_as_they_were_ordered() {
    let tag = |validator| {
        let mirror = mirror().validator(validator).start_blocking();
        [(); 2].map(|()| whole(&mirror).header("etag").map(str::to_owned))
    };
    let [first, second] = tag(Validator::Changing);
    assert_ne!(first, second);
    assert_eq!(tag(Validator::Weak)[0].as_deref(), Some("W/\"1\""));
    assert_eq!(tag(Validator::None)[0], None);
}

#[test]
fn a_pattern_of_any_size_is_served() {
    let pattern = Content::pattern(10 << 30, 3);
    let mirror = MockMirror::builder()
        .file("big", pattern.clone())
        .start_blocking();
    let from = (7 << 30) - 5;
    let fields = format!("Range: bytes={from}-{}\r\n", from + 1_999_999);
    let reply = ask(&mirror, "GET", "/big", &fields);
    assert_eq!(reply.body, pattern.range(from, 2_000_000));
}

#[test]
fn a_mirror_goes_down_and_comes_back_on_its_port() {
    let mirror = mirror().start_blocking();
    mirror.go_down();
    eventually(|| TcpStream::connect(mirror.address()).is_err());
    mirror.come_up();
    eventually(|| TcpStream::connect(mirror.address()).is_ok());
    assert_eq!(whole(&mirror).status, 200);
}

#[test]
fn what_is_not_http_ends_the_connection() {
    let mirror = mirror().start_blocking();
    let (answer, _) = exchange(&mirror, "hello\r\n\r\n", Duration::from_secs(30));
    assert!(answer.is_empty());
    assert_eq!(mirror.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_does_not_reach_it() {
    let mirror = mirror().latency(Duration::from_millis(50)).start().await;
    let begun = std::time::Instant::now();
    let reply = tokio::task::spawn_blocking(move || whole(&mirror))
        .await
        .unwrap();
    assert_eq!(reply.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(50));
}
