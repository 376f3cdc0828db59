//! The machine withholds something, tidies behind our back, has a clock that is wrong, damaged files or another name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use sha2::{Digest, Sha256};
use testkit::Run;
use testkit::events::only;
use testkit::media::{loudness, make};

/// What a wait for somebody else may take at the least: half an hour. An error at once takes seconds, on any machine.
const AT_ONCE: Duration = Duration::from_mins(3);

/// A home of its own, with a picture for the videos, so that nothing has to be painted.
struct Home(Utf8TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(camino_tempfile::tempdir().expect("a temporary directory"));
        make(
            &home.0.path().join("a.png"),
            "-f lavfi -i testsrc2=size=360x640 -frames:v 1",
        );
        for dir in ["tmp", "bin"] {
            fs::create_dir(home.0.path().join(dir)).expect("made");
        }
        home
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        self.0.path().join(name)
    }

    /// A run with `limits`, shell commands that come before it.
    fn limited(&self, limits: &str, arguments: &[&str]) -> Run {
        let script = format!("{limits}\nexec \"$0\" \"$@\"");
        Run::new("/bin/sh")
            .args(["-c", &script, testkit::videogen_bin().as_str()])
            .args(arguments.iter().copied())
            .env("HOME", self.0.path().as_str())
            .env("TMPDIR", self.path("tmp").as_str())
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.limited("true", arguments)
    }

    /// A small video, spoken and without music.
    fn generate(&self, limits: &str) -> Run {
        let (picture, out) = (self.path("a.png"), self.path("out"));
        self.limited(
            limits,
            &[
                "generate",
                "--quality",
                "draft",
                "--seed",
                "3",
                "--duration",
                "4",
                "--scenes",
                "2",
                "--music",
                "none",
                "--name",
                "x",
                "--image",
                picture.as_str(),
                "--output-dir",
                out.as_str(),
                "old ruins",
            ],
        )
    }

    /// A program that runs `first` the first time it is called with a word like `word`, and then always the real one.
    fn program(&self, name: &str, word: &str, first: &str) {
        let (done, path) = (
            self.path(&format!("{name}.done")),
            self.path("bin").join(name),
        );
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *{word}*) [ -e '{done}' ] || {{ : > '{done}'; {first}; }};; esac\nexec /usr/bin/{name} \"$@\"\n"
        );
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// The name of a batch that failed at once, because it was given too few descriptors, and can be gone on with.
    fn failed_batch(&self) -> String {
        self.generate("ulimit -n 40").finish().expect_code(4);
        let dir = self.path(".local/state/videogen/batches");
        let entries = dir.read_dir_utf8().expect("there").flatten();
        let mut dirs = entries.filter(|entry| entry.path().is_dir());
        dirs.next().expect("a batch").file_name().to_owned()
    }

    fn journal(&self, batch: &str) -> Utf8PathBuf {
        self.path(".local/state/videogen/batches")
            .join(batch)
            .join("journal.jsonl")
    }
}

/// Rewrites a journal as if it had always said what `change` makes of its lines.
fn rewrite(journal: &Utf8Path, change: impl Fn(usize, String) -> String) {
    let text = fs::read_to_string(journal).expect("there");
    let digits = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        let first = digest.first_chunk().expect("a digest has 32 bytes");
        format!("{:016x}", u64::from_be_bytes(*first))
    };
    let (mut prev, mut whole) = ("0".repeat(16), String::new());
    for (index, line) in text.lines().enumerate() {
        let (head, rest) = line.split_once(",\"prev\":\"").expect("its form");
        let (_, rest) = rest.split_once(",\"sum\":\"").expect("its form");
        let (_, rest) = rest.split_once("\",").expect("its form");
        let rest = change(index, format!("{head},\"prev\":\"{prev}\",{rest}"));
        let sum = digits(&rest);
        let (head, rest) = rest.split_once(",\"v\":").expect("its form");
        let line = format!("{head},\"sum\":\"{sum}\",\"v\":{rest}");
        prev = digits(&line);
        whole.push_str(&line);
        whole.push('\n');
    }
    fs::write(journal, whole).expect("written");
}

/// The value of a text in a line of JSON.
fn text_of<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line
        .split_once(&format!("\"{name}\":\""))
        .expect("it has it");
    rest.split('"').next().expect("it ends")
}

#[test]
fn a_shortage_that_waiting_cannot_cure_is_an_error_at_once() {
    let home = Home::new();
    // The first is the guard's of a video. Of address space, there may be too little even for the threads of the program.
    for (limits, codes, remedy) in [
        ("ulimit -n 64", [4].as_slice(), "ulimit -n"),
        ("ulimit -v 700000", &[3, 4], "ulimit -v"),
    ] {
        let run = home.generate(limits).finish();
        let stderr = run.stderr();
        let code = run.code().expect("it ends by itself");
        assert!(codes.contains(&code), "{limits}: {code}: {stderr}");
        assert!(stderr.contains(remedy), "{limits}: {stderr}");
        assert!(!stderr.contains("waiting"), "{limits}: {stderr}");
        assert!(!stderr.contains("has a bug"), "{limits}: {stderr}");
        assert!(run.elapsed() < AT_ONCE, "{:?}", run.elapsed());
    }
    home.run(&["resume"]).finish().expect_code(0);
}

#[test]
fn a_temporary_directory_that_is_tidied_costs_no_voice() {
    let home = Home::new();
    let tidy = format!("rm -rf '{}'", home.path("tmp"));
    home.program("flite", "speech.wav", &tidy);
    let run = home
        .generate("true")
        .path_first(home.path("bin"))
        .finish()
        .expect_code(0);
    let stderr = run.stderr();
    assert!(home.path("flite.done").exists(), "it was tidied");
    assert!(
        stderr.contains("was removed while it was in use"),
        "{stderr}"
    );
    assert!(!stderr.contains("silent"), "{stderr}");
    let heard = loudness(&home.path("out/x.mp4"));
    assert!(heard.integrated > -20.0, "{heard:?}");
}

#[test]
fn scratch_files_that_are_tidied_are_made_again() {
    for what in [
        "rm -rf '{out}'",
        "rm -rf '{out}'/.videogen-*/soundtrack.wav",
    ] {
        let home = Home::new();
        let tidy = what.replace("{out}", home.path("out").as_str());
        home.program("ffmpeg", "soundtrack.wav", &tidy);
        home.program("ffprobe", "never", "true");
        let run = home
            .generate("true")
            .path_first(home.path("bin"))
            .finish()
            .expect_code(0);
        let stderr = run.stderr();
        assert!(home.path("ffmpeg.done").exists(), "it was tidied");
        assert!(stderr.contains("what is lost is made again"), "{stderr}");
        let heard = loudness(&home.path("out/x.mp4"));
        assert!(heard.integrated > -20.0, "{heard:?}");
        let names = home.path("out").read_dir_utf8().expect("there").flatten();
        let hidden = names.filter(|entry| entry.file_name().starts_with('.'));
        assert_eq!(hidden.count(), 0, "nothing else is left");
    }
}

#[test]
fn a_key_of_the_cache_that_is_damaged_is_set_aside_and_made_anew() {
    let home = Home::new();
    let store = home.path(".cache/videogen/store");
    let key = store.join("hmac.key");
    for (damage, command) in [
        ("true", "stats"),
        ("truncate -s 5 '{key}'", "stats"),
        (": > '{key}'", "verify"),
        ("rm '{key}'; mkdir '{key}'; : > '{key}/mine'", "prune"),
        ("rm '{key}'; mkfifo '{key}'", "clear"),
        ("rm '{key}'; ln -s /dev/zero '{key}'", "stats"),
        ("rm -r '{store}/tmp'; : > '{store}/tmp'", "stats"),
        ("rm '{store}/lock'; mkfifo '{store}/lock'", "stats"),
    ] {
        let damage_it = damage
            .replace("{key}", key.as_str())
            .replace("{store}", store.as_str());
        let run = home
            .limited(&damage_it, &["cache", command])
            .finish()
            .expect_code(0);
        let stderr = run.stderr();
        if damage != "true" {
            assert!(
                stderr.contains(".bad") && stderr.contains("made anew"),
                "{damage}: {stderr}"
            );
        }
        assert_eq!(fs::metadata(&key).expect("there").len(), 32, "{damage}");
    }
    assert!(
        store.join("hmac.key.bad-3/mine").exists(),
        "nothing of the user's is lost"
    );

    // What cannot be healed is said with its remedy, and keeps no video from being made.
    let put_in_the_way = format!("rm -r '{store}'; : > '{store}'");
    let run = home
        .limited(&put_in_the_way, &["cache", "stats"])
        .finish()
        .expect_code(3);
    let stderr = run.stderr();
    assert!(
        stderr.contains(store.as_str()) && stderr.contains("move"),
        "{stderr}"
    );
    let run = home.generate("true").finish().expect_code(0);
    assert!(
        run.stderr().contains("there is no cache"),
        "{}",
        run.stderr()
    );
}

/// The journal of a batch that was killed right after it was accepted, by the version that is in its name.
const BEFORE: &str = include_str!("../../fixtures/journal-0.1.0.jsonl");

#[test]
fn a_batch_of_the_version_before_goes_on() {
    let home = Home::new();
    let name = text_of(BEFORE, "batch");
    let journal = home.journal(name);
    let dir = journal.parent().expect("a batch has a directory");
    fs::create_dir_all(dir).expect("made");
    for above in dir.ancestors().take(4) {
        fs::set_permissions(above, fs::Permissions::from_mode(0o700)).expect("ours");
    }
    fs::write(&journal, BEFORE).expect("written");
    fs::set_permissions(&journal, fs::Permissions::from_mode(0o600)).expect("ours");
    let out = home.path("out");
    rewrite(&journal, |_, line| line.replace("@OUT@", out.as_str()));
    // It was another machine's.
    let run = home.run(&["resume", name, "--here"]).finish();
    let run = run.expect_code(0);
    // Its keys are of another version, and that is said.
    let told = run.stderr();
    assert!(told.contains("begun by another version"), "{told}");
    let made = out.read_dir_utf8().expect("there").flatten();
    let made = made.filter(|entry| entry.path().extension() == Some("mp4"));
    assert_eq!(made.count(), 3);
}

#[test]
fn a_renamed_machine_goes_on_and_another_one_only_when_it_is_told_to() {
    let home = Home::new();
    let batch = home.failed_batch();
    let journal = home.journal(&batch);
    let first = fs::read_to_string(&journal).expect("there");
    let first = first.lines().next().expect("a line");
    let named = |name| text_of(first, name).to_owned();
    let (host, boot) = (named("host"), named("boot"));
    let replace = |from: &[(&str, &str)]| {
        rewrite(&journal, |index, line| {
            let apply = |line: String, (from, to): &(&str, &str)| line.replace(from, to);
            if index == 0 {
                from.iter().fold(line, apply)
            } else {
                line
            }
        });
    };
    // Another machine altogether.
    let id = first.contains("\"id\":").then(|| named("id"));
    let mut other = vec![(host.as_str(), "elsewhere"), (boot.as_str(), "f00d")];
    other.extend(id.as_deref().map(|id| (id, "cafe")));
    replace(&other);
    let refused = home.run(&["resume", "--json"]).finish().expect_code(3);
    let event: serde_json::Value = serde_json::from_str(refused.stdout().trim()).expect("JSON");
    assert_eq!(event["kind"], "batch_elsewhere", "{event}");
    let hint = event["hint"].as_str().expect("a hint");
    assert!(
        hint.contains(&format!("videogen resume {batch} --here")),
        "{hint}"
    );

    // A process there that still makes it: it is not touched, whatever is asked for.
    let claim = journal.with_file_name("claim.json");
    let beating = format!(
        "(while [ -e '{claim}' ]; do echo '{{\"pid\":7,\"host\":\"elsewhere\",\"boot\":\"f00d\"}}' > '{claim}.n'; mv '{claim}.n' '{claim}'; sleep 0.1; done) >/dev/null 2>&1 &"
    );
    fs::write(
        &claim,
        "{\"pid\":7,\"host\":\"elsewhere\",\"boot\":\"f00d\"}",
    )
    .expect("written");
    let before = fs::read(&journal).expect("there");
    let refused = home
        .limited(&beating, &["resume", "--here", "--json"])
        .finish()
        .expect_code(3);
    let event: serde_json::Value = serde_json::from_str(refused.stdout().trim()).expect("JSON");
    assert_eq!(event["kind"], "batch_running", "{event}");
    assert!(
        refused.stderr().contains("elsewhere"),
        "{}",
        refused.stderr()
    );
    assert_eq!(fs::read(&journal).expect("there"), before);
    fs::remove_file(&claim).expect("removed");

    // Only renamed: the same run of the kernel. Nothing has to be said.
    replace(&[("elsewhere", "old-name"), ("f00d", &boot)]);
    home.generate("ulimit -n 40").finish().expect_code(4);
    home.run(&["resume", &batch]).finish().expect_code(0);
    assert!(home.path("out/x.mp4").exists());

    // The other one of the two: another machine, and it is said.
    let second = home.path(".local/state/videogen/batches");
    let names = second.read_dir_utf8().expect("there").flatten();
    let mut names = names.filter(|entry| entry.path().is_dir() && entry.file_name() != batch);
    let second = names.next().expect("a batch").file_name().to_owned();
    rewrite(&home.journal(&second), |index, line| {
        if index == 0 {
            other
                .iter()
                .fold(line, |line, (from, to)| line.replace(from, to))
        } else {
            line
        }
    });
    home.run(&["resume", &second]).finish().expect_code(3);
    home.run(&["resume", &second, "--here"])
        .finish()
        .expect_code(0);
    home.run(&["resume", &second]).finish().expect_code(0);
}

#[test]
fn times_of_the_far_future_and_past_are_no_reason_to_fail() {
    let home = Home::new();
    home.generate("true").finish().expect_code(0);
    let batch = home.failed_batch_beside();
    // Year 9999, as milliseconds; and a batch that was begun before 1970, or so its clock said.
    for at in ["253402300799000", "0", "18446744073709551615"] {
        rewrite(&home.journal(&batch), |_, line| {
            let (head, rest) = line.split_once(",\"at\":").expect("its form");
            let (_, rest) = rest.split_once(',').expect("its form");
            format!("{head},\"at\":{at},{rest}")
        });
        for command in [
            &["batches"][..],
            &["batches", "--json"],
            &["status", &batch],
        ] {
            let run = home.run(command).finish().expect_code(0);
            assert!(run.stdout().contains(&batch), "{}", run.stdout());
        }
    }
    // Files of the cache with times that the clock will not reach for long: used, counted, and dated now.
    let store = home.path(".cache/videogen/store");
    let far = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 400);
    let sidecars = || {
        let shards = store.read_dir_utf8().expect("there").flatten();
        let shards = shards.filter(|entry| entry.file_name().len() == 2);
        let files = shards.flat_map(|shard| shard.path().read_dir_utf8().expect("there").flatten());
        let files = files.map(|entry| entry.path().to_owned());
        files
            .filter(|path| path.as_str().ends_with(".entry.json"))
            .collect::<Vec<_>>()
    };
    assert!(!sidecars().is_empty(), "something was kept");
    for sidecar in sidecars() {
        let file = fs::File::options()
            .append(true)
            .open(sidecar)
            .expect("opened");
        file.set_modified(far).expect("set");
    }
    home.run(&["cache", "verify"]).finish().expect_code(0);
    let tomorrow = SystemTime::now() + Duration::from_hours(25);
    for sidecar in sidecars() {
        let modified = sidecar
            .metadata()
            .expect("there")
            .modified()
            .expect("known");
        assert!(modified < tomorrow, "{sidecar}: {modified:?}");
    }
    home.run(&["resume", &batch]).finish().expect_code(0);
}

impl Home {
    /// As [`Home::failed_batch`], where there are others.
    fn failed_batch_beside(&self) -> String {
        let dir = self.path(".local/state/videogen/batches");
        let names = || {
            let entries = dir.read_dir_utf8().expect("there").flatten();
            let dirs = entries.filter(|entry| entry.path().is_dir());
            dirs.map(|entry| entry.file_name().to_owned())
                .collect::<Vec<_>>()
        };
        let before = names();
        self.generate("ulimit -n 40").finish().expect_code(4);
        let mut new = names().into_iter().filter(|name| !before.contains(name));
        new.next().expect("a batch")
    }
}

/// The most memory that a run of ours may hold, in MiB, by quality: one video, and a batch of any length, of which one video
/// is painted, one is mixed and one is rendered at a time. The page of figures gives what was measured (docs/benchmarks.md).
#[cfg(target_os = "linux")]
const MOST: [(&str, u64, u64); 4] = [
    ("draft", 88, 128),
    ("standard", 92, 144),
    ("high", 92, 176),
    ("ultra", 128, 208),
];

/// Makes a video of `quality`, and a batch of `count`, with all built-in parts; both stay within [`MOST`].
#[cfg(target_os = "linux")]
fn stays_within_bounds(quality: &str, count: &str) {
    const MIB: u64 = 1 << 20;
    let &(_, single, batch) = MOST
        .iter()
        .find(|(name, ..)| *name == quality)
        .expect("a quality");
    let peak = |count: &str| {
        let run = Run::videogen().args(["generate", "--quality", quality, "--seed", "11"]);
        let run = run.args(["--duration", "5", "--count", count, "--json", "the sea"]);
        let run = run.args(["--music", "builtin", "--painter", "builtin"]);
        let events = run.finish().expect_code(0).events();
        let summary = only(&events, "batch_finished")["summary"].clone();
        summary["peak_rss_bytes"].as_u64().expect("Linux tells") / MIB
    };
    let (one, many) = (peak("1"), peak(count));
    assert!(one <= single, "{quality}: {one} MiB for one video");
    assert!(many <= batch, "{quality}: {many} MiB for {count} videos");
}

#[test]
#[cfg(target_os = "linux")]
fn real_renders_stay_within_the_stated_memory() {
    stays_within_bounds("draft", "5");
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "nightly: minutes"]
fn real_renders_of_every_quality_stay_within_the_stated_memory() {
    for (quality, ..) in MOST {
        stays_within_bounds(quality, "8");
    }
}

/// The real program with its real painter and FFmpeg: what it takes is that of a video, whatever number of them it makes,
/// and within what is promised.
#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_number_of_videos() {
    const MIB: u64 = 1 << 20;
    let peak = |count: &str| {
        let run = crate::generate().args([
            "--duration",
            "3",
            "--scenes",
            "1",
            "--count",
            count,
            "--json",
        ]);
        let run = run.args(["--speech", "silent", "--music", "none", "the sea"]);
        let events = run.finish().expect_code(0).events();
        let summary = only(&events, "batch_finished")["summary"].clone();
        summary["peak_rss_bytes"].as_u64().expect("Linux tells")
    };
    let (one, several) = (peak("1"), peak("5"));
    assert!(several <= 64 * MIB, "{} MiB", several / MIB);
    assert!(several <= one + 24 * MIB, "{one} and {several} bytes");
}
