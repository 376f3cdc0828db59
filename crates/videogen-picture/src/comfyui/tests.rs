//! The painter against simulated servers and cards of any size.

mod figures;
mod memory;
mod own;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::{Utf8TempDir, tempdir};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use testkit::comfy::{Family, Fault, GIB, MockComfy, OomText, Phase, SimulatedCard};
use tokio_util::sync::CancellationToken;
use videogen_durable::{Key, KeyBuilder};
use videogen_net::BreakerPolicy;
use videogen_types::{Aspect, Genre, Observer, Quality, Seed};

use super::fleet::FleetPolicy;
use super::{ComfyOptions, ComfyServers};
use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{Painter, PictureOrder, PictureRequest};
use crate::tuning::Tuning;

/// What a picture is kept under.
fn key_of(painter: &dyn Painter, request: &PictureRequest) -> Key {
    painter
        .add_to_key(request, KeyBuilder::new("picture", 1))
        .finish()
}

/// A place for pictures, and who paints them.
struct Studio {
    painter: Arc<dyn Painter>,
    directory: Utf8TempDir,
    cancel: CancellationToken,
    warnings: Mutex<Vec<String>>,
}

impl Observer for Studio {
    fn progress(&self, fraction: f32) {
        assert!((0.0..=1.0).contains(&fraction));
    }

    fn activity(&self, what: &str) {
        assert!(!what.is_empty());
    }

    fn warn(&self, message: String) {
        self.warnings.lock().unwrap().push(message);
    }
}

impl Studio {
    async fn of(servers: &[&MockComfy], change: impl FnOnce(&mut ComfyOptions)) -> Self {
        Self::with(servers, change, FleetPolicy::default()).await
    }

    /// One that has little patience and leaves servers alone for `block`.
    async fn impatient(servers: &[&MockComfy], block: Duration) -> Self {
        let mut breaker = BreakerPolicy::default().blocks(block, block);
        breaker.jitter = 0.0;
        let policy = FleetPolicy {
            breaker,
            unreachable: Duration::from_millis(100),
            ..FleetPolicy::default()
        };
        Self::with(servers, |_| {}, policy).await
    }

    async fn with(
        servers: &[&MockComfy],
        change: impl FnOnce(&mut ComfyOptions),
        policy: FleetPolicy,
    ) -> Self {
        let urls = servers.iter().map(|server| server.url().parse().unwrap());
        let mut options = ComfyOptions {
            servers: urls.collect(),
            ..ComfyOptions::default()
        };
        change(&mut options);
        let servers = ComfyServers::new(options).unwrap().with_policy(policy);
        let asked = servers.asked().await;
        Self {
            painter: asked.painter.clone().unwrap(),
            directory: tempdir().unwrap(),
            cancel: CancellationToken::new(),
            warnings: Mutex::default(),
        }
    }

    /// One on those of the servers that can paint, which have `within` for each picture; `None` when none can.
    async fn maybe(servers: &[&MockComfy], within: Duration) -> Option<Self> {
        let urls = servers.iter().map(|server| server.url().parse().unwrap());
        let options = ComfyOptions {
            servers: urls.collect(),
            ..ComfyOptions::default()
        };
        let policy = FleetPolicy {
            picture: within,
            ..FleetPolicy::default()
        };
        let servers = ComfyServers::new(options).unwrap().with_policy(policy);
        let painter = servers.asked().await.painter.clone()?;
        Some(Self {
            painter,
            directory: tempdir().unwrap(),
            cancel: CancellationToken::new(),
            warnings: Mutex::default(),
        })
    }

    fn file(&self, index: usize) -> Utf8PathBuf {
        self.directory.path().join(format!("{index}.png"))
    }

    async fn paint(&self, index: usize, quality: Quality) -> Result<Painted, Error> {
        let (request, file, name) = (request(index, quality), self.file(index), name(index));
        let order = PictureOrder {
            output: &file,
            name: &name,
            may_fall_back: true,
            observer: self,
            cancel: &self.cancel,
        };
        self.painter.paint(&request, order).await
    }

    /// Paints, and sees to it that the picture has the size of the quality.
    async fn painted(&self, index: usize, quality: Quality) -> Painted {
        let painted = self.paint(index, quality).await.unwrap();
        let size = quality.size(Aspect::Portrait);
        assert_eq!(dimensions(&self.file(index)), (size.width(), size.height()));
        painted
    }

    /// Paints these as drafts, as many at a time as the painter takes, and sees to it that servers paint all of them.
    async fn drafts(&self, indices: impl IntoIterator<Item = usize>) -> Vec<Painted> {
        let painting = indices
            .into_iter()
            .map(|index| self.painted(index, Quality::Draft));
        let painting = stream::iter(painting).buffer_unordered(self.painter.parallel());
        let painted: Vec<Painted> = painting.collect().await;
        assert!(painted.iter().all(|painted| painted.by == "comfyui"));
        painted
    }

    fn warned(&self, words: &str) -> usize {
        let warnings = self.warnings.lock().unwrap();
        warnings
            .iter()
            .filter(|warning| warning.contains(words))
            .count()
    }
}

fn dimensions(file: &Utf8Path) -> (u32, u32) {
    image::image_dimensions(file).unwrap()
}

fn name(index: usize) -> Key {
    KeyBuilder::new("test", 1)
        .number("index", index as u64)
        .finish()
}

fn request(index: usize, quality: Quality) -> PictureRequest {
    let size = quality.size(Aspect::Portrait);
    PictureRequest {
        prompt: format!("a lighthouse in a storm (number {index})"),
        negative: None,
        before: None,
        after: None,
        genre: Genre::General,
        seed: Seed(index as u64 + 1),
        look: Seed(1),
        index,
        count: 20,
        quality,
        aspect: Aspect::Portrait,
        width: size.width(),
        height: size.height(),
        tuning: Tuning::default(),
    }
}

fn card(held: u64) -> SimulatedCard {
    SimulatedCard::new(12 * GIB).held_by_others(held)
}

fn server(family: Family) -> testkit::comfy::Builder {
    let file = if family == Family::SDXL {
        "sd_xl_base_1.0.safetensors"
    } else {
        "v1-5-pruned-emaonly.safetensors"
    };
    MockComfy::builder().checkpoint(file, family)
}

fn seeds(server: &MockComfy) -> Vec<u64> {
    let all = server.prompts();
    let nodes = all.iter().flat_map(|prompt| {
        let nodes = prompt["prompt"].as_object().unwrap().values();
        nodes.filter_map(|node| node["inputs"]["seed"].as_u64())
    });
    nodes.collect()
}

/// The case this program exists for: 6 GiB are left by a language model that does not go.
#[tokio::test(flavor = "multi_thread")]
async fn ultra_pictures_come_about_in_what_a_language_model_leaves() {
    for family in [Family::SDXL, Family::SD15] {
        let server = server(family)
            .card(card(5 * GIB + GIB / 2))
            .keep_outputs(2)
            .start();
        let studio = Studio::of(&[&server], |_| {}).await;
        for index in 0..4 {
            let painted = studio.painted(index, Quality::Ultra).await;
            assert_eq!(painted.by, "comfyui");
            assert!(!painted.is_fallback, "{painted:?}");
        }
        let counters = server.counters();
        assert_eq!(counters.prompts_done, 4, "{counters:?}");
        assert!(counters.out_of_memory <= 1, "{counters:?}");
        assert_eq!(counters.prompts_failed, counters.out_of_memory);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_memory_leads_to_the_next_way_with_the_same_seed_and_is_learnt() {
    let fault = Fault::OutOfMemory(Phase::Sample, OomText::Native).once();
    let server = server(Family::SDXL).card(card(GIB)).fault(fault).start();
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::Standard).await;
    assert_eq!(painted.steps.len(), 1, "{painted:?}");
    let step = &painted.steps[0];
    assert!(step.from.starts_with("direct at http://"), "{step:?}");
    assert!(step.reason.to_string().contains("memory"), "{step:?}");
    assert!(!painted.is_fallback);
    assert_eq!(server.counters().out_of_memory, 1);
    assert_eq!(server.counters().frees, 1);
    assert!(seeds(&server).iter().all(|seed| *seed == 1));
    // The next picture begins where this one ended.
    let next = studio.painted(1, Quality::Standard).await;
    assert_eq!((next.strategy, next.steps.len()), (painted.strategy, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_a_video_share_what_the_server_keeps() {
    let server = server(Family::SD15).card(card(0)).start();
    let studio = Studio::of(&[&server], |_| {}).await;
    for index in 0..2 {
        studio.painted(index, Quality::Draft).await;
    }
    let nodes = server.counters().nodes;
    let ran = |class: &str| nodes.get(class).copied();
    assert_eq!(ran("CheckpointLoaderSimple"), Some(1));
    assert_eq!(ran("KSampler"), Some(2));
    assert_eq!(ran("CLIPTextEncode"), Some(3), "the negative prompt once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_unknown_kind_is_told_with_what_to_do() {
    let server = MockComfy::builder()
        .checkpoint("mystery.safetensors", Family::SD15)
        .start();
    let options = ComfyOptions {
        servers: vec![server.url().parse().unwrap()],
        ..ComfyOptions::default()
    };
    let servers = ComfyServers::new(options.clone()).unwrap();
    let told = servers.asked().await.doubts.join("; ");
    assert!(
        told.contains("mystery.safetensors") && told.contains("comfyui_family"),
        "{told}"
    );
    let family = Some("sd15".parse().unwrap());
    let servers = ComfyServers::new(ComfyOptions { family, ..options }).unwrap();
    assert_eq!(servers.asked().await.doubts, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_way_fails_the_next_server_paints_and_then_the_built_in_painter() {
    let full = Fault::OutOfMemory(Phase::Text, OomText::CudaMallocAsync);
    let first = server(Family::SD15)
        .card(card(0))
        .fault(full.clone())
        .start();
    let second = server(Family::SD15).card(card(0)).start();
    let studio = Studio::of(&[&first, &second], |_| {}).await;
    let painted = studio.painted(0, Quality::High).await;
    assert!(painted.endpoint.unwrap().starts_with(&second.url()));
    // Another server that paints as well is no step down.
    assert_eq!((painted.steps.len(), painted.is_fallback), (0, false));
    let graphs = first.prompts().into_iter().map(|mut prompt| {
        let nodes = prompt["prompt"].as_object_mut().unwrap().values_mut();
        nodes.for_each(|node| drop(node["inputs"]["filename_prefix"].take()));
        prompt["prompt"].to_string()
    });
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    graphs.for_each(|graph| *times.entry(graph).or_default() += 1);
    assert!(!times.is_empty());
    // A text encoder that cannot leave the card is tried once more when all else has left it.
    assert!(times.values().all(|times| *times <= 2), "{times:?}");

    second.go_down();
    let painted = studio.paint(1, Quality::High).await.unwrap();
    assert_eq!(painted.by, "builtin");
    assert!(painted.is_fallback);
    assert_eq!(painted.steps.last().unwrap().to, "builtin");
    assert!(dimensions(&studio.file(1)).0 > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_that_answers_one_question_in_five_with_502_costs_no_picture() {
    const PICTURES: usize = 100;
    let server = server(Family::SD15)
        .card(card(0))
        .gateway_errors(20)
        .keep_outputs(8)
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    // All of them by the server, as is checked there.
    let painted = studio.drafts(0..PICTURES).await;
    assert_eq!(painted.len(), PICTURES);
    assert!(
        painted
            .iter()
            .all(|painted| painted.steps.is_empty() && !painted.is_fallback)
    );
    let errors = server.counters().faults[&Fault::Status(502).name()];
    assert!(errors as usize > PICTURES, "{errors}");
    assert_eq!(studio.warned("is left alone"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_for_a_while_is_waited_for_where_there_is_no_other() {
    let failing = || Fault::Status(502).rule().on("GET /system_stats");
    let first = server(Family::SD15).card(card(0)).start();
    let policy = FleetPolicy {
        pause: Duration::from_millis(200),
        ..FleetPolicy::default()
    };
    let studio = Studio::with(&[&first], |_| {}, policy).await;
    // More than the client asks by itself.
    first.add_fault(failing().times(12));
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!(
        (painted.by.as_str(), painted.is_fallback),
        ("comfyui", false)
    );

    // One that fails for good is not waited for for ever, and another one is asked at once.
    let second = server(Family::SD15).card(card(0)).start();
    let studio = Studio::with(&[&first, &second], |_| {}, FleetPolicy::default()).await;
    first.add_fault(failing());
    let painted = studio.painted(1, Quality::Draft).await;
    assert!(painted.endpoint.unwrap().starts_with(&second.url()));
    let studio = Studio::with(&[&second], |_| {}, policy).await;
    second.add_fault(failing());
    let painted = studio.paint(2, Quality::Draft).await.unwrap();
    assert_eq!(
        (painted.by.as_str(), painted.is_fallback),
        ("builtin", true)
    );
}

/// What the files of each prompt are named after.
fn prefixes(server: &MockComfy) -> Vec<String> {
    let all = server.prompts();
    let nodes = all.iter().flat_map(|prompt| {
        let nodes = prompt["prompt"].as_object().unwrap().values();
        nodes.filter_map(|node| node["inputs"]["filename_prefix"].as_str())
    });
    nodes.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_damaged_in_its_middle_is_asked_for_once_more_and_every_prompt_has_files_of_its_own()
 {
    let server = server(Family::SD15)
        .card(card(0))
        .fault(Fault::DamagedPng.once())
        .start();
    let studio = Studio::of(&[&server], |_| {}).await;
    for index in 0..2 {
        let painted = studio.painted(index, Quality::Draft).await;
        assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 0));
        assert_eq!(painted.seed, Some(index as u64 + 1));
    }
    let prefixes = prefixes(&server);
    assert_eq!(prefixes.len(), 3, "{prefixes:?}");
    let different: std::collections::BTreeSet<&String> = prefixes.iter().collect();
    assert_eq!(different.len(), 3, "{prefixes:?}");
    assert!(
        prefixes
            .iter()
            .all(|prefix| prefix.starts_with("videogen-")),
        "{prefixes:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn less_is_painted_only_where_that_is_allowed() {
    let fault = || {
        Fault::OutOfMemory(Phase::Text, OomText::Native)
            .rule()
            .times(5)
    };
    let strict = server(Family::SD15).card(card(0)).fault(fault()).start();
    let studio = Studio::of(&[&strict], |_| {}).await;
    assert_eq!(studio.paint(0, Quality::High).await.unwrap().by, "builtin");

    let strategies = studio_ways(&strict);
    let fault = Fault::OutOfMemory(Phase::Text, OomText::Native)
        .rule()
        .times(strategies);
    let lenient = server(Family::SD15).card(card(0)).fault(fault).start();
    let studio = Studio::of(&[&lenient], |options| options.lower_quality = true).await;
    let painted = studio.paint(0, Quality::High).await.unwrap();
    assert_eq!(painted.by, "comfyui");
    assert!(painted.is_fallback);
    let last = painted.steps.last().unwrap();
    assert_eq!((last.from.as_str(), last.to.as_str()), ("high", "standard"));
    assert_eq!(dimensions(&studio.file(0)), (720, 1280));
}

/// How many ways were tried there.
fn studio_ways(server: &MockComfy) -> u64 {
    server.counters().requests_of("POST /prompt")
}

/// Ends when the server has accepted so many prompts and works on one.
async fn begun(server: &MockComfy, prompts: u64) {
    soon(|| server.counters().prompts_accepted >= prompts).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Waits for something that has to happen.
async fn soon(happened: impl Fn() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    waited.expect("it happens");
}

/// A server that paints a draft in the time of 30 steps: it has 20 steps, and half as many pixels again.
fn at_speed(steps_per_second: f64) -> MockComfy {
    server(Family::SD15)
        .steps_per_second(steps_per_second)
        .start()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_before_a_crash_is_collected() {
    let (first, second) = (at_speed(30.0), at_speed(30.0));
    let servers = [&first, &second];
    let studio = Studio::of(&servers, |_| {}).await;
    let all = join_all((0..4).map(|index| studio.paint(index, Quality::Draft)));
    let both = || servers.map(|server| begun(server, 2));
    // Dropped in the middle, as a process that is killed drops it.
    tokio::select! {
        ended = all => panic!("{ended:?}"),
        _ = join_all(both()) => {}
    }
    // Whoever goes on knows nothing, and asks for them in another order.
    let again = Studio::of(&servers, |_| {}).await;
    again.drafts((0..4).rev()).await;
    for server in servers {
        assert_eq!(server.counters().prompts_accepted, 2, "not painted twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_is_painted_when_the_batch_goes_on() {
    let server = at_speed(40.0);
    let mut studio = Studio::of(&[&server], |_| {}).await;
    let cancel = studio.cancel.clone();
    let all = join_all((0..2).map(|index| studio.paint(index, Quality::Draft)));
    let (ended, ()) = tokio::join!(all, async {
        begun(&server, 2).await;
        cancel.cancel();
    });
    for ended in ended {
        assert!(matches!(ended.unwrap_err(), Error::Cancelled));
    }
    assert!(server.wait_idle(Duration::from_secs(20)));
    studio.cancel = CancellationToken::new();
    for painted in studio.drafts(0..2).await {
        assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_share_the_pictures_by_their_speed_and_have_the_next_one_while_one_is_painted() {
    let (fast, slow) = (at_speed(300.0), at_speed(100.0));
    let studio = Studio::of(&[&slow, &fast], |_| {}).await;
    assert_eq!(studio.painter.parallel(), 4);
    let waiting = || {
        let counters = fast.counters();
        counters.prompts_accepted >= counters.prompts_done + 2
    };
    tokio::join!(studio.drafts(0..16), soon(waiting));
    let done = |server: &MockComfy| server.counters().prompts_done;
    assert_eq!(done(&fast) + done(&slow), 16);
    // Three times as many, on a machine with nothing else to do.
    assert!(
        done(&fast) > done(&slow) && done(&slow) >= 2,
        "{} to {}",
        done(&fast),
        done(&slow)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_left_alone() {
    let (dying, other) = (at_speed(60.0), at_speed(300.0));
    let studio = Studio::impatient(&[&dying, &other], Duration::from_mins(10)).await;
    let (painted, ()) = tokio::join!(studio.drafts(0..6), async {
        begun(&dying, 1).await;
        dying.go_down();
    });
    // What the other one paints instead is as good.
    assert!(painted.iter().all(|painted| painted.steps.is_empty()));
    let by_other = |painted: &&Painted| {
        let by = painted.endpoint.as_deref();
        by.is_some_and(|by| by.starts_with(&other.url()))
    };
    assert!(painted.iter().filter(by_other).count() >= 5, "{painted:?}");
    assert_eq!(studio.painter.parallel(), 2);

    // Within its block it is not asked, though it would answer.
    let asked = dying.counters().all_requests();
    dying.come_up();
    let painted = studio.drafts(6..9).await;
    assert!(painted.iter().all(|painted| painted.steps.is_empty()));
    assert_eq!(dying.counters().all_requests(), asked);
    let warnings = studio.warnings.into_inner().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("is left alone"), "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_were_not_there_join_and_come_back() {
    let (there, late) = (at_speed(300.0), at_speed(100.0));
    late.go_down();
    soon(|| std::net::TcpStream::connect(late.address()).is_err()).await;
    let studio = Studio::impatient(&[&late, &there], Duration::from_millis(200)).await;
    studio.drafts(0..1).await;
    assert_eq!(studio.painter.parallel(), 2);
    late.come_up();
    soon(|| studio.painter.parallel() == 4).await;
    tokio::join!(studio.drafts(1..5), async {
        begun(&late, 1).await;
        late.go_down();
    });
    assert_eq!(studio.warned("paints again"), 1, "{:?}", studio.warnings);
    assert_eq!(studio.warned("is left alone"), 1, "{:?}", studio.warnings);

    late.come_up();
    soon(|| studio.painter.parallel() == 4).await;
    let before = late.counters().prompts_done;
    studio.drafts(5..9).await;
    assert!(late.counters().prompts_done > before);
    assert_eq!(studio.warned("paints again"), 2, "{:?}", studio.warnings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_busy_for_a_moment_is_waited_for() {
    let server = at_speed(300.0);
    server.add_fault(Fault::RetryAfter(429, 1).once().on("POST /prompt"));
    let studio = Studio::of(&[&server], |_| {}).await;
    let painted = studio.painted(0, Quality::Draft).await;
    assert_eq!((painted.by.as_str(), painted.steps.len()), ("comfyui", 0));
    assert_eq!(studio.warnings.into_inner().unwrap(), [""; 0]);
    assert_eq!(server.counters().faults.get("RetryAfter"), Some(&1));
}
