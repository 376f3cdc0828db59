//! Painting on a server that behaves.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{CHECKPOINT, Studio, client, has, job, limits, long_job, server, submission};
use serde_json::json;
use testkit::comfy::{Fault, MockComfy, Version};
use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    Again, Denoise, Enlarge, Error, Family, Folder, Free, ImageGenerator, ImageSize, JobStatus,
    LatentMethod, LatentPass, Lora, ModelFile, Models, OutputPrefix, PaintSize, PixelMethod,
    PixelRefine, PromptId, PromptText, QueuePosition, Refine, RunEvent, Seed, Steps, Strength,
    Submission, Template, TemplateValues, TextEncoders, Tile, VaeWay, WeightType,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_on_both_versions() {
    for version in [Version::V0_33, Version::V0_3_64] {
        let server = server().version(version).start();
        let studio = Studio::new();
        let (events, done) = studio
            .painted(&client(&server), studio.request(&job()))
            .await;
        assert!(matches!(events[0], RunEvent::Posted { .. }));
        let started = events
            .iter()
            .position(|event| matches!(event, RunEvent::Started))
            .unwrap();
        let steps = |event: &RunEvent| matches!(event, RunEvent::Progress { class, max: 4, .. } if class == "KSampler");
        assert!(events[started..].iter().any(steps), "{events:?}");
        assert!(!has(&events, |event| matches!(
            event,
            RunEvent::SocketLost { .. }
        )));
        assert_eq!(done.images.len(), 1);
        assert!(!done.decode_fell_back);
        let counters = server.counters();
        assert_eq!(
            (
                counters.prompts_accepted,
                counters.requests_of("POST /prompt")
            ),
            (1, 1)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_ends_in_the_promised_size() {
    let server = server().start();
    let client = client(&server);
    let studio = Studio::new();
    let (size, tile) = (
        PaintSize::new(256, 384).unwrap(),
        VaeWay::Tiled(Tile::new(128, 32).unwrap()),
    );
    let mut base = job();
    base.output = ImageSize::new(270, 480).unwrap();
    base.loras = vec![Lora {
        file: ModelFile::new("l.safetensors").unwrap(),
        strength: Strength::new(0.7).unwrap(),
    }];
    let refine = || Refine {
        sampling: base.sampling.clone(),
        denoise: Denoise::new(0.5).unwrap(),
    };
    let pass = || PixelRefine {
        size,
        encode: tile,
        refine: refine(),
        decode: tile,
    };
    let model = || PixelMethod::Model(ModelFile::new("4x.safetensors").unwrap());
    for enlarge in [
        Enlarge::No,
        Enlarge::Latent(vec![LatentPass {
            size,
            method: LatentMethod::Bislerp,
            refine: refine(),
        }]),
        Enlarge::Pixels {
            with: model(),
            refine: None,
        },
        Enlarge::Pixels {
            with: PixelMethod::Lanczos,
            refine: None,
        },
        Enlarge::Pixels {
            with: model(),
            refine: Some(pass()),
        },
    ] {
        for decode in [VaeWay::Whole, tile] {
            let mut job = base.clone();
            (job.enlarge, job.decode) = (enlarge.clone(), decode);
            studio.painted(&client, studio.request(&job)).await;
        }
    }
    let mut job = base.clone();
    job.models = Models::Split {
        diffusion: ModelFile::new("d.safetensors").unwrap(),
        weights: WeightType::Default,
        family: Family::Sd3 {
            text: TextEncoders::One(ModelFile::new("t.safetensors").unwrap()),
            shift: None,
        },
        vae: ModelFile::new("v.safetensors").unwrap(),
    };
    studio.painted(&client, studio.request(&job)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_is_not_computed_again_and_a_deleted_one_is_saved_anew() {
    let server = server().start();
    let client = client(&server);
    let studio = Studio::new();
    let mut request = studio.request(&job());
    request.submission.resume = true;
    let (_, first) = studio.painted(&client, request.clone()).await;
    let (events, second) = studio.painted(&client, studio.request(&job())).await;
    // Each prompt has files of its own: another server may write into the same folder.
    assert_ne!(first.images, second.images);
    assert!(has(
        &events,
        |event| matches!(event, RunEvent::Cached { nodes } if *nodes > 0)
    ));

    for entry in server.output_folder().read_dir_utf8().unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let (events, third) = studio.painted(&client, request).await;
    assert!(has(&events, |event| matches!(
        event,
        RunEvent::Again {
            reason: Again::Stale
        }
    )));
    assert_ne!(first.images[0].filename, third.images[0].filename);
    assert_eq!(
        server.counters().nodes["KSampler"],
        1,
        "what was still known was not computed again"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resuming_finds_what_is_done_or_running_and_posts_what_is_not() {
    let server = server().steps_per_second(10.0).start();
    let client = client(&server);
    let studio = Studio::new();
    let mut request = studio.request(&job());
    request.submission.resume = true;

    let (events, _) = studio.painted(&client, request.clone()).await;
    assert!(matches!(events[0], RunEvent::Posted { .. }));
    let (events, _) = studio.painted(&client, request.clone()).await;
    assert!(matches!(events[..], [RunEvent::Found]), "{events:?}");
    assert_eq!(server.counters().prompts_accepted, 1);

    // Dropped in the middle, as by a crash of ours, and taken up again: it still tells how far it is.
    let mut longer = job();
    longer.seed = Seed::new(5);
    // Long enough to be in the middle when a busy machine has come back to it.
    longer.sampling.steps = Steps::new(800).unwrap();
    let mut request = studio.request(&longer);
    request.submission.resume = true;
    let mut run = client.paint(request.clone(), &CancellationToken::new());
    while let Some(event) = run.next().await {
        if matches!(event, RunEvent::Started) {
            break;
        }
    }
    drop(run);
    let (events, _) = studio.painted(&client, request).await;
    assert!(matches!(events[0], RunEvent::Found), "{events:?}");
    assert!(
        has(&events, |event| matches!(event, RunEvent::Progress { .. })),
        "{events:?}"
    );
    assert_eq!(server.counters().prompts_accepted, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_ends_it_on_the_server_running_or_waiting() {
    let server = server().steps_per_second(2.0).start();
    let client = client(&server);
    let studio = Studio::new();
    let mut run = client.paint(studio.request(&long_job()), &studio.cancel);
    while !matches!(run.next().await.unwrap(), RunEvent::Started) {}
    let mut second = long_job();
    second.seed = Seed::new(2);
    let waiting = CancellationToken::new();
    let mut queued = client.run(submission(&second), &waiting);
    while !matches!(queued.next().await.unwrap(), RunEvent::Queued { ahead: 1 }) {}
    waiting.cancel();
    assert!(matches!(queued.finish().await, Err(Error::Cancelled)));
    studio.cancel.cancel();
    let error = run.finish().await.unwrap_err();
    assert!(error.is_cancelled());
    assert!(server.wait_idle(Duration::from_secs(20)));
    let counters = server.counters();
    assert_eq!(
        (counters.prompts_interrupted, counters.prompts_done),
        (1, 0),
        "{counters:?}"
    );
    assert!(studio.files().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_does_not_have_is_told_before_anything_is_sent() {
    let server = server().without_class("LatentUpscale").start();
    let client = client(&server);
    let studio = Studio::new();
    let mut missing = job();
    missing.models = Models::Checkpoint {
        file: ModelFile::new("sd1.5.safetensors").unwrap(),
        vae: None,
    };
    let error = studio.refused(&client, studio.request(&missing)).await;
    let Error::MissingModel { there, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(there[0], CHECKPOINT);
    let mut no_node = job();
    let refine = Refine {
        sampling: no_node.sampling.clone(),
        denoise: Denoise::FULL,
    };
    no_node.enlarge = Enlarge::Latent(vec![LatentPass {
        size: no_node.size,
        method: LatentMethod::default(),
        refine,
    }]);
    let error = studio.refused(&client, studio.request(&no_node)).await;
    assert!(
        matches!(error, Error::Workflow { .. })
            && error.help().unwrap().to_string().contains("LatentUpscale")
    );
    assert_eq!(server.counters().requests_of("POST /prompt"), 0);

    // The server's own refusal is the same error.
    let mut request = studio.request(&missing);
    request.submission.check = false;
    let error = studio.refused(&client, request).await;
    assert!(matches!(error, Error::MissingModel { .. }), "{error}");
    assert_eq!(server.counters().prompts_accepted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_users_workflow_is_filled_in_and_painted() {
    let server = server().start();
    let template = json!({
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": CHECKPOINT}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["1", 1], "text": "ink drawing of %prompt%"}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"clip": ["1", 1], "text": ""}, "_meta": {"title": "%negative%"}},
        "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 8, "height": 8, "batch_size": 1}, "_meta": {"title": "%width% %height%"}},
        "5": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0],
            "latent_image": ["4", 0], "seed": "%seed%", "steps": 2, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal",
            "denoise": 1.0}},
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "x"}},
    });
    let template = Template::parse(&template.to_string()).unwrap();
    let size = ImageSize::new(128, 64).unwrap();
    let workflow = template
        .fill(&TemplateValues::new(
            PromptText::literal("a boat").unwrap(),
            Seed::new(3),
            size,
        ))
        .unwrap();
    let studio = Studio::new();
    let mut request = studio.request(&job());
    request.submission = Submission {
        limits: limits(),
        ..Submission::new(workflow)
    };
    request.accept.size = Some(size);
    studio.painted(&client(&server), request).await;
    assert_eq!(
        server.prompts()[0]["prompt"]["2"]["inputs"]["text"],
        "ink drawing of a boat"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn previews_come_when_they_are_wanted() {
    let server = server().start();
    let studio = Studio::new();
    for previews in [false, true] {
        let mut request = studio.request(&job());
        request.submission.previews = previews;
        request.submission.workflow = request
            .submission
            .workflow
            .with_prefix(&OutputPrefix::new(format!("p{previews}")).unwrap());
        let mut job = job();
        job.seed = Seed::new(u64::from(previews));
        request.submission.workflow = videogen_comfy::Workflow::build(&job);
        let (events, _) = studio.painted(&client(&server), request).await;
        assert_eq!(
            has(&events, |event| matches!(event, RunEvent::Preview { .. })),
            previews
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_socket_the_picture_comes_all_the_same() {
    let server = server().fault(Fault::SocketRefused).start();
    let studio = Studio::new();
    let (events, _) = studio
        .painted(&client(&server), studio.request(&job()))
        .await;
    assert!(has(&events, |event| matches!(
        event,
        RunEvent::SocketLost { .. }
    )));
    assert!(!has(&events, |event| matches!(
        event,
        RunEvent::Progress { .. }
    )));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calls_of_both_versions() {
    for version in [Version::V0_33, Version::V0_3_64] {
        let server = server().version(version).start();
        calls(&server, version).await;
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "every call of the client, one after the other"
)]
async fn calls(server: &MockComfy, version: Version) {
    let client = client(server);
    let state = client.state().await.unwrap();
    assert_eq!(state.remaining, 0);
    assert!(state.stats.device().is_some() && !state.stats.version.is_empty());
    let info = client.object_info().await.unwrap();
    assert!(
        info.choices("CheckpointLoaderSimple", "ckpt_name")
            .contains(&CHECKPOINT)
    );
    assert_eq!(
        info.choices("UpscaleModelLoader", "model_name"),
        ["4x.safetensors"],
        "in the newer spelling"
    );
    assert!(client.object_info_of("NoSuchNode").await.unwrap().is_none());
    assert!(
        client
            .model_folders()
            .await
            .unwrap()
            .contains(&"checkpoints".to_owned())
    );
    assert!(
        client
            .models("checkpoints")
            .await
            .unwrap()
            .unwrap()
            .contains(&CHECKPOINT.to_owned())
    );
    assert_eq!(client.models("nope").await.unwrap(), None);
    assert!(client.queue().await.unwrap().is_empty());
    let id = PromptId::random();
    assert_eq!(client.history(&id).await.unwrap(), None);
    client.stop(&id).await.unwrap();
    client.interrupt_all().await.unwrap();
    client.clear_queue().await.unwrap();
    client.free(Free::Models).await.unwrap();
    client.free(Free::Everything).await.unwrap();

    let done = client
        .run(submission(&job()), &CancellationToken::new())
        .finish()
        .await
        .unwrap();
    let studio = Studio::new();
    let path = studio.directory.path().join("a.png");
    let picture = client
        .fetch(
            &done.images[0],
            &path,
            videogen_comfy::FetchLimits::default(),
            &studio.cancel,
        )
        .await
        .unwrap();
    let uploaded = client
        .upload(
            &OutputPrefix::new("sub/in").unwrap(),
            std::fs::read(&path).unwrap(),
        )
        .await
        .unwrap();
    assert_eq!(
        (uploaded.load_name().as_str(), uploaded.folder),
        ("sub/in.png", Folder::Input)
    );
    assert_eq!(
        u64::from(picture.width) * 192,
        128 * u64::from(picture.height)
    );
    assert!(matches!(
        client.upload(&OutputPrefix::default(), "text").await,
        Err(Error::BadPicture { .. })
    ));

    let jobs = client.jobs(10).await;
    match version {
        Version::V0_3_64 => {
            assert!(matches!(jobs, Err(Error::Unsupported { .. })));
            assert!(matches!(
                client.job(&id).await,
                Err(Error::Unsupported { .. })
            ));
            assert!(matches!(
                client.cancel_job(&id).await,
                Err(Error::Unsupported { .. })
            ));
        }
        Version::V0_33 => {
            let page = jobs.unwrap();
            assert!(matches!(page.jobs[0].status, JobStatus::Ended(_)));
            assert_eq!(client.job(&id).await.unwrap(), None);
            let known = page.jobs[0].id.parse().unwrap();
            assert_eq!(client.job(&known).await.unwrap().unwrap().images.len(), 1);
            assert!(!client.cancel_job(&id).await.unwrap());
        }
    }
    assert_eq!(
        client.queue().await.unwrap().position_of(&id),
        QueuePosition::Absent
    );
}
