//! Batches whose scripts simulated language models write.

use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::{Utf8TempDir, tempdir};
use serde_json::{Value, json};
use testkit::comfy::GIB;
use testkit::llm::{Kind, MockLlm, Say};
use tokio_util::sync::CancellationToken;
use videogen_durable::{KeyBuilder, RealEffects, Store, StoreLimits};
use videogen_media::{FakeFailure, FakeRenderer, Renderer};
use videogen_picture::{BoxFuture, Painted, Painter, PictureOrder, PictureRequest};
use videogen_script::{LlmOptions, LlmServers, ScriptError};
use videogen_tts::Silent;
use videogen_types::{
    Aspect, CaptionChoice, Degradation, Duration, Event, EventSink, Language, MusicChoice,
    PainterChoice, Quality, SceneCount, Seed, SpeechChoice, Stage, Summary, Topic, WriterChoice,
};

use crate::batch::{Batch, Batches, batches};
use crate::brief::Brief;
use crate::studio::Studio;
use crate::toolkit::Toolkit;
use crate::video_plan::VideoPlan;
use crate::{Error, ErrorKind};

/// How ten videos begin.
const OPENINGS: [&str; 10] = [
    "Bees dance to tell each other the way.",
    "A quiet harbour keeps more secrets than it shows.",
    "Most rain that falls today once slept in ice.",
    "Nobody hears the mountain grow, and yet it does.",
    "Salt was money long before coins were made.",
    "An owl turns its head because its eyes cannot.",
    "Old maps ended where sailors stopped coming home.",
    "Under every forest runs a second, hidden one.",
    "Fireflies speak in light, and each kind has words.",
    "Your shadow at noon is the shortest you own.",
];

/// A good script of two scenes, for six seconds.
fn answer(n: usize) -> Say {
    let scene =
        |narration: &str, picture: &str| json!({"narration": narration, "picture": picture});
    let title: Vec<&str> = OPENINGS[n].split(' ').take(3).collect();
    let script = json!({
        "title": format!("Light and {}", title.join(" ").to_lowercase()),
        "description": "A short look at the light that living things make in the dark.",
        "hashtags": ["light"],
        "scenes": [
            scene(OPENINGS[n], "a dark blue sea with tiny lights"),
            scene("Look up and listen.", "a glowing jellyfish drifting upwards"),
        ],
    });
    Say::text(script.to_string())
}

fn model(answers: impl IntoIterator<Item = Say>, usually: Say) -> MockLlm {
    MockLlm::builder(Kind::Ollama)
        .model("qwen3:8b", 6 * GIB)
        .answers(answers)
        .usually(usually)
        .start()
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Says when there was nothing in memory, and how many questions had been asked, as each picture is begun.
#[derive(Debug, Default)]
struct Watching {
    llm: Option<Arc<MockLlm>>,
    seen: Mutex<Vec<(bool, u64)>>,
}

impl Painter for Watching {
    fn id(&self) -> &'static str {
        "watching"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        _: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, videogen_picture::Error>> {
        Box::pin(async move {
            if let Some(llm) = &self.llm {
                let now = (llm.loaded().is_empty(), llm.counters().chats);
                self.seen.lock().unwrap().push(now);
            }
            image::GrayImage::from_fn(64, 64, |x, _| image::Luma([40 + 3 * x as u8]))
                .save_with_format(order.output, image::ImageFormat::Png)
                .unwrap();
            Ok(Painted::by("watching"))
        })
    }
}

#[derive(Default)]
struct Kept {
    events: Mutex<Vec<Event>>,
    /// Cancelled when a video is finished.
    stop: Option<CancellationToken>,
}

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        if let (Event::VideoFinished { .. }, Some(stop)) = (&event, &self.stop) {
            stop.cancel();
        }
        self.events.lock().unwrap().push(event);
    }
}

/// A place for videos, and who makes them.
struct Place {
    dir: Utf8TempDir,
    studio: Studio,
}

impl Place {
    async fn new(urls: &[String], change: impl FnOnce(&mut Toolkit, &mut LlmOptions)) -> Self {
        let mut options = LlmOptions {
            servers: urls.iter().map(|url| url.parse().unwrap()).collect(),
            ..LlmOptions::default()
        };
        let mut toolkit = toolkit(FakeRenderer::default());
        change(&mut toolkit, &mut options);
        let servers = LlmServers::open(&options).await.unwrap();
        toolkit.llm = servers.map(Arc::new);
        Self {
            dir: tempdir().unwrap(),
            studio: Studio::new(toolkit),
        }
    }

    fn brief(&self, seed: u64) -> Brief {
        Brief {
            topic: Some(Topic::new("light in the dark").unwrap().0),
            seed: Seed(seed),
            duration: Some(Duration::new(6.0).unwrap()),
            scenes: Some(SceneCount::new(2).unwrap()),
            quality: Quality::Draft,
            aspect: Aspect::Square,
            captions: CaptionChoice::None,
            music: MusicChoice::None,
            speech: SpeechChoice::Silent,
            painter: PainterChoice::Builtin,
            ..Brief::new(self.dir.path().join("out"))
        }
    }

    fn briefs(&self, count: u64) -> Vec<Brief> {
        (1..=count).map(|seed| self.brief(seed)).collect()
    }

    async fn plan(&self, brief: Brief) -> Result<VideoPlan, Error> {
        let never = CancellationToken::new();
        let plans = self.studio.plan(vec![brief], &never).await;
        plans.map(|mut plans| plans.remove(0))
    }

    async fn make(&self, briefs: Vec<Brief>) -> (Summary, Vec<Event>) {
        let (kept, never) = (Arc::new(Kept::default()), CancellationToken::new());
        let plans = self.studio.plan(briefs, &never).await.unwrap();
        let events = Arc::clone(&kept) as Arc<dyn EventSink>;
        let summary = self.studio.run(plans, events, &never).await;
        let events = std::mem::take(&mut *kept.events.lock().unwrap());
        (summary, events)
    }

    fn batches(&self) -> Batches {
        let at = |name| self.dir.path().join(name);
        batches(at("batches"), at("work"), Arc::new(RealEffects))
    }

    /// Makes what is missing of a batch.
    async fn go_on(&self, batch: Batch, kept: &Arc<Kept>) -> Summary {
        let cancel = kept.stop.clone().unwrap_or_default();
        let batch = Arc::new(batch);
        let open = (1..).zip(batch.jobs()).zip(batch.progress());
        let open = open.filter(|(_, p)| !matches!(p, crate::batch::Progress::Delivered(_)));
        let (numbers, briefs): (Vec<u32>, Vec<Brief>) = open.map(|(video, _)| video).unzip();
        let plans = self
            .studio
            .plan_rest(&batch, briefs, &cancel)
            .await
            .unwrap();
        let plans = numbers.into_iter().zip(plans).collect();
        let events = Arc::clone(kept) as Arc<dyn EventSink>;
        self.studio.run_batch(&batch, plans, events, &cancel).await
    }
}

fn toolkit(renderer: impl Renderer + 'static) -> Toolkit {
    Toolkit::new(
        vec![Arc::new(Silent::new())],
        Arc::new(Watching::default()),
        Arc::new(renderer),
    )
}

fn manifest(path: &Utf8Path) -> Value {
    let text = std::fs::read_to_string(path.with_extension("json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn script_steps(summary: &Summary) -> Vec<&Degradation> {
    let steps = summary.degradations.iter();
    steps.filter(|step| step.stage == Stage::Script).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scripts_of_a_batch_are_written_with_one_load_before_anything_is_painted() {
    let llm = Arc::new(model((0..10).map(answer), Say::status(500, "no more")));
    let painter = Arc::new(Watching {
        llm: Some(Arc::clone(&llm)),
        ..Watching::default()
    });
    let shown = Arc::clone(&painter) as Arc<dyn Painter>;
    let mut place = Place::new(&[llm.url()], |toolkit, _| toolkit.painter = shown).await;
    let cache = Store::open(
        &place.dir.path().join("cache"),
        StoreLimits::default(),
        Arc::new(RealEffects),
    );
    place.studio = place.studio.clone().with_cache(Arc::new(cache.unwrap()));
    let (summary, events) = place.make(place.briefs(10)).await;
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (10, 0));
    let counters = llm.counters();
    assert_eq!(
        (counters.loads, counters.reloads, counters.unloads),
        (1, 0, 1)
    );
    assert_eq!(counters.chats, 10, "{counters:?}");
    let seen = std::mem::take(&mut *painter.seen.lock().unwrap());
    assert!(
        seen.len() == 20 && seen.iter().all(|seen| *seen == (true, 10)),
        "{seen:?}"
    );
    let details = events.iter().filter_map(|event| match event {
        Event::StageFinished {
            video,
            stage: Stage::Script,
            detail,
            ..
        } => Some((*video, detail)),
        _ => None,
    });
    let details: Vec<_> = details.collect();
    assert_eq!(details.len(), 10);
    assert!(
        details
            .iter()
            .all(|(_, detail)| detail.ends_with("2 scenes by qwen3:8b")),
        "{details:?}"
    );
    for (n, path) in summary.videos.iter().enumerate() {
        let manifest = manifest(path);
        let said = manifest["scenes"][0]["narration"].as_str().unwrap();
        assert!(said.starts_with(OPENINGS[n]), "{n}: {said}");
        let script = &manifest["script"];
        assert_eq!(
            (&script["source"], &script["model"]),
            (&json!("llm"), &json!("qwen3:8b"))
        );
        assert!(script["endpoint"].as_str().unwrap().starts_with(&llm.url()));
        let credits = std::fs::read_to_string(path.with_extension("credits.txt")).unwrap();
        assert!(
            credits.contains(script["description"].as_str().unwrap()),
            "{credits}"
        );
        assert!(credits.contains("Script: qwen3:8b."), "{credits}");
    }
    // The last question names how the others begin.
    let asked = llm.questions().last().unwrap().to_string();
    assert!(
        OPENINGS[..9].iter().all(|opening| asked.contains(opening)),
        "{asked}"
    );

    // The same again is found.
    let (summary, _) = place.make(place.briefs(3)).await;
    assert_eq!((summary.succeeded, llm.counters().chats), (3, 10));
    assert_eq!(llm.counters().loads, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_server_is_replaced_and_a_wrong_answer_repaired() {
    let llm = model([Say::text("Sure! Here it comes.")], answer(0));
    let place = Place::new(&[nobody(), llm.url()], |_, _| {}).await;
    let (summary, events) = place.make(place.briefs(1)).await;
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (1, 0));
    let script = manifest(&summary.videos[0])["script"].clone();
    assert_eq!(script["repaired"], true);
    assert!(script["endpoint"].as_str().unwrap().starts_with(&llm.url()));
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Warning { message, .. } if message.starts_with("a language model server cannot be used now: http://")
    )));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_models_fail_in_the_middle_the_built_in_writer_goes_on() {
    let failing = Say::status(500, r#"{"error":"the runner is gone"}"#);
    let llm = model([answer(0)], failing);
    let place = Place::new(&[llm.url()], |_, _| {}).await;
    let (summary, _) = place.make(place.briefs(3)).await;
    assert_eq!(summary.succeeded, 3);
    let steps = script_steps(&summary);
    assert!(
        !steps.is_empty() && steps.iter().all(|step| step.to == "builtin"),
        "{steps:?}"
    );
    let sources = summary
        .videos
        .iter()
        .map(|path| manifest(path)["script"]["source"].clone());
    assert_eq!(sources.collect::<Vec<_>>(), ["llm", "builtin", "builtin"]);

    // Nobody who asked for German gets English in its place.
    let llm = model([], Say::text(""));
    let place = Place::new(&[llm.url()], |_, _| {}).await;
    let german = Brief {
        language: Some("de".parse::<Language>().unwrap()),
        ..place.brief(1)
    };
    assert_eq!(
        place.plan(german.clone()).await.unwrap().voice.language,
        "de"
    );
    let (summary, events) = place.make(vec![german, place.brief(2)]).await;
    assert_eq!((summary.succeeded, summary.failed), (1, 1));
    let told = |words: &str| {
        let mut warnings = events.iter().filter_map(|event| match event {
            Event::Warning { message, .. } => Some(message.as_str()),
            _ => None,
        });
        warnings.any(|message| message.contains(words))
    };
    assert!(told("takes no script in \"de\" over"), "{events:?}");
    assert!(
        told("asked for again when the others are written"),
        "{events:?}"
    );
}

/// What a batch of three is made of while its server is restarted in the middle.
async fn restarted_in_the_middle(writer: WriterChoice, away: std::time::Duration) -> Vec<Value> {
    let first = model([answer(0)], Say::Silent);
    let (url, port) = (first.url(), first.port());
    let place = Place::new(&[url], |_, _| {}).await;
    let briefs = place
        .briefs(3)
        .into_iter()
        .map(|brief| Brief { writer, ..brief });
    let briefs = briefs.collect();
    let restart = async {
        while first.counters().chats < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        // Killed with a question in hand.
        drop(first);
        tokio::time::sleep(away).await;
        MockLlm::builder(Kind::Ollama)
            .model("qwen3:8b", 6 * GIB)
            .answers([answer(1), answer(2)])
            .port(port)
            .start()
    };
    let ((summary, _), _second) = tokio::join!(place.make(briefs), restart);
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (3, 0));
    let sources = summary.videos.iter();
    sources
        .map(|path| manifest(path)["script"]["source"].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_the_middle_of_a_batch_loses_no_script() {
    for writer in [WriterChoice::Auto, WriterChoice::Llm] {
        let away = std::time::Duration::from_secs(3);
        let sources = restarted_in_the_middle(writer, away).await;
        assert_eq!(sources, ["llm"; 3], "{writer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_come_back_is_waited_for_once() {
    let llm = model([answer(0)], Say::Silent);
    let place = Place::new(&[llm.url()], |_, options| {
        options.wait = Some(std::time::Duration::from_secs(2));
    })
    .await;
    let by_name = |brief| Brief {
        writer: WriterChoice::Llm,
        ..brief
    };
    let briefs = place.briefs(4).into_iter().map(by_name).collect();
    let kill = async {
        while llm.counters().chats < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        drop(llm);
    };
    let ((summary, events), ()) = tokio::join!(place.make(briefs), kill);
    // What was asked for by name is not replaced; the batch can be gone on with.
    assert_eq!((summary.succeeded, summary.failed), (1, 3));
    let waits = events.iter().filter(|event| {
        matches!(
            event,
            Event::Warning { message, .. } if message.contains("waiting for one, at most 2 s")
        )
    });
    assert_eq!(waits.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_loading_is_used() {
    let llm = MockLlm::builder(Kind::LlamaCpp)
        .model("qwen3-8b", 6 * GIB)
        .starting(std::time::Duration::from_millis(2500))
        .answers([answer(0)])
        .start();
    let place = Place::new(&[llm.url()], |_, options| {
        options.model = Some("gemma3".into());
    })
    .await;
    let (summary, _) = place.make(place.briefs(1)).await;
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (1, 0));
    let script = manifest(&summary.videos[0])["script"].clone();
    assert_eq!(script["model"], "qwen3-8b", "the one that has answered");
    // Afterwards it is told that it is another one than was asked for.
    let place = Place::new(&[llm.url()], |_, options| {
        options.model = Some("gemma3".into());
    })
    .await;
    let plan = place.plan(place.brief(1)).await.unwrap();
    assert!(
        plan.warnings
            .iter()
            .any(|words| words.ends_with("qwen3-8b, and not with gemma3")),
        "{:?}",
        plan.warnings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_answers_do_not_block_a_server() {
    // Nine answers that cannot be used: three scripts' worth.
    let bad = (0..9).map(|_| Say::text("I would rather not."));
    let llm = model(bad.chain((0..4).map(answer)), Say::status(500, "no more"));
    let place = Place::new(&[llm.url()], |_, _| {}).await;
    let (summary, _) = place.make(place.briefs(4)).await;
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (4, 0));
    let sources = summary
        .videos
        .iter()
        .map(|path| manifest(path)["script"]["source"].clone());
    assert_eq!(sources.collect::<Vec<_>>(), ["llm"; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_goes_on_needs_no_model_for_the_scripts_it_has() {
    let llm = model((0..3).map(answer), Say::status(500, "no more"));
    let url = llm.url();
    let place = Place::new(std::slice::from_ref(&url), |toolkit, _| {
        toolkit.renderer = Arc::new(FakeRenderer::failing(FakeFailure::Error));
    })
    .await;
    let batch = place.batches().create(&place.briefs(3)).unwrap();
    let summary = place.go_on(batch, &Arc::default()).await;
    assert_eq!((summary.failed, llm.counters().chats), (3, 3));
    drop(llm);

    let again = Place {
        studio: Place::new(&[url], |_, _| {}).await.studio,
        dir: place.dir,
    };
    let batch = again.batches().resume(None).unwrap();
    let kept = Arc::new(Kept::default());
    let summary = again.go_on(batch, &kept).await;
    assert_eq!((summary.succeeded, script_steps(&summary).len()), (3, 0));
    for (n, path) in summary.videos.iter().enumerate() {
        let said = manifest(path)["scenes"][0]["narration"].to_string();
        assert!(said.contains(OPENINGS[n]), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_goes_on_knows_how_its_finished_videos_begin() {
    let llm = model([answer(0), Say::Hang("{".into())], answer(1));
    let place = Place::new(&[llm.url()], |_, _| {}).await;
    let picture = place.dir.path().join("a.png");
    image::GrayImage::from_fn(64, 64, |x, _| image::Luma([40 + 3 * x as u8]))
        .save(&picture)
        .unwrap();
    // Pictures of one's own are not waited for.
    let with = |brief: Brief| Brief {
        images: vec![picture.clone()],
        ..brief
    };
    let briefs: Vec<Brief> = place.briefs(2).into_iter().map(with).collect();
    let batch = place.batches().create(&briefs).unwrap();
    let stopped = Arc::new(Kept {
        stop: Some(CancellationToken::new()),
        ..Kept::default()
    });
    let summary = place.go_on(batch, &stopped).await;
    assert_eq!((summary.succeeded, summary.not_done), (1, 1));
    assert_eq!(llm.loaded(), [""; 0], "also unloaded when the user ends it");

    let batch = place.batches().resume(None).unwrap();
    let summary = place.go_on(batch, &Arc::default()).await;
    assert_eq!(summary.succeeded, 1);
    let asked = llm.questions().last().unwrap().to_string();
    assert!(asked.contains(OPENINGS[0]), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_is_known_before_anything_is_made() {
    let llm = model([], Say::script());
    let by_name = |place: &Place| Brief {
        writer: WriterChoice::Llm,
        ..place.brief(1)
    };
    let unavailable = |error: Error| match error.kind() {
        ErrorKind::Unavailable { reason, hint, .. } => (reason.clone(), hint.to_string()),
        other => panic!("{other:?}"),
    };

    let place = Place::new(&[llm.url()], |_, _| {}).await;
    let overview = place.plan(by_name(&place)).await.unwrap().overview();
    let writer = format!("qwen3:8b at {}/, when the video is made", llm.url());
    assert_eq!(overview.writer, writer);
    assert_eq!(
        (overview.scenes.len(), overview.title.as_str()),
        (0, "light in the dark")
    );
    assert!(
        overview.degradations.is_empty(),
        "{:?}",
        overview.degradations
    );
    assert_eq!(llm.counters().chats, 0);

    let place = Place::new(&[llm.url()], |_, options| {
        options.model = Some("qwen9".into());
    })
    .await;
    let (reason, hint) = unavailable(place.plan(by_name(&place)).await.unwrap_err());
    assert!(
        reason.contains("no model \"qwen9\"; it has qwen3:8b"),
        "{reason}"
    );
    assert!(hint.contains("ollama pull qwen9"), "{hint}");
    let plan = place.plan(place.brief(1)).await.unwrap();
    assert!(
        plan.degradations[0].reason.to_string().contains("qwen9"),
        "{:?}",
        plan.degradations
    );
    assert_eq!(plan.writing.source, "builtin");

    let place = Place::new(&[], |_, _| {}).await;
    let (_, hint) = unavailable(place.plan(by_name(&place)).await.unwrap_err());
    assert!(hint.contains("llm_url"), "{hint}");

    let options = LlmOptions {
        servers: vec![llm.url().parse().unwrap()],
        prompts: Some(Utf8PathBuf::from("/nonexistent/prompts")),
        ..LlmOptions::default()
    };
    let error = LlmServers::open(&options).await.unwrap_err();
    assert!(matches!(error, ScriptError::Prompts(_)), "{error:?}");
}
