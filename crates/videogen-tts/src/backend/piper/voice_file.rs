//! Checking a voice's two files before a program is started for them.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};

use camino::{Utf8Path, Utf8PathBuf};

use crate::Error;

/// Less is an error page or a stub: the smallest network that speaks is larger.
const LEAST_BYTES: u64 = 1024;
/// The largest description that is read; real ones have 2–20 KB.
const MOST_CONFIG_BYTES: u64 = 4 << 20;

/// What a voice's description says, as far as it is needed here.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend) struct VoiceConfig {
    /// 8000..=48000.
    pub(in crate::backend) sample_rate: u32,
    /// BCP 47 tag.
    pub(in crate::backend) language: String,
    /// At least 1.
    pub(in crate::backend) speakers: u32,
    /// The voice's own pace, above 0.
    pub(in crate::backend) length_scale: f64,
    /// The voice's own variation of the sound and of the rhythm, 0 or more.
    pub(in crate::backend) noise_scale: f32,
    pub(in crate::backend) noise_w: f32,
    /// Whose phonemes it reads: `espeak`, or those of a library of another name.
    pub(in crate::backend) phoneme_type: String,
    /// The voice of espeak-ng that gives them.
    pub(in crate::backend) espeak_voice: Option<String>,
    /// The numbers of each phoneme.
    pub(in crate::backend) phoneme_ids: BTreeMap<String, Vec<i32>>,
}

impl VoiceConfig {
    pub(super) fn description(&self) -> String {
        match self.speakers {
            1 => format!("Piper voice, {} Hz", self.sample_rate),
            n => format!("Piper voice, {} Hz, {n} speakers", self.sample_rate),
        }
    }
}

/// Checks that Piper could load the voice at `model`, `KEY.onnx` with `KEY.onnx.json` beside it, as far as that can be known
/// without Piper: the model is whole and has a network, and its description has what is needed. Nothing is made of the first
/// bytes alone: models of different exporters begin differently.
///
/// # Errors
/// [`Error::Model`], [`Error::Config`], or the file cannot be read.
pub async fn check_piper_voice(model: &Utf8Path) -> Result<(), Error> {
    check(model).await.map(drop)
}

/// Checks `KEY.onnx` and `KEY.onnx.json`; gives what the latter says, and KEY.
pub(super) async fn check(model: &Utf8Path) -> Result<(VoiceConfig, String), Error> {
    let owned = model.to_owned();
    let walked = tokio::task::spawn_blocking(move || check_model(&owned)).await;
    match walked {
        Ok(result) => result.map_err(|problem| Error::Model {
            path: model.to_owned(),
            problem,
        })?,
        Err(_) => {
            return Err(Error::Model {
                path: model.to_owned(),
                problem: "reading it was interrupted".into(),
            });
        }
    }
    let path = Utf8PathBuf::from(format!("{model}.json"));
    let bad = |problem: String| Error::Config {
        path: path.clone(),
        problem,
    };
    let to_read = path.clone();
    let read = move || videogen_durable::read_regular(&to_read, MOST_CONFIG_BYTES);
    let read = tokio::task::spawn_blocking(read).await;
    let bytes = match read.unwrap_or_else(|_| Err(std::io::ErrorKind::Interrupted.into())) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(bad("the file is missing".into()));
        }
        Err(source) if source.kind() == std::io::ErrorKind::FileTooLarge => {
            return Err(bad(source.to_string()));
        }
        Err(source) => return Err(Error::io("reading", &path)(source)),
    };
    let config = parse_config(&bytes).map_err(bad)?;
    Ok((config, model.file_stem().unwrap_or("voice").to_owned()))
}

/// Reads the description. What Piper needs and what is computed with here must be there and in range.
fn parse_config(bytes: &[u8]) -> Result<VoiceConfig, String> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| format!("not JSON: {error}"))?;
    let sample_rate = value["audio"]["sample_rate"]
        .as_u64()
        .ok_or("audio.sample_rate is missing")?;
    if !(8_000..=48_000).contains(&sample_rate) {
        return Err(format!(
            "audio.sample_rate is {sample_rate}, not 8000 to 48000"
        ));
    }
    if !value["phoneme_id_map"]
        .as_object()
        .is_some_and(|map| ["_", "^", "$"].iter().all(|key| map.contains_key(*key)))
    {
        return Err("phoneme_id_map is missing or lacks _, ^ or $".into());
    }
    let language = value["language"]["code"]
        .as_str()
        .or(value["espeak"]["voice"].as_str())
        .ok_or("espeak.voice is missing")?;
    let speakers = value["num_speakers"]
        .as_u64()
        .unwrap_or(1)
        .clamp(1, 1 << 20) as u32;
    let length_scale = value["inference"]["length_scale"].as_f64().unwrap_or(1.0);
    if !(0.1..=10.0).contains(&length_scale) {
        return Err(format!("inference.length_scale is {length_scale}"));
    }
    let noise = |name: &str, usual: f32| match value["inference"][name].as_f64() {
        Some(noise) if (0.0..=10.0).contains(&noise) => noise as f32,
        _ => usual,
    };
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    Ok(VoiceConfig {
        sample_rate: sample_rate as u32,
        language: language.replace('_', "-"),
        speakers,
        length_scale,
        noise_scale: noise("noise_scale", 0.667),
        noise_w: noise("noise_w", 0.8),
        phoneme_type: text(&value["phoneme_type"]).unwrap_or_else(|| "espeak".to_owned()),
        espeak_voice: text(&value["espeak"]["voice"]),
        phoneme_ids: phoneme_ids(&value["phoneme_id_map"]),
    })
}

/// The numbers of each phoneme; those that are none are left out.
fn phoneme_ids(map: &serde_json::Value) -> BTreeMap<String, Vec<i32>> {
    let number = |id: &serde_json::Value| id.as_i64().and_then(|id| i32::try_from(id).ok());
    let numbers = |ids: &serde_json::Value| -> Option<Vec<i32>> {
        ids.as_array()?.iter().map(number).collect()
    };
    let all = map.as_object().into_iter().flatten();
    all.filter_map(|(phoneme, ids)| Some((phoneme.clone(), numbers(ids)?)))
        .collect()
}

/// Whether the file is a whole ONNX model: begins like one, and its top-level fields fit its size exactly, which finds
/// downloads that stopped half-way. The content is the program's business.
fn check_model(path: &Utf8Path) -> Result<(), String> {
    let file = videogen_durable::open_regular(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "the file is missing".to_owned(),
        _ if videogen_durable::NotAFile::in_error(&error).is_some() => {
            "it is not a file".to_owned()
        }
        _ => format!("it cannot be read: {error}"),
    })?;
    let metadata = file
        .metadata()
        .map_err(|error| format!("it cannot be read: {error}"))?;
    let size = metadata.len();
    let mut reader = BufReader::new(file);
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(64)
        .read_to_end(&mut head)
        .map_err(|error| format!("it cannot be read: {error}"))?;
    if let Some(problem) = looks_like_something_else(&head, size) {
        return Err(problem.into());
    }
    reader
        .seek(SeekFrom::Start(0))
        .map_err(|error| format!("it cannot be read: {error}"))?;
    if walk(&mut reader, size).ok_or("it is cut off or damaged")? {
        Ok(())
    } else {
        Err("it holds no network".into())
    }
}

fn looks_like_something_else(head: &[u8], size: u64) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start();
    if size == 0 {
        Some("the file is empty")
    } else if text.starts_with('<') {
        Some("it is a web page")
    } else if text.starts_with("version https://git-lfs") {
        Some("it is a Git LFS pointer, not the file it points to")
    } else if text.starts_with("Entry not found") || text.starts_with("{\"error") {
        Some("it is a server's error message")
    } else if head.starts_with(b"PK") || head.starts_with(b"BZh") || head.starts_with(&[0x1f, 0x8b])
    {
        Some("it is an archive; unpack it first")
    } else if size < LEAST_BYTES {
        Some("it is too small")
    } else if head.first() != Some(&0x08) {
        // Field 1 of an ONNX ModelProto, the format version, as a varint.
        Some("it is not an ONNX file")
    } else {
        None
    }
}

/// Walks the top-level fields of a protobuf message up to `size`; `None` when a field does not fit, else whether the
/// graph (field 7 of ModelProto) was there.
fn walk(reader: &mut (impl Read + Seek), size: u64) -> Option<bool> {
    let mut at = 0_u64;
    let mut graph = false;
    while at < size {
        let key = varint(reader, &mut at)?;
        let length = match key & 7 {
            0 => {
                varint(reader, &mut at)?;
                0
            }
            1 => 8,
            2 => varint(reader, &mut at)?,
            5 => 4,
            _ => return None,
        };
        graph |= key >> 3 == 7 && length > 0;
        at = at.checked_add(length).filter(|at| *at <= size)?;
        reader.seek(SeekFrom::Start(at)).ok()?;
    }
    Some(graph)
}

fn varint(reader: &mut impl Read, at: &mut u64) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let mut byte = [0];
        reader.read_exact(&mut byte).ok()?;
        *at += 1;
        value |= u64::from(byte[0] & 0x7f) << shift;
        if byte[0] & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = r#"{"audio":{"sample_rate":22050},"espeak":{"voice":"en-us"},"num_speakers":3,
        "inference":{"length_scale":1.2},"phoneme_id_map":{"_":[0],"^":[1],"$":[2]}}"#;

    #[test]
    fn a_description_is_read_and_a_bad_one_refused_with_the_reason() {
        let config = parse_config(GOOD.as_bytes()).unwrap();
        assert_eq!(
            (
                config.sample_rate,
                config.language.as_str(),
                config.speakers
            ),
            (22_050, "en-us", 3)
        );
        assert_eq!(config.phoneme_ids["$"], [2]);
        assert_eq!(
            (&*config.phoneme_type, config.espeak_voice.as_deref()),
            ("espeak", Some("en-us"))
        );
        for (from, to, reason) in [
            ("22050", "96000", "96000"),
            ("sample_rate", "rate", "audio.sample_rate"),
            ("phoneme_id_map", "map", "phoneme_id_map"),
            ("\"^\"", "\"x\"", "phoneme_id_map"),
            ("espeak", "other", "espeak.voice"),
            ("1.2", "0", "length_scale"),
            ("{\"audio\"", "<html>", "not JSON"),
        ] {
            let error = parse_config(GOOD.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn a_message_that_is_cut_off_is_found() {
        // Field 1 = 8, field 7 with three bytes.
        let whole = [0x08, 0x08, 0x3a, 0x03, 1, 2, 3];
        assert_eq!(walk(&mut Cursor::new(whole), 7), Some(true));
        assert_eq!(walk(&mut Cursor::new(&whole[..6]), 6), None);
        assert_eq!(walk(&mut Cursor::new(&whole[..2]), 2), Some(false));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = walk(&mut Cursor::new(&bytes), bytes.len() as u64);
            let _ = parse_config(&bytes);
            let _ = looks_like_something_else(&bytes, bytes.len() as u64);
        }
    }
}
