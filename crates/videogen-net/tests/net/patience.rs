//! How long a pool goes on when its servers fail: against no server at all, on a clock that stands still.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use videogen_net::{
    Blame, Blamed, BreakerPolicy, Budget, CircuitState, Endpoint, EndpointPool, Error, Request,
    RetryPolicy,
};

use crate::server::{Server, client, read_head};

/// What goes wrong at a server.
#[derive(Debug)]
enum Failure {
    Theirs(Blame, Option<Duration>),
    Net(Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Theirs(blame, _) => write!(f, "it failed: {blame:?}"),
            Self::Net(error) => error.fmt(f),
        }
    }
}

impl Blamed for Failure {
    fn blame(&self) -> Blame {
        match self {
            Self::Theirs(blame, _) => *blame,
            Self::Net(error) => error.blame(),
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Theirs(_, after) => *after,
            Self::Net(error) => error.retry_after(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Net(error)
    }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pool(endpoints: usize, breaker: BreakerPolicy) -> EndpointPool {
    let endpoint = |n: usize| Endpoint::parse(&format!("http://server{n}.test")).unwrap();
    let builder = EndpointPool::builder("LLM").endpoints((0..endpoints).map(endpoint));
    builder.breaker(breaker).build(client()).unwrap()
}

/// Runs with 12 tries in 20 s at servers that fail as `fails` says of their n-th question; how it ended, how often was
/// asked, and how long it took.
async fn run(
    pool: &EndpointPool,
    policy: RetryPolicy,
    fails: impl Fn(usize) -> Option<Failure>,
) -> (Result<usize, Failure>, usize, Duration) {
    let (asked, began) = (Mutex::new(0), Instant::now());
    let (budget, cancel) = (Budget::new(secs(20), 12), CancellationToken::new());
    let result = pool
        .run(&policy, &budget, &cancel, |_| {
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            std::future::ready(fails(*asked).map_or(Ok(*asked), Err))
        })
        .await;
    let asked = *asked.lock().unwrap();
    (result, asked, began.elapsed())
}

fn policy() -> RetryPolicy {
    let policy = RetryPolicy::default().tries(12);
    policy
        .pauses(Duration::from_millis(500), secs(2))
        .jitter(0.0)
}

fn exact() -> BreakerPolicy {
    BreakerPolicy::default().jitter(0.0)
}

#[tokio::test(start_paused = true)]
async fn a_run_uses_its_tries_and_its_time_whatever_it_has_found_out_itself() {
    for endpoints in [1, 3] {
        for blame in [Blame::Fault, Blame::Down] {
            let fails =
                |good: usize| move |n: usize| (n < good).then_some(Failure::Theirs(blame, None));
            let (result, asked, _) = run(&pool(endpoints, exact()), policy(), fails(9)).await;
            assert_eq!((result.unwrap(), asked), (9, 9), "{blame:?} of {endpoints}");

            let (result, asked, took) = run(&pool(endpoints, exact()), policy(), fails(99)).await;
            let error = result.unwrap_err();
            assert!(matches!(error, Failure::Theirs(..)), "{error}");
            assert!(asked == 12 || took > secs(15), "{asked} in {took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_trouble_of_one_run_counts_once_and_that_of_three_blocks() {
    let pool = pool(1, exact());
    let fails = |_| Some(Failure::Theirs(Blame::Fault, None));
    for run_no in 0..3 {
        assert_eq!(
            pool.snapshot().endpoints[0].state,
            CircuitState::Closed,
            "{run_no}"
        );
        run(&pool, policy(), fails).await.0.unwrap_err();
    }
    assert_eq!(pool.snapshot().endpoints[0].state, CircuitState::Open);
    // Whoever comes now waits no minute with 20 s in hand, asks nobody, and is told why.
    let (result, asked, took) = run(&pool, policy(), fails).await;
    let error = result.unwrap_err();
    assert_eq!((asked, took), (0, secs(0)));
    // The block began when the third run failed first; that run went on for up to 20 s.
    let left = match &error {
        Failure::Net(Error::NoEndpoint { retry_after, .. }) => retry_after.unwrap(),
        other => panic!("{other}"),
    };
    assert!(left >= secs(40) && left <= secs(60), "{left:?}");
    let told = error.to_string();
    assert!(
        told.contains("for another") && told.contains("it failed: Fault"),
        "{told}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_block_that_ends_in_time_is_waited_for() {
    let block = secs(12);
    let pool = pool(2, exact().failures(1).blocks(block, block));
    let down = |_| Some(Failure::Theirs(Blame::Down, None));
    run(&pool, RetryPolicy::once(), down).await.0.unwrap_err();
    // One try is one try.
    let (result, asked, took) = run(&pool, RetryPolicy::once(), |_| None).await;
    assert!(matches!(
        result,
        Err(Failure::Net(Error::NoEndpoint { .. }))
    ));
    assert_eq!((asked, took), (0, secs(0)));
    // The policy may say that it is not waited for so long.
    let hasty = policy().longest_retry_after(secs(5));
    assert!(run(&pool, hasty, |_| None).await.0.is_err());
    let (result, asked, took) = run(&pool, policy(), |_| None).await;
    assert_eq!((result.unwrap(), asked), (1, 1));
    assert!(took >= secs(11) && took <= secs(13), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_block_can_be_cancelled() {
    let pool = pool(1, exact().failures(1).blocks(secs(10), secs(10)));
    let down = |_| Some(Failure::Theirs(Blame::Down, None));
    run(&pool, RetryPolicy::once(), down).await.0.unwrap_err();
    let (cancel, began) = (CancellationToken::new(), Instant::now());
    let later = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(secs(3)).await;
        later.cancel();
    });
    let budget = Budget::new(secs(20), 12);
    let work = |_: Endpoint| std::future::ready(Ok::<_, Failure>(()));
    let error = pool
        .run(&policy(), &budget, &cancel, work)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Failure::Net(Error::Cancelled { .. })),
        "{error}"
    );
    assert_eq!(began.elapsed(), secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_to_be_left_alone_is_not_asked_within_that_time() {
    let pool = pool(2, exact());
    let times = Mutex::new(Vec::new());
    let (budget, began) = (Budget::new(secs(20), 12), Instant::now());
    let work = |endpoint: Endpoint| {
        let is_busy = endpoint.url().as_str().contains("server0");
        times.lock().unwrap().push((is_busy, began.elapsed()));
        let failure = if is_busy {
            Failure::Theirs(Blame::Busy, Some(secs(8)))
        } else {
            Failure::Theirs(Blame::Fault, None)
        };
        std::future::ready(Err::<(), _>(failure))
    };
    pool.run(&policy(), &budget, &CancellationToken::new(), work)
        .await
        .unwrap_err();
    let times = times.into_inner().unwrap();
    let busy: BTreeSet<Duration> = times.iter().filter(|it| it.0).map(|it| it.1).collect();
    let busy: Vec<Duration> = busy.into_iter().collect();
    assert!(busy.len() >= 2, "{times:?}");
    assert!(
        busy.windows(2).all(|pair| pair[1] >= pair[0] + secs(8)),
        "{times:?}"
    );
}

#[tokio::test]
async fn an_answer_that_still_comes_when_the_time_is_over_speaks_against_no_server() {
    let drips = Server::new(|mut stream| async move {
        read_head(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
        let _ = stream.write_all(head).await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let freezes = Server::freezing_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[").await;
    for (server, failures) in [(&drips, 0), (&freezes, 1)] {
        for total in [secs(100), Duration::from_millis(700)] {
            let endpoint = Endpoint::new(server.url("/"));
            let pool = EndpointPool::builder("files")
                .endpoint(endpoint)
                .build(client())
                .unwrap();
            let budget = Budget::new(Duration::from_millis(900), 1);
            let deadlines = videogen_net::Deadlines {
                total,
                ..videogen_net::Deadlines::default()
            };
            let http = client();
            let result: Result<_, Error> = pool
                .run(&policy(), &budget, &CancellationToken::new(), |endpoint| {
                    let request = Request::get(endpoint.url().clone()).deadlines(deadlines);
                    let http = http.clone();
                    async move { http.send(request).await?.bytes().await }
                })
                .await;
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
            let snapshot = pool.snapshot();
            assert_eq!(
                snapshot.endpoints[0].failures, failures,
                "{total:?}: {error}"
            );
        }
    }
}

#[test]
fn every_figure_of_a_policy_can_be_set() {
    let retry = RetryPolicy::default()
        .tries(9)
        .pauses(secs(1), secs(2))
        .factor(3.0)
        .jitter(0.25)
        .longest_retry_after(secs(7));
    assert_eq!(
        (retry.tries, retry.first_pause, retry.longest_pause),
        (9, secs(1), secs(2))
    );
    assert_eq!(
        (retry.factor, retry.jitter, retry.longest_retry_after),
        (3.0, 0.25, secs(7))
    );
    let breaker = BreakerPolicy::default()
        .failures(5)
        .blocks(secs(3), secs(4))
        .jitter(0.5);
    assert_eq!((breaker.failures, breaker.first_block), (5, secs(3)));
    assert_eq!((breaker.longest_block, breaker.jitter), (secs(4), 0.5));
}
