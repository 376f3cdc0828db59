//! The address guard at work: names, literals, redirects.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use url::Url;
use videogen_net::{
    AddressKind, AddressPolicy, Blame, ClientOptions, Error, HttpClient, NetworkAccess, Redirects,
    Refusal, Request, Resolver, Resolving, Secret, WebSocketRequest,
};

use crate::server::{Server, answer, json, read_head};

/// Answers with the n-th list on the n-th question, and with the last one from then on.
#[derive(Debug)]
struct Names(Vec<Vec<&'static str>>, AtomicUsize);

impl Names {
    fn new(answers: Vec<Vec<&'static str>>) -> Arc<Self> {
        Arc::new(Self(answers, AtomicUsize::new(0)))
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst);
        let found = self.0[asked.min(self.0.len() - 1)]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        Box::pin(std::future::ready(Ok(found)))
    }
}

/// A policy for mirrors that lets test servers pass: 127.0.0.1 counts as public, and nothing else of this machine.
fn mirrors(server: &Server) -> AddressPolicy {
    AddressPolicy::public()
        .allow_http()
        .allow_port(server.address.port())
        .allow_network("127.0.0.1".parse().unwrap(), 32)
}

fn named(server: &Server, host: &str, path: &str) -> Url {
    Url::parse(&format!("http://{host}:{}{path}", server.address.port())).unwrap()
}

fn refused_kind(error: &Error) -> Option<AddressKind> {
    match error {
        Error::Blocked {
            reason: Refusal::Address { kind, .. },
            ..
        } => Some(*kind),
        _ => None,
    }
}

#[tokio::test]
async fn a_name_is_judged_by_what_it_resolves_to() {
    let server = Server::answering(json("{}")).await;
    let policy = AddressPolicy::public()
        .allow_http()
        .allow_port(server.address.port());
    let client =
        HttpClient::new(ClientOptions::new(policy).resolver(Names::new(vec![vec!["127.0.0.1"]])))
            .unwrap();
    let error = client
        .send(Request::get(named(&server, "mirror.example", "/")))
        .await
        .unwrap_err();
    assert_eq!(
        refused_kind(&error),
        Some(AddressKind::Loopback),
        "{error:?}"
    );
    assert!(!error.is_retryable());
    // The system's own resolver as well.
    let policy = AddressPolicy::public()
        .allow_http()
        .allow_port(server.address.port());
    let client = HttpClient::new(ClientOptions::new(policy)).unwrap();
    let error = client
        .send(Request::get(named(&server, "localhost", "/")))
        .await
        .unwrap_err();
    assert_eq!(
        refused_kind(&error),
        Some(AddressKind::Loopback),
        "{error:?}"
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_one_too_many() {
    let server = Server::answering(json("{}")).await;
    let options = ClientOptions::new(mirrors(&server))
        .resolver(Names::new(vec![vec!["127.0.0.1", "10.0.0.1"]]));
    let error = HttpClient::new(options)
        .unwrap()
        .send(Request::get(named(&server, "m.example", "/")))
        .await
        .unwrap_err();
    assert_eq!(
        refused_kind(&error),
        Some(AddressKind::Private),
        "{error:?}"
    );
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_address_that_was_judged_is_the_one_connected_to() {
    // A second question would lead to 127.0.0.2, where nobody listens.
    let server = Server::answering(json("{}")).await;
    let names = Names::new(vec![vec!["127.0.0.1"], vec!["127.0.0.2"]]);
    let client = HttpClient::new(
        ClientOptions::new(mirrors(&server)).resolver(Arc::clone(&names) as Arc<dyn Resolver>),
    )
    .unwrap();
    for _ in 0..3 {
        client
            .send(Request::get(named(&server, "m.example", "/")))
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
    }
    assert_eq!(names.1.load(Ordering::SeqCst), 1);
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_resolved_address_is_forgotten_when_no_connection_to_it_can_be_made() {
    let server = Server::answering(json("{}")).await;
    let names = Names::new(vec![vec!["127.0.0.2"], vec!["127.0.0.1"]]);
    let client =
        HttpClient::new(ClientOptions::new(AddressPolicy::local()).resolver(names)).unwrap();
    let request = Request::get(named(&server, "gpu.example", "/"));
    assert!(matches!(
        client.send(request.clone()).await,
        Err(Error::Connect { .. })
    ));
    assert!(client.send(request).await.is_ok());
}

#[tokio::test]
async fn literals_never_reach_the_resolver_and_are_refused_all_the_same() {
    let server = Server::answering(json("{}")).await;
    let policy = AddressPolicy::public()
        .allow_http()
        .allow_port(server.address.port());
    let client = HttpClient::new(ClientOptions::new(policy)).unwrap();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
    ] {
        let error = client
            .send(Request::get(named(&server, host, "/")))
            .await
            .unwrap_err();
        assert!(refused_kind(&error).is_some(), "{host}: {error:?}");
    }
    let error = client
        .websocket(WebSocketRequest::new(named(&server, "127.1", "/ws")))
        .await
        .unwrap_err();
    assert!(refused_kind(&error).is_some(), "{error:?}");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_redirect_leads_to_no_forbidden_place() {
    for (to, kind) in [
        (
            "http://169.254.169.254/latest/meta-data",
            Some(AddressKind::Metadata),
        ),
        (
            "http://[::ffff:169.254.169.254]/",
            Some(AddressKind::Metadata),
        ),
        ("http://[64:ff9b::a9fe:a9fe]/", Some(AddressKind::Metadata)),
        ("http://2130706434/", Some(AddressKind::Loopback)),
        ("http://a@m.example/", None),
        ("http://m.example:22/", None),
        ("file:///etc/passwd", None),
    ] {
        let server =
            Server::answering(answer("302 Found", &format!("Location: {to}\r\n"), "")).await;
        let client = HttpClient::new(ClientOptions::new(mirrors(&server))).unwrap();
        let request = Request::get(server.url("/")).redirects(Redirects::AnyHost);
        let error = client.send(request).await.unwrap_err();
        assert!(matches!(error, Error::Blocked { .. }), "{to}: {error:?}");
        assert_eq!(refused_kind(&error), kind, "{to}: {error:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn keys_are_not_taken_along_to_another_host() {
    let (heads, mut heard) = tokio::sync::mpsc::channel(4);
    let other = Server::new(move |mut stream| {
        let heads = heads.clone();
        async move {
            heads.send(read_head(&mut stream).await).await.unwrap();
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, &json("{}")).await;
            crate::server::end(stream).await;
        }
    })
    .await;
    let to = named(&other, "localhost", "/file");
    let server = Server::answering(answer("302 Found", &format!("Location: {to}\r\n"), "")).await;
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::local())).unwrap();
    let request = Request::get(server.url("/"))
        .bearer(&Secret::new("sk-1"))
        .header("x-api-key", "sk-2")
        .header("cookie", "sk-3")
        .header("accept", "audio/mpeg")
        .range(5, None);
    let error = client.send(request.clone()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Redirect {
                problem: "that is another host",
                ..
            }
        ),
        "{error:?}"
    );
    client
        .send(request.redirects(Redirects::AnyHost))
        .await
        .unwrap();
    let head = heard.recv().await.unwrap().to_ascii_lowercase();
    assert!(!head.contains("sk-"), "{head}");
    assert!(
        head.contains("range: bytes=5-") && head.contains("accept: audio/mpeg"),
        "{head}"
    );
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn what_a_policy_allows_can_be_contacted() {
    let server = Server::answering(json("{}")).await;
    let origin = server.url("/");
    let client = HttpClient::new(ClientOptions::new(
        AddressPolicy::local().only_origins([&origin]),
    ))
    .unwrap();
    assert!(client.send(Request::get(origin)).await.is_ok());
    let error = client
        .send(Request::get(named(&server, "localhost", "/")))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Blocked {
                reason: Refusal::Origin,
                ..
            }
        ),
        "{error:?}"
    );
    let address: IpAddr = server.address.ip();
    assert!(mirrors(&server).check_address(address).is_ok());
}

#[tokio::test]
async fn offline_no_name_is_resolved_and_no_connection_is_made() {
    let server = Server::answering(json("{}")).await;
    let is_offline = |error: &Error| {
        matches!(
            error,
            Error::Blocked {
                reason: Refusal::Offline,
                ..
            }
        )
    };
    for policy in [
        NetworkAccess::of(true).downloads(),
        AddressPolicy::local().offline(),
    ] {
        let names = Names::new(vec![vec!["127.0.0.1"]]);
        let options = ClientOptions::new(policy).resolver(Arc::clone(&names) as Arc<dyn Resolver>);
        let client = HttpClient::new(options).unwrap();
        let asked = named(&server, "mirror.example", "/voice.onnx");
        let error = client.send(Request::get(asked)).await.unwrap_err();
        assert!(is_offline(&error), "{error:?}");
        assert_eq!(error.blame(), Blame::Request);
        assert!(
            error
                .help()
                .is_some_and(|help| help.to_string().contains("offline"))
        );
        assert_eq!(names.1.load(Ordering::SeqCst), 0, "a name was resolved");
    }
    assert_eq!(server.connections(), 0);
    // What is on this machine may be asked, and leads nowhere else.
    let away = named(&server, "mirror.example", "/");
    let head = format!("HTTP/1.1 307 T\r\nlocation: {away}\r\ncontent-length: 0\r\n\r\n");
    let here = Server::answering(head).await;
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::local().offline())).unwrap();
    let request = Request::get(here.url("/")).redirects(Redirects::AnyHost);
    let error = client.send(request).await.unwrap_err();
    assert!(is_offline(&error), "{error:?}");
    assert_eq!((here.connections(), server.connections()), (1, 0));
}
