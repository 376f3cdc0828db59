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
    match launch(url, how).await {
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
        told: Told::new(move |what| hears.lock().unwrap().push(what.to_owned())),
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
        ..Launch::new("/nowhere/python main.py".parse().unwrap())
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
    let there = launch(&comfy.url().parse().unwrap(), &how).await;
    assert!(matches!(there, Launched::No), "{there:?}");
    let elsewhere = launch(&"http://192.0.2.1:8188".parse().unwrap(), &how).await;
    assert!(matches!(elsewhere, Launched::No), "{elsewhere:?}");
    let only_said = Launch {
        really: false,
        ..how
    };
    match launch(&nobody(), &only_said).await {
        Launched::Would(what) => assert!(what.contains("would be started: /bin/sh"), "{what}"),
        other => panic!("{other:?}"),
    }
}
