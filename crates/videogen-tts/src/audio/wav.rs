//! Reading a WAV file that another program wrote, trusting nothing about it.

use camino::Utf8Path;

use crate::Error;
use crate::audio::clip::Clip;

/// The largest file that is read: over ten minutes at 48 kHz, where a chunk takes half a minute at most.
pub(crate) const MAX_BYTES: u64 = 64 << 20;

/// Reads `path` as mono; `None` when it is a WAV file without a single frame, which is what `espeak-ng` and `flite` make of
/// a text they find nothing to say in.
///
/// Errors when it is missing, too large, not WAV, not 1–2 channels at 8–48 kHz of 16/24/32-bit integers or floats, or
/// holds samples that are not finite.
pub(crate) async fn read(backend: &'static str, path: &Utf8Path) -> Result<Option<Clip>, Error> {
    let bad = |problem: String| Error::BadAudio { backend, problem };
    let written = path.to_owned();
    // A program may have left anything under that name.
    let read = move || videogen_durable::read_regular(&written, MAX_BYTES);
    let read = tokio::task::spawn_blocking(read).await;
    let mut bytes = match read.unwrap_or_else(|_| Err(std::io::ErrorKind::Interrupted.into())) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(bad("it wrote no file".into()));
        }
        Err(source) if source.kind() == std::io::ErrorKind::FileTooLarge => {
            return Err(bad(format!("the file has more than {MAX_BYTES} bytes")));
        }
        Err(source) => return Err(Error::io("reading", path)(source)),
    };
    if bytes.is_empty() {
        return Err(bad("the file is empty".into()));
    }
    repair_byte_rate(&mut bytes);
    let clip = decode(&bytes).map_err(bad)?;
    Ok((!clip.samples.is_empty()).then_some(clip))
}

/// Writes the bytes per second that follow from the other fields into the header. flite 2.2 gives 32000 for its 8 kHz
/// voice, and a reader that checks refuses that.
fn repair_byte_rate(bytes: &mut [u8]) {
    if bytes.len() < 36 || &bytes[..4] != b"RIFF" || &bytes[8..16] != b"WAVEfmt " {
        return;
    }
    let sample_rate = u32::from_le_bytes([bytes[24], bytes[25], bytes[26], bytes[27]]);
    let frame = u16::from_le_bytes([bytes[32], bytes[33]]);
    bytes[28..32].copy_from_slice(&sample_rate.wrapping_mul(u32::from(frame)).to_le_bytes());
}

/// Lengths from here on are none: servers that begin before they know how much comes write the largest number there is, or
/// one a little less.
const OPEN_LENGTH: u32 = 0x7fff_0000;

/// Decodes a WAV file that was streamed; the error says what is wrong with it. Its samples go on to the end where the header
/// has no length, which is 0 or a number that no length is.
pub(crate) fn decode_streamed(mut bytes: Vec<u8>) -> Result<Clip, String> {
    close_lengths(&mut bytes);
    repair_byte_rate(&mut bytes);
    decode(&bytes)
}

/// Writes the lengths into the header that are open in it.
fn close_lengths(bytes: &mut Vec<u8>) {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
        return;
    }
    let word = |bytes: &[u8], at: usize| {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
    };
    let mut frame = 1_usize;
    let mut at = 12;
    while let Some(size) = word(bytes, at + 4) {
        let (body, rest) = (at + 8, bytes.len() - at - 8);
        match &bytes[at..at + 4] {
            b"fmt " => {
                let align = bytes.get(body + 12..body + 14);
                frame = align.map_or(1, |two| usize::from(u16::from_le_bytes([two[0], two[1]])));
            }
            b"data" => {
                let is_list = bytes[body..].starts_with(b"LIST");
                if size >= OPEN_LENGTH || size == 0 && rest > 0 && !is_list {
                    let whole = rest - rest % frame.max(1);
                    bytes.truncate(body + whole);
                    let length = u32::try_from(whole).unwrap_or(u32::MAX);
                    bytes[at + 4..at + 8].copy_from_slice(&length.to_le_bytes());
                    let all = u32::try_from(bytes.len() - 8).unwrap_or(u32::MAX);
                    bytes[4..8].copy_from_slice(&all.to_le_bytes());
                }
                return;
            }
            _ => {}
        }
        // Chunks begin at even places.
        let Some(next) = body.checked_add(size as usize + (size & 1) as usize) else {
            return;
        };
        at = next;
    }
}

/// Decodes a whole WAV file; the error says what is wrong with it.
pub(crate) fn decode(bytes: &[u8]) -> Result<Clip, String> {
    let mut reader =
        hound::WavReader::new(bytes).map_err(|error| format!("not a WAV file: {error}"))?;
    let spec = reader.spec();
    if !(1..=2).contains(&spec.channels) {
        return Err(format!("{} channels", spec.channels));
    }
    if !(8_000..=48_000).contains(&spec.sample_rate) {
        return Err(format!("{} samples per second", spec.sample_rate));
    }
    let interleaved: Result<Vec<f32>, hound::Error> =
        match (spec.sample_format, spec.bits_per_sample) {
            (hound::SampleFormat::Float, 32) => reader.samples::<f32>().collect(),
            (hound::SampleFormat::Int, bits @ (16 | 24 | 32)) => {
                let full = f64::from(1_u32 << (bits - 1));
                reader
                    .samples::<i32>()
                    .map(|sample| sample.map(|sample| (f64::from(sample) / full) as f32))
                    .collect()
            }
            (format, bits) => return Err(format!("{bits}-bit {format:?} samples")),
        };
    let interleaved = interleaved.map_err(|error| format!("broken samples: {error}"))?;
    if interleaved.iter().any(|sample| !sample.is_finite()) {
        return Err("samples that are no numbers".into());
    }
    let channels = usize::from(spec.channels);
    let samples: Vec<f32> = interleaved
        .chunks_exact(channels)
        .map(|frame| frame.iter().sum::<f32>() / channels as f32)
        .collect();
    Ok(Clip {
        sample_rate: spec.sample_rate,
        samples,
        heard: None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn wav(
        spec: hound::WavSpec,
        write: impl FnOnce(&mut hound::WavWriter<&mut Cursor<Vec<u8>>>),
    ) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        write(&mut writer);
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    fn spec(channels: u16, sample_rate: u32, bits: u16, float: bool) -> hound::WavSpec {
        let sample_format = if float {
            hound::SampleFormat::Float
        } else {
            hound::SampleFormat::Int
        };
        hound::WavSpec {
            channels,
            sample_rate,
            bits_per_sample: bits,
            sample_format,
        }
    }

    #[test]
    fn every_accepted_format_gives_the_same_samples() {
        for bits in [16_u16, 24, 32] {
            let half = 1_i32 << (bits - 2);
            let clip = decode(&wav(spec(2, 22_050, bits, false), |writer| {
                for sample in [half, half, -half, -half] {
                    writer.write_sample(sample).unwrap();
                }
            }))
            .unwrap();
            assert_eq!(
                (clip.sample_rate, clip.samples),
                (22_050, vec![0.5, -0.5]),
                "{bits}"
            );
        }
        let clip = decode(&wav(spec(1, 48_000, 32, true), |writer| {
            writer.write_sample(0.25_f32).unwrap();
        }))
        .unwrap();
        assert_eq!(clip.samples, [0.25]);
    }

    #[test]
    fn what_is_not_usable_is_refused_with_the_reason() {
        let one = |spec| {
            wav(spec, |writer| {
                (0..spec.channels).for_each(|_| writer.write_sample(1).unwrap());
            })
        };
        for (bytes, reason) in [
            (Vec::new(), "not a WAV"),
            (b"<!DOCTYPE html>".to_vec(), "not a WAV"),
            (one(spec(3, 16_000, 16, false)), "3 channels"),
            (one(spec(1, 4_000, 16, false)), "4000 samples"),
            (one(spec(1, 96_000, 16, false)), "96000 samples"),
            (one(spec(1, 16_000, 8, false)), "8-bit"),
            (
                wav(spec(1, 16_000, 32, true), |writer| {
                    writer.write_sample(f32::NAN).unwrap();
                }),
                "no numbers",
            ),
        ] {
            let error = decode(&bytes).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        let mut cut = wav(spec(1, 16_000, 16, false), |writer| {
            (0..100).for_each(|n| writer.write_sample(n).unwrap());
        });
        cut.truncate(cut.len() - 31);
        assert!(decode(&cut).unwrap_err().contains("broken samples"));
    }

    #[tokio::test]
    async fn a_missing_and_an_empty_file_are_told_apart() {
        let dir = camino_tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        assert!(
            read("x", &path)
                .await
                .unwrap_err()
                .to_string()
                .contains("wrote no file")
        );
        std::fs::write(&path, b"").unwrap();
        assert!(
            read("x", &path)
                .await
                .unwrap_err()
                .to_string()
                .contains("is empty")
        );
        std::fs::write(&path, wav(spec(1, 16_000, 16, false), |_| {})).unwrap();
        assert_eq!(read("x", &path).await.unwrap(), None);
    }

    #[test]
    fn a_wrong_byte_rate_is_repaired() {
        let mut bytes = wav(spec(1, 8_000, 16, false), |writer| {
            writer.write_sample(1).unwrap();
        });
        bytes[28..32].copy_from_slice(&32_000_u32.to_le_bytes());
        assert!(decode(&bytes).is_err());
        repair_byte_rate(&mut bytes);
        assert_eq!(decode(&bytes).unwrap().samples.len(), 1);
    }

    #[test]
    fn a_header_that_was_written_before_its_length_was_known_is_read_to_the_end() {
        let whole = wav(spec(1, 24_000, 16, false), |writer| {
            (0..100).for_each(|n| writer.write_sample(n * 100).unwrap());
        });
        let wanted = decode(&whole).unwrap();
        for open in [u32::MAX, u32::MAX - 36, 0, 0x7fff_f000] {
            let mut streamed = whole.clone();
            streamed[4..8].copy_from_slice(&open.to_le_bytes());
            streamed[40..44].copy_from_slice(&open.to_le_bytes());
            assert_eq!(decode_streamed(streamed.clone()), Ok(wanted.clone()));
            // Half a sample at the end is none.
            streamed.push(1);
            assert_eq!(decode_streamed(streamed), Ok(wanted.clone()));
        }
        // One that says how long it is has to be so.
        let mut cut = whole.clone();
        cut.truncate(whole.len() - 20);
        assert!(decode_streamed(cut).is_err());
        assert_eq!(decode_streamed(whole), Ok(wanted));
        let none = wav(spec(1, 24_000, 16, false), |_| {});
        assert_eq!(decode_streamed(none).unwrap().samples.len(), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), n in 0_usize..60, value: u8) {
            let _ = decode(&bytes);
            let _ = decode_streamed([&b"RIFF\xff\xff\xff\xffWAVE"[..], &bytes].concat());
            repair_byte_rate(&mut bytes.clone());
            let mut good = wav(spec(1, 16_000, 16, false), |writer| (0..20).for_each(|n| writer.write_sample(n).unwrap()));
            if n < good.len() { good[n] = value; }
            let _ = decode(&good);
            let _ = decode_streamed(good);
        }
    }
}
