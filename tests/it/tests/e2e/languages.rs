//! Scripts in many languages: the same sentences are spoken, shown and written into subtitles, and no word is cut.

use testkit::Finished;
use tokio_util::sync::CancellationToken;
use videogen_media::{CaptionText, CaptionWord, to_srt};
use videogen_tts::{Request, Silent, Speech, Synthesizer as _};
use videogen_types::Unobserved;

use crate::generate;

/// The cues of the subtitles of a video: seconds from and to, and lines.
fn cues(run: &Finished, name: &str) -> Vec<(f64, f64, Vec<String>)> {
    let path = run.work().join(format!("videos/{name}.srt"));
    let text = std::fs::read_to_string(path).expect("the subtitles");
    let seconds = |time: &str| {
        let parts = time.split([':', ',']);
        let parts: Vec<f64> = parts.map(|part| part.parse().expect("a number")).collect();
        parts[0] * 3600.0 + parts[1] * 60.0 + parts[2] + parts[3] / 1000.0
    };
    let cue = |cue: &str| {
        let mut lines = cue.lines().skip(1);
        let (from, to) = lines
            .next()
            .expect("times")
            .split_once(" --> ")
            .expect("two");
        (
            seconds(from),
            seconds(to),
            lines.map(str::to_owned).collect(),
        )
    };
    text.split_terminator("\n\n").map(cue).collect()
}

/// Makes a video of `script` in `language`.
fn made(script: &str, language: &str, speech: &str) -> Finished {
    let run = generate().args(["--script", "-", "--name", "x", "--language", language]);
    run.args(["--speech", speech])
        .input(script)
        .finish()
        .expect_code(0)
}

#[test]
fn no_cue_ends_with_an_abbreviation_or_an_ordinal() {
    let scripts: [(&str, &str, &[&str]); 6] = [
        (
            "en",
            "At 8:00 a.m. the temperature was -5°C. Mr. Smith, Mrs. Jones and Dr. Lee live at St. John St. No. 5. The U.S. has \
             50 states, i.e. many, e.g. Texas.",
            &["Mr.", "Mrs.", "Dr.", "St.", "No.", "i.e.", "e.g."],
        ),
        (
            "de",
            "Am 3. Oktober 1990 sprach Dr. Müller in St. Gallen, z. B. mit Prof. Meier. Er kam im 19. Jahrhundert, ca. 1871, \
             bzw. etwas später. Kaiser Wilhelm II. regierte bis 1918. Das kostet 1.234,56 € inkl. MwSt. und mehr.",
            &[
                "3.", "Dr.", "St.", "z.", "B.", "Prof.", "19.", "ca.", "bzw.", "II.", "inkl.",
            ],
        ),
        (
            "fr",
            "M. Dupont et Mme. Martin habitent au 5 av. Foch. Louis XIV est né en 1638, av. J.-C. n'existe pas.",
            &["M.", "Mme.", "av."],
        ),
        (
            "es",
            "El Sr. López y la Sra. Díaz viven en EE. UU. desde 1999. ¿Qué pasa?",
            &["Sr.", "Sra.", "EE.", "UU."],
        ),
        (
            "ru",
            "В 1917 г. в Петрограде жил А. С. Пушкин, т. е. поэт. Цена 5 руб. за штуку.",
            &["г.", "А.", "С.", "т."],
        ),
        (
            "pl",
            "Prof. Nowak i dr Kowal mieszkają przy ul. Długiej, np. pod nr. 5. Był to 3. maja.",
            &["Prof.", "ul.", "np.", "nr.", "3."],
        ),
    ];
    for (language, script, inner) in scripts {
        let run = made(script, language, "espeak-ng");
        for (_, _, lines) in cues(&run, "x") {
            let last = lines.last().and_then(|line| line.split(' ').next_back());
            assert!(
                !inner.contains(&last.unwrap_or_default()),
                "{language}: {lines:?}"
            );
        }
    }
}

#[test]
fn every_cue_can_be_seen() {
    let script = "“Don’t,” she said, ‘I won’t…’ — it’s 5 o’clock... Wait... what?! No!!! “Really?” He said: “It isn’t.” \
                  «Oui» „Ja“ … … … rock ’n’ roll";
    let cues = cues(&made(script, "en", "espeak-ng"), "x");
    assert!(cues.len() > 1, "{cues:?}");
    for (from, to, lines) in cues {
        assert!(to - from >= 0.5, "{} s of {lines:?}", to - from);
    }
}

#[test]
fn subtitles_cut_no_word() {
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    let run = made(&format!("Die {long} ist lang."), "de", "espeak-ng");
    let whole = cues(&run, "x").into_iter().any(|(_, _, lines)| {
        let mut words = lines.iter().flat_map(|line| line.split(' '));
        words.any(|word| word == long)
    });
    assert!(whole, "{:?}", cues(&run, "x"));
}

#[test]
fn words_without_spaces_are_those_of_a_dictionary() {
    let thai = "ทะเลลึกเป็นสถานที่ที่มีความลับมากมายที่มนุษย์ยังไม่เคยเห็นและยังคงรอการค้นพบจากนักวิทยาศาสตร์ทั่วโลก";
    let khmer = "សមុទ្រជ្រៅគឺជាកន្លែងដែលមានអាថ៌កំបាំងជាច្រើនដែលមនុស្សមិនទាន់បានឃើញនៅឡើយ។";
    for (language, script) in [("th", thai), ("km", khmer)] {
        let starts = videogen_text::word_starts(script);
        let run = made(script, language, "silent");
        let mut at = 0;
        let mut shown = String::new();
        for line in cues(&run, "x").into_iter().flat_map(|cue| cue.2) {
            assert!(
                starts.contains(&at),
                "{language}: {line} begins within a word"
            );
            at += line.len();
            shown.push_str(&line);
        }
        assert_eq!(shown, script, "{language}");
    }
}

#[test]
fn every_line_is_read_from_the_side_of_its_language() {
    let script = "למדתי Python 3.12 ו-C++ בשנה אחת (בערך). YouTube הוא אתר (גדול מאוד) של סרטונים. 2024 הייתה שנה טובה.";
    let run = made(script, "he", "silent");
    for line in cues(&run, "x").into_iter().flat_map(|cue| cue.2) {
        let first = line.chars().find(|c| c.is_alphabetic() || *c == '\u{200F}');
        let is_from_right = first.is_some_and(|c| matches!(c, '\u{200F}' | 'א'..='ת'));
        assert!(is_from_right, "{line:?}");
    }
}

/// Forty sentences of narration in each language, one a line: `tests/fixtures/sentences`.
const SENTENCES: [(&str, &str); 15] = [
    ("ar", include_str!("../../../fixtures/sentences/ar.txt")),
    ("de", include_str!("../../../fixtures/sentences/de.txt")),
    ("en", include_str!("../../../fixtures/sentences/en.txt")),
    ("es", include_str!("../../../fixtures/sentences/es.txt")),
    ("fr", include_str!("../../../fixtures/sentences/fr.txt")),
    ("hi", include_str!("../../../fixtures/sentences/hi.txt")),
    ("it", include_str!("../../../fixtures/sentences/it.txt")),
    ("ja", include_str!("../../../fixtures/sentences/ja.txt")),
    ("ko", include_str!("../../../fixtures/sentences/ko.txt")),
    ("nl", include_str!("../../../fixtures/sentences/nl.txt")),
    ("pl", include_str!("../../../fixtures/sentences/pl.txt")),
    ("pt", include_str!("../../../fixtures/sentences/pt.txt")),
    ("ru", include_str!("../../../fixtures/sentences/ru.txt")),
    ("tr", include_str!("../../../fixtures/sentences/tr.txt")),
    ("zh", include_str!("../../../fixtures/sentences/zh.txt")),
];

/// Times of a text that nobody speaks aloud.
fn spoken(text: &str, language: &str) -> Speech {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let (silent, request, cancel) = (
        Silent::new(),
        Request::new(text, language),
        CancellationToken::new(),
    );
    let speaking = silent.speak(&request, &Unobserved, &cancel);
    runtime.block_on(speaking).expect("spoken")
}

/// The lines with each white space as one space: a display has no others.
fn normal_lines(lines: &str) -> Vec<String> {
    let normal = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    lines.lines().map(normal).collect()
}

fn written(words: &[videogen_tts::Word]) -> String {
    let spaced = words
        .iter()
        .flat_map(|word| [if word.space_before { " " } else { "" }, &word.text]);
    spaced.collect::<String>().trim().to_owned()
}

#[test]
fn forty_sentences_of_each_language_are_spoken_one_by_one() {
    let mut wrong = Vec::new();
    for (language, lines) in SENTENCES {
        let right = normal_lines(lines);
        assert_eq!(right.len(), 40, "{language}");
        let space = if matches!(language, "zh" | "ja") {
            ""
        } else {
            " "
        };
        let text = right.join(space);
        let speech = spoken(&text, language);
        assert_eq!(
            written(&speech.words),
            text,
            "{language}: something of the text is lost"
        );
        let ends =
            |sentence: &videogen_tts::Sentence| written(&speech.words[..sentence.words.end]).len();
        let found: Vec<usize> = speech.sentences.iter().map(ends).collect();
        let mut end = 0;
        for line in right {
            let start = end;
            end += line.len() + if start == 0 { 0 } else { space.len() };
            let inside = found
                .iter()
                .filter(|at| (start + 1..end).contains(at))
                .count();
            if inside > 0 || !found.contains(&end) {
                wrong.push(format!("{language}: {line}"));
            }
        }
    }
    // 98 % of all, and of each language all but one.
    assert!(
        wrong.len() * 50 <= SENTENCES.len() * 40,
        "{}",
        wrong.join("\n")
    );
    for (language, _) in SENTENCES {
        let own = wrong.iter().filter(|line| line.starts_with(language));
        assert!(own.count() <= 1, "{}", wrong.join("\n"));
    }
}

#[test]
fn every_word_of_each_language_has_its_time_and_its_place_in_the_subtitles() {
    for (language, lines) in SENTENCES {
        let space = if matches!(language, "zh" | "ja") {
            ""
        } else {
            " "
        };
        let speech = spoken(&normal_lines(lines).join(space), language);
        let mut before = 0.0;
        for word in &speech.words {
            assert!(
                before <= word.start && word.start < word.end,
                "{language}: {word:?}"
            );
            before = word.end;
        }
        let words: Vec<CaptionWord> = speech
            .words
            .iter()
            .map(|word| CaptionWord {
                text: word.text.clone(),
                start: word.start,
                end: word.end,
                space_before: word.space_before,
            })
            .collect();
        let srt = to_srt(CaptionText::new(&words, language)).expect("times are finite");
        // What is left of the file without numbers, times and marks is the text, and lines end where words do.
        let lines: Vec<&str> = srt
            .split("\n\n")
            .flat_map(|cue| cue.lines().skip(2))
            .collect();
        let plain = |text: &str| text.replace([' ', '\u{200E}', '\u{200F}', '\u{2060}'], "");
        let mut ends = vec![0];
        for word in &words {
            ends.push(ends.last().expect("one") + plain(&word.text).len());
        }
        let mut at = 0;
        for line in &lines {
            at += plain(line).len();
            assert!(ends.contains(&at), "{language}: {line} ends within a word");
        }
        assert_eq!(Some(&at), ends.last(), "{language}");
    }
}
