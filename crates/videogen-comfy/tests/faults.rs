//! Painting on a server that is slow, dying, or restarted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::num::NonZeroU32;
use std::time::Duration;

use common::{Studio, client, has, hasty, job, limits, long_job, server, submission, told};
use testkit::comfy::{Fault, FaultSchedule, OomText, Phase, SimulatedCard};
use tokio_util::sync::CancellationToken;
use videogen_comfy::{Again, Error, ImageGenerator, Memory, RunEvent, Seed};
use videogen_net::RateLimits;

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory_is_told_by_kind_and_place() {
    let server = server().start();
    let client = client(&server);
    let studio = Studio::new();
    let mut seed = 0;
    for (text, memory) in [
        (OomText::Native, Memory::Gpu),
        (OomText::CudaMallocAsync, Memory::Gpu),
        (OomText::Accelerator, Memory::Gpu),
        (OomText::HostAllocator, Memory::Host),
        (OomText::HostPython, Memory::Host),
    ] {
        for (phase, class) in [(Phase::Sample, "KSampler"), (Phase::Text, "CLIPTextEncode")] {
            seed += 1;
            server.add_fault(Fault::OutOfMemory(phase, text).once());
            let mut job = job();
            job.seed = Seed::new(seed);
            job.prompt = videogen_comfy::PromptText::literal(format!("{seed}")).unwrap();
            let error = studio.refused(&client, studio.request(&job)).await;
            let Error::OutOfMemory {
                memory: found,
                class: at,
                figures,
                ..
            } = &error
            else {
                panic!("{text:?}: {}", told(&error))
            };
            assert_eq!((*found, at.as_str()), (memory, class));
            assert_eq!(figures.wanted.is_some(), text == OomText::Native, "{error}");
        }
    }
    server.add_fault(Fault::NodeError(Phase::Sample, "shapes cannot be multiplied".into()).once());
    let mut job = job();
    job.seed = Seed::new(99);
    let error = studio.refused(&client, studio.request(&job)).await;
    assert!(
        matches!(&error, Error::Execution { failure } if failure.message.contains("multiplied")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decode_that_falls_back_to_tiles_is_told() {
    let server = server()
        .fault(Fault::OutOfMemory(Phase::Decode, OomText::Native).once())
        .start();
    let studio = Studio::new();
    let (events, done) = studio
        .painted(&client(&server), studio.request(&job()))
        .await;
    assert!(done.decode_fell_back);
    assert!(has(&events, |event| matches!(
        event,
        RunEvent::DecodeFellBack { .. }
    )));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_or_hanging_worker_ends_the_wait() {
    for fault in [
        Fault::WorkerDies(Phase::Sample),
        Fault::Stall(Phase::Sample),
    ] {
        let server = server().fault(fault).start();
        let studio = Studio::new();
        let mut request = studio.request(&job());
        request.submission.limits.silence = ms(400);
        let client = client(&server);
        let error = studio.refused(&client, request).await;
        assert!(
            matches!(error, Error::Stalled { node: Some(_), .. }),
            "{}",
            told(&error)
        );
        assert!(error.is_retryable() && error.help().unwrap().to_string().contains("restart"));
        // One that waits behind it need not find that out: it has 30 s of silence, and a minute in the queue.
        assert!(matches!(
            studio.refused(&client, studio.request(&job())).await,
            Error::Stalled { node: None, .. }
        ));
    }
}

/// Who does not know that the worker is dead sees it in the memory of its card, or waits as long as it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_the_dead_worker_of_somebody_else_nobody_waits_for_ever() {
    let studio = Studio::new();
    let with_card = server().card(SimulatedCard::new(8 << 30));
    for (server, is_seen) in [(with_card, true), (server(), false)] {
        let server = server.fault(Fault::WorkerDies(Phase::Sample)).start();
        let mut request = studio.request(&job());
        request.submission.limits.silence = ms(400);
        studio.refused(&client(&server), request).await;
        let mut behind = studio.request(&job());
        behind.submission.limits.silence = ms(400);
        // What it waits in the queue is not of its time.
        behind.submission.limits.total = ms(300);
        behind.submission.limits.queue = if is_seen { limits().queue } else { ms(900) };
        let error = studio.refused(&client(&server), behind).await;
        let is_right = match error {
            Error::Stalled { .. } => is_seen,
            Error::StillQueued { .. } => !is_seen,
            _ => false,
        };
        assert!(is_right, "{}", told(&error));
        assert_eq!(server.counters().prompts_accepted, 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_is_survived_once() {
    let studio = Studio::new();
    let once = server()
        .fault(Fault::Restart(Phase::Sample, ms(300)).once())
        .start();
    let (events, _) = studio.painted(&client(&once), studio.request(&job())).await;
    assert!(has(&events, |event| matches!(
        event,
        RunEvent::SocketLost { .. }
    )));
    assert!(
        has(&events, |event| matches!(
            event,
            RunEvent::Again {
                reason: Again::Lost
            }
        )),
        "{events:?}"
    );
    assert_eq!(once.counters().prompts_accepted, 2);

    let studio = Studio::new();
    let twice = server()
        .fault(Fault::Restart(Phase::Sample, ms(100)).rule().times(2))
        .start();
    let error = studio
        .refused(&client(&twice), studio.request(&job()))
        .await;
    assert!(matches!(error, Error::Lost), "{}", told(&error));

    // It stays away in the middle.
    let studio = Studio::new();
    let away = server().steps_per_second(1.0).start();
    let mut request = studio.request(&long_job());
    request.submission.limits.unreachable = ms(500);
    let client = client(&away);
    let mut run = client.paint(request, &studio.cancel);
    while !matches!(run.next().await.unwrap(), RunEvent::Started) {}
    away.go_down();
    let error = run.finish().await.unwrap_err();
    assert!(matches!(error, Error::Net { .. }), "{}", told(&error));
    assert!(
        error
            .help()
            .unwrap()
            .to_string()
            .contains("start the server"),
        "{:?}",
        error.help()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_down_is_told_at_once() {
    let server = server().start();
    let client = client(&server);
    server.go_down();
    tokio::time::sleep(ms(100)).await;
    let begun = std::time::Instant::now();
    let studio = Studio::new();
    let error = studio.refused(&client, studio.request(&job())).await;
    assert!(
        matches!(error, Error::Net { .. }) && begun.elapsed() < ms(5000),
        "{}",
        told(&error)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_socket_does_the_picture_comes() {
    let faults = [
        Fault::SocketDropped(0),
        Fault::SocketDropped(1),
        Fault::SocketDropped(7),
        Fault::SocketDropped(20),
        Fault::SocketDuplicates,
        Fault::SocketLoses(2),
        Fault::SocketLoses(3),
        Fault::SocketSilent,
        Fault::SocketGarbage,
        Fault::SocketHugeFrame(40 << 20),
        Fault::SocketInvalidUtf8,
    ];
    for fault in faults {
        let server = server().fault(fault.clone()).start();
        let studio = Studio::new();
        let (events, _) = studio
            .painted(&client(&server), studio.request(&job()))
            .await;
        let mut last = 0.0;
        for event in &events {
            if let RunEvent::Progress { fraction, .. } = event {
                assert!(*fraction >= last, "{fault:?}");
                last = *fraction;
            }
        }
        assert_eq!(server.counters().prompts_accepted, 1, "{fault:?}");
        if matches!(fault, Fault::SocketHugeFrame(_) | Fault::SocketInvalidUtf8) {
            assert!(
                has(&events, |event| matches!(
                    event,
                    RunEvent::SocketLost { .. }
                )),
                "{fault:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_of_which_the_answer_is_lost_paints_once() {
    for fault in [
        Fault::Reset,
        Fault::Slow(ms(900)),
        Fault::CutBody(10),
        Fault::Status(502),
    ] {
        let server = server()
            .fault(fault.clone().once().on("POST /prompt"))
            .start();
        let studio = Studio::new();
        studio
            .painted(&hasty(&server, 600), studio.request(&job()))
            .await;
        let counters = server.counters();
        assert_eq!(counters.nodes["SaveImage"], 1, "{fault:?}: {counters:?}");
        assert!(counters.prompts_accepted <= 1, "{fault:?}: {counters:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_while_looking_is_waited_out() {
    // What passes at once the client asks again by itself.
    for (fault, is_told) in [
        (Fault::Reset, false),
        (Fault::Status(500), false),
        (Fault::CutBody(5), false),
        (Fault::HtmlPage, true),
        (Fault::DeepJson(10_000), true),
        (Fault::RetryAfter(503, 1), true),
    ] {
        let server = server().fault(Fault::SocketRefused).start();
        for route in ["GET /queue", "GET /history"] {
            server.add_fault(fault.clone().rule().times(2).on(route));
        }
        let studio = Studio::new();
        let (events, _) = studio
            .painted(&client(&server), studio.request(&job()))
            .await;
        let told = has(&events, |event| {
            matches!(event, RunEvent::Unreachable { .. })
        });
        assert_eq!(told, is_told, "{fault:?} {events:?}");
        assert!(server.counters().faults[&fault.name()] >= 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_history_is_waited_for() {
    let server = server().history_lag(ms(800)).start();
    let studio = Studio::new();
    let (_, done) = studio
        .painted(&client(&server), studio.request(&job()))
        .await;
    assert!(done.took >= ms(750), "{done:?}");
    assert_eq!(server.counters().prompts_accepted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_do_to_the_prompt_is_told_apart() {
    let server = server().steps_per_second(4.0).start();
    let client = client(&server);
    let first = submission(&long_job());
    let id = first.prompt_id.clone();
    let mut run = client.run(first, &CancellationToken::new());
    while !matches!(run.next().await.unwrap(), RunEvent::Started) {}
    let mut other = long_job();
    other.seed = Seed::new(2);
    let second = submission(&other);
    let second_id = second.prompt_id.clone();
    let mut waiting = client.run(second, &CancellationToken::new());
    while !matches!(waiting.next().await.unwrap(), RunEvent::Queued { .. }) {}
    client.delete_pending(&[&second_id]).await.unwrap();
    client.interrupt(&id).await.unwrap();
    let error = run.finish().await.unwrap_err();
    assert!(
        matches!(error, Error::Interrupted { .. }) && !error.is_cancelled(),
        "{}",
        told(&error)
    );
    // A deleted prompt looks like one that a restart lost.
    let mut again = false;
    while let Some(event) = waiting.next().await {
        again |= matches!(
            event,
            RunEvent::Again {
                reason: Again::Lost
            }
        );
        if let RunEvent::Finished(result) = event {
            result.unwrap();
        }
    }
    assert!(again);
}

/// Random faults, each of which ends or is waited out: a picture or a reason, before the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_end_in_a_picture_or_a_reason() {
    let first = std::env::var("VIDEOGEN_FAULT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    let mut painted = 0;
    for seed in first..first + 60u64 {
        let schedule = FaultSchedule::random(seed);
        let server = server().faults(schedule.rules.clone()).start();
        let studio = Studio::new();
        let mut request = studio.request(&job());
        request.submission.limits.silence = ms(700);
        request.submission.limits.unreachable = Duration::from_secs(4);
        request.submission.limits.total = Duration::from_secs(20);
        let client = hasty(&server, 3000);
        let run = client.paint(request, &studio.cancel);
        let result = tokio::time::timeout(Duration::from_mins(1), run.finish()).await;
        match result.unwrap_or_else(|_| panic!("no end: {schedule}")) {
            Ok(_) => {
                painted += 1;
                assert_eq!(studio.files(), ["picture.png"], "{schedule}");
            }
            Err(error) => {
                assert!(studio.files().is_empty(), "{schedule}");
                assert!(
                    !told(&error).is_empty() && !matches!(error, Error::Cancelled),
                    "{schedule}: {error:?}"
                );
            }
        }
    }
    assert!(painted > 10, "{painted} of 60 were painted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_of_prompts_is_kept_by_all_clients_of_a_server_and_told() {
    let server = server().start();
    let limits = RateLimits::per_minute(NonZeroU32::MIN);
    let limited = || client(&server).with_rate_limit(limits.of(&server.url()));
    let studio = Studio::new();
    let (events, _) = studio.painted(&limited(), studio.request(&job())).await;
    assert!(!has(&events, |event| matches!(
        event,
        RunEvent::RateLimited
    )));
    // Within the minute another one is not posted, by whichever client.
    let mut run = limited().paint(studio.request(&job()), &studio.cancel);
    assert!(matches!(run.next().await, Some(RunEvent::RateLimited)));
    assert!(tokio::time::timeout(ms(300), run.next()).await.is_err());
    studio.cancel.cancel();
    assert!(matches!(run.finish().await, Err(Error::Cancelled)));
    assert_eq!(server.counters().prompts_accepted, 1);
}

/// Something in front of the server fails now and then: what may be asked twice is asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_in_five_that_is_a_502_is_asked_again_and_painted_once() {
    let server = server().gateway_errors(20).start();
    let client = client(&server);
    let studio = Studio::new();
    for _ in 0..20 {
        studio.painted(&client, studio.request(&job())).await;
    }
    let counters = server.counters();
    assert_eq!(counters.prompts_done, 20, "no prompt is painted twice");
    assert!(counters.faults[&Fault::Status(502).name()] > 20);
    // What stays is not asked for for ever.
    server.add_fault(Fault::Status(502));
    let error = client.system_stats().await.unwrap_err();
    assert!(told(&error).contains("502"), "{}", told(&error));
}
