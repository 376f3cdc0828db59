//! A painter for tests of other crates: instant, deterministic, and as obedient in its failures as it is told to be.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::client::{Free, Picture};
use crate::generator::{BoxFuture, ImageGenerator, PaintRequest, ServerState};
use crate::run::{Done, Run, RunEvent};
use crate::wire::stats::SystemStats;
use crate::{Error, Folder, Format, OutputImage, PromptId, Workflow};

type Answer = dyn Fn(&PaintRequest) -> Result<(), Error> + Send + Sync;

/// Writes a grey PNG of the promised size (64×64 where none is promised) for every request, unless its closure has
/// another answer. Clones count together.
#[derive(Clone)]
pub struct FakeGenerator {
    answer: Arc<Answer>,
    requests: Arc<Mutex<Vec<PaintRequest>>>,
    freed: Arc<Mutex<Vec<Free>>>,
    state: ServerState,
}

impl fmt::Debug for FakeGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeGenerator").finish_non_exhaustive()
    }
}

impl Default for FakeGenerator {
    fn default() -> Self {
        Self::new(|_| Ok(()))
    }
}

impl FakeGenerator {
    /// One that paints where `answer` is `Ok` and fails with its error otherwise: out of memory above a number of pixels,
    /// for example.
    pub fn new(
        answer: impl Fn(&PaintRequest) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            answer: Arc::new(answer),
            requests: Arc::default(),
            freed: Arc::default(),
            state: ServerState::new(SystemStats::default(), 0),
        }
    }

    /// What [`ImageGenerator::state`] answers.
    #[must_use]
    pub fn with_state(mut self, state: ServerState) -> Self {
        self.state = state;
        self
    }

    /// What was asked to be painted so far.
    pub fn requests(&self) -> Vec<PaintRequest> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What was asked to be freed so far.
    pub fn freed(&self) -> Vec<Free> {
        self.freed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn paint_now(&self, request: &PaintRequest) -> Result<Done, Error> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request.clone());
        (self.answer)(request)?;
        let (width, height) = request
            .accept
            .size
            .map_or((64, 64), |size| (size.width(), size.height()));
        let png = png(width, height);
        std::fs::write(&request.path, &png).map_err(Error::io("writing", &request.path))?;
        let filename = format!("{}.png", request.submission.prompt_id);
        Ok(Done {
            images: vec![OutputImage {
                node: "1".into(),
                filename,
                subfolder: String::new(),
                folder: Folder::Output,
            }],
            took: std::time::Duration::ZERO,
            waited: std::time::Duration::ZERO,
            decode_fell_back: false,
            picture: Some(Picture {
                path: request.path.clone(),
                format: Format::Png,
                width,
                height,
                bytes: png.len() as u64,
            }),
        })
    }
}

impl ImageGenerator for FakeGenerator {
    fn id(&self) -> String {
        "fake".into()
    }

    fn state(&self) -> BoxFuture<'_, Result<ServerState, Error>> {
        Box::pin(std::future::ready(Ok(self.state.clone())))
    }

    fn check<'a>(&'a self, _workflow: &'a Workflow) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn paint(&self, request: PaintRequest, cancel: &CancellationToken) -> Run {
        let (painter, cancelled) = (self.clone(), cancel.is_cancelled());
        Run::of(async move {
            let result = if cancelled {
                Err(Error::Cancelled)
            } else {
                painter.paint_now(&request)
            };
            vec![
                RunEvent::Posted {
                    left_out: Vec::new(),
                },
                RunEvent::Started,
                RunEvent::Finished(result),
            ]
        })
    }

    fn knows<'a>(&'a self, id: &'a PromptId) -> BoxFuture<'a, Result<bool, Error>> {
        let known = self
            .requests()
            .iter()
            .any(|r| r.submission.prompt_id == *id);
        Box::pin(std::future::ready(Ok(known)))
    }

    fn stop<'a>(&'a self, _id: &'a PromptId) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn free(&self, what: Free) -> BoxFuture<'_, Result<(), Error>> {
        self.freed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A grey picture of one bit a pixel, stored without compression: an encoder of this crate's own, so that a test's fake
/// does not put one into everybody's dependencies.
fn png(width: u32, height: u32) -> Vec<u8> {
    let row = (width as usize).div_ceil(8) + 1;
    let mut rows = Vec::with_capacity(row * height as usize);
    for y in 0..height {
        // No filter, then a chequerboard.
        rows.push(0);
        rows.resize(rows.len() + row - 1, if y % 2 == 0 { 0x55 } else { 0xaa });
    }
    let mut zlib = vec![0x78, 0x01];
    let mut blocks = rows.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        zlib.push(u8::from(blocks.peek().is_none()));
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &rows {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    zlib.extend((b << 16 | a).to_be_bytes());
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([1, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [
        (b"IHDR", header.as_slice()),
        (b"IDAT", &zlib),
        (b"IEND", &[]),
    ] {
        png.extend((data.len() as u32).to_be_bytes());
        let from = png.len();
        png.extend(name);
        png.extend(data);
        let sum = crc(&png[from..]);
        png.extend(sum.to_be_bytes());
    }
    png
}

/// The checksum of PNG's chunks.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 {
                sum >> 1 ^ 0xedb8_8320
            } else {
                sum >> 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use camino_tempfile::tempdir;

    use super::*;
    use crate::picture::{Head, head};
    use crate::{FetchLimits, ImageSize, Submission};

    #[tokio::test]
    async fn it_paints_a_picture_of_the_promised_size_and_fails_as_told() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("a.png");
        let mut request = PaintRequest::new(Submission::new(Workflow::empty()), path.clone());
        request.accept = FetchLimits {
            size: Some(ImageSize::new(100, 30).unwrap()),
            ..FetchLimits::default()
        };
        let painter = FakeGenerator::default();
        let done = painter
            .paint(request.clone(), &CancellationToken::new())
            .finish()
            .await
            .unwrap();
        assert_eq!(done.picture.unwrap().width, 100);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(
            head(&bytes),
            Head::Picture {
                format: Format::Png,
                width: 100,
                height: 30
            }
        );
        assert!(
            Format::Png.ends(&bytes),
            "the checksum of the last chunk is that of every PNG"
        );

        let refusing = FakeGenerator::new(|_| Err(Error::NoPicture));
        let run = refusing.paint(request, &CancellationToken::new());
        assert!(matches!(run.finish().await, Err(Error::NoPicture)));
        assert_eq!(refusing.requests().len(), 1);
    }

    /// The seam is an object, and what is behind it can be exchanged.
    #[test]
    fn the_seam_takes_any_painter_and_shows_no_password() {
        let client = crate::ComfyClient::connect("http://u:secret@127.0.0.1:1").unwrap();
        let painters: [Arc<dyn ImageGenerator>; 2] =
            [Arc::new(FakeGenerator::default()), Arc::new(client)];
        assert!(
            painters
                .iter()
                .all(|painter| !format!("{painter:?} {}", painter.id()).contains("secret"))
        );
    }
}
