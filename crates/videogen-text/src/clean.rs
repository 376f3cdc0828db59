//! Removes what nobody can see and everything that could lie about what is seen.

use unicode_normalization::UnicodeNormalization;

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';
const BLACK_FLAG: char = '\u{1F3F4}';
/// Tags are ASCII this far up.
const TAGS: u32 = 0xE0000;
const END_OF_TAGS: char = '\u{E007F}';
/// The flags that tags spell: England, Scotland, Wales (Unicode's `emoji-sequences.txt`, RGI_Emoji_Tag_Sequence).
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// `raw` as one visible line: NFC, every run of white space (line breaks included) a single space, ends trimmed.
///
/// Removed: control characters, zero-width characters, marks that change the direction of text, byte order marks,
/// private-use code points, noncharacters and tag characters (an invisible copy of ASCII that can carry hidden
/// instructions) but those of the flags of England, Scotland and Wales. Joiners stay where they shape what is read: ZWJ inside an emoji sequence, ZWJ and ZWNJ between
/// letters of Arabic or an Indic script.
///
/// Idempotent: `clean(&clean(x)) == clean(x)`.
#[must_use]
pub fn clean(raw: &str) -> String {
    // Removing a character can bring a base and its mark together, and composing them can change a joiner's
    // neighbour, so run to the fixed point. Each round shortens the text or changes nothing, hence it ends.
    let mut text = pass(raw);
    loop {
        let again = pass(&text);
        if again == text {
            return text;
        }
        text = again;
    }
}

fn pass(raw: &str) -> String {
    let composed: Vec<char> = raw.nfc().collect();
    let mut kept = String::with_capacity(raw.len());
    let mut gap = false;
    let mut previous: Option<char> = None;
    let mut tags_end = 0;
    for (i, &c) in composed.iter().enumerate() {
        if c.is_whitespace() {
            gap = true;
            continue;
        }
        let stays = match c {
            ZWJ | ZWNJ => {
                let before = if gap { None } else { previous };
                let after = composed.get(i + 1).copied();
                joins(c, before, after)
            }
            // Variation selectors pick the picture or the ideograph of the character before them.
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => {
                !gap && previous.is_some_and(|p| !is_variation_selector(p) && p != ZWJ && p != ZWNJ)
            }
            '\u{E0000}'..='\u{E007F}' => i < tags_end,
            _ => !is_unseen(c),
        };
        if !stays {
            continue;
        }
        if c == BLACK_FLAG {
            tags_end = i + 1 + flag_tags(&composed[i + 1..]);
        }
        if gap && !kept.is_empty() {
            kept.push(' ');
        }
        gap = false;
        kept.push(c);
        previous = Some(c);
    }
    kept.nfc().collect()
}

/// How many tags at the beginning of `rest` make a flag of the black one before them. Others could say what nobody sees.
fn flag_tags(rest: &[char]) -> usize {
    let is_spelled = |country: &&&str| {
        let tags = country
            .chars()
            .filter_map(|c| char::from_u32(TAGS + u32::from(c)));
        let tags = tags.chain([END_OF_TAGS]);
        tags.eq(rest.iter().copied().take(country.len() + 1))
    };
    let flag = FLAGS.iter().find(is_spelled);
    flag.map_or(0, |country| country.len() + 1)
}

fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

pub(super) fn joins(joiner: char, before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let shaping = is_joining_script(before) && is_joining_script(after);
    shaping || (joiner == ZWJ && is_emoji_part(before) && is_emoji_part(after))
}

/// Blocks whose letters change shape with ZWJ and ZWNJ: Arabic, Syriac, and Devanagari to Sinhala.
fn is_joining_script(c: char) -> bool {
    matches!(c, '\u{0620}'..='\u{07BF}' | '\u{0860}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}' | '\u{FB50}'..='\u{FDCF}')
        && (c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c))
}

/// Code points that emoji ZWJ sequences are made of (Unicode `emoji-zwj-sequences.txt`), by block.
fn is_emoji_part(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2190}'..='\u{2BFF}' | '\u{FE0F}')
}

/// Whether `c` has no visible form of its own or changes how its neighbours are ordered.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{E000}'..='\u{F8FF}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}'
            | '\u{F0000}'..='\u{10FFFF}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_is_removed() {
        assert_eq!(clean("  a\0b\u{200B}c\u{202E}d\u{FEFF} "), "abcd");
        assert_eq!(
            clean("one\r\n\ttwo\u{2028}three\u{3000}four"),
            "one two three four"
        );
        assert_eq!(clean("cafe\u{301}"), "café");
        assert_eq!(clean("\u{E000}\u{1b}[31mred"), "[31mred");
        assert_eq!(clean("hi\u{E0048}\u{E0049}"), "hi");
        assert_eq!(clean("🏴\u{E0067}\u{E007F}\u{E0048}"), "🏴");
        assert_eq!(clean(" \u{200D}\u{2060} "), "");
    }

    #[test]
    fn joiners_stay_where_they_shape_what_is_read() {
        let scotland = "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}";
        assert_eq!(
            clean(&format!("{scotland} \u{E0048}{scotland}")),
            format!("{scotland} {scotland}")
        );
        let family = "👨\u{200D}👩\u{200D}👧";
        let heart = "❤\u{FE0F}\u{200D}🔥";
        let persian = "می\u{200C}خواهم";
        let sinhala = "ශ\u{0DCA}\u{200D}රී";
        for kept in [family, heart, persian, sinhala] {
            assert_eq!(clean(kept), kept);
        }
        assert_eq!(clean("pass\u{200D}word"), "password");
        assert_eq!(clean("👨\u{200D} 👩"), "👨 👩");
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(raw in any::<String>()) {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once.clone());
        }

        #[test]
        fn nothing_unseen_is_left(raw in "[\\PC\\x00-\\x20\u{200B}-\u{200F}\u{202A}-\u{202E}\u{2066}-\u{2069}🏴👩a-c]{0,40}") {
            let text = clean(&raw);
            prop_assert!(text.chars().all(|c| !is_unseen(c)), "{:?}", text);
            prop_assert!(!text.contains("  ") && text.trim() == text);
            prop_assert!(text.chars().all(|c| c == ' ' || !c.is_whitespace()));
        }
    }
}
