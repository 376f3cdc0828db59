//! A painter, a language model and other processes on one simulated card.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino_tempfile::{Utf8TempDir, tempdir};
use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};
use testkit::llm::{Kind, MockLlm};
use tokio_util::sync::CancellationToken;
use videogen_durable::KeyBuilder;
use videogen_llm::{ChatModel, ChatRequest, ClientOptions, Message, ModelPool};
use videogen_net::{AddressPolicy, BreakerPolicy, Endpoint, HttpClient, ServerUrl, TrafficMeter};
use videogen_picture::{
    ComfyCard, ComfyOptions, ComfyServers, Painted, Painter, PictureOrder, PictureRequest, Tuning,
};
use videogen_types::{Aspect, Genre, Observer, Quality, Seed};
use videogen_vram::{
    Bytes, CardOptions, CardShare, FixedProbe, FreeBytes, GpuReading, PaintServer, TotalBytes,
};

use crate::card_occupant::occupants;

/// A machine with a card, on which a painter and a language model live.
struct Machine {
    card: SimulatedCard,
    comfy: MockComfy,
    llm: MockLlm,
    share: Arc<CardShare>,
    models: ModelPool,
    within: Duration,
    servers: ComfyServers,
    directory: Utf8TempDir,
    told: Mutex<Vec<String>>,
    cancel: CancellationToken,
}

/// Models of 7 and 6.5 GiB on 12: never both.
fn llm() -> testkit::llm::Builder {
    MockLlm::builder(Kind::Ollama)
}

impl Observer for Machine {
    fn warn(&self, message: String) {
        self.told.lock().unwrap().push(message);
    }
}

impl Machine {
    fn new(llm: testkit::llm::Builder, options: impl FnOnce(&mut CardOptions)) -> Self {
        let card = SimulatedCard::new(12 * GIB);
        let comfy = MockComfy::builder()
            .card(card.clone())
            .checkpoint("sd_xl_base_1.0.safetensors", Family::SDXL)
            .keep_outputs(2)
            .start();
        let llm = llm.card(card.clone()).start();
        let directory = tempdir().unwrap();
        let mut card_options = CardOptions {
            leases: Some(directory.path().join("leases")),
            release_timeout: Duration::from_secs(5),
            reacquire_delay: Duration::ZERO,
            ..CardOptions::default()
        };
        options(&mut card_options);
        let within = card_options.release_timeout;
        let painters: Vec<ServerUrl> = vec![comfy.url().parse().unwrap()];
        let cards = painters.iter().map(card_of).collect();
        let models = pool(&llm);
        let share = Arc::new(CardShare::new(card_options, cards, occupants(&models)));
        let servers = ComfyServers::new(ComfyOptions {
            servers: painters,
            card: Arc::clone(&share),
            ..ComfyOptions::default()
        });
        Self {
            servers: servers.unwrap(),
            card,
            comfy,
            llm,
            share,
            models,
            within,
            directory,
            told: Mutex::default(),
            cancel: CancellationToken::new(),
        }
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    /// Writes `times` scripts in one turn.
    async fn write(&self, times: usize) {
        let told = |what| self.told.lock().unwrap().push(what);
        let models = occupants(&self.models);
        let beginning = self.share.for_writing(&models, &told, &self.cancel);
        let writing = beginning.await.unwrap();
        let client = &self.models.models()[0];
        let question = ChatRequest::new(vec![Message::user("A script of three scenes.")]);
        for _ in 0..times {
            let reply = client.chat(&question, &|_| {}, &self.cancel).await;
            assert!(!reply.unwrap().text.is_empty());
        }
        let within = self.within;
        self.share.has_written(writing, within).await;
    }

    async fn paint(&self, index: usize, quality: Quality) -> Painted {
        let size = quality.size(Aspect::Portrait);
        let request = PictureRequest {
            prompt: format!("a lighthouse, number {index}"),
            before: None,
            after: None,
            negative: None,
            genre: Genre::General,
            seed: Seed(index as u64 + 1),
            look: Seed(1),
            index,
            count: 1,
            quality,
            aspect: Aspect::Portrait,
            width: size.width(),
            height: size.height(),
            tuning: Tuning::default(),
        };
        let name = KeyBuilder::new("test", 1).number("index", index as u64);
        let painter = self.servers.asked().await.painter.clone().unwrap();
        let order = PictureOrder {
            output: &self.directory.path().join("picture.png"),
            name: &name.finish(),
            may_fall_back: true,
            observer: self,
            cancel: &self.cancel,
        };
        painter.paint(&request, order).await.unwrap()
    }
}

fn card_of(url: &ServerUrl) -> Arc<dyn PaintServer> {
    Arc::new(ComfyCard::at(url, &TrafficMeter::default()).unwrap())
}

fn pool(llm: &MockLlm) -> ModelPool {
    let options = videogen_net::ClientOptions::new(AddressPolicy::local());
    let http = HttpClient::new(options).unwrap();
    let endpoint = Endpoint::parse(&llm.url()).unwrap();
    let servers = vec![(endpoint, ClientOptions::new())];
    ModelPool::new(&http, servers, BreakerPolicy::default()).unwrap()
}

/// What a single user with one card does all night, and what it costs.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_times_written_and_painted_without_running_out_of_memory() {
    let machine = Machine::new(llm().model("qwen3:8b", 7 * GIB), |_| {});
    for index in 0..50 {
        machine.write(1).await;
        let painted = machine.paint(index, Quality::Draft).await;
        assert_eq!(painted.steps, [], "{index}");
        assert_eq!(painted.by, "comfyui");
    }
    let (painter, writer) = (machine.comfy.counters(), machine.llm.counters());
    assert_eq!((painter.out_of_memory, painter.silent_tiling), (0, 0));
    assert_eq!(writer.out_of_memory, 0);
    assert_eq!(writer.loads, 50);
    assert_eq!(machine.told(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_ten_loads_each_model_once() {
    let machine = Machine::new(llm().model("qwen3:8b", 7 * GIB), |_| {});
    machine.write(10).await;
    for index in 0..10 {
        let _session = machine.share.session();
        machine.paint(index, Quality::Draft).await;
    }
    assert_eq!(machine.llm.counters().loads, 1);
    // Diffusion model, text encoders and VAE are three loads of one file.
    assert!(machine.comfy.counters().loads() <= 3);
    assert_eq!(machine.comfy.counters().out_of_memory, 0);
    machine.share.close().await;
    assert_eq!(machine.comfy.counters().frees, 0, "only where that is set");
}

#[tokio::test(flavor = "multi_thread")]
async fn models_of_others_leave_only_when_that_is_asked_for() {
    let theirs = || llm().resident("qwen3:8b", 7 * GIB);
    let machine = Machine::new(theirs(), |_| {});
    assert_eq!(machine.paint(0, Quality::Draft).await.by, "comfyui");
    assert_eq!(machine.llm.counters().unloads, 0);

    let machine = Machine::new(theirs(), |options| {
        options.evict_others = true;
        options.free_after = true;
    });
    machine.paint(0, Quality::Draft).await;
    assert_eq!(machine.llm.counters().unloads, 1);
    let told = machine.told();
    assert!(told[0].contains("qwen3:8b was unloaded"), "{told:?}");
    machine.share.close().await;
    assert!(machine.comfy.wait_idle(Duration::from_secs(5)));
    assert_eq!(machine.card.used(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_leave_keeps_no_picture_from_being_painted() {
    let stubborn = llm()
        .model("qwen3:8b", 7 * GIB)
        .unload_time(Duration::from_hours(1));
    let machine = Machine::new(stubborn, |options| {
        options.release_timeout = Duration::from_millis(300);
    });
    machine.write(1).await;
    let painted = machine.paint(0, Quality::Draft).await;
    assert_eq!(
        (painted.by.as_str(), painted.is_fallback),
        ("comfyui", false)
    );
    let told = machine.told();
    assert!(told[0].contains("qwen3:8b keeps its memory"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_waits_for_a_card_only_where_there_is_one() {
    let directory = tempdir().unwrap();
    let llm = llm().start();
    let models = pool(&llm);
    let share = |cards: Vec<GpuReading>| {
        let options = CardOptions {
            leases: Some(directory.path().to_owned()),
            lease_timeout: Duration::from_millis(100),
            ..CardOptions::default()
        };
        CardShare::new(options, Vec::new(), occupants(&models)).with_probe(FixedProbe::new(cards))
    };
    let cancel = CancellationToken::new();
    let server = card_of(&"http://127.0.0.1:8188".parse().unwrap());
    let painting = share(Vec::new());
    let turn = painting.for_painting(&server, Some(0), &|_| {}, &cancel);
    let _turn = turn.await.unwrap();
    let memory = Bytes::from_mib(8192);
    let card = GpuReading::fixed("card", TotalBytes::new(memory), FreeBytes::new(memory));
    for (cards, waits) in [(Vec::new(), false), (vec![card], true)] {
        let told = Mutex::new(Vec::new());
        let tell = |what| told.lock().unwrap().push(what);
        let writing = share(cards);
        let models = occupants(&models);
        let turn = writing.for_writing(&models, &tell, &cancel);
        drop(turn.await.unwrap());
        let told = told.lock().unwrap();
        assert_eq!(!told.is_empty(), waits, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_take_turns_and_neither_waits_for_ever() {
    let directory = tempdir().unwrap();
    let share = |lease_timeout| {
        let options = CardOptions {
            leases: Some(directory.path().to_owned()),
            lease_timeout,
            ..CardOptions::default()
        };
        CardShare::new(options, Vec::new(), Vec::new())
    };
    let server = card_of(&"http://127.0.0.1:8188".parse().unwrap());
    let cancel = CancellationToken::new();
    let first = share(Duration::ZERO);
    let session = first.session();
    for new in [true, false] {
        let turn = first.for_painting(&server, Some(0), &|_| {}, &cancel).await;
        assert_eq!(turn.unwrap().is_new, new, "kept between two pictures");
    }

    let told = Arc::new(Mutex::new(Vec::new()));
    let (hears, other) = (Arc::clone(&told), Arc::clone(&server));
    let second = share(Duration::from_mins(1));
    let waiting = tokio::spawn(async move {
        let told = |what| hears.lock().unwrap().push(what);
        let cancel = CancellationToken::new();
        second.for_painting(&other, Some(0), &told, &cancel).await
    });
    while told.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let said = told.lock().unwrap()[0].clone();
    // For how long is said in whole seconds of the clock, of which the first may have just ended.
    let me = format!("videogen {} has it (painting, for ", std::process::id());
    assert!(said.contains(&me), "{said}");

    // Another card is another turn, and one that does not come in time is gone on without.
    let told = Mutex::new(Vec::new());
    let tell = |what| told.lock().unwrap().push(what);
    // Long enough that a busy machine tells of the wait before it is over.
    let third = share(Duration::from_millis(300));
    third
        .for_painting(&server, Some(1), &tell, &cancel)
        .await
        .unwrap();
    assert!(told.lock().unwrap().is_empty());
    third
        .for_painting(&server, Some(0), &tell, &cancel)
        .await
        .unwrap();
    assert!(told.lock().unwrap()[1].contains("without its turn"));

    drop(session);
    assert!(waiting.await.unwrap().unwrap().waited);
    let stop = CancellationToken::new();
    stop.cancel();
    let refused = third.for_painting(&server, Some(2), &|_| {}, &stop).await;
    assert!(refused.unwrap_err().is_cancelled());
}
