//! A painter of one's own in the place of the built-in one: the studio is told what it works with.
//!
//! `cargo run -p examples --example own_painter`

use std::sync::Arc;

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_core::{Brief, Error, ErrorKind, Studio, Toolkit, ToolkitConfig};
use videogen_picture::{BoxFuture, KeyBuilder, Painted, Painter, PictureOrder, PictureRequest};
use videogen_types::{Duration, Quality, Silent, Stage, Topic};

/// Paints discs: as many as the scene's number.
#[derive(Debug)]
struct Discs;

impl Painter for Discs {
    fn id(&self) -> &'static str {
        "discs"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, videogen_picture::Error>> {
        let (request, output) = (request.clone(), order.output.to_owned());
        Box::pin(async move {
            let radius = f64::from(request.width) / 8.0;
            let disc = |x: u32, y: u32| {
                let row = f64::from(y) / (radius * 3.0);
                let inside = row < (request.index + 1) as f64
                    && (f64::from(x) - f64::from(request.width) / 2.0)
                        .hypot((row.fract() - 0.5) * radius * 3.0)
                        < radius;
                image::Rgb(if inside {
                    [240, 180, 60]
                } else {
                    [20, 30, (y % 256 / 4) as u8 + 40]
                })
            };
            let picture = image::RgbImage::from_fn(request.width, request.height, disc);
            let written = picture.save_with_format(&output, image::ImageFormat::Png);
            written.map(|()| Painted::by("discs")).map_err(|error| {
                let source = std::io::Error::other(error);
                videogen_picture::Error::Io {
                    action: "writing",
                    path: output,
                    source,
                }
            })
        })
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to its user")]
async fn main() -> Result<(), Error> {
    let value = |e| Error::new(Stage::Preflight, ErrorKind::Value(e));
    let temp = Utf8PathBuf::try_from(std::env::temp_dir()).unwrap_or_else(|_| "/tmp".into());
    let cancel = CancellationToken::new();
    let tools = ToolkitConfig {
        path_var: std::env::var_os("PATH"),
        ..ToolkitConfig::default()
    };
    let mut toolkit = Toolkit::discover(&tools, &temp, &cancel).await?;
    toolkit.painter = Arc::new(Discs);
    let studio = Studio::new(toolkit);
    let brief = Brief {
        topic: Some(Topic::new("circles").map_err(value)?.0),
        duration: Some(Duration::new(6.0).map_err(value)?),
        quality: Quality::Draft,
        ..Brief::new("videos".into())
    };
    let plans = studio.plan(vec![brief], &cancel).await?;
    let summary = studio.run(plans, Arc::new(Silent), &cancel).await;
    println!("{:?}", summary.videos);
    Ok(())
}
