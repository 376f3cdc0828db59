//! Starting, without a real ComfyUI: programs that die, that say nothing, and addresses that are taken.

use std::net::TcpListener;
use std::sync::Mutex;

use camino_tempfile::tempdir;
use testkit::llm::{Kind, MockLlm};
use testkit::processes::{mentioning, wait_until_gone};

use super::*;

/// An address where nobody listens.
fn nobody() -> ServerUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    format!("http://{address}").parse().unwrap()
}

fn shell(script: &str) -> Launch {
    let words = ["/bin/sh", "-c", script].map(str::to_owned);
    Launch {
        really: true,
        ..Launch::new(CommandLine::of_words(words).unwrap())
    }
}

async fn failed(url: &ServerUrl, how: &Launch) -> String {
    match launch(url, how, &TrafficMeter::default()).await {
        Launched::Failed(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_dies_is_told_with_its_last_words_and_where_there_is_more() {
    let logs = tempdir().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let how = Launch {
        logs: Some(logs.path().join("log")),
        told: LaunchMessage::new(move |what| hears.lock().unwrap().push(what.to_owned())),
        ..shell("echo starting; echo; echo 'no module named torch' >&2; exit 3")
    };
    let why = failed(&nobody(), &how).await;
    assert!(why.contains("ended before it answered"), "{why}");
    assert!(
        why.contains("no module named torch") && why.contains(".log"),
        "{why}"
    );
    assert!(heard.lock().unwrap()[0].starts_with("starting ComfyUI: /bin/sh"));
    let log = logs.path().join("log").read_dir_utf8().unwrap().next();
    let log = std::fs::read_to_string(log.unwrap().unwrap().path()).unwrap();
    assert!(log.contains("starting") && log.contains("torch"), "{log}");
    let missing = Launch {
        really: true,
        ..Launch::new("/nowhere/python -V".parse().unwrap())
    };
    assert!(
        failed(&nobody(), &missing)
            .await
            .contains("/nowhere/python")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_is_ended_with_all_its_children() {
    let marker = tempdir().unwrap();
    let how = Launch {
        directory: Some(marker.path().to_owned()),
        patience: Duration::from_millis(300),
        ..shell(&format!(
            "sleep 600 & sh -c 'sleep 600; : {}'",
            marker.path()
        ))
    };
    let why = failed(&nobody(), &how).await;
    assert!(
        why.contains("has not answered") && why.contains("it said nothing"),
        "{why}"
    );
    let ours = || mentioning(marker.path().as_str());
    assert_eq!(wait_until_gone(Duration::from_secs(10), ours), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_started_where_somebody_is_or_where_it_is_not_to_be() {
    let other = MockLlm::builder(Kind::Ollama).start();
    let how = shell("touch started");
    let why = failed(&other.url().parse().unwrap(), &how).await;
    assert!(why.contains("something else answers"), "{why}");
    let comfy = testkit::comfy::MockComfy::builder().start();
    let there = launch(
        &comfy.url().parse().unwrap(),
        &how,
        &TrafficMeter::default(),
    )
    .await;
    assert!(matches!(there, Launched::No), "{there:?}");
    let elsewhere = launch(
        &"http://192.0.2.1:8188".parse().unwrap(),
        &how,
        &TrafficMeter::default(),
    )
    .await;
    assert!(matches!(elsewhere, Launched::No), "{elsewhere:?}");
    let only_said = Launch {
        really: false,
        ..how
    };
    match launch(&nobody(), &only_said, &TrafficMeter::default()).await {
        Launched::Would(what) => assert!(what.contains("would be started: /bin/sh"), "{what}"),
        other => panic!("{other:?}"),
    }
}

/// A ComfyUI in a few lines of Python, which says what `extra` does on the way and dies when it is asked to.
fn dies_when_asked(port: u16, extra: &str) -> Launch {
    let server = format!(
        r#"
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/die": print("out of luck", file=sys.stderr, flush=True); os._exit(7)
        body = json.dumps({{"system": {{"comfyui_version": "0.33.0"}}, "devices": []}}).encode()
        self.send_response(200); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *_): pass
{extra}
http.server.ThreadingHTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"#
    );
    let words = ["python3", "-c", &server].map(str::to_owned);
    Launch {
        really: true,
        ..Launch::new(CommandLine::of_words(words).unwrap())
    }
}

async fn die(url: &ServerUrl) {
    let address = url
        .expose()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    let asking = move || {
        use std::io::Write as _;
        let mut there = std::net::TcpStream::connect(address).unwrap();
        there.write_all(b"GET /die HTTP/1.0\r\n\r\n").unwrap();
    };
    tokio::task::spawn_blocking(asking).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_dies_later_is_started_again_a_few_times() {
    let (url, heard) = (nobody(), Arc::new(Mutex::new(Vec::new())));
    let hears = Arc::clone(&heard);
    let how = Launch {
        told: LaunchMessage::new(move |what| hears.lock().unwrap().push(what.to_owned())),
        ..dies_when_asked(url.port(), "")
    };
    let Launched::Running(server) = launch(&url, &how, &TrafficMeter::default()).await else {
        panic!("it was not started");
    };
    assert_eq!(server.ready().await, Ok(1));
    // Two who find it stuck at once cost it one start.
    server.is_stuck(1);
    let why = server.died(1).await;
    assert!(why.contains("painted nothing"), "{why}");
    server.is_stuck(1);
    assert_eq!(server.ready().await, Ok(2));
    for start in 2..=4 {
        assert_eq!(server.ready().await, Ok(start));
        die(&url).await;
        let why = server.died(start).await;
        assert!(
            why.contains("exit code 7") && why.contains("out of luck"),
            "{why}"
        );
    }
    assert_eq!(server.ready().await, Ok(5));
    die(&url).await;
    let why = server.died(5).await;
    assert!(server.ready().await.is_err(), "{why}");
    let heard = heard.lock().unwrap().join("\n");
    assert_eq!(heard.matches("ComfyUI answers again").count(), 4, "{heard}");
    assert!(heard.contains("too often to be started again"), "{heard}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_listens_elsewhere_is_not_waited_for() {
    let (url, other) = (nobody(), nobody());
    let said = format!("print(\"To see the GUI go to: {other}\", flush=True)");
    let how = dies_when_asked(other.port(), &said);
    let why = failed(&url, &how).await;
    assert!(
        why.contains("it listens at") && why.contains(&other.to_string()),
        "{why}"
    );
}
