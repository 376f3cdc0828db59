//! Telling the programs called `piper` apart, and reading what they complain about.

use camino::Utf8Path;
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdout, Supervisor};
use videogen_types::{Hint, Package, Program, Term};

use crate::Error;
use crate::backend::{PROBE_BYTES, first_line};

/// What to do about another program of that name.
fn mouse_tool() -> Hint {
    let what = "this is another program of the same name (Debian's package piper configures gaming mice); ";
    Hint::from(what).term(Program::SpeechPiper)
}

/// What to do about a version that is too old.
fn too_old() -> Hint {
    Hint::from("piper-tts before 1.3 reads text differently; ")
        .term(Term::Upgrade(Package::Python("piper-tts")))
}

/// Python with its libraries takes 0.3 s of CPU to print its help, on a busy machine with a cold disk many times that.
const PROBE: std::time::Duration = std::time::Duration::from_secs(20);

/// Which of the programs called `piper`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PiperFlavour {
    /// `piper-tts` 1.3 or later, in Python.
    Python,
    /// The C++ program of 2023 (rhasspy/piper).
    Cpp,
    /// The C++ program of libpiper (OHF-Voice/piper1-gpl).
    LibPiper,
}

/// What a program can do, as its help says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Features {
    pub(super) flavour: PiperFlavour,
    pub(super) no_normalize: bool,
    pub(super) sentence_silence: bool,
}

/// What a help text belongs to; the error is the advice.
fn classify(help: &str) -> Result<Features, Hint> {
    let has = |flag: &str| help.contains(flag);
    let flavour = if has("--json-input") || has("--json_input") {
        if has("--g2pw_dir") || has("--g2pw-dir") {
            PiperFlavour::LibPiper
        } else {
            PiperFlavour::Cpp
        }
    } else if has("--input-file") && has("--output-dir") && has("--length-scale") {
        PiperFlavour::Python
    } else if has("--update-voices") {
        return Err(too_old());
    } else {
        return Err(mouse_tool());
    };
    Ok(Features {
        flavour,
        no_normalize: has("--no-normalize"),
        sentence_silence: has("--sentence_silence") || has("--sentence-silence"),
    })
}

/// Runs `program --help` and sees which it is.
pub(super) async fn probe(supervisor: &Supervisor, program: &Utf8Path) -> Result<Features, Error> {
    let help = ask(supervisor, program, "--help").await?;
    classify(&help).map_err(|advice| Error::NotTheProgram {
        program: program.to_owned(),
        expected: "the speech synthesiser Piper",
        saw: first_line(&help),
        advice,
    })
}

async fn ask(supervisor: &Supervisor, program: &Utf8Path, arg: &str) -> Result<String, Error> {
    let command = Command::new(program.as_os_str(), PROBE)
        .arg(arg)
        .stdout(Stdout::Capture { limit: PROBE_BYTES });
    let outcome = supervisor
        .run(command, &CancellationToken::new())
        .await
        .map_err(|source| Error::process(super::ID, source))?;
    Ok(crate::backend::printed(&outcome))
}

/// For manifests. The Python program has no `--version`; beside it in a virtual environment lies the package's record.
pub(super) async fn version(
    supervisor: &Supervisor,
    program: &Utf8Path,
    flavour: PiperFlavour,
) -> String {
    let (name, found) = match flavour {
        PiperFlavour::Python => ("piper-tts", installed_version(program).await),
        PiperFlavour::Cpp => ("piper", own_version(supervisor, program).await),
        PiperFlavour::LibPiper => ("libpiper", own_version(supervisor, program).await),
    };
    found.map_or_else(|| name.to_owned(), |version| format!("{name}-{version}"))
}

async fn own_version(supervisor: &Supervisor, program: &Utf8Path) -> Option<String> {
    let line = first_line(&ask(supervisor, program, "--version").await.ok()?);
    let version = line.split_whitespace().last()?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| version.to_owned())
}

/// The version in the name of `lib/python3.*/site-packages/piper_tts-1.8.0.dist-info` (`Lib/site-packages` on Windows).
async fn installed_version(program: &Utf8Path) -> Option<String> {
    let program = program.canonicalize_utf8().ok()?;
    let root = program.parent()?.parent()?;
    let mut places = vec![root.join("Lib/site-packages")];
    if let Ok(mut entries) = tokio::fs::read_dir(root.join("lib")).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            if let Some(name) = entry
                .file_name()
                .to_str()
                .filter(|name| name.starts_with("python3"))
            {
                places.push(root.join("lib").join(name).join("site-packages"));
            }
        }
    }
    for place in places {
        let Ok(mut entries) = tokio::fs::read_dir(&place).await else {
            continue;
        };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let name = entry.file_name();
            let version = name
                .to_str()
                .and_then(|name| name.strip_prefix("piper_tts-"))
                .and_then(|rest| rest.strip_suffix(".dist-info"));
            if let Some(version) = version {
                return Some(version.to_owned());
            }
        }
    }
    None
}

/// The line that names the cause: the first exception of a traceback (the last one usually is the
/// `wave.Error: # channels not specified` that follows from it), or what the C++ program threw.
pub(super) fn cause(stderr: &str) -> Option<String> {
    let is_exception = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        let is_name = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'));
        let last = name.rsplit('.').next().unwrap_or_default();
        is_name
            && (last.ends_with("Error")
                || last.ends_with("Exception")
                || name.starts_with("onnxruntime."))
            && line.len() > name.len()
    };
    stderr
        .lines()
        .map(str::trim_end)
        .find(is_exception)
        .or_else(|| {
            stderr.lines().find(|line| {
                line.contains("what():")
                    || line.contains("error:")
                    || line.contains("doesn't exist")
            })
        })
        .map(|line| line.trim().chars().take(500).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_texts_are_told_apart() {
        let flavour = |help| classify(help).map(|features| features.flavour);
        assert_eq!(
            flavour(
                "usage: piper [-h] -m MODEL [-i INPUT_FILE] --input-file --output-dir --length-scale"
            ),
            Ok(PiperFlavour::Python)
        );
        assert_eq!(
            flavour("--output_raw --json-input --sentence_silence"),
            Ok(PiperFlavour::Cpp)
        );
        assert_eq!(
            flavour("--json-input --g2pw_dir"),
            Ok(PiperFlavour::LibPiper)
        );
        assert_eq!(flavour("--output-raw --update-voices"), Err(too_old()));
        assert_eq!(
            flavour("usage: piper [-h] [--version]\nGTK application to configure gaming devices"),
            Err(mouse_tool())
        );
        assert_eq!(flavour(""), Err(mouse_tool()));
    }

    #[test]
    fn the_first_exception_is_the_cause() {
        let stderr = "Traceback (most recent call last):\n  File \"x.py\", line 1\nValueError: embedded null character\n\nDuring handling of the \
            above exception, another exception occurred:\n\nTraceback (most recent call last):\nwave.Error: # channels not specified\n";
        assert_eq!(
            cause(stderr).as_deref(),
            Some("ValueError: embedded null character")
        );
        let onnx = "  x\nonnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf: [ONNXRuntimeError] : 7 : INVALID_PROTOBUF\n";
        assert!(cause(onnx).unwrap().contains("INVALID_PROTOBUF"));
        let cpp = "terminate called after throwing\n  what():  Model file doesn't exist\n";
        assert_eq!(
            cause(cpp).as_deref(),
            Some("what():  Model file doesn't exist")
        );
        assert_eq!(cause("INFO:__main__:Wrote x.wav\n"), None);
    }
}
