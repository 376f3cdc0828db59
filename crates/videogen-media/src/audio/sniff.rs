//! Tells kinds of audio files apart by their first bytes, never by their name.

/// The audio containers that are accepted as input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AudioContainer {
    /// RIFF WAVE, also RF64 and BW64 for files over 4 GiB.
    Wav,
    /// FLAC.
    Flac,
    /// Ogg with Vorbis, Opus or FLAC in it.
    Ogg,
    /// MPEG-1 or MPEG-2 audio, layer II or III.
    Mp3,
    /// MP4, M4A, MOV.
    Mp4,
    /// AIFF and AIFF-C.
    Aiff,
    /// A bare AAC stream with ADTS headers.
    Adts,
    /// Matroska and WebM.
    Matroska,
}

/// The accepted containers in words, for messages.
pub(crate) const ACCEPTED: &str = "WAV, FLAC, Ogg, Opus, MP3, M4A, AIFF, AAC or WebM";

impl AudioContainer {
    /// FFmpeg's name of the demuxer to force.
    pub const fn demuxer(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Flac => "flac",
            Self::Ogg => "ogg",
            Self::Mp3 => "mp3",
            Self::Mp4 => "mov",
            Self::Aiff => "aiff",
            Self::Adts => "aac",
            Self::Matroska => "matroska",
        }
    }

    /// Whether the length in the header is dependable. MP3 and ADTS have none, it is extrapolated from the first
    /// frames; WAV that was written to a pipe has a placeholder.
    pub(crate) const fn tells_its_length(self) -> bool {
        matches!(self, Self::Flac | Self::Mp4 | Self::Aiff | Self::Matroska)
    }
}

/// How many bytes of a file [`sniff`] looks at, at most.
pub(crate) const HEAD: usize = 4096;

/// The container whose signature `head`, the first bytes of a file, begins with; some KiB make the answer certain.
///
/// An ID3v2 tag in front of everything is taken for MP3, as `id3_length` may put the real beginning far behind; sniff
/// again from there to tell tagged FLAC and AAC apart.
pub(super) fn sniff(head: &[u8]) -> Option<AudioContainer> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    let riff = at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64");
    let aiff = at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC"));
    if riff && at(8, b"WAVE") {
        Some(AudioContainer::Wav)
    } else if at(0, b"fLaC") {
        Some(AudioContainer::Flac)
    } else if at(0, b"OggS") {
        Some(AudioContainer::Ogg)
    } else if at(4, b"ftyp") {
        Some(AudioContainer::Mp4)
    } else if aiff {
        Some(AudioContainer::Aiff)
    } else if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) {
        Some(AudioContainer::Matroska)
    } else if id3_length(head).is_some() || frames(head, mpeg_frame) {
        Some(AudioContainer::Mp3)
    } else if frames(head, adts_frame) {
        Some(AudioContainer::Adts)
    } else {
        None
    }
}

/// The length in bytes of the ID3v2 tag a file begins with, header included (ID3v2.4 structure, section 3.1).
pub(crate) fn id3_length(head: &[u8]) -> Option<u64> {
    let header = head
        .get(..10)
        .filter(|header| header.starts_with(b"ID3") && header[3] < 0xFF && header[4] < 0xFF)?;
    // Four bytes of seven bits each.
    let size = header[6..10].iter().try_fold(0_u64, |size, byte| {
        (byte & 0x80 == 0).then(|| size << 7 | u64::from(*byte))
    })?;
    let footer = if header[5] & 0x10 == 0 { 0 } else { 10 };
    Some(size + 10 + footer)
}

/// Whether `head` begins with a frame and, if the next one is within reach, that is one, too. One header is a weak
/// signature: UTF-16 text begins with 0xFF 0xFE.
fn frames(head: &[u8], frame: fn(&[u8]) -> Option<usize>) -> bool {
    frame(head).is_some_and(|length| match head.get(length..) {
        Some(rest) if rest.len() >= 8 => frame(rest).is_some(),
        _ => true,
    })
}

/// The length of the MPEG audio frame (ISO/IEC 11172-3, 13818-3) of layer II or III at the beginning of `bytes`.
fn mpeg_frame(bytes: &[u8]) -> Option<usize> {
    /// Kilobits per second by bit rate index: MPEG-1 layer II, MPEG-1 layer III, MPEG-2 layers II and III.
    const KBITS: [[usize; 14]; 3] = [
        [
            32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
        ],
        [
            32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
        ],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let [first, second, third, _] = *bytes.first_chunk::<4>()?;
    if first != 0xFF || second & 0xE0 != 0xE0 {
        return None;
    }
    // 0 is MPEG-2.5, 2 MPEG-2, 3 MPEG-1; 1 is reserved.
    let version = second >> 3 & 3;
    let layer_three = match second >> 1 & 3 {
        1 => true,
        2 => false,
        _ => return None,
    };
    let bit_rate_index = usize::from(third >> 4);
    let rate = *[44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))?;
    let padding = usize::from(third >> 1 & 1);
    let (row, rate) = match version {
        3 => (usize::from(layer_three), rate),
        2 => (2, rate / 2),
        0 => (2, rate / 4),
        _ => return None,
    };
    // Index 0, "free format", is not written by any encoder in use.
    let bits = KBITS[row].get(bit_rate_index.checked_sub(1)?)? * 1000;
    let samples = if layer_three && version != 3 {
        576
    } else {
        1152
    };
    Some(samples / 8 * bits / rate + padding)
}

/// The length of the ADTS frame (ISO/IEC 13818-7, section 6.2) at the beginning of `bytes`.
fn adts_frame(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<7>()?;
    let sync = header[0] == 0xFF && header[1] & 0xF6 == 0xF0;
    let rate_known = header[2] >> 2 & 0xF < 13;
    let length = usize::from(header[3] & 3) << 11
        | usize::from(header[4]) << 3
        | usize::from(header[5] >> 5);
    (sync && rate_known && length >= 7).then_some(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signatures_are_recognised() {
        for (head, expected) in [
            (&b"RIFF\x24\x00\x00\x00WAVEfmt "[..], AudioContainer::Wav),
            (b"RF64\xFF\xFF\xFF\xFFWAVEds64", AudioContainer::Wav),
            (b"fLaC\x00\x00\x00\x22", AudioContainer::Flac),
            (b"OggS\x00\x02", AudioContainer::Ogg),
            (b"\x00\x00\x00\x1CftypM4A ", AudioContainer::Mp4),
            (b"FORM\x00\x00\x00\x00AIFFCOMM", AudioContainer::Aiff),
            (b"\x1A\x45\xDF\xA3\x01", AudioContainer::Matroska),
            (b"ID3\x04\x00\x00\x00\x00\x00\x23TSSE", AudioContainer::Mp3),
            (b"\xFF\xFB\x90\x64\x00\x00", AudioContainer::Mp3),
            (b"\xFF\xF1\x50\x80\x02\x1F\xFC\xDE", AudioContainer::Adts),
        ] {
            assert_eq!(sniff(head), Some(expected), "{head:?}");
        }
    }

    #[test]
    fn what_is_not_audio_is_refused() {
        for head in [
            &b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n"[..],
            b"\n <!DOCTYPE HTML><html>",
            b"{\"error\": \"not found\"}",
            b"ffconcat version 1.0\nfile /etc/passwd\n",
            b"\x89PNG\r\n\x1A\n",
            b"hello",
            b"RIFF\x00\x00\x00\x00AVI LIST",
            // UTF-16 text: a byte order mark, then '#'.
            b"\xFF\xFE\x23\x00E\x00X\x00",
            b"\x00\x00\x01\xBA",
        ] {
            assert_eq!(sniff(head), None, "{head:?}");
        }
        assert_eq!(sniff(b""), None);
    }

    #[test]
    fn a_second_header_must_follow_the_first() {
        // 128 kbit/s at 44.1 kHz: 417 bytes.
        let mut bytes = vec![0; 900];
        bytes[..4].copy_from_slice(b"\xFF\xFB\x90\x64");
        assert_eq!(sniff(&bytes), None);
        bytes[417..421].copy_from_slice(b"\xFF\xFB\x90\x64");
        assert_eq!(sniff(&bytes), Some(AudioContainer::Mp3));
    }

    #[test]
    fn the_length_of_a_tag_is_syncsafe() {
        assert_eq!(
            id3_length(b"ID3\x04\x00\x00\x00\x00\x02\x01"),
            Some(2 * 128 + 1 + 10)
        );
        assert_eq!(id3_length(b"ID3\x04\x00\x10\x00\x00\x00\x00"), Some(20));
        assert_eq!(id3_length(b"ID3\x04\x00\x00\x80\x00\x00\x00"), None);
        assert_eq!(id3_length(b"ID3"), None);
    }

    proptest! {
        #[test]
        fn text_is_never_audio(text in "[ -~\n]{0,64}") {
            // A text can begin with a four-letter signature, but not with binary after it.
            prop_assume!(!text.starts_with("fLaC") && !text.starts_with("OggS") && !text.starts_with("ID3") && text.get(4..8) != Some("ftyp"));
            prop_assume!(!(text.get(8..12) == Some("WAVE") || text.get(8..11) == Some("AIF")));
            prop_assert_eq!(sniff(text.as_bytes()), None);
        }
    }
}
