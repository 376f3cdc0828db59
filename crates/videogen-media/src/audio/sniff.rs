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
    /// AMR and AMR-WB, as phones record speech (RFC 4867, section 5).
    Amr,
    /// Apple's Core Audio Format.
    Caf,
    /// A bare AC-3 stream.
    Ac3,
    /// A bare E-AC-3 stream.
    Eac3,
    /// ASF, which WMA and WMV are.
    Asf,
    /// Sun's AU.
    Au,
    /// Sony's Wave64.
    Wave64,
    /// Any other that this FFmpeg recognised, by its name of the demuxer, which is one of [`AudioContainer::others`].
    Other(&'static str),
}

/// The accepted containers in words, for messages.
pub(crate) const ACCEPTED: &str =
    "WAV, FLAC, Ogg, Opus, MP3, M4A, AIFF, AAC, AMR, CAF, AC-3, WMA, AU or WebM";

/// Demuxers that read one file and nothing beside it, for what no signature here tells: no playlist, no list of files, no
/// script, nothing that has a name of another file in it; and none of bare samples, which any file could be.
const OTHERS: [&str; 65] = [
    "aa", "aac", "ac3", "act", "adx", "aea", "aiff", "amr", "ape", "asf", "ast", "au", "avi",
    "avr", "bfstm", "bonk", "brstm", "caf", "dsf", "dss", "dts", "dtshd", "eac3", "flac", "flv",
    "fsb", "hca", "iff", "ircam", "iss", "kvag", "laf", "loas", "lvf", "matroska", "mlp", "mov",
    "mp3", "mpc", "mpc8", "mpeg", "mpegts", "mxf", "nut", "ogg", "oma", "osq", "paf", "pvf", "qcp",
    "qoa", "rm", "rso", "shn", "smjpeg", "sol", "sox", "tak", "truehd", "tta", "voc", "vqf", "w64",
    "wv", "xwma",
];

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
            Self::Amr => "amr",
            Self::Caf => "caf",
            Self::Ac3 => "ac3",
            Self::Eac3 => "eac3",
            Self::Asf => "asf",
            Self::Au => "au",
            Self::Wave64 => "w64",
            Self::Other(name) => name,
        }
    }

    /// FFmpeg's names of the demuxers that may be tried on a file whose first bytes are none of the signatures known here.
    pub const fn others() -> &'static [&'static str] {
        &OTHERS
    }

    /// The container that ffprobe calls `format`, as "wv" or "mov,mp4,m4a", if it is one of [`AudioContainer::others`].
    pub(super) fn by_demuxer(format: &str) -> Option<Self> {
        let name = format.split(',').next()?;
        let known = OTHERS.iter().find(|known| **known == name);
        known.map(|known| Self::Other(known))
    }

    /// Whether a file that is much shorter than its header tells is of no use: what is missing of it may be anything. The
    /// others that tell a length are used as far as they go, and it is told.
    pub(crate) const fn must_be_whole(self) -> bool {
        matches!(self, Self::Flac | Self::Mp4 | Self::Aiff | Self::Matroska)
    }

    /// Whether the length in the header is dependable, so that a file that ends before was cut off. That of MP3 and of
    /// bare streams is extrapolated as a rule; those of WAV, MP3 and Ogg are looked at apart.
    pub(super) const fn tells_its_length(self) -> bool {
        self.must_be_whole() || matches!(self, Self::Caf | Self::Au | Self::Asf | Self::Wave64)
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
        rarer(head)
    }
}

/// [`sniff`] for what is met less often.
fn rarer(head: &[u8]) -> Option<AudioContainer> {
    if head.starts_with(b"#!AMR") {
        Some(AudioContainer::Amr)
    } else if head.starts_with(b"caff\0\x01") {
        Some(AudioContainer::Caf)
    } else if head.starts_with(b"\x30\x26\xB2\x75\x8E\x66\xCF\x11") {
        Some(AudioContainer::Asf)
    } else if head.starts_with(b".snd\0\0") {
        Some(AudioContainer::Au)
    } else if head.starts_with(b"riff\x2E\x91\xCF\x11") {
        Some(AudioContainer::Wave64)
    } else if frames(head, ac3_frame) {
        Some(AudioContainer::Ac3)
    } else if frames(head, eac3_frame) {
        Some(AudioContainer::Eac3)
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

/// The length of the AC-3 frame (ETSI TS 102 366, section 4.4.1) at the beginning of `bytes`.
fn ac3_frame(bytes: &[u8]) -> Option<usize> {
    /// Kilobits per second by half of the frame size code.
    const KBITS: [usize; 19] = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
    ];
    let [0x0B, 0x77, _, _, code, version] = *bytes.first_chunk::<6>()? else {
        return None;
    };
    // Up to 8 it is AC-3, 9 and 10 are its low rates.
    if version >> 3 > 10 {
        return None;
    }
    let kbits = *KBITS.get(usize::from(code & 0x3F) / 2)?;
    // Words of two bytes: 1536 samples of 48, 44.1 or 32 kHz; of 44.1 every other frame is one longer.
    let words = match code >> 6 {
        0 => kbits * 2,
        1 => kbits * 96_000 / 44_100 + usize::from(code & 1),
        2 => kbits * 3,
        _ => return None,
    };
    Some(words * 2)
}

/// The length of the E-AC-3 frame (ETSI TS 102 366, annex E.1.2) at the beginning of `bytes`.
fn eac3_frame(bytes: &[u8]) -> Option<usize> {
    let [0x0B, 0x77, high, low, _, version] = *bytes.first_chunk::<6>()? else {
        return None;
    };
    let words = (usize::from(high & 7) << 8 | usize::from(low)) + 1;
    ((11..=16).contains(&(version >> 3)) && words >= 4).then_some(words * 2)
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
            (b"#!AMR\n\x3C", AudioContainer::Amr),
            (b"#!AMR-WB\n\x44", AudioContainer::Amr),
            (b"caff\0\x01\0\0desc", AudioContainer::Caf),
            (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11\xA6", AudioContainer::Asf),
            (b".snd\0\0\0\x20", AudioContainer::Au),
            (b"riff\x2E\x91\xCF\x11\xA5\xD6", AudioContainer::Wave64),
            (b"\x0B\x77\x12\x34\x14\x40\x43", AudioContainer::Ac3),
            (b"\x0B\x77\x02\xFF\x3F\x86\x10", AudioContainer::Eac3),
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
    fn frames_of_bare_dolby_streams_are_as_long_as_they_say() {
        // 192 kbit/s: 768 bytes at 48 kHz, 834 or 836 at 44.1 kHz, 1152 at 32 kHz.
        for (code, bytes) in [(0x14, 768), (0x54, 834), (0x55, 836), (0x94, 1152)] {
            assert_eq!(ac3_frame(&[0x0B, 0x77, 0, 0, code, 0x40]), Some(bytes));
        }
        assert_eq!(ac3_frame(&[0x0B, 0x77, 0, 0, 0xC0, 0x40]), None);
        assert_eq!(eac3_frame(&[0x0B, 0x77, 2, 0xFF, 0x3F, 0x86]), Some(1536));
        let mut lonely = vec![0; 800];
        lonely[..6].copy_from_slice(&[0x0B, 0x77, 0, 0, 0x14, 0x40]);
        assert_eq!(sniff(&lonely), None, "no second frame follows");
    }

    #[test]
    fn only_demuxers_that_open_nothing_else_are_tried() {
        for bad in [
            "hls", "concat", "image2", "sdp", "dash", "lavfi", "mlv", "s16le", "tty",
        ] {
            assert!(!AudioContainer::others().contains(&bad), "{bad}");
            assert_eq!(AudioContainer::by_demuxer(bad), None);
        }
        let mov = AudioContainer::by_demuxer("mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(mov, Some(AudioContainer::Other("mov")));
        assert_eq!(mov.map(AudioContainer::demuxer), Some("mov"));
        assert!(OTHERS.is_sorted());
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
            prop_assume!(!text.starts_with("fLaC") && !text.starts_with("OggS") && !text.starts_with("ID3") && !text.starts_with("#!AMR") && text.get(4..8) != Some("ftyp"));
            prop_assume!(!(text.get(8..12) == Some("WAVE") || text.get(8..11) == Some("AIF")));
            prop_assert_eq!(sniff(text.as_bytes()), None);
        }
    }
}
