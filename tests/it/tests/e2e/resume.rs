//! Batches that were interrupted go on where they were.

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use testkit::Run;

const SIGKILL: i32 = 9;

/// A home of its own, so that several runs share batches and cache.
struct Home(Utf8TempDir);

impl Home {
    fn new() -> Self {
        Self(camino_tempfile::tempdir().expect("a temporary directory"))
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::videogen()
            .env("HOME", self.0.path().as_str())
            .args(arguments.iter().copied())
    }

    fn out(&self) -> Utf8PathBuf {
        self.0.path().join("out")
    }

    /// Three small videos.
    fn three(&self) -> Run {
        let out = self.out();
        self.run(&[
            "generate",
            "--quality",
            "draft",
            "--seed",
            "3",
            "--duration",
            "4",
            "--scenes",
            "2",
            "--count",
            "3",
            "--name",
            "x",
            "--output-dir",
            out.as_str(),
            "old ruins",
        ])
    }
}

fn names(dir: &Utf8Path) -> Vec<String> {
    let mut names: Vec<String> = dir
        .read_dir_utf8()
        .expect("there")
        .map(|entry| entry.expect("an entry").file_name().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_killed_batch_goes_on_and_gives_the_same_videos() {
    let (home, other) = (Home::new(), Home::new());
    let whole = other.three().finish().expect_code(0);
    assert_eq!(whole.stdout().lines().count(), 3);

    let mut running = home.three().start();
    // Names go by the order of the batch; which is finished first is open.
    let delivered = || {
        let names = ["x.mp4", "x-2.mp4", "x-3.mp4"].map(|name| home.out().join(name));
        names.into_iter().find(|path| path.exists())
    };
    assert!(
        running.wait_until(|| delivered().is_some()),
        "one is delivered"
    );
    let first = delivered().expect("seen");
    running.signal(SIGKILL);
    assert_eq!(running.finish().signal(), Some(SIGKILL));
    let delivered = first.metadata().expect("there").modified().expect("known");

    let listed = home.run(&["batches"]).finish().expect_code(0);
    assert!(
        listed.stdout().contains("can be resumed"),
        "{}",
        listed.stdout()
    );
    let resumed = home.run(&["resume", "--json"]).finish().expect_code(0);
    let last = resumed
        .stdout()
        .lines()
        .last()
        .unwrap_or_default()
        .to_owned();
    let event: serde_json::Value = serde_json::from_str(&last).expect("JSON");
    let before = event["summary"]["delivered_before"].as_u64().expect("told");
    let total = event["summary"]["total"].as_u64().expect("told");
    assert!(before >= 1 && before + total == 3, "{last}");
    assert_eq!(
        first.metadata().expect("there").modified().expect("known"),
        delivered,
        "what was delivered is not made again"
    );

    assert_eq!(
        names(&home.out()),
        names(&other.out()),
        "and nothing else is left"
    );
    for name in names(&home.out()) {
        // The manifest tells when and how fast it was made.
        if camino::Utf8Path::new(&name).extension() != Some("json") {
            let bytes = |home: &Home| std::fs::read(home.out().join(&name)).expect("there");
            assert!(bytes(&home) == bytes(&other), "{name} differs");
        }
    }
    let finished = home.run(&["batches"]).finish().expect_code(0);
    assert!(
        finished.stdout().contains("3/3  finished"),
        "{}",
        finished.stdout()
    );
    let work = home.0.path().join(".local/state/videogen/work");
    assert!(
        !work.exists() || names(&work).is_empty(),
        "no batch keeps anything"
    );
}

#[test]
fn each_batch_that_cannot_go_on_has_an_answer_of_its_own() {
    let home = Home::new();
    let none = home.run(&["resume"]).finish().expect_code(2);
    assert!(none.stderr().contains("no batch that could be resumed"));
    let unknown = home.run(&["resume", "../../etc"]).finish().expect_code(2);
    assert!(unknown.stderr().contains("there is no batch `../../etc`"));

    let mut running = home.three().start();
    let batches = home.0.path().join(".local/state/videogen/batches");
    let journal = || {
        let entries = batches.read_dir_utf8().ok()?;
        entries
            .flatten()
            .map(|entry| entry.path().join("status.json"))
            .find(|p| p.exists())
    };
    assert!(running.wait_until(|| journal().is_some()), "it has begun");
    let held = home.run(&["resume"]).finish().expect_code(3);
    let told = held.stderr();
    assert!(
        told.contains(&format!("process {}", running.id())),
        "{told}"
    );
    let status = home.run(&["status"]).finish().expect_code(0);
    assert!(status.stdout().contains("running"), "{}", status.stdout());
    running.finish().expect_code(0);

    let name = names(&batches).remove(0);
    let finished = home.run(&["resume", &name]).finish().expect_code(0);
    assert!(
        finished.stderr().contains("is finished"),
        "{}",
        finished.stderr()
    );
    home.run(&["batches", "forget", &name])
        .finish()
        .expect_code(0);
    let gone = home.run(&["resume", &name]).finish().expect_code(2);
    assert!(gone.stderr().contains("there is no batch"));
}

#[test]
fn of_an_edited_script_only_the_edited_scene_is_made_again() {
    let home = Home::new();
    let script = home.0.path().join("story.json");
    let write = |second: &str| {
        let scenes = ["The first scene.", second, "The third scene."];
        let scenes: Vec<serde_json::Value> = scenes
            .iter()
            .zip(["a hill", "a river", "a city at night"])
            .map(|(narration, picture)| serde_json::json!({"narration": narration, "picture": picture}))
            .collect();
        let text = serde_json::json!({"title": "A story", "scenes": scenes}).to_string();
        std::fs::write(&script, text).expect("written");
    };
    let out = home.out();
    let make = || {
        let run = home.run(&[
            "generate",
            "--quality",
            "draft",
            "--seed",
            "3",
            "--json",
            "--output-dir",
            out.as_str(),
            "--script",
            script.as_str(),
        ]);
        let run = run.finish().expect_code(0);
        let last = run.stdout().lines().last().unwrap_or_default().to_owned();
        let event: serde_json::Value = serde_json::from_str(&last).expect("JSON");
        let count = |name: &str| event["summary"][name].as_u64().expect("told");
        (count("cache_hits"), count("cache_misses"))
    };
    write("The second scene.");
    // Three speeches, three pictures, the encoded video.
    assert_eq!(make(), (0, 7));
    write("The second scene, told in another way.");
    assert_eq!(make(), (5, 2), "one speech and the video");
}

#[test]
fn the_cache_is_shown_checked_and_emptied() {
    let home = Home::new();
    let out = home.out();
    let make = |seed: &str| {
        let run = home.run(&[
            "generate",
            "--quality",
            "draft",
            "--seed",
            seed,
            "--duration",
            "3",
            "--scenes",
            "1",
            "--output-dir",
            out.as_str(),
            "tea",
        ]);
        run.finish().expect_code(0);
    };
    make("1");
    let stats = || {
        let run = home
            .run(&["cache", "stats", "--json"])
            .finish()
            .expect_code(0);
        let stats: serde_json::Value = serde_json::from_str(&run.stdout()).expect("JSON");
        stats["entries"].as_u64().expect("told")
    };
    assert!(stats() >= 2);
    let verified = home.run(&["cache", "verify"]).finish().expect_code(0);
    assert!(
        verified.stdout().contains("0 damaged"),
        "{}",
        verified.stdout()
    );
    home.run(&["cache", "prune", "--to", "1 TB"])
        .finish()
        .expect_code(2);
    home.run(&["cache", "prune", "--to", "0"])
        .finish()
        .expect_code(0);
    assert_eq!(stats(), 0);
    make("2");
    home.run(&["cache", "clear"]).finish().expect_code(0);
    assert_eq!(stats(), 0);
}
