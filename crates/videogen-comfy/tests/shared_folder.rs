//! Several servers that write into one folder, as the processes of a machine with several cards do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use camino_tempfile::tempdir;
use common::{Studio, client, job, server, told};
use testkit::comfy::{Fault, MockComfy};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    ComfyClient, Error, ImageGenerator, PaintJob, PaintRequest, PaintSize, Seed, Steps,
};

fn tiny(seed: u64) -> PaintJob {
    let mut job = job();
    job.size = PaintSize::new(64, 64).unwrap();
    job.output = job.size.image();
    job.sampling.steps = Steps::new(1).unwrap();
    job.seed = Seed::new(seed);
    job
}

/// The compressed pixels of a PNG, without what is written beside them.
fn pixels(file: &Utf8Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap();
    let (mut at, mut pixels) = (8, Vec::new());
    while let Some(length) = bytes.get(at..at + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        if &bytes[at + 4..at + 8] == b"IDAT" {
            pixels.extend_from_slice(&bytes[at + 8..at + 8 + length]);
        }
        at += length + 12;
    }
    assert!(!pixels.is_empty(), "{file}");
    pixels
}

/// Paints each seed on the server that comes next, some at a time.
async fn paint_all(clients: &[ComfyClient], folder: &Utf8Path, seeds: u64) -> Vec<Utf8PathBuf> {
    const AT_A_TIME: u64 = 8;
    let mut painting = JoinSet::new();
    for first in 0..AT_A_TIME {
        let (clients, folder) = (clients.to_vec(), folder.to_owned());
        painting.spawn(async move {
            for seed in (first..seeds).step_by(AT_A_TIME as usize) {
                let path = folder.join(format!("{seed}.png"));
                let request = PaintRequest::new(common::submission(&tiny(seed)), path);
                let client = &clients[seed as usize % clients.len()];
                let run = client.paint(request, &CancellationToken::new());
                let painted = run.finish().await;
                painted.unwrap_or_else(|error| panic!("{seed}: {}", told(&error)));
            }
        });
    }
    while let Some(painted) = painting.join_next().await {
        painted.unwrap();
    }
    (0..seeds)
        .map(|seed| folder.join(format!("{seed}.png")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_folder_give_200_pictures_that_are_different_whole_and_the_right_ones() {
    const PICTURES: u64 = 200;
    let (folder, ours, expected) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
    let shared: Vec<MockComfy> = (0..2)
        .map(|_| server().output_directory(folder.path()).start())
        .collect();
    let clients: Vec<ComfyClient> = shared.iter().map(client).collect();
    let painted = paint_all(&clients, ours.path(), PICTURES).await;
    assert!(
        shared
            .iter()
            .all(|server| server.counters().prompts_done == PICTURES / 2)
    );
    assert_eq!(
        folder.path().read_dir_utf8().unwrap().count() as u64,
        PICTURES
    );

    let alone = server().start();
    let alone = paint_all(&[client(&alone)], expected.path(), PICTURES).await;
    let mut seen = BTreeMap::new();
    for (seed, (file, right)) in painted.iter().zip(&alone).enumerate() {
        let picture = pixels(file);
        assert_eq!(
            picture,
            pixels(right),
            "{seed} is not the picture of its seed"
        );
        assert_eq!(seen.insert(picture, seed), None, "{seed} is there twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_another_server_has_written_over_is_not_taken() {
    let folder = tempdir().unwrap();
    let both = [0, 1].map(|_| server().output_directory(folder.path()).start());
    let studio = Studio::new();
    let mut first = studio.request(&tiny(1));
    first.submission.resume = true;
    let (_, done) = studio.painted(&client(&both[0]), first.clone()).await;
    let ours = folder.path().join(&done.images[0].filename);
    let (_, done) = studio
        .painted(&client(&both[1]), studio.request(&tiny(2)))
        .await;
    let others = folder.path().join(&done.images[0].filename);
    assert_ne!(ours, others);

    std::fs::copy(&others, &ours).unwrap();
    std::fs::remove_file(studio.directory.path().join("picture.png")).unwrap();
    // The history still names it: what is there has the workflow of the other one.
    let error = studio.refused(&client(&both[0]), first).await;
    assert!(
        matches!(&error, Error::BadPicture { problem } if problem.contains("another prompt")),
        "{}",
        told(&error)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_of_another_seed_is_not_taken_whatever_it_is_called() {
    let server = server().fault(Fault::OtherPicture.once()).start();
    let studio = Studio::new();
    let error = studio
        .refused(&client(&server), studio.request(&tiny(1)))
        .await;
    assert!(
        matches!(&error, Error::BadPicture { problem } if problem.contains("another prompt")),
        "{}",
        told(&error)
    );
    studio
        .painted(&client(&server), studio.request(&tiny(1)))
        .await;
}
