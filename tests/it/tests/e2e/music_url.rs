//! Music at an address, and music that is downloaded for a genre: fetched once, checked, played, and said where it cannot be had.

use camino::Utf8Path;
use camino_tempfile::Utf8TempDir;
use testkit::mirror::{MirrorFault, MockMirror};
use testkit::{Finished, Run};

const VIDEO: &str = "generate --genre nature --quality draft --duration 3 --scenes 1 --speech silent --painter builtin \
                     --writer builtin --seed 5 --name x tea";

/// A mirror with eight seconds of a tone.
fn mirror(dir: &Utf8Path) -> MockMirror {
    let path = dir.join("song.wav");
    testkit::media::make(&path, "-f lavfi -i sine=frequency=330:duration=8");
    let song = std::fs::read(&path).expect("made");
    MockMirror::builder()
        .file("song.wav", song)
        .file("text.wav", vec![b'x'; 4000])
        .start_blocking()
}

fn home() -> Utf8TempDir {
    camino_tempfile::tempdir().expect("a temporary directory")
}

fn run(home: &Utf8TempDir, more: &[&str]) -> Run {
    Run::videogen()
        .args(VIDEO.split_whitespace())
        .args(more.iter().copied())
        .env("HOME", home.path().as_str())
        .env("VIDEOGEN_MIRROR_HOSTS", "127.0.0.1")
}

fn manifest(run: &Finished) -> serde_json::Value {
    let manifest = std::fs::read_to_string(run.work().join("videos/x.json")).expect("there");
    serde_json::from_str(&manifest).expect("JSON")
}

#[test]
fn music_at_an_address_is_fetched_once_and_plays() {
    let home = home();
    let mirror = mirror(home.path());
    let url = format!("{}?key=s3cret", mirror.url("song.wav"));
    let first = run(&home, &["--music", &url]).finish().expect_code(0);
    assert!(!first.stderr().contains("degraded"), "{}", first.stderr());
    assert!(!first.stderr().contains("s3cret"), "{}", first.stderr());
    assert!(
        first.stderr().contains("song.wav: here ("),
        "{}",
        first.stderr()
    );
    let music = &manifest(&first)["music"];
    assert!(
        music["licence"]
            .as_str()
            .expect("a licence")
            .starts_with("unknown"),
        "{music}"
    );
    let asked = mirror.requests().len();
    assert!(asked > 0);
    // What is here is not asked for again, not even without a network.
    for more in [&[][..], &["--offline"]] {
        let again = run(&home, &["--music", &url]).args(more.iter().copied());
        again.finish().expect_code(0);
        assert_eq!(mirror.requests().len(), asked, "{more:?}");
    }
    // An address of one genre is nothing to the others.
    let file = home.path().join("own.toml");
    let own = format!("[genre.tech]\nmusic = \"{}\"\n", mirror.url("nothing.wav"));
    std::fs::write(&file, own).expect("written");
    run(&home, &["--config", file.as_str()])
        .finish()
        .expect_code(0);
    assert_eq!(mirror.requests().len(), asked);
}

#[test]
fn music_that_cannot_be_had_ends_it_before_any_work() {
    let home = home();
    let mirror = mirror(home.path());
    for (name, why) in [("gone.wav", "404"), ("text.wav", "")] {
        let url = mirror.url(name);
        let failed = run(&home, &["--music", &url]).finish().expect_code(3);
        let message = failed.stderr();
        assert!(message.contains(name) && message.contains(why), "{message}");
        assert!(
            message.contains("another address") && !message.contains("registry"),
            "{message}"
        );
        assert!(!failed.work().join("videos/x.mp4").exists());
        let accepted = run(&home, &["--music", &url, "--accept", "music=builtin"]);
        let accepted = accepted.finish().expect_code(0);
        assert!(
            accepted.stderr().contains("degraded: music"),
            "{}",
            accepted.stderr()
        );
    }
    // What was no music is not remembered: the same address has some now.
    let song = std::fs::read(home.path().join("song.wav")).expect("made");
    mirror.replace("text.wav", song);
    let url = mirror.url("text.wav");
    run(&home, &["--music", &url]).finish().expect_code(0);
    mirror.set_fault(MirrorFault::Status(503));
    let url = mirror.url("song.wav");
    let failed = run(&home, &["--music", &url]).env("VIDEOGEN_DOWNLOAD_RETRIES", "0");
    let failed = failed.finish().expect_code(3);
    assert!(failed.stderr().contains("503"), "{}", failed.stderr());
}

#[test]
fn music_of_the_genre_is_downloaded_where_that_is_allowed() {
    let home = home();
    let mirror = mirror(home.path());
    let registry = home.path().join("registry.toml");
    // Those that are built in for this genre are taken out of the choice.
    let piece = |id: &str, licence: &str, more: &str| {
        format!(
            "[[asset]]\nid = \"{id}\"\nkind = \"music\"\ntitle = \"{id} of a test\"\nlicence = \"{licence}\"\n\
             tags = [\"nature\"]\n{more}attribution = {{ title = \"{id}\", author = \"Somebody\", source = \"https://example.org/a\" }}\n\
             file = [{{ name = \"song.wav\", mirrors = [\"{}\"] }}]\n",
            mirror.url("song.wav")
        )
    };
    let built_in = [
        "night-owl",
        "snowfall",
        "forest-ambience",
        "send-for-the-horses",
    ];
    let other = |id: &&str| piece(id, "CC-BY-SA-4.0", "explicit = true\n");
    let own: String = built_in.iter().map(other).collect();
    // One whose licence asks for a yes is not taken without one.
    let own = own + &piece("asks", "CC-BY-NC-4.0", "") + &piece("rain", "CC-BY-4.0", "");
    std::fs::write(&registry, own).expect("written");
    let video = |allowed: &str| {
        run(&home, &["--music", "auto"])
            .env("VIDEOGEN_DOWNLOAD_MUSIC", allowed)
            .env(
                "VIDEOGEN_REGISTRY",
                home.path().join("registry.toml").as_str(),
            )
            .finish()
            .expect_code(0)
    };
    let without = video("no");
    assert_eq!(mirror.requests().len(), 0);
    assert!(manifest(&without)["music"]["licence"] != "CC-BY-4.0");
    let with = video("yes");
    assert!(with.stderr().contains("rain"), "{}", with.stderr());
    assert_eq!(manifest(&with)["music"]["licence"], "CC-BY-4.0");
    let asked = mirror.requests().len();
    video("yes");
    assert_eq!(mirror.requests().len(), asked);
}
