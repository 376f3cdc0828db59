//! Where redirects lead: the rules are videogen-net's, and hold through a download.

use std::net::IpAddr;
use std::time::Duration;

use testkit::mirror::{Content, MirrorFault, MockMirror};
use videogen_cdn::{DownloadOptions, Downloader, MirrorHealth};
use videogen_net::{AddressPolicy, ClientOptions, HttpClient};

use super::{Case, MIB, NAME, at, faulty, healthy};

/// A client that may contact the internet, and this mirror.
fn guarded(mirror: &MockMirror) -> Downloader {
    let loopback: IpAddr = mirror.address().ip();
    let policy = AddressPolicy::public()
        .allow_http()
        .allow_port(mirror.address().port())
        .allow_network(loopback, 32);
    let client = HttpClient::new(ClientOptions::new(policy)).expect("a client");
    let options = DownloadOptions::default().first_byte(Duration::from_secs(5));
    Downloader::new(client, MirrorHealth::in_memory(), options)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_lead_to_the_file_are_followed() {
    let content = Content::pattern(9 * MIB, 51);
    let other = healthy(&content).await;
    for fault in [
        MirrorFault::RedirectRelative,
        MirrorFault::RedirectHops(5),
        MirrorFault::Redirect(other.url(NAME)),
    ] {
        let mirror = faulty(&content, fault).await;
        Case::new(&content).fetched(&at(&[&mirror])).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_lead_elsewhere_are_not() {
    let content = Content::pattern(MIB, 52);
    let inside = healthy(&content).await;
    let port = inside.address().port();
    let mut elsewhere: Vec<MirrorFault> = [
        inside.url(NAME),
        "http://[::ffff:169.254.169.254]/latest".to_owned(),
        "http://[64:ff9b::a9fe:a9fe]/latest".to_owned(),
        format!("http://2130706433:{port}/{NAME}"),
        format!("http://0x7f.1:{port}/{NAME}"),
        "http://a@b/".to_owned(),
        "ftp://127.0.0.1/x".to_owned(),
        "file:///etc/passwd".to_owned(),
    ]
    .into_iter()
    .map(MirrorFault::Redirect)
    .collect();
    elsewhere.extend([
        MirrorFault::RedirectLoop,
        MirrorFault::RedirectHops(20),
        MirrorFault::RedirectNowhere,
    ]);
    for fault in elsewhere {
        let name = format!("{fault:?}");
        let mirror = faulty(&content, fault).await;
        let mut case = Case::new(&content);
        case.downloader = guarded(&mirror);
        let error = case.fetch(&at(&[&mirror])).await.expect_err(&name);
        assert!(!error.is_retryable(), "{name}: {error}");
        case.is_absent();
    }
    assert_eq!(inside.requests().len(), 0);
}
