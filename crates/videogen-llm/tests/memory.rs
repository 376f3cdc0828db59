//! What is in memory, whose it is, and how it goes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::{Duration, Instant};

use common::*;
use testkit::comfy::{SimulatedCard, Unload};
use testkit::llm::{Kind, MockLlm};
use videogen_llm::{ChatModel, ChatRequest, LlmClient, Message, Residents, Unloading, Whose};

const LIMIT: Duration = Duration::from_secs(10);

async fn chat(client: &LlmClient) {
    let request = ChatRequest::new(vec![Message::user("hello")]);
    client.chat(&request, &|_| {}, &cancel()).await.unwrap();
}

async fn unload(client: &LlmClient, whose: Whose) -> Unloading {
    client.unload(whose, LIMIT, &cancel()).await.unwrap()
}

#[tokio::test]
async fn what_we_had_loaded_goes_and_what_was_there_stays() {
    for kind in [Kind::Ollama, Kind::LlamaCppRouter, Kind::LmStudio] {
        let card = SimulatedCard::new(24 * GIB);
        let server = qwen(kind)
            .resident("gemma", 4 * GIB)
            .card(card.clone())
            .unload_time(Duration::from_millis(150))
            .start();
        let client = client_with(&server.url(), options().model("qwen3:8b"));
        assert!(
            matches!(
                unload(&client, Whose::Ours).await,
                Unloading::NotOurs { .. }
            ),
            "{kind:?}"
        );
        chat(&client).await;
        let Residents::Known(models) = client.residents(&cancel()).await.unwrap() else {
            panic!("{kind:?}")
        };
        let mut ours: Vec<_> = models
            .iter()
            .map(|model| (model.model.as_str(), model.ours))
            .collect();
        ours.sort_unstable();
        assert_eq!(ours, [("gemma", false), ("qwen3:8b", true)], "{kind:?}");

        let gone = unload(&client, Whose::Ours).await;
        let Unloading::Gone { models, .. } = &gone else {
            panic!("{kind:?}: {gone:?}")
        };
        assert_eq!(models[0].model, "qwen3:8b");
        if kind == Kind::Ollama {
            assert_eq!(gone.freed_vram(), 6 * GIB);
        }
        assert_eq!(
            (server.loaded(), card.free()),
            (vec!["gemma".to_owned()], 20 * GIB),
            "{kind:?}"
        );
        assert!(matches!(
            unload(&client, Whose::Ours).await,
            Unloading::NotOurs { .. }
        ));
        assert!(matches!(
            unload(&client, Whose::Everyones).await,
            Unloading::Gone { .. }
        ));
        assert_eq!(
            unload(&client, Whose::Everyones).await,
            Unloading::NothingLoaded
        );
    }
}

#[tokio::test]
async fn a_model_of_somebody_else_is_used_as_it_is() {
    // It is there with a context of 4096, in which the question has room.
    let server = MockLlm::builder(Kind::Ollama)
        .resident("qwen3:8b", 6 * GIB)
        .start();
    let client = client_with(&server.url(), options().context(4096));
    chat(&client).await;
    chat(&client).await;
    let counters = server.counters();
    assert_eq!((counters.loads, counters.reloads), (0, 0));
    assert_eq!(server.questions()[0].get("keep_alive"), None);
    assert!(matches!(
        unload(&client, Whose::Ours).await,
        Unloading::NotOurs { .. }
    ));
    assert_eq!(server.loaded(), ["qwen3:8b"]);
}

#[tokio::test]
async fn one_context_for_all_means_one_load() {
    let server = qwen(Kind::Ollama).start();
    let client = client(&server);
    assert!(client.load(&cancel()).await.unwrap());
    for _ in 0..5 {
        ask_script(&client).await.unwrap();
    }
    let counters = server.counters();
    assert_eq!(
        (counters.loads, counters.reloads, counters.chats),
        (1, 0, 5)
    );
    assert!(matches!(
        unload(&client, Whose::Ours).await,
        Unloading::Gone { .. }
    ));
}

#[tokio::test]
async fn servers_that_cannot_unload_say_so() {
    for kind in [Kind::LlamaCpp, Kind::OpenAi] {
        let server = qwen(kind).start();
        let client = client(&server);
        chat(&client).await;
        assert!(
            matches!(
                unload(&client, Whose::Everyones).await,
                Unloading::Impossible { .. }
            ),
            "{kind:?}"
        );
        assert!(!client.load(&cancel()).await.unwrap());
    }
    let server = qwen(Kind::Vllm).without_sleep_mode().start();
    let client = client(&server);
    chat(&client).await;
    assert!(matches!(
        unload(&client, Whose::Everyones).await,
        Unloading::Impossible { .. }
    ));
    assert_eq!(
        client.residents(&cancel()).await.unwrap(),
        Residents::Unknown
    );
}

#[tokio::test]
async fn vllm_sleeps_and_is_woken() {
    let card = SimulatedCard::new(12 * GIB);
    let server = qwen(Kind::Vllm).card(card.clone()).start();
    let client = client(&server);
    chat(&client).await;
    // It was awake before us.
    assert!(matches!(
        unload(&client, Whose::Ours).await,
        Unloading::NotOurs { .. }
    ));
    assert!(matches!(
        unload(&client, Whose::Everyones).await,
        Unloading::Gone { .. }
    ));
    assert_eq!(card.free(), 12 * GIB);
    chat(&client).await;
    assert_eq!(card.free(), 6 * GIB);
    assert!(matches!(
        unload(&client, Whose::Ours).await,
        Unloading::Gone { .. }
    ));
}

#[tokio::test]
async fn a_server_that_is_away_holds_nothing() {
    let server = qwen(Kind::Ollama).start();
    let client = client(&server);
    chat(&client).await;
    drop(server);
    assert_eq!(unload(&client, Whose::Ours).await, Unloading::NothingLoaded);
}

#[tokio::test]
async fn what_does_not_go_is_told_after_the_limit() {
    let server = qwen(Kind::Ollama)
        .unload_time(Duration::from_mins(1))
        .start();
    let client = client(&server);
    chat(&client).await;
    let began = Instant::now();
    let result = client
        .unload(Whose::Ours, Duration::from_millis(300), &cancel())
        .await
        .unwrap();
    assert!(matches!(result, Unloading::StillThere { .. }), "{result:?}");
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn fifty_turns_of_model_and_painter_on_one_card() {
    let card = SimulatedCard::new(12 * GIB);
    let server = qwen(Kind::Ollama)
        .card(card.clone())
        .load_time(Duration::from_millis(5))
        .unload_time(Duration::from_millis(5))
        .memory_lag(Duration::from_millis(15))
        .start();
    let client = client(&server);
    let painter = card.process("painter", Unload::OnRequest);
    for turn in 0..50 {
        chat(&client).await;
        let began = Instant::now();
        let gone = unload(&client, Whose::Ours).await;
        assert_eq!(gone.freed_vram(), 6 * GIB, "{turn}: {gone:?}");
        // The list says that it is gone a moment before the memory is back: that is waited for by who needs it.
        while card.free() < 10 * GIB {
            assert!(began.elapsed() < LIMIT);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        painter.allocate(10 * GIB).unwrap();
        painter.release(10 * GIB);
    }
    let counters = server.counters();
    assert_eq!(
        (
            card.refusals(),
            counters.out_of_memory,
            counters.loads,
            counters.unloads
        ),
        (0, 0, 50, 50)
    );
}
