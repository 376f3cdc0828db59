//! The job as each of the others takes it: a script's JSON, a specification, a filter graph. All text in them is ours.

use std::fmt::Write as _;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use videogen_media::EncodeSettings;
use videogen_process::{Command, locate};

use super::Settings;
use crate::case::Case;
use crate::sound::{self, Word};
use crate::studio::Studio;
use crate::worker::{Material, scenes};

/// For one run of a peer: the slowest takes some ten times the length of the clip.
const DEADLINE: Duration = Duration::from_mins(30);
/// Seconds a line of captions is shown.
const LINE: f64 = 2.0;
/// Height of a letter to the width of the frame.
const FONT_SIZE: f64 = 0.075;
/// The largest zoom, as ours.
const ZOOM: f64 = 0.2;

/// What a peer is asked to do.
pub(super) struct Task<'a> {
    pub(super) studio: &'a Studio,
    pub(super) case: &'a Case,
    pub(super) seconds: f64,
    pub(super) material: &'a Material,
}

/// A command, or why there is none.
pub(super) type Installed = Result<Command, String>;

impl Task<'_> {
    fn output(&self) -> Utf8PathBuf {
        self.studio.work.path().join("peer.mp4")
    }

    fn size(&self) -> (u32, u32) {
        (self.case.size.width(), self.case.size.height())
    }

    fn scenes(&self) -> Vec<(Utf8PathBuf, f64)> {
        let pictures = self.material.pictures.iter().cycle().cloned();
        pictures.zip(scenes(self.seconds)).collect()
    }

    /// The caption font. Written into the working directory: a filter graph takes a name without quoting.
    fn font() -> Utf8PathBuf {
        Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../crates/videogen-media/fonts/Inter-ExtraBold.otf")
    }

    /// Puts the font and each line of captions into the working directory, for `drawtext`.
    pub(super) fn write_lines(&self) -> Result<(), String> {
        let work = self.studio.work.path();
        let failed = |path: &Utf8Path, error: std::io::Error| format!("writing {path}: {error}");
        let font = work.join("font.otf");
        std::fs::copy(Self::font(), &font).map_err(|error| failed(&font, error))?;
        for (index, line) in lines(&sound::words(self.seconds)).iter().enumerate() {
            let path = work.join(format!("line-{index}.txt"));
            std::fs::write(&path, &line.text).map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }

    pub(super) fn moviepy(&self, settings: Settings) -> Result<Installed, String> {
        let python = self.studio.dir.join("moviepy-venv/bin/python");
        if !python.exists() {
            return Ok(Err(
                "not installed; `cargo xtask bench peers` does that".to_owned()
            ));
        }
        let (width, height) = self.size();
        let encode = match settings {
            Settings::Own => Value::Null,
            Settings::Equal => {
                let EncodeSettings { crf, x264, .. } = EncodeSettings::FINE;
                json!({"crf": crf, "preset": x264.preset, "params": x264.params})
            }
        };
        let scenes: Vec<Value> = self
            .scenes()
            .into_iter()
            .map(|(picture, seconds)| json!({"picture": picture, "seconds": seconds}))
            .collect();
        let lines: Vec<Value> = lines(&sound::words(self.seconds))
            .into_iter()
            .map(|line| json!({"text": line.text, "start": line.start, "end": line.end}))
            .collect();
        let job = json!({
            "width": width,
            "height": height,
            "fps": self.case.rate.per_second(),
            "scenes": scenes,
            "lines": lines,
            "font": Self::font(),
            "font_size": (f64::from(width) * FONT_SIZE).round(),
            "voice": self.material.voice,
            "music": self.material.music,
            "work": self.studio.work.path(),
            "output": self.output(),
            "encode": encode,
        });
        let path = self.studio.work.path().join("job.json");
        std::fs::write(&path, job.to_string())
            .map_err(|error| format!("writing {path}: {error}"))?;
        let script = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/moviepy_two_encodes.py");
        Ok(Ok(Command::new(python.as_str(), DEADLINE)
            .args([script.as_str(), path.as_str()])
            .current_dir(self.studio.work.path())
            // The same FFmpeg for all; MoviePy would take one it brings along.
            .env("FFMPEG_BINARY", self.studio.ffmpeg.path().as_str())))
    }

    pub(super) fn editly(&self, settings: Settings) -> Result<Installed, String> {
        let program = self.studio.dir.join("editly/node_modules/.bin/editly");
        if !program.exists() {
            return Ok(Err("not installed; `cargo xtask bench peers` tries, it needs Cairo, Pango and Mesa headers".to_owned()));
        }
        // editly draws into a window: without a screen it needs a virtual one.
        let Some(screen) = locate("xvfb-run", std::env::var_os("PATH").as_deref()) else {
            return Ok(Err("installed, but xvfb-run is not".to_owned()));
        };
        let (width, height) = self.size();
        let lines = lines(&sound::words(self.seconds));
        let clips: Vec<Value> = self
            .scenes()
            .into_iter()
            .enumerate()
            .map(|(index, (picture, seconds))| {
                let text = lines.get(index).map_or("", |line| line.text.as_str());
                json!({
                    "duration": seconds,
                    "layers": [
                        {"type": "image", "path": picture, "zoomDirection": "in", "zoomAmount": ZOOM},
                        {"type": "subtitle", "text": text, "fontPath": Self::font()},
                    ],
                })
            })
            .collect();
        let mut spec = json!({
            "width": width,
            "height": height,
            "fps": self.case.rate.per_second(),
            "outPath": self.output(),
            "defaults": {"transition": {"name": "fade", "duration": 0.6}},
            "clips": clips,
            "audioTracks": [
                {"path": self.material.voice},
                {"path": self.material.music, "mixVolume": 0.2},
            ],
        });
        if settings == Settings::Equal {
            let mut options = ours();
            options.extend(["-pix_fmt", "yuv420p", "-c:a", "aac"].map(String::from));
            spec["customOutputArgs"] = json!(options);
        }
        let path = self.studio.work.path().join("editly.json");
        std::fs::write(&path, spec.to_string())
            .map_err(|error| format!("writing {path}: {error}"))?;
        Ok(Ok(Command::new(screen, DEADLINE)
            .args(["-a", program.as_str(), "--json", path.as_str()])
            .current_dir(self.studio.work.path())))
    }

    /// What the predecessor did: every picture is an endless input, decoded and enlarged for every frame.
    pub(super) fn one_command(&self, settings: Settings) -> Command {
        let (width, height) = self.size();
        let rate = self.case.rate.per_second();
        let scenes = self.scenes();
        let mut graph = String::new();
        for (index, (_, seconds)) in scenes.iter().enumerate() {
            let last = (seconds * rate).max(1.0);
            let _ = write!(
                graph,
                "[{index}:v]scale={}:{},zoompan=z='1+{ZOOM}*on/{last}':d=1:x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)'\
                 :s={width}x{height}:fps={rate},setsar=1[v{index}];",
                width * 4,
                height * 4
            );
        }
        for index in 0..scenes.len() {
            let _ = write!(graph, "[v{index}]");
        }
        let _ = write!(graph, "concat=n={}:v=1:a=0", scenes.len());
        for (index, line) in lines(&sound::words(self.seconds)).iter().enumerate() {
            let _ = write!(
                graph,
                ",drawtext=fontfile=font.otf:textfile=line-{index}.txt:fontsize={:.0}:fontcolor=white:borderw=4\
                 :x=(w-text_w)/2:y=h*0.68:enable='between(t,{:.3},{:.3})'",
                f64::from(width) * FONT_SIZE * 0.6,
                line.start,
                line.end
            );
        }
        let voice = scenes.len();
        let _ = write!(
            graph,
            "[video];[{}:a]volume=0.2[music];[{voice}:a][music]amix=inputs=2:duration=first[sound]",
            voice + 1
        );
        let mut command = self
            .studio
            .ffmpeg
            .command(DEADLINE)
            .current_dir(self.studio.work.path());
        for (picture, seconds) in &scenes {
            let (rate, seconds) = (rate.to_string(), seconds.to_string());
            command = command.args([
                "-loop",
                "1",
                "-framerate",
                &rate,
                "-t",
                &seconds,
                "-i",
                picture.as_str(),
            ]);
        }
        command = command
            .args([
                "-i",
                self.material.voice.as_str(),
                "-i",
                self.material.music.as_str(),
            ])
            .args([
                "-filter_complex",
                &graph,
                "-map",
                "[video]",
                "-map",
                "[sound]",
            ]);
        command = match settings {
            Settings::Own => command.args(["-c:v", "libx264", "-preset", "medium"]),
            Settings::Equal => command.args(ours()),
        };
        command.args([
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-shortest",
            "-y",
            self.output().as_str(),
        ])
    }
}

/// Our settings of x264 as options of FFmpeg.
fn ours() -> Vec<String> {
    let EncodeSettings { crf, x264, .. } = EncodeSettings::FINE;
    [
        "-c:v",
        "libx264",
        "-preset",
        x264.preset,
        "-crf",
        &crf.to_string(),
        "-x264-params",
        x264.params,
    ]
    .map(String::from)
    .into()
}

/// Words shown together.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    text: String,
    start: f64,
    end: f64,
}

/// The words in lines of some two seconds, each until the next begins.
fn lines(words: &[Word]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if word.end - line.start <= LINE => {
                line.text.push(' ');
                line.text.push_str(word.text);
                line.end = word.end;
            }
            _ => lines.push(Line {
                text: word.text.to_owned(),
                start: word.start,
                end: word.end,
            }),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hold_every_word_once_and_do_not_overlap() {
        let words = sound::words(12.0);
        let lines = lines(&words);
        let shown: Vec<&str> = lines.iter().flat_map(|line| line.text.split(' ')).collect();
        let said: Vec<&str> = words.iter().map(|word| word.text).collect();
        assert_eq!(shown, said);
        assert!(lines.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!(lines.iter().all(|line| line.end - line.start <= LINE));
    }
}
