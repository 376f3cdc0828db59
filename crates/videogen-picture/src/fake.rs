//! A painter without anything behind it, for tests of whoever has pictures painted.

use std::sync::atomic::{AtomicUsize, Ordering};

use videogen_durable::KeyBuilder;
use videogen_types::FailureKind;

use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{BoxFuture, Painter, PictureOrder, PictureRequest};

/// Paints a small picture of grey bands at once, another one for each seed, or fails.
#[derive(Debug, Default)]
pub struct FakePainter {
    calls: AtomicUsize,
    fails: bool,
}

impl FakePainter {
    /// Makes a painter that paints.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a painter whose every picture fails with [`Error::Failed`].
    pub fn failing() -> Self {
        Self {
            fails: true,
            ..Self::default()
        }
    }

    /// Returns how often it was asked to paint.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Painter for FakePainter {
    fn id(&self) -> &'static str {
        "fake"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            if order.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if self.fails {
                return Err(Error::Failed {
                    by: self.id().to_owned(),
                    reason: "it was told to fail".to_owned(),
                    hint: None,
                    kind: FailureKind::Other,
                });
            }
            let shift = (request.seed.0 % 8) as u32;
            let grey =
                |x: u32, y: u32| image::Luma([(40 + (x / 8 + y / 8 + shift) % 8 * 24) as u8]);
            let picture = image::GrayImage::from_fn(64, 96, grey);
            let written = picture.save_with_format(order.output, image::ImageFormat::Png);
            written.map_err(|error| Error::Io {
                action: "writing",
                path: order.output.to_owned(),
                source: std::io::Error::other(error),
            })?;
            order.observer.progress(1.0);
            Ok(Painted::by(self.id()))
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;
    use videogen_types::{Aspect, Genre, Quality, Seed, Unobserved};

    use super::*;
    use crate::tuning::Tuning;

    #[tokio::test]
    async fn it_paints_what_can_be_seen_or_fails() {
        let dir = camino_tempfile::tempdir().unwrap();
        let output = dir.path().join("picture.png");
        let request = PictureRequest {
            prompt: "a lighthouse".to_owned(),
            negative: None,
            before: None,
            after: None,
            genre: Genre::General,
            seed: Seed(3),
            look: Seed(3),
            index: 0,
            count: 1,
            quality: Quality::Draft,
            aspect: Aspect::Portrait,
            width: 64,
            height: 96,
            tuning: Tuning::default(),
        };
        let (name, cancel) = (
            KeyBuilder::new("test", 1).finish(),
            CancellationToken::new(),
        );
        let order = PictureOrder {
            output: &output,
            name: &name,
            may_fall_back: true,
            observer: &Unobserved,
            cancel: &cancel,
        };
        let painter = FakePainter::new();
        assert_eq!(painter.paint(&request, order).await.unwrap().by, "fake");
        assert_eq!(painter.calls(), 1);
        #[cfg(feature = "comfyui")]
        crate::prove::prove(&output).unwrap();
        let failed = FakePainter::failing().paint(&request, order).await;
        assert!(matches!(failed, Err(Error::Failed { .. })));
        cancel.cancel();
        let ended = painter.paint(&request, order).await;
        assert!(ended.unwrap_err().is_cancelled());
    }
}
