use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use videogen_types::{
    Aspect, Degradation, Enlarged, FailureKind, FetchEvent, Genre, NetworkFigures, PaintedSize,
    PlannedAsset, PlannedProgram, PlannedState, Quality, SCHEMA_VERSION, Seed, Stage, Summary,
    Usage,
};

use super::json::{Json, announcement, timed};
use super::plain::Plain;
use super::*;

fn overview(seed: u64) -> Overview {
    Overview {
        title: "The Deep Sea".into(),
        topic: "the deep sea".into(),
        genre: Genre::Nature,
        seed: Seed(seed),
        language: "en".into(),
        scenes: Vec::new(),
        scene_count: 0,
        size: Quality::Draft.size(Aspect::Portrait),
        fps: "30".into(),
        encoder: "libx264".into(),
        estimated_seconds: 6.0,
        writer: "builtin".into(),
        voice: "flite 2.2".into(),
        painter: "builtin".into(),
        music: "calm".into(),
        captions: "karaoke, style bold".into(),
        overlays: vec!["watermark logo.png, top-right".into()],
        degradations: vec![step()],
        warnings: Vec::new(),
        output: "/videos/the-deep-sea.mp4".into(),
        needed_mib: 40,
    }
}

fn announced(videos: u64) -> PlannedRun {
    PlannedRun {
        videos: (0..videos).map(overview).collect(),
        warnings: vec!["cut".into()],
    }
}

fn step() -> Degradation {
    Degradation {
        stage: Stage::Voice,
        from: "piper".into(),
        to: "flite".into(),
        reason: "no voice is configured".into(),
    }
}

fn summary(total: u32, succeeded: u32) -> Summary {
    Summary {
        total,
        succeeded,
        failed: total - succeeded,
        not_done: 0,
        success_rate: f64::from(succeeded) / f64::from(total.max(1)),
        output_dir: "/videos".into(),
        batch: Some("20261125-193000".into()),
        delivered_before: 0,
        retries: 1,
        errors: BTreeMap::from([(FailureKind::OutOfMemory, 2)]),
        cache_hits: 3,
        cache_misses: 1,
        cache_hit_rate: 0.75,
        videos: vec!["/videos/a.mp4".into()],
        stage_seconds: BTreeMap::from([("render".to_owned(), 9.0), ("script".to_owned(), 0.001)]),
        degradations: vec![step()],
        peak_rss_bytes: Some(60 << 20),
        peak_vram_bytes: Some(5 << 30),
        network: BTreeMap::new(),
        elapsed_s: 12.0,
    }
}

/// One event of every kind.
fn every_event() -> Vec<Event> {
    let (video, stage) = (1, Stage::Render);
    vec![
        Event::BatchStarted {
            schema: SCHEMA_VERSION,
            version: "0.1.0".into(),
            videos: 1,
            batch: None,
        },
        Event::StageStarted { video, stage },
        Event::Progress {
            video,
            stage,
            fraction: 0.5,
            eta_s: Some(1.5),
            detail: Some("step 12 of 30".into()),
        },
        Event::Degraded {
            video,
            degradation: step(),
        },
        Event::Warning {
            video,
            stage,
            message: "odd".into(),
            kind: Some("media".into()),
        },
        Event::StageFinished {
            video,
            stage,
            detail: "180 frames".into(),
            seconds: 1.25,
            reused: false,
        },
        Event::Resources {
            video,
            usage: Usage::default(),
        },
        Event::PictureFinished {
            video,
            scene: 2,
            painter: "comfyui".into(),
            painted: Some(PaintedSize {
                width: 464,
                height: 824,
            }),
            cropped: Some(PaintedSize {
                width: 460,
                height: 824,
            }),
            enlarged: Some(Enlarged {
                times: 3.1,
                resampled: 3.1,
                by: "resampling".into(),
            }),
            sharpness: Some(12.5),
        },
        Event::AttemptFailed {
            video,
            stage,
            cause: FailureKind::Timeout,
            message: "it hung".into(),
        },
        Event::VideoFinished {
            video,
            path: "/v/a.mp4".into(),
            manifest: "/v/a.json".into(),
            duration_s: 6.0,
        },
        Event::VideoFailed {
            video,
            stage,
            kind: "media".into(),
            cause: FailureKind::Program,
            message: "it broke".into(),
            hint: Some("mend it".into()),
        },
        Event::BatchFinished {
            summary: summary(1, 1),
        },
    ]
}

/// One event of every kind that tells of what is fetched.
fn every_fetch_event() -> Vec<FetchEvent> {
    let asset = || "en_US-bryce-medium".to_owned();
    vec![
        FetchEvent::FetchPlanned {
            schema: SCHEMA_VERSION,
            assets: vec![PlannedAsset {
                asset: asset(),
                kind: "voice".into(),
                title: "Bryce".into(),
                state: PlannedState::Missing,
                bytes: None,
                licence: "PDM-1.0".into(),
                duties: Vec::new(),
            }],
            bytes: 63_206_182,
            unsized_files: 0,
            programs: vec![PlannedProgram {
                program: "piper".into(),
                detail: "speaks with these voices".into(),
                fix: "pip install piper-tts".into(),
            }],
        },
        FetchEvent::AssetProgress {
            asset: asset(),
            received: 1,
            size: Some(2),
            bytes_per_second: 1.5,
            eta_s: Some(0.5),
        },
        FetchEvent::AssetActivity {
            asset: asset(),
            message: "another process fetches it".into(),
        },
        FetchEvent::AssetWarning {
            asset: asset(),
            message: "a mirror is slow".into(),
        },
        FetchEvent::AssetInstalled {
            asset: asset(),
            files: vec!["/a".into()],
            reused: false,
            credit: Some("Music: …".into()),
            seconds: 1.5,
        },
        FetchEvent::AssetFailed {
            asset: asset(),
            message: "no mirror".into(),
            hint: Some("later".into()),
        },
        FetchEvent::FetchFinished {
            installed: 1,
            reused: 0,
            failed: 1,
            not_done: 0,
            bytes: 2,
            seconds: 1.5,
        },
    ]
}

fn every_line() -> Vec<Value> {
    let t = Duration::from_millis(1500);
    let mut lines: Vec<String> = every_event().iter().map(|event| timed(event, t)).collect();
    lines.extend(every_fetch_event().iter().map(|event| timed(event, t)));
    lines.extend(announcement(&announced(1), t));
    let failure = Failure {
        details: vec!["why".into()],
        ..Failure::usage("no").hint("yes")
    };
    lines.push(timed(&failure.event(), t));
    lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

fn published(name: &str) -> String {
    let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn events_have_the_published_fields_and_no_others() {
    let schema: Value =
        serde_json::from_str(&published("events.schema.json")).expect("the schema is JSON");
    assert_eq!(schema["x-version"], SCHEMA_VERSION);
    let mut seen = BTreeSet::new();
    for line in every_line() {
        let name = line["event"]
            .as_str()
            .expect("every line has an event")
            .to_owned();
        assert_eq!(line["t"], 1.5);
        let definition = &schema["$defs"][&name];
        check_fields(&name, definition, &line);
        seen.insert(name);
    }
    let described: BTreeSet<String> = schema["oneOf"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            entry["$ref"]
                .as_str()
                .expect("a reference")
                .trim_start_matches("#/$defs/")
                .to_owned()
        })
        .collect();
    assert_eq!(
        seen, described,
        "the schema describes exactly the events there are"
    );
}

/// The fields of `value` are those of `definition`, and the required ones are there.
fn check_fields(name: &str, definition: &Value, value: &Value) {
    let fields: BTreeSet<&String> = value.as_object().expect(name).keys().collect();
    let known = definition["properties"]
        .as_object()
        .unwrap_or_else(|| panic!("{name} is not described"));
    for field in &fields {
        assert!(
            known.contains_key(*field),
            "{name}.{field} is not described"
        );
    }
    for required in definition["required"].as_array().expect(name) {
        let required = required.as_str().expect("text").to_owned();
        assert!(fields.contains(&required), "{name}.{required} is missing");
    }
    for (field, description) in known {
        let Some(given) = value.get(field) else {
            continue;
        };
        let types = match &description["type"] {
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many
                .iter()
                .map(|t| t.as_str().expect("text").to_owned())
                .collect(),
            _ => continue,
        };
        let is = match given {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(n) if n.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let fits = types
            .iter()
            .any(|t| t == is || (t == "number" && is == "integer"));
        assert!(fits, "{name}.{field} is {is}, described as {types:?}");
        if description["properties"].is_object() {
            check_fields(&format!("{name}.{field}"), description, given);
        }
    }
}

#[test]
fn the_page_names_every_event_and_field() {
    let page = published("events.md");
    assert!(page.contains(&format!("Version {SCHEMA_VERSION}")));
    for line in every_line() {
        for (field, value) in line.as_object().expect("an object") {
            let wanted = if field == "event" {
                format!("`{}`", value.as_str().expect("text"))
            } else {
                format!("`{field}`")
            };
            assert!(page.contains(&wanted), "{wanted} is not described");
        }
    }
}

/// A writer that keeps what is written, or fails.
#[derive(Clone, Default)]
struct Kept {
    bytes: Arc<Mutex<Vec<u8>>>,
    broken: bool,
}

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.bytes
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_batch_comes_first_and_then_what_was_announced() {
    let kept = Kept::default();
    let (feed, reporter) = start(
        Box::new(Json::new(kept.clone(), announced(2))),
        |_| (),
        Instant::now(),
    )
    .expect("a thread");
    for event in every_event() {
        feed.emit(event);
    }
    reporter.finish(std::sync::Arc::new(feed));
    let text = String::from_utf8(kept.bytes.lock().expect("not poisoned").clone()).expect("text");
    let names: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["event"]
                .as_str()
                .expect("text")
                .to_owned()
        })
        .collect();
    assert_eq!(
        names[..4],
        ["batch_started", "warning", "video_planned", "video_planned"]
    );
    assert_eq!(names.last().map(String::as_str), Some("batch_finished"));
    assert_eq!(names.len(), 3 + every_event().len());
}

/// Far beyond what any test takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

fn many(count: u32) -> impl Iterator<Item = Event> {
    (1..=count).map(|video| Event::StageStarted {
        video,
        stage: Stage::Render,
    })
}

#[test]
fn a_reader_that_went_away_stops_nothing_and_is_told_once() {
    let broken = Kept {
        broken: true,
        ..Kept::default()
    };
    let (mut taken, mut lost) = (0, Vec::new());
    let events = many(1000).map(|event| (Duration::ZERO, event));
    super::hand_on(
        events,
        Box::new(Json::new(broken, announced(1))),
        |_| taken += 1,
        |error| lost.push(error.kind()),
    );
    // What is taken down goes on: it is for those who ask later.
    assert_eq!(taken, 1000);
    assert_eq!(lost, [io::ErrorKind::BrokenPipe]);
}

/// Shows an event only when it is let.
struct Slow {
    permits: mpsc::Receiver<()>,
    shown: mpsc::Sender<Event>,
}

impl Report for Slow {
    fn event(&mut self, _: Duration, event: &Event) -> io::Result<()> {
        // Whoever gives permits is gone: all of the rest may be shown.
        let _ = self.permits.recv();
        self.shown
            .send(event.clone())
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn the_work_does_not_wait_for_a_slow_reader_and_it_misses_nothing() {
    let (permit, permits) = mpsc::channel();
    let (shown, seen) = mpsc::channel();
    let slow = Box::new(Slow { permits, shown });
    let (feed, reporter) = start(slow, |_| (), Instant::now()).expect("a thread");
    let feed = Arc::new(feed);
    let (told, all_told) = mpsc::channel();
    let work = Arc::clone(&feed);
    std::thread::spawn(move || {
        many(10_000).for_each(|event| work.emit(event));
        let _ = told.send(());
    });
    let told = all_told.recv_timeout(LONG);
    assert!(told.is_ok(), "the work waits for its reader");
    assert!(seen.try_recv().is_err(), "nothing was let through yet");
    drop(permit);
    reporter.finish(feed);
    let seen: Vec<Event> = seen.iter().collect();
    assert!(seen.iter().cloned().eq(many(10_000)), "{}", seen.len());
}

fn plain(videos: u64, events: &[Event]) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    let mut plain = Plain::new(
        move |line: &str| kept.lock().expect("not poisoned").push(line.to_owned()),
        announced(videos),
    );
    for event in events {
        plain
            .event(Duration::ZERO, event)
            .expect("writes to memory");
    }
    let lines = lines.lock().expect("not poisoned");
    lines.clone()
}

#[test]
fn plain_progress_is_told_in_quarters() {
    let progress = |fraction| Event::Progress {
        video: 1,
        stage: Stage::Render,
        fraction,
        eta_s: None,
        detail: None,
    };
    let events: Vec<Event> = (0..=100).map(|n| progress(n as f32 / 100.0)).collect();
    assert_eq!(
        plain(1, &events),
        ["render: 25 %", "render: 50 %", "render: 75 %"]
    );
}

#[test]
fn each_video_is_announced_before_anything_about_it() {
    let degraded = |video| Event::Degraded {
        video,
        degradation: step(),
    };
    let started = |video| Event::StageStarted {
        video,
        stage: Stage::Script,
    };
    let lines = plain(2, &[degraded(1), started(1), degraded(2), started(2)]);
    assert_eq!(
        lines,
        [
            "[1/2] The Deep Sea: nature, 512x768 at 30 fps, about 6.0 s, seed 0",
            "degraded: voice: flite instead of piper (no voice is configured)",
            "[2/2] The Deep Sea: nature, 512x768 at 30 fps, about 6.0 s, seed 1",
        ]
    );
}

#[test]
fn plain_lines_have_no_escapes_and_degradations_come_once() {
    let mut events = every_event();
    events.push(Event::Degraded {
        video: 2,
        degradation: step(),
    });
    events.push(Event::Warning {
        video: 2,
        stage: Stage::Voice,
        message: "two\nlines \u{1b}[31m".into(),
        kind: None,
    });
    let lines = plain(2, &events);
    assert!(
        lines.iter().all(|line| !line.contains(char::is_control)),
        "{lines:#?}"
    );
    let degraded = "degraded: voice: flite instead of piper (no voice is configured)";
    assert_eq!(
        lines.iter().filter(|line| *line == degraded).count(),
        1,
        "{lines:#?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("[2/2] warning: voice: two lines")),
        "{lines:#?}"
    );
}

#[test]
fn the_summary_has_every_figure() {
    let text = |summary: &Summary| {
        let lines = summary::lines(summary);
        lines
            .iter()
            .flat_map(|(name, text)| [name, ": ", text, "\n"])
            .collect::<String>()
    };
    let figures = NetworkFigures {
        requests: 41,
        retries: 1,
        failures: 2,
        received_bytes: 12_340_000,
        bytes_per_second: Some(45e6),
        ..NetworkFigures::default()
    };
    let batch = text(&Summary {
        not_done: 1,
        network: BTreeMap::from([("http://127.0.0.1:8188".to_owned(), figures)]),
        ..summary(3, 1)
    });
    assert_eq!(
        batch,
        "made: 1 of 3 videos (33 %) in 12 s, 2 failed, 1 not made\ntime: render 9.0 s\n\
         degraded: voice: flite instead of piper (no voice is configured)\nretries: 1\nreused: 3 of 4 parts (75 %)\n\
         memory: 60 MiB at most\ngraphics: 5120 MiB at most\n\
         network: http://127.0.0.1:8188: 41 requests, 12.3 MB at 45.0 MB/s, 2 failed, 1 retried\nfolder: /videos\n"
    );
    assert!(text(&summary(1, 1)).contains("degraded: 1 step, named above"));
}
