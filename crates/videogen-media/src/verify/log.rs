//! Reads what FFmpeg's detectors write into the log of a decoding run (`-loglevel level+info`) and into `-progress`.

/// A stretch of time; without an end it lasts to the end of the video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    /// Its beginning in seconds.
    pub(super) start: f64,
    /// Its end in seconds.
    pub(super) end: Option<f64>,
}

impl Span {
    /// How long it lasts in a video of `duration` seconds.
    pub(super) fn seconds(&self, duration: f64) -> f64 {
        (self.end.unwrap_or(duration) - self.start).max(0.0)
    }
}

/// What a decoding run found.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Decoded {
    /// Frames that came out of the decoder.
    pub(super) frames: u64,
    /// How many lines were errors.
    pub(super) errors: usize,
    /// The first of them.
    pub(super) first_error: String,
    /// The last of them.
    pub(crate) last_error: String,
    /// Where the picture is black.
    pub(super) black: Vec<Span>,
    /// How many frames are dark, by `blackframe`.
    pub(crate) dark_frames: u64,
    /// Where the picture stands still.
    pub(super) frozen: Vec<Span>,
    /// Where there is no sound.
    pub(super) silent: Vec<Span>,
    /// Integrated loudness in LUFS, if anything is above the gate.
    pub(super) lufs: Option<f64>,
    /// True peak in dBTP, if any sample is not zero.
    pub(super) dbtp: Option<f64>,
}

impl Decoded {
    /// Seconds of it that are black, in `duration` seconds.
    pub(crate) fn black_seconds(&self, duration: f64) -> f64 {
        let black = self.black.iter();
        black.map(|span| span.seconds(duration)).sum()
    }
}

/// ebur128 prints this where nothing is above its absolute gate.
const GATE_LUFS: f64 = -70.0;

/// Reads the log. `frames` is left at 0.
pub(crate) fn parse(log: &str) -> Decoded {
    let mut decoded = Decoded::default();
    let mut in_summary = false;
    for line in log.lines() {
        // "[name @ 0x…] [level] text" or "[level] text"; lines of the summary have neither.
        let (context, rest) = match line
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "))
        {
            Some((context, rest)) if context.contains(" @ ") => (context, rest),
            _ => ("", line),
        };
        let (level, text) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((level, text)) => (level, text.trim()),
            None => ("", rest.trim()),
        };
        if matches!(level, "error" | "fatal" | "panic") {
            if decoded.errors == 0 {
                text.clone_into(&mut decoded.first_error);
            }
            text.clone_into(&mut decoded.last_error);
            decoded.errors += 1;
        } else if context.starts_with("blackdetect") {
            if let Some(start) = value(text, "black_start:") {
                decoded.black.push(Span {
                    start,
                    end: value(text, "black_end:"),
                });
            }
        } else if context.contains("blackframe") {
            decoded.dark_frames += u64::from(text.contains("pblack:"));
        } else if context.starts_with("freezedetect") {
            if let Some(start) = value(text, "freeze_start:") {
                decoded.frozen.push(Span { start, end: None });
            } else if let (Some(end), Some(last)) =
                (value(text, "freeze_end:"), decoded.frozen.last_mut())
            {
                last.end = Some(end);
            }
        } else if context.starts_with("silencedetect") {
            if let Some(start) = value(text, "silence_start:") {
                decoded.silent.push(Span { start, end: None });
            } else if let (Some(end), Some(last)) =
                (value(text, "silence_end:"), decoded.silent.last_mut())
            {
                last.end = Some(end);
            }
        } else if !level.is_empty() {
            in_summary = context.contains("ebur128") && text.starts_with("Summary");
        } else if in_summary && text.ends_with("LUFS") && text.starts_with("I:") {
            decoded.lufs = value(text, "I:").filter(|lufs| *lufs > GATE_LUFS);
        } else if in_summary && text.starts_with("Peak:") {
            decoded.dbtp = value(text, "Peak:").filter(|dbtp| dbtp.is_finite());
        }
    }
    decoded
}

/// The number of frames in the last report of `-progress`.
pub(crate) fn frames(progress: &str) -> u64 {
    let count = progress
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("frame="));
    count
        .and_then(|count| count.trim().parse().ok())
        .unwrap_or(0)
}

/// The number behind `key`.
fn value(text: &str, key: &str) -> Option<f64> {
    text.split_once(key)?
        .1
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Recorded from ffmpeg 5.1.9 on a black, silent video, shortened.
    const BLACK_AND_SILENT: &str = "\
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/tmp/me/bad.mp4':
[info]   Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 360x640, 30 fps (default)
[freezedetect @ 0x55ba184090c0] [info] lavfi.freezedetect.freeze_start: 0
[info] frame=  180 fps=0.0 q=-0.0 Lsize=N/A time=00:00:06.01 bitrate=N/A speed=23.6x
[info] video:83kB audio:1128kB subtitle:0kB other streams:0kB global headers:0kB muxing overhead: unknown
[blackdetect @ 0x55ba18407d00] [info] black_start:0 black_end:5.96667 black_duration:5.96667
[Parsed_ebur128_0 @ 0x55ba182a34c0] [info] Summary:

  Integrated loudness:
    I:         -70.0 LUFS
    Threshold:   0.0 LUFS

  Loudness range:
    LRA:         0.0 LU
    Threshold:   0.0 LUFS
    LRA low:     0.0 LUFS
    LRA high:    0.0 LUFS

  True peak:
    Peak:       -inf dBFS
";
    /// Recorded from ffmpeg 5.1.9 on a video cut off in the middle, with the sound of a good one.
    const CUT: &str = "\
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55dfec6fe900] [error] stream 0, offset 0xea9d: partial file
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55dfec6fe900] [error] stream 0, offset 0xfd7f: partial file
[freezedetect @ 0x55ba184090c0] [info] lavfi.freezedetect.freeze_start: 1.5
[freezedetect @ 0x55ba184090c0] [info] lavfi.freezedetect.freeze_duration: 2.5
[freezedetect @ 0x55ba184090c0] [info] lavfi.freezedetect.freeze_end: 4
[silencedetect @ 0x55ba184090c0] [info] silence_start: 0.5
[silencedetect @ 0x55ba184090c0] [info] silence_end: 2.25 | silence_duration: 1.75
[silencedetect @ 0x55ba184090c0] [info] silence_start: 5
[Parsed_ebur128_0 @ 0x55b1a55710c0] [info] Summary:

  Integrated loudness:
    I:         -21.8 LUFS
    Threshold: -31.8 LUFS

  True peak:
    Peak:      -20.7 dBFS
[info] something after the summary
    I:         -1.0 LUFS
";

    #[test]
    fn black_stillness_and_silence_are_read() {
        let decoded = parse(BLACK_AND_SILENT);
        assert_eq!(
            decoded.black,
            [Span {
                start: 0.0,
                end: Some(5.96667)
            }]
        );
        assert_eq!(
            decoded.frozen,
            [Span {
                start: 0.0,
                end: None
            }]
        );
        assert_eq!(
            (decoded.lufs, decoded.dbtp, decoded.errors),
            (None, None, 0)
        );
        assert!((decoded.frozen[0].seconds(6.0) - 6.0).abs() < 1e-9);
    }

    #[test]
    fn errors_are_counted_and_numbers_come_from_the_summary_only() {
        let decoded = parse(CUT);
        assert_eq!(
            (decoded.errors, &*decoded.first_error),
            (2, "stream 0, offset 0xea9d: partial file")
        );
        assert_eq!((decoded.lufs, decoded.dbtp), (Some(-21.8), Some(-20.7)));
        assert_eq!(
            decoded.frozen,
            [Span {
                start: 1.5,
                end: Some(4.0)
            }]
        );
        assert!(decoded.black.is_empty());
        let silent = [(0.5, Some(2.25)), (5.0, None)].map(|(start, end)| Span { start, end });
        assert_eq!(decoded.silent, silent);
    }

    #[test]
    fn dark_frames_are_counted() {
        let log = "\
[Parsed_blackframe_2 @ 0x5583] [info] frame:0 pblack:100 pts:0 t:0.000000 type:I last_keyframe:0
[Parsed_blackframe_2 @ 0x5583] [info] frame:1 pblack:86 pts:512 t:0.040000 type:P last_keyframe:0
[blackdetect @ 0x5584] [info] black_start:0 black_end:0.04 black_duration:0.04
";
        let decoded = parse(log);
        assert_eq!((decoded.dark_frames, decoded.black.len()), (2, 1));
    }

    #[test]
    fn the_last_progress_report_counts() {
        assert_eq!(
            frames("frame=1\nfps=0.00\nprogress=continue\nframe=  180\nprogress=end\n"),
            180
        );
        assert_eq!(frames(""), 0);
    }

    proptest! {
        #[test]
        fn any_log_is_read(log in "(\\[[a-z@ ]{0,12}\\] |black_start:|freeze_end:|I: |Peak:|[0-9.-]{0,4}|\n){0,40}") {
            let decoded = parse(&log);
            prop_assert!(decoded.errors <= log.lines().count());
        }
    }
}
