//! What a file promises of its length, to tell one that was cut off from a whole one. Pure.

/// Sizes from here on are none: who writes a WAV file to a pipe does not know how long it will be, and puts in the largest
/// number there is, of 31 or of 32 bits, or a little less.
const ENDLESS: u32 = 0x7FFF_0000;
/// How much of a promise may be missing, as a part of it and in seconds: coders add and take off some milliseconds.
const SLACK: (f64, f64) = (0.01, 0.25);
/// How far into its first frame an MP3 file tells its length: behind four bytes of header, two of a checksum and 32 of side
/// information at most.
const XING_WITHIN: usize = 48;
/// The largest page of an Ogg file, in bytes (RFC 3533, section 6).
pub(super) const OGG_PAGE: usize = 65_307;

/// Whether a sound of `seconds` lacks a part of what was promised.
pub(super) fn is_short_of(seconds: f64, promised: f64) -> bool {
    promised - seconds > SLACK.0 * promised + SLACK.1
}

/// The four bytes at a place, as a number.
fn number(bytes: &[u8], at: usize, of: fn([u8; 4]) -> u32) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().copied().map(of)
}

/// The length in seconds that the header of a WAV file of `bytes` bytes promises, if that is more than there is; `head` is
/// the beginning of the file.
pub(super) fn wav_seconds(head: &[u8], bytes: u64) -> Option<f64> {
    let little = |at| number(head, at, u32::from_le_bytes);
    let (mut at, mut byte_rate) = (12, None);
    loop {
        let (name, size) = (head.get(at..at + 4)?, little(at + 4)?);
        match name {
            b"fmt " => byte_rate = little(at + 16).filter(|rate| *rate > 0),
            b"data" => {
                let is_there = at as u64 + 8 + u64::from(size) <= bytes;
                let size = Some(size).filter(|size| *size < ENDLESS && !is_there)?;
                return Some(f64::from(size) / f64::from(byte_rate?));
            }
            _ => {}
        }
        // Chunks have even lengths.
        at = at.checked_add(8 + usize::try_from(size).ok()?)?;
        at += at % 2;
    }
}

/// What a CAF file says of its sound before it (Apple, "Core Audio Format Specification").
struct Caf {
    /// Seconds of a byte, where all packets are alike.
    of_byte: Option<f64>,
    /// Bytes of sound that are promised.
    promised: u64,
    /// Bytes of it that are there.
    there: u64,
}

impl Caf {
    /// Nothing where the sound goes on to the end of the file, or its chunk begins behind `head`.
    fn of(head: &[u8], bytes: u64) -> Option<Self> {
        if !head.starts_with(b"caff") {
            return None;
        }
        let big = |at| number(head, at, u32::from_be_bytes);
        let long = |at| Some((u64::from(big(at)?) << 32) | u64::from(big(at + 4)?));
        let (mut at, mut of_byte) = (8, None);
        loop {
            let size = long(at + 4)?;
            let body = at + 12;
            match head.get(at..at + 4)? {
                b"desc" => {
                    let rate = f64::from_bits(long(body)?);
                    let (packet, frames) = (big(body + 16)?, big(body + 20)?);
                    let seconds = f64::from(frames) / f64::from(packet) / rate;
                    of_byte = (seconds.is_normal() && seconds > 0.0).then_some(seconds);
                }
                b"data" => {
                    // All bits stand for a size that was not known. A count of edits comes before the sound.
                    let promised = i64::try_from(size).ok().and(size.checked_sub(4))?;
                    let there = bytes.saturating_sub(body as u64 + 4).min(promised);
                    return Some(Self {
                        of_byte,
                        promised,
                        there,
                    });
                }
                _ => {}
            }
            at = body.checked_add(usize::try_from(size).ok()?)?;
            // What is read of the next one must not overflow.
            at.checked_add(64)?;
        }
    }
}

/// The length in seconds that the header of a CAF file promises, as [`wav_seconds`] of a WAV file; nothing where packets are
/// of several sizes.
pub(super) fn caf_seconds(head: &[u8], bytes: u64) -> Option<f64> {
    let caf = Caf::of(head, bytes).filter(|caf| caf.there < caf.promised)?;
    Some(caf.promised as f64 * caf.of_byte?)
}

/// Whether a CAF file ends before all of its sound, where its header does not say how long that lasts.
pub(super) fn caf_is_cut_off(head: &[u8], bytes: u64) -> bool {
    Caf::of(head, bytes).is_some_and(|caf| caf.of_byte.is_none() && caf.there < caf.promised)
}

/// Whether an MP3 file tells its length in its first frame, `frame`; otherwise it is guessed from the bit rate. `bytes` is
/// how long the file is from there on: of several that were put together, the first one speaks for itself alone.
pub(super) fn mp3_tells_its_length(frame: &[u8], bytes: u64) -> bool {
    let place = |magic: &[u8]| {
        let within = frame.get(..XING_WITHIN)?;
        within.windows(4).position(|window| window == magic)
    };
    let big = |at| number(frame, at, u32::from_be_bytes);
    let told = |size: u32| bytes <= u64::from(size) + u64::from(size) / 16;
    if let Some(at) = place(b"Xing").or_else(|| place(b"Info")) {
        let flags = big(at + 4).unwrap_or(0);
        let frames = big(at + 8).filter(|_| flags & 1 != 0);
        let size = big(at + 12).filter(|_| flags & 2 != 0);
        return frames.is_some_and(|frames| frames > 0) && size.is_none_or(told);
    }
    // Of Fraunhofer's encoder: version, delay and quality stand before the size and the frames.
    place(b"VBRI").is_some_and(|at| {
        big(at + 14).is_some_and(|frames| frames > 0) && big(at + 10).is_none_or(told)
    })
}

/// Whether an Ogg file ends in the middle of a page; `tail` is its end, of [`OGG_PAGE`] bytes at least where there are as
/// many.
pub(super) fn ogg_is_cut_off(tail: &[u8]) -> bool {
    let last = tail.windows(4).rposition(|window| window == b"OggS");
    last.is_some_and(|at| {
        let page = &tail[at..];
        // Header, number of segments, their lengths, and the segments (RFC 3533, section 6).
        let lengths = page.get(26).map(|count| usize::from(*count));
        let lengths = lengths.and_then(|count| page.get(27..27 + count));
        lengths.is_none_or(|lengths| {
            let body: usize = lengths.iter().map(|length| usize::from(*length)).sum();
            page.len() < 27 + lengths.len() + body
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The header of a WAV file of 22,050 Hz, 16 bits, one channel.
    fn wav(before: &[u8], size: u32) -> Vec<u8> {
        let mut head = b"RIFF\0\0\0\0WAVE".to_vec();
        head.extend(before);
        head.extend(b"fmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xAC\0\0\x02\0\x10\0data");
        head.extend(size.to_le_bytes());
        head
    }

    #[test]
    fn a_wav_header_promises_what_its_data_would_last() {
        let seconds = wav_seconds(&wav(b"", 332_628), 90_000).unwrap();
        assert!((seconds - 7.543).abs() < 0.001, "{seconds}");
        let odd = wav(b"LIST\x03\0\0\0abc\0", 44_100);
        assert_eq!(wav_seconds(&odd, 44_100), Some(1.0));
        // What is there promises nothing more, whatever its header says of the bytes in a second.
        assert_eq!(wav_seconds(&odd, 44_100 + 56), None);
        for endless in [0, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FF00] {
            assert_eq!(wav_seconds(&wav(b"", endless), 90_000), None, "{endless:x}");
        }
        assert!(is_short_of(2.04, 7.54) && is_short_of(7.0, 7.54));
        assert!(!is_short_of(7.4, 7.54) && !is_short_of(598.0, 600.0));
        assert!(!is_short_of(9.0, 7.54));
    }

    /// The header of a CAF file of 16,000 Hz, 16 bits, one channel, or of packets of several sizes.
    fn caf(size: i64, is_packed: bool) -> Vec<u8> {
        let mut head = b"caff\0\x01\0\0desc\0\0\0\0\0\0\0\x20".to_vec();
        head.extend(16_000_f64.to_be_bytes());
        head.extend(b"lpcm\0\0\0\x02");
        let packet: [u32; 4] = if is_packed {
            [0, 1024, 1, 0]
        } else {
            [2, 1, 1, 16]
        };
        head.extend(packet.iter().flat_map(|number| number.to_be_bytes()));
        head.extend(b"info\0\0\0\0\0\0\0\x02xxdata");
        head.extend(size.to_be_bytes());
        head.extend([0; 4]);
        head
    }

    #[test]
    fn a_caf_header_promises_what_its_data_would_last() {
        let head = caf(175_364, false);
        let whole = head.len() as u64 + 175_360;
        let seconds = caf_seconds(&head, whole / 2).unwrap();
        assert!((seconds - 5.48).abs() < 0.001, "{seconds}");
        assert_eq!(caf_seconds(&head, whole), None);
        assert!(!caf_is_cut_off(&head, whole / 2));
        // Not known when it was written; packets that tell nothing of time; other files.
        assert!(
            !caf_is_cut_off(&caf(-1, false), 100) && caf_seconds(&caf(-1, false), 100).is_none()
        );
        let packed = caf(175_364, true);
        assert!(caf_is_cut_off(&packed, 1000) && caf_seconds(&packed, 1000).is_none());
        assert!(!caf_is_cut_off(&wav(b"", 44_100), 100));
    }

    #[test]
    fn an_mp3_file_tells_its_length_or_does_not() {
        let frame = |offset: usize, name: &[u8], rest: &[u8]| {
            let mut frame = vec![0; offset];
            frame.extend(name);
            frame.extend(rest);
            frame.resize(400, 0);
            frame
        };
        let both = [0, 0, 0, 3, 0, 0, 1, 0x7B, 0, 0, 0xA0, 0x98];
        for (offset, name) in [(13, b"Info"), (21, b"Xing"), (36, b"Xing")] {
            assert!(mp3_tells_its_length(&frame(offset, name, &both), 41_112));
            // Cut off, it still tells; put together, it does not.
            assert!(mp3_tells_its_length(&frame(offset, name, &both), 9_000));
            assert!(!mp3_tells_its_length(&frame(offset, name, &both), 90_000));
        }
        assert!(!mp3_tells_its_length(
            &frame(21, b"Info", &[0, 0, 0, 2, 0, 0, 1, 1]),
            99
        ));
        assert!(!mp3_tells_its_length(&frame(0, b"", &[]), 99));
        assert!(!mp3_tells_its_length(b"Xing", 99));
        let vbri = [0, 1, 0, 0, 0, 0, 0, 0, 0xA0, 0x98, 0, 0, 1, 0x7B];
        let mut told = frame(36, b"VBRI", &vbri[..6]);
        told.truncate(46);
        told.extend(&vbri[6..]);
        told.resize(400, 0);
        assert!(mp3_tells_its_length(&told, 41_112) && !mp3_tells_its_length(&told, 90_000));
    }

    #[test]
    fn an_ogg_file_ends_with_a_whole_page() {
        let mut page = b"OggS\0\x04".to_vec();
        page.resize(26, 0);
        page.extend([2, 5, 3]);
        page.extend([9; 8]);
        let two = [&page[..], &page].concat();
        assert!(!ogg_is_cut_off(&two));
        assert!(!ogg_is_cut_off(b"") && !ogg_is_cut_off(b"something else"));
        for missing in 1..page.len() - 4 {
            assert!(ogg_is_cut_off(&two[..two.len() - missing]), "{missing}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), length: u64) {
            let caf = [b"caff\0\x01\0\0", &bytes[..]].concat();
            let _ = (caf_seconds(&caf, length), caf_is_cut_off(&caf, length));
            let _ = (wav_seconds(&bytes, length), mp3_tells_its_length(&bytes, length), ogg_is_cut_off(&bytes));
        }

        #[test]
        fn no_header_makes_it_panic_or_run_on(rest in prop::collection::vec(any::<u8>(), 0..200)) {
            let head = [b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".as_slice(), &rest].concat();
            let _ = wav_seconds(&head, u64::MAX);
        }
    }
}
