//! Faults of lengths, ranges and bytes.

use std::io::{Read, Write};
use std::net::TcpStream;

use testkit::mirror::MirrorFault;

use super::client::{End, SIZE, content, eventually, exchange, mirror, range, until_silent, whole};

#[test]
fn a_body_freezes_and_the_connection_stays() {
    let mirror = mirror()
        .fault(MirrorFault::FreezeAfter(0.5))
        .start_blocking();
    let reply = until_silent(&mirror, "");
    assert_eq!(
        (reply.end, reply.body.as_slice()),
        (End::Silent, &content()[..SIZE / 2])
    );
    // Of a range, its own half.
    let reply = until_silent(&mirror, "Range: bytes=100-199\r\n");
    assert_eq!(
        (reply.end, reply.body.as_slice()),
        (End::Silent, &content()[100..150])
    );
    mirror.set_fault(MirrorFault::FreezeAfterBytes(7));
    assert_eq!(until_silent(&mirror, "").body.len(), 7);
    // The clients have gone, and that is seen.
    eventually(|| mirror.connections() == 0);
    assert_eq!(mirror.bytes_sent(), 50_000 + 50 + 7);
}

#[test]
fn a_mirror_freezes_as_a_whole() {
    let mirror = mirror()
        .fault(MirrorFault::FreezeAfterTotal(150_000))
        .start_blocking();
    assert_eq!(whole(&mirror).body.len(), SIZE);
    assert_eq!(until_silent(&mirror, "").body, content()[..50_000]);
    // Not even a head any more.
    let request = "GET /f.bin HTTP/1.1\r\nHost: m\r\n\r\n";
    let (all, end) = exchange(&mirror, request, std::time::Duration::from_millis(300));
    assert_eq!((all.len(), end), (0, End::Silent));
    assert_eq!(mirror.bytes_sent(), 150_000);
    mirror.heal();
    assert_eq!(whole(&mirror).body.len(), SIZE);
}

#[test]
fn bodies_are_cut_off() {
    let mirror = mirror()
        .fault(MirrorFault::ResetEvery(30_000))
        .start_blocking();
    for _ in 0..3 {
        let reply = whole(&mirror);
        assert_eq!((reply.end, reply.body.len()), (End::Reset, 30_000));
    }
    mirror.set_fault(MirrorFault::EndEarly(0.25));
    let reply = whole(&mirror);
    assert_eq!((reply.end, reply.body.len()), (End::Closed, 25_000));
    assert_eq!(reply.header("content-length"), Some("100000"));
}

#[test]
fn wrong_bytes_have_the_right_size() {
    let mirror = mirror()
        .fault(MirrorFault::FlipByteEachMib(1))
        .start_blocking();
    let reply = whole(&mirror);
    assert_eq!((reply.status, reply.body.len()), (200, SIZE));
    let wrong = |body: &[u8]| -> Vec<usize> {
        let pairs = body.iter().zip(content());
        let wrong = pairs.enumerate().filter(|(_, (a, b))| **a != *b);
        wrong.map(|(at, _)| at).collect()
    };
    assert_eq!(wrong(&reply.body), [SIZE / 2]);
    // The same byte in each range it is in, and in no other.
    assert_eq!(range(&mirror, "49999-50000").body[1], reply.body[50_000]);
    assert_eq!(range(&mirror, "0-49999").body, content()[..50_000]);
    mirror.set_fault(MirrorFault::OtherContent);
    assert_eq!(wrong(&whole(&mirror).body).len(), SIZE);
}

#[test]
fn ranges_are_ignored() {
    let mirror = mirror().fault(MirrorFault::IgnoreRange).start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!((reply.status, &reply.body), (200, &content()));
    assert_eq!(reply.header("content-range"), None);
    assert_eq!(reply.header("accept-ranges"), Some("bytes"));
    mirror.set_fault(MirrorFault::NoRanges);
    let reply = range(&mirror, "500-599");
    assert_eq!(
        (reply.status, reply.header("accept-ranges")),
        (200, Some("none"))
    );
}

#[test]
fn ranges_are_others_than_was_asked_for() {
    let mirror = mirror()
        .fault(MirrorFault::OtherOffset(100))
        .start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.status, 206);
    assert_eq!(reply.header("content-range"), Some("bytes 600-699/100000"));
    assert_eq!(reply.body, content()[600..700]);

    mirror.set_fault(MirrorFault::ShiftedBytes(100));
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.header("content-range"), Some("bytes 500-599/100000"));
    assert_eq!(reply.body, content()[600..700]);

    mirror.set_fault(MirrorFault::WrongTotal(-1));
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.header("content-range"), Some("bytes 500-599/99999"));
    assert_eq!(reply.body, content()[500..600]);
}

#[test]
fn ranges_are_longer_or_shorter_than_they_say() {
    let mirror = mirror()
        .fault(MirrorFault::LongerThanRange(10))
        .start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.header("content-range"), Some("bytes 500-599/100000"));
    assert_eq!(
        (reply.header("content-length"), reply.body.len()),
        (Some("110"), 110)
    );

    mirror.set_fault(MirrorFault::ShorterThanRange(10));
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.header("content-range"), Some("bytes 500-599/100000"));
    assert_eq!(
        (reply.header("content-length"), reply.body.len()),
        (Some("90"), 90)
    );

    mirror.set_fault(MirrorFault::GarbageAfter(10));
    let reply = range(&mirror, "500-599");
    assert_eq!(
        (reply.header("content-length"), reply.body.len()),
        (Some("100"), 110)
    );
}

#[test]
fn lengths_are_left_out() {
    let mirror = mirror().fault(MirrorFault::Chunked).start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!((reply.status, reply.header("content-length")), (206, None));
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    let mut wanted = b"64\r\n".to_vec();
    wanted.extend(&content()[500..600]);
    wanted.extend(b"\r\n0\r\n\r\n");
    assert_eq!(reply.body, wanted);

    mirror.set_fault(MirrorFault::NoLength);
    let reply = whole(&mirror);
    assert_eq!(
        (
            reply.header("content-length"),
            reply.header("transfer-encoding")
        ),
        (None, None)
    );
    assert_eq!((reply.end, reply.body), (End::Closed, content()));
}

#[test]
fn gzip_is_real_gzip() {
    let mirror = mirror().fault(MirrorFault::Gzip).start_blocking();
    let reply = range(&mirror, "500-");
    assert_eq!(
        (reply.status, reply.header("content-encoding")),
        (206, Some("gzip"))
    );
    let length = reply.body.len().to_string();
    assert_eq!(reply.header("content-length"), Some(length.as_str()));
    // Stored blocks: ten bytes of a head, five before each block, eight behind the last.
    let (block, rest) = (&reply.body[10..15 + 65_535], &reply.body[15 + 65_535..]);
    assert_eq!((block[0], &block[5..]), (0, &content()[500..66_035]));
    assert_eq!(
        (rest[0], &rest[5..rest.len() - 8]),
        (1, &content()[66_035..])
    );
    let sum = &rest[rest.len() - 8..rest.len() - 4];
    assert_eq!(sum, crc32fast::hash(&content()[500..]).to_le_bytes());
}

#[test]
fn connections_are_refused_after_some() {
    let mirror = mirror().fault(MirrorFault::RefuseAfter(2)).start_blocking();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(mirror.address()).unwrap();
        stream
            .write_all(b"GET /f.bin HTTP/1.1\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        assert!(all.ends_with(&content()));
    }
    // The third may have waited in the system's queue before the port was closed; it is never served.
    eventually(|| TcpStream::connect(mirror.address()).is_err());
    assert_eq!(mirror.requests().len(), 2);
    mirror.heal();
    eventually(|| TcpStream::connect(mirror.address()).is_ok());
}
