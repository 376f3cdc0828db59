//! Videos made with fakes: what one needs of another, of the machine and of the disk.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Notify;
use videogen_durable::{KeyBuilder, RealEffects};
use videogen_guard::{
    Disk, FileSystem, FixedProbe, Free, Gpu, Ram, Readings, Throttle, Total, Used,
};
use videogen_media::{
    CheckedVideo, ExpectedVideo, FakeFailure, FakeRenderer, RenderJob, RenderParts, RenderedVideo,
    Renderer,
};
use videogen_picture::{
    BoxFuture, Error as PictureError, Painted, Painter, PictureOrder, PictureRequest,
};
use videogen_script::ScriptPlace;
use videogen_telemetry::RotatingLog;
use videogen_tts::Silent;
use videogen_types::{
    Aspect, CaptionChoice, Event, EventSink, FailureKind, MusicChoice, Observer, Quality, Seed,
};

use super::*;
use crate::batch::batches;
use crate::brief::{Brief, ScriptSource};
use crate::studio::Studio;

const GIB: u64 = 1 << 30;

/// Keeps events, and cancels at the first warning that has `stop_at` in it.
#[derive(Default)]
struct Kept {
    events: Mutex<Vec<Event>>,
    stop_at: Option<(&'static str, CancellationToken)>,
    /// Looked at when a video is finished: hidden files there.
    watched: Option<Utf8PathBuf>,
    hidden: Mutex<Vec<String>>,
}

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        if let (Event::Warning { message, .. }, Some((text, token))) = (&event, &self.stop_at)
            && message.contains(text)
        {
            token.cancel();
        }
        if let (Event::VideoFinished { .. }, Some(dir)) = (&event, &self.watched) {
            let entries = dir.read_dir_utf8().unwrap().map(|entry| entry.unwrap());
            let names = entries.map(|entry| entry.file_name().to_owned());
            let hidden = names.filter(|name| name.starts_with('.'));
            self.hidden.lock().unwrap().extend(hidden);
        }
        self.events.lock().unwrap().push(event);
    }
}

impl Kept {
    fn warnings(&self) -> Vec<String> {
        let events = self.events.lock().unwrap();
        let warning = |event: &Event| match event {
            Event::Warning { message, .. } => Some(message.clone()),
            _ => None,
        };
        events.iter().filter_map(warning).collect()
    }

    /// Kind and message of the video that failed.
    fn failure(&self) -> (String, String) {
        let events = self.events.lock().unwrap();
        let failed = events.iter().find_map(|event| match event {
            Event::VideoFailed { kind, message, .. } => Some((kind.to_string(), message.clone())),
            _ => None,
        });
        failed.expect("a video failed")
    }

    fn usage(&self) -> videogen_types::Usage {
        let events = self.events.lock().unwrap();
        let usage = events.iter().find_map(|event| match event {
            Event::Resources { usage, .. } => Some(*usage),
            _ => None,
        });
        usage.expect("it was told")
    }
}

/// Paints the same greys for everything.
#[derive(Debug, Default)]
struct Grey {
    /// Told when the picture of a scene that is about this is begun.
    told: Option<(&'static str, Arc<Notify>)>,
}

impl Painter for Grey {
    fn id(&self) -> &'static str {
        "grey"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, PictureError>> {
        Box::pin(async move {
            if let Some((what, notify)) = &self.told
                && request.prompt.contains(what)
            {
                notify.notify_one();
            }
            image::GrayImage::from_fn(64, 64, |x, _| image::Luma([40 + 3 * x as u8]))
                .save_with_format(order.output, image::ImageFormat::Png)
                .unwrap();
            Ok(Painted::by("grey"))
        })
    }
}

fn studio(painter: Grey, renderer: impl Renderer + 'static) -> Studio {
    Studio::new(Toolkit::new(
        vec![Arc::new(Silent::new())],
        Arc::new(painter),
        Arc::new(renderer),
    ))
}

fn brief(out: &Utf8Path, text: &str) -> Brief {
    Brief {
        script: Some(ScriptSource::Text(format!("# {text}\n\n{text}."))),
        quality: Quality::Draft,
        aspect: Aspect::Square,
        captions: CaptionChoice::None,
        music: MusicChoice::None,
        ..Brief::new(out.to_owned())
    }
}

/// A machine with this memory free, and this room in each of the directories, which are disks of their own.
fn readings(ram: u64, disks: &[(&Utf8Path, u64)]) -> Readings {
    let disk = |(directory, free): &(&Utf8Path, u64)| Disk {
        directory: (*directory).to_owned(),
        file_system: Some(FileSystem::new(directory.as_str())),
        free: Free(*free),
        total: Total(100 * GIB),
    };
    Readings {
        ram: Some(Ram {
            free: Free(ram),
            total: Total(16 * GIB),
        }),
        disks: disks.iter().map(disk).collect(),
        ..Readings::default()
    }
}

async fn run(studio: &Studio, briefs: Vec<Brief>, kept: &Arc<Kept>) -> videogen_types::Summary {
    let never = CancellationToken::new();
    let cancel = kept.stop_at.as_ref().map_or(&never, |(_, token)| token);
    let plans = studio.plan(briefs, cancel).await.expect("planned");
    let events = Arc::clone(kept) as Arc<dyn EventSink>;
    studio.run(plans, events, cancel).await
}

#[tokio::test(start_paused = true)]
async fn a_video_is_given_up_when_the_disk_runs_out_under_it() {
    let dir = camino_tempfile::tempdir().unwrap();
    let at = |free| readings(8 * GIB, &[(dir.path(), free)]);
    let probe = FixedProbe::new([at(50 * GIB), at(50 * GIB), at(1 << 20)]);
    let studio = studio(Grey::default(), FakeRenderer::failing(FakeFailure::Hang))
        .with_probe(Arc::new(probe));
    let kept = Arc::new(Kept::default());
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    assert_eq!((summary.failed, summary.not_done), (1, 0));
    let (kind, message) = kept.failure();
    assert_eq!(kind, "resources");
    assert!(message.contains("has 1 MiB free"), "{message}");
    let left = dir.path().read_dir_utf8().unwrap().count();
    assert_eq!(left, 0, "nothing of it is left");
}

#[tokio::test(start_paused = true)]
async fn what_becomes_short_is_told_while_a_video_is_made_and_what_it_took_after() {
    let dir = camino_tempfile::tempdir().unwrap();
    let at = |free| readings(free, &[(dir.path(), 50 * GIB)]);
    let probe = FixedProbe::new([at(8 * GIB), at(9 * GIB), at(1 << 20), at(7 * GIB)]);
    let studio = studio(Grey::default(), FakeRenderer::failing(FakeFailure::Hang))
        .with_probe(Arc::new(probe));
    let kept = Arc::new(Kept {
        stop_at: Some(("no further video is begun", CancellationToken::new())),
        ..Kept::default()
    });
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    assert_eq!((summary.failed, summary.not_done), (0, 1));
    let warnings = kept.warnings();
    assert!(warnings[0].starts_with("memory is short"), "{warnings:?}");
    let usage = kept.usage();
    assert_eq!(usage.ram_used_before, Some(7 * GIB));
    assert_eq!(usage.ram_used_after, Some(9 * GIB));
    assert_eq!(usage.peaks.ram_used, Some(16 * GIB - (1 << 20)));
}

/// A machine with room, whose card has this much of its memory in use.
fn painting(dir: &Utf8Path, used: u64, degrees: i32, throttle: Vec<Throttle>) -> Readings {
    Readings {
        gpu: Some(Gpu {
            used: Used(used),
            free: Free(12 * GIB - used),
            total: Total(12 * GIB),
            temperature_c: Some(degrees),
            throttle,
        }),
        ..readings(8 * GIB, &[(dir, 50 * GIB)])
    }
}

#[tokio::test(start_paused = true)]
async fn a_card_is_watched_while_a_video_is_made_and_its_memory_before_at_most_and_after_is_told() {
    let dir = camino_tempfile::tempdir().unwrap();
    let at = |used, degrees| painting(dir.path(), used * GIB, degrees, Vec::new());
    let hot = painting(dir.path(), 7 * GIB, 93, vec![Throttle::Heat]);
    // When it is admitted, at the beginning, twice while it is made, at the end.
    let readings = [at(1, 40), at(2, 50), at(9, 60), hot, at(3, 70)];
    let probe = Arc::new(FixedProbe::new(readings));
    let studio = studio(Grey::default(), FakeRenderer::failing(FakeFailure::Hang))
        .with_probe(Arc::clone(&probe) as Arc<dyn Probe>);
    let kept = Arc::new(Kept {
        stop_at: Some(("no further video is begun", CancellationToken::new())),
        ..Kept::default()
    });
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    assert_eq!((summary.failed, summary.not_done), (0, 1));
    let warnings = kept.warnings().join("\n");
    assert!(warnings.contains("is at 93 °C"), "{warnings}");
    assert!(warnings.contains("slowed itself down"), "{warnings}");
    let usage = kept.usage();
    let (before, after) = (usage.vram_used_before, usage.vram_used_after);
    assert_eq!((before, after), (Some(2 * GIB), Some(3 * GIB)));
    assert_eq!(usage.peaks.vram_used, Some(9 * GIB));
    assert_eq!(usage.peaks.temperature_c, Some(93));
    assert_eq!(summary.peak_vram_bytes, Some(9 * GIB));
    assert_eq!(probe.taken(), 5);
}

#[tokio::test]
async fn scratch_files_go_where_there_is_room_and_the_video_comes_back() {
    let dir = camino_tempfile::tempdir().unwrap();
    let (out, elsewhere) = (dir.path().join("out"), dir.path().join("elsewhere"));
    let reserve = videogen_guard::AdmissionLimits::default().disk_reserve;
    let studio = studio(Grey::default(), FakeRenderer::default());
    let briefs = vec![brief(&out, "The sea")];
    let never = CancellationToken::new();
    let plans = studio.plan(briefs.clone(), &never).await.unwrap();
    let free = plans[0].kept_bytes() + reserve;
    assert!(free < plans[0].needed_bytes + reserve);
    let probe = FixedProbe::new([readings(8 * GIB, &[(&out, free), (&elsewhere, GIB)])]);
    let studio = studio
        .with_probe(Arc::new(probe))
        .with_scratch([elsewhere.clone()]);
    let kept = Arc::new(Kept::default());
    let summary = run(&studio, briefs, &kept).await;
    assert_eq!(summary.succeeded, 1, "{:?}", kept.events.lock().unwrap());
    let warnings = kept.warnings().join("\n");
    let told = format!("scratch files are in {elsewhere}");
    assert!(warnings.contains(&told), "{warnings}");
    assert!(summary.videos[0].starts_with(&out) && summary.videos[0].exists());
    let count = |dir: &Utf8Path| dir.read_dir_utf8().unwrap().count();
    assert_eq!((count(&out), count(&elsewhere)), (5, 0));
}

#[tokio::test]
async fn scratch_is_gone_when_a_video_is_finished() {
    let dir = camino_tempfile::tempdir().unwrap();
    let studio = studio(Grey::default(), FakeRenderer::default());
    let kept = Arc::new(Kept {
        watched: Some(dir.path().to_owned()),
        ..Kept::default()
    });
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    assert_eq!(summary.succeeded, 1);
    assert_eq!(*kept.hidden.lock().unwrap(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_hangs_ends_with_the_deadline_of_its_video() {
    let dir = camino_tempfile::tempdir().unwrap();
    let studio = studio(Grey::default(), FakeRenderer::failing(FakeFailure::Hang));
    let kept = Arc::new(Kept::default());
    let begun = tokio::time::Instant::now();
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    assert_eq!(summary.failed, 1);
    assert_eq!(kept.failure().0, "deadline");
    let took = begun.elapsed();
    assert!(
        took >= Duration::from_hours(1) && took < Duration::from_hours(2),
        "{took:?}"
    );
}

/// What happens before a video is rendered.
type Before =
    dyn Fn(&RenderJob) -> BoxFuture<'static, Result<(), videogen_media::Error>> + Send + Sync;

/// Renders each video after something else.
struct After {
    before: Box<Before>,
    inner: FakeRenderer,
}

impl std::fmt::Debug for After {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("After").finish_non_exhaustive()
    }
}

impl Renderer for After {
    fn render<'a>(
        &'a self,
        job: &'a RenderJob,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> videogen_media::BoxFuture<'a, Result<RenderedVideo, videogen_media::Error>> {
        Box::pin(async move {
            (self.before)(job).await?;
            self.inner.render(job, observer, cancel).await
        })
    }

    fn verify<'a>(
        &'a self,
        video: &'a Utf8Path,
        expected: &'a ExpectedVideo,
        cancel: &'a CancellationToken,
    ) -> videogen_media::BoxFuture<'a, Result<CheckedVideo, videogen_media::Error>> {
        self.inner.verify(video, expected, cancel)
    }
}

fn after(
    before: impl Fn(&RenderJob) -> BoxFuture<'static, Result<(), videogen_media::Error>>
    + Send
    + Sync
    + 'static,
) -> After {
    After {
        before: Box::new(before),
        inner: FakeRenderer::default(),
    }
}

/// Each try is shorter than the time of the video, and all of them are longer.
#[tokio::test(start_paused = true)]
async fn tries_of_a_stage_share_the_time_of_their_video() {
    const TRY: Duration = Duration::from_mins(50);
    let dir = camino_tempfile::tempdir().unwrap();
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let renderer = after(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            tokio::time::sleep(TRY).await;
            Err(videogen_media::Error::Io {
                action: "writing",
                path: "out.mp4".into(),
                source: std::io::ErrorKind::TimedOut.into(),
            })
        })
    });
    let studio = studio(Grey::default(), renderer);
    let plans = studio
        .plan(
            vec![brief(dir.path(), "The sea")],
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    let within = deadline(&plans[0]);
    assert!(within > TRY && within < 2 * TRY, "{within:?}");
    let kept = Arc::new(Kept::default());
    let begun = tokio::time::Instant::now();
    let summary = run(&studio, vec![brief(dir.path(), "The sea")], &kept).await;
    let took = begun.elapsed();
    assert_eq!(summary.failed, 1);
    assert_eq!(kept.failure().0, "deadline");
    // The second try was ended in its middle.
    assert_eq!((tries.load(Ordering::SeqCst), summary.retries), (2, 1));
    assert!(
        took >= within && took < within + Duration::from_mins(1),
        "{took:?}"
    );
}

#[tokio::test]
async fn pictures_of_the_next_video_are_painted_while_one_is_rendered() {
    let dir = camino_tempfile::tempdir().unwrap();
    let picture = Arc::new(Notify::new());
    let painter = Grey {
        told: Some(("mountain", Arc::clone(&picture))),
    };
    let first = AtomicBool::new(true);
    let renderer = after(move |_| {
        let (first, picture) = (first.swap(false, Ordering::SeqCst), Arc::clone(&picture));
        Box::pin(async move {
            if first {
                picture.notified().await;
            }
            Ok(())
        })
    });
    let kept = Arc::new(Kept::default());
    let briefs = vec![
        brief(dir.path(), "The sea"),
        brief(dir.path(), "The mountain"),
    ];
    let studio = studio(painter, renderer);
    let making = run(&studio, briefs, &kept);
    let summary = tokio::time::timeout(Duration::from_mins(2), making).await;
    assert_eq!(summary.expect("neither waits for the other").succeeded, 2);
}

/// What stops between two parts of a long video, be it SIGKILL, costs the part that was being encoded: the others are found
/// again, though the scratch directory of the pictures has another name.
#[tokio::test]
async fn a_resumed_batch_finds_the_parts_of_a_long_video() {
    let dir = camino_tempfile::tempdir().unwrap();
    let at = |name| dir.path().join(name);
    let (parts, stop) = (
        Arc::<Mutex<Vec<RenderParts>>>::default(),
        CancellationToken::new(),
    );
    let (seen, stopping) = (Arc::clone(&parts), stop.clone());
    // The run is stopped at the first.
    let renderer = after(move |job| {
        let mut seen = seen.lock().unwrap();
        seen.extend(job.parts.clone());
        let went = if seen.len() == 1 {
            stopping.cancel();
            Err(videogen_media::Error::Cancelled)
        } else {
            Ok(())
        };
        Box::pin(std::future::ready(went))
    });
    let studio = studio(Grey::default(), renderer);
    let all = batches(at("batches"), at("work"), Arc::new(RealEffects));
    let sentence = "The sea is wide and deep and old and nobody has seen all of it.";
    let brief = brief(&at("out"), &[sentence; 40].join(" "));
    let events = || Arc::new(Kept::default()) as Arc<dyn EventSink>;

    let batch = Arc::new(all.create(&[brief]).unwrap());
    for (made, cancel) in [(0, stop), (1, CancellationToken::new())] {
        let plans = studio.plan(batch.jobs(), &cancel).await.unwrap();
        let plans = (1..).zip(plans).collect();
        let summary = studio.run_batch(&batch, plans, events(), &cancel).await;
        assert_eq!(summary.succeeded, made, "{summary:?}");
    }
    let parts = parts.lock().unwrap();
    assert_eq!(parts.len(), 2, "it is long enough for parts");
    assert_eq!(parts[0], parts[1]);
    assert!(parts[0].key.is_some());
    assert!(parts[0].dir.starts_with(at("work").join(batch.name())));
}

/// Paints two at a time, and takes down which video's picture is begun, which of its scenes, and how many are painted then.
#[derive(Debug, Default)]
struct Two {
    begun: Mutex<Vec<(Seed, usize, usize)>>,
    painting: AtomicUsize,
    /// The first picture is painted until it is cancelled, and the second one fails.
    fails: bool,
}

impl Painter for Two {
    fn id(&self) -> &'static str {
        "two"
    }

    fn parallel(&self) -> usize {
        2
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, PictureError>> {
        Box::pin(async move {
            let painting = self.painting.fetch_add(1, Ordering::SeqCst) + 1;
            let begun = (request.look, request.index, painting);
            self.begun.lock().unwrap().push(begun);
            if self.fails {
                if request.index == 0 {
                    order.cancel.cancelled().await;
                    return Err(PictureError::Cancelled);
                }
                let (by, reason) = ("two".to_owned(), "it was told to".to_owned());
                return Err(PictureError::Failed {
                    by,
                    reason,
                    hint: None,
                    kind: FailureKind::Other,
                });
            }
            // The second is ready before the first, and no two at the same time.
            let takes = [50, 20, 35][request.index];
            tokio::time::sleep(Duration::from_millis(takes)).await;
            let painted = Grey::default().paint(request, order).await;
            self.painting.fetch_sub(1, Ordering::SeqCst);
            painted
        })
    }
}

fn two(painter: &Arc<Two>) -> Studio {
    Studio::new(Toolkit::new(
        vec![Arc::new(Silent::new())],
        Arc::clone(painter) as Arc<dyn Painter>,
        Arc::new(FakeRenderer::default()),
    ))
}

/// Of three scenes.
fn long(out: &Utf8Path, seed: u64) -> Brief {
    let text = format!("# Number {seed}\n\nOne is {seed}.\n\nTwo is {seed}.\n\nThree is {seed}.");
    Brief {
        seed: Seed(seed),
        script: Some(ScriptSource::Text(text)),
        ..brief(out, "")
    }
}

#[tokio::test(start_paused = true)]
async fn several_pictures_are_painted_at_a_time_and_none_before_those_of_an_earlier_video() {
    let dir = camino_tempfile::tempdir().unwrap();
    let painter = Arc::new(Two::default());
    let studio = two(&painter);
    let briefs = (1..=3).map(|seed| long(dir.path(), seed)).collect();
    let kept = Arc::new(Kept::default());
    let summary = run(&studio, briefs, &kept).await;
    assert_eq!(summary.succeeded, 3, "{:?}", kept.events.lock().unwrap());
    let begun = painter.begun.lock().unwrap();
    let scenes: Vec<usize> = begun.iter().map(|(_, scene, _)| *scene).collect();
    assert_eq!(scenes, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    for video in begun.chunks(3) {
        assert!(
            video.iter().all(|(look, ..)| *look == video[0].0),
            "{begun:?}"
        );
    }
    let painting: Vec<usize> = begun.iter().map(|(.., painting)| *painting).collect();
    assert_eq!(
        painting,
        [1, 2, 2, 2, 2, 2, 2, 2, 2],
        "nothing is idle between two videos"
    );
}

#[tokio::test(start_paused = true)]
async fn only_scenes_that_name_no_picture_are_painted() {
    let dir = camino_tempfile::tempdir().unwrap();
    let picture = dir.path().join("mine.png");
    let colour = |x: u32, y: u32| image::Rgb([90 + x as u8, 40 + y as u8, 90]);
    image::RgbImage::from_fn(64, 64, colour)
        .save(&picture)
        .unwrap();
    let scenes = serde_json::json!([
        {"narration": "One is here.", "image": picture},
        {"narration": "Two is there.", "picture": "a hill"},
        {"narration": "Three is nowhere.", "pictures": ["mine.png", "mine.png"]},
    ]);
    let place = ScriptPlace {
        directory: Some(dir.path().to_owned()),
        home: None,
    };
    let brief = Brief {
        script: Some(ScriptSource::Text(scenes.to_string())),
        script_place: place,
        ..brief(&dir.path().join("out"), "")
    };
    let painter = Arc::new(Two::default());
    let kept = Arc::new(Kept::default());
    let summary = run(&two(&painter), vec![brief], &kept).await;
    assert_eq!(summary.succeeded, 1, "{:?}", kept.events.lock().unwrap());
    let begun = painter.begun.lock().unwrap();
    let begun: Vec<usize> = begun.iter().map(|(_, scene, _)| *scene).collect();
    assert_eq!(begun, [1]);
    let manifest = std::fs::read(summary.videos[0].with_extension("json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let scenes = manifest["scenes"].as_array().unwrap();
    let painters: Vec<&str> = scenes
        .iter()
        .map(|scene| scene["painter"].as_str().unwrap())
        .collect();
    assert_eq!(painters, [picture.as_str(), "grey", picture.as_str()]);
    assert_eq!(scenes[2]["files"].as_array().map(Vec::len), Some(2));
    let seeded = scenes.iter().map(|scene| scene["seed"].is_number());
    assert!(seeded.eq([false, true, false]));
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_fails_stops_those_beside_it() {
    let dir = camino_tempfile::tempdir().unwrap();
    let painter = Two {
        fails: true,
        ..Two::default()
    };
    let studio = two(&Arc::new(painter));
    let kept = Arc::new(Kept::default());
    let summary = run(&studio, vec![long(dir.path(), 1)], &kept).await;
    assert_eq!((summary.failed, summary.not_done), (1, 0));
    assert_eq!(kept.failure().0, "painter");
}

#[tokio::test]
async fn a_flood_of_log_lines_does_not_hold_up_the_end() {
    const LINES: u64 = 5_000;
    let dir = camino_tempfile::tempdir().unwrap();
    let log = RotatingLog::new(&dir.path().join("log"), Arc::new(RealEffects));
    let (over, lines) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (log, over, lines) = (log.clone(), Arc::clone(&over), Arc::clone(&lines));
            std::thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    (&log).write_all(b"much is going on\n").unwrap();
                    lines.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || log.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let studio = studio(Grey::default(), FakeRenderer::failing(FakeFailure::Hang));
    let token = CancellationToken::new();
    let kept = Arc::new(Kept {
        stop_at: Some(("nothing", token.clone())),
        ..Kept::default()
    });
    let making = run(&studio, vec![brief(dir.path(), "The sea")], &kept);
    let stopping = async {
        while lines.load(Ordering::Relaxed) < LINES {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        token.cancel();
    };
    let both = async { tokio::join!(making, stopping).0 };
    let summary = tokio::time::timeout(Duration::from_mins(2), both).await;
    let summary = summary.expect("it ends");
    assert_eq!(summary.not_done, 1);
    over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
}
