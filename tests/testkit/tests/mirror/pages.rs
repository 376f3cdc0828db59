//! Faults of statuses and heads.

use std::time::{Duration, SystemTime};

use testkit::mirror::{MirrorFault, RetryAfter};

use super::client::{End, SIZE, ask, content, exchange, mirror, range, whole};

#[test]
fn a_page_for_people_comes_with_200() {
    let mirror = mirror().fault(MirrorFault::HtmlPage).start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(reply.body.starts_with(b"<!DOCTYPE html>"));
    mirror.set_fault(MirrorFault::HtmlPageUnlabelled);
    let reply = whole(&mirror);
    assert_eq!(
        reply.header("content-type"),
        Some("application/octet-stream")
    );
    assert!(reply.body.starts_with(b"<!DOCTYPE html>"));
}

#[test]
fn statuses_are_as_they_were_ordered() {
    let mirror = mirror().start_blocking();
    for status in [404, 410, 451, 416, 500] {
        mirror.set_fault(MirrorFault::Status(status));
        assert_eq!(range(&mirror, "0-9").status, status);
        assert_eq!(ask(&mirror, "HEAD", "/f.bin", "").status, status);
    }
    mirror.set_fault(MirrorFault::NoHead);
    assert_eq!(ask(&mirror, "HEAD", "/f.bin", "").status, 405);
    assert_eq!(whole(&mirror).status, 200);
}

#[test]
fn busy_mirrors_say_when_to_come_back() {
    let mirror = mirror().start_blocking();
    let date = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    for (status, retry_after, said) in [
        (503, RetryAfter::Seconds(1), "1"),
        (429, RetryAfter::Seconds(1_000_000_000), "1000000000"),
        (503, RetryAfter::At(date), "Fri, 15 Jan 2027 08:00:00 GMT"),
        (429, RetryAfter::Text("soon".to_owned()), "soon"),
    ] {
        mirror.set_fault(MirrorFault::Busy(status, retry_after));
        let reply = whole(&mirror);
        assert_eq!(
            (reply.status, reply.header("retry-after")),
            (status, Some(said))
        );
    }
}

#[test]
fn faults_heal_and_begin_as_they_were_ordered() {
    let mirror = mirror()
        .fault(MirrorFault::Status(500).first(2))
        .fault(MirrorFault::ZeroBytes.after(3))
        .fault(MirrorFault::Status(410).on("other.bin"))
        .start_blocking();
    let seen: Vec<(u16, usize)> = (0..4)
        .map(|_| whole(&mirror))
        .map(|reply| (reply.status, reply.body.len().min(SIZE)))
        .collect();
    assert_eq!(seen[0].0, 500);
    assert_eq!(seen[1].0, 500);
    assert_eq!(seen[2..], [(200, SIZE), (200, 0)]);
}

#[test]
fn nothing_is_answered_or_nothing_is_in_it() {
    let mirror = mirror().fault(MirrorFault::ZeroBytes).start_blocking();
    let reply = range(&mirror, "500-599");
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    assert_eq!(reply.header("content-length"), Some("0"));
    let request = "GET /f.bin HTTP/1.1\r\nHost: m\r\n\r\n";
    mirror.set_fault(MirrorFault::CloseWithoutAnswer);
    let patience = Duration::from_secs(30);
    assert_eq!(
        exchange(&mirror, request, patience),
        (Vec::new(), End::Closed)
    );
    mirror.set_fault(MirrorFault::NotHttp);
    let (answer, end) = exchange(&mirror, request, patience);
    assert_eq!(
        (answer.as_slice(), end),
        ("SSH-2.0-OpenSSH_9.2p1\r\n".as_bytes(), End::Closed)
    );
    assert_eq!(mirror.requests().len(), 3);
}

#[test]
fn heads_are_huge() {
    let mirror = mirror()
        .fault(MirrorFault::HugeHead(1 << 20))
        .start_blocking();
    let reply = whole(&mirror);
    assert!(reply.head.len() > 1 << 20);
    assert!(reply.head.lines().all(|line| line.len() < 8_100));
    assert_eq!(reply.body, content());
    mirror.set_fault(MirrorFault::HugeField(1 << 20));
    let longest = whole(&mirror).head.lines().map(str::len).max();
    assert_eq!(longest, Some((1 << 20) + "X-Filler: ".len()));
}
