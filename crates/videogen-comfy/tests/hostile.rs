//! Answers that no honest server gives.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::{Studio, client, hasty, job, server, submission, told};
use testkit::comfy::Fault;
use tokio_util::sync::CancellationToken;
use videogen_comfy::{Error, FetchLimits};

fn faults() -> Vec<Fault> {
    vec![
        Fault::HugeBody(1 << 30),
        Fault::HugeHeader(1 << 20),
        Fault::DeepJson(10_000),
        Fault::HtmlPage,
        Fault::InvalidUtf8,
        Fault::Redirect("http://169.254.169.254/latest/meta-data".into()),
        Fault::Redirect("http://127.0.0.1:9/elsewhere".into()),
        Fault::CutBody(3),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_bounds_what_it_reads_and_says_what_is_wrong() {
    for fault in faults() {
        let server = server().fault(fault.clone()).start();
        let client = hasty(&server, 20_000);
        let begun = Instant::now();
        let errors = [
            client.system_stats().await.err(),
            client.object_info().await.err(),
            client.queue().await.err(),
            client
                .history(&videogen_comfy::PromptId::random())
                .await
                .err(),
            client.remaining().await.err(),
            client.models("checkpoints").await.err(),
            client.jobs(5).await.err(),
        ];
        for (at, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("{fault:?}, call {at}"));
            assert!(
                matches!(error, Error::Net { .. } | Error::BadAnswer { .. }),
                "{fault:?}: {}",
                told(&error)
            );
            assert!(
                told(&error).len() < 2000 && !told(&error).contains('\n'),
                "{fault:?}: {}",
                told(&error)
            );
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_is_what_it_says_or_nothing_is_left() {
    for fault in [
        Fault::HugeBody(1 << 30),
        Fault::HtmlPage,
        Fault::DeepJson(1000),
        Fault::InvalidUtf8,
        Fault::HugeHeader(1 << 20),
        Fault::Redirect("http://127.0.0.1:9/x.png".into()),
    ] {
        let server = server().fault(fault.clone().rule().on("GET /view")).start();
        let studio = Studio::new();
        let error = studio
            .refused(&client(&server), studio.request(&job()))
            .await;
        assert!(
            matches!(error, Error::BadPicture { .. } | Error::Net { .. }),
            "{fault:?}: {}",
            told(&error)
        );
    }
    for (fault, says) in [
        (Fault::TruncatedPng, "cut off"),
        (Fault::DamagedPng, "damaged"),
        (Fault::PngBomb(65_535, 65_535), "65535×65535"),
        (Fault::PngBomb(8, 8), "8×8"),
    ] {
        let server = server().fault(fault).start();
        let studio = Studio::new();
        let error = studio
            .refused(&client(&server), studio.request(&job()))
            .await;
        assert!(
            matches!(&error, Error::BadPicture { problem } if problem.contains(says)),
            "{}",
            told(&error)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_breaks_off_is_taken_up_where_it_broke() {
    for (fault, requests) in [
        (Fault::CutBody(2000).rule().times(3), 4),
        (Fault::Reset.once(), 2),
        (Fault::TruncatedPng.once(), 2),
    ] {
        let server = server().fault(fault.on("GET /view")).start();
        let studio = Studio::new();
        studio
            .painted(&client(&server), studio.request(&job()))
            .await;
        assert_eq!(server.counters().requests_of("GET /view"), requests);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_names_never_become_paths() {
    for name in [
        "../../x",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\x",
        "\u{0}",
        "CON",
        "a/../../../tmp/x.png",
        "%2e%2e/x",
        "-rf",
    ] {
        let server = server().fault(Fault::FileName(name.to_owned())).start();
        let studio = Studio::new();
        let (_, result) = studio.paint(&client(&server), studio.request(&job())).await;
        if result.is_ok() {
            assert_eq!(studio.files(), ["picture.png"], "{name:?}");
        } else {
            assert!(studio.files().is_empty(), "{name:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_there_stays_until_the_new_one_is_whole() {
    let server = server().fault(Fault::TruncatedPng).start();
    let studio = Studio::new();
    let client = client(&server);
    let path = studio.directory.path().join("picture.png");
    std::fs::write(&path, "old").unwrap();
    let done = client
        .run(submission(&job()), &CancellationToken::new())
        .finish()
        .await
        .unwrap();
    let fetched = client
        .fetch(
            &done.images[0],
            &path,
            FetchLimits::default(),
            &studio.cancel,
        )
        .await;
    assert!(fetched.is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    server.clear_faults();
    client
        .fetch(
            &done.images[0],
            &path,
            FetchLimits::default(),
            &studio.cancel,
        )
        .await
        .unwrap();
    assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
    let nowhere = studio.directory.path().join("missing/picture.png");
    let error = client
        .fetch(
            &done.images[0],
            &nowhere,
            FetchLimits::default(),
            &studio.cancel,
        )
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{}", told(&error));
}
