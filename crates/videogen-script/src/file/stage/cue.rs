//! What stands in brackets and is a direction: `[MUSIC FADES]`, `(pause)`; and lines that are nothing else.

use super::line::{MARKS, is_caps};
use super::tables::{CUES, NUMBERS, REMARKS, SCENES, SQUARE_CUES, TRANSITIONS, UNSPACED_SCENES};
use crate::file::html::is_element;
use crate::file::times::is_times;

/// Opening brackets, each with the one that closes it.
pub(super) const BRACKETS: &[(char, char)] = &[
    ('[', ']'),
    ('(', ')'),
    ('【', '】'),
    ('（', '）'),
    ('［', '］'),
    ('〔', '〕'),
];

/// Signs that enclose a direction as brackets do, though they are none of prose.
const TAGS: &[(char, char)] = &[('{', '}'), ('<', '>')];

/// Signs behind which a sentence has ended, or a label.
pub(super) const SENTENCE_ENDS: &[char] = &[
    '.', '!', '?', '…', ':', '。', '！', '？', '"', '”', '*', '_',
];

/// The most words of a direction in round brackets within a line, and of one in square brackets.
const MOST_WORDS: (usize, usize) = (4, 12);
/// The longest direction within a line, in characters.
const LONGEST: usize = 160;
/// The most words of a line in round brackets that is a direction though it is written as a remark.
const MOST_WORDS_OF_LINE: usize = 8;

/// What a whole line is, where it is none of the words that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unspoken {
    /// It begins a scene.
    Scene,
    /// It tells what is to be seen, heard or done.
    Direction,
}

/// What the line `body` is, if nothing of it is spoken. In a screenplay more is taken for a direction than in prose.
pub(super) fn unspoken(body: &str, is_screenplay: bool) -> Option<Unspoken> {
    let bare = body.trim_matches(|c: char| MARKS.contains(&c) || c.is_whitespace());
    if is_slug(bare) {
        return Some(Unspoken::Scene);
    }
    let plain = bare.trim_end_matches([':', '.', ' ']).to_lowercase();
    if TRANSITIONS.contains(&plain.as_str()) {
        return Some(Unspoken::Direction);
    }
    if is_scene_mark(bare) {
        return Some(Unspoken::Scene);
    }
    if tagged(bare).is_some() || is_emphasised(body, is_screenplay) {
        return Some(Unspoken::Direction);
    }
    let (inside, is_square) = enclosed(bare)?;
    if !inside.contains(char::is_alphabetic) {
        return is_times(inside).then_some(Unspoken::Direction);
    }
    let words = inside.split_whitespace().count();
    let is_prose = words > MOST_WORDS.1 && inside.trim_end().ends_with(['.', '!', '?']);
    let is_direction = if is_square {
        !is_prose
    } else {
        let is_remark = inside.ends_with(['.', '!', '?']) || inside.starts_with(char::is_uppercase);
        let cued = is_cue(inside, false) || words <= MOST_WORDS_OF_LINE && has_cue(inside);
        let is_shown = !inside.ends_with(['.', '!', '?'])
            && words <= MOST_WORDS_OF_LINE
            && self::words(inside)
                .first()
                .is_some_and(|first| has(SQUARE_CUES, first));
        cued || is_shown
            || is_caps(inside)
            || is_screenplay && !is_remark && words <= MOST_WORDS_OF_LINE
    };
    if !is_direction {
        return None;
    }
    let first = inside.split(|c: char| !c.is_alphanumeric()).next();
    let begins_scene = is_scene_mark(inside) || first.is_some_and(|first| has(SCENES, first));
    Some(if begins_scene {
        Unspoken::Scene
    } else {
        Unspoken::Direction
    })
}

/// What a line holds between the brackets that enclose all of it, and whether those are square.
fn enclosed(line: &str) -> Option<(&str, bool)> {
    let open = line.chars().next()?;
    let (_, close) = BRACKETS.iter().find(|(first, _)| *first == open)?;
    let inside = line[open.len_utf8()..].strip_suffix(*close)?;
    // `[a](b)`, `[a] and [b]`, `[^1]`.
    let is_one = !inside.contains([open, *close]) && !inside.starts_with('^');
    is_one.then_some((inside, !matches!(open, '(' | '（')))
}

/// The words of `{beat}`, `<long pause>` or `</pause>`, which `text` is all of: no element of HTML, no address and nothing
/// that a program fills in. Of the tags by which voices are told something, `<break time="1s"/>` is one as well.
fn tagged(text: &str) -> Option<&str> {
    let is_angled = text.starts_with('<');
    let inside = if is_angled {
        let inside = text.strip_prefix('<')?.strip_suffix('>')?;
        let inside = inside.strip_suffix('/').unwrap_or(inside).trim_end();
        inside.strip_prefix('/').unwrap_or(inside)
    } else {
        text.strip_prefix('{')?.strip_suffix('}')?
    };
    let is_word = |c: char| {
        c.is_alphabetic() || unicode_normalization::char::is_combining_mark(c) || "-'’".contains(c)
    };
    let count = inside.split_whitespace().count();
    let is_words = inside.starts_with(char::is_alphabetic)
        && inside.ends_with(is_word)
        && inside.chars().all(|c| is_word(c) || c == ' ')
        && count <= MOST_WORDS.0;
    let first = inside.split(' ').next().unwrap_or_default();
    let is_element = is_angled && is_element(&first.to_ascii_lowercase());
    let is_break = is_angled && first == "break" && !inside.contains(['<', '>']);
    (is_words && !is_element || is_break).then_some(inside)
}

/// `*soft music plays*`: a line in one pair of marks that is no sentence and is worded as a direction.
fn is_emphasised(line: &str, is_screenplay: bool) -> bool {
    let line = line.trim();
    let mut marks = MARKS.iter();
    let inside = marks.find_map(|mark| line.strip_prefix(*mark)?.strip_suffix(*mark));
    let Some(inside) = inside.filter(|inside| !inside.contains(MARKS)) else {
        return false;
    };
    let words = words(inside);
    let ends_as_one = words.last().is_some_and(|last| has(SQUARE_CUES, last));
    let is_sentence = inside.ends_with(['.', '!', '?', '…', '。', '！', '？'])
        || inside.starts_with(char::is_uppercase) && !(is_screenplay && ends_as_one);
    let is_worded = is_cue(inside, false) || has_cue(inside) && (is_screenplay || ends_as_one);
    !is_sentence && words.len() <= MOST_WORDS_OF_LINE && is_worded
}

/// `INT. HOUSE - DAY`.
pub(super) fn is_slug(line: &str) -> bool {
    let places = [
        "INT.", "EXT.", "INT ", "EXT ", "INT/EXT", "EXT/INT", "I/E.", "I/E ", "INNEN.", "AUSSEN.",
        "INNEN ", "AUSSEN ",
    ];
    places.iter().any(|place| line.starts_with(place))
        && line.len() > 5
        && (is_caps(line) || line.starts_with("INT.") || line.starts_with("EXT."))
}

/// `Scene 1`, `SCENE TWO:`, `Scene 3 – The ocean`; not `Scene 1 is short.`
pub(super) fn is_scene_mark(line: &str) -> bool {
    scene_mark(line)
        .is_some_and(|rest| rest.is_empty() || !rest.ends_with(['.', '!', '?']) || is_caps(rest))
}

/// What follows the number of a scene and the sign behind it.
pub(super) fn scene_mark(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let lower_end = line
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(line.len());
    let word = line[..lower_end].to_lowercase();
    let behind = if has(SCENES, &word) {
        line[lower_end..].trim_start_matches([' ', '#'])
    } else {
        let sign = UNSPACED_SCENES
            .iter()
            .find(|sign| line.starts_with(**sign))?;
        let rest = line[sign.len()..].trim_start();
        rest.starts_with(char::is_numeric).then_some(rest)?
    };
    let end = behind
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(behind.len());
    let number = behind[..end].to_lowercase();
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_number = !digits.is_empty()
        && digits
            .chars()
            .all(|c| c.is_numeric() || "场景幕場話".contains(c))
        || has(NUMBERS, &number);
    let rest = &behind[end..];
    let is_ended = rest.trim().is_empty()
        || rest
            .trim_start()
            .starts_with([':', '：', '-', '–', '—', '.', '(', '|']);
    (is_number && is_ended).then(|| {
        rest.trim()
            .trim_start_matches([':', '：', '-', '–', '—', '.', '|'])
            .trim()
    })
}

/// Takes the directions out of a line, and says how many they were.
pub(super) fn without_cues(line: &str) -> (String, usize) {
    let mut kept = String::with_capacity(line.len());
    let mut count = 0;
    let mut rest = line;
    let brackets = || BRACKETS.iter().chain(TAGS);
    while let Some(at) = rest.find(|c| brackets().any(|(open, _)| *open == c)) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let open = from.chars().next().unwrap_or_default();
        let width = open.len_utf8();
        let close = brackets()
            .find(|(first, _)| *first == open)
            .map_or(open, |(_, close)| *close);
        let mut chars = from.char_indices().take(LONGEST);
        let end = chars.find(|(_, c)| *c == close);
        let inside = end.map(|(end, _)| &from[width..end]);
        let behind = inside.map_or("", |inside| {
            &from[width + inside.len() + close.len_utf8()..]
        });
        // `[words](address)`, `[words][name]`, `![words]`, `[^1]`.
        let is_link = kept.ends_with(']')
            || open == '[' && (behind.starts_with(['(', '[']) || kept.ends_with('!'));
        let is_square = !matches!(open, '(' | '（');
        let is_tag = TAGS.iter().any(|(first, _)| *first == open);
        let is_direction = |inside: &str| {
            if is_tag {
                let all = &from[..width + inside.len() + close.len_utf8()];
                let is_break =
                    |words: &str| open == '<' && words.split(' ').next() == Some("break");
                return tagged(all).is_some_and(|words| is_cue(words, false) || is_break(words));
            }
            stands_alone(is_square, &kept, inside) && is_cue(inside, is_square)
        };
        match inside {
            Some(inside) if !is_link && is_direction(inside) => {
                count += 1;
                rest = behind;
                if kept.ends_with(' ') && rest.starts_with([' ', '.', ',', '!', '?', ';', ':'])
                    || kept.is_empty()
                {
                    kept.truncate(kept.trim_end().len());
                    rest = if kept.is_empty() {
                        rest.trim_start()
                    } else {
                        rest
                    };
                }
            }
            _ => {
                kept.push(open);
                rest = &from[width..];
            }
        }
    }
    kept.push_str(rest);
    (kept, count)
}

/// Whether brackets behind `before` do not tell what that is: "EDM (dance music)" tells what it is, "Wait. (soft music)" is a
/// direction.
fn stands_alone(is_square: bool, before: &str, inside: &str) -> bool {
    let before = before.trim_end();
    is_square || before.is_empty() || before.ends_with(SENTENCE_ENDS) || words(inside).len() < 2
}

/// Whether what stands in brackets within a line is a direction.
fn is_cue(inside: &str, is_square: bool) -> bool {
    if is_times(inside) || !inside.is_empty() && inside.chars().all(|c| "♪♫♬ ".contains(c)) {
        return true;
    }
    let words = words(inside);
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return false;
    };
    if is_square {
        let is_listed = |word: &str| has(CUES, word) || has(SQUARE_CUES, word);
        return words.len() <= MOST_WORDS.1
            && (is_listed(first) || is_listed(last) || is_scene_mark(inside));
    }
    let is_remark = words.len() > 1 && words.iter().any(|word| has(REMARKS, word));
    words.len() <= MOST_WORDS.0 && !is_remark && (has(CUES, first) || has(CUES, last))
}

/// Whether any word is one of a direction.
fn has_cue(inside: &str) -> bool {
    let words = words(inside);
    !words.iter().any(|word| has(REMARKS, word)) && words.iter().any(|word| has(CUES, word))
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ',' | ':' | ';' | '/' | '–' | '—' | '*' | '_' | '.' | '!' | '?'
            )
    })
    .filter(|word| !word.is_empty())
    .map(str::to_lowercase)
    .collect()
}

fn has(table: &[&str], word: &str) -> bool {
    let word = word.to_lowercase();
    table.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_which_nothing_is_spoken_are_told() {
        use Unspoken::{Direction, Scene};
        for (line, want) in [
            ("[Scene 1: Wide shot of the ocean]", Some(Scene)),
            ("**[Scene 2]**", Some(Scene)),
            ("Scene 3", Some(Scene)),
            ("SCENE TWO:", Some(Scene)),
            ("INT. HOUSE - DAY", Some(Scene)),
            ("Szene 4 – Am Meer", Some(Scene)),
            ("第1场", Some(Scene)),
            ("[MUSIC FADES]", Some(Direction)),
            ("[A whale swims by]", Some(Direction)),
            ("(pause)", Some(Direction)),
            ("*(soft music plays)*", Some(Direction)),
            ("(MUSIC SWELLS)", Some(Direction)),
            ("(camera pans to the whale)", Some(Direction)),
            ("(Sound familiar?)", None),
            ("<pause>", Some(Direction)),
            ("</pause>", Some(Direction)),
            ("<break time=\"1s\"/>", Some(Direction)),
            ("{beat}", Some(Direction)),
            ("{Dramatic pause}", Some(Direction)),
            ("*soft music plays*", Some(Direction)),
            ("_laughs softly_", Some(Direction)),
            ("*笑*", Some(Direction)),
            ("<b>", None),
            ("</table>", None),
            ("<https://x.y>", None),
            ("{{ name }}", None),
            ("{\"a\"}", None),
            ("{1990}", None),
            ("{Hello} there friend.", None),
            ("*silence is golden*", None),
            ("*Music plays*", None),
            ("*the sea is deep*", None),
            ("**Silence**", None),
            ("*pause* and *beat*", None),
            ("FADE OUT.", Some(Direction)),
            ("Cut to:", Some(Direction)),
            ("[1990]", None),
            ("(1990)", None),
            ("(This was long before the sea was known.)", None),
            ("[link](https://x.y)", None),
            ("[^1]", None),
            ("Scene 1 is short.", None),
            ("Scene of the crime", None),
            ("The sea is deep.", None),
        ] {
            assert_eq!(unspoken(line, false), want, "{line}");
        }
        assert_eq!(unspoken("(leaning in)", false), None);
        for direction in ["(leaning in)", "*Music plays*"] {
            assert_eq!(unspoken(direction, true), Some(Unspoken::Direction));
        }
    }

    #[test]
    fn directions_within_a_line_are_taken_out() {
        for (line, want) in [
            ("The sea [MUSIC FADES] is deep.", "The sea is deep."),
            ("Wait (pause). Now.", "Wait. Now."),
            ("(laughs) That is funny.", "That is funny."),
            (
                "It is deep. (soft music) And cold [beat].",
                "It is deep. And cold.",
            ),
            ("海很深（音乐）。", "海很深。"),
            ("{Pause} The sea is deep.", "The sea is deep."),
            ("Wait <pause> now {beat}.", "Wait now."),
            ("So<break time='1s'/>.", "So."),
        ] {
            let (text, count) = without_cues(line);
            assert_eq!(text, want);
            assert!(count > 0);
        }
        for line in [
            "In [1990] it began (1990).",
            "He [the king] said (the Pacific) so.",
            "The arts (music and dance) are old.",
            "He loves EDM (dance music) and jazz.",
            "See [the scene](https://x.y) and ![music](a.png).",
            "He wrote [sic] that. [^1] (see below)",
            "An open [bracket and (another",
            "{Hello} there, {breaking news}, <name>, {music: 5} and a <b>pause</b>.",
            "5 < pause > 4, {beat",
        ] {
            assert_eq!(without_cues(line), (line.to_owned(), 0));
        }
    }
}
