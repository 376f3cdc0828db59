//! Languages: their names, how their words are counted, and whether a text is in one.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation;
use videogen_text::{detect_language, language_name, primary_subtag, script_mismatch};

/// Words that are frequent in one of these languages and in none of the others here. About every fifth word of a text is
/// one of its language's.
#[rustfmt::skip] // a table
const FREQUENT: &[(&str, &[&str])] = &[
    ("en", &["the", "and", "of", "is", "was", "that", "this", "with", "are", "from", "they", "their", "you", "your", "what", "it", "its",
        "have", "has", "but", "not", "we", "our", "for", "by", "when", "where", "how", "there", "can", "every", "them"]),
    ("de", &["der", "die", "und", "ist", "nicht", "ein", "eine", "einen", "einem", "dem", "den", "von", "mit", "auf", "sich", "wir", "auch",
        "wie", "aber", "wird", "sind", "zu", "zum", "im", "aus", "wenn", "noch", "nur", "für", "über", "kein", "sie"]),
    ("fr", &["les", "et", "est", "dans", "une", "pour", "qui", "sur", "avec", "pas", "ce", "cette", "nous", "vous", "mais", "au", "aux",
        "sont", "leur", "elle", "même", "chaque", "où", "être", "du"]),
    ("es", &["el", "los", "las", "y", "es", "una", "en", "del", "por", "pero", "muy", "cuando", "hay", "más", "su", "sus", "está",
        "nuestra", "nuestro", "también", "donde", "desde", "hasta", "sin"]),
    ("it", &["il", "gli", "è", "che", "della", "delle", "nel", "nella", "sono", "più", "ma", "anche", "questo", "questa", "ogni", "di",
        "non", "dei", "alla", "ci", "ha", "dove", "fanno"]),
    ("pt", &["os", "uma", "um", "é", "não", "da", "dos", "das", "em", "ao", "pela", "com", "mas", "mais", "seu", "sua", "você", "são",
        "isso", "muito", "o", "num", "numa", "para"]),
    ("nl", &["het", "een", "van", "niet", "zijn", "ook", "maar", "voor", "wordt", "naar", "aan", "bij", "ze", "wat", "hun", "uit",
        "deze", "dit", "nog", "ons", "geen", "elke", "de"]),
    ("pl", &["jest", "nie", "się", "że", "w", "z", "jak", "ale", "są", "przez", "tym", "tylko", "może", "już", "nas", "każdy", "który",
        "która", "które", "gdy", "gdzie", "dla", "aby", "je", "pod"]),
    ("sv", &["och", "är", "att", "det", "som", "inte", "på", "för", "ett", "med", "av", "till", "har", "när", "från", "kan", "varje",
        "också", "eller", "oss", "där", "själva"]),
    ("tr", &["ve", "bir", "bu", "için", "çok", "daha", "ama", "gibi", "ile", "olan", "kadar", "değil", "sonra", "biz", "yerde",
        "olarak", "vardır", "kendisi"]),
    ("id", &["yang", "dan", "ini", "itu", "tidak", "dengan", "untuk", "dari", "adalah", "kita", "akan", "pada", "oleh", "lebih", "ada",
        "dalam", "juga", "setiap", "mereka", "bisa"]),
];

/// Fewer words are not judged by which they are.
const ENOUGH: usize = 12;
/// So many different ones of the most frequent words of a language make it likely.
const DISTINCT: usize = 3;

/// The last line of a question, in the language of the answer: small models forget the language of an answer whose form is
/// in English.
#[rustfmt::skip] // a table
const REMINDERS: &[(&str, &str)] = &[
    ("ar", "اكتب العنوان ونصوص السرد والوسوم والوصف باللغة العربية."),
    ("bg", "Напиши заглавието, разказа, хаштаговете и описанието на български."),
    ("bn", "শিরোনাম, বর্ণনা, হ্যাশট্যাগ এবং বিবরণ বাংলায় লেখো।"),
    ("ca", "Escriu el títol, les narracions, les etiquetes i la descripció en català."),
    ("cmn", "标题、旁白、标签和简介都用中文写。"),
    ("cs", "Název, vyprávění, hashtagy a popis napiš česky."),
    ("da", "Skriv titel, fortælling, hashtags og beskrivelse på dansk."),
    ("de", "Schreibe Titel, Erzähltext, Hashtags und Beschreibung auf Deutsch."),
    ("el", "Γράψε τον τίτλο, την αφήγηση, τα hashtag και την περιγραφή στα ελληνικά."),
    ("es", "Escribe el título, las narraciones, las etiquetas y la descripción en español."),
    ("fa", "عنوان، متن روایت، هشتگ‌ها و توضیحات را به فارسی بنویس."),
    ("fi", "Kirjoita otsikko, kertojan tekstit, tunnisteet ja kuvaus suomeksi."),
    ("fr", "Écris le titre, les narrations, les hashtags et la description en français."),
    ("he", "כתוב את הכותרת, הקריינות, התגיות והתיאור בעברית."),
    ("hi", "शीर्षक, कथन, हैशटैग और विवरण हिन्दी में लिखो।"),
    ("hr", "Naslov, naraciju, oznake i opis napiši na hrvatskom."),
    ("hu", "A címet, a narrációt, a címkéket és a leírást magyarul írd."),
    ("id", "Tulis judul, narasi, tagar, dan deskripsi dalam bahasa Indonesia."),
    ("it", "Scrivi il titolo, le narrazioni, gli hashtag e la descrizione in italiano."),
    ("ja", "タイトル、ナレーション、ハッシュタグ、説明は日本語で書いてください。"),
    ("ko", "제목, 내레이션, 해시태그, 설명은 한국어로 쓰세요."),
    ("nb", "Skriv tittel, fortelling, emneknagger og beskrivelse på norsk."),
    ("nl", "Schrijf titel, vertelling, hashtags en beschrijving in het Nederlands."),
    ("no", "Skriv tittel, fortelling, emneknagger og beskrivelse på norsk."),
    ("pl", "Tytuł, narrację, hashtagi i opis napisz po polsku."),
    ("pt", "Escreva o título, as narrações, as hashtags e a descrição em português."),
    ("ro", "Scrie titlul, narațiunea, hashtagurile și descrierea în română."),
    ("ru", "Название, текст диктора, хэштеги и описание напиши на русском языке."),
    ("sk", "Názov, rozprávanie, hashtagy a popis napíš po slovensky."),
    ("sv", "Skriv titel, berättartext, hashtaggar och beskrivning på svenska."),
    ("th", "เขียนชื่อเรื่อง คำบรรยาย แฮชแท็ก และคำอธิบายเป็นภาษาไทย"),
    ("tr", "Başlığı, anlatımı, etiketleri ve açıklamayı Türkçe yaz."),
    ("uk", "Назву, текст диктора, хештеги й опис напиши українською."),
    ("ur", "عنوان، بیان، ہیش ٹیگ اور تفصیل اردو میں لکھو۔"),
    ("vi", "Viết tiêu đề, lời dẫn, hashtag và mô tả bằng tiếng Việt."),
    ("zh", "标题、旁白、标签和简介都用中文写。"),
];

/// The last line of a question for an answer in the language.
pub(super) fn reminder(tag: &str) -> String {
    let language = primary_subtag(tag);
    match REMINDERS.iter().find(|(known, _)| *known == language) {
        Some((_, words)) => (*words).to_owned(),
        None => format!(
            "Write title, narrations, hashtags and description in {}.",
            name(tag)
        ),
    }
}

/// Whether a word, in lower case, is one of the most frequent of some language.
pub(super) fn is_frequent(word: &str) -> bool {
    FREQUENT
        .iter()
        .any(|(_, frequent)| frequent.contains(&word))
}

/// Whether a short text, such as a topic, may be in the language: nothing in it speaks of another.
pub(super) fn may_be(text: &str, tag: &str) -> bool {
    let language = primary_subtag(tag);
    if script_mismatch(text, &language).is_some() {
        return false;
    }
    let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    let count = |frequent: &[&str]| {
        words
            .iter()
            .filter(|word| frequent.contains(&word.as_str()))
            .count()
    };
    let own = FREQUENT.iter().find(|(known, _)| *known == language);
    let own = own.map_or(0, |(_, frequent)| count(frequent));
    let others = FREQUENT.iter().filter(|(known, _)| *known != language);
    let most = others
        .map(|(_, frequent)| count(frequent))
        .max()
        .unwrap_or(0);
    // Topics are in English more often than in any other language that is not that of the script.
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    let has_own_letters = letters().any(|c| !c.is_ascii());
    most < own || (most == own && (language == "en" || own > 0 || has_own_letters))
}

/// A language by name and tag, as a model is told.
pub(super) fn name(tag: &str) -> String {
    match language_name(tag) {
        Some(name) if tag.len() == primary_subtag(tag).len() => name.to_owned(),
        Some(name) => format!("{name} ({tag})"),
        None => format!("the language with the BCP 47 tag {tag}"),
    }
}

/// How many characters count as a word where no spaces are written: as [`videogen_text::word_count`] counts.
pub(super) fn characters_a_word(tag: &str) -> Option<usize> {
    match primary_subtag(tag).as_str() {
        "zh" | "cmn" | "yue" | "wuu" | "hak" | "nan" | "ja" => Some(2),
        "th" | "lo" | "km" | "my" | "shn" => Some(4),
        _ => None,
    }
}

/// Tokens of a word, rather too many: vocabularies of models are made for English first.
pub(super) fn tokens_a_word(tag: &str) -> usize {
    match primary_subtag(tag).as_str() {
        "en" => 2,
        language if FREQUENT.iter().any(|(known, _)| *known == language) => 3,
        "zh" | "cmn" | "yue" | "ja" => 4,
        _ => 6,
    }
}

/// Whether a text can be in the language: by its letters and, for some languages in Latin letters, by its words. A text
/// that is too short to be judged can be.
///
/// # Errors
/// What it is instead, for the model: "must be in German, not in English".
pub(super) fn plausible(text: &str, tag: &str) -> Result<(), String> {
    let language = primary_subtag(tag);
    let wrong = |other: &str| Err(format!("must be in {}, not in {other}", name(tag)));
    if let Some(mismatch) = script_mismatch(text, &language) {
        return wrong(&format!("{} letters", mismatch.script));
    }
    if matches!(language.as_str(), "ja" | "ko")
        && detect_language(text) == Some("cmn")
        && videogen_text::word_count(text) >= ENOUGH
    {
        return wrong("Chinese");
    }
    let has = |letters: &str| text.chars().any(|c| letters.contains(c));
    match language.as_str() {
        "ru" if has("їєґЇЄҐ") && !has("ыъэЫЪЭ") => return wrong("Ukrainian"),
        "bg" | "mk" | "sr" if has("ыэёЫЭЁ") => return wrong("Russian"),
        "uk" if has("ыъэЫЪЭ") && !has("їєґіЇЄҐІ") => return wrong("Russian"),
        _ => {}
    }
    match by_words(text, &language) {
        Some(other) => wrong(&name(other)),
        None => Ok(()),
    }
}

/// The language that the words of a text are of, if it is clearly another one. A language that has no list here is judged
/// more carefully, by what others say.
fn by_words(text: &str, language: &str) -> Option<&'static str> {
    let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
    let count = |frequent: &[&str]| {
        let frequent = words
            .iter()
            .filter(|word| frequent.contains(&word.as_str()));
        let distinct: BTreeSet<&String> = frequent.clone().collect();
        (frequent.count(), distinct.len())
    };
    let own = FREQUENT.iter().find(|(known, _)| *known == language);
    let others = FREQUENT.iter().filter(|(known, _)| *known != language);
    let (other, (most, distinct)) = others
        .map(|(other, frequent)| (*other, count(frequent)))
        .max_by_key(|(_, count)| *count)?;
    // One word again and again may be a name, or mean something else in the other language.
    let is_clear = match own {
        Some((_, frequent)) => {
            most * 8 >= words.len() && most > 2 * count(frequent).0 && distinct >= DISTINCT
        }
        None if other == "en" => most * 8 >= words.len() && distinct > DISTINCT,
        // Languages without a list have relatives among those with one.
        None => most * 4 >= words.len() && distinct > DISTINCT + 1,
    };
    (words.len() >= ENOUGH && is_clear).then_some(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip] // a table
    const TEXTS: &[(&str, &str)] = &[
        ("en", "Far below the waves, where no sunlight reaches, the water is full of small lights. Most animals make them on their own."),
        ("de", "Weit unter den Wellen, wohin kein Licht der Sonne reicht, ist das Wasser voller kleiner Lichter. Die meisten Tiere machen sie selbst."),
        ("fr", "Loin sous les vagues, là où le soleil ne va pas, l'eau est pleine de petites lumières. Les animaux les font pour se nourrir."),
        ("es", "Muy por debajo de las olas, donde no llega el sol, el agua está llena de pequeñas luces. Los animales las hacen para comer."),
        ("it", "Sotto le onde, dove il sole non arriva, l'acqua è piena di piccole luci. Gli animali le fanno per trovare cibo e anche amici."),
        ("pt", "Muito abaixo das ondas, onde o sol não chega, a água está cheia de pequenas luzes. Os animais fazem isso para encontrar comida."),
        ("nl", "Diep onder de golven, waar geen zonlicht komt, is het water vol met kleine lichten. De meeste dieren maken ze zelf om te eten."),
        ("pl", "Głęboko pod falami, gdzie nie dociera słońce, woda jest pełna małych świateł. Zwierzęta robią je same, aby znaleźć jedzenie."),
        ("sv", "Långt under vågorna, där inget solljus når, är vattnet fullt av små ljus. De flesta djur gör dem själva för att hitta mat."),
        ("tr", "Dalgaların çok altında, güneşin ulaşmadığı yerde su küçük ışıklarla doludur. Hayvanların çoğu bu ışığı yemek için kendisi yapar."),
        ("id", "Jauh di bawah ombak, tempat cahaya tidak sampai, air penuh dengan cahaya kecil. Hewan membuat cahaya ini untuk mencari makan."),
        ("ru", "Глубоко под волнами, куда не доходит свет, вода полна маленьких огней. Животные делают его сами, чтобы найти пищу и друзей, это чудо."),
        ("uk", "Глибоко під хвилями, куди не доходить світло, вода повна маленьких вогнів. Тварини роблять його самі, щоб знайти їжу."),
        ("zh", "在海浪之下，阳光照不到的地方，水里充满了小小的光。大多数动物自己发光，为了寻找食物和朋友。"),
        ("ja", "波のはるか下、太陽の光が届かないところで、水は小さな光に満ちています。多くの動物が自分で光を作ります。"),
        ("ko", "파도 아래 깊은 곳, 햇빛이 닿지 않는 물속은 작은 빛으로 가득합니다. 많은 동물이 스스로 빛을 만듭니다."),
        ("ar", "بعيدا تحت الأمواج، حيث لا تصل الشمس، الماء مليء بأضواء صغيرة. معظم الحيوانات تصنع ضوءها بنفسها."),
        ("hi", "लहरों के बहुत नीचे, जहाँ सूरज की रोशनी नहीं पहुँचती, पानी छोटी रोशनियों से भरा है। जानवर खुद रोशनी बनाते हैं।"),
    ];

    #[test]
    fn texts_are_taken_for_their_own_language_and_for_no_other() {
        for (language, text) in TEXTS {
            for (other, _) in TEXTS {
                let result = plausible(text, other);
                assert_eq!(
                    result.is_ok(),
                    language == other,
                    "{language} as {other}: {result:?}"
                );
            }
        }
        assert_eq!(
            plausible(TEXTS[0].1, "de-AT").unwrap_err(),
            "must be in German (de-AT), not in English"
        );
        assert!(plausible("Hallo Welt", "en").is_ok() && plausible("", "en").is_ok());
        // A word of another language again and again.
        for (text, tag) in [
            (
                "Ada Lovelace saw more than her time did. With her notes on the engine her friend had drawn, her idea of a program was born, and her name stayed with her work.",
                "en",
            ),
            (
                "Roll the die once, roll the die twice, for a die has no memory. Each die falls as if no die had been rolled, and that is what a die is for.",
                "en",
            ),
            (
                "Die see is diep en donker, en die diere wat daar woon maak hulle eie lig. Dit is so dat hulle mekaar kan sien wanneer die son weg is.",
                "af",
            ),
        ] {
            assert!(
                plausible(text, tag).is_ok(),
                "{tag}: {:?}",
                plausible(text, tag)
            );
        }
    }

    #[test]
    fn every_list_is_of_a_language_with_a_name() {
        for (language, words) in FREQUENT {
            assert!(language_name(language).is_some() && words.len() >= 18);
        }
        assert_eq!(name("xx-YY"), "the language with the BCP 47 tag xx-YY");
        for (language, words) in REMINDERS {
            let known = language_name(language).is_some();
            assert!(
                known && script_mismatch(words, language).is_none(),
                "{language}"
            );
        }
        assert!(
            reminder("de-AT").ends_with("auf Deutsch.") && reminder("en").ends_with("in English.")
        );
    }
}
