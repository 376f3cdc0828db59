//! Voices, music, fonts and models by name: what is missing is told, asked for and fetched, from mirrors on this machine.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use sha2::{Digest, Sha256};
use testkit::mirror::{MirrorFault, MockMirror};
use testkit::{Finished, Run, find_program, videogen_bin};
use videogen_types::{FetchEvent, JsonLine, JsonMessage, PlannedState};

const SIGINT: i32 = 2;
const VOICE: &str = "en_US-bryce-medium";
/// What a program of a debug build on a machine that has a lot to do may take for a second's work.
const BUSY: Duration = Duration::from_secs(20);

/// A file of an asset: its name, and where it lies.
struct Listed<'a> {
    id: &'a str,
    kind: &'a str,
    licence: &'a str,
    tag: &'a str,
    /// Name, content, mirrors.
    files: Vec<(String, Vec<u8>, Vec<String>)>,
    has_digest: bool,
}

impl<'a> Listed<'a> {
    fn new(id: &'a str, kind: &'a str, licence: &'a str, tag: &'a str) -> Self {
        Self {
            id,
            kind,
            licence,
            tag,
            files: Vec::new(),
            has_digest: true,
        }
    }

    fn file(mut self, name: &str, content: &[u8], mirrors: &[&MockMirror]) -> Self {
        let urls = mirrors.iter().map(|mirror| mirror.url(name)).collect();
        self.files.push((name.to_owned(), content.to_vec(), urls));
        self
    }

    fn toml(&self) -> String {
        let mut text = format!(
            "[[asset]]\nid = \"{}\"\nkind = \"{}\"\ntitle = \"{} of a test\"\nlicence = \"{}\"\ntags = [\"{}\"]\n\
             attribution = {{ title = \"{}\", author = \"Somebody\", source = \"https://example.org/a\" }}\n",
            self.id, self.kind, self.id, self.licence, self.tag, self.id
        );
        for (name, content, urls) in &self.files {
            let digest = if self.has_digest {
                format!("sha256 = \"{}\"\n", hex(content))
            } else {
                String::new()
            };
            write!(
                text,
                "[[asset.file]]\nname = \"{name}\"\nsize = {}\n{digest}mirrors = {urls:?}\n",
                content.len()
            )
            .expect("a String takes everything");
        }
        text
    }
}

fn hex(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("text takes all");
        hex
    })
}

/// So many bytes that no two places of a file have in common.
fn content(seed: u8, size: usize) -> Vec<u8> {
    let word = |n: usize| Sha256::digest([&[seed][..], &n.to_le_bytes()].concat());
    (0..size.div_ceil(32)).flat_map(word).take(size).collect()
}

/// A home in which mirrors of this machine are allowed.
struct Home(Utf8TempDir);

impl Home {
    fn new() -> Self {
        Self(camino_tempfile::tempdir().expect("a temporary directory"))
    }

    fn path(&self) -> &Utf8Path {
        self.0.path()
    }

    fn registry(&self, assets: &[Listed<'_>]) -> Utf8PathBuf {
        let path = self.path().join("registry.toml");
        let text: String = assets.iter().map(Listed::toml).collect();
        std::fs::write(&path, text).expect("written");
        path
    }

    fn run(&self, arguments: &str) -> Run {
        Run::videogen()
            .args(arguments.split(' '))
            .env("HOME", self.path().as_str())
            .env("VIDEOGEN_MIRROR_HOSTS", "127.0.0.1")
            .env(
                "VIDEOGEN_REGISTRY",
                self.path().join("registry.toml").as_str(),
            )
    }

    fn asset(&self, kind: &str, id: &str) -> Utf8PathBuf {
        let assets = self.path().join(".local/share/videogen/assets");
        assets.join(kind).join(id)
    }
}

/// The built-in voice, in two small files on this mirror.
fn voice(mirrors: &[&MockMirror], files: &[(String, Vec<u8>)]) -> Listed<'static> {
    let empty = Listed::new(VOICE, "voice", "PDM-1.0", "en_US");
    files.iter().fold(empty, |voice, (name, content)| {
        voice.file(name, content, mirrors)
    })
}

/// A voice as far as it can be checked without Piper: a description, and a model of about so many bytes.
fn voice_files(size: usize) -> [(String, Vec<u8>); 2] {
    let config = r#"{"audio": {"sample_rate": 22050}, "espeak": {"voice": "en-us"}, "phoneme_id_map": {"_": [0], "^": [1], "$": [2]}}"#;
    // The version of the format, then the network.
    let mut model = vec![0x08, 0x08, 0x3a];
    let mut rest = size;
    while rest >= 0x80 {
        model.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    model.push(rest as u8);
    model.extend(content(2, size));
    [
        (
            format!("{VOICE}.onnx.json"),
            format!("{config:5000}").into_bytes(),
        ),
        (format!("{VOICE}.onnx"), model),
    ]
}

fn mirror_of(files: &[(String, Vec<u8>)]) -> testkit::mirror::Builder {
    let empty = MockMirror::builder();
    files.iter().fold(empty, |mirror, (name, content)| {
        mirror.file(name, content.clone())
    })
}

fn fetch_events(run: &Finished) -> Vec<FetchEvent> {
    let read = |line: &str| -> JsonLine {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
    };
    let lines = run.stdout();
    let messages = lines.lines().map(|line| read(line).message);
    messages
        .filter_map(|message| match message {
            JsonMessage::Fetch(event) => Some(*event),
            _ => None,
        })
        .collect()
}

#[test]
fn what_is_missing_is_told_and_nothing_is_fetched_unasked() {
    let home = Home::new();
    let bare = |arguments: &str| {
        Run::videogen()
            .args(arguments.split(' '))
            .env("HOME", home.path().as_str())
    };
    let run = bare("setup --only voice").finish().expect_code(2);
    let told = run.stdout();
    assert!(
        told.contains("voice") && told.contains(VOICE) && told.contains("63.5 MB"),
        "{told}"
    );
    assert!(told.contains("public domain"), "{told}");
    assert!(
        run.stderr().contains("videogen setup --yes --only voice"),
        "{}",
        run.stderr()
    );
    // Nothing but what was to be shown.
    bare("setup --dry-run --only voice,music")
        .finish()
        .expect_code(0);
    let run = bare("setup --dry-run --only voice --json")
        .finish()
        .expect_code(0);
    let events = fetch_events(&run);
    let [FetchEvent::FetchPlanned { assets, bytes, .. }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(assets[0].asset, VOICE);
    assert_eq!(assets[0].state, PlannedState::Missing);
    assert!(*bytes > 60_000_000, "{bytes}");
    // Of no language but one is any voice without a question.
    let run = bare("setup --yes --only voice --language ja")
        .finish()
        .expect_code(2);
    assert!(run.stderr().contains("language ja"), "{}", run.stderr());
    let run = bare("setup --yes --only voice --language de")
        .finish()
        .expect_code(3);
    assert!(run.stderr().contains("--accept de_DE-"), "{}", run.stderr());
    assert!(!home.asset("voice", VOICE).exists());
}

#[test]
fn a_voice_is_fetched_once_as_a_whole_and_is_then_there() {
    let (home, files) = (Home::new(), voice_files(3_000_000));
    let mirror = mirror_of(&files).start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    let run = home.run("setup --yes --only voice").finish().expect_code(0);
    assert!(run.stdout().contains("missing"), "{}", run.stdout());
    for (name, content) in &files {
        let path = home.asset("voice", VOICE).join(name);
        assert_eq!(
            &std::fs::read(&path).expect("it is there"),
            content,
            "{name}"
        );
    }
    let requests = mirror.requests().len();
    let again = home.run("setup --yes --only voice").finish().expect_code(0);
    assert!(
        again.stderr().contains("everything is here"),
        "{}",
        again.stderr()
    );
    assert_eq!(
        mirror.requests().len(),
        requests,
        "nothing is asked for twice"
    );
    let list = home
        .run("voices list --installed")
        .finish()
        .expect_code(0)
        .stdout();
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains(VOICE) && list.contains("here"), "{list}");
    // Named again it is told of, and nothing comes.
    let run = home
        .run(&format!("voices install {VOICE} --json"))
        .finish()
        .expect_code(0);
    let events = fetch_events(&run);
    assert!(
        events.iter().any(|event| matches!(
            event,
            FetchEvent::AssetInstalled { reused: true, files, .. } if files.len() == 2
        )),
        "{events:?}"
    );
    assert!(matches!(
        events.last(),
        Some(FetchEvent::FetchFinished {
            installed: 0,
            reused: 1,
            failed: 0,
            ..
        })
    ));
    assert_eq!(mirror.requests().len(), requests);
    let removed = home
        .run(&format!("voices remove {VOICE}"))
        .finish()
        .expect_code(0);
    assert!(removed.stdout().contains("removed"), "{}", removed.stdout());
    assert!(!home.asset("voice", VOICE).exists());
    home.run(&format!("voices remove {VOICE}"))
        .finish()
        .expect_code(0);
}

#[test]
fn programs_are_told_how_it_goes() {
    let (home, files) = (Home::new(), voice_files(2_000_000));
    let mirror = mirror_of(&files).speed(4_000_000).start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    let run = home
        .run("setup --yes --only voice --json")
        .finish()
        .expect_code(0);
    let events = fetch_events(&run);
    assert!(
        matches!(events[0], FetchEvent::FetchPlanned { .. }),
        "{events:?}"
    );
    let received: Vec<u64> = events
        .iter()
        .filter_map(|event| match event {
            FetchEvent::AssetProgress { received, .. } => Some(*received),
            _ => None,
        })
        .collect();
    assert!(received.is_sorted() && !received.is_empty(), "{received:?}");
    let Some(FetchEvent::FetchFinished {
        installed, bytes, ..
    }) = events.last()
    else {
        panic!("{events:?}");
    };
    assert_eq!(*installed, 1);
    let all: usize = files.iter().map(|(_, content)| content.len()).sum();
    assert_eq!(*bytes, all as u64);
    // Whoever cannot be asked is told so in a line, too.
    let run = Home::new().run("setup --only voice --json");
    let run = run.env("VIDEOGEN_REGISTRY", "").finish().expect_code(2);
    assert!(run.stdout().contains("\"unconfirmed\""), "{}", run.stdout());
}

#[test]
fn a_licence_that_asks_needs_a_yes_of_its_own_which_is_remembered() {
    let home = Home::new();
    let songs: Vec<(String, Vec<u8>)> = ["nc", "nc2", "odd", "odd2", "nd", "by"]
        .map(|id| (format!("{id}.mp3"), content(3, 1000)))
        .into();
    let mirror = mirror_of(&songs).start_blocking();
    let song = |id, licence| {
        let (name, content) = songs
            .iter()
            .find(|(name, _)| name == &format!("{id}.mp3"))
            .expect(id);
        Listed::new(id, "music", licence, "nature").file(name, content, &[&mirror])
    };
    home.registry(&[
        song("nc", "CC-BY-NC-SA-4.0"),
        song("nc2", "CC-BY-NC-SA-4.0"),
        song("odd", "unknown"),
        song("odd2", "unknown"),
        song("nd", "CC-BY-ND-4.0"),
        song("by", "CC-BY-4.0"),
    ]);
    for (arguments, flag) in [
        ("assets fetch nc", "--accept CC-BY-NC-SA-4.0"),
        ("assets fetch nc --yes", "--accept CC-BY-NC-SA-4.0"),
        ("assets fetch by odd --yes", "--accept odd"),
    ] {
        let run = home.run(arguments).finish().expect_code(3);
        assert!(run.stderr().contains(flag), "{}", run.stderr());
        assert!(run.stdout().contains("licence"), "{}", run.stdout());
    }
    let run = home
        .run("assets fetch nd --accept CC-BY-ND-4.0")
        .finish()
        .expect_code(3);
    assert!(
        run.stderr().contains("nd cannot be used"),
        "{}",
        run.stderr()
    );
    assert_eq!(mirror.requests().len(), 0, "nothing was asked of anybody");
    home.run("assets fetch nc --accept CC-BY-NC-SA-4.0")
        .finish()
        .expect_code(0);
    // A yes to a licence holds for all that has it; one to an unknown licence for what was named.
    home.run("assets fetch nc2").finish().expect_code(0);
    home.run("assets fetch odd --accept unknown")
        .finish()
        .expect_code(0);
    home.run("assets fetch odd2").finish().expect_code(3);
    // Of many, those that ask are left out and told.
    let run = home
        .run("setup --yes --only music")
        .env("VIDEOGEN_GENRE", "nature");
    let run = run.arg("--dry-run").finish().expect_code(0);
    assert!(run.stdout().contains("asks"), "{}", run.stdout());
    // What a licence asks for is told before.
    let run = home.run("assets fetch by").finish().expect_code(0);
    assert!(run.stdout().contains("has to be named"), "{}", run.stdout());
}

#[test]
fn names_and_registries_that_are_wrong_are_told_with_what_would_be_right() {
    let home = Home::new();
    let bare = |arguments: &str| home.run(arguments).env("VIDEOGEN_REGISTRY", "").finish();
    let run = bare("assets fetch en_US-brice-medium").expect_code(2);
    assert!(run.stderr().contains(VOICE), "{}", run.stderr());
    let run = bare("voices install brice").expect_code(2);
    assert!(run.stderr().contains(VOICE), "{}", run.stderr());
    // The name of a speaker is enough where only one has it.
    let run = bare("voices install bryce --dry-run").expect_code(0);
    assert!(run.stdout().contains(VOICE), "{}", run.stdout());
    // A song is no voice.
    let run = bare("voices install night-owl").expect_code(2);
    assert!(
        run.stderr().contains("no voice `night-owl`"),
        "{}",
        run.stderr()
    );
    for (text, word) in [
        ("[[asset]]\nid = \"a\"\n", "line 1"),
        ("nonsense", "registry.toml"),
    ] {
        std::fs::write(home.path().join("registry.toml"), text).expect("written");
        let run = home.run("assets list").finish().expect_code(2);
        assert!(run.stderr().contains(word), "{}", run.stderr());
    }
    let run = home
        .run("assets list --registry gone.toml")
        .finish()
        .expect_code(2);
    assert!(run.stderr().contains("gone.toml"), "{}", run.stderr());
    // A mirror on this machine is nobody's wish unless it is allowed.
    let plain = "[[asset]]\nid = \"a\"\nkind = \"music\"\ntitle = \"a\"\nlicence = \"CC0-1.0\"\n\
                 file = [{ name = \"a.mp3\", mirrors = [\"http://127.0.0.1:9/a.mp3\"] }]\n";
    std::fs::write(home.path().join("registry.toml"), plain).expect("written");
    home.run("assets list").finish().expect_code(0);
    home.run("assets list")
        .env("VIDEOGEN_MIRROR_HOSTS", "127.0.0.2")
        .finish()
        .expect_code(2);
}

#[test]
fn a_list_has_everything_and_programs_read_it() {
    let home = Home::new();
    let bare = |arguments: &str| {
        home.run(arguments)
            .env("VIDEOGEN_REGISTRY", "")
            .finish()
            .expect_code(0)
    };
    let list = bare("assets list --kind font").stdout();
    assert!(
        list.lines().count() > 20 && list.lines().all(|line| line.starts_with("font")),
        "{list}"
    );
    let voices = bare("voices list --language de --json").stdout();
    for line in voices.lines() {
        let voice: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert!(
            voice["key"]
                .as_str()
                .is_some_and(|key| key.starts_with("de_DE")),
            "{line}"
        );
        assert_eq!(voice["installed"], false);
    }
    assert!(voices.lines().count() > 3);
    assert_eq!(bare("voices list --installed").stdout(), "");
    let health = bare("assets health").stdout();
    assert!(health.contains("nothing is known"), "{health}");
}

#[test]
fn what_was_changed_is_found_and_fetched_again() {
    let (home, files) = (Home::new(), voice_files(200_000));
    let mirror = mirror_of(&files).start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    home.run("setup --yes --only voice").finish().expect_code(0);
    home.run("assets verify").finish().expect_code(0);
    let model = home.asset("voice", VOICE).join(&files[1].0);
    let mut bytes = files[1].1.clone();
    bytes[1000] ^= 1;
    let mut permissions = std::fs::metadata(&model).expect("there").permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a file of this test")]
    permissions.set_readonly(false);
    std::fs::set_permissions(&model, permissions).expect("set");
    std::fs::write(&model, &bytes).expect("written");
    let run = home.run("assets verify").finish().expect_code(4);
    assert!(
        run.stdout().contains("damaged") && run.stdout().contains(VOICE),
        "{}",
        run.stdout()
    );
    home.run(&format!("assets fetch {VOICE}"))
        .finish()
        .expect_code(0);
    assert_eq!(std::fs::read(&model).expect("there"), files[1].1);
    home.run("assets verify --json").finish().expect_code(0);
}

#[test]
fn a_mirror_that_fails_is_told_of_and_the_other_one_is_asked_first() {
    let files = voice_files(300_000);
    let gone = mirror_of(&files)
        .fault(MirrorFault::Status(500))
        .start_blocking();
    let good = mirror_of(&files).start_blocking();
    let set_up = || {
        let home = Home::new();
        home.registry(&[voice(&[&gone, &good], &files)]);
        home.run("setup --yes --only voice").finish().expect_code(0);
        home
    };
    // One time in 25, chance asks the second of two mirrors that were never tried.
    let home = (0..10)
        .map(|_| set_up())
        .find(|_| !gone.requests().is_empty())
        .expect("the first mirror is asked");
    let health = home
        .run("assets health --json")
        .finish()
        .expect_code(0)
        .stdout();
    let health: serde_json::Value = serde_json::from_str(&health).expect("JSON");
    assert_eq!(health["totals"]["hosts"], 2, "{health}");
    let assets = health["assets"].as_array().expect("a list");
    let voice = assets
        .iter()
        .find(|asset| asset["asset"] == VOICE)
        .expect("there");
    let best = voice["best"].as_str().expect("a mirror");
    assert!(
        good.url("").starts_with(best) || best.starts_with(&good.url("")),
        "{voice}"
    );
    assert!(
        voice["score"].as_f64().is_some_and(|score| score > 0.0),
        "{voice}"
    );
    let told = home.run("assets health").finish().expect_code(0).stdout();
    for mirror in [&good, &gone] {
        assert!(told.contains(&mirror.address().to_string()), "{told}");
    }
}

#[test]
fn room_is_made_of_what_was_not_used() {
    let (home, files) = (Home::new(), voice_files(400_000));
    let mirror = mirror_of(&files).start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    home.run("setup --yes --only voice").finish().expect_code(0);
    home.run("assets gc").finish().expect_code(0);
    assert!(home.asset("voice", VOICE).exists());
    let run = home
        .run("assets gc --to 1KB --dry-run")
        .finish()
        .expect_code(0);
    assert!(
        run.stdout().contains(&format!("would go  {VOICE}")),
        "{}",
        run.stdout()
    );
    assert!(home.asset("voice", VOICE).exists());
    let run = home.run("assets gc --to 1KB").finish().expect_code(0);
    assert!(
        run.stdout().contains(&format!("removed  {VOICE}")),
        "{}",
        run.stdout()
    );
    assert!(!home.asset("voice", VOICE).exists());
    // The contents of what went are gone, too; half of an asset that came just now is not, and that is said.
    assert!(!run.stdout().contains(" stay"), "{}", run.stdout());
    let half = mirror_of(&files[..1]).start_blocking();
    home.registry(&[voice(&[&half], &files)]);
    home.run("setup --yes --only voice").finish().expect_code(4);
    for command in ["assets gc --to 0B --dry-run", "assets gc --to 0B"] {
        let run = home.run(command).finish().expect_code(0);
        assert!(
            run.stdout().contains(" stay, more than 0 ") && run.stdout().contains("the last day"),
            "{}",
            run.stdout()
        );
    }
}

#[test]
fn what_does_not_fit_together_is_said_before_any_of_it_is_fetched() {
    let home = Home::new();
    let (one, other) = (content(7, 50_000), content(8, 50_000));
    let files = [("a.mp3".to_owned(), one), ("b.mp3".to_owned(), other)];
    let mirror = mirror_of(&files).start_blocking();
    let song = |id: &'static str, (name, bytes): &(String, Vec<u8>)| {
        Listed::new(id, "music", "CC0-1.0", "nature").file(name, bytes, &[&mirror])
    };
    home.registry(&[song("a", &files[0]), song("b", &files[1])]);
    let limited = |command: &str| home.run(command).env("VIDEOGEN_ASSETS_LIMIT", "80KB");
    let run = limited("assets fetch a b").finish().expect_code(3);
    assert!(run.stderr().contains("assets_limit"), "{}", run.stderr());
    assert_eq!(mirror.accepted(), 0);
    limited("assets fetch a").finish().expect_code(0);
    // One that nobody uses makes room for the next.
    limited("assets fetch b").finish().expect_code(0);
    assert!(!home.asset("music", "a").exists());
}

#[test]
fn a_right_mirror_is_asked_where_two_others_have_the_same_wrong_file() {
    let home = Home::new();
    let (right, wrong) = (content(7, 50_000), content(8, 50_000));
    let serve = |bytes: &[u8]| mirror_of(&[("a.mp3".to_owned(), bytes.to_vec())]).start_blocking();
    let mirrors = [serve(&wrong), serve(&wrong), serve(&right)];
    let all: Vec<&MockMirror> = mirrors.iter().collect();
    let song = |all: &[&MockMirror]| {
        Listed::new("song", "music", "CC0-1.0", "nature").file("a.mp3", &right, all)
    };
    home.registry(&[song(&all)]);
    let run = home.run("assets fetch song").finish().expect_code(0);
    assert!(run.stderr().contains("wrong digest"), "{}", run.stderr());
    let here = home.asset("music", "song").join("a.mp3");
    assert_eq!(std::fs::read(here).expect("it is here"), right);
}

#[test]
fn an_asset_whose_record_nobody_can_read_is_fetched_again_and_what_was_set_aside_goes() {
    let home = Home::new();
    let song = content(7, 50_000);
    let mirror = mirror_of(&[("a.mp3".to_owned(), song.clone())]).start_blocking();
    home.registry(&[Listed::new("song", "music", "CC0-1.0", "nature").file(
        "a.mp3",
        &song,
        &[&mirror],
    )]);
    home.run("assets fetch song").finish().expect_code(0);
    let dir = home.asset("music", "song");
    std::fs::write(dir.join(".asset.json"), "").expect("written");
    let run = home.run("assets verify").finish().expect_code(4);
    assert!(
        run.stdout().contains("not here any more: song"),
        "{}",
        run.stdout()
    );
    home.run("assets fetch song").finish().expect_code(0);
    let aside = home.asset("music", "song.bad");
    assert!(aside.join("a.mp3").exists());
    std::fs::write(aside.join("notes.txt"), "somebody's").expect("written");
    let run = home.run("assets gc").finish().expect_code(0);
    assert!(!run.stderr().contains("WARN"), "{}", run.stderr());
    assert!(!aside.join("a.mp3").exists() && aside.join("notes.txt").exists());
    assert!(dir.join("a.mp3").exists());
}

#[test]
fn what_changes_under_a_locked_name_is_refused() {
    let home = Home::new();
    let song = ("song.mp3".to_owned(), content(7, 50_000));
    let mirror = mirror_of(std::slice::from_ref(&song)).start_blocking();
    let listed = |content: &[u8], mirror: &MockMirror| {
        let mut listed =
            Listed::new("song", "music", "CC0-1.0", "nature").file("song.mp3", content, &[mirror]);
        listed.has_digest = false;
        listed
    };
    home.registry(&[listed(&song.1, &mirror)]);
    let run = home.run("assets lock song").finish().expect_code(0);
    assert!(run.stdout().contains("1 digest"), "{}", run.stdout());
    home.run("assets gc --to 0B").finish().expect_code(0);
    let other = content(8, 50_000);
    let changed = mirror_of(&[(song.0, other.clone())]).start_blocking();
    home.registry(&[listed(&other, &changed)]);
    let run = home.run("assets fetch song").finish().expect_code(4);
    assert!(run.stderr().contains("song"), "{}", run.stderr());
    assert!(!home.asset("music", "song").exists());
}

#[test]
fn a_network_that_lets_nothing_come_is_found_out_in_time() {
    let (home, files) = (Home::new(), voice_files(100_000));
    let mirror = mirror_of(&files)
        .fault(MirrorFault::HeadAfter(Duration::from_mins(10)))
        .start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    let run = home.run("setup --yes --only voice --first-byte-within 1");
    let run = run.finish().expect_code(4);
    assert!(run.elapsed() < BUSY, "{:?}", run.elapsed());
    assert!(
        run.stderr().contains("no byte within 1 s"),
        "{}",
        run.stderr()
    );
}

#[test]
fn an_interruption_ends_it_at_once_and_what_has_come_stays() {
    let (home, files) = (Home::new(), voice_files(12_000_000));
    let mirror = mirror_of(&files)
        .fault(MirrorFault::FreezeAfterTotal(6_000_000))
        .start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    let mut running = home.run("setup --yes --only voice").start();
    assert!(
        running.wait_until(|| mirror.bytes_sent() >= 6_000_000),
        "half of it comes"
    );
    // What was sent is also read and written.
    std::thread::sleep(Duration::from_secs(1));
    running.signal(SIGINT);
    let sent = Instant::now();
    let run = running.finish().expect_code(130);
    assert!(sent.elapsed() < BUSY, "{:?}", sent.elapsed());
    assert!(
        run.stderr().contains("goes on where it stopped"),
        "{}",
        run.stderr()
    );
    mirror.heal();
    let before = mirror.bytes_sent();
    home.run("setup --yes --only voice").finish().expect_code(0);
    let more = mirror.bytes_sent() - before;
    assert!(
        more < 9_000_000,
        "{more} bytes were sent again, of 12 MB of which 6 were here"
    );
    let model = home.asset("voice", VOICE).join(&files[1].0);
    assert_eq!(std::fs::read(&model).expect("there"), files[1].1);
}

#[test]
fn somebody_at_a_terminal_is_asked_once() {
    let (home, files) = (Home::new(), voice_files(500_000));
    let mirror = mirror_of(&files).start_blocking();
    home.registry(&[voice(&[&mirror], &files)]);
    let in_terminal = |answer: &str| {
        let program = find_program("script").expect("script of util-linux is installed");
        let command = format!("exec {} setup --only voice", videogen_bin());
        Run::new(program)
            .args(["-qfec", &command, "/dev/null"])
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env("HOME", home.path().as_str())
            .env("VIDEOGEN_MIRROR_HOSTS", "127.0.0.1")
            .env(
                "VIDEOGEN_REGISTRY",
                home.path().join("registry.toml").as_str(),
            )
            .input(answer.as_bytes().to_vec())
    };
    let run = in_terminal("n").finish().expect_code(2);
    assert!(
        run.stdout().contains("nothing was fetched"),
        "{}",
        run.stdout()
    );
    assert_eq!(mirror.requests().len(), 0);
    let run = in_terminal("y").finish().expect_code(0);
    let shown = run.stdout();
    assert!(shown.contains("Fetch 1 asset, "), "{shown}");
    // A colour ends between the two.
    assert!(
        shown.contains('✓') && shown.contains(&format!("{VOICE} (")),
        "{shown}"
    );
    assert!(home.asset("voice", VOICE).exists());
}

#[test]
fn what_is_no_voice_is_not_installed_as_one() {
    let home = Home::new();
    let mut files = voice_files(5000);
    files[1].1 = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".to_vec();
    let mirror = mirror_of(&files).start_blocking();
    // Its digest is right: that is what lies there.
    home.registry(&[voice(&[&mirror], &files)]);
    let run = home.run("setup --yes --only voice").finish().expect_code(4);
    assert!(run.stderr().contains("Git LFS pointer"), "{}", run.stderr());
    assert!(!home.asset("voice", VOICE).exists());
}

#[test]
fn music_that_was_fetched_plays_and_is_credited() {
    let home = Home::new();
    let path = home.path().join("song.wav");
    testkit::media::make(&path, "-f lavfi -i sine=frequency=330:duration=8");
    let song = ("song.wav".to_owned(), std::fs::read(&path).expect("made"));
    let mirror = mirror_of(std::slice::from_ref(&song)).start_blocking();
    home.registry(&[Listed::new("song", "music", "CC-BY-4.0", "nature").file(
        &song.0,
        &song.1,
        &[&mirror],
    )]);
    home.run("assets fetch song").finish().expect_code(0);
    let run = home.run("generate --genre nature --quality draft --duration 4 --scenes 1 --speech silent --seed 5 --name x tea");
    let run = run.finish().expect_code(0);
    assert!(
        !run.stderr().contains("degraded: music"),
        "{}",
        run.stderr()
    );
    let videos = run.work().join("videos");
    let credits = std::fs::read_to_string(videos.join("x.credits.txt")).expect("there");
    assert!(
        credits.contains("\"song\" by Somebody") && credits.contains("CC BY 4.0"),
        "{credits}"
    );
    let manifest = std::fs::read_to_string(videos.join("x.json")).expect("there");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(
        manifest["music"]["licence"], "CC-BY-4.0",
        "{}",
        manifest["music"]
    );
    // What is asked for by name is not replaced by it.
    let run = home.run("generate --genre nature --quality draft --duration 4 --scenes 1 --speech silent --seed 5 --music builtin --dry-run tea");
    let run = run.finish().expect_code(0);
    assert!(!run.stderr().contains("song of a test"), "{}", run.stderr());
}
