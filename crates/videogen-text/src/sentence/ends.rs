//! Whether a sentence ends with a word, seen between its neighbours.

use super::marks::{is_unspaced_mark, parted};
use super::rules::{Rules, has};
use crate::writing_system::WritingSystem;
use unicode_normalization::char::is_combining_mark;

/// The most digits of a number that is read as an ordinal when a full stop follows: days, centuries, kings and floors.
const LARGEST_ORDINAL: usize = 2;

/// Returns for each word whether a sentence of `language` ends with it. Words are runs without white space in the order of
/// the text.
///
/// A sentence ends at `.`, `!`, `?`, `…` and the marks of other scripts, with the closing quotes and brackets that follow.
/// Abbreviations (`Dr.`, `z. B.`, `EE. UU.`), initials, ordinals (`3. Oktober`), a bracket in the middle (`the bridge (built
/// in 1932!) stands`) and an interjection (`“Stop!” he said`) do not end one. What is an abbreviation or an ordinal depends
/// on `language`, a BCP 47 tag; where that is unknown, initials alone count. The last word ends a sentence only where it has
/// such a mark.
#[must_use]
pub fn sentence_ends(words: &[&str], language: &str) -> Vec<bool> {
    let rules = Rules::of(language);
    let mut start = 0;
    (0..words.len())
        .map(|place| {
            let ends = ends_sentence(&words[start..=place], &words[place + 1..], rules);
            if ends {
                start = place + 1;
            }
            ends
        })
        .collect()
}

/// Whether a sentence ends with the last word of `sentence`, which is what there is of it so far; `rest` follows.
fn ends_sentence(sentence: &[&str], rest: &[&str], rules: &Rules) -> bool {
    let Some((word, earlier)) = sentence.split_last() else {
        return false;
    };
    let (bare, marks, closing) = parted(word);
    if marks.is_empty() {
        // « Oui. » with spaces inside the quotes: what closes belongs to the mark before it.
        let Some((before, earlier)) = earlier.split_last().filter(|_| closes_alone(word)) else {
            return false;
        };
        let joined = format!("{before}{word}");
        let sentence: Vec<&str> = earlier.iter().copied().chain([joined.as_str()]).collect();
        return ends_sentence(&sentence, rest, rules);
    }
    let Some(after) = rest.first() else {
        return true;
    };
    if closes_alone(after) {
        // It goes on with marks or closing quotes of its own, which end it.
        return false;
    }
    let next = Next::of(rest);
    let opening = closing
        .chars()
        .next_back()
        .and_then(|c| Opening::of(c, sentence));
    match opening {
        Some(opening) if closing.ends_with(is_bracket) && !opening.is_at_start => return false,
        // No capital letter tells, so where the quotation stands has to.
        Some(opening) if next.is_uncased && !closing.ends_with(is_bracket) => {
            return opening.ends(marks, after, rules);
        }
        _ => {}
    }
    if marks.contains(is_unspaced_mark) {
        return true;
    }
    let is_ellipsis = marks.contains('…') || marks.chars().filter(|c| *c == '.').count() > 1;
    if is_ellipsis {
        return !next.is_lower && !next.is_uncased;
    }
    if !closing.is_empty() && !marks.contains('.') {
        return !next.is_lower;
    }
    marks != "." || !continues(bare, earlier.last().copied(), rest, rules)
}

/// Whether a word is nothing but marks and closing quotes.
fn closes_alone(word: &str) -> bool {
    let (bare, marks, _) = parted(word);
    bare.is_empty() && !(marks.is_empty() && word.chars().all(|c| "«‹“‘".contains(c)))
}

fn is_bracket(c: char) -> bool {
    matches!(c, ')' | ']' | '）' | '】')
}

/// How what follows begins.
#[derive(Debug, Clone, Copy)]
struct Next {
    first: Option<char>,
    is_lower: bool,
    /// A letter of a script that has no capitals.
    is_uncased: bool,
}

impl Next {
    /// Passes over dashes: «Стой!» — крикнул.
    fn of(rest: &[&str]) -> Self {
        let first = rest.iter().take(2).find_map(|word| first_letter(word));
        Self {
            first,
            is_lower: first.is_some_and(char::is_lowercase),
            is_uncased: first
                .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()),
        }
    }
}

/// The first letter or digit of a word.
fn first_letter(word: &str) -> Option<char> {
    word.chars().find(|c| c.is_alphanumeric())
}

/// Where a quotation or a bracket was opened.
#[derive(Debug, Clone, Copy)]
struct Opening {
    is_at_start: bool,
    /// A colon or a comma stands before it: `he said: “…”`.
    is_introduced: bool,
}

impl Opening {
    /// Finds what `closer`, the last character of `sentence`, closes.
    fn of(closer: char, sentence: &[&str]) -> Option<Self> {
        let openers = match closer {
            ')' => "(",
            ']' => "[",
            '）' => "（",
            '】' => "【",
            '”' => "“„",
            '“' => "„“",
            '’' => "‘‚",
            '»' => "«",
            '«' => "»",
            '」' => "「",
            '』' => "『",
            '"' => "\"",
            _ => return None,
        };
        let text = sentence.join(" ");
        let inside = &text[..text.len() - closer.len_utf8()];
        let before = inside[..inside.rfind(|c| openers.contains(c))?].trim_end();
        Some(Self {
            is_at_start: before.is_empty(),
            is_introduced: before.ends_with(|c| ":：,，、،".contains(c)),
        })
    }

    /// Whether a quotation that has these marks at its end ends the sentence, before a script without capitals.
    fn ends(self, marks: &str, after: &str, rules: &Rules) -> bool {
        if rules.language == "ja" {
            // 「…。」と言った: a particle goes on with the sentence.
            return !after.starts_with(['と', 'っ', 'が', 'は', 'を', 'に', 'の', 'も', 'で']);
        }
        self.is_introduced || self.is_at_start && !marks.contains(['!', '?', '！', '？', '؟'])
    }
}

/// Whether the full stop after `bare` belongs to it, so that `rest` goes on with the same sentence.
fn continues(bare: &str, before: Option<&str>, rest: &[&str], rules: &Rules) -> bool {
    let after = rest.first().copied().unwrap_or_default();
    // "l’art", "（Dr", "«Sr": the abbreviation is what stands last.
    let is_apart = |c: char| !(c.is_alphanumeric() || "._-°".contains(c) || is_combining_mark(c));
    let word = bare.rsplit(is_apart).next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_lowercase();
    // English abbreviations stand in scripts of their own: "Dr. 스미스".
    let rules = if rules.language != "en" && word.is_ascii() && !rules.is_latin() {
        Rules::of("en")
    } else {
        rules
    };
    let next = Next::of(rest);
    let is_number = next.first.is_some_and(char::is_numeric);
    let opens = || {
        let (next_word, marks, _) = parted(after);
        let next_word = next_word.trim_matches(|c: char| !c.is_alphanumeric());
        // "А. С. Пушкин": an initial is no conjunction.
        let is_initial = marks == "." && next_word.chars().count() == 1;
        next.first.is_some_and(char::is_uppercase)
            && !is_initial
            && has(rules.openers, &next_word.to_lowercase())
    };
    if word.is_empty() {
        return false;
    }
    // "z. B." is one abbreviation of two words, and tells more than its second one.
    let both = before.map(|before| {
        let before = before.trim_matches(|c: char| !c.is_alphanumeric());
        format!("{}._{lower}", before.to_lowercase())
    });
    let bare_next = parted(after).0.trim_matches(|c: char| !c.is_alphanumeric());
    let before_number = is_number || is_roman(bare_next);
    // The first word of such a pair.
    let pair = format!("{lower}._{}", bare_next.to_lowercase());
    if has(rules.either, &pair) || has(rules.leading, &pair) {
        return true;
    }
    for listed in both.iter().chain([&lower]) {
        if has(rules.leading, listed) || before_number && has(rules.before_number, listed) {
            return true;
        }
        if has(rules.either, listed) {
            // Names follow what is made of capitals with stops; scripts without capitals do not tell.
            let is_acronym = word.contains('.') && word.starts_with(char::is_uppercase);
            let may_be_name = is_acronym && next.first.is_some_and(char::is_uppercase) && !opens();
            let is_part = next.is_uncased && word.contains('.') && !word.is_ascii();
            return next.is_lower || before_number || may_be_name || is_part;
        }
    }
    // "£3.", "20 °C.": what a sign stands before is an amount.
    let sign = bare[..bare.len() - word.len()].chars().next_back();
    if sign.is_some_and(|c| "$£€¥₹₺₽°#±+=&".contains(c)) {
        return false;
    }
    let is_digits = word.chars().all(|c| c.is_ascii_digit());
    if is_digits || is_roman(word) {
        // "1. Begin" is the number of a list only when nothing stands before it.
        let is_list_number = before.is_none() && is_digits;
        let may_be_ordinal = rules.has_ordinals && (!is_digits || word.len() <= LARGEST_ORDINAL);
        // "2011. 4. 1." is a date.
        let is_date = is_digits && is_date_part(after);
        let is_ordinal = next.is_lower && rules.has_ordinals || may_be_ordinal && !opens();
        return is_list_number || is_date || is_ordinal;
    }
    // "0,5 g." is no initial; "8:00 a. m." goes on.
    let is_unit = !next.is_lower
        && before.is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
    is_initials(word) && !is_unit && word != "I" && !opens()
}

/// A day or a month with its full stop, and what may be written on to it.
fn is_date_part(word: &str) -> bool {
    let digits = word.chars().take_while(char::is_ascii_digit).count();
    matches!(digits, 1 | 2) && word[digits..].starts_with('.')
}

/// "J", "U.S", "J.-C": single letters, parted by stops or hyphens.
fn is_initials(word: &str) -> bool {
    word.split(['.', '-'])
        .filter(|part| !part.is_empty())
        .all(|part| {
            let mut letters = part.chars();
            let first = letters.next();
            letters.next().is_none()
                && first.is_some_and(|c| c.is_alphabetic() && !WritingSystem::of(c).is_unspaced())
        })
}

/// A Roman number of two letters or more, in capitals.
fn is_roman(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| "IVXLCDM".contains(c))
}

#[cfg(test)]
mod tests {
    use super::super::sentences;

    /// Sentences of a language, parted by `|`.
    const RIGHT: &[(&str, &str)] = &[
        (
            "en",
            "Mr. Smith, Mrs. Jones and Dr. Lee live at St. John St. No. 5.|The U.S. has 50 states, i.e. many, e.g. Texas.",
        ),
        (
            "en",
            "At 8:00 a.m. the temperature was -5°C.|It rose by 3 p.m.|We left.",
        ),
        (
            "en",
            "It cost $3.50, etc.|Nobody cared.|He is No. 1.|Is he?",
        ),
        (
            "en",
            "“Stop!” he said.|“Really?”|He said: “It isn’t.”|No!!!|Yes.",
        ),
        (
            "en",
            "He moved to the U.S. in 1990.|It was the plan B.|Nobody knew.",
        ),
        (
            "de",
            "Am 3. Oktober 1990 sprach Dr. Müller in St. Gallen, z. B. mit Prof. Meier.|Er kam im 19. Jahrhundert, ca. 1871, bzw. etwas später.|Kaiser Wilhelm II. regierte bis 1918.|Das kostet 1.234,56 € inkl. MwSt. und mehr.",
        ),
        (
            "de",
            "Das war 1990.|Dann kam Ludwig XIV.|Er war König.|Es gibt Äpfel, Birnen usw.|Wir essen sie.",
        ),
        (
            "de",
            "Er wohnt im 2. Stock.|Der Zug fährt am 24. Dezember um 8 Uhr.|»Wirklich?« fragte sie.|„Ja.“|Gut.",
        ),
        (
            "fr",
            "M. Dupont et Mme. Martin habitent au 5 av. Foch.|Louis XIV est né en 1638, av. J.-C. n'existe pas.|C’est l’heure : 18 h 30 !|Vraiment ?|« Oui », dit-il ; il part.",
        ),
        (
            "fr",
            "Il dit : « Oui. »|Puis il part.|« Non ! »|C’est cher, etc.|Mais bon.",
        ),
        (
            "es",
            "El Sr. López y la Sra. Díaz viven en EE. UU. desde 1999.|¿Qué pasa?|¡Nada!|El Dr. Ruiz pagó 1.500 €.",
        ),
        (
            "it",
            "Il Sig. Rossi e la Dott.ssa Bianchi arrivano alle 8.|Costa 3,50 €, ecc.|Ma vale.|Cesare morì nel 44 a.C. a Roma.",
        ),
        (
            "pt",
            "O Sr. Silva e a Dra. Costa moram na Av. Paulista, n. 5.|No séc. XX nasceu.|Pão, leite, etc.|Depois saiu.",
        ),
        (
            "nl",
            "Dhr. Jansen en mevr. de Vries wonen o.a. in Den Haag.|Hij kwam in 1990.|Appels, peren enz.|Daarna ging hij.",
        ),
        (
            "pl",
            "Prof. Nowak i dr Kowal mieszkają przy ul. Długiej, np. pod nr. 5.|Był to 3. maja 1791 r.|Potem przyszli inni.|Jabłka, gruszki itd.|Nie wiem.",
        ),
        (
            "ru",
            "В 1917 г. в Санкт-Петербурге жил А. С. Пушкин, т. е. поэт.|Это было в XIX в. и т. д.|Цена 5 руб. за шт.",
        ),
        (
            "tr",
            "Dr. Yılmaz 3. katta oturuyor.|19. yüzyılda geldi.|Elma, armut vb.|Sonra gitti.|II. Mehmet İstanbul'u aldı.",
        ),
        ("ar", "قال د. أحمد إنه هنا.|هل هذا صحيح؟|نعم."),
        ("hi", "डॉ. शर्मा दिल्ली में रहते हैं।|क्या यह सच है?|हाँ।"),
        ("zh", "他说：“你好。”|然后走了。|为什么？|不知道！"),
        ("ja", "「光」は届きません。|とても寒いです。"),
        ("ko", "한국은 아름답다.|왜 그럴까?|그렇다."),
        (
            "sv",
            "Dr. Berg bor t.ex. i Lund.|Äpplen, päron osv.|Sedan gick han.",
        ),
        (
            "cs",
            "Dr. Novák bydlí např. v Praze.|Bylo to 3. května.|Jablka atd.|Potom odešel.",
        ),
        ("xx", "J. K. Rowling wrote it.|Then she left."),
    ];

    #[test]
    fn sentences_of_many_languages_end_where_their_readers_stop() {
        let wrong: Vec<String> = RIGHT
            .iter()
            .filter_map(|(language, right)| {
                let text = right.replace('|', " ");
                let found = sentences(&text, language).join("|");
                (found != *right).then(|| format!("{language}: {found}\n  not {right}"))
            })
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
