//! What the tests against the mock server share.
#![allow(dead_code, reason = "each test program uses a part")]

use std::time::Duration;

use camino_tempfile::{Utf8TempDir, tempdir};
use testkit::comfy::{Builder, Family, MockComfy, VaeKind};
use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    ComfyClient, Done, Error, FetchLimits, ImageGenerator, ImageSize, Limits, ModelFile, Models,
    PaintJob, PaintRequest, PaintSize, PromptText, RunEvent, Seed, Steps, Submission, Workflow,
};
use videogen_net::Deadlines;

pub(crate) const CHECKPOINT: &str = "sd15.safetensors";

pub(crate) fn server() -> Builder {
    MockComfy::builder()
        .checkpoint(CHECKPOINT, Family::SD15)
        .diffusion_model("d.safetensors", Family::SD15)
        .text_encoder("t.safetensors", 1 << 20)
        .vae("v.safetensors", VaeKind::Kl)
        .upscale_model("4x.safetensors", 4)
        .lora("l.safetensors")
        .probe_nodes()
}

pub(crate) fn client(server: &MockComfy) -> ComfyClient {
    ComfyClient::connect(&server.url()).unwrap()
}

/// A client that gives up on an answer after `milliseconds`.
pub(crate) fn hasty(server: &MockComfy, milliseconds: u64) -> ComfyClient {
    client(server).with_deadlines(Deadlines::within(Duration::from_millis(milliseconds)))
}

pub(crate) fn job() -> PaintJob {
    let models = Models::Checkpoint {
        file: ModelFile::new(CHECKPOINT).unwrap(),
        vae: None,
    };
    let prompt = PromptText::literal("a red boat on a lake").unwrap();
    let mut job = PaintJob::new(models, prompt, PaintSize::new(128, 192).unwrap());
    job.sampling.steps = Steps::new(4).unwrap();
    job.seed = Seed::new(u64::MAX);
    job
}

/// A job that takes about 8 s on a server of 2 steps a second.
pub(crate) fn long_job() -> PaintJob {
    let mut job = job();
    job.sampling.steps = Steps::new(180).unwrap();
    job
}

/// Fast enough for tests, and long enough for a busy machine.
pub(crate) fn limits() -> Limits {
    Limits {
        total: Duration::from_mins(1),
        queue: Duration::from_mins(1),
        silence: Duration::from_secs(30),
        poll: Duration::from_millis(40),
        unreachable: Duration::from_secs(20),
        history_lag: Duration::from_secs(5),
    }
}

pub(crate) fn submission(job: &PaintJob) -> Submission {
    let mut submission = Submission::new(Workflow::build(job));
    submission.limits = limits();
    submission
}

pub(crate) struct Studio {
    pub(crate) directory: Utf8TempDir,
    pub(crate) cancel: CancellationToken,
}

impl Studio {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempdir().unwrap(),
            cancel: CancellationToken::new(),
        }
    }

    pub(crate) fn request(&self, job: &PaintJob) -> PaintRequest {
        let mut request =
            PaintRequest::new(submission(job), self.directory.path().join("picture.png"));
        request.accept = FetchLimits {
            size: Some(job.output),
            ..FetchLimits::default()
        };
        request
    }

    /// Paints and returns the events on the way and the result.
    pub(crate) async fn paint(
        &self,
        client: &ComfyClient,
        request: PaintRequest,
    ) -> (Vec<RunEvent>, Result<Done, Error>) {
        let mut run = client.paint(request, &self.cancel);
        let mut events = Vec::new();
        while let Some(event) = run.next().await {
            match event {
                RunEvent::Finished(result) => {
                    assert!(run.next().await.is_none(), "nothing comes after the end");
                    return (events, result);
                }
                event => events.push(event),
            }
        }
        panic!("the run ended without a result: {events:?}");
    }

    /// Paints, and the picture has to be there and nothing beside it.
    pub(crate) async fn painted(
        &self,
        client: &ComfyClient,
        request: PaintRequest,
    ) -> (Vec<RunEvent>, Done) {
        let size = request.accept.size;
        let (events, result) = self.paint(client, request).await;
        let done = result.unwrap_or_else(|error| panic!("{}; events: {events:?}", told(&error)));
        let picture = done.picture.clone().unwrap();
        let bytes = std::fs::read(&picture.path).unwrap();
        assert_eq!(bytes.len() as u64, picture.bytes);
        assert!(bytes.starts_with(b"\x89PNG") && bytes.ends_with(b"IEND\xae\x42\x60\x82"));
        if let Some(size) = size {
            assert_eq!(ImageSize::new(picture.width, picture.height).unwrap(), size);
        }
        assert_eq!(self.files(), ["picture.png"]);
        (events, done)
    }

    /// Paints, which has to fail, leaving nothing behind.
    pub(crate) async fn refused(&self, client: &ComfyClient, request: PaintRequest) -> Error {
        let (_, result) = self.paint(client, request).await;
        let error = result.expect_err("this cannot be painted");
        assert_eq!(self.files(), [""; 0], "{}", told(&error));
        error
    }

    pub(crate) fn files(&self) -> Vec<String> {
        let entries = self.directory.path().read_dir_utf8().unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_owned())
            .collect()
    }
}

/// An error with its sources, as a person reads it.
pub(crate) fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

pub(crate) fn has(events: &[RunEvent], wanted: impl Fn(&RunEvent) -> bool) -> bool {
    events.iter().any(wanted)
}
