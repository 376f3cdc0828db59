//! Pictures that FFmpeg decodes: of formats that have no decoder here, and JPEG with too many pixels for ours. Each time one
//! is needed, FFmpeg makes a PNG of bounded size of it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use image::metadata::Orientation;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdout};

use crate::blocking::blocking;
use crate::clip::Format;
use crate::ffmpeg::ffmpeg_input_args;
use crate::picture::{
    ColourTag, Decoded, ForeignFormat, ForeignReader, MAX_PICTURE_PIXELS, MIN_PICTURE_SIDE,
    decode_converted, jpeg_facts,
};
use crate::probe::{VideoStream, last_line, probe_media};
use crate::verify::read_log;
use crate::{Error, Ffmpeg, files, jpeg};

/// The largest file that is read by FFmpeg, in bytes: 64 million pixels of four bytes.
pub(crate) const MAX_CONVERTED_BYTES: u64 = 256 << 20;
/// The largest JPEG that is decoded, in pixels: FFmpeg takes no more than 2²⁸ with a border of its own.
pub(crate) const MAX_JPEG_PIXELS: u64 = 260_000_000;

/// The most pixels of the PNG that is made: enough for a crop of a wide one at the largest frame.
const MOST_PIXELS: u64 = 32_000_000;
/// Bytes of that PNG: each pixel has four at most, and a PNG is hardly larger than what is in it.
const MOST_PNG: usize = 136 << 20;
/// Bytes of a JPEG in which its header is looked for: previews and depth maps are in there.
const HEADER: u64 = 8 << 20;
/// Of how many first bytes the format is told.
const HEAD: u64 = 64;
/// A JPEG of 200 million pixels takes some seconds.
const DEADLINE: Duration = Duration::from_mins(2);
/// Log that is kept.
const LOG_LIMIT: usize = 64 << 10;
/// Memory of FFmpeg itself, in bytes.
const PROGRAM: u64 = 60 << 20;

/// How a picture of the user has to be read by FFmpeg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Foreign(ForeignFormat),
    /// A JPEG whose blocks become smaller ones by so many powers of two.
    Large {
        lowres: u8,
        pixels: u64,
        is_progressive: bool,
    },
}

impl Coding {
    /// Nothing for what is decoded here. Blocks.
    fn of(path: &Utf8Path) -> Result<Option<Self>, Error> {
        let mut file = files::open_regular(path, u64::MAX)?;
        let mut head = Vec::new();
        let more = |head: &mut Vec<u8>, file: &mut File, bytes: u64| {
            let read = file.take(bytes).read_to_end(head);
            read.map_err(|source| reading(path, source))
        };
        more(&mut head, &mut file, HEAD)?;
        if !head.starts_with(&[0xFF, 0xD8, 0xFF]) {
            return Ok(ForeignFormat::of(&head).map(Self::Foreign));
        }
        more(&mut head, &mut file, HEADER)?;
        Ok(jpeg::header(&head).and_then(|header| {
            let pixels = u64::from(header.width) * u64::from(header.height);
            let is_progressive = header.is_progressive;
            (MAX_PICTURE_PIXELS < pixels && pixels <= MAX_JPEG_PIXELS).then_some(Self::Large {
                lowres: lowres(pixels),
                pixels,
                is_progressive,
            })
        }))
    }
}

/// By how many powers of two the sides of a JPEG are divided.
fn lowres(pixels: u64) -> u8 {
    (0..3)
        .find(|shift| pixels >> (2 * shift) <= MOST_PIXELS)
        .unwrap_or(3)
}

fn reading(path: &Utf8Path, source: io::Error) -> Error {
    Error::Io {
        action: "reading",
        path: path.to_owned(),
        source,
    }
}

/// A picture that FFmpeg decodes, found good. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ConvertedPicture(Arc<Inner>);

struct Inner {
    path: Utf8PathBuf,
    coding: Coding,
    filters: String,
    /// What it says of its colours, where the PNG has no profile.
    tag: ColourTag,
    orientation: Orientation,
    ffmpeg: Ffmpeg,
    /// Where FFmpeg is supervised.
    runtime: Handle,
}

impl ConvertedPicture {
    /// Opens `path`, unless it is decoded here.
    ///
    /// # Errors
    /// The `Input…` and `Picture…` errors; [`Error::NoFfmpeg`] where there is none; [`Error::Cancelled`].
    pub(crate) async fn open(
        path: &Utf8Path,
        ffmpeg: Option<&Ffmpeg>,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, Error> {
        let file = path.to_owned();
        let Some(coding) = blocking(move || Coding::of(&file)).await? else {
            return Ok(None);
        };
        let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg {
            what: "reading pictures that are not PNG, JPEG or WebP, or very large",
        })?;
        let mut inner = Inner {
            path: path.to_owned(),
            coding,
            filters: shrinking(""),
            tag: ColourTag::Srgb,
            orientation: Orientation::NoTransforms,
            ffmpeg: ffmpeg.clone(),
            runtime: Handle::current(),
        };
        match coding {
            Coding::Large { .. } => {
                let file = path.to_owned();
                (inner.tag, inner.orientation) = blocking(move || whole_jpeg(&file)).await?;
            }
            Coding::Foreign(ForeignFormat {
                reader: ForeignReader::Boxes,
                ..
            }) => inner.boxed(cancel).await?,
            Coding::Foreign(_) => {}
        }
        Ok(Some(Self(Arc::new(inner))))
    }

    /// Decodes it. Blocks; not to be called on a thread of the runtime.
    pub(crate) fn decode(&self, cancel: &CancellationToken) -> Result<Decoded, Error> {
        let inner = &self.0;
        let png = inner.runtime.block_on(inner.png(cancel))?;
        let decoded = decode_converted(&inner.path, &png, &inner.tag, inner.orientation)?;
        let (width, height) = (decoded.image.width(), decoded.image.height());
        if width.min(height) < MIN_PICTURE_SIDE {
            return Err(Error::InputBroken {
                path: inner.path.clone(),
                reason: format!("{width}x{height} pixels is too small to show"),
            });
        }
        Ok(decoded)
    }

    /// Estimates the memory that FFmpeg takes to decode it, in bytes.
    pub(crate) fn memory_bytes(&self) -> u64 {
        PROGRAM
            + match self.0.coding {
                Coding::Foreign(_) => 16 * MOST_PIXELS,
                Coding::Large {
                    pixels,
                    is_progressive,
                    lowres,
                } => {
                    // The coefficients of all components, where they come in several scans.
                    let kept = if is_progressive { 6 * pixels } else { 0 };
                    kept + 12 * (pixels >> (2 * lowres))
                }
            }
    }
}

impl PartialEq for ConvertedPicture {
    fn eq(&self, other: &Self) -> bool {
        (&self.0.path, self.0.coding) == (&other.0.path, other.0.coding)
    }
}

impl fmt::Debug for ConvertedPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConvertedPicture")
            .field("path", &self.0.path)
            .field("coding", &self.0.coding)
            .finish_non_exhaustive()
    }
}

/// Sees that a large JPEG is there to its end. What it says of its colours, and how it is turned.
fn whole_jpeg(path: &Utf8Path) -> Result<(ColourTag, Orientation), Error> {
    let mut bytes = Vec::new();
    files::open_regular(path, MAX_CONVERTED_BYTES)?
        .take(MAX_CONVERTED_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| reading(path, source))?;
    if !jpeg::is_complete(&bytes) {
        return Err(Error::InputBroken {
            path: path.to_owned(),
            reason: "the picture ends too early".into(),
        });
    }
    bytes.truncate(HEADER as usize);
    jpeg_facts(path, &bytes)
}

/// The filter that makes a picture small enough, with `more` said of its colours.
fn shrinking(more: &str) -> String {
    let side = |side| format!("trunc({side}*min(1,sqrt({MOST_PIXELS}/(iw*ih))))");
    format!(
        "scale=w='{}':h='{}':flags=area+accurate_rnd+full_chroma_int+full_chroma_inp{more},format=pix_fmts=rgb24|rgba|gray|ya8",
        side("iw"),
        side("ih")
    )
}

impl Inner {
    /// Looks into the boxes of AVIF and HEIF for how colours are coded.
    async fn boxed(&mut self, cancel: &CancellationToken) -> Result<(), Error> {
        let probe = probe_media(&self.ffmpeg, "mov", &self.path, cancel).await;
        let probe = match probe {
            Err(Error::InputBroken { reason, .. }) => return Err(self.undecodable(reason)),
            probe => probe?,
        };
        let Some(mut video) = probe.video else {
            return Err(self.undecodable("it finds no picture in it"));
        };
        if matches!(video.color_space.as_str(), "" | "unknown") {
            // ISO/IEC 23000-22, 7.3.6.4: what is not said is as in JPEG.
            "smpte170m".clone_into(&mut video.color_space);
        }
        let format = Format::of(&video, &self.ffmpeg);
        let format = format.map_err(|reason| self.undecodable(format!("it {reason}")))?;
        let (wide, more) = format.of_still();
        self.filters = format!("{wide}{}", shrinking(&more));
        if wide.is_empty() {
            self.tag = tag_of(&video);
        }
        let (path, shown) = (self.path.clone(), (video.width, video.height));
        let piece = blocking(move || is_piece(&path, shown)).await?;
        if piece {
            return Err(self.undecodable("it sees a tile of it only"));
        }
        Ok(())
    }

    fn command(&self) -> Command {
        let most = MAX_PICTURE_PIXELS.to_string();
        let alone = |decoder| ["-c:v", decoder, "-pattern_type", "none"];
        let command = self.ffmpeg.command(DEADLINE).tail_limit(LOG_LIMIT).args([
            "-loglevel",
            "level+warning",
            "-threads",
            "2",
            "-noautorotate",
        ]);
        let (command, demuxer) = match self.coding {
            Coding::Large { lowres, .. } => {
                let command = command.args(["-lowres".to_owned(), lowres.to_string()]);
                (command.args(alone("mjpeg")), "image2")
            }
            Coding::Foreign(format) => {
                let command = command.args(["-max_pixels", &most]);
                match format.reader {
                    ForeignReader::Decoder(decoder) => (command.args(alone(decoder)), "image2"),
                    ForeignReader::Boxes => (command, "mov"),
                }
            }
        };
        command
            .args(ffmpeg_input_args(demuxer, &self.path))
            .args(["-map", "0:v:0", "-frames:v", "1", "-vf", &self.filters])
            .args(["-c:v", "png", "-compression_level", "1", "-pred", "sub"])
            .args(["-f", "image2pipe", "pipe:1"])
            .stdout(Stdout::Capture { limit: MOST_PNG })
    }

    /// The picture as FFmpeg makes it.
    async fn png(&self, cancel: &CancellationToken) -> Result<Vec<u8>, Error> {
        let stage = format!("decoding {}", self.path);
        let running = self.ffmpeg.supervisor().run(self.command(), cancel);
        let outcome = running
            .await
            .map_err(|source| Error::process(&*stage, source))?;
        let outcome = Error::unless_out_of_memory(&stage, outcome)?;
        let log = outcome.stderr.as_str();
        let found = read_log(log).last_error;
        if outcome.success() && !outcome.stdout.is_empty() && found.is_empty() {
            return Ok(outcome.stdout);
        }
        if log.contains("max pixel count") || log.contains("Picture size") {
            return Err(Error::PictureTooLarge {
                path: self.path.clone(),
                found: "more pixels than can be decoded".into(),
                most: MAX_PICTURE_PIXELS,
            });
        }
        Err(self.undecodable(last_line(&found)))
    }

    fn undecodable(&self, reason: impl Into<String>) -> Error {
        let again = format!("{}: ", self.path);
        let reason: String = reason.into();
        let reason = reason.strip_prefix(&again).unwrap_or(&reason).to_owned();
        Error::PictureUndecodable {
            path: self.path.clone(),
            format: match self.coding {
                Coding::Foreign(format) => format.name,
                Coding::Large { .. } => "a JPEG picture",
            },
            reason,
        }
    }
}

/// What a stream says of its colours, as FFmpeg names them.
fn tag_of(video: &VideoStream) -> ColourTag {
    let primaries = match video.primaries.as_str() {
        "bt470m" => 4,
        "bt470bg" => 5,
        "smpte170m" => 6,
        "smpte431" => 11,
        "smpte432" => 12,
        _ => 1,
    };
    let transfer = match video.transfer.as_str() {
        "bt470m" | "gamma22" => 4,
        "bt470bg" | "gamma28" => 5,
        "linear" => 8,
        _ => 13,
    };
    match (primaries, transfer) {
        (1, 13) => ColourTag::Srgb,
        (primaries, transfer) => ColourTag::Coded {
            primaries,
            transfer,
        },
    }
}

/// Whether boxes tell of a picture larger than what is shown of them: it is put together of tiles, which FFmpeg may not do.
/// `ispe` is the size of each part and of the whole (ISO/IEC 23008-12, 6.5.3).
fn is_piece(path: &Utf8Path, shown: (u32, u32)) -> Result<bool, Error> {
    let mut head = Vec::new();
    files::open_regular(path, MAX_CONVERTED_BYTES)?
        .take(HEADER.min(1 << 20))
        .read_to_end(&mut head)
        .map_err(|source| reading(path, source))?;
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let sizes = head.windows(16).filter_map(|window| {
        let [b'i', b's', b'p', b'e', 0, 0, 0, 0, w @ .., h3, h2, h1, h0] = window else {
            return None;
        };
        let width = u32::from_be_bytes(*w.first_chunk()?);
        Some(area(width, u32::from_be_bytes([*h3, *h2, *h1, *h0])))
    });
    Ok(sizes
        .max()
        .is_some_and(|largest| largest > area(shown.0, shown.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pictures_are_reduced_as_little_as_needed() {
        for (pixels, expected) in [
            (64_128_000, 1),
            (108_000_000, 1),
            (199_756_800, 2),
            (MAX_JPEG_PIXELS, 2),
        ] {
            assert_eq!(lowres(pixels), expected, "{pixels}");
            assert!(pixels >> (2 * expected) <= MOST_PIXELS);
        }
    }
}
