//! The FFmpeg command lines of a render. Nothing in them comes from a user but paths, and those stand behind `file:`.

use std::ffi::{OsStr, OsString};

use camino::Utf8Path;

use super::RenderJob;
use crate::encode::{BT709, MP4, device, tag, video};
use crate::ffmpeg::{ffmpeg_file_url, ffmpeg_input_args};

/// The whole video in one piece. `frames` is FFmpeg's name of the raw frames: `pipe:0`, or a file by
/// [`ffmpeg_file_url`]; `title` is the file that has the title, if any.
pub(super) fn arguments(
    job: &RenderJob,
    frames: &OsStr,
    title: Option<&Utf8Path>,
) -> Vec<OsString> {
    let mut line = Line::default();
    line.frames(job, frames);
    line.sound_and_title(job, title);
    line.add(&video(&job.encode, job.rate));
    line.sound(job);
    line.tags(job, title);
    line.mp4(&job.output)
}

/// One part of the video, without sound. It begins with a key frame that nothing refers across, so [`join_arguments`]
/// can put it behind another part made of the same job.
pub(super) fn segment_arguments(
    job: &RenderJob,
    frames: &OsStr,
    output: &Utf8Path,
) -> Vec<OsString> {
    let mut line = Line::default();
    line.frames(job, frames);
    line.add(&["-map", "0:v:0"]);
    line.add(&video(&job.encode, job.rate));
    // An MP4 counts its length in milliseconds unless told otherwise; rounded up, it would open a gap behind each part.
    line.add(&["-movie_timescale", &job.rate.ratio().0.to_string()]);
    line.mp4(output)
}

/// The whole video from its parts, whose pictures are copied as they are. `list` is a list for FFmpeg's concat demuxer
/// beside the parts: lines `file 'NAME'`, each NAME relative and of letters, digits, `_`, `-` and `.` only.
pub(super) fn join_arguments(
    job: &RenderJob,
    list: &Utf8Path,
    title: Option<&Utf8Path>,
) -> Vec<OsString> {
    let mut line = Line::default();
    // Refuses absolute and unusual names in the list.
    line.add(&["-safe", "1"]);
    line.0.extend(ffmpeg_input_args("concat", list));
    line.sound_and_title(job, title);
    line.copied(job);
    line.sound(job);
    line.tags(job, title);
    line.mp4(&job.output)
}

/// The video at the output of `job` once more, as `again`: the pictures as they are, the sound encoded from the soundtrack
/// and changed by `gain_db`.
pub(super) fn sound_arguments(
    job: &RenderJob,
    gain_db: f64,
    title: Option<&Utf8Path>,
    again: &Utf8Path,
) -> Vec<OsString> {
    let mut line = Line::default();
    line.0.extend(ffmpeg_input_args("mov", &job.output));
    line.sound_and_title(job, title);
    line.copied(job);
    line.add(&["-af", &format!("volume={gain_db:.3}dB")]);
    line.sound(job);
    line.tags(job, title);
    line.mp4(again)
}

/// A command line as it grows.
#[derive(Default)]
struct Line(Vec<OsString>);

impl Line {
    fn add<S: AsRef<OsStr>>(&mut self, list: &[S]) {
        self.0
            .extend(list.iter().map(|arg| arg.as_ref().to_owned()));
    }

    /// The input of raw frames.
    fn frames(&mut self, job: &RenderJob, frames: &OsStr) {
        self.add(device(job.encode.encoder));
        // FFmpeg reads eight packets ahead where there are several inputs: as many frames, which leave the caches until
        // they are encoded.
        self.add(&["-thread_queue_size", "1"]);
        self.add(&["-protocol_whitelist", "file,pipe"]);
        self.add(&["-f", "rawvideo", "-pix_fmt", "yuv420p"]);
        self.add(&["-s", &job.size.to_string(), "-r", &job.rate.to_string()]);
        self.add(&BT709);
        self.add(&[OsStr::new("-i"), frames]);
    }

    /// The inputs behind that of the pictures, and what is taken of both.
    fn sound_and_title(&mut self, job: &RenderJob, title: Option<&Utf8Path>) {
        self.0.extend(ffmpeg_input_args("wav", &job.audio));
        if let Some(title) = title {
            self.0.extend(ffmpeg_input_args("ffmetadata", title));
        }
        self.add(&["-map", "0:v:0", "-map", "1:a:0"]);
    }

    /// The pictures as they are.
    fn copied(&mut self, job: &RenderJob) {
        self.add(&["-c:v", "copy"]);
        self.add(tag(job.encode.encoder.codec()));
    }

    /// The title, of the third input, and the language of both streams.
    fn tags(&mut self, job: &RenderJob, title: Option<&Utf8Path>) {
        if title.is_some() {
            self.add(&["-map_metadata", "2"]);
        }
        if let Some(language) = job.tags.language() {
            let language = format!("language={language}");
            self.add(&["-metadata:s:v:0", &language, "-metadata:s:a:0", &language]);
        }
    }

    fn sound(&mut self, job: &RenderJob) {
        let bitrate = job.encode.audio_bitrate.to_string();
        self.add(&["-c:a", "aac", "-b:a", &bitrate, "-ar", "48000", "-ac", "2"]);
        self.add(&["-flags:a", "+bitexact"]);
    }

    /// The output.
    fn mp4(mut self, output: &Utf8Path) -> Vec<OsString> {
        self.add(&["-map_metadata", "-1", "-map_chapters", "-1"]);
        self.add(&MP4);
        self.0.push(ffmpeg_file_url(output));
        self.0
    }
}

#[cfg(test)]
mod tests;
