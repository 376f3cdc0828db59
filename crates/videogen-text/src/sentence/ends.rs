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
/// on `language`, a BCP 47 tag; where that is unknown, initials alone count. Where a text begins with a capital, nothing ends
/// before a small letter. Greek asks with `;`. The last word ends a sentence only where it has
/// such a mark.
#[must_use]
pub fn sentence_ends(words: &[&str], language: &str) -> Vec<bool> {
    let rules = Rules::of(language);
    if rules.language == "el" && words.iter().any(|word| word.contains(GREEK_QUESTION_MARKS)) {
        let asked: Vec<String> = words
            .iter()
            .map(|word| word.replace(GREEK_QUESTION_MARKS, "?"))
            .collect();
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        return ends(&asked, rules);
    }
    ends(words, rules)
}

/// What Greek asks with: the semicolon, and the character of its own that looks like one.
const GREEK_QUESTION_MARKS: [char; 2] = [';', '\u{37E}'];

fn ends(words: &[&str], rules: &Rules) -> Vec<bool> {
    let has_capitals = begins_with_capital(words);
    let mut start = 0;
    (0..words.len())
        .map(|place| {
            let (sentence, rest) = (&words[start..=place], &words[place + 1..]);
            let ends = ends_sentence(sentence, rest, rules, has_capitals);
            if ends {
                start = place + 1;
            }
            ends
        })
        .collect()
}

/// Whether the first letter of a text is a capital, so that its sentences begin with capitals.
fn begins_with_capital(words: &[&str]) -> bool {
    let mut chars = words.iter().flat_map(|word| word.chars());
    chars
        .find(|c| c.is_alphabetic())
        .is_some_and(char::is_uppercase)
}

/// Whether a sentence ends with the last word of `sentence`, which is what there is of it so far; `rest` follows.
/// `has_capitals` says that sentences of this text begin with capitals.
fn ends_sentence(sentence: &[&str], rest: &[&str], rules: &Rules, has_capitals: bool) -> bool {
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
        return ends_sentence(&sentence, rest, rules, has_capitals);
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
    // SB8 of UAX #29, for all marks: "The temp. was", "Yahoo! and others".
    let is_cased = has_capitals && is_cased(bare);
    if next.is_lower && (is_cased || !closing.is_empty() && !marks.contains('.')) {
        return false;
    }
    if !closing.is_empty() && !marks.contains('.') {
        return true;
    }
    marks != "." || !continues(bare, earlier.last().copied(), rest, rules)
}

/// Whether the last letter of a word is of a script with capitals, or there is none.
fn is_cased(bare: &str) -> bool {
    let mut letters = bare.chars().filter(|c| c.is_alphabetic());
    letters
        .next_back()
        .is_none_or(|c| c.is_lowercase() || c.is_uppercase())
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
    /// Passes over dashes, and over the letter with which a Dutch sentence may begin: «Стой!» — крикнул; ’s Avonds.
    fn of(rest: &[&str]) -> Self {
        let mut words = rest.iter().take(2).filter(|word| !is_clipped(word));
        let first = words.clone().find_map(|word| first_letter(word));
        // Georgian has capitals for headings only.
        let is_lower = |c: char| c.is_lowercase() && !('\u{10D0}'..='\u{10FF}').contains(&c);
        // "iPhone" and "example.com" begin sentences as they are.
        let is_as_it_is = words
            .find(|word| first_letter(word).is_some())
            .is_some_and(|word| word.chars().skip(1).any(char::is_uppercase) || is_address(word));
        Self {
            first,
            is_lower: first.is_some_and(is_lower) && !is_as_it_is,
            is_uncased: first
                .is_some_and(|c| c.is_alphabetic() && !is_lower(c) && !c.is_uppercase()),
        }
    }
}

/// Whether a word has a full stop between parts of two letters or more, as `example.com` and `index.html` have.
fn is_address(word: &str) -> bool {
    let is_part = |part: &&str| part.chars().filter(|c| c.is_alphanumeric()).count() > 1;
    word.contains("://") || word.split('.').filter(is_part).count() > 1
}

/// "’s", "'t": an apostrophe and one letter.
fn is_clipped(word: &str) -> bool {
    word.starts_with(['\'', '’', '‘']) && word.chars().count() == 2
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
            let is_particle = after.starts_with(JAPANESE_PARTICLES);
            return !is_particle || JAPANESE_OPENERS.iter().any(|word| after.starts_with(word));
        }
        self.is_introduced || self.is_at_start && !marks.contains(['!', '?', '！', '？', '؟'])
    }
}

/// Particles that stand behind what is said, by their first letter.
const JAPANESE_PARTICLES: [char; 9] = ['と', 'っ', 'が', 'は', 'を', 'に', 'の', 'も', 'で'];

/// Words that begin sentences and look as if one of the particles stood there.
const JAPANESE_OPENERS: [&str; 14] = [
    "とても",
    "ところ",
    "とにかく",
    "とうとう",
    "とりあえず",
    "もう",
    "もし",
    "もっと",
    "もちろん",
    "でも",
    "では",
    "はい",
    "はじめ",
    "のち",
];

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
        // "St. No. 5": the abbreviation before a number is not the word that it looks like.
        let is_numbered = marks == "."
            && has(rules.before_number, &next_word.to_lowercase())
            && rest
                .get(1)
                .is_some_and(|word| first_letter(word).is_some_and(char::is_numeric));
        // "L’autre", "C'est": what is joined to it by an apostrophe is another word.
        let head = next_word
            .split_inclusive(['’', '\''])
            .next()
            .unwrap_or_default();
        let is_opener = |word: &str| has(rules.openers, &word.to_lowercase().replace('’', "'"));
        let is_shout = after.starts_with(['¡', '¿']);
        next.first.is_some_and(char::is_uppercase)
            && (is_shout
                || !is_initial && !is_numbered && (is_opener(next_word) || is_opener(head)))
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
    // "5 ft. Tall", "В 1917 г. Ленин": what is a title or a place elsewhere is a unit there.
    let is_after_number =
        before.is_some_and(|before| before.ends_with(|c: char| c.is_ascii_digit()));
    let is_unit = is_after_number && word.starts_with(char::is_lowercase);
    for listed in both.iter().chain([&lower]) {
        let is_either = has(rules.either, listed);
        if before_number && has(rules.before_number, listed) {
            return true;
        }
        if !(is_either && is_unit) {
            if has(rules.leading, listed) {
                return !after.starts_with(['¡', '¿']);
            }
            if has(rules.doubtful, listed) {
                return !opens();
            }
        }
        if is_either {
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
    let is_unit = !next.is_lower && is_after_number;
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
        // Words that are abbreviations elsewhere.
        ("en", "I ate a fig.|It was sweet.|See fig. 3 for that."),
        (
            "en",
            "He lives on Main St.|It is quiet.|St. John lives there.",
        ),
        (
            "en",
            "I met Ed.|He was nice.|Do one more rep.|Then rest.|Rep. Miller rests.",
        ),
        (
            "en",
            "My friend Al.|He is tall.|It is 5 ft.|Tall people know.|Ft. Worth is big.",
        ),
        (
            "en",
            "Turn up the vol.|The song is good.|I work at the dept.|It is big.",
        ),
        (
            "en",
            "She is Dr. No.|He fears her.|We met Gen. Lee, Sgt. Pepper and Capt. Cook.",
        ),
        (
            "de",
            "Das ist eine besondere Art.|Sie lebt im Meer.|Es gilt Art. 5 des Gesetzes.",
        ),
        (
            "de",
            "Er heißt Max.|Er ist groß.|Ich tue, was ich mag.|Und du?|Mag. Huber kam max. 5 Minuten.",
        ),
        (
            "de",
            "Er stand am Kap.|Der Wind blies.|Ich nahm den Tab.|Er war neu.|Das steht in Kap. 3.",
        ),
        (
            "de",
            "Das ist Kunst aller Art.|Niemand kauft sie.|Es waren 12.|Niemand wusste warum.",
        ),
        (
            "de",
            "Wir sind zu 3.|Das reicht.|Es geschah am 3. Oktober.|Danach war Ruhe.",
        ),
        (
            "fr",
            "C’est de l’art.|Personne ne comprend.|C'est mon ex.|Elle est partie.|Voir l'art. 4 du code.",
        ),
        (
            "fr",
            "Il passe le col.|La neige tombe.|Il garde le cap.|Le vent tourne.|Le Col. Martin salue le Cap. Nemo.",
        ),
        ("fr", "Parle-moi de l'art.|Vite.|Il le sait, p. ex. Paul."),
        (
            "es",
            "Lo da.|Nadie lo sabe.|Es puro art.|Todo brilla.|Según Ud.|Felipe II fue rey.",
        ),
        (
            "es",
            "Cuesta 1.234,56 € aprox.|¡Qué caro!|Da. Elvira y el cap. Alatriste salen.",
        ),
        (
            "it",
            "È un gen.|La cellula vive.|Il gen. Rossi parla con l'on. Bianchi.",
        ),
        (
            "pt",
            "Isto é um dom.|Ele canta bem.|D. Pedro II foi imperador.",
        ),
        ("nl", "Ik hou van art.|Hij niet.|Zie art. 5 daarvan."),
        ("nl", "Het regende hard.|’s Avonds werd het droog."),
        (
            "pl",
            "Pomogła im.|Potem wyszła.|Wszystko jest ok.|Idziemy dalej.|Było ok. 5 osób.",
        ),
        (
            "pl",
            "To dom dla os.|Tam mieszkają.|Było ich 5.|Nikt nie wiedział.|Szkoła im. Kopernika.",
        ),
        (
            "ru",
            "Он помог им.|Потом он ушёл.|Он видел много тел.|Все молчали.|Площадь им. Ленина, тел. 123.",
        ),
        (
            "ru",
            "Мы знаем о тел.|Их много.|Их было 5.|Никто не знал.|Длина 5 см.|Ширина 3 см.|См. Приложение.",
        ),
        (
            "tr",
            "Çok iyi bir av.|Sonra eve gitti.|Cevap no.|Bu kadar.|Orada 5.|Kimse bilmiyor.|Av. Demir geldi.",
        ),
        // Abbreviations, and a full stop before a small letter.
        (
            "de",
            "Bzgl. § 5 Abs. 2 BGB gilt o. g. Regel.|Die Fa. Schmidt GmbH & Co. KG liefert.|Er wohnt Hauptstr. 5.|Das ist nah.",
        ),
        (
            "en",
            "The temp. was −5 °C & falling.|I like Yahoo! and Jeopardy! very much.|“Is that all?” she asked.",
        ),
        ("en", "That was it.|iPhone sales fell."),
        ("en", "Read all of it.|example.com has more."),
        ("en", "i like cats.|they purr."),
        ("ko", "Dr. 김이 말했다.|www.example.com에서 보세요."),
        (
            "es",
            "Viven en EE. UU. desde el 3 de oct. de 1990.|¿Cuánto cuesta?",
        ),
        (
            "fr",
            "Le 3e arr. est à 5 km.|Il est 18 h 30 !|Hélas ! dit-il.|Oui.",
        ),
        (
            "it",
            "Nel sec. XIX d.C. c'era, ad es., la peste.|Perché?|Il 1° gen. 2020 era mercoledì.",
        ),
        ("pt", "Pagaram no dia 1º de jan. de 2020.|Quanto custa?"),
        (
            "pl",
            "Zapłacili w dn. 3 stycznia 2020 r. w Krakowie.|Dlaczego?",
        ),
        (
            "ru",
            "Заплатили 1 234,56 руб. 3 янв. 2020 г. в г. Москве.|Почему?|Это было в 1917 г.|Ленин приехал.",
        ),
        ("hi", "श्री एस. के. वर्मा दिल्ली में रहते हैं।|क्यों?"),
        ("th", "วันที่ 3 ม.ค. 2563 ดร. สมชายจ่ายเงิน 1,234.56 บาท"),
        // What other scripts end with.
        (
            "el",
            "Ο κ. Παπαδόπουλος πλήρωσε στις 3 Ιαν. 2020.|Γιατί;|Δεν ξέρω.|Πού\u{37E}|Εδώ.",
        ),
        (
            "ja",
            "「行かない。」と彼は言った。|「本当？」と彼女は聞いた。|「来た。」|とても寒い。",
        ),
        ("hy", "Ծովը խորն է։|Այո։"),
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
