//! What a media file holds, measured by FFmpeg's own tools.

use camino::Utf8Path;
use serde_json::Value;

use crate::command::tool;

/// Streams and container of a file as `ffprobe -show_streams -show_format` gives them.
///
/// # Panics
/// When ffprobe refuses the file.
#[track_caller]
pub fn ffprobe_json(file: &Utf8Path) -> Value {
    let (json, _) = tool(
        "ffprobe",
        &[
            "-v",
            "error",
            "-show_streams",
            "-show_format",
            "-of",
            "json",
            file.as_str(),
        ],
    );
    serde_json::from_slice(&json).expect("ffprobe writes JSON")
}

/// The first stream of a kind (`video`, `audio`) in what [`ffprobe_json`] gives.
///
/// # Panics
/// When there is none.
#[track_caller]
pub fn stream<'a>(probe: &'a Value, kind: &str) -> &'a Value {
    probe["streams"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|stream| stream["codec_type"] == kind)
        .unwrap_or_else(|| panic!("no {kind} stream in {probe:#}"))
}

/// Makes `file` with FFmpeg, from its own sources as a rule; `arguments` are separated by spaces.
///
/// # Panics
/// When FFmpeg cannot make it.
#[track_caller]
pub fn make(file: &Utf8Path, arguments: &str) {
    let mut all = vec!["-hide_banner", "-nostdin", "-y"];
    all.extend(arguments.split(' '));
    all.push(file.as_str());
    tool("ffmpeg", &all);
}

/// Loudness of a file's first audio stream by ITU-R BS.1770.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// Integrated loudness in LUFS; −70 for silence, the gate's lower end.
    pub integrated: f64,
    /// Highest true peak in dBTP; negative infinity for silence.
    pub true_peak: f64,
}

/// Measures loudness with FFmpeg's `ebur128` filter.
///
/// # Panics
/// When FFmpeg cannot decode the file.
#[track_caller]
pub fn loudness(file: &Utf8Path) -> Loudness {
    let (_, log) = tool(
        "ffmpeg",
        &[
            "-hide_banner",
            "-nostats",
            "-i",
            file.as_str(),
            "-vn",
            "-filter:a",
            "ebur128=peak=true:framelog=verbose",
            "-f",
            "null",
            "-",
        ],
    );
    read_loudness(&log)
}

/// Reads the summary that the filter writes to the log.
fn read_loudness(log: &str) -> Loudness {
    let summary = &log[log.rfind("Summary:").expect("ebur128 writes a summary")..];
    let value = |label: &str| {
        summary
            .lines()
            .find_map(|line| line.trim().strip_prefix(label))
            .and_then(|rest| rest.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("no {label} in {summary}"))
    };
    Loudness {
        integrated: value("I:"),
        true_peak: value("Peak:"),
    }
}

/// Measures how loud a tone of so many hertz is in a file's first audio stream from one time to another, in seconds: its
/// amplitude, where full scale is 1, in its first channel.
///
/// # Panics
/// When FFmpeg cannot decode the file, or it ends before that time.
#[track_caller]
pub fn tone(file: &Utf8Path, hertz: f64, (from, to): (f64, f64)) -> f64 {
    let (bytes, log) = tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-i",
            file.as_str(),
            "-map",
            "0:a:0",
            // FFmpeg's own way from two channels to one adds floating samples at −3 dB each.
            "-af",
            "pan=mono|c0=c0",
            "-ar",
            "48000",
            "-f",
            "f32le",
            "-",
        ],
    );
    let (samples, _) = bytes.as_chunks::<4>();
    let [from, to] = [from, to].map(|seconds| (seconds * 48_000.0).round() as usize);
    assert!(
        from < to && to <= samples.len(),
        "{file} has {} samples, not {from} to {to} {log}",
        samples.len()
    );
    // A plain correlation with the tone.
    let (mut re, mut im) = (0.0, 0.0);
    for (index, bytes) in samples.iter().enumerate().take(to).skip(from) {
        let angle = std::f64::consts::TAU * hertz * index as f64 / 48_000.0;
        let sample = f64::from(f32::from_le_bytes(*bytes));
        re += sample * angle.cos();
        im += sample * angle.sin();
    }
    2.0 * f64::hypot(re, im) / (to - from) as f64
}

/// One decoded frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green and blue of each pixel, row after row.
    pub rgb: Vec<u8>,
}

impl Frame {
    /// Red, green and blue at column `x` of row `y`.
    ///
    /// # Panics
    /// Outside the frame.
    pub fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "({x}, {y}) is outside");
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }

    /// Mean of all values, 0 (black) to 255.
    pub fn mean(&self) -> f64 {
        let sum: u64 = self.rgb.iter().copied().map(u64::from).sum();
        sum as f64 / self.rgb.len() as f64
    }

    /// Mean absolute difference of all values to another frame's, 0 (equal) to 255.
    ///
    /// # Panics
    /// When the sizes differ.
    #[track_caller]
    pub fn difference(&self, other: &Self) -> f64 {
        assert_eq!(
            (self.width, self.height),
            (other.width, other.height),
            "frames of different size"
        );
        let sum: u64 = self
            .rgb
            .iter()
            .zip(&other.rgb)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        sum as f64 / self.rgb.len() as f64
    }

    /// The smallest rectangle `(left, top, right, bottom)`, ends excluded, around the pixels whose
    /// channels differ from another frame's by more than `threshold`; `None` when none do.
    ///
    /// # Panics
    /// When the sizes differ.
    #[track_caller]
    pub fn changed_area(
        &self,
        other: &Self,
        threshold: u8,
    ) -> Option<(usize, usize, usize, usize)> {
        assert_eq!(
            (self.width, self.height),
            (other.width, other.height),
            "frames of different size"
        );
        let mut area: Option<(usize, usize, usize, usize)> = None;
        let pixels = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
        for (index, (a, b)) in pixels.enumerate() {
            if a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= threshold) {
                continue;
            }
            let (x, y) = (index % self.width, index / self.width);
            let (left, top, right, bottom) = area.unwrap_or((x, y, x + 1, y + 1));
            area = Some((left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1)));
        }
        area
    }
}

/// The frame shown at a time, in seconds from the start.
///
/// # Panics
/// When the file has no video or ends before that time.
#[track_caller]
pub fn frame_at(file: &Utf8Path, seconds: f64) -> Frame {
    let probe = ffprobe_json(file);
    let video = stream(&probe, "video");
    let side = |name: &str| {
        let side = video[name].as_u64().expect("a video stream has a size");
        usize::try_from(side).expect("a frame fits into memory")
    };
    let (width, height) = (side("width"), side("height"));
    let (rgb, log) = tool(
        "ffmpeg",
        &[
            "-v",
            "error",
            "-ss",
            &seconds.to_string(),
            "-i",
            file.as_str(),
            "-map",
            "0:v:0",
            "-frames:v",
            "1",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-",
        ],
    );
    assert_eq!(
        rgb.len(),
        width * height * 3,
        "{file} shows no frame at {seconds} s {log}"
    );
    Frame { width, height, rgb }
}

/// Whether the index (`moov`) stands before the media data (`mdat`), so that a player can start
/// before it has the whole file.
///
/// # Panics
/// When the file cannot be read or is no MP4.
#[track_caller]
pub fn is_faststart(file: &Utf8Path) -> bool {
    let data = std::fs::read(file).unwrap_or_else(|error| panic!("failed to read {file}: {error}"));
    let mut rest = data.as_slice();
    // ISO/IEC 14496-12, 4.2: 32-bit size, four letters; size 1 means a 64-bit size after them.
    while let Some((size, after)) = rest.split_first_chunk::<4>() {
        let name = after.get(..4).expect("a box has a name");
        match name {
            b"moov" => return true,
            b"mdat" => return false,
            _ => {}
        }
        let size = match u32::from_be_bytes(*size) {
            1 => after[4..]
                .first_chunk::<8>()
                .and_then(|size| usize::try_from(u64::from_be_bytes(*size)).ok()),
            size => usize::try_from(size).ok(),
        };
        let size = size.filter(|size| *size >= 8).expect("a box has a size");
        rest = rest.get(size..).unwrap_or_default();
    }
    panic!("{file} holds neither index nor media data");
}

#[cfg(test)]
mod tests {
    use camino_tempfile::Utf8TempDir;

    use super::*;

    /// Two seconds: the first red, the second blue; a 1 kHz tone at −20 dBFS.
    fn clip(directory: &Utf8TempDir, more: &[&str]) -> camino::Utf8PathBuf {
        let file = directory.path().join("clip.mp4");
        let mut arguments = vec![
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=red:size=64x48:rate=25:duration=1[a];color=blue:size=64x48:rate=25:duration=1[b];[a][b]concat",
            "-f",
            "lavfi",
            "-i",
            "sine=1000:duration=2:sample_rate=48000,volume=-2dB",
            "-shortest",
            // Lossless: what is measured is what was made.
            "-c:a",
            "alac",
        ];
        arguments.extend(more);
        arguments.push(file.as_str());
        tool("ffmpeg", &arguments);
        file
    }

    #[test]
    fn a_clip_is_measured() {
        let directory = Utf8TempDir::new().unwrap();
        let file = clip(&directory, &["-movflags", "+faststart"]);
        let probe = ffprobe_json(&file);
        assert_eq!(stream(&probe, "video")["width"], 64);
        assert_eq!(stream(&probe, "audio")["codec_type"], "audio");

        let [red, blue] = [0.4, 1.6].map(|time| frame_at(&file, time));
        assert_eq!((red.width, red.height), (64, 48));
        let [r, _, b] = red.pixel(32, 24);
        assert!(r > 200 && b < 60, "{:?}", red.pixel(32, 24));
        assert!(blue.pixel(0, 47)[2] > 200);
        assert!(red.difference(&blue) > 100.0);
        assert!(red.difference(&red) < f64::EPSILON);
        assert_eq!(red.changed_area(&blue, 40), Some((0, 0, 64, 48)));
        assert!(red.mean() > 50.0 && red.mean() < 120.0);

        let loudness = loudness(&file);
        // `sine` has an amplitude of 1/8 (−18 dBFS); a mono tone of 1 kHz at −20 dBFS peak is at
        // −23 LUFS, by the definition of the unit.
        assert!((loudness.integrated + 23.0).abs() < 0.7, "{loudness:?}");
        assert!((loudness.true_peak + 20.0).abs() < 0.7, "{loudness:?}");
        let at = |hertz| tone(&file, hertz, (0.5, 1.5));
        assert!((at(1000.0) - 0.1).abs() < 0.005, "{}", at(1000.0));
        assert!(at(1100.0) < 0.001, "{}", at(1100.0));
        assert!(is_faststart(&file));
    }

    #[test]
    fn a_file_with_its_index_at_the_end_is_told() {
        let directory = Utf8TempDir::new().unwrap();
        assert!(!is_faststart(&clip(&directory, &[])));
    }

    #[test]
    fn only_what_changed_is_in_the_area() {
        let black = Frame {
            width: 4,
            height: 3,
            rgb: vec![0; 36],
        };
        let mut other = black.clone();
        other.rgb[(4 + 2) * 3] = 100;
        other.rgb[(2 * 4 + 3) * 3] = 100;
        other.rgb[0] = 5;
        assert_eq!(black.changed_area(&other, 10), Some((2, 1, 4, 3)));
        assert_eq!(black.changed_area(&black, 0), None);
    }

    #[test]
    fn silence_has_no_peak() {
        let log = "Summary:\n\n  Integrated loudness:\n    I:         -70.0 LUFS\n\n  True peak:\n    Peak:       -inf dBFS\n";
        let loudness = read_loudness(log);
        assert!((loudness.integrated + 70.0).abs() < f64::EPSILON);
        assert!(loudness.true_peak.is_infinite() && loudness.true_peak < 0.0);
    }

    #[test]
    #[should_panic(expected = "shows no frame")]
    fn a_time_after_the_end_is_told() {
        let directory = Utf8TempDir::new().unwrap();
        frame_at(&clip(&directory, &[]), 9.0);
    }
}
