//! Stands in for `ffmpeg` and `ffprobe` and lacks what a file beside it says; see
//! `testkit::FAKE_FFMPEG_CONF`. Everything else is the real program's work.

#![allow(
    clippy::print_stderr,
    reason = "it speaks like the program it stands in for"
)]

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use testkit::FAKE_FFMPEG_CONF;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let called = PathBuf::from(arguments.next().unwrap_or_default());
    let arguments: Vec<OsString> = arguments.collect();
    let name = called.file_stem().map_or_else(
        || "ffmpeg".into(),
        |name| name.to_string_lossy().into_owned(),
    );
    let directory = match home(&called) {
        Ok(directory) => directory,
        Err(message) => {
            eprintln!("fake {name}: {message}");
            return ExitCode::from(125);
        }
    };
    let settings = match std::fs::read_to_string(directory.join(FAKE_FFMPEG_CONF)) {
        Ok(text) => Settings::read(&text),
        Err(error) => {
            eprintln!("fake {name}: failed to read {FAKE_FFMPEG_CONF}: {error}");
            return ExitCode::from(125);
        }
    };
    if let Some(log) = &settings.log
        && let Err(error) = tell(log, &arguments)
    {
        eprintln!("fake {name}: failed to write {}: {error}", log.display());
        return ExitCode::from(125);
    }
    let program = settings.real.join(&name);
    if is_query(&arguments) {
        return answer(&program, &arguments, &settings);
    }
    if let Some(missing) = settings.missing_for(&arguments) {
        // The words of FFmpeg 5 to 8.
        eprintln!("Unknown encoder or filter '{missing}'");
        return ExitCode::FAILURE;
    }
    if let Some(bad) = &settings.encode
        && is_encode(&arguments)
        && settings.is_due(&directory)
    {
        return encode_badly(&program, &arguments, bad);
    }
    match settings.run.as_str() {
        "fail" => {
            eprintln!("Error while filtering: Input/output error\nConversion failed!");
            ExitCode::FAILURE
        }
        "hang" => loop {
            std::thread::park();
        },
        "crash" => {
            let noise = "x".repeat(1023) + "\n";
            let mut stderr = std::io::stderr().lock();
            for _ in 0..512 {
                let _ = stderr.write_all(noise.as_bytes());
            }
            std::process::abort();
        }
        _ => become_program(&program, &arguments),
    }
}

/// Adds arguments to a file, in one write: calls may overlap.
fn tell(log: &Path, arguments: &[OsString]) -> std::io::Result<()> {
    let words: Vec<_> = arguments
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    let lines = words.join("\n") + "\n";
    let mut file = OpenOptions::new().append(true).create(true).open(log)?;
    file.write_all(lines.as_bytes())
}

/// The directory this program was called in: of the link, not of what it points to.
fn home(called: &Path) -> Result<PathBuf, String> {
    if called.components().count() > 1
        && let Some(directory) = called.parent()
    {
        return Ok(directory.to_owned());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|directory| directory.join(FAKE_FFMPEG_CONF).is_file())
        .ok_or_else(|| format!("no {FAKE_FFMPEG_CONF} beside it"))
}

#[derive(Debug, Default)]
struct Settings {
    real: PathBuf,
    log: Option<PathBuf>,
    version: Option<String>,
    without: Vec<String>,
    run: String,
    encode: Option<String>,
    times: Option<u64>,
}

impl Settings {
    fn read(text: &str) -> Self {
        let mut settings = Self {
            real: "/usr/bin".into(),
            ..Self::default()
        };
        for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "log" => settings.log = Some(value.into()),
                "real" => settings.real = value.into(),
                "version" => settings.version = Some(value.to_owned()),
                "without" => settings.without.extend(names_of(value)),
                "run" => value.clone_into(&mut settings.run),
                "encode" => settings.encode = Some(value.to_owned()),
                "times" => settings.times = value.parse().ok(),
                _ => eprintln!("fake ffmpeg: unknown setting {key}"),
            }
        }
        settings
    }

    /// Whether one more encode is to go wrong; counted in a file in `directory`, one byte each.
    fn is_due(&self, directory: &Path) -> bool {
        let count = directory.join("encodes");
        let before = std::fs::metadata(&count).map_or(0, |about| about.len());
        let file = OpenOptions::new().append(true).create(true).open(count);
        let counted = file.and_then(|mut file| file.write_all(b"."));
        counted.is_ok() && self.times.is_none_or(|times| before < times)
    }

    /// What an encode asks for and this build lacks. An encoder stands alone in an argument, a
    /// filter somewhere in a graph, before `=`, `,`, `;`, `[` or the end.
    fn missing_for(&self, arguments: &[OsString]) -> Option<&str> {
        self.without
            .iter()
            .find(|name| {
                arguments.iter().any(|argument| {
                    argument
                        .to_string_lossy()
                        .split(['=', ',', ';', '[', ']', '@'])
                        .any(|part| part == name.as_str())
                })
            })
            .map(String::as_str)
    }

    /// The real program's answer with the missing things left out and the version replaced.
    fn rewrite(&self, answer: &str) -> String {
        answer
            .lines()
            .filter(|line| {
                !line
                    .split_whitespace()
                    .any(|word| self.without.iter().any(|name| name == word))
            })
            .map(|line| {
                let mut line: String = line
                    .split(' ')
                    .filter(|word| {
                        word.strip_prefix("--enable-")
                            .is_none_or(|library| self.without.iter().all(|name| name != library))
                    })
                    .collect::<Vec<_>>()
                    .join(" ");
                if let Some(version) = &self.version
                    && let Some((before, after)) = line.split_once(" version ")
                {
                    let after = after.split_once(' ').map_or("", |(_, after)| after);
                    line = format!("{before} version {version} {after}");
                }
                line + "\n"
            })
            .collect()
    }
}

/// What goes with a library: its filters and encoders by the names FFmpeg gives them.
fn names_of(library: &str) -> Vec<String> {
    let more: &[&str] = match library {
        "libass" => &["ass", "subtitles"],
        "libx264" => &["libx264rgb"],
        "libfreetype" => &["drawtext"],
        _ => &[],
    };
    std::iter::once(&library)
        .chain(more)
        .map(|&name| name.to_owned())
        .collect()
}

/// Whether the arguments only ask what the program can do.
fn is_query(arguments: &[OsString]) -> bool {
    const QUERIES: [&str; 12] = [
        "-version",
        "-buildconf",
        "-encoders",
        "-decoders",
        "-codecs",
        "-filters",
        "-formats",
        "-muxers",
        "-demuxers",
        "-protocols",
        "-hwaccels",
        "-h",
    ];
    arguments
        .iter()
        .any(|argument| QUERIES.iter().any(|query| argument == query))
}

/// Whether the arguments encode frames that come through a pipe.
fn is_encode(arguments: &[OsString]) -> bool {
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    has("rawvideo") && has("pipe:0")
}

/// Encodes and calls it a success, with something wrong in what it wrote.
fn encode_badly(program: &Path, arguments: &[OsString], bad: &str) -> ExitCode {
    let mut arguments = arguments.to_vec();
    let Some(output) = arguments.pop() else {
        return ExitCode::from(125);
    };
    // Before the output stands what is done to the pictures.
    if let Some(filter) = bad.strip_prefix("filter:") {
        arguments.extend(["-vf".into(), filter.into()]);
    }
    arguments.push(output.clone());
    let ended = command(program, &arguments).status();
    let code = ended.ok().and_then(|status| status.code()).unwrap_or(125);
    let output = output.to_string_lossy();
    let path = Path::new(output.strip_prefix("file:").unwrap_or(&output));
    let changed = match bad {
        "cut" => std::fs::metadata(path).and_then(|about| {
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(about.len() / 2)
        }),
        "garbage" => std::fs::write(path, "not a video at all\n".repeat(999)),
        "nothing" => std::fs::remove_file(path),
        // The index is in front; behind it are the frames.
        "damage" => std::fs::read(path).and_then(|mut bytes| {
            let from = bytes.len() / 2;
            for byte in &mut bytes[from..] {
                *byte ^= 0x5a;
            }
            std::fs::write(path, bytes)
        }),
        _ => Ok(()),
    };
    if let Err(error) = changed {
        eprintln!("fake ffmpeg: failed to change {}: {error}", path.display());
        return ExitCode::from(125);
    }
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stand-in program of the tests, not part of videogen"
)]
fn command(program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn answer(program: &Path, arguments: &[OsString], settings: &Settings) -> ExitCode {
    let output = command(program, arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    match output {
        Ok(output) => {
            let text = settings.rewrite(&String::from_utf8_lossy(&output.stdout));
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::from(
                output
                    .status
                    .code()
                    .and_then(|code| u8::try_from(code).ok())
                    .unwrap_or(1),
            )
        }
        Err(error) => {
            eprintln!(
                "fake ffmpeg: failed to start {}: {error}",
                program.display()
            );
            ExitCode::from(125)
        }
    }
}

/// Replaces this process by the real program, which keeps id, group and pipes: whoever supervises
/// us supervises it.
#[cfg(unix)]
fn become_program(program: &Path, arguments: &[OsString]) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command(program, arguments).exec();
    eprintln!(
        "fake ffmpeg: failed to start {}: {error}",
        program.display()
    );
    ExitCode::from(125)
}

#[cfg(not(unix))]
fn become_program(program: &Path, arguments: &[OsString]) -> ExitCode {
    let code = command(program, arguments)
        .status()
        .ok()
        .and_then(|status| status.code())
        .and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::from(125), ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_in_no_answer() {
        let settings = Settings::read("without=libass\nwithout=libx264\nversion=4.4.1\n");
        let answer = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000\n\
            configuration: --enable-gpl --enable-libass --enable-libx264\n\
            \u{20}V....D libx264              H.264\n V..... libx264rgb           H.264 RGB\n\
            \u{20}.. ass               V->V       ASS\n T. xfade             VV->V      Cross fade\n";
        assert_eq!(
            settings.rewrite(answer),
            "ffmpeg version 4.4.1 Copyright (c) 2000\nconfiguration: --enable-gpl\n\
             \u{20}T. xfade             VV->V      Cross fade\n"
        );
    }

    #[test]
    fn an_encode_that_needs_it_fails() {
        let settings = Settings::read("without=libass\nwithout=libx264");
        let arguments = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            settings.missing_for(&arguments(&["-i", "a", "-c:v", "libx264", "b"])),
            Some("libx264")
        );
        assert_eq!(
            settings.missing_for(&arguments(&["-vf", "scale=2:2,ass=file.ass"])),
            Some("ass")
        );
        assert_eq!(
            settings.missing_for(&arguments(&["-c:v", "mpeg4", "bass.mp4"])),
            None
        );
    }

    #[test]
    fn queries_are_told_from_work() {
        assert!(is_query(&["-hide_banner".into(), "-filters".into()]));
        assert!(!is_query(&["-i".into(), "a.mp4".into(), "b.mp4".into()]));
    }
}
