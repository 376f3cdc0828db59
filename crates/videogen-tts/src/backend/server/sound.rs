//! What the bytes of an answer are, by the bytes: names and types of servers are often wrong.

use crate::audio::clip::Clip;
use crate::audio::wav;

/// Why an answer is no sound that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It is something else, as "an MP3 file".
    Other(String),
    /// It is a WAV file with something wrong, as "96000 samples per second".
    Broken(String),
}

/// The most of a server's own words that go into a message, in characters.
const SAID: usize = 160;

/// Reads the sound in `bytes`: a WAV file, or samples of 16 bits without a header where `content_type` says so and tells their
/// rate. The header of a WAV file wins over whatever was said. `None` is a WAV file without a sample.
pub(super) fn read(bytes: Vec<u8>, content_type: &str) -> Result<Option<Clip>, Flaw> {
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE") {
        let clip = wav::decode_streamed(bytes).map_err(Flaw::Broken)?;
        return Ok((!clip.samples.is_empty()).then_some(clip));
    }
    if let Some(name) = container(&bytes) {
        return Err(Flaw::Other(name.to_owned()));
    }
    match bare_rate(content_type) {
        Bare::No => Err(Flaw::Other(other(&bytes))),
        Bare::Unknown => Err(Flaw::Other("samples without a header or a rate".to_owned())),
        Bare::Rate(rate) if !(8_000..=48_000).contains(&rate) => {
            Err(Flaw::Broken(format!("{rate} samples per second")))
        }
        Bare::Rate(rate) => Ok(Some(bare(&bytes, rate)).filter(|clip| !clip.samples.is_empty())),
    }
}

/// What kind of file it is by its first bytes, where they leave no doubt.
fn container(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, magic: &[u8]| {
        bytes
            .get(place..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    Some(if bytes.is_empty() {
        "nothing (0 bytes)"
    } else if at(0, b"ID3") {
        "an MP3 file"
    } else if at(0, b"OggS") {
        "an Ogg file"
    } else if at(0, b"fLaC") {
        "a FLAC file"
    } else if at(4, b"ftyp") {
        "an MP4 file"
    } else if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        "a WebM file"
    } else if at(0, b"RF64") || at(0, b"RIFX") {
        "a WAV file of another kind"
    } else if at(0, b"RIFF") {
        "a RIFF file without sound"
    } else {
        return None;
    })
}

/// What it is where it is no file of sound with a name, and no bare samples.
fn other(bytes: &[u8]) -> String {
    let text = bytes.trim_ascii_start();
    match text.first() {
        Some(b'{' | b'[') => match message(text) {
            Some(said) => format!("JSON that says {said:?}"),
            None => "JSON".to_owned(),
        },
        Some(b'<') => "HTML or XML".to_owned(),
        // The frames of MPEG audio; AAC has other bits for its layer.
        Some(0xff) if text.get(1).is_some_and(|b| b & 0xf6 == 0xf0) => "an AAC file".to_owned(),
        Some(0xff) if text.get(1).is_some_and(|b| b & 0xe0 == 0xe0) => "an MP3 file".to_owned(),
        _ => match std::str::from_utf8(text) {
            Ok(said) if !said.trim().is_empty() => {
                format!("text that says {:?}", shortened(said))
            }
            _ => "no file of sound that is known".to_owned(),
        },
    }
}

/// What a server says is wrong, where it says it in one of the usual places.
fn message(json: &[u8]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_slice(json).ok()?;
    let places = [
        "/error/message",
        "/error",
        "/detail/message",
        "/detail/0/msg",
        "/detail",
        "/message",
    ];
    let said = places.iter().find_map(|at| json.pointer(at)?.as_str())?;
    Some(shortened(said))
}

/// The beginning of a server's words, on one line.
fn shortened(said: &str) -> String {
    let words = said.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(SAID).collect()
}

/// What a type says of samples without a header.
#[derive(Debug, PartialEq, Eq)]
enum Bare {
    /// It is no such type.
    No,
    /// It does not say how many there are in a second.
    Unknown,
    /// So many in a second.
    Rate(u32),
}

/// Types such as `audio/pcm;rate=24000`. `audio/L16` is left out: whether its bytes are in network order is told by none.
fn bare_rate(content_type: &str) -> Bare {
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    if !["audio/pcm", "audio/x-pcm", "audio/raw", "audio/x-raw"].contains(&&*kind) {
        return Bare::No;
    }
    let rate = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let is_rate = ["rate", "sample_rate"].contains(&&*name.trim().to_ascii_lowercase());
        is_rate.then(|| value.trim().trim_matches('"').parse().ok())?
    });
    rate.map_or(Bare::Unknown, Bare::Rate)
}

/// Samples of 16 bits, the lower byte first.
fn bare(bytes: &[u8], sample_rate: u32) -> Clip {
    let (samples, _) = bytes.as_chunks::<2>();
    Clip {
        sample_rate,
        samples: samples
            .iter()
            .map(|two| f32::from(i16::from_le_bytes(*two)) / 32_768.0)
            .collect(),
        heard: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wav(rate: u32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        (0..50).for_each(|n| writer.write_sample(n * 300).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_wav_file_is_taken_whatever_it_is_called_and_its_header_tells_the_rate() {
        for called in [
            "audio/wav",
            "text/html; charset=utf-8",
            "audio/pcm;rate=16000",
            "",
        ] {
            let clip = read(wav(22_050), called).unwrap().unwrap();
            assert_eq!((clip.sample_rate, clip.samples.len()), (22_050, 50));
        }
        let mut endless = wav(24_000);
        endless[4..8].fill(0xff);
        endless[40..44].fill(0xff);
        assert_eq!(
            read(endless, "audio/wav").unwrap().unwrap().samples.len(),
            50
        );
        for rate in [4_000, 96_000, 2_000_000_000] {
            let absurd = read(wav(rate), "audio/wav").unwrap_err();
            assert!(
                matches!(&absurd, Flaw::Broken(why) if why.contains("samples per second")),
                "{absurd:?}"
            );
        }
    }

    #[test]
    fn what_is_no_wav_file_is_named() {
        for (bytes, name) in [
            (&b""[..], "nothing (0 bytes)"),
            (b"ID3\x04rest", "an MP3 file"),
            (b"\xff\xfb\x90\x00", "an MP3 file"),
            (b"\xff\xf1\x50\x80", "an AAC file"),
            (b"OggS\0\x02", "an Ogg file"),
            (b"fLaC\0", "a FLAC file"),
            (b"\0\0\0\x18ftypM4A ", "an MP4 file"),
            (b"\x1a\x45\xdf\xa3", "a WebM file"),
            (b"  <!DOCTYPE html><html>", "HTML or XML"),
            (b"RIFF\0\0\0\0AVI ", "a RIFF file without sound"),
            (b"{\"ok\": true}", "JSON"),
            (
                b"{\"error\": {\"message\": \"no such\\nmodel\"}}",
                "JSON that says \"no such model\"",
            ),
            (b"{\"detail\": \"busy\"}", "JSON that says \"busy\""),
            (b"Not Found", "text that says \"Not Found\""),
            (b"\x00\x01\xfe\xff", "no file of sound that is known"),
        ] {
            let flaw = read(bytes.to_vec(), "audio/wav").unwrap_err();
            assert_eq!(flaw, Flaw::Other(name.to_owned()));
        }
    }

    #[test]
    fn bare_samples_are_taken_where_their_rate_is_told() {
        let samples = vec![0xff, 0xff, 0x00, 0x40];
        let clip = read(samples.clone(), "audio/PCM; rate=24000; channels=1");
        let clip = clip.unwrap().unwrap();
        assert_eq!((clip.sample_rate, clip.samples.len()), (24_000, 2));
        assert!((clip.samples[1] - 0.5).abs() < 1e-6);
        assert!(matches!(
            read(samples.clone(), "audio/pcm"),
            Err(Flaw::Other(_))
        ));
        let absurd = read(samples, "audio/pcm;rate=1");
        assert!(matches!(absurd, Err(Flaw::Broken(_))));
        let mp3 = read(b"ID3\x04rest".to_vec(), "audio/pcm;rate=24000");
        assert_eq!(mp3, Err(Flaw::Other("an MP3 file".to_owned())));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), called in "[a-z/;=0-9]{0,30}") {
            let _ = read(bytes.clone(), &called);
            let _ = read(bytes, "audio/pcm;rate=24000");
        }
    }
}
