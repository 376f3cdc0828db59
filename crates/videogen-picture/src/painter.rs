//! Who paints: a trait, and what its painters are asked for.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_durable::{Key, KeyBuilder};
use videogen_types::{Aspect, Choice as _, Genre, Observer, Quality, Seed};

use crate::error::Error;
#[cfg(feature = "comfyui")]
use crate::local_card::LocalCard;
use crate::painted::Painted;
use crate::tuning::Tuning;

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One picture to make.
#[derive(Debug, Clone, PartialEq)]
pub struct PictureRequest {
    /// What it shows, in words.
    pub prompt: String,
    /// What it must not show, in words, where the script says so.
    pub negative: Option<String>,
    /// What the picture before it shows, so that neighbours differ.
    pub before: Option<String>,
    /// What the picture after it shows.
    pub after: Option<String>,
    /// The genre of the video.
    pub genre: Genre,
    /// Seed of this picture.
    pub seed: Seed,
    /// Seed that all pictures of the video share: what keeps them one family.
    pub look: Seed,
    /// Number of the scene, from 0.
    pub index: usize,
    /// Number of scenes.
    pub count: usize,
    /// The quality of the video.
    pub quality: Quality,
    /// Its shape; with the quality it says how large a frame is.
    pub aspect: Aspect,
    /// Width in pixels: more than the frame's, so that a picture that moves is never enlarged.
    pub width: u32,
    /// Height in pixels. A painter may paint in another size of that shape, the frame's at least.
    pub height: u32,
    /// What is wanted otherwise than the quality has it, for painters that can.
    pub tuning: Tuning,
}

impl PictureRequest {
    /// Adds every field to `key`, each under its name.
    pub fn add_to_key(&self, key: KeyBuilder) -> KeyBuilder {
        let Self {
            prompt,
            negative,
            before,
            after,
            genre,
            seed,
            look,
            index,
            count,
            quality,
            aspect,
            width,
            height,
            tuning,
        } = self;
        let mut key = key.text("prompt", prompt);
        for (name, words) in [("negative", negative), ("before", before), ("after", after)] {
            if let Some(words) = words {
                key = key.text(name, words);
            }
        }
        let key = key
            .text("genre", genre.name())
            .number("seed", seed.0)
            .number("look", look.0)
            .number("index", *index as u64)
            .number("count", *count as u64)
            .text("quality", quality.name())
            .text("aspect", aspect.name())
            .number("width", u64::from(*width))
            .number("height", u64::from(*height));
        tuning.add_to_key(key)
    }
}

/// How a picture is to be made: where it goes, and who is told meanwhile.
#[derive(Clone, Copy)]
pub struct PictureOrder<'a> {
    /// The PNG file.
    pub output: &'a Utf8Path,
    /// The same when this picture of this batch is painted again after a crash, and never another's: with it a painter
    /// can find what it had begun elsewhere.
    pub name: &'a Key,
    /// Whether the built-in painter may stand in where this one cannot paint. Otherwise that is an error.
    pub may_fall_back: bool,
    /// Told meanwhile.
    pub observer: &'a dyn Observer,
    /// Ends it.
    pub cancel: &'a CancellationToken,
}

impl fmt::Debug for PictureOrder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureOrder")
            .field("output", &self.output)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What a painter keeps while pictures that belong together are painted: dropping it gives it back.
pub struct PaintSession(
    #[expect(dead_code, reason = "it is kept for its drop")] Box<dyn std::any::Any + Send + Sync>,
);

impl PaintSession {
    /// Keeps `held` until the session is dropped.
    pub fn new(held: impl Send + Sync + 'static) -> Self {
        Self(Box::new(held))
    }
}

impl fmt::Debug for PaintSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PaintSession").finish()
    }
}

/// Makes pictures.
pub trait Painter: fmt::Debug + Send + Sync {
    /// Stable name for manifests, e.g. `builtin`.
    fn id(&self) -> &str;

    /// Adds to `key` all of `request` that influences the picture, and what else does, such as the version of a model. Two
    /// requests that add the same give the same picture, so the second need not be painted. What is left out may change
    /// without the picture being painted again, which is why a painter that ignores the neighbours leaves them out; a painter
    /// that looks at all of a request takes [`PictureRequest::add_to_key`].
    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder;

    /// How many pictures it takes at a time, 1 at least. It is asked before each picture and may change.
    fn parallel(&self) -> usize {
        1
    }

    /// The graphics card of this machine that pictures of this kind are painted on; `None` where there is none, or where
    /// others could paint as well.
    #[cfg(feature = "comfyui")]
    fn local_card(&self, quality: Quality, aspect: Aspect) -> Option<LocalCard> {
        let _ = (quality, aspect);
        None
    }

    /// Begins a session: the pictures that are asked for until it is dropped belong together. A painter that shares a card
    /// keeps it between them.
    fn session(&self) -> Option<PaintSession> {
        None
    }

    /// Paints `request` into the PNG file of `order`, and tells how.
    ///
    /// # Errors
    /// Whatever the painter meets; [`Error::Cancelled`] after the order's token fired, with no file left that could be
    /// taken for a picture.
    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>>;
}

/// A painter that several videos share.
pub type SharedPainter = Arc<dyn Painter>;
