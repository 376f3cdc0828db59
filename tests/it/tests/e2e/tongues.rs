//! Languages: recognised by their words, spoken by voices that can read them, and told where neither is certain.

use testkit::{Finished, Run};

use crate::generate;

/// A plan of `generate`, as it is told to programs and to people.
fn planned(run: Run) -> (Finished, String) {
    let run = run.args(["--dry-run"]).finish().expect_code(0);
    let told = run.stdout() + &run.stderr();
    (run, told)
}

/// The manifest of the video `x`.
fn manifest(run: &Finished) -> String {
    std::fs::read_to_string(run.work().join("videos/x.json")).expect("a manifest")
}

const GERMAN: &str = "Am 3. Oktober 1990 sprach Dr. Müller in St. Gallen, z. B. mit Prof. Meier. Er kam im 19. Jahrhundert, \
                      ca. 1871, bzw. etwas später.";

#[test]
fn chinese_is_spoken_by_a_voice_that_reads_its_characters() {
    let text = "深海里藏着许多人类从未见过的秘密，光线无法到达那里。";
    let run = generate()
        .args(["--script", "-", "--name", "x", "--language", "zh"])
        .input(text)
        .finish()
        .expect_code(0);
    let manifest = manifest(&run);
    assert!(manifest.contains("\"cmn-latn-pinyin\""), "{manifest}");
}

#[test]
fn what_no_voice_can_read_is_said_before_any_work() {
    let kanji = "深海には、人間がまだ見たことのない秘密がたくさんあります。";
    let script = |text: &str| generate().args(["--script", "-"]).input(text);
    let (_, told) = planned(script(kanji).args(["--language", "ja"]));
    assert!(
        told.contains("espeak-ng cannot read the Chinese characters of a text in ja"),
        "{told}"
    );
    for voice in [&["--speech", "espeak-ng"][..], &["--voice", "ja"]] {
        let run = script(kanji).args(["--language", "ja"]).args(voice);
        let run = run.finish().expect_code(3);
        let told = run.stderr();
        assert!(
            told.contains("cannot read the Chinese characters") && told.contains("hint:"),
            "{told}"
        );
        assert!(!run.work().join("videos").exists());
    }
    // Kana alone it reads.
    let (_, told) = planned(script("さくらはとてもきれいです。").args(["--language", "ja"]));
    assert!(
        told.contains("espeak-ng-") && !told.contains("cannot read"),
        "{told}"
    );
}

#[test]
fn the_language_of_a_script_is_recognised_and_one_that_is_asked_for_comes_first() {
    let script = || generate().args(["--script", "-"]).input(GERMAN);
    let run = script().args(["--name", "x"]).finish().expect_code(0);
    let german = manifest(&run);
    assert!(german.contains("\"language\": \"de\""), "{german}");
    assert!(german.contains("\"voice\": \"de\""), "{german}");
    let (_, told) = planned(script().args(["--language", "en", "--json"]));
    assert!(told.contains("\"language\":\"en\""), "{told}");
    let (_, told) = planned(script().args(["--json"]));
    assert!(told.contains("\"language\":\"de\""), "{told}");
}

#[test]
fn a_topic_in_another_language_is_not_written_about_in_english_without_a_word() {
    const ONLY: &str = "writes English only";
    let german = "Die Geschichte der Eisenbahn in Deutschland";
    let (_, told) = planned(generate().args([german]));
    assert!(told.contains(ONLY), "{told}");
    let (_, told) = planned(generate().args(["Historia de España"]));
    assert!(
        told.contains("may be Spanish, which is not certain enough"),
        "{told}"
    );
    for topic in ["Das Boot", "La La Land", "Paris Saint-Germain", "Bach"] {
        let (_, told) = planned(generate().args([topic]));
        assert!(!told.contains(ONLY) && !told.contains("may be"), "{told}");
    }
    let run = Run::videogen()
        .args(["write", german])
        .env("VIDEOGEN_LLM_URL", "none");
    let run = run.finish().expect_code(0);
    assert!(
        run.stderr().contains("the topic is in German"),
        "{}",
        run.stderr()
    );
}
