//! Which writing system a character belongs to, as far as the choice of a font needs to know.

/// A group of characters that is served by the same font.
///
/// The 128-aligned blocks of Unicode fall together with scripts for South and South-East Asia, so most scripts need no
/// name here; the ones that are spread over several blocks do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Script {
    /// Latin, Greek, Cyrillic and common punctuation: the bundled font.
    European,
    /// Hebrew with its presentation forms.
    Hebrew,
    /// Arabic with its supplements and presentation forms.
    Arabic,
    /// Han, kana, Hangul, Bopomofo and their full-width punctuation.
    Cjk,
    /// Pictures in colour.
    Emoji,
    /// Any other block of 128 code points, by its number.
    Block(u32),
}

impl Script {
    /// The group of one character. Emoji are found by [`is_emoji`] on whole grapheme clusters, not here.
    pub(crate) const fn of(c: char) -> Self {
        match c as u32 {
            0..=0x052F
            | 0x1AB0..=0x1AFF
            | 0x1C80..=0x1C8F
            | 0x1D00..=0x20CF
            | 0x2C60..=0x2C7F
            | 0x2DE0..=0x2DFF
            | 0xA640..=0xA69F
            | 0xA720..=0xA7FF
            | 0xFB00..=0xFB06
            | 0xFE00..=0xFE0F => Self::European,
            0x0590..=0x05FF | 0xFB1D..=0xFB4F => Self::Hebrew,
            0x0600..=0x06FF
            | 0x0750..=0x077F
            | 0x0870..=0x08FF
            | 0xFB50..=0xFDFF
            | 0xFE70..=0xFEFE => Self::Arabic,
            0x1100..=0x11FF
            | 0x2E80..=0x2FDF
            | 0x3000..=0x9FFF
            | 0xA960..=0xA97F
            | 0xAC00..=0xD7FF
            | 0xF900..=0xFAFF
            | 0xFE30..=0xFE4F
            | 0xFF00..=0xFFEF
            | 0x20000..=0x3FFFF => Self::Cjk,
            // Devanagari Extended shares its fonts with Devanagari (block 0x0900 / 128).
            0xA8E0..=0xA8FF => Self::Block(0x0900 >> 7),
            // Georgian has three blocks (0x10A0, 0x1C90, 0x2D00), Ethiopic five.
            0x10A0..=0x10FF | 0x1C90..=0x1CBF | 0x2D00..=0x2D2F => Self::Block(0x10A0 >> 7),
            0x1200..=0x139F | 0x2D80..=0x2DDF | 0xAB00..=0xAB2F => Self::Block(0x1200 >> 7),
            code => Self::Block(code >> 7),
        }
    }

    /// The Debian package whose fonts draw this group.
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::Cjk => "fonts-noto-cjk",
            Self::Emoji => "fonts-noto-color-emoji",
            _ => "fonts-noto-core",
        }
    }
}

/// Whether a character is of a right-to-left script (Unicode: Bidi_Class R or AL, by block).
pub(crate) const fn is_right_to_left(c: char) -> bool {
    matches!(c as u32, 0x0590..=0x08FF | 0xFB1D..=0xFDFF | 0xFE70..=0xFEFE | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF)
}

/// Whether lines may break between any two characters of the group (UAX #14, class ID and its neighbours).
pub(crate) const fn breaks_anywhere(c: char) -> bool {
    matches!(Script::of(c), Script::Cjk)
        && !matches!(c as u32, 0x1100..=0x11FF | 0xA960..=0xA97F | 0xAC00..=0xD7FF)
}

/// Whether the script is written without spaces and needs a dictionary to find words: Thai, Lao, Myanmar, Khmer
/// (UAX #14, class SA). Words handed to us separately are then the only knowledge of where a line may break.
pub(crate) const fn breaks_between_words_only(c: char) -> bool {
    matches!(c as u32, 0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0xA9E0..=0xA9FF | 0xAA60..=0xAA7F)
}

/// Characters that take part in layout but need no glyph of their own: white space, joiners, selectors, marks of
/// direction, tags.
pub(crate) fn needs_no_glyph(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c as u32, 0x00AD | 0x034F | 0x061C | 0x180B..=0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE01EF)
}

/// Whether a grapheme cluster is to be shown as a picture in colour: it has the emoji variation selector, is a keycap,
/// or begins with a character whose default is emoji presentation (Unicode `emoji-data.txt`, Emoji_Presentation).
pub(crate) fn is_emoji(cluster: &str) -> bool {
    let mut characters = cluster.chars();
    let Some(first) = characters.next() else {
        return false;
    };
    if cluster.contains('\u{FE0E}') {
        return false;
    }
    // © ™ ‼ and digits are text unless the selector asks for the picture.
    cluster.contains('\u{FE0F}') && first != '\u{FE0F}'
        || characters.any(|c| c == '\u{20E3}')
        || has_emoji_presentation(first)
}

/// Emoji_Presentation=Yes, with the unassigned and reserved code points of the pictographic blocks left in: they
/// become emoji in later versions of Unicode.
const fn has_emoji_presentation(c: char) -> bool {
    matches!(c as u32,
        0x231A..=0x231B | 0x23E9..=0x23EC | 0x23F0 | 0x23F3 | 0x25FD..=0x25FE | 0x2614..=0x2615 | 0x2648..=0x2653 | 0x267F
        | 0x2693 | 0x26A1 | 0x26AA..=0x26AB | 0x26BD..=0x26BE | 0x26C4..=0x26C5 | 0x26CE | 0x26D4 | 0x26EA | 0x26F2..=0x26F3
        | 0x26F5 | 0x26FA | 0x26FD | 0x2705 | 0x270A..=0x270B | 0x2728 | 0x274C | 0x274E | 0x2753..=0x2755 | 0x2757
        | 0x2795..=0x2797 | 0x27B0 | 0x27BF | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55
        | 0x1F004 | 0x1F0CF | 0x1F18E | 0x1F191..=0x1F19A | 0x1F1E6..=0x1F1FF | 0x1F201 | 0x1F21A | 0x1F22F | 0x1F232..=0x1F236
        | 0x1F238..=0x1F23A | 0x1F250..=0x1F251 | 0x1F300..=0x1F320 | 0x1F32D..=0x1F335 | 0x1F337..=0x1F37C | 0x1F37E..=0x1F393
        | 0x1F3A0..=0x1F3CA | 0x1F3CF..=0x1F3D3 | 0x1F3E0..=0x1F3F0 | 0x1F3F4 | 0x1F3F8..=0x1F43E | 0x1F440 | 0x1F442..=0x1F4FC
        | 0x1F4FF..=0x1F53D | 0x1F54B..=0x1F54E | 0x1F550..=0x1F567 | 0x1F57A | 0x1F595..=0x1F596 | 0x1F5A4 | 0x1F5FB..=0x1F64F
        | 0x1F680..=0x1F6C5 | 0x1F6CC | 0x1F6D0..=0x1F6D2 | 0x1F6D5..=0x1F6DF | 0x1F6EB..=0x1F6EC | 0x1F6F4..=0x1F6FC
        | 0x1F7E0..=0x1F7EB | 0x1F7F0 | 0x1F90C..=0x1F93A | 0x1F93C..=0x1F945 | 0x1F947..=0x1F9FF | 0x1FA70..=0x1FAFF)
}

/// Where Han characters are read, which decides between national shapes of one code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// Mainland China; also the default where nothing tells.
    Simplified,
    /// Taiwan, Hong Kong.
    Traditional,
    /// Japan.
    Japan,
    /// Korea.
    Korea,
}

impl Region {
    /// The region a text is most likely written for: kana only occur in Japanese, Hangul in Korean; otherwise the
    /// most frequent characters that differ between simplified and traditional writing decide.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut kana, mut hangul, mut simplified, mut traditional) =
            (0_usize, 0_usize, 0_usize, 0_usize);
        for c in texts.flat_map(str::chars) {
            match c as u32 {
                0x3041..=0x30FA | 0x31F0..=0x31FF | 0xFF66..=0xFF9D => kana += 1,
                0x1100..=0x11FF | 0x3131..=0x318E | 0xAC00..=0xD7A3 => hangul += 1,
                0x4E00..=0x9FFF
                    if "这个们来说时国会学对过还为应该让开关发点没经现东车".contains(c) =>
                {
                    simplified += 1;
                }
                0x4E00..=0x9FFF
                    if "這個們來說時國會學對過還為應該讓開關發點沒經現東車".contains(c) =>
                {
                    traditional += 1;
                }
                _ => {}
            }
        }
        if kana > 0 && kana >= hangul {
            Self::Japan
        } else if hangul > 0 {
            Self::Korea
        } else if traditional > simplified {
            Self::Traditional
        } else {
            Self::Simplified
        }
    }

    /// Parts of family names that belong to the region, lower case.
    pub(crate) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Simplified => &[
                "cjk sc",
                "sans sc",
                "sans cn",
                "pingfang sc",
                "yahei",
                "gb",
                "wenquanyi",
                "heiti sc",
            ],
            Self::Traditional => &[
                "cjk tc",
                "sans tc",
                "sans tw",
                "pingfang tc",
                "jhenghei",
                "heiti tc",
            ],
            Self::Japan => &[
                "cjk jp",
                "sans jp",
                "hiragino",
                "yu gothic",
                "meiryo",
                "ipa",
                "takao",
            ],
            Self::Korea => &["cjk kr", "sans kr", "gothic neo", "malgun", "nanum"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_from_text() {
        for picture in ["🎉", "👩‍🚀", "🇯🇵", "❤️", "1️⃣", "⭐", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"]
        {
            assert!(is_emoji(picture), "{picture}");
        }
        for text in ["1", "©", "é", "字", "❤", "⭐\u{FE0E}", "", "\u{FE0F}"] {
            assert!(!is_emoji(text), "{text}");
        }
    }

    #[test]
    fn the_region_follows_the_writing() {
        let of = |text: &str| Region::of([text].into_iter());
        assert_eq!(of("骨直海角"), Region::Simplified);
        assert_eq!(of("这个国家"), Region::Simplified);
        assert_eq!(of("這個國家"), Region::Traditional);
        assert_eq!(of("日本の海"), Region::Japan);
        assert_eq!(of("바다 海"), Region::Korea);
        assert_eq!(of("hello"), Region::Simplified);
    }

    #[test]
    fn blocks_that_share_fonts_share_a_group() {
        assert_eq!(Script::of('क'), Script::of('\u{A8E0}'));
        assert_eq!(Script::of('ア'), Script::of('字'));
        assert_eq!(Script::of('Я'), Script::European);
        assert_ne!(Script::of('ก'), Script::of('ক'));
    }
}
