//! Same seed, same inputs: the same script, pictures, music, times and frames.

use camino::Utf8PathBuf;
use serde_json::Value;

use crate::generate;

fn make(seed: &str) -> (testkit::Finished, Utf8PathBuf, Value) {
    let run = generate().args([
        "--seed",
        seed,
        "--duration",
        "5",
        "--scenes",
        "2",
        "--name",
        "x",
        "lighthouses",
    ]);
    let run = run.finish().expect_code(0);
    let path = run.work().join("videos/x.mp4");
    let text = std::fs::read_to_string(path.with_extension("json")).expect("there");
    let manifest = serde_json::from_str(&text).expect("JSON");
    (run, path, manifest)
}

#[test]
fn the_same_seed_makes_the_same_bytes_and_another_seed_does_not() {
    let (_a, first, first_manifest) = make("5");
    let (_b, second, second_manifest) = make("5");
    let (_c, third, third_manifest) = make("6");
    let bytes = |path: &Utf8PathBuf| std::fs::read(path).expect("there");
    assert!(
        bytes(&first) == bytes(&second),
        "the MP4s of one seed are identical"
    );
    assert!(bytes(&first) != bytes(&third));
    assert_eq!(
        first_manifest["scenes"], second_manifest["scenes"],
        "script, seeds and word times"
    );
    assert_eq!(
        first_manifest["files"], second_manifest["files"],
        "every companion"
    );
    assert_ne!(first_manifest["scenes"], third_manifest["scenes"]);
}

#[test]
fn nothing_is_ever_replaced() {
    let run = generate().args([
        "--duration",
        "3",
        "--scenes",
        "1",
        "--count",
        "2",
        "--name",
        "x",
        "tea",
    ]);
    let videos = run.work().join("videos");
    std::fs::create_dir(&videos).expect("made");
    std::fs::write(videos.join("x.mp4"), "mine").expect("written");
    let run = run.finish().expect_code(0);
    assert_eq!(
        std::fs::read_to_string(videos.join("x.mp4")).expect("there"),
        "mine"
    );
    assert!(videos.join("x-2.mp4").exists() && videos.join("x-3.mp4").exists());
    let printed: Vec<String> = run.stdout().lines().map(str::to_owned).collect();
    assert_eq!(printed.len(), 2, "data on stdout is the paths: {printed:?}");
}
