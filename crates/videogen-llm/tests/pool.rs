//! Several servers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::time::{Duration, Instant};

use common::*;
use testkit::llm::{Kind, MockLlm, Say};
use videogen_llm::{Error, ModelPool};
use videogen_net::{BreakerPolicy, Endpoint};

const TOTAL: Duration = Duration::from_mins(2);

fn pool(urls: &[&str]) -> ModelPool {
    let servers = urls.iter().map(|url| {
        (
            Endpoint::parse(url).unwrap(),
            options().question(Duration::from_secs(2)),
        )
    });
    ModelPool::new(&http(), servers.collect(), BreakerPolicy::default()).unwrap()
}

async fn ask(pool: &ModelPool) -> Result<usize, Error> {
    pool.ask(&question(), &script(), TOTAL, &|_| {}, &cancel())
        .await
        .map(|(at, _)| at)
}

#[tokio::test]
async fn the_second_answers_when_the_first_is_dead() {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let second = qwen(Kind::Ollama).start();
    let pool = pool(&[&format!("http://127.0.0.1:{port}"), &second.url()]);
    let began = Instant::now();
    assert_eq!(ask(&pool).await.unwrap(), 1);
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_for_a_while() {
    let first = qwen(Kind::Ollama)
        .usually(Say::status(500, "broken"))
        .start();
    let second = qwen(Kind::LlamaCpp).start();
    let pool = pool(&[&first.url(), &second.url()]);
    for _ in 0..10 {
        assert_eq!(ask(&pool).await.unwrap(), 1);
    }
    let asked = first.questions().len();
    assert!((1..=5).contains(&asked), "{asked}");
    assert_eq!(second.questions().len(), 10);
    assert!(pool.snapshot().endpoints[0].failures > 0);
}

#[tokio::test]
async fn a_model_that_cannot_do_it_is_asked_three_times_before_the_next_server() {
    let first = qwen(Kind::Ollama).usually(Say::text("no")).start();
    let second = qwen(Kind::Ollama).start();
    let pool = pool(&[&first.url(), &second.url()]);
    assert_eq!(ask(&pool).await.unwrap(), 1);
    assert_eq!((first.counters().chats, second.counters().chats), (3, 1));
}

#[tokio::test]
async fn when_all_fail_the_last_reason_is_told() {
    let empty = MockLlm::builder(Kind::Ollama).start();
    let pool = pool(&[&empty.url()]);
    let error = ask(&pool).await.unwrap_err();
    assert!(matches!(error, Error::NoModel { .. }), "{error:?}");
    let stop = cancel();
    stop.cancel();
    let cancelled = pool
        .ask(&question(), &script(), TOTAL, &|_| {}, &stop)
        .await
        .unwrap_err();
    assert!(matches!(cancelled, Error::Cancelled), "{cancelled:?}");
}
