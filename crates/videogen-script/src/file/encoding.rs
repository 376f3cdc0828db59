//! Bytes as text: the encoding of a script is told by its bytes, and everything that is no text is refused by its name.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use videogen_text::WritingSystem;

use super::fault::{ScriptFileError, ScriptFlaw};
use super::limits::MAX_SCRIPT_BYTES;
use super::magic;

/// A script as text, and what a person should know about how it became text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecodedScript {
    /// The text, without a byte order mark.
    pub text: String,
    /// What was assumed about it, a sentence each without a period.
    pub warnings: Vec<String>,
}

impl From<String> for DecodedScript {
    fn from(text: String) -> Self {
        Self {
            text,
            warnings: Vec::new(),
        }
    }
}

impl From<&str> for DecodedScript {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Control characters that a text has at most, one in so many characters. A text that was copied holds one here and there;
/// a file that is no text holds them everywhere.
const CHARS_PER_CONTROL: usize = 100;

/// Damaged characters of a UTF-8 text, one in so many that are not of ASCII: with more of them it is another encoding.
const CHARS_PER_DAMAGE: usize = 4;

/// Reads `bytes` as text, which came from `origin`: UTF-8, UTF-16 or UTF-32, with or without a byte order mark, or what
/// encoding of the time before they are most likely in, Windows-1252 for most languages of western Europe. All that is not
/// certain is a warning.
///
/// # Errors
/// [`ScriptFileError`]: they are no text, or more than [`MAX_SCRIPT_BYTES`].
pub fn decode_script(bytes: &[u8], origin: &str) -> Result<DecodedScript, ScriptFileError> {
    let bad = |flaw, reason: String| Err(ScriptFileError::new(origin, flaw, reason));
    if let Some(foreign) = magic::foreign(bytes) {
        let reason = format!("it is {} and not a text", foreign.name);
        return bad(foreign.flaw, reason);
    }
    if bytes.len() as u64 > MAX_SCRIPT_BYTES {
        let reason = format!("it is larger than {} KiB", MAX_SCRIPT_BYTES / 1024);
        return bad(ScriptFlaw::Unreadable, reason);
    }
    let Some(decoded) = decoded(bytes) else {
        let reason = "it is not UTF-8 text, nor text in another encoding that can be told";
        return bad(ScriptFlaw::Encoding, reason.to_owned());
    };
    let (mut chars, mut controls, mut nuls) = (0, 0, 0);
    for c in decoded.text.chars() {
        chars += 1;
        controls += usize::from(c.is_control() && !c.is_whitespace());
        nuls += usize::from(c == '\0');
    }
    let has_words = decoded.text.contains(char::is_alphanumeric);
    if has_words && controls * CHARS_PER_CONTROL > chars {
        let holds = if nuls > 0 {
            format!("{nuls} NUL bytes")
        } else {
            format!("{controls} control characters")
        };
        let reason = format!("it is a binary file and not a text: it holds {holds}");
        return bad(ScriptFlaw::Binary, reason);
    }
    Ok(decoded)
}

/// The text of `bytes`, if they are one.
fn decoded(bytes: &[u8]) -> Option<DecodedScript> {
    if let Some((text, damaged)) = marked(bytes) {
        let warnings = damage(damaged).into_iter().collect();
        return Some(DecodedScript { text, warnings });
    }
    for (read, name) in [
        (evident_utf32(bytes), "UTF-32"),
        (evident_utf16(bytes), "UTF-16"),
        (east_asian_utf16(bytes), "UTF-16"),
    ] {
        if let Some(text) = read {
            let warnings = vec![assumed(name)];
            return Some(DecodedScript { text, warnings });
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.into());
    }
    if let Some((text, damaged)) = damaged_utf8(bytes) {
        let warnings = damage(damaged).into_iter().collect();
        return Some(DecodedScript { text, warnings });
    }
    let (text, name) = legacy(bytes)?;
    let warnings = vec![assumed(&name)];
    Some(DecodedScript { text, warnings })
}

fn assumed(encoding: &str) -> String {
    format!(
        "the script is not in UTF-8 and was read as {encoding}; if letters are wrong, save it as UTF-8"
    )
}

fn damage(characters: usize) -> Option<String> {
    match characters {
        0 => None,
        1 => Some("1 character of the script is damaged and was left out".to_owned()),
        _ => Some(format!(
            "{characters} characters of the script are damaged and were left out"
        )),
    }
}

/// The text behind a byte order mark, and how many of its characters are damaged.
fn marked(bytes: &[u8]) -> Option<(String, usize)> {
    // That of UTF-32 begins as that of UTF-16 does.
    let read = if let Some(rest) = bytes.strip_prefix(b"\xff\xfe\0\0") {
        utf32(rest, u32::from_le_bytes)
    } else if let Some(rest) = bytes.strip_prefix(b"\0\0\xfe\xff") {
        utf32(rest, u32::from_be_bytes)
    } else if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        utf16(rest, u16::from_le_bytes)
    } else if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        utf16(rest, u16::from_be_bytes)
    } else {
        let rest = bytes.strip_prefix(b"\xef\xbb\xbf")?;
        return match std::str::from_utf8(rest) {
            Ok(text) => Some((text.to_owned(), 0)),
            Err(_) => Some(without_damage(&String::from_utf8_lossy(rest))),
        };
    };
    Some(without_damage(&read))
}

/// The text without the signs that stand in for what could not be read, and how many they were.
fn without_damage(text: &str) -> (String, usize) {
    let damaged = text.matches(char::REPLACEMENT_CHARACTER).count();
    (text.replace(char::REPLACEMENT_CHARACTER, ""), damaged)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks();
    let units = pairs.iter().map(|pair| unit(*pair));
    char::decode_utf16(units)
        .map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let (fours, _) = bytes.as_chunks();
    let units = fours.iter().map(|four| unit(*four));
    units
        .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Whether a text that was read as something unmarked is one.
fn is_sound(text: &str) -> bool {
    text.chars().all(|c| {
        c != char::REPLACEMENT_CHARACTER && (!c.is_control() || matches!(c, '\t' | '\n' | '\r'))
    })
}

/// UTF-32 without a mark: three of four bytes are nought or nearly so.
fn evident_utf32(bytes: &[u8]) -> Option<String> {
    let is_whole = !bytes.is_empty() && bytes.len().is_multiple_of(4);
    let nuls = bytes.split(|byte| *byte == 0).count() - 1;
    if !is_whole || nuls * 2 < bytes.len() {
        return None;
    }
    [u32::from_le_bytes, u32::from_be_bytes]
        .into_iter()
        .map(|unit| utf32(bytes, unit))
        .find(|text| is_sound(text))
}

/// UTF-16 without a mark: nearly every second byte is nought or the one of the script that is written.
fn evident_utf16(bytes: &[u8]) -> Option<String> {
    const FEWEST: usize = 8;
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let (pairs, _) = bytes.as_chunks::<2>();
    // Where the high byte of a unit stands.
    [1, 0].into_iter().find_map(|high| {
        let unit = if high == 1 {
            u16::from_le_bytes
        } else {
            u16::from_be_bytes
        };
        let mut seen = [0_usize; 256];
        for pair in pairs {
            seen[usize::from(pair[high])] += 1;
        }
        let zero = seen[0];
        let most = seen[1..].iter().max().copied().unwrap_or(0);
        let is_latin = zero > 1 && zero * 10 >= pairs.len() * 7;
        let is_other = zero > 0 && pairs.len() >= FEWEST && (zero + most) * 10 >= pairs.len() * 9;
        let text = (is_latin || is_other).then(|| utf16(bytes, unit))?;
        is_sound(&text).then_some(text)
    })
}

/// UTF-16 without a mark in Chinese, Japanese or Korean, whose letters have nearly all high bytes: every unit is one of theirs
/// or of ASCII, and there are bytes that stand in no text of another encoding, such as those of their full stops.
fn east_asian_utf16(bytes: &[u8]) -> Option<String> {
    let is_foreign = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let is_possible = bytes.len().is_multiple_of(2)
        && bytes.iter().any(is_foreign)
        && std::str::from_utf8(bytes).is_err();
    if !is_possible {
        return None;
    }
    let units: [fn([u8; 2]) -> u16; 2] = [u16::from_le_bytes, u16::from_be_bytes];
    let texts = units.into_iter().map(|unit| utf16(bytes, unit));
    let is_one = |text: &String| is_sound(text) && text.chars().all(is_east_asian);
    let mut found = texts.filter(is_one);
    let has_letters = |text: &String| text.chars().any(|c| !c.is_ascii() && c.is_alphabetic());
    found.next().filter(has_letters)
}

/// Whether texts in Chinese, Japanese and Korean have the character.
fn is_east_asian(c: char) -> bool {
    let is_mark = matches!(
        c,
        '\u{2010}'..='\u{2026}' | '\u{3000}'..='\u{303F}' | '\u{FF01}'..='\u{FFE6}' | '·' | '×' | '°'
    );
    c.is_ascii()
        || is_mark
        || matches!(
            WritingSystem::of(c),
            WritingSystem::Han | WritingSystem::Kana | WritingSystem::Hangul
        )
}

/// UTF-8 in which some bytes are broken, and how many.
fn damaged_utf8(bytes: &[u8]) -> Option<(String, usize)> {
    let text = String::from_utf8_lossy(bytes);
    let foreign = text.chars().filter(|c| !c.is_ascii()).count();
    let (text, damaged) = without_damage(&text);
    (damaged * (CHARS_PER_DAMAGE + 1) <= foreign).then_some((text, damaged))
}

/// The text in the encoding of the time before Unicode that it is most likely in, and the encoding's name.
fn legacy(bytes: &[u8]) -> Option<(String, String)> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding: &encoding_rs::Encoding = detector.guess(None, Utf8Detection::Deny);
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    let name = encoding.name().replace("windows", "Windows");
    (!had_errors).then(|| (text.into_owned(), name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> DecodedScript {
        decode_script(bytes, "x").expect("text")
    }

    fn utf16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    fn utf32_bytes(text: &str, bytes: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|c| bytes(u32::from(c))).collect()
    }

    /// Windows-1252 of letters that Latin-1 has as well, and of its own punctuation.
    fn cp1252(text: &str) -> Vec<u8> {
        let byte = |c: char| match c {
            '€' => 0x80,
            '„' => 0x84,
            '…' => 0x85,
            'œ' => 0x9c,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '–' => 0x96,
            other => u8::try_from(u32::from(other)).expect("a letter of Latin-1"),
        };
        text.chars().map(byte).collect()
    }

    const GERMAN: &str =
        "Das Café öffnet um acht. Der Preis beträgt fünf Euro – “günstig”, sagt Frau Müller.\n";

    #[test]
    fn each_form_of_unicode_is_read() {
        for text in [
            GERMAN,
            "Море широкое и глубокое.\nОно синее.\n",
            "The sea is deep.\r\n\r\nIt is cold.\r\n",
        ] {
            let marked = format!("\u{feff}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                marked.clone().into_bytes(),
                utf16_bytes(&marked, u16::to_le_bytes),
                utf16_bytes(&marked, u16::to_be_bytes),
                utf32_bytes(&marked, u32::to_le_bytes),
                utf32_bytes(&marked, u32::to_be_bytes),
            ] {
                assert_eq!(read(&bytes), text.into(), "{bytes:x?}");
            }
            for (bytes, name) in [
                (utf16_bytes(text, u16::to_le_bytes), "UTF-16"),
                (utf16_bytes(text, u16::to_be_bytes), "UTF-16"),
                (utf32_bytes(text, u32::to_le_bytes), "UTF-32"),
                (utf32_bytes(text, u32::to_be_bytes), "UTF-32"),
            ] {
                let read = read(&bytes);
                assert_eq!(read.text, text);
                assert!(read.warnings[0].contains(name), "{:?}", read.warnings);
            }
        }
        assert_eq!(read("深海是黑暗的。".as_bytes()).text, "深海是黑暗的。");
    }

    #[test]
    fn short_texts_of_east_asia_are_read_as_utf_16() {
        for text in [
            "海很深。里面很冷。",
            "海很深。有些鱼自己发光。人们从来没有见过它们在做什么。",
            "海は深い、とても寒い！",
            "바다는 깊다. 춥다.",
            "第1幕：深海。",
        ] {
            for bytes in [
                utf16_bytes(text, u16::to_le_bytes),
                utf16_bytes(text, u16::to_be_bytes),
            ] {
                let read = read(&bytes);
                assert_eq!(read.text, text);
                assert!(read.warnings[0].contains("UTF-16"), "{:?}", read.warnings);
            }
        }
        // Encodings of the time before, also with a control character in them.
        for (encoding, text) in [
            (encoding_rs::GBK, "海很深，里面很冷。没人知道。"),
            (encoding_rs::SHIFT_JIS, "海は深い、とても寒いです。"),
            (encoding_rs::EUC_KR, "바다는 깊다. 춥다."),
            (encoding_rs::WINDOWS_1252, "Das Café öffnet um acht."),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            assert_eq!(east_asian_utf16(&bytes), None, "{text}");
            let mut bytes = bytes.into_owned();
            bytes.extend([1, b' ']);
            assert_eq!(east_asian_utf16(&bytes), None, "{text}");
        }
        assert!(decode_script(b"Hello\x02 World \x03!", "x").is_err());
    }

    #[test]
    fn languages_of_western_europe_are_read_as_windows_1252() {
        for text in [
            GERMAN,
            "Größe zählt. Die Straße führt über die Brücke nach Köln.",
            "L’été, l’élève étudie à l’école. Où est passée la clé de ma sœur ?",
            "El niño comió piñas en España. ¿Dónde está mañana la montaña? ¡Aquí!",
            "Perché la città è così? È già più di un’ora che aspetto.",
            "A informação não está disponível. O coração é músculo.",
            "It’s a “test” – nothing more… for 5 €.",
        ] {
            let read = read(&cp1252(text));
            assert_eq!(read.text, text);
            assert!(
                read.warnings[0].contains("Windows-1252"),
                "{:?}",
                read.warnings
            );
        }
    }

    #[test]
    fn other_encodings_of_the_time_before_are_told_from_their_letters() {
        let russian = b"\xcc\xee\xf0\xe5 \xf8\xe8\xf0\xee\xea\xee\xe5 \xe8 \xe3\xeb\xf3\xe1\xee\xea\xee\xe5. \xce\xed\xee \xf1\xe8\xed\xe5\xe5.";
        let read = read(russian);
        assert_eq!(read.text, "Море широкое и глубокое. Оно синее.");
        assert!(
            read.warnings[0].contains("Windows-1251"),
            "{:?}",
            read.warnings
        );
    }

    #[test]
    fn a_damaged_letter_does_not_change_the_others() {
        let mut bytes = "Größe zählt für Ärzte, Öfen und Übungen."
            .as_bytes()
            .to_vec();
        bytes.push(0xc3);
        let read = read(&bytes);
        assert_eq!(read.text, "Größe zählt für Ärzte, Öfen und Übungen.");
        assert_eq!(
            read.warnings,
            ["1 character of the script is damaged and was left out"]
        );
    }

    #[test]
    fn what_is_no_text_is_refused_by_its_name() {
        let refused = |bytes: &[u8]| decode_script(bytes, "x").expect_err("refused");
        let rtf = refused(b"{\\rtf1\\ansi Hello}");
        assert_eq!(rtf.flaw, ScriptFlaw::Document);
        assert!(rtf.reason.contains("RTF"), "{rtf}");
        assert!(rtf.help().to_string().contains("plain text"));
        let nul = refused(b"Hello\0World\n");
        assert!(nul.reason.contains("NUL"), "{nul}");
        let noise: Vec<u8> = (0..2000_u32).map(|n| (n * n * 31 % 251) as u8).collect();
        assert!(decode_script(&noise, "x").is_err());
        // A PDF may be large: what it is says more than its size.
        let mut pdf = b"%PDF-1.7\n".to_vec();
        pdf.resize(2 << 20, b'x');
        assert!(refused(&pdf).reason.contains("PDF"));
        assert!(
            refused(&vec![b'x'; 2 << 20])
                .reason
                .contains("larger than 1024 KiB")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_was_written(text in "[a-zA-Zäöüßéè .,\n]{1,60}|\\PC{0,60}") {
            prop_assert_eq!(read(text.as_bytes()).text, text);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_script(&bytes, "x");
        }
    }
}
