//! The filters that make frames of the video's size, rate and colours from a clip's. Pure; all text in them is ours.

use std::fmt::Write;

use videogen_types::FitChoice;

use crate::picture::Ground;
use crate::probe::VideoStream;
use crate::{Ffmpeg, FrameRate, FrameSize};

/// How a clip's colours become BT.709 in limited range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colours {
    /// R'G'B'.
    Rgb,
    /// Y'CbCr of standard dynamic range: the matrix by swscale's name, and whether all 256 values are used.
    Sdr { matrix: &'static str, full: bool },
    /// Wide gamut or high dynamic range, by zimg's names; `transfer` is there for the latter.
    Wide {
        matrix: &'static str,
        transfer: Option<&'static str>,
        full: bool,
    },
}

/// All of a clip's format that its conversion depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    colours: Colours,
    alpha: bool,
    interlaced: bool,
    /// What lies under what can be seen through.
    pub(super) ground: Ground,
}

/// Brightness of paper white in HDR video, in cd/m² (ITU-R BT.2408-7, section 2.2): it becomes white.
const PAPER_WHITE: u32 = 203;

/// Bicubic is what stills are resampled with; the other two flags have swscale round instead of cut off.
const SCALE: &str = "flags=bicubic+accurate_rnd+full_chroma_int";

impl Format {
    /// Reads it off a stream's headers.
    ///
    /// # Errors
    /// Why it cannot be converted, to be read after "it".
    pub(crate) fn of(video: &VideoStream, ffmpeg: &Ffmpeg) -> Result<Self, String> {
        Self::by(video, |filter| ffmpeg.has_filter(filter))
    }

    fn by(video: &VideoStream, has_filter: impl Fn(&str) -> bool) -> Result<Self, String> {
        let name = video.pix_fmt.as_str();
        let any = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let full = video.range == "pc" || name.starts_with("yuvj");
        let hdr = match video.transfer.as_str() {
            "smpte2084" => Some("smpte2084"),
            "arib-std-b67" => Some("arib-std-b67"),
            _ => None,
        };
        let matrix = matrix(video)?;
        let colours = if any(&["rgb", "bgr", "gbr", "pal8"]) {
            Colours::Rgb
        } else if hdr.is_some() || video.primaries == "bt2020" {
            Colours::Wide {
                matrix: if matrix == "bt709" { "709" } else { "2020_ncl" },
                transfer: hdr,
                full,
            }
        } else {
            Colours::Sdr { matrix, full }
        };
        if let Colours::Wide { transfer, .. } = colours {
            let needed: &[&str] = match transfer {
                Some(_) => &["zscale", "tonemap"],
                None => &["zscale"],
            };
            if let Some(missing) = needed.iter().find(|filter| !has_filter(filter)) {
                let what = if transfer.is_some() {
                    "HDR"
                } else {
                    "wide-gamut"
                };
                return Err(format!(
                    "is {what} video, and this FFmpeg was built without {missing}, which converts it"
                ));
            }
        }
        Ok(Self {
            colours,
            alpha: any(&[
                "rgba", "bgra", "argb", "abgr", "yuva", "gbrap", "pal8", "ya",
            ]),
            interlaced: matches!(video.field_order.as_str(), "tt" | "bb" | "tb" | "bt"),
            ground: Ground::Dark,
        })
    }

    /// Whether its frames may be seen through in places.
    pub(super) fn is_seen_through(self) -> bool {
        self.alpha
    }

    /// The filters that put what can be seen through on its ground, where there is such.
    pub(super) fn opaque(self) -> Option<&'static str> {
        self.alpha.then_some(match self.ground {
            Ground::Dark => "format=gbrap,premultiply=inplace=1",
            // Light is what darkness is in a negative.
            Ground::Light => "format=gbrap,negate,premultiply=inplace=1,negate",
        })
    }

    /// Of a still picture: the filters before it is brought to RGB, which are empty but for a wide gamut and a high dynamic
    /// range, and what the scaler that does it is told, as options behind others.
    pub(crate) fn of_still(self) -> (String, String) {
        match self.colours {
            Colours::Rgb => (String::new(), String::new()),
            Colours::Sdr { matrix, full } => (
                String::new(),
                format!(":in_color_matrix={matrix}:in_range={}", range(full)),
            ),
            Colours::Wide {
                matrix,
                transfer,
                full,
            } => (
                format!("{},", narrow(matrix, transfer, full)),
                ":in_color_matrix=bt709:in_range=tv".to_owned(),
            ),
        }
    }

    /// FFmpeg's filter chain: from the clip's first frame on, at `rate`, cropped in the middle to fill `size` or whole on a
    /// ground of its own, planar 8-bit 4:2:0.
    ///
    /// A frame is the clip's at the middle of the time it is shown. Rotation by metadata is FFmpeg's own doing, before.
    pub(super) fn filters(self, size: FrameSize, rate: FrameRate, fit: FitChoice) -> String {
        let (width, height) = (size.width(), size.height());
        let mut chain = String::new();
        let mut add = |filter: &str| {
            let separator = if chain.is_empty() { "" } else { "," };
            write!(chain, "{separator}{filter}").expect("writing to a string does not fail");
        };
        if self.interlaced {
            add("yadif=deint=interlaced");
        }
        add("setpts=PTS-STARTPTS");
        add(&format!("fps={rate}:round=near"));
        // Cropped before it is scaled: two thirds of a wide clip are not shown in a tall video. Pixels may be oblong.
        let (across, down) = match fit {
            FitChoice::Cover => {
                add(&format!(
                    "crop=w='min(iw,ih*{width}/{height}/sar)':h='min(ih,iw*{height}/{width}*sar)'"
                ));
                (width.to_string(), height.to_string())
            }
            FitChoice::Contain => (
                format!("'max(2,trunc(min({width},{height}*dar)/2)*2)'"),
                format!("'max(2,trunc(min({height},{width}/dar)/2)*2)'"),
            ),
        };
        let from = match self.colours {
            Colours::Rgb | Colours::Wide { .. } => String::new(),
            Colours::Sdr { matrix, full } => {
                format!(":in_color_matrix={matrix}:in_range={}", range(full))
            }
        };
        let to = ":out_color_matrix=bt709:out_range=tv";
        let scale = format!("scale={across}:{down}:{SCALE}{from}");
        match self.colours {
            Colours::Wide {
                matrix,
                transfer,
                full,
            } => {
                add(&scale);
                add(&narrow(matrix, transfer, full));
            }
            _ => match self.opaque() {
                None => add(&format!("{scale}{to}")),
                Some(opaque) => {
                    add(&scale);
                    add(opaque);
                    add(&format!("scale={SCALE}{to}"));
                }
            },
        }
        add("format=yuv420p");
        if fit == FitChoice::Contain {
            add(&on_copy(size));
        }
        chain
    }
}

/// The filters that [`on_copy`] uses and that nothing else does.
pub(super) const WHOLE_FILTERS: [&str; 4] = ["split", "gblur", "lutyuv", "overlay"];

/// How many times the ground is smaller than the frame while it is blurred.
const GROUND: u32 = 8;

/// The filters that lay frames on a blurred and darkened copy of themselves that fills the frame.
fn on_copy(size: FrameSize) -> String {
    let (width, height) = (size.width(), size.height());
    let small = |side: u32| (side / GROUND / 2 * 2).max(2);
    let (across, down) = (small(width), small(height));
    let blur = (f64::from(across.min(down)) * 0.06).max(0.5);
    format!(
        "setsar=1,split[a][b];\
         [a]crop=w='min(iw,ih*{width}/{height})':h='min(ih,iw*{height}/{width})',scale={across}:{down}:flags=area,\
         gblur=sigma={blur:.2},lutyuv=y='24+(val-16)*0.4',scale={width}:{height}:flags=bicubic[c];\
         [c][b]overlay=x='(W-w)/2':y='(H-h)/2',format=yuv420p"
    )
}

/// The range of values by swscale's name.
fn range(full: bool) -> &'static str {
    if full { "pc" } else { "tv" }
}

/// The filters from a wide gamut and a high dynamic range to BT.709.
fn narrow(matrix: &str, transfer: Option<&str>, full: bool) -> String {
    let range = if full { "full" } else { "limited" };
    let known = format!("min={matrix}:pin=2020:rin={range}");
    let end = "p=709:t=709:m=709:r=limited";
    match transfer {
        None => format!("zscale={known}:tin=709:{end}"),
        // The tone mapping leaves what is darker than a third of white as it is.
        Some(transfer) => format!(
            "zscale={known}:tin={transfer}:t=linear:npl={PAPER_WHITE},format=gbrpf32le,tonemap=mobius,zscale={end}"
        ),
    }
}

/// The matrix of Y'CbCr by swscale's name.
fn matrix(video: &VideoStream) -> Result<&'static str, String> {
    Ok(match video.color_space.as_str() {
        "bt709" | "gbr" => "bt709",
        "smpte240m" => "smpte240m",
        "fcc" => "fcc",
        "bt2020nc" => "bt2020",
        // Players take untagged video of these sizes for HD, and smaller for SD.
        "" | "unknown" if video.width >= 1280 || video.height > 576 => "bt709",
        "smpte170m" | "bt470bg" | "" | "unknown" => "bt601",
        other => {
            return Err(format!(
                "has colours coded as {other}, which is not supported"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream(pix_fmt: &str, [space, primaries, transfer, range]: [&str; 4]) -> VideoStream {
        VideoStream {
            codec: "h264".into(),
            profile: String::new(),
            width: 640,
            height: 360,
            pix_fmt: pix_fmt.into(),
            frame_rate: None,
            color_space: space.into(),
            primaries: primaries.into(),
            transfer: transfer.into(),
            range: range.into(),
            field_order: String::new(),
            frames: None,
            duration: None,
            start: None,
        }
    }

    fn chain(stream: &VideoStream) -> String {
        let size = FrameSize::new(720, 1280).expect("even");
        let rate = FrameRate::new(30_000, 1001).expect("in range");
        Format::by(stream, |_| true)
            .expect("convertible")
            .filters(size, rate, FitChoice::Cover)
    }

    #[test]
    fn colours_are_taken_for_what_they_are() {
        for (pix_fmt, tags, expected) in [
            (
                "yuv420p",
                ["bt709", "bt709", "bt709", "tv"],
                "in_color_matrix=bt709:in_range=tv",
            ),
            (
                "yuvj420p",
                ["bt470bg", "", "", "pc"],
                "in_color_matrix=bt601:in_range=pc",
            ),
            (
                "yuv420p",
                ["", "", "", ""],
                "in_color_matrix=bt601:in_range=tv",
            ),
            ("gbrp", ["gbr", "", "", "pc"], "full_chroma_int:out_color"),
            (
                "bgra",
                ["", "", "", ""],
                "format=gbrap,premultiply=inplace=1",
            ),
            (
                "yuva420p",
                ["", "", "", ""],
                "format=gbrap,premultiply=inplace=1",
            ),
            (
                "yuv420p10le",
                ["bt2020nc", "bt2020", "smpte2084", "tv"],
                "tonemap",
            ),
            (
                "yuv420p10le",
                ["bt2020nc", "bt2020", "arib-std-b67", "tv"],
                "tin=arib-std-b67",
            ),
            (
                "yuv420p10le",
                ["bt2020nc", "bt2020", "bt2020-10", "tv"],
                "pin=2020:rin=limited:tin=709",
            ),
        ] {
            let chain = chain(&stream(pix_fmt, tags));
            assert!(chain.contains(expected), "{pix_fmt} {tags:?}: {chain}");
            assert!(chain.ends_with(",format=yuv420p"), "{chain}");
        }
    }

    #[test]
    fn what_is_seen_through_stands_on_its_ground() {
        let format = |pix_fmt: &str| Format::by(&stream(pix_fmt, [""; 4]), |_| true).expect("one");
        let mut logo = format("bgra");
        assert!(logo.is_seen_through() && logo.opaque().is_some_and(|f| !f.contains("negate")));
        logo.ground = Ground::Light;
        let size = FrameSize::new(720, 1280).expect("even");
        let rate = FrameRate::new(30, 1).expect("in range");
        let chain = logo.filters(size, rate, FitChoice::Cover);
        assert!(
            chain.contains("format=gbrap,negate,premultiply=inplace=1,negate,scale"),
            "{chain}"
        );
        // Before the copy around it is made of it.
        let chain = logo.filters(size, rate, FitChoice::Contain);
        let at = |filter: &str| chain.find(filter).expect(filter);
        assert!(at("negate,premultiply") < at("split"), "{chain}");
        assert_eq!(format("yuv420p").opaque(), None);
    }

    #[test]
    fn the_matrix_of_untagged_video_goes_by_its_size() {
        let mut video = stream("yuv420p", [""; 4]);
        for (width, height, expected) in [
            (720, 576, "bt601"),
            (1280, 720, "bt709"),
            (480, 854, "bt709"),
        ] {
            (video.width, video.height) = (width, height);
            assert_eq!(matrix(&video), Ok(expected), "{width}x{height}");
        }
    }

    #[test]
    fn what_cannot_be_converted_is_refused_with_the_reason() {
        let hdr = stream("yuv420p10le", ["bt2020nc", "bt2020", "smpte2084", "tv"]);
        let reason = Format::by(&hdr, |filter| filter != "zscale").expect_err("refused");
        assert!(
            reason.contains("HDR") && reason.contains("zscale"),
            "{reason}"
        );
        let odd = stream("yuv444p", ["ycgco", "", "", ""]);
        let reason = Format::by(&odd, |_| true).expect_err("refused");
        assert!(reason.contains("ycgco"), "{reason}");
    }

    #[test]
    fn interlaced_video_is_woven_apart() {
        let mut video = stream("yuv420p", [""; 4]);
        assert!(!chain(&video).contains("yadif"));
        video.field_order = "tt".into();
        assert!(chain(&video).starts_with("yadif=deint=interlaced,setpts"));
    }

    proptest! {
        /// Whatever a file says of itself, its words are not in the arguments.
        #[test]
        fn no_text_of_the_file_gets_into_the_filters(
            pix_fmt in "[ -~]{0,12}", space in "[ -~]{0,12}", primaries in "[ -~]{0,12}", transfer in "[ -~]{0,12}",
            range in "[ -~]{0,12}", field in "[ -~]{0,12}",
        ) {
            let mut video = stream(&pix_fmt, [&space, &primaries, &transfer, &range]);
            video.field_order = field;
            let size = FrameSize::new(64, 96).expect("even");
            let rate = FrameRate::new(30, 1).expect("in range");
            if let Ok(format) = Format::by(&video, |_| true) {
                for (fit, more, most) in [(FitChoice::Cover, "", 400), (FitChoice::Contain, "[];.", 700)] {
                    let chain = format.filters(size, rate, fit);
                    let ours = |c: char| c.is_ascii_alphanumeric() || "=,:'_+*/()-".contains(c) || more.contains(c);
                    prop_assert!(chain.chars().all(ours), "{}", chain);
                    prop_assert!(chain.len() < most, "{}", chain);
                }
            }
        }
    }
}
