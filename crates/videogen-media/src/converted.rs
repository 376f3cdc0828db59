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
use videogen_process::{Command, Stdin, Stdout};

use crate::blocking::blocking;
use crate::clip::Format;
use crate::error::TOO_SMALL;
use crate::ffmpeg::ffmpeg_input_args;
use crate::picture::{
    Alpha, ColourTag, Colours, Decoded, ForeignFormat, ForeignReader, MAX_PICTURE_PIXELS,
    MIN_PICTURE_SIDE, PictureMetadata, decode_converted, jpeg_facts,
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
    /// What else it says. FFmpeg is told to turn nothing, in whatever format and version it would.
    metadata: PictureMetadata,
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
            metadata: PictureMetadata::default(),
            ffmpeg: ffmpeg.clone(),
            runtime: Handle::current(),
        };
        let file = path.to_owned();
        match coding {
            Coding::Large { .. } => {
                (inner.tag, inner.metadata.orientation) =
                    blocking(move || whole_jpeg(&file)).await?;
            }
            Coding::Foreign(ForeignFormat { reader, .. }) => {
                let looking = move || PictureMetadata::of(&file, reader, MAX_CONVERTED_BYTES);
                inner.metadata = blocking(looking).await?;
                if reader == ForeignReader::Boxes {
                    inner.boxed(cancel).await?;
                }
            }
        }
        Ok(Some(Self(Arc::new(inner))))
    }

    /// Decodes it. Blocks; not to be called on a thread of the runtime.
    pub(crate) fn decode(&self, cancel: &CancellationToken) -> Result<Decoded, Error> {
        let inner = &self.0;
        let (png, is_opaque) = inner.runtime.block_on(inner.png(cancel))?;
        let mut decoded =
            decode_converted(&inner.path, &png, &inner.tag, inner.metadata.orientation)?;
        if is_opaque {
            decoded.colours = Colours::Opaque;
        }
        let (width, height) = (decoded.image.width(), decoded.image.height());
        if width.min(height) < MIN_PICTURE_SIDE {
            return Err(Error::InputBroken {
                path: inner.path.clone(),
                reason: format!("{width}x{height} pixels {TOO_SMALL}"),
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

/// The graph that makes a picture by these filters, and puts alpha into it that is a second one.
fn with_alpha(filters: &str) -> String {
    let alpha = shrinking(":out_range=pc");
    format!(
        "[0:v:0]{filters},format=pix_fmts=rgba[c];[1:v:0]{alpha},format=pix_fmts=gray[a];[c][a]alphamerge[out]"
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
        // It is put together of tiles, which FFmpeg may not do.
        let shown = u64::from(video.width) * u64::from(video.height);
        if self.metadata.area.is_some_and(|area| area > shown) {
            return Err(self.undecodable("it sees a tile of it only"));
        }
        Ok(())
    }

    /// With `alpha`, a stream of AV1, what can be seen through is as that says.
    fn command(&self, alpha: Option<&[u8]>) -> Command {
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
        let command = command.args(ffmpeg_input_args(demuxer, &self.path));
        let command = match alpha {
            None => command.args(["-map", "0:v:0", "-vf", &self.filters]),
            Some(stream) => command
                .args(["-max_pixels", &most, "-protocol_whitelist", "file,pipe"])
                .args(["-f", "obu", "-i", "pipe:0"])
                .stdin(Stdin::Bytes(stream.to_vec()))
                .args([
                    "-filter_complex",
                    &with_alpha(&self.filters),
                    "-map",
                    "[out]",
                ]),
        };
        command
            .args(["-frames:v", "1"])
            .args(["-c:v", "png", "-compression_level", "1", "-pred", "sub"])
            .args(["-f", "image2pipe", "pipe:1"])
            .stdout(Stdout::Capture { limit: MOST_PNG })
    }

    /// The picture as FFmpeg makes it, and whether what can be seen through in it is lost.
    async fn png(&self, cancel: &CancellationToken) -> Result<(Vec<u8>, bool), Error> {
        if let Alpha::Coded(stream) = &self.metadata.alpha {
            match self.made(Some(stream), cancel).await {
                // It may be the alpha that it does not read.
                Err(Error::PictureUndecodable { .. }) => {}
                made => return Ok((made?, false)),
            }
        }
        let png = self.made(None, cancel).await?;
        Ok((png, self.metadata.alpha != Alpha::None))
    }

    async fn made(
        &self,
        alpha: Option<&[u8]>,
        cancel: &CancellationToken,
    ) -> Result<Vec<u8>, Error> {
        let stage = format!("decoding {}", self.path);
        let running = self.ffmpeg.supervisor().run(self.command(alpha), cancel);
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

#[cfg(test)]
mod tests {
    use camino_tempfile::tempdir;
    use image::DynamicImage;
    use videogen_process::Supervisor;

    use super::*;

    /// What FFmpeg makes of a file.
    async fn decoded(path: &Utf8Path) -> Result<Decoded, Error> {
        let (variable, cancel) = (std::env::var_os("PATH"), CancellationToken::new());
        let finding = Ffmpeg::discover(Supervisor::new(), None, variable.as_deref(), &cancel);
        let ffmpeg = finding.await.expect("these tests need FFmpeg on PATH");
        let opened = ConvertedPicture::open(path, Some(&ffmpeg), &cancel).await?;
        let picture = opened.expect("left to FFmpeg");
        blocking(move || picture.decode(&CancellationToken::new())).await
    }

    fn data(name: &str) -> Utf8PathBuf {
        let data = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        data.join(name)
    }

    #[track_caller]
    fn is_near(picture: &DynamicImage, (x, y): (u32, u32), expected: [u8; 4]) {
        let found = picture.to_rgba8().get_pixel(x, y).0;
        let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 16);
        assert!(near, "{found:?} at {x}, {y}, expected {expected:?}");
    }

    /// A TIFF of 32x20 grey pixels, white in the left half.
    fn tiff(is_big: bool, orientation: u16) -> Vec<u8> {
        let short = |n: u16| {
            if is_big {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let entries = [
            (256, 32),
            (257, 20),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, 134),
            (274, orientation),
            (277, 1),
            (278, 20),
            (279, 640),
        ];
        let begin: &[u8] = if is_big {
            b"MM\0*\0\0\0\x08"
        } else {
            b"II*\0\x08\0\0\0"
        };
        let one: [u8; 4] = if is_big { [0, 0, 0, 1] } else { [1, 0, 0, 0] };
        let mut file = begin.to_vec();
        file.extend(short(entries.len() as u16));
        for (tag, value) in entries {
            file.extend([short(tag), short(3)].concat());
            file.extend(one);
            file.extend([short(value), [0; 2]].concat());
        }
        file.extend([0; 4]);
        file.extend([[255; 16], [0; 16]].concat().repeat(20));
        file
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pictures_are_turned_as_their_files_say() {
        let turned = decoded(&data("turned.avif")).await.expect("decoded").image;
        assert_eq!((turned.width(), turned.height()), (900, 600));
        is_near(&turned, (880, 20), [220, 30, 30, 255]);
        is_near(&turned, (20, 580), [30, 30, 220, 255]);
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("a.tif");
        for (is_big, orientation, size, white) in [
            (false, 1, (32, 20), (2, 2)),
            (false, 6, (20, 32), (2, 2)),
            (true, 8, (20, 32), (2, 29)),
            (true, 3, (32, 20), (29, 2)),
        ] {
            std::fs::write(&path, tiff(is_big, orientation)).expect("written");
            let picture = decoded(&path).await.expect("decoded").image;
            assert_eq!((picture.width(), picture.height()), size, "{orientation}");
            is_near(&picture, white, [255; 4]);
            let other = (size.0 - 1 - white.0, size.1 - 1 - white.1);
            is_near(&picture, other, [0, 0, 0, 255]);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_can_be_seen_through_in_an_avif_is_as_in_a_png() {
        let path = data("alpha.avif");
        let picture = decoded(&path).await.expect("decoded");
        assert_eq!(picture.colours, Colours::Stored);
        let alpha = |x| picture.image.to_rgba8().get_pixel(x, 450)[3];
        assert_eq!([5, 200, 400, 590].map(alpha), [0, 255, 255, 0]);
        is_near(&picture.image, (200, 450), [255; 4]);
        is_near(&picture.image, (400, 450), [0, 0, 0, 255]);
        // Where its alpha is coded in another way, that is told.
        let mut bytes = std::fs::read(&path).expect("there");
        let last = bytes.windows(4).rposition(|window| window == b"av1C");
        let last = last.expect("that of the alpha");
        bytes[last..last + 4].copy_from_slice(b"abcd");
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("a.avif");
        std::fs::write(&path, bytes).expect("written");
        let opaque = decoded(&path).await.expect("decoded");
        let remark = opaque.colours.remark().expect("a remark");
        assert!(remark.contains("seen through"), "{remark}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_cut_off_picture_is_told_as_that() {
        let mut bytes = std::fs::read(data("alpha.avif")).expect("there");
        bytes.truncate(bytes.len() - 300);
        let dir = tempdir().expect("a temporary directory");
        let path = dir.path().join("cut.avif");
        std::fs::write(&path, bytes).expect("written");
        let error = decoded(&path).await.expect_err("cut off");
        assert!(error.to_string().contains("ends too early"), "{error}");
        let help = error.help().expect("what to do").to_string();
        assert!(help.contains("download it again"), "{help}");
    }

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
