//! Which fields of knowledge a topic belongs to.

use super::super::lexicon::{self, Field};
use super::lower_words;

/// Names of a few fields in widely spoken languages, so that a topic in one of them is not left without content. The
/// second word is the English key.
#[rustfmt::skip] // a table
const FOREIGN_KEYS: &[(&str, &str)] = &[
    ("猫", "cat"), ("ネコ", "cat"), ("狗", "dog"), ("犬", "dog"), ("鸟", "bird"), ("鳥", "bird"), ("鲸", "whale"), ("海", "ocean"),
    ("深海", "deep sea"), ("月", "moon"), ("太阳", "sun"), ("太陽", "sun"), ("星", "star"), ("宇宙", "universe"), ("黑洞", "black hole"),
    ("森林", "forest"), ("山", "mountain"), ("雨", "rain"), ("雪", "snow"), ("茶", "tea"), ("咖啡", "coffee"), ("爱", "love"), ("愛", "love"),
    ("梦", "dream"), ("夢", "dream"), ("音乐", "music"), ("音楽", "music"), ("人工智能", "ai"), ("人工知能", "ai"), ("机器人", "robot"),
    ("历史", "ancient"), ("埃及", "egypt"), ("罗马", "rome"), ("长城", "great wall"), ("家", "family"), ("朋友", "friend"),
    ("时间", "time"), ("時間", "time"), ("学习", "learning"), ("城市", "city"), ("花", "flower"), ("海洋", "ocean"),
    ("кот", "cat"), ("кошк", "cat"), ("собак", "dog"), ("океан", "ocean"), ("море", "ocean"), ("луна", "moon"), ("космос", "space"),
    ("любовь", "love"), ("время", "time"), ("лес", "forest"), ("музык", "music"), ("история", "ancient"), ("кофе", "coffee"),
    ("القمر", "moon"), ("البحر", "ocean"), ("الحب", "love"), ("القهوة", "coffee"), ("الفضاء", "space"), ("النجوم", "star"),
    ("चाँद", "moon"), ("चांद", "moon"), ("समुद्र", "ocean"), ("प्यार", "love"), ("चाय", "tea"), ("समय", "time"),
    ("바다", "ocean"), ("고양이", "cat"), ("사랑", "love"), ("우주", "universe"), ("커피", "coffee"), ("음악", "music"),
    ("océano", "ocean"), ("luna", "moon"), ("amor", "love"), ("mer", "ocean"), ("lune", "moon"), ("amour", "love"), ("meer", "ocean"),
    ("mond", "moon"), ("liebe", "love"), ("gato", "cat"), ("gatos", "cat"), ("perro", "dog"), ("wald", "forest"), ("bosque", "forest"),
    ("🚀", "rocket"), ("🌊", "ocean"), ("🐙", "octopus"), ("🐱", "cat"), ("🐶", "dog"), ("🌙", "moon"), ("⭐", "star"), ("☕", "coffee"),
    ("🍵", "tea"), ("❤", "love"), ("🌋", "volcano"), ("🌲", "forest"), ("🎵", "music"), ("🎸", "music"), ("🤖", "robot"), ("⚽", "football"),
    ("🐝", "bee"), ("🦈", "shark"), ("🐳", "whale"), ("🦖", "dinosaur"), ("🍕", "pizza"), ("❄", "snow"), ("🌧", "rain"), ("⚡", "electric"),
];

/// The fields of `text`, the closest first, at most three. A long key counts more than a short one, a key near the
/// start more than one near the end, and no word is used twice ("French Revolution" is not about French).
pub(in super::super) fn of(text: &str) -> Vec<&'static Field> {
    let words: Vec<String> = lower_words(text)
        .into_iter()
        .map(|w| w.trim_end_matches("'s").to_owned())
        .collect();
    let mut used = vec![false; words.len()];
    let mut scored: Vec<(usize, usize, &'static Field)> = Vec::new();
    let mut add = |score: usize, order: usize, field: &'static Field| match scored
        .iter_mut()
        .find(|(_, _, known)| std::ptr::eq(*known, field))
    {
        Some(entry) => entry.0 += score,
        None => scored.push((score, order, field)),
    };
    for length in (1..=4_usize).rev() {
        for start in 0..words.len().saturating_sub(length - 1) {
            let span = start..start + length;
            if used[span.clone()].iter().any(|&u| u) {
                continue;
            }
            let phrase = words[span.clone()].join(" ");
            let singulars: Vec<String> = singulars(&phrase).collect();
            let mut hit = false;
            for field in lexicon::fields() {
                if field
                    .keys
                    .iter()
                    .any(|key| matches_key(key, &phrase, &singulars))
                {
                    hit = true;
                    add(100 * length + 20_usize.saturating_sub(start), start, field);
                }
            }
            if hit {
                used[span].fill(true);
            }
        }
    }
    if scored.is_empty() {
        let lower = text.to_lowercase();
        for (order, &(foreign, key)) in FOREIGN_KEYS.iter().enumerate() {
            let found = if foreign.is_ascii()
                || foreign
                    .chars()
                    .all(|c| c.is_alphabetic() && (c as u32) < 0x250)
            {
                words.iter().any(|w| w == foreign)
            } else {
                lower.contains(foreign)
            };
            if found && let Some(field) = lexicon::fields().find(|f| f.keys.contains(&key)) {
                scored.push((foreign.chars().count(), order, field));
            }
        }
    }
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| std::ptr::eq(a.2, b.2));
    scored
        .into_iter()
        .take(3)
        .map(|(_, _, field)| field)
        .collect()
}

fn matches_key(key: &str, phrase: &str, singulars: &[String]) -> bool {
    if let Some(stem) = key.strip_suffix('*') {
        return phrase.starts_with(stem) && !phrase[stem.len()..].contains(' ');
    }
    phrase == key
        || singulars.iter().any(|singular| singular == key)
        || (phrase.len() > 5 && phrase.strip_suffix("'s").is_some_and(|owner| owner == key))
}

/// What `phrase` could be the plural of.
fn singulars(phrase: &str) -> impl Iterator<Item = String> {
    let cut = |ending: &str, put: &str| {
        phrase
            .strip_suffix(ending)
            .map(|stem| format!("{stem}{put}"))
    };
    [
        cut("s", ""),
        cut("es", ""),
        cut("ies", "y"),
        cut("ves", "f"),
        cut("men", "man"),
        cut("ice", "ouse"),
    ]
    .into_iter()
    .flatten()
}
