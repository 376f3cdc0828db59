//! Endpoint pools over real connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;
use videogen_net::{
    BreakerPolicy, Budget, Choice, CircuitState, Endpoint, EndpointPool, Error, Health, HttpClient,
    PathProbe, Request, RetryPolicy,
};

use crate::server::{Server, answer, client, end, json, read_head};

fn budget() -> Budget {
    Budget::new(Duration::from_mins(1), 20)
}

fn policy() -> RetryPolicy {
    RetryPolicy::default().pauses(Duration::from_millis(10), Duration::from_millis(20))
}

async fn ask(pool: &EndpointPool, policy: &RetryPolicy) -> Result<Value, Error> {
    let client = pool.client().clone();
    pool.run(policy, &budget(), &CancellationToken::new(), |endpoint| {
        let client: HttpClient = client.clone();
        async move { client.json(Request::get(endpoint.join("ask")?)).await }
    })
    .await
}

async fn nobody() -> Endpoint {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    Endpoint::parse(&listener.local_addr().unwrap().to_string()).unwrap()
}

fn at(server: &Server) -> Endpoint {
    Endpoint::new(server.url("/"))
}

/// A server that is well or not, as it is told.
async fn switched(well: Arc<AtomicBool>, load: Arc<AtomicUsize>) -> Server {
    Server::new(move |mut stream| {
        let (well, load) = (Arc::clone(&well), Arc::clone(&load));
        async move {
            let head = read_head(&mut stream).await;
            let said = if !well.load(Ordering::SeqCst) {
                answer("500 Oops", "", "")
            } else if head.starts_with("GET /queue") {
                json(&format!("{{\"queue\":{}}}", load.load(Ordering::SeqCst)))
            } else {
                json("1")
            };
            let _ = stream.write_all(&said).await;
            end(stream).await;
        }
    })
    .await
}

fn queue() -> PathProbe {
    PathProbe::new("queue", |answer| {
        Some(Health {
            load: answer.get("queue")?.as_f64()?,
            note: "well".to_owned(),
        })
    })
}

#[tokio::test]
async fn the_next_one_is_asked_at_once_and_the_dead_one_not_again() {
    let good = Server::answering(json("7")).await;
    let http = client();
    let pool = EndpointPool::builder("LLM")
        .endpoint(nobody().await)
        .endpoint(at(&good))
        .build(http.clone())
        .unwrap();
    let began = Instant::now();
    for _ in 0..5 {
        assert_eq!(ask(&pool, &policy()).await.unwrap(), 7);
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    let snapshot = pool.snapshot();
    assert_eq!(snapshot.endpoints[0].state, CircuitState::Open);
    assert_eq!(
        (
            snapshot.endpoints[0].failures,
            snapshot.endpoints[1].successes
        ),
        (1, 5)
    );
    let traffic = http.traffic();
    let of = |at: usize| {
        let url = pool.snapshot().endpoints[at].url.to_string();
        traffic[url.trim_end_matches('/')]
    };
    let (dead, well) = (of(0), of(1));
    assert_eq!((dead.requests, dead.failures, dead.retries), (1, 1, 0));
    assert_eq!((well.requests, well.failures, well.retries), (5, 0, 1));
    assert_eq!(well.received_bytes, 5);
    assert!(
        snapshot.endpoints[0]
            .blocked_s
            .is_some_and(|seconds| seconds > 30.0 && seconds < 73.0)
    );
    assert_eq!(
        serde_json::to_value(&snapshot).unwrap()["endpoints"][0]["state"],
        "open"
    );
}

#[tokio::test]
async fn a_wrong_request_is_nobodys_fault_and_goes_nowhere_else() {
    let refusing = Server::answering(answer("404 Not Found", "", "")).await;
    let other = Server::answering(json("7")).await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&refusing))
        .endpoint(at(&other))
        .build(client())
        .unwrap();
    for _ in 0..4 {
        assert_eq!(ask(&pool, &policy()).await.unwrap_err().status(), Some(404));
    }
    assert_eq!(other.connections(), 0);
    assert_eq!(pool.snapshot().endpoints[0].state, CircuitState::Closed);
}

#[tokio::test]
async fn what_is_another_service_is_passed_over() {
    let page = Server::answering(answer("200 OK", "Content-Type: text/html\r\n", "<html>")).await;
    let other = Server::answering(json("7")).await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&page))
        .endpoint(at(&other))
        .build(client())
        .unwrap();
    assert_eq!(ask(&pool, &policy()).await.unwrap(), 7);
}

#[tokio::test]
async fn a_second_round_comes_after_a_pause_and_the_last_error_is_told() {
    let bad = Server::answering(answer("500 Oops", "", "no memory")).await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&bad))
        .endpoint(at(&bad))
        .build(client())
        .unwrap();
    let error = ask(&pool, &policy().tries(2)).await.unwrap_err();
    assert!(error.to_string().contains("no memory"), "{error}");
    assert_eq!(bad.connections(), 4, "two rounds of two");
    let error = ask(&pool, &policy().tries(9)).await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    assert_eq!(bad.connections(), 22, "nine rounds of two");
    // The trouble of a run counts once, and that of three in a row blocks each.
    ask(&pool, &RetryPolicy::once()).await.unwrap_err();
    assert_eq!(bad.connections(), 24);
    let error = ask(&pool, &RetryPolicy::once()).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::NoEndpoint {
                retry_after: Some(_),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("blocked for") && error.to_string().contains("no memory"),
        "{error}"
    );
    assert_eq!(bad.connections(), 24);
}

#[tokio::test]
async fn a_busy_server_is_left_alone_as_long_as_it_says() {
    let busy = Server::answering(answer("429 Too Many", "Retry-After: 50\r\n", "")).await;
    let other = Server::answering(json("7")).await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&busy))
        .endpoint(at(&other))
        .build(client())
        .unwrap();
    assert_eq!(ask(&pool, &policy()).await.unwrap(), 7);
    let snapshot = pool.snapshot();
    assert!(
        snapshot.endpoints[0]
            .blocked_s
            .is_some_and(|seconds| (10.0..=50.0).contains(&seconds))
    );
    assert_eq!(snapshot.endpoints[0].strikes, 0);
}

#[tokio::test]
async fn an_empty_pool_says_so_at_once() {
    let pool = EndpointPool::builder("ComfyUI").build(client()).unwrap();
    let error = ask(&pool, &policy()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no ComfyUI server can be asked: none is configured"
    );
    assert!(
        error
            .help()
            .is_some_and(|help| help.to_string().contains("configure"))
    );
}

#[tokio::test]
async fn the_budget_ends_a_request_that_hangs() {
    let silent = Server::freezing_after("").await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&silent))
        .build(client())
        .unwrap();
    let client = client();
    let budget = Budget::new(Duration::from_millis(300), 5);
    let result: Result<Value, Error> = pool
        .run(&policy(), &budget, &CancellationToken::new(), |endpoint| {
            let client = client.clone();
            async move { client.json(Request::get(endpoint.url().clone())).await }
        })
        .await;
    assert!(matches!(result, Err(Error::Timeout { .. })), "{result:?}");
    let snapshot = pool.snapshot();
    assert_eq!(
        (
            snapshot.endpoints[0].in_flight,
            snapshot.endpoints[0].failures
        ),
        (0, 1)
    );
}

#[tokio::test]
async fn a_cancelled_run_leaves_nothing_behind() {
    let silent = Server::freezing_after("").await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&silent))
        .build(client())
        .unwrap();
    let cancel = CancellationToken::new();
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        later.cancel();
    });
    let client = client();
    let result: Result<Value, Error> = pool
        .run(&policy(), &budget(), &cancel, |endpoint| {
            let client = client.clone();
            async move { client.json(Request::get(endpoint.url().clone())).await }
        })
        .await;
    assert!(result.unwrap_err().is_cancelled());
    let snapshot = pool.snapshot();
    assert_eq!(
        (
            snapshot.endpoints[0].in_flight,
            snapshot.endpoints[0].failures
        ),
        (0, 0)
    );
    assert!(pool.lease(&cancel).await.is_err());
}

#[tokio::test]
async fn at_its_limit_a_server_is_waited_for() {
    let good = Server::answering(json("7")).await;
    let pool = EndpointPool::builder("LLM")
        .endpoint(at(&good).max_in_flight(1))
        .build(client())
        .unwrap();
    let cancel = CancellationToken::new();
    let first = pool.lease(&cancel).await.unwrap();
    let waiting = tokio::spawn({
        let (pool, cancel) = (pool.clone(), cancel.clone());
        async move { pool.lease(&cancel).await.map(|lease| lease.index()) }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!waiting.is_finished());
    drop(first);
    assert_eq!(
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .unwrap()
            .unwrap()
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn the_background_finds_out_who_is_well_again_and_who_has_work() {
    let (well, load) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(4)),
    );
    let server = switched(Arc::clone(&well), Arc::clone(&load)).await;
    let pool = EndpointPool::builder("ComfyUI")
        .endpoint(at(&server))
        .probe(queue())
        .choice(Choice::Fastest)
        .breaker(
            BreakerPolicy::default().blocks(Duration::from_millis(100), Duration::from_millis(200)),
        )
        .recheck_every(Duration::from_millis(20))
        .build(client())
        .unwrap();
    let until = |wanted: CircuitState| {
        let pool = pool.clone();
        async move {
            let wait = async {
                while pool.snapshot().endpoints[0].state != wanted {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), wait)
                .await
                .unwrap();
        }
    };
    until(CircuitState::Open).await;
    assert!(
        pool.snapshot().endpoints[0]
            .last_error
            .as_ref()
            .is_some_and(|error| error.contains("500"))
    );
    well.store(true, Ordering::SeqCst);
    until(CircuitState::Closed).await;
    let snapshot = pool.snapshot();
    assert_eq!(
        (
            snapshot.endpoints[0].load,
            snapshot.endpoints[0].note.as_deref()
        ),
        (4.0, Some("well"))
    );
    assert_eq!(snapshot.endpoints[0].mean_s, None, "a probe is no work");
    // The background ends with the pool.
    drop(pool);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let after = server.connections();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.connections(), after);
}

#[tokio::test]
async fn a_check_tells_who_is_well_and_what_is_wrong_with_the_others() {
    let (well, load) = (
        Arc::new(AtomicBool::new(true)),
        Arc::new(AtomicUsize::new(0)),
    );
    let good = switched(well, load).await;
    let other = Server::answering(json("{\"version\":\"1\"}")).await;
    let pool = EndpointPool::builder("ComfyUI")
        .endpoints([at(&good), at(&other), nobody().await])
        .probe(queue())
        .build(client())
        .unwrap();
    let checks = pool.check().await;
    assert!(checks[0].result.is_ok());
    assert!(matches!(
        checks[1].result,
        Err(Error::UnexpectedContent { .. })
    ));
    assert!(matches!(checks[2].result, Err(Error::Connect { .. })));
    assert!(
        matches!(pool.check().await[2].result, Err(Error::NoEndpoint { .. })),
        "it is not asked inside its block"
    );
}

#[test]
fn a_background_needs_a_probe_and_a_runtime() {
    let builder = || EndpointPool::builder("x").recheck_every(Duration::from_secs(1));
    assert!(matches!(
        builder().build(client()),
        Err(Error::Setup { .. })
    ));
    assert!(matches!(
        builder().probe(queue()).build(client()),
        Err(Error::Setup { .. })
    ));
}
