use super::*;

/// Texts that are in English, or are names that English has: they are taken for English without a word.
const IN_ENGLISH: &str = include_str!("../../tests/data/english.txt");

#[test]
fn scripts_name_their_usual_language() {
    for (text, language) in [
        ("你好，世界", Some("cmn")),
        ("日本語を話します", Some("ja")),
        ("コンピューター", Some("ja")),
        ("안녕하세요", Some("ko")),
        ("Привет, мир", Some("ru")),
        ("مرحبا بالعالم", Some("ar")),
        ("नमस्ते दुनिया", Some("hi")),
        ("Καλημέρα κόσμε", Some("el")),
        ("שלום עולם", Some("he")),
        ("สวัสดีชาวโลก", Some("th")),
        ("Hello, world", None),
        ("Hello 世界 and good morning", None),
        ("12345 🎉", None),
        ("", None),
    ] {
        assert_eq!(detect_language(text), language, "{text}");
    }
}

#[test]
fn languages_of_one_script_are_told_apart() {
    for (text, language) in [
        ("История железных дорог России", "ru"),
        ("Почему небо голубое", "ru"),
        ("Історія залізниць України", "uk"),
        ("Чому небо блакитне", "uk"),
        ("История на железниците в България", "bg"),
        ("Защо небето е синьо", "bg"),
        ("Историја железнице у Србији", "sr"),
        ("Зашто је небо плаво", "sr"),
        ("Чаму неба блакітнае, і што ў ім", "be"),
        ("Қазақстан тарихы және мәдениеті", "kk"),
        ("تاریخ راه‌آهن در ایران", "fa"),
        ("چرا آسمان آبی است", "fa"),
        ("تاريخ السكك الحديدية في مصر", "ar"),
        ("لماذا السماء زرقاء", "ar"),
        ("پاکستان میں ریلوے کی تاریخ", "ur"),
        ("آسمان نیلا کیوں ہے", "ur"),
        ("भारत में रेलवे का इतिहास", "hi"),
        ("आकाश नीला क्यों है", "hi"),
        ("आकाश निळे का आहे", "mr"),
        ("आकाश किन नीलो हुन्छ र यो के हो", "ne"),
        ("深海の秘密", "ja"),
        ("深海的秘密", "cmn"),
        ("한국의 철도 역사", "ko"),
        ("আকাশ নীল কেন", "bn"),
        ("ประวัติศาสตร์ไทย", "th"),
        ("საქართველოს ისტორია", "ka"),
    ] {
        assert_eq!(detect_language(text), Some(language), "{text}");
    }
}

/// Topics as people type them.
#[rustfmt::skip] // a table
const TOPICS: &[(&str, &str)] = &[
    ("Die Geschichte der Eisenbahn in Deutschland", "de"),
    ("Warum ist der Himmel blau", "de"),
    ("Wie funktioniert ein Vulkan und warum bricht er aus", "de"),
    ("Fünf Dinge, die du über Bienen nicht wusstest", "de"),
    ("Pourquoi le ciel est bleu", "fr"),
    ("L'histoire du chemin de fer en France", "fr"),
    ("Comment les abeilles dansent dans la ruche", "fr"),
    ("Por qué el cielo es azul", "es"),
    ("La historia de los trenes en España", "es"),
    ("Cómo funcionan los volcanes más grandes", "es"),
    ("Perché il cielo è blu", "it"),
    ("La storia delle ferrovie in Italia", "it"),
    ("Por que o céu é azul", "pt"),
    ("A história das ferrovias no Brasil e em Portugal", "pt"),
    ("Waarom is de lucht blauw", "nl"),
    ("De geschiedenis van het spoor in Nederland", "nl"),
    ("Dlaczego niebo jest niebieskie", "pl"),
    ("Historia kolei w Polsce oraz na świecie", "pl"),
    ("Gökyüzü neden bu kadar mavi", "tr"),
    ("Varför är himlen blå", "sv"),
    ("Miksi taivas on sininen ja kuinka se muuttuu", "fi"),
    ("Proč je nebe modré a proč není zelené", "cs"),
    ("Miért kék az ég és miért nem zöld", "hu"),
    ("De ce este cerul albastru și nu verde", "ro"),
    ("Mengapa langit berwarna biru dan tidak hijau", "id"),
];

#[test]
fn topics_are_recognised_by_their_words() {
    let wrong: Vec<String> = TOPICS
        .iter()
        .filter(|(text, language)| recognise(text) != Recognised::Sure(language))
        .map(|(text, language)| format!("{text}: {:?}, not {language}", recognise(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Scripts.
#[rustfmt::skip] // a table
const TEXTS: &[(&str, &str)] = &[
    ("Am 3. Oktober 1990 sprach Dr. Müller in St. Gallen, z. B. mit Prof. Meier. Er kam im 19. Jahrhundert, ca. 1871, bzw. etwas \
      später. Kaiser Wilhelm II. regierte bis 1918. Das kostet 1.234,56 € inkl. MwSt. und mehr.", "de"),
    ("M. Dupont et Mme. Martin habitent au 5 av. Foch. Louis XIV est né en 1638, av. J.-C. n'existe pas. C’est l’heure : 18 h 30 ! \
      Vraiment ? « Oui », dit-il ; il part.", "fr"),
    ("El Sr. López y la Sra. Díaz viven en EE. UU. desde 1999. ¿Qué pasa? ¡Nada! El Dr. Ruiz pagó 1.500 €.", "es"),
    ("Rund 50 % der Leute zahlen 5 €. Es hat 20 °C und 5 + 3 = 8. Das sind $5 oder £3. Siehe § 7 & mehr. Nr. 1 ist #1.", "de"),
    ("Sotto le onde, dove il sole non arriva, l'acqua è piena di piccole luci. Gli animali le fanno per trovare cibo e anche amici.", "it"),
    ("Muito abaixo das ondas, onde o sol não chega, a água está cheia de pequenas luzes. Os animais fazem isso para encontrar comida.", "pt"),
    ("Diep onder de golven, waar geen zonlicht komt, is het water vol met kleine lichten. De meeste dieren maken ze zelf om te eten.", "nl"),
    ("Głęboko pod falami, gdzie nie dociera słońce, woda jest pełna małych świateł. Zwierzęta robią je same, aby znaleźć jedzenie.", "pl"),
    ("Långt under vågorna, där inget solljus når, är vattnet fullt av små ljus. De flesta djur gör dem själva för att hitta mat.", "sv"),
    ("Dalgaların çok altında, güneşin ulaşmadığı yerde su küçük ışıklarla doludur. Hayvanların çoğu bu ışığı yemek için kendisi yapar.", "tr"),
    ("Jauh di bawah ombak, tempat cahaya tidak sampai, air penuh dengan cahaya kecil. Hewan membuat cahaya ini untuk mencari makan.", "id"),
    ("Der Oktopus hat drei Herzen. Zwei pumpen Blut durch die Kiemen, eines durch den Körper. Wenn er schwimmt, steht das größte still.", "de"),
];

/// Two plain sentences: what is too short to be counted, and no topic.
#[rustfmt::skip] // a table
const SENTENCES: &[(&str, &str)] = &[
    ("Das Meer ist sehr tief. Niemand weiß, was dort lebt.", "de"),
    ("La mer est très profonde. Personne ne sait ce qui y vit.", "fr"),
    ("El mar es muy profundo. Nadie sabe qué vive allí.", "es"),
    ("Il mare è molto profondo. Nessuno sa che cosa ci vive.", "it"),
    ("O mar é muito profundo. Ninguém sabe o que vive ali.", "pt"),
    ("De zee is heel diep. Niemand weet wat daar leeft.", "nl"),
    ("Morze jest bardzo głębokie. Nikt nie wie, co tam żyje.", "pl"),
    ("Deniz çok derindir. Orada ne yaşadığını kimse bilmiyor.", "tr"),
    ("Moře je velmi hluboké. Nikdo neví, co tam žije.", "cs"),
    ("Marea este foarte adâncă. Nimeni nu știe ce trăiește acolo.", "ro"),
    ("Meri on hyvin syvä. Kukaan ei tiedä, mitä siellä elää.", "fi"),
    ("Biển rất sâu. Không ai biết có gì sống ở đó.", "vi"),
    ("Laut sangat dalam. Tidak ada yang tahu apa yang hidup di sana.", "id"),
    ("A tenger nagyon mély. Senki sem tudja, mi él ott.", "hu"),
    ("Havet är mycket djupt. Ingen vet vad som lever där.", "sv"),
    ("Der Wald war dunkel und still. Plötzlich hörte sie Schritte.", "de"),
    ("Le vieux moulin tourne encore. Le meunier dort déjà.", "fr"),
    ("El viejo molino todavía gira. El molinero ya duerme.", "es"),
    ("Stary młyn wciąż się kręci. Młynarz już śpi.", "pl"),
];

#[test]
fn plain_sentences_are_recognised() {
    let wrong: Vec<String> = SENTENCES
        .iter()
        .filter(|(text, language)| recognise(text) != Recognised::Sure(language))
        .map(|(text, language)| format!("{text}: {:?}, not {language}", recognise(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plain_english_stays_english() {
    for text in [
        "My grandmother kept bees. Nobody knew where she found honey.",
        "Deep down lives a strange fish. Nobody has seen it.",
        "Leonardo da Vinci painted Mona Lisa in Italy near Milan.",
        "Tokyo, Kyoto, Osaka, Nagoya, Sapporo, Fukuoka and Kobe compared.",
        "Van Gogh met Gauguin in Arles, Provence, France, aged thirty five.",
    ] {
        assert_eq!(recognise(text), Recognised::Nothing, "{text}");
    }
}

#[test]
fn texts_are_recognised_and_what_is_asked_for_comes_first() {
    for (text, language) in TEXTS {
        assert_eq!(recognise(text), Recognised::Sure(language), "{text}");
        let chosen = choose_language("", text);
        assert_eq!((&*chosen.language, chosen.warning), (*language, None));
        let chosen = choose_language("en-GB", text);
        assert_eq!((&*chosen.language, chosen.warning), ("en-GB", None));
    }
}

#[test]
fn english_is_never_taken_for_another_language() {
    let lines = || IN_ENGLISH.lines().filter(|line| !line.trim().is_empty());
    assert!(lines().count() >= 200, "{}", lines().count());
    let wrong: Vec<String> = lines()
        .filter(|line| recognise(line) != Recognised::Nothing)
        .map(|line| format!("{line}: {:?}", recognise(line)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // All of them, as a script.
    let all: Vec<&str> = lines().collect();
    for some in all.chunks(7) {
        let text = some.join(". ");
        assert!(!matches!(recognise(&text), Recognised::Sure(_)), "{text}");
    }
}

#[test]
fn what_is_not_certain_is_english_with_a_warning() {
    for text in ["Historia de España", "Das Leben der Bienen"] {
        let chosen = choose_language("", text);
        assert_eq!(chosen.language, "en", "{text}");
        let warning = chosen.warning.unwrap_or_default();
        assert!(
            warning.contains("which is not certain enough"),
            "{text}: {warning}"
        );
    }
    assert_eq!(choose_language("", "why bees dance").warning, None);
    assert_eq!(choose_language("", "").language, "en");
}
