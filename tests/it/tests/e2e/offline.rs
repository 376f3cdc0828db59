//! What is contacted offline: this machine, and the servers that somebody has named. And the settings of downloads.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use testkit::Run;
use testkit::events::{named, only};

use crate::{comfyui, generate};

/// An address of this machine that others can reach, so that a server there is not on loopback; loopback where there is none.
/// Nothing is sent.
fn own_address() -> IpAddr {
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        Ok(socket.local_addr()?.ip())
    });
    own.unwrap_or_else(|_| Ipv4Addr::LOCALHOST.into())
}

/// A server that counts who comes, and answers all of them the same.
struct Counting {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Counting {
    fn start(answer: String) -> Self {
        let listener = TcpListener::bind((own_address(), 0)).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                counter.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                // Whoever comes may go at any time.
                std::thread::spawn(move || {
                    let mut head = [0; 4096];
                    let _ = stream.read(&mut head);
                    let _ = stream.write_all(answer.as_bytes());
                });
            }
        });
        Self { url, connections }
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The address of what leads from where others can reach it to `port` of loopback, where mock servers are.
fn leads_to(port: u16) -> String {
    let listener = TcpListener::bind((own_address(), 0)).expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let there = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
            let (Ok(here), Ok(there)) = (stream, there) else {
                return;
            };
            let copies = (here.try_clone(), there.try_clone());
            let (Ok(to_here), Ok(to_there)) = copies else {
                return;
            };
            let ways = [(here, to_there), (there, to_here)];
            for (mut from, mut to) in ways {
                std::thread::spawn(move || {
                    // Whoever comes may go at any time, and the other side is to know.
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    url
}

/// What is asked for beside that needs no server.
const REST: [&str; 9] = [
    "--duration",
    "3",
    "--scenes",
    "1",
    "--speech",
    "silent",
    "--json",
    "--yes",
    "lighthouses",
];

#[test]
fn offline_the_servers_that_are_named_are_asked_and_where_they_lead_is_not() {
    let elsewhere = Counting::start("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".into());
    let leads = || {
        Counting::start(format!(
            "HTTP/1.1 307 Moved\r\nlocation: {}/found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            elsewhere.url
        ))
    };
    let (writer, painter) = (leads(), leads());
    let run = generate()
        .args(["--offline", "--music", "none"])
        .args(REST)
        .env("VIDEOGEN_LLM_URL", &writer.url)
        .env("COMFYUI_URL", &painter.url)
        .finish()
        .expect_code(0);
    let events = run.events();
    // Neither is a server of its kind, so others have done their work.
    let steps: Vec<&str> = named(&events, "degraded")
        .iter()
        .filter_map(|step| step["to"].as_str())
        .collect();
    assert_eq!(steps, ["builtin", "builtin"], "{events:?}");
    assert!(writer.count() > 0, "the named writer was not asked");
    assert!(painter.count() > 0, "the named painter was not asked");
    assert_eq!(elsewhere.count(), 0, "somebody followed");
    let video = only(&events, "video_finished");
    let manifest = std::fs::read_to_string(video["manifest"].as_str().expect("a path"));
    let manifest: serde_json::Value =
        serde_json::from_str(&manifest.expect("there")).expect("JSON");
    assert_eq!(manifest["brief"]["offline"], true);
}

#[test]
fn offline_a_server_of_the_network_that_is_named_paints_and_nobody_else_is_in_the_figures() {
    let server = comfyui().start();
    let port = server
        .url()
        .trim_end_matches('/')
        .rsplit(':')
        .next()
        .map(str::parse);
    let url = leads_to(port.expect("it has one").expect("a number"));
    let run = generate()
        .args(["--offline", "--music", "none", "--writer", "builtin"])
        .args(["--painter", "comfyui"])
        .args(REST)
        .env("COMFYUI_URL", &url)
        .finish()
        .expect_code(0);
    assert_eq!(server.counters().prompts_done, 1);
    let events = run.events();
    let network = &only(&events, "batch_finished")["summary"]["network"];
    let contacted = network.as_object().expect("an object").keys();
    assert_eq!(contacted.collect::<Vec<_>>(), [&url], "{network}");
}

#[test]
fn music_on_a_server_is_refused_before_anything_is_contacted() {
    let server = Counting::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into());
    let url = format!("{}/song.mp3?key=s3cret", server.url);
    let asked = |more: &[&str]| {
        let words = [
            "--painter",
            "builtin",
            "--writer",
            "builtin",
            "--dry-run",
            "--music",
            &url,
        ];
        generate()
            .args(words)
            .args(more.iter().copied())
            .args(REST)
            .finish()
    };
    for (more, code, reason, hint) in [
        (&[][..], 2, "http is not encrypted", "begin it with https"),
        (
            &["--offline"],
            3,
            "nothing is fetched from a network while offline",
            "without --offline",
        ),
    ] {
        let run = asked(more).expect_code(code);
        let message = run.stderr();
        assert!(
            message.contains(reason) && message.contains(hint),
            "{message}"
        );
        assert!(
            message.contains("/song.mp3") && !message.contains("s3cret"),
            "{message}"
        );
    }
    let run = asked(&["--accept", "music=none"]).expect_code(0);
    let events = run.events();
    assert_eq!(only(&events, "video_planned")["music"], "none");
    assert_eq!(server.count(), 0);

    for wrong in [
        "ftp://example.org/a.mp3",
        "https://me:s3cret@example.org/a.mp3",
    ] {
        let run = generate()
            .args(["x", "--music", wrong])
            .finish()
            .expect_code(2);
        let message = run.stderr();
        assert!(
            message.contains("--music") && message.contains("address of music"),
            "{message}"
        );
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn downloads_have_settings_and_older_names_of_them() {
    let shown = |variables: &[(&str, &str)]| {
        let run = Run::videogen().args(["config", "show", "--json"]);
        let set = variables.iter();
        set.fold(run, |run, (name, value)| run.env(*name, *value))
            .finish()
    };
    let run = shown(&[
        ("DOWNLOAD_MAX_RETRIES", "9"),
        ("ENABLE_CDN_FALLBACK", "off"),
        ("ENABLE_PROGRESS_RESUME", "false"),
        ("EMERGENCY_CLEANUP_ON_EXIT", "yes"),
    ]);
    let run = run.expect_code(0);
    let all: serde_json::Value = serde_json::from_str(run.stdout().trim()).expect("JSON");
    let of = |name: &str| {
        let mut all = all["settings"].as_array().expect("a list").iter();
        let one = all.find(|one| one["key"] == name).expect(name);
        (one["value"].clone(), one["origin"]["name"].clone())
    };
    assert_eq!(
        of("download_retries"),
        (9.into(), "DOWNLOAD_MAX_RETRIES".into())
    );
    assert_eq!(
        of("download_timeout"),
        (120.into(), serde_json::Value::Null)
    );
    assert_eq!(
        of("cdn_fallback"),
        (false.into(), "ENABLE_CDN_FALLBACK".into())
    );
    let told = run.stderr();
    assert!(
        told.contains("ENABLE_PROGRESS_RESUME changes nothing"),
        "{told}"
    );
    assert!(!told.contains("EMERGENCY_CLEANUP_ON_EXIT"), "{told}");

    for (name, value, right) in [
        ("DOWNLOAD_TIMEOUT", "soon", "1 to 86400"),
        ("DOWNLOAD_MAX_RETRIES", "1000", "0 to 100"),
        ("EMERGENCY_CLEANUP_ON_EXIT", "sometimes", "true, yes, on"),
    ] {
        let message = shown(&[(name, value)]).expect_code(2).stderr();
        for part in [name, value, right] {
            assert!(message.contains(part), "{message}");
        }
    }
}
