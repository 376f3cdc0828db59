//! Whether a voice's files are those of a network that can be run here, before anything is loaded.

use std::fs::File;

use camino::Utf8Path;

use super::outline;
use super::roles::{self, Roles};
use super::symbols::{END, PAD, START};
use crate::backend::piper::{PiperOptions, VoiceConfig, check_voice};
use crate::{Error, Voice};

/// The largest network that is loaded. Piper's largest voices have 137 MB; a protobuf cannot have more than 2 GiB.
const MOST_BYTES: u64 = 1 << 29;

/// A voice that was checked.
#[derive(Debug)]
pub(super) struct NativeVoice {
    pub(super) options: PiperOptions,
    pub(super) config: VoiceConfig,
    pub(super) roles: Roles,
    /// The voice of espeak-ng that gives its phonemes.
    pub(super) espeak_voice: String,
}

/// Checks the two files of a voice, with the graph of its network, and that it can be spoken with as `options` say.
///
/// # Errors
/// [`Error::Model`], [`Error::Config`], [`Error::UnknownSpeaker`] and [`Error::InvalidOption`].
pub(super) async fn check(options: PiperOptions) -> Result<(NativeVoice, Voice), Error> {
    let (options, config, voice) = check_voice(options).await?;
    let model = options.model.clone();
    let look = move || look(&model);
    let looked = tokio::task::spawn_blocking(look).await;
    let looked = looked.unwrap_or_else(|_| Err("reading it was interrupted".to_owned()));
    let roles = looked.map_err(|problem| Error::Model {
        path: options.model.clone(),
        problem,
    })?;
    let espeak_voice = readable(&config, &roles).map_err(|problem| Error::Config {
        path: format!("{}.json", options.model).into(),
        problem,
    })?;
    let native = NativeVoice {
        options,
        config,
        roles,
        espeak_voice,
    };
    Ok((native, voice))
}

/// Reads the graph at `path`, which is known to be a whole ONNX file.
fn look(path: &Utf8Path) -> Result<Roles, String> {
    let unread = |error: std::io::Error| format!("it cannot be read: {error}");
    let file: File = videogen_durable::open_regular(path).map_err(unread)?;
    let size = file.metadata().map_err(unread)?.len();
    if size > MOST_BYTES {
        let (size, most) = (size >> 20, MOST_BYTES >> 20);
        return Err(format!("it has {size} MiB, and no voice more than {most}"));
    }
    let outline = outline::read(file, size).map_err(|problem| format!("it {problem}"))?;
    roles::find(&outline).map_err(|problem| format!("it {problem}"))
}

/// The voice of espeak-ng that a description names, if the description is that of the network and of phonemes that espeak-ng gives.
fn readable(config: &VoiceConfig, roles: &Roles) -> Result<String, String> {
    if config.phoneme_type != "espeak" {
        let kind = &config.phoneme_type;
        return Err(format!(
            "its phonemes are of the kind {kind:?}, which only Piper's program gives"
        ));
    }
    if config.speakers > 1 && !roles.has_speakers {
        let speakers = config.speakers;
        return Err(format!(
            "it tells of {speakers} speakers, and the network has one"
        ));
    }
    for mark in [START, PAD, END] {
        if config.phoneme_ids.get(mark).is_none_or(Vec::is_empty) {
            return Err(format!("phoneme_id_map has no number for {mark}"));
        }
    }
    if config.phoneme_ids.values().flatten().any(|id| *id < 0) {
        return Err("phoneme_id_map has a number below 0".to_owned());
    }
    let voice = config.espeak_voice.clone().filter(|voice| is_name(voice));
    voice.ok_or_else(|| "espeak.voice is missing or no name".to_owned())
}

/// Whether a name can be one of espeak-ng's voices, and nothing else in a list of arguments.
fn is_name(voice: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/');
    voice.starts_with(|c: char| c.is_ascii_alphanumeric())
        && voice.len() <= 64
        && voice.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TINY: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/piper/en_US-tiny-low.onnx"
    );

    /// What is said of a voice of these files.
    async fn told(model: &[u8], config: &str) -> Error {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("x.onnx");
        std::fs::write(&path, model).unwrap();
        std::fs::write(format!("{path}.json"), config).unwrap();
        let error = check(PiperOptions::new(path)).await.unwrap_err();
        assert!(error.help().is_some(), "{error}");
        error
    }

    fn files() -> (Vec<u8>, String) {
        let config = std::fs::read_to_string(format!("{TINY}.json")).unwrap();
        (std::fs::read(TINY).unwrap(), config)
    }

    #[tokio::test]
    async fn a_voice_is_known_by_its_graph() {
        let (voice, listed) = check(PiperOptions::new(TINY)).await.unwrap();
        assert_eq!(
            (&*voice.espeak_voice, &*listed.key),
            ("en-us", "en_US-tiny-low")
        );
        assert_eq!(voice.roles.decoder.unwrap().hop, 256);
    }

    #[tokio::test]
    async fn what_is_no_voice_is_refused_with_the_reason() {
        let (good, config) = files();
        let renamed = |from: &[u8], to: &[u8]| -> Vec<u8> {
            assert_eq!(from.len(), to.len());
            let mut bytes = good.clone();
            let mut n = 0;
            while n + from.len() <= bytes.len() {
                if bytes[n..].starts_with(from) {
                    bytes[n..n + to.len()].copy_from_slice(to);
                }
                n += 1;
            }
            bytes
        };
        // A graph of zero bytes: a field of number 0, which is none.
        let mut zeros = vec![0x08, 0x08, 0x3a, 0xa0, 0x1f];
        zeros.resize(5 + 4000, 0);
        for (model, reason) in [
            (zeros, "no input"),
            (renamed(b"scales", b"styles"), "no input \"scales\""),
            (renamed(b"Ceil", b"Less"), "durations"),
            (renamed(b"output", b"logits"), "first output"),
            (good[..good.len() / 2].to_vec(), "cut off"),
            (b"<!DOCTYPE html><html>".to_vec(), "web page"),
            (
                b"version https://git-lfs.github.com/spec/v1".to_vec(),
                "Git LFS",
            ),
        ] {
            let error = told(&model, &config).await;
            let is_it = matches!(&error, Error::Model { problem, .. } if problem.contains(reason));
            assert!(is_it, "{reason}: {error}");
        }
    }

    #[tokio::test]
    async fn a_description_that_does_not_fit_is_refused_with_the_reason() {
        let (good, config) = files();
        for (from, to, reason) in [
            ("\"num_speakers\": 1", "\"num_speakers\": 3", "3 speakers"),
            (
                "\"phoneme_type\": \"espeak\"",
                "\"phoneme_type\": \"pinyin\"",
                "pinyin",
            ),
            (
                "\"voice\": \"en-us\"",
                "\"voice\": \"--help\"",
                "espeak.voice",
            ),
            ("\"_\": [\n   0\n  ]", "\"_\": []", "phoneme_id_map"),
            ("   7\n", "   -7\n", "below 0"),
        ] {
            assert!(config.contains(from), "{from}");
            let error = told(&good, &config.replace(from, to)).await;
            let is_it = matches!(&error, Error::Config { problem, .. } if problem.contains(reason));
            assert!(is_it, "{reason}: {error}");
        }
    }

    /// A file with a hole takes no room on the disk.
    #[tokio::test]
    async fn two_gigabytes_are_not_read() {
        let (good, config) = files();
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("x.onnx");
        // One more field of the file, of 2 GiB less 1 MiB.
        let length = (2_u64 << 30) - (1 << 20);
        let mut bytes = good;
        bytes.push(2 << 3 | 2);
        let mut rest = length;
        while rest >= 0x80 {
            bytes.push((rest & 0x7f) as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        std::fs::write(&path, &bytes).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(bytes.len() as u64 + length).unwrap();
        std::fs::write(format!("{path}.json"), config).unwrap();
        let error = check(PiperOptions::new(path)).await.unwrap_err();
        assert!(error.to_string().contains("2047 MiB"), "{error}");
    }
}
