//! The seams the orchestrator is composed at that no other crate owns.

use std::fmt::{self, Write as _};
use std::pin::Pin;
use std::sync::Arc;

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_durable::Key;
use videogen_types::{Aspect, FailureKind, Genre, Quality, Seed, Stage};

use crate::blocking::blocking;
use crate::card::{LeaseSession, LocalCard};
use crate::paint_with::Painted;
use crate::paint_with::Tuning;
use crate::{Error, ErrorKind};

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

/// How a picture is to be made: where it goes, and who is told meanwhile.
#[derive(Clone, Copy)]
pub struct PictureOrder<'a> {
    /// The PNG file.
    pub output: &'a Utf8Path,
    /// The same when this picture of this batch is painted again after a crash, and never another's: with it a painter
    /// can find what it had begun elsewhere.
    pub name: &'a Key,
    /// Whether the built-in painter may stand in where this one cannot paint. Otherwise that is an error.
    pub stand_in: bool,
    /// Told how far it is, `0.0..=1.0`.
    pub progress: &'a (dyn Fn(f32) + Sync),
    /// Told what a person should know, whichever picture it is about: that it waits for a card, or that a server went.
    pub warn: &'a (dyn Fn(String) + Sync),
    /// Told what is done now, in a few words: "queued behind 2", "step 12 of 30".
    pub doing: &'a (dyn Fn(&str) + Sync),
    /// Told what was tried in vain before there is a picture.
    pub failed: &'a (dyn Fn(FailureKind, &str) + Sync),
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

/// Makes pictures.
pub trait Painter: fmt::Debug + Send + Sync {
    /// Stable name for manifests, e.g. `builtin`.
    fn id(&self) -> &str;

    /// All of `request` that influences the picture, and what else does, such as the version of a model: two requests of
    /// which it is the same give the same picture, so the second need not be painted. What is not in it may change
    /// without the picture being painted again, which is why a painter that ignores the neighbours leaves them out.
    fn fingerprint(&self, request: &PictureRequest) -> String {
        whole_request(request)
    }

    /// How many pictures it takes at a time, 1 at least. It is asked before each picture and may change.
    fn parallel(&self) -> usize {
        1
    }

    /// The graphics card of this machine that pictures of this kind are painted on; `None` where there is none, or where
    /// others could paint as well.
    fn local_card(&self, quality: Quality, aspect: Aspect) -> Option<LocalCard> {
        let _ = (quality, aspect);
        None
    }

    /// The pictures that are asked for until the visit is dropped belong together: a painter that shares a card keeps it
    /// between them.
    fn visit(&self) -> Option<LeaseSession> {
        None
    }

    /// Paints `request` into the PNG file of `order`, and tells how.
    ///
    /// # Errors
    /// Whatever the painter meets; [`ErrorKind::Cancelled`] after the order's token fired, with no file left that could be
    /// taken for a picture.
    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>>;
}

/// The last rung: [`videogen_picture`].
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinPainter;

impl Painter for BuiltinPainter {
    fn id(&self) -> &'static str {
        "builtin"
    }

    fn fingerprint(&self, request: &PictureRequest) -> String {
        // Of the words, here and beside, only the motif they lead to is seen.
        let motif = videogen_picture::motif_beside(&subject(request), neighbours(request));
        let PictureRequest {
            genre,
            seed,
            look,
            index,
            count,
            width,
            height,
            ..
        } = request;
        format!("{motif} {genre:?} {seed:?} {look:?} {index} {count} {width} {height}")
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        let (request, output) = (request.clone(), order.output.to_owned());
        let cancel = order.cancel.clone();
        Box::pin(blocking(Stage::Picture, move || {
            let canvas = videogen_picture::Canvas::new(request.width, request.height)
                .expect("pictures are at most 1.2 times as large as the largest quality");
            let (subject, beside) = (subject(&request), neighbours(&request));
            let picture =
                videogen_picture::paint_beside(canvas, &subject, beside, &|| cancel.is_cancelled())
                    .ok_or_else(|| Error::new(Stage::Picture, ErrorKind::Cancelled))?;
            write_png(&picture, &output)?;
            Ok(Painted::by("builtin"))
        }))
    }
}

fn subject(request: &PictureRequest) -> videogen_picture::Subject<'_> {
    videogen_picture::Subject {
        genre: request.genre,
        seed: request.seed,
        look: request.look,
        hint: &request.prompt,
        index: request.index,
        count: request.count,
    }
}

fn neighbours(request: &PictureRequest) -> videogen_picture::Neighbours<'_> {
    videogen_picture::Neighbours {
        before: request.before.as_deref(),
        after: request.after.as_deref(),
    }
}

fn write_png(picture: &videogen_picture::Picture, output: &Utf8Path) -> Result<(), Error> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    use image::{ExtendedColorType, ImageEncoder};

    let failed = |source| {
        Error::new(
            Stage::Picture,
            ErrorKind::Io {
                action: "writing",
                path: output.to_owned(),
                source,
            },
        )
    };
    let file = videogen_durable::replace_private(output).map_err(failed)?;
    let file = std::io::BufWriter::new(file);
    // The file lives for seconds: speed before size.
    PngEncoder::new_with_quality(file, CompressionType::Fast, FilterType::Sub)
        .write_image(
            &picture.rgb,
            picture.width,
            picture.height,
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| failed(std::io::Error::other(error)))
}

/// What the ladder of pictures is made of.
pub(crate) type SharedPainter = Arc<dyn Painter>;

/// All of a request that painters get.
fn whole_request(request: &PictureRequest) -> String {
    let mut text = String::new();
    // Debug writes text in quotes with escapes, so no two requests read alike.
    write!(text, "{request:?}").expect("writing to a string does not fail");
    text
}
