//! A script in the wished language is kept, however far from the wish it is otherwise.

use super::*;

/// What one language says in about ten words each.
struct Language {
    tag: &'static str,
    topic: &'static str,
    /// Sentences about it, of which each answer takes as many as its length needs.
    sentences: [&'static str; 6],
}

#[rustfmt::skip] // a table
const LANGUAGES: &[Language] = &[
    Language { tag: "en", topic: "light in the deep sea", sentences: [
        "Far below the waves the water is full of small lights.", "Most animals in the deep make the light on their own.",
        "They call their friends with it and find their food.", "Some of them frighten an enemy with a sudden flash.",
        "From above you see nothing but black water.", "And yet the deep sea is the brightest place that we know."] },
    Language { tag: "de", topic: "Licht in der Tiefsee", sentences: [
        "Weit unter den Wellen ist das Wasser voller kleiner Lichter.", "Die meisten Tiere der Tiefsee machen ihr Licht selbst.",
        "Sie rufen damit ihre Freunde und finden ihr Futter.", "Manche erschrecken einen Feind mit einem hellen Blitz.",
        "Von oben sieht man nur schwarzes Wasser.", "Und doch ist die Tiefsee der hellste Ort, den wir kennen."] },
    Language { tag: "fr", topic: "la lumière des abysses", sentences: [
        "Loin sous les vagues, l'eau est pleine de petites lumières.", "La plupart des animaux font leur lumière eux-mêmes.",
        "Avec elle, ils appellent leurs amis et trouvent leur repas.", "Certains effraient un ennemi avec un éclair soudain.",
        "D'en haut, on ne voit que de l'eau noire.", "Et pourtant les abysses sont le lieu le plus clair du monde."] },
    Language { tag: "es", topic: "la luz del mar profundo", sentences: [
        "Muy por debajo de las olas el agua está llena de luces.", "La mayoría de los animales hacen la luz ellos mismos.",
        "Con ella llaman a sus amigos y encuentran su comida.", "Algunos asustan a un enemigo con un destello.",
        "Desde arriba solo se ve el agua negra del mar.", "Y sin embargo es el lugar más claro que hay en la Tierra."] },
    Language { tag: "it", topic: "la luce degli abissi", sentences: [
        "Molto sotto le onde l'acqua è piena di piccole luci.", "La maggior parte degli animali fa la luce da sola.",
        "Con questa chiamano gli amici e trovano il cibo.", "Alcuni spaventano un nemico con un lampo.",
        "Dall'alto non si vede che acqua nera.", "Eppure gli abissi sono il luogo più chiaro della Terra."] },
    Language { tag: "pt", topic: "a luz do mar profundo", sentences: [
        "Muito abaixo das ondas a água está cheia de pequenas luzes.", "A maioria dos animais faz a sua própria luz.",
        "Com ela chamam os amigos e encontram comida.", "Alguns assustam um inimigo com um clarão.",
        "De cima não se vê mais do que água negra.", "E mesmo assim o mar profundo é o lugar mais claro da Terra."] },
    Language { tag: "nl", topic: "licht in de diepzee", sentences: [
        "Diep onder de golven is het water vol kleine lichten.", "De meeste dieren maken hun licht zelf.",
        "Daarmee roepen ze hun vrienden en vinden ze hun eten.", "Sommige laten een vijand schrikken met een flits.",
        "Van boven zie je niets dan zwart water.", "En toch is de diepzee de lichtste plek die wij kennen."] },
    Language { tag: "pl", topic: "światło w głębinach", sentences: [
        "Głęboko pod falami woda jest pełna małych świateł.", "Większość zwierząt robi to światło sama.",
        "Nim wołają przyjaciół i znajdują jedzenie.", "Niektóre straszą nim wroga nagłym błyskiem.",
        "Z góry nie widać nic, tylko czarną wodę.", "A jednak głębiny są najjaśniejszym miejscem na Ziemi."] },
    Language { tag: "tr", topic: "derin denizde ışık", sentences: [
        "Dalgaların çok altında su küçük ışıklarla doludur.", "Hayvanların çoğu bu ışığı kendisi yapar.",
        "Onunla arkadaşlarını çağırır ve yemek bulurlar.", "Bazıları düşmanı ani bir parıltı ile korkutur.",
        "Yukarıdan yalnızca siyah su görünür.", "Ama derin deniz bildiğimiz en parlak yerdir."] },
    Language { tag: "ru", topic: "свет в глубинах моря", sentences: [
        "Глубоко под волнами вода полна маленьких огней.", "Почти все животные делают этот свет сами.",
        "Им они зовут друзей и находят еду.", "Некоторые пугают врага внезапной вспышкой.",
        "Сверху видна только чёрная вода моря.", "И всё же глубины моря светлее всех мест на Земле."] },
    Language { tag: "hi", topic: "गहरे समुद्र में रोशनी", sentences: [
        "लहरों के बहुत नीचे पानी छोटी रोशनियों से भरा है।", "ज़्यादातर जानवर यह रोशनी खुद बनाते हैं।",
        "इससे वे दोस्तों को बुलाते हैं और खाना खोजते हैं।", "कुछ जानवर अचानक चमक से दुश्मन को डराते हैं।",
        "ऊपर से केवल काला पानी दिखता है।", "फिर भी गहरा समुद्र सबसे चमकीली जगह है।"] },
    Language { tag: "zh", topic: "深海之光", sentences: [
        "在海浪之下很深的地方，水里充满了小小的光。", "大多数深海动物自己发出这种光。",
        "它们用光呼唤朋友，也用光寻找食物。", "有的动物用突然的闪光吓走敌人。",
        "从上面看，只有一片黑色的水。", "然而深海却是我们知道的最明亮的地方。"] },
];

impl Language {
    fn wish(&self) -> ScriptRequest {
        ScriptRequest {
            topic: self.topic.into(),
            language: self.tag.into(),
            words: 30,
            ..wish()
        }
    }

    /// An answer of about so many percent of the wished length, as models give them.
    fn answer(&self, percent: usize) -> String {
        self.answer_of(percent, false)
    }

    /// The same; each scene is one sentence if `in_one`.
    fn answer_of(&self, percent: usize, in_one: bool) -> String {
        let wanted = 30 * percent / 100;
        let mut scenes: Vec<String> = vec![String::new(); 3];
        let mut words = 0;
        for (at, sentence) in self.sentences.iter().enumerate() {
            if words >= wanted {
                break;
            }
            let said = &mut scenes[at % 3];
            if at >= 3 && in_one {
                // Nothing can be taken out of a scene of one sentence.
                let open = said.trim_end_matches(['.', '।', '。']).len();
                said.replace_range(open.., ",");
            }
            if at >= 3 {
                said.push(' ');
            }
            said.push_str(sentence);
            words += videogen_text::word_count(sentence);
        }
        let scene = |narration: &String| json!({"narration": narration, "picture": "a dark blue deep sea with tiny lights, wide shot"});
        let scenes: Vec<Value> = scenes
            .iter()
            .filter(|said| !said.is_empty())
            .map(scene)
            .collect();
        json!({"subject": self.topic, "title": self.topic, "scenes": scenes}).to_string()
    }
}

#[test]
fn answers_of_any_length_keep_their_language() {
    for language in LANGUAGES {
        let wish = language.wish();
        // Twenty lengths from 0.6 to 1.6 of what was wished.
        for step in 0..20 {
            let answer = language.answer(60 + step * 100 / 19);
            let judged = read(&answer, &wish).unwrap_or_else(|complaints| {
                panic!("{} {step}: {complaints:?}\n{answer}", language.tag)
            });
            assert_eq!(judged.value.script.language, language.tag);
            check_usable(&judged.value.script, &wish).unwrap();
        }
        // English, which models fall back to, is not taken for what was asked for, nor is anything else taken for English.
        let english = &LANGUAGES[0];
        if language.tag != english.tag {
            assert!(
                read(&english.answer(100), &wish).is_err(),
                "{}",
                language.tag
            );
            let answer = language.answer(100);
            assert!(read(&answer, &english.wish()).is_err(), "{}", language.tag);
        }
    }
}

#[tokio::test]
async fn three_answers_that_are_too_long_are_no_reason_for_another_script() {
    for tag in ["de", "es", "hi"] {
        let language = LANGUAGES
            .iter()
            .find(|language| language.tag == tag)
            .unwrap();
        let server = server([], Say::text(language.answer_of(160, true)));
        let written = write(&writer(&[server.url()]), &language.wish())
            .await
            .unwrap();
        assert_eq!(written.script.language, tag);
        assert_eq!(written.warnings.len(), 1, "{:?}", written.warnings);
        assert!(
            written.warnings[0].ends_with("the video's length follows the script"),
            "{:?}",
            written.warnings
        );
        // One repair is worth while, and no more.
        assert_eq!(server.questions().len(), 2);
    }
}

#[tokio::test]
async fn the_better_of_two_answers_is_kept() {
    let language = &LANGUAGES[1];
    let (near, far) = (language.answer_of(145, true), language.answer_of(160, true));
    for answers in [[&near, &far], [&far, &near]] {
        let server = server(
            answers.map(|text| Say::text(text.as_str())),
            Say::status(500, "gone"),
        );
        let written = write(&writer(&[server.url()]), &language.wish())
            .await
            .unwrap();
        let wanted = read(&near, &language.wish()).unwrap().value.script;
        assert_eq!(written.script, wanted);
    }
    // Also when the server dies while it repairs.
    let server = server([Say::text(far.as_str())], Say::status(500, "gone"));
    let written = write(&writer(&[server.url()]), &language.wish())
        .await
        .unwrap();
    assert!(!written.warnings.is_empty() && !written.repaired);
}

#[test]
fn what_is_cut_off_in_the_middle_of_a_sentence_ends_before_it() {
    let wish = LANGUAGES[0].wish();
    let mut answer: Value = serde_json::from_str(&LANGUAGES[0].answer(100)).unwrap();
    let whole = answer["scenes"][0]["narration"]
        .as_str()
        .unwrap()
        .to_owned();
    answer["scenes"][0]["narration"] = json!(format!("{whole} And then the li"));
    let judged = read(&answer.to_string(), &wish).unwrap();
    assert_eq!(judged.value.script.scenes[0].narration, whole);
    assert!(
        judged.warnings[0]
            .to_string()
            .contains("in the middle of a sentence")
    );
}
