//! Nothing that failed a check is kept: bad encodes, black pictures, silent speeches, stores that have such from before;
//! and what a person brought is shown as it is, and told.

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::Utf8TempDir;
use it::poison::{black_png, entries, poison};
use serde_json::Value;
use testkit::comfy::{Family, Fault, GIB, MockComfy, SimulatedCard};
use testkit::events::{named, only};
use testkit::media::{frame_at, make};
use testkit::{Finished, Run, fake_ffmpeg};

/// A home of its own, so that several runs share batches and cache.
struct Home(Utf8TempDir);

impl Home {
    fn new() -> Self {
        Self(camino_tempfile::tempdir().expect("a temporary directory"))
    }

    fn at(&self, name: &str) -> Utf8PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Run {
        Run::videogen()
            .env("HOME", self.0.path().as_str())
            .args(arguments.iter().copied())
    }

    /// A silent video of three seconds and two scenes, with what is said of it as JSON.
    fn silent(&self) -> Run {
        self.run(&["generate", "--quality", "draft", "--seed", "7", "--json"])
            .args(["--speech", "silent", "--music", "none"])
            .args(["--writer", "builtin", "--duration", "3", "--scenes", "2"])
            .args(["--output-dir", self.at("out").as_str()])
    }

    /// Its video, with pictures of the built-in painter.
    fn built_in(&self) -> Run {
        self.silent().args(["--painter", "builtin", "lighthouses"])
    }

    fn cache(&self) -> Utf8PathBuf {
        let home = self.0.path();
        let cache = home.join(".cache/videogen");
        let below = cache.read_dir_utf8().into_iter().flatten().flatten();
        let stores = below.map(|entry| entry.path().to_owned());
        let mut stores = stores.chain([cache.clone()]);
        stores
            .find(|dir| !entries(dir).is_empty())
            .expect("a store of outputs")
    }

    /// Stores of batches that can be resumed.
    fn batches(&self) -> Vec<Utf8PathBuf> {
        let work = self.at(".local/state/videogen/work");
        let stores = work.read_dir_utf8().into_iter().flatten().flatten();
        stores.map(|entry| entry.path().to_owned()).collect()
    }

    /// An FFmpeg that does as these lines say.
    fn ffmpeg(&self, settings: &[&str]) -> String {
        fake_ffmpeg(&self.at("fake"), settings).into_string()
    }
}

fn warnings(run: &Finished) -> Vec<String> {
    let events = run.events();
    let told = named(&events, "warning").into_iter();
    told.map(|event| event["message"].as_str().expect("text").to_owned())
        .collect()
}

fn degraded(run: &Finished, stage: &str) -> Vec<Value> {
    let events = run.events();
    let all = named(&events, "degraded").into_iter();
    all.filter(|event| event["stage"] == stage)
        .cloned()
        .collect()
}

fn delivered(run: &Finished) -> Utf8PathBuf {
    let events = run.events();
    let path = only(&events, "video_finished")["path"].clone();
    path.as_str().expect("a path").into()
}

fn write(path: &Utf8Path, bytes: impl AsRef<[u8]>) -> Utf8PathBuf {
    std::fs::write(path, bytes).expect("written");
    path.to_owned()
}

#[test]
fn a_bad_encode_is_made_again_and_never_kept() {
    // Cut, no video at all, not there, damaged inside; black in one of two scenes, and of another colour.
    for (bad, told) in [
        ("cut", "no whole video"),
        ("garbage", "no whole video"),
        ("nothing", "no whole video"),
        ("damage", "decode"),
        (
            "filter:drawbox=c=black:t=fill:enable='lt(t,1.5)'",
            "scene 1 is black",
        ),
        ("filter:trim=end=2", "frame"),
        ("filter:scale=256:384", "size"),
    ] {
        let home = Home::new();
        let ffmpeg = home.ffmpeg(&[&format!("encode={bad}"), "times=1"]);
        let run = home
            .built_in()
            .env("VIDEOGEN_FFMPEG", &ffmpeg)
            .finish()
            .expect_code(0);
        let told_again = warnings(&run);
        let is_told = |message: &String| message.contains("again") && message.contains(told);
        assert!(told_again.iter().any(is_told), "{bad}: {told_again:?}");
        assert!(frame_at(&delivered(&run), 0.7).mean() > 8.0, "{bad}");
    }
}

#[test]
fn what_is_bad_every_time_is_not_kept_and_a_healthy_resume_delivers() {
    for bad in ["damage", "filter:drawbox=c=black:t=fill"] {
        let home = Home::new();
        let ffmpeg = home.ffmpeg(&[&format!("encode={bad}")]);
        let run = home.built_in().env("VIDEOGEN_FFMPEG", &ffmpeg).finish();
        let run = run.expect_code(4);
        let events = run.events();
        let failed = only(&events, "video_failed");
        assert_eq!(failed["stage"], "verify", "{failed}");
        let kept: Vec<_> = home.batches().iter().flat_map(|dir| entries(dir)).collect();
        let stages: Vec<&str> = kept.iter().map(|entry| entry.stage.as_str()).collect();
        assert!(stages.contains(&"voice"), "{bad}: {stages:?}");
        assert!(!stages.contains(&"render"), "{bad}: {stages:?}");
        let run = home.run(&["resume", "--json"]).finish().expect_code(0);
        assert!(frame_at(&delivered(&run), 1.0).mean() > 8.0, "{bad}");
    }
}

#[test]
fn a_cache_that_was_poisoned_before_is_healed() {
    let home = Home::new();
    let speaking = || {
        home.run(&["generate", "--quality", "draft", "--seed", "7", "--json"])
            .args(["--speech", "espeak-ng", "--music", "none"])
            .args(["--writer", "builtin", "--painter", "builtin"])
            .args(["--duration", "4", "--scenes", "2", "--captions", "none"])
            .args(["--output-dir", home.at("out").as_str(), "lighthouses"])
            .finish()
            .expect_code(0)
    };
    let first = delivered(&speaking());
    let before: Vec<Vec<u8>> = contents(&home.cache());
    let count = poison(&home.cache(), &["picture", "voice"]);
    assert!(count >= 4, "two pictures and two speeches: {count}");
    assert_ne!(contents(&home.cache()), before);
    let run = speaking();
    assert_eq!(degraded(&run, "picture"), [] as [Value; 0]);
    let bytes = |path: &Utf8Path| std::fs::read(path).expect("a video");
    assert!(bytes(&first) == bytes(&delivered(&run)), "the same again");
    assert_eq!(contents(&home.cache()), before, "and what is kept is good");
}

/// What the entries of a store are.
fn contents(store: &Utf8Path) -> Vec<Vec<u8>> {
    let read = |entry: it::poison::Entry| std::fs::read(entry.content).expect("a content");
    entries(store).into_iter().map(read).collect()
}

fn server() -> testkit::comfy::Builder {
    MockComfy::builder()
        .card(SimulatedCard::new(12 * GIB))
        .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
}

#[test]
fn one_black_picture_is_painted_with_another_seed_and_told() {
    for (fault, told) in [
        (Fault::BlackPicture, "black"),
        (Fault::NoisePicture, "noise"),
        (Fault::FlatPicture, "one colour"),
    ] {
        let home = Home::new();
        let server = server().fault(fault.once()).start();
        let make = || {
            let run = home.silent().env("COMFYUI_URL", server.url());
            run.arg("lighthouses").finish().expect_code(0)
        };
        let run = make();
        let steps = degraded(&run, "picture");
        assert_eq!(steps.len(), 1, "{steps:?}");
        let text = |field: &str| steps[0][field].as_str().expect("text").to_owned();
        assert!(text("reason").contains(told), "{steps:?}");
        assert!(text("to").contains("another seed"), "{steps:?}");
        assert_eq!(server.counters().prompts_done, 3);
        for time in [0.7, 2.2] {
            assert!(frame_at(&delivered(&run), time).mean() > 8.0);
        }
        // What was wished for is asked for again: it is not in the cache, neither black nor in another's place.
        let again = make();
        assert_eq!(degraded(&again, "picture"), [] as [Value; 0]);
        assert_eq!(server.counters().prompts_done, 4);
    }
}

#[test]
fn a_server_that_paints_nothing_but_black_leaves_the_pictures_to_others() {
    let home = Home::new();
    let (bad, good) = (
        server().fault(Fault::BlackPicture).start(),
        server().start(),
    );
    let alone = home.silent().env("COMFYUI_URL", bad.url());
    let run = alone.arg("lighthouses").finish().expect_code(0);
    let steps = degraded(&run, "picture");
    let last = steps.last().expect("a step");
    assert_eq!(last["to"], "builtin", "{steps:?}");
    assert!(last["reason"].to_string().contains("black"), "{steps:?}");
    let asked = bad.counters().prompts_done;
    assert!((2..=6).contains(&asked), "{asked} pictures for two scenes");
    // Nothing of it is found by the next batch, and the next server paints.
    let both = home.silent().env("COMFYUI_URL", bad.url());
    let both = both.env("COMFYUI_FALLBACKS", good.url());
    let run = both.arg("lighthouses").finish().expect_code(0);
    assert_eq!(good.counters().prompts_done, 2);
    assert!(frame_at(&delivered(&run), 0.7).mean() > 8.0);
}

#[test]
fn a_workflow_of_the_user_that_paints_black_is_a_step_down() {
    let home = Home::new();
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/workflow-example.json"
    );
    let server = server().fault(Fault::BlackPicture).start();
    let run = home.silent().env("COMFYUI_URL", server.url());
    let run = run.args(["--workflow", example, "lighthouses"]);
    let run = run.finish().expect_code(0);
    let steps = degraded(&run, "picture");
    let last = steps.last().expect("a step");
    assert_eq!(last["to"], "builtin", "{steps:?}");
    assert!(last["reason"].to_string().contains("black"), "{steps:?}");
}

#[test]
fn black_pictures_of_a_person_are_shown_and_told() {
    let home = Home::new();
    let black = write(&home.at("black.png"), black_png(600, 900));
    let bright = home.at("bright.png");
    image::RgbImage::from_fn(600, 900, |x, y| {
        image::Rgb([(x / 3) as u8, (y / 4) as u8, 90])
    })
    .save(&bright)
    .expect("written");
    let clear = home.at("clear.png");
    image::RgbaImage::new(600, 900)
        .save(&clear)
        .expect("written");
    for images in [vec![&black], vec![&bright, &black], vec![&clear]] {
        let run = home.silent().args(["lighthouses"]);
        let run = images
            .iter()
            .fold(run, |run, image| run.args(["--image", image.as_str()]));
        let run = run.finish().expect_code(0);
        let told = warnings(&run);
        assert!(
            told.iter()
                .any(|message| message.contains("is black all over")),
            "{images:?}: {told:?}"
        );
    }
    let small = home.at("small.png");
    image::RgbImage::from_fn(20, 30, |x, y| image::Rgb([(x * 9) as u8, (y * 8) as u8, 9]))
        .save(&small)
        .expect("written");
    let run = home
        .silent()
        .args(["--image", small.as_str(), "--dry-run", "lighthouses"]);
    let run = run.finish().expect_code(0);
    assert!(
        run.stdout().contains("enlarged 25.6 times"),
        "{}",
        run.stdout()
    );
    let mark = home.silent().args(["--watermark", bright.as_str()]);
    let mark = mark.args(["--watermark-opacity", "0", "--dry-run", "lighthouses"]);
    let mark = mark.finish().expect_code(0);
    assert!(
        mark.stdout().contains("will not be seen"),
        "{}",
        mark.stdout()
    );
}

/// A WAV file of floating samples, one channel of 48 kHz.
fn wav(path: &Utf8Path, seconds: f64, sample: impl Fn(usize) -> f32) -> Utf8PathBuf {
    let samples = (0..(48_000.0 * seconds) as usize).map(sample);
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let mut file = Vec::new();
    let size = data.len() as u32;
    file.extend(b"RIFF");
    file.extend((36 + size).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    // Floating samples of 32 bits, one channel.
    file.extend([3, 0, 1, 0]);
    file.extend(48_000u32.to_le_bytes());
    file.extend((48_000u32 * 4).to_le_bytes());
    file.extend([4, 0, 32, 0]);
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.extend(data);
    write(path, file)
}

#[test]
fn silent_and_impossible_sound_of_a_person_is_found_before_anything_is_made() {
    let home = Home::new();
    let tone = |i: usize| 0.3 * (i as f32 * 0.05).sin();
    let nan = |bad: f32| move |i: usize| if i == 70_000 { bad } else { tone(i) };
    let script = write(
        &home.at("script.txt"),
        "The sea covers most of our planet.\n",
    );
    for (name, bad) in [("nan", f32::NAN), ("inf", f32::INFINITY), ("huge", 1e30)] {
        let sound = wav(&home.at(&format!("{name}.wav")), 3.0, nan(bad));
        for option in ["--music", "--narration"] {
            let run = home.run(&["generate", "--quality", "draft", "--json", "lighthouses"]);
            let run = run.args([option, sound.as_str()]).finish().expect_code(3);
            let events = run.events();
            let message = only(&events, "error")["message"].to_string();
            assert!(message.contains(&format!("{name}.wav")), "{message}");
            assert!(message.contains("samples"), "{message}");
        }
    }
    let silent = wav(&home.at("silent.wav"), 4.0, |_| 0.0);
    let narrated = |sound: &Utf8Path, more: &[&str]| {
        home.run(&["generate", "--quality", "draft", "--json", "--seed", "3"])
            .args(["--painter", "builtin", "--music", "none"])
            .args(["--output-dir", home.at("out").as_str()])
            .args(["--narration", sound.as_str(), "--script", script.as_str()])
            .args(more)
            .finish()
    };
    let run = narrated(&silent, &[]).expect_code(3);
    let events = run.events();
    let message = only(&events, "error")["message"].to_string();
    assert!(message.contains("is silent"), "{message}");
    let short = wav(&home.at("short.wav"), 0.5, tone);
    let run = narrated(&short, &["--dry-run"]).expect_code(0);
    assert!(run.stdout().contains("letters"), "{}", run.stdout());

    // Music in which nothing is heard is told, and the video is made; alone, and with nobody who speaks.
    let run = home
        .silent()
        .args(["--music", silent.as_str(), "lighthouses"]);
    let run = run.args(["--painter", "builtin"]).finish().expect_code(0);
    let told = warnings(&run);
    assert!(
        told.iter()
            .any(|message| message.contains("nothing of it will be heard")),
        "{told:?}"
    );
}

/// Clips that are black, or begin so, are shown so.
#[test]
fn a_black_clip_of_a_person_is_shown_and_told() {
    let home = Home::new();
    let clip = |name: &str, filter: &str| {
        let path = home.at(name);
        let source = format!("-f lavfi -i testsrc2=s=160x240:r=15:d=4,{filter}");
        make(&path, &format!("{source} -c:v libx264 -preset ultrafast"));
        path
    };
    for (name, filter, told) in [
        ("black.mp4", "drawbox=c=black:t=fill", "is black, and"),
        (
            "late.mp4",
            "drawbox=c=black:t=fill:enable='lt(t,3)'",
            "is black for 3.0 s of 4.0 s",
        ),
    ] {
        let clip = clip(name, filter);
        let run = home
            .silent()
            .args(["lighthouses", "--image", clip.as_str()]);
        let run = run.finish().expect_code(0);
        let all = warnings(&run);
        assert!(all.iter().any(|message| message.contains(told)), "{all:?}");
    }
}
