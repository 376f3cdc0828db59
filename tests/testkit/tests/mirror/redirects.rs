//! Redirects: relative, to others, to the loopback in disguise, for ever.

use testkit::mirror::{MirrorFault, MockMirror};

use super::client::{ask, content, mirror, whole};

/// Where a path is redirected to.
fn location(mirror: &MockMirror, path: &str) -> Option<String> {
    let reply = ask(mirror, "GET", path, "");
    (reply.status == 302).then(|| reply.header("location").unwrap().to_owned())
}

#[test]
fn a_relative_redirect_leads_to_the_file() {
    let mirror = MockMirror::builder()
        .file("f.bin", content())
        .file("a/b/f.bin", "deep")
        .fault(MirrorFault::RedirectRelative)
        .start_blocking();
    assert_eq!(location(&mirror, "/f.bin").as_deref(), Some("moved/f.bin"));
    assert_eq!(ask(&mirror, "GET", "/moved/f.bin", "").body, content());
    // From /a/b/ it is two folders up.
    assert_eq!(
        location(&mirror, "/a/b/f.bin").as_deref(),
        Some("../../moved/a/b/f.bin")
    );
    assert_eq!(ask(&mirror, "GET", "/moved/a/b/f.bin", "").body, b"deep");
}

#[test]
fn locations_are_sent_verbatim() {
    let mirror = mirror().start_blocking();
    let other = MockMirror::builder().start_blocking();
    let mut places = mirror.disguised_urls("f.bin");
    places.extend([
        other.url("f.bin"),
        "http://a@b/".to_owned(),
        "http://example.com/f.bin".to_owned(),
        "//[::ffff:169.254.169.254]/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
        String::new(),
    ]);
    assert!(places[0].starts_with("http://[::ffff:127.0.0.1]:"));
    for place in places.iter().filter(|place| place.is_ascii()) {
        mirror.set_fault(MirrorFault::Redirect(place.clone()));
        let reply = ask(&mirror, "GET", "/f.bin", "");
        assert_eq!(reply.status, 302);
        assert!(
            reply
                .head
                .lines()
                .any(|line| line == format!("Location: {place}"))
        );
    }
    mirror.set_fault(MirrorFault::RedirectNowhere);
    let reply = whole(&mirror);
    assert_eq!((reply.status, reply.header("location")), (302, None));
}

#[test]
fn hops_end_and_loops_do_not() {
    let mirror = mirror()
        .fault(MirrorFault::RedirectHops(20))
        .start_blocking();
    let mut path = "/f.bin".to_owned();
    let mut hops = 0;
    while let Some(next) = location(&mirror, &path) {
        assert_ne!(next, path);
        path = next;
        hops += 1;
    }
    assert_eq!((hops, path.as_str()), (20, "/hop-20/f.bin"));
    mirror.set_fault(MirrorFault::RedirectLoop);
    assert_eq!(location(&mirror, "/f.bin").as_deref(), Some("/f.bin"));
}
