//! What is said for what languages write short.

use proptest::prelude::*;

use super::*;

fn said(language: &str, text: &str) -> String {
    let prepared = prepare(text, language, Repertoire::Unicode);
    let lines: Vec<&str> = prepared
        .chunks
        .iter()
        .map(|chunk| chunk.text.as_str())
        .collect();
    lines.join(" | ")
}

#[rustfmt::skip] // a table
const SAID: &[(&str, &str, &str)] = &[
    // units.txt
    ("en", "On 12/05/2024 we ran 5 km at 60 mph, 24/7, with 3.5 kg.", "On December fifth 2024 we ran 5 kilometers at 60 miles per hour, 24 7, with 3.5 kilograms."),
    ("en-GB", "On 12/05/2024 we left.", "On May twelfth 2024 we left."),
    ("en", "It is ±3 %. It was ± 3%.", "It is plus or minus 3 percent. | It was plus or minus 3 percent."),
    ("en", "The price was €1.234,56 and 10–15 people came in 2024-05-01.", "The price was 1234 euros and 56 cents and 10 to 15 people came in May first 2024."),
    // num.txt
    ("en", "World War II began in 1939. It cost $49.95, or €1.234,56, or £3m.", "World War 2 began in 1939. | It cost 49 dollars and 95 cents, or 1234 euros and 56 cents, or 3 million pounds."),
    ("en", "At 8:00 a.m. the temperature was -5°C.", "At 8 a m the temperature was minus 5 degrees Celsius."),
    ("en", "Mr. Smith, Mrs. Jones and Dr. Lee live at St. John St. No. 5.", "Mister Smith, Missus Jones and Doctor Lee live at Saint John Street Number 5."),
    ("en", "Visit https://example.com/path?x=1 or mail me@example.org.", "Visit example dot com or mail me at example dot org."),
    ("en", "Pi is 3.14159; 1/2 of 1,000,000 is 500k.", "Pi is 3.14159, one half of 1,000,000 is 500 thousand."),
    ("en", "5 km at 60 mph = fun. 100% of C++ & C# users agree; A+B=C.", "5 kilometers at 60 miles per hour equals fun. | 100 percent of C plus plus and C sharp users agree, A plus B equals C."),
    ("en", "It's 3x faster, 10^6, #1, @you, 50/50, 24/7, 9-5, 1990s, 2nd.", "It's 3 times faster, 10 to the power of 6, number 1, at you, 50 50, 24 7, 9 to 5, 1990s, 2nd."),
    ("en", "He paid $10–15, 10-15% or $5–$10.", "He paid 10 to 15 dollars, 10 to 15 percent or 5 to 10 dollars."),
    ("en", "Call 555-1234 on 12/25/2024 at 5pm or 8:05.", "Call 555-1234 on December twenty-fifth 2024 at 5 p m or 8 oh 5."),
    ("en", "Henry VIII and Louis XIV; Chapter IV; 2½ cups, ¾ full.", "Henry the eighth and Louis the fourteenth, Chapter 4, 2 and one half cups, three quarters full."),
    ("en", "5 + 3 = 8, 7 – 2 = 5 and pages 3 – 9.", "5 plus 3 equals 8, 7 minus 2 equals 5 and pages 3 to 9."),
    ("en", "A 5k run, 500k views, 10k euros in the 1990s.", "A 5k run, 500 thousand views, 10k euros in the 1990s."),
    ("en", "I did a rep and 20° for 1 mile.", "I did a rep and 20 degrees for 1 mile."),
    ("en", "It costs € 5 or 5 €.", "It costs 5 euros or 5 euros."),
    // de_sym.txt, de_nbsp.txt
    ("de", "Rund 50 % der Leute zahlen 5 €.", "Rund 50 Prozent der Leute zahlen 5 Euro."),
    ("de", "Es hat 20 °C und 5 + 3 = 8.", "Es hat 20 Grad Celsius und 5 plus 3 gleich 8."),
    ("de", "Das sind $5 oder £3, siehe § 7 & mehr.", "Das sind 5 Dollar oder 3 Pfund, siehe Paragraf 7 und mehr."),
    ("de", "Die E-Mail ist max@example.org. Es sind -5°C. Nr. 1 ist #1.", "Die E-Mail ist max ät example Punkt org. | Es sind minus 5 Grad Celsius. | Nummer 1 ist Nummer 1."),
    ("de", "Das kostet 5\u{a0}€ und 50\u{202f}% mehr.", "Das kostet 5 Euro und 50 Prozent mehr."),
    // de_abbr.txt
    ("de", "Am 3. Oktober 1990 sprach Dr. Müller in St. Gallen, z. B. mit Prof. Meier.", "Am dritten Oktober 1990 sprach Doktor Müller in Sankt Gallen, zum Beispiel mit Professor Meier."),
    ("de", "Er kam im 19. Jahrhundert, ca. 1871, bzw. etwas später.", "Er kam im neunzehnten Jahrhundert, circa 1871, beziehungsweise etwas später."),
    ("de", "Kaiser Wilhelm II. regierte bis 1918. Das kostet 1.234,56 € inkl. MwSt. und mehr.", "Kaiser Wilhelm der Zweite regierte bis 1918. | Das kostet 1234 Euro 56 inklusive Mehrwertsteuer und mehr."),
    ("de", "Der 3. Oktober und die 2. Reihe in der 1. Klasse. Ein 4. Mann.", "Der dritte Oktober und die zweite Reihe in der ersten Klasse. | Ein vierter Mann."),
    ("de", "Vom 1. bis 24.12.2024, 10–15 Leute, 5,5 km/h.", "Vom ersten bis vierundzwanzigsten Dezember 2024, 10 bis 15 Leute, 5,5 Kilometer pro Stunde."),
    ("de", "5 Mio. € und 3 Mrd. Euro.", "5 Millionen Euro und 3 Milliarden Euro."),
    ("fr", "M. Dupont et Mme. Martin habitent au 5 av. Foch. Louis XIV est né en 1638, av. J.-C. n'existe pas.", "Monsieur Dupont et Madame Martin habitent au 5 avenue Foch. | Louis 14 est né en 1638, avant Jésus-Christ n'existe pas."),
    ("fr", "C’est l’heure : 18 h 30 ! Le 2e jour du XIXe siècle, 50 % à 5 €.", "C'est l'heure, 18 heures 30! | Le deuxième jour du dix-neuvième siècle, 50 pour cent à 5 euros."),
    ("es", "El Sr. López y la Sra. Díaz viven en EE. UU. desde 1999. El Dr. Ruiz pagó 1.500 €.", "El señor López y la señora Díaz viven en Estados Unidos desde 1999. | El doctor Ruiz pagó 1.500 euros."),
    ("it", "Il Sig. Rossi paga 3,50 €, ecc. Nel XX secolo, 10–15 km.", "Il signor Rossi paga 3 euro e 50, eccetera. | Nel ventesimo secolo, 10 a 15 chilometri."),
    ("pt", "O Sr. Silva mora na Av. Paulista, nº 5. São 20 °C e 50 %.", "O senhor Silva mora na avenida Paulista, número 5. | São 20 graus Celsius e 50 por cento."),
    ("nl", "Dhr. Jansen betaalt 5 € of 50 %, bijv. op 3-5-2024.", "de heer Jansen betaalt 5 euro of 50 procent, bijvoorbeeld op 3 mei 2024."),
    ("pl", "Był to 3. maja 1791 r. Prof. Nowak ma 5 km i 22 zł.", "Był to trzeciego maja 1791 roku. | profesor Nowak ma 5 kilometrów i 22 złote."),
    ("ru", "В 1917 г. жил А. С. Пушкин, т. е. поэт. Цена 5 руб. за 21 %.", "В 1917 году жил А С Пушкин, то есть поэт. | Цена 5 рублей за 21 процент."),
    ("tr", "Dr. Yılmaz 3. katta, %50 ve 20 °C, II. Mehmet geldi.", "doktor Yılmaz üçüncü katta, yüzde 50 ve 20 santigrat derece, ikinci Mehmet geldi."),
    ("zh", "约5%的人付$5。", "约百分之 5的人付 5 美元."),
    ("ko", "5 % 더하기 ± 3", "5 퍼센트 더하기 플러스마이너스 3."),
    ("sw", "5 % na 5%", "5 na 5%."),
];

#[test]
fn what_is_written_short_is_said_as_people_say_it() {
    let wrong: Vec<String> = SAID
        .iter()
        .filter(|(language, text, want)| said(language, text) != *want)
        .map(|(language, text, want)| format!("{language}: {}\n  not {want}", said(language, text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_shown_stays_and_no_number_or_sign_is_lost() {
    for (language, text, _) in SAID {
        let prepared = prepare(text, language, Repertoire::Unicode);
        let mut shown = String::new();
        for word in &prepared.words {
            if word.space_before {
                shown.push(' ');
            }
            shown.push_str(&word.display);
            let has_digit = word.display.chars().any(|c| c.is_ascii_digit());
            assert!(
                !has_digit || !word.spoken.is_empty(),
                "{language}: {}",
                word.display
            );
        }
        assert_eq!(shown, display_text(text));
    }
}

proptest! {
    #[test]
    fn signs_and_numbers_in_any_order_do_no_harm(
        text in "([0-9]{1,4}|[-–.,:/%€$£°§#&+=±×½@^kmxsh IVX]|[a-zäж你の]{1,3}|\\PC){0,60}",
        language in prop::sample::select(vec!["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr", "ar", "hi", "zh", "ja", "ko", "sw"]),
    ) {
        let prepared = prepare(&text, language, Repertoire::Unicode);
        let mut shown = String::new();
        for word in &prepared.words {
            if word.space_before { shown.push(' '); }
            shown.push_str(&word.display);
        }
        prop_assert_eq!(&shown, &display_text(&text));
        for chunk in &prepared.chunks {
            prop_assert!(chunk.text.chars().count() <= MAX_CHUNK_CHARS);
            prop_assert!(!chunk.text.contains(['\n', '\0', '[', ']', '<']));
        }
    }
}
