//! The built-in painter as a [`Painter`]: scenes become PNG files.

use camino::Utf8Path;
use videogen_durable::KeyBuilder;

use super::{Canvas, Neighbours, Picture, Subject, motif_beside, paint_beside};
use crate::blocking::blocking;
use crate::error::Error;
use crate::painted::Painted;
use crate::painter::{BoxFuture, Painter, PictureOrder, PictureRequest};

/// Paints generative scenes on the CPU, see [`paint`](super::paint): the painter that needs no service.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltinPainter;

impl Painter for BuiltinPainter {
    fn id(&self) -> &'static str {
        "builtin"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        // Of the words, here and beside, only the motif they lead to is seen.
        let motif = motif_beside(&subject(request), neighbours(request));
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
        key.text("motif", &motif)
            .text("genre", genre.name())
            .number("seed", seed.0)
            .number("look", look.0)
            .number("index", *index as u64)
            .number("count", *count as u64)
            .number("width", u64::from(*width))
            .number("height", u64::from(*height))
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        let (request, output) = (request.clone(), order.output.to_owned());
        let cancel = order.cancel.clone();
        Box::pin(blocking(move || {
            let canvas = Canvas::new(request.width, request.height)
                .expect("pictures are at most 1.2 times as large as the largest quality");
            let (subject, beside) = (subject(&request), neighbours(&request));
            let picture = paint_beside(canvas, &subject, beside, &|| cancel.is_cancelled())
                .ok_or(Error::Cancelled)?;
            write_png(&picture, &output)?;
            Ok(Painted::by("builtin"))
        }))
    }
}

fn subject(request: &PictureRequest) -> Subject<'_> {
    Subject {
        genre: request.genre,
        seed: request.seed,
        look: request.look,
        hint: &request.prompt,
        index: request.index,
        count: request.count,
    }
}

fn neighbours(request: &PictureRequest) -> Neighbours<'_> {
    Neighbours {
        before: request.before.as_deref(),
        after: request.after.as_deref(),
    }
}

fn write_png(picture: &Picture, output: &Utf8Path) -> Result<(), Error> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    use image::{ExtendedColorType, ImageEncoder};

    let failed = |source| Error::Io {
        action: "writing",
        path: output.to_owned(),
        source,
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
