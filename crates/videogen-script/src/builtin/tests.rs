//! What every script must be, whatever the topic.

use std::collections::HashSet;

use proptest::prelude::*;

use super::topic::{Shape, Topic};
use super::*;
use crate::opening::Opening;

/// Topics of every shape, with the verb that must agree ("is" or "are") where there is one.
#[rustfmt::skip] // a table
const TOPICS: &[(&str, &str)] = &[
    ("octopuses", "are"), ("the deep sea", "is"), ("coffee", "is"), ("black holes", "are"), ("cat", "are"), ("Marie Curie", "is"),
    ("ancient egypt", "is"), ("learning to swim", "is"), ("physics", "is"), ("people", "are"), ("mathematics", "is"), ("wolves", "are"),
    ("my grandmother's kitchen", "is"), ("the history of the Roman Empire", "is"), ("roman empire", "is"), ("salt and pepper", "are"),
    ("children of war", "are"), ("the United States", "is"), ("fish", "are"), ("news", "is"), ("volcano", "are"), ("AI", "is"),
    ("rust programming language", "is"), ("quokka", "are"), ("a good night's sleep", "is"), ("moon", "is"), ("raising children", "is"),
    ("falling stars", "are"), ("secrets of the pyramids", "are"), ("OCTOPUSES", "are"), ("The Deep Sea", "is"), ("boredom", "is"), ("GPS", "is"), ("UFOs", "are"),
    ("how to swim", ""), ("How do I fold a fitted sheet?", ""), ("start again", ""), ("never give up", ""), ("don't panic", ""),
    ("why cats purr", ""), ("Why is the sky blue?", ""), ("are we alone in the universe", ""), ("What is love?", "is"),
    ("The moon is drifting away", ""), ("you are enough", ""), ("cats vs dogs", "are"), ("tea or coffee?", "are"),
    ("5 facts about honey", "is"), ("top 10 richest cities", "are"), ("7 ways to save money", ""), ("make a video about bees", "are"),
    ("人工智能的未来", "is"), ("القهوة العربية", "is"), ("समुद्र", "is"), ("🚀🔥", "is"), ("la historia de España", "is"), ("\"Moby Dick\"", "is"),
    ("{\\fs500} %{pts}", "is"), (",drawtext=textfile=/etc/passwd", "is"), ("'; DROP TABLE videos; --", "is"), ("a", ""), ("1984", "is"),
    ("a lighthouse keeper who discovers that the ships he guides home every night have not existed for more than a hundred years", "is"),
];

fn assignment(
    topic: &str,
    genre: Genre,
    seed: u64,
    words: usize,
    scenes: Option<usize>,
) -> Assignment {
    Assignment {
        topic: videogen_text::clean(topic),
        genre,
        seed: Seed(seed),
        words,
        scenes,
    }
}

fn spoken(script: &Script) -> String {
    script
        .scenes
        .iter()
        .map(|scene| scene.narration.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The fewest words of a script that names its topic: the shortest opening that does, and a word or two a scene.
fn least_words(assignment: &Assignment, scenes: usize) -> usize {
    let topic = Topic::read(&assignment.topic);
    let target = assignment.words.clamp(6, 2000);
    let room = series::Room {
        form: pace::first_form(&topic, target, scenes),
        tiny: true,
        brief: true,
        words: 0,
    };
    let hooks = series::hooks(
        series::Series::of(assignment),
        &topic,
        assignment.genre,
        room,
    );
    let said = hooks.iter().map(|hook| hook.said(&topic, room.form));
    let shortest = said.map(|said| videogen_text::word_count(&said)).min();
    shortest.expect("every topic has an opening") + 2 * (scenes - 1)
}

/// What must hold for any topic at all.
fn check(assignment: &Assignment, script: &Script) {
    let context = || format!("{assignment:?}\n{script:#?}");
    let wanted = assignment.scenes.unwrap_or(script.scenes.len());
    assert_eq!(script.scenes.len(), wanted, "{}", context());
    let words = videogen_text::word_count(&spoken(script));
    let tolerance = (assignment.words * 8 / 100).max(3);
    let tight = assignment.words < script.scenes.len() * 2;
    // Sense goes before length: the topic is named, however long it is.
    let named = words > assignment.words
        && words <= least_words(assignment, script.scenes.len()) + tolerance;
    if tight {
        assert!(
            named || words <= assignment.words.max(script.scenes.len() * 2) + 6,
            "{words} words\n{}",
            context()
        );
    } else {
        assert!(
            named || words.abs_diff(assignment.words) <= tolerance,
            "{words} of {} words\n{}",
            assignment.words,
            context()
        );
    }
    for scene in &script.scenes {
        assert!(
            !scene.narration.is_empty() && !scene.narration.contains("  "),
            "{}",
            context()
        );
        assert!(scene.narration.ends_with(['.', '?', '!']), "{}", context());
        assert!(
            scene.picture.chars().count() <= 300 && !scene.picture.is_empty(),
            "{}",
            context()
        );
    }
    let title = script.title.chars().count();
    assert!((1..=70).contains(&title), "{title}\n{}", context());
    assert!((3..=6).contains(&script.hashtags.len()), "{}", context());
    assert!(
        script
            .hashtags
            .iter()
            .all(|tag| tag.chars().all(|c| c.is_ascii_alphabetic())),
        "{}",
        context()
    );
}

#[test]
fn scripts_about_everything_are_english() {
    for (topic, _) in TOPICS {
        let read = Topic::read(&videogen_text::clean(topic));
        for genre in Genre::ALL {
            for (seed, words) in [(1, 130), (2, 60), (3, 260)] {
                let assignment = assignment(topic, genre, seed, words, None);
                let script = write(&assignment);
                check(&assignment, &script);
                let all = spoken(&script);
                let sentences = videogen_text::sentences(&all, "en");
                let mut seen = HashSet::new();
                for sentence in &sentences {
                    assert!(
                        seen.insert(*sentence),
                        "said twice: {sentence}\n{script:#?}"
                    );
                }
                if read.shape == Shape::Opaque {
                    continue;
                }
                for sentence in sentences {
                    assert!(
                        !sentence.starts_with(char::is_lowercase),
                        "{topic}: {sentence}"
                    );
                    let lower: Vec<String> = sentence
                        .split_whitespace()
                        .map(|w| {
                            w.trim_matches(|c: char| !c.is_alphanumeric())
                                .to_lowercase()
                        })
                        .collect();
                    for pair in lower.windows(2) {
                        assert!(
                            pair[0] != pair[1] || pair[0].is_empty(),
                            "{topic}: {sentence}"
                        );
                        let vowel = pair[1].starts_with(['a', 'e', 'i', 'o']);
                        let exception = ["one", "once", "european", "useful", "unit"]
                            .iter()
                            .any(|w| pair[1].starts_with(w));
                        assert!(
                            !(pair[0] == "a" && vowel && !exception),
                            "{topic}: {sentence}"
                        );
                        assert!(
                            !(pair[0] == "an" && !vowel && !pair[1].starts_with(['u', 'h'])),
                            "{topic}: {sentence}"
                        );
                    }
                    for slot in [
                        "{T}", "{it}", "{them}", "{its}", "{to}", "{how}", "[is|", "{Q}", "{C}",
                        "{D}", "{a}",
                    ] {
                        assert!(!sentence.contains(slot), "{topic}: {sentence}");
                    }
                    assert!(
                        !sentence.contains("..")
                            && !sentence.contains("?.")
                            && !sentence.contains(".?"),
                        "{topic}: {sentence}"
                    );
                }
            }
        }
    }
}

#[test]
fn verbs_agree() {
    for (topic, verb) in TOPICS.iter().filter(|(_, verb)| !verb.is_empty()) {
        let read = Topic::read(&videogen_text::clean(topic));
        assert_eq!(
            if read.plural { "are" } else { "is" },
            *verb,
            "{topic}: {read:?}"
        );
    }
}

#[test]
fn shapes_are_recognised() {
    for (topic, name) in [
        ("OCTOPUSES", "octopuses"),
        ("The Deep Sea", "the deep sea"),
        ("cat", "cats"),
        ("volcano", "volcanoes"),
        ("moon", "the moon"),
        ("ancient egypt", "ancient Egypt"),
        ("roman empire", "the Roman Empire"),
        (
            "history of the roman empire",
            "the history of the Roman Empire",
        ),
        ("5 facts about honey", "honey"),
        ("top 10 richest cities", "the richest cities"),
        ("make a video about bees", "bees"),
        ("What is love?", "love"),
        ("who was Marie Curie?", "Marie Curie"),
        ("start again", "starting again"),
        ("don't panic", "not panicking"),
        ("How to swim", "swimming"),
        ("be kind", "being kind"),
        ("ai", "AI"),
        ("rust programming language", "the Rust programming language"),
        ("\"Moby Dick\"", "“Moby Dick”"),
        ("猫", "“猫”"),
        ("cats vs dogs", "cats and dogs"),
        ("the deep sea 🐙", "the deep sea"),
        (
            "the history of coffee in the Ottoman Empire",
            "the history of coffee",
        ),
        ("iPhone", "iPhone"),
        ("black hole", "black holes"),
        ("why cats purr", "this question"),
        ("GPS", "GPS"),
    ] {
        assert_eq!(Topic::read(topic).name, name, "{topic}");
    }
    assert_eq!(
        Topic::read("why cats purr").shape,
        Shape::Question("Have you ever wondered why cats purr?".into())
    );
    assert_eq!(
        Topic::read("are we alone in the universe").shape,
        Shape::Question("Are we alone in the universe?".into())
    );
    assert_eq!(
        Topic::read("The moon is drifting away").shape,
        Shape::Claim("The moon is drifting away.".into())
    );
    assert_eq!(
        Topic::read("never give up").shape,
        Shape::Act("never to give up".into())
    );
    assert_eq!(
        Topic::read("how to swim").shape,
        Shape::HowTo("swim".into())
    );
}

#[test]
fn what_is_said_is_about_the_topic() {
    let script = write(&assignment("octopuses", Genre::Nature, 5, 120, None));
    assert!(
        spoken(&script).to_lowercase().matches("octopus").count() >= 3,
        "{script:#?}"
    );
    assert!(script.title.contains("Octopuses"));
    assert!(
        script
            .scenes
            .iter()
            .all(|scene| scene.picture.contains("octopuses"))
    );
    let chinese = write(&assignment("猫", Genre::Nature, 5, 120, None));
    assert!(spoken(&chinese).contains("“猫”") && chinese.title.contains('猫'));
    let hostile = write(&assignment(
        "{\\fs500} %{pts}",
        Genre::General,
        5,
        120,
        None,
    ));
    assert!(
        spoken(&hostile).contains("“{\\fs500} %{pts}”"),
        "{hostile:#?}"
    );
}

#[test]
fn the_same_assignment_gives_the_same_script_and_another_seed_another() {
    for topic in ["coffee", "Zorblax", "how to swim", "猫"] {
        let first = write(&assignment(topic, Genre::General, 1, 120, None));
        assert_eq!(
            first,
            write(&assignment(topic, Genre::General, 1, 120, None))
        );
        let sentences = |script: &Script| {
            videogen_text::sentences(&spoken(script), "en")
                .into_iter()
                .map(str::to_owned)
                .collect::<HashSet<_>>()
        };
        let mut scripts = HashSet::new();
        for seed in 0..20 {
            let other = write(&assignment(topic, Genre::General, seed, 120, None));
            if seed != 1 {
                let shared = sentences(&first).intersection(&sentences(&other)).count();
                assert!(
                    shared * 4 < sentences(&first).len() * 3,
                    "{topic} {seed}: {shared}\n{first:#?}\n{other:#?}"
                );
            }
            scripts.insert(spoken(&other));
        }
        assert_eq!(scripts.len(), 20, "{topic}");
    }
}

#[test]
fn scenes_are_balanced_and_pictures_differ() {
    for topic in ["coffee", "Zorblax", "start again"] {
        let script = write(&assignment(topic, Genre::General, 3, 140, None));
        let lengths: Vec<usize> = script
            .scenes
            .iter()
            .map(|scene| videogen_text::word_count(&scene.narration))
            .collect();
        assert!(
            lengths.iter().all(|&words| (8..=40).contains(&words)),
            "{lengths:?}"
        );
        assert!(
            script
                .scenes
                .iter()
                .all(|scene| videogen_text::sentences(&scene.narration, "en").len() <= 5),
            "{script:#?}"
        );
        let pictures: HashSet<&str> = script
            .scenes
            .iter()
            .map(|scene| scene.picture.as_str())
            .collect();
        assert_eq!(pictures.len(), script.scenes.len());
    }
}

#[test]
fn two_thousand_words_do_not_run_out() {
    for topic in [
        "Zorblax",
        "octopuses",
        "how to fold a fitted sheet",
        "why cats purr",
        "you are enough",
        "🚀",
    ] {
        for genre in Genre::ALL {
            for scenes in [None, Some(1), Some(40)] {
                let assignment = assignment(topic, genre, 9, 2000, scenes);
                let script = write(&assignment);
                check(&assignment, &script);
                let all = spoken(&script);
                let mut seen = HashSet::new();
                assert!(
                    videogen_text::sentences(&all, "en")
                        .into_iter()
                        .all(|sentence| seen.insert(sentence)),
                    "{topic}"
                );
            }
        }
    }
}

#[test]
fn the_lexicon_is_well_formed() {
    let mut facts = HashSet::new();
    let mut count = 0;
    for field in lexicon::fields() {
        assert!(!field.facts[0].starts_with('+'), "{}", field.name);
        assert!(
            field.facts.len() >= 7 && field.images.len() >= 3 && !field.keys.is_empty(),
            "{}",
            field.name
        );
        assert!(
            field.keys.iter().all(|key| *key == key.to_lowercase()),
            "{}",
            field.name
        );
        for fact in field.facts {
            let plain = fact.trim_start_matches('+');
            assert!(
                (4..=22).contains(&videogen_text::word_count(plain)),
                "{plain}"
            );
            assert!(
                plain.starts_with(char::is_uppercase) && plain.ends_with('.'),
                "{plain}"
            );
            assert_eq!(videogen_text::sentences(plain, "en").len(), 1, "{plain}");
            assert!(!plain.contains(['{', '[']), "{plain}");
            assert!(facts.insert(plain), "{plain}");
            let first = plain.split(' ').next().unwrap();
            let leans = [
                "It", "Its", "They", "Their", "She", "He", "Those", "These", "Others",
            ]
            .contains(&first);
            assert!(
                !leans || fact.starts_with('+') || plain.starts_with("It takes"),
                "leans on another: {plain}"
            );
            count += videogen_text::word_count(plain);
        }
    }
    let average = count as f32 / facts.len() as f32;
    assert!((9.0..12.0).contains(&average), "{average}");
}

/// Topics a series may be about, all of a length that leaves room for an opening.
#[rustfmt::skip] // a table
const SERIES: &[&str] = &[
    "octopuses", "coffee", "the deep sea", "Marie Curie", "learning to swim", "the history of the Roman Empire", "salt and pepper", "GPS",
    "my grandmother's kitchen", "a good night's sleep", "rust programming language", "Zorblax", "boredom", "cats vs dogs", "tea or coffee?",
    "how to swim", "How do I fold a fitted sheet?", "start again", "don't panic", "never give up", "why cats purr", "Why is the sky blue?",
    "are we alone in the universe", "The moon is drifting away", "you are enough", "人工智能的未来", "القهوة العربية", "समुद्र", "🚀🔥",
    "la historia de España", "\"Moby Dick\"",
    "a lighthouse keeper who discovers that the ships he guides home every night have not existed for more than a hundred years",
];

#[test]
fn a_series_has_other_titles_and_openings_in_each_video() {
    for topic in SERIES {
        for genre in Genre::ALL {
            for (start, words) in [(1, 130), (7_000_000_007, 45), (40, 16)] {
                let openings: Vec<Opening> = (start..start + 8)
                    .map(|seed| Opening::of(&write(&assignment(topic, genre, seed, words, None))))
                    .collect();
                for (at, one) in openings.iter().enumerate() {
                    for other in &openings[..at] {
                        assert!(
                            !one.is_like(other),
                            "{topic}, {genre}, {words} words: {one:?} {other:?}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn long_questions_have_as_many_titles_as_short_ones() {
    for topic in [
        "why do some people always forget where they have put their keys in the morning",
        "how to fold a fitted sheet all alone when you have only two hands and no patience",
        "The moon is drifting away from the earth by a little more than an inch each year",
        "never give up on the small things that you have promised yourself",
    ] {
        let titles: HashSet<String> = (0..8)
            .map(|seed| write(&assignment(topic, Genre::General, seed, 120, None)).title)
            .collect();
        assert_eq!(titles.len(), 8, "{titles:#?}");
        assert!(
            titles.iter().all(|title| title.chars().count() <= 70),
            "{titles:#?}"
        );
    }
}

#[test]
fn short_texts_have_few_scenes() {
    for (words, scenes) in [
        (0, 1),
        (6, 1),
        (11, 1),
        (12, 2),
        (15, 2),
        (26, 2),
        (27, 3),
        (60, 3),
        (76, 4),
        (130, 6),
        (152, 8),
        (2000, 8),
    ] {
        assert_eq!(scene_count(words), scenes, "{words}");
    }
}

/// Words of the short sentences that are verbs, as they are there.
#[rustfmt::skip] // a list of words
const VERBS: &[&str] = &[
    "agree", "angle", "ask", "be", "begin", "belongs", "breathe", "can", "change", "changes", "choose", "come", "comes", "compare", "count", "decided",
    "doubt", "feel", "find", "follow", "gets", "get", "give", "go", "goes", "has", "have", "hear", "hold", "imagine", "is", "are", "keep",
    "know", "knows", "leads", "lean", "made", "learn", "leave", "let", "like", "listen", "look", "make", "may", "meet", "notice", "open", "pass", "pause",
    "picture", "promise", "put", "save", "remember", "rest", "see", "seems", "should", "stand", "stands", "start", "starts", "stay", "step", "stop",
    "take", "talk", "tell", "think", "trust", "try", "turn", "wait", "watch", "wonder", "would", "sees",
];

#[test]
fn the_shortest_lines_are_whole_sentences() {
    let kinds = [
        voice::kind(&Shape::HowTo(String::new())),
        voice::kind(&Shape::Act(String::new())),
        voice::kind(&Shape::Question(String::new())),
        voice::kind(&Shape::Claim(String::new())),
        voice::kind(&Shape::Versus(String::new(), String::new())),
        voice::kind(&Shape::Opaque),
    ];
    let lines = [voice::TINY_HOOKS, voice::TINY_BODY, voice::TINY_CLOSES]
        .into_iter()
        .chain(kinds.iter().map(|kind| kind.tiny))
        .flatten();
    for line in lines {
        // The user's own sentence is as whole as the user made it.
        let own = ["{Q}", "{C}", "{Act}."].contains(line);
        let verb = topic::lower_words(line)
            .iter()
            .any(|word| VERBS.contains(&word.as_str()));
        assert!(own || (verb && line.ends_with(['.', '?', '!'])), "{line}");
    }
}

#[test]
fn short_scripts_are_whole_sentences() {
    for topic in SERIES {
        let opaque = Topic::read(&videogen_text::clean(topic)).shape == Shape::Opaque;
        for genre in Genre::ALL {
            for words in 10..=40 {
                for seed in [3, 4] {
                    let assignment = assignment(topic, genre, seed, words, None);
                    let script = write(&assignment);
                    check(&assignment, &script);
                    assert_eq!(script.scenes.len(), scene_count(words), "{script:#?}");
                    for scene in &script.scenes {
                        let said = &scene.narration;
                        assert!(
                            said.starts_with(char::is_uppercase)
                                || (opaque && said.starts_with('“')),
                            "{said}"
                        );
                        assert!(
                            !videogen_text::sentences(said, "en")
                                .iter()
                                .any(|sentence| voice::FRAGMENTS.contains(sentence)),
                            "{said}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_few_seconds_have_room_for_one_true_sentence() {
    for (topic, sentence) in [
        (
            "why the moon has seas",
            "The dark seas of the moon are plains of old lava.",
        ),
        ("why cats purr", "purr"),
        ("octopuses", "octopus"),
        ("black holes", "black hole"),
    ] {
        for genre in Genre::ALL {
            let script = write(&assignment(topic, genre, 1, 9, None));
            assert_eq!(script.scenes.len(), 1, "{script:#?}");
            let said = &script.scenes[0].narration;
            assert!(
                said.to_lowercase().contains(&sentence.to_lowercase()),
                "{said}"
            );
            assert_eq!(videogen_text::sentences(said, "en").len(), 1, "{said}");
        }
    }
    // Of what nothing is known, nothing is said but that it is there.
    let script = write(&assignment("Zorblax", Genre::General, 1, 9, None));
    let said = &script.scenes[0].narration;
    assert!(said.contains("Zorblax"), "{said}");
    // A question that is asked as it stands is a sentence.
    let script = write(&assignment(
        "are we alone in the universe",
        Genre::Tech,
        4,
        6,
        None,
    ));
    assert!(
        script.scenes[0].narration.contains("alone in the universe"),
        "{script:#?}"
    );
}

#[test]
fn short_scripts_name_their_topic_in_whole_sentences() {
    for (topic, _) in TOPICS {
        let topic = videogen_text::clean(topic);
        let read = Topic::read(&topic);
        let named = topic::telling(&format!("{topic} {} {}", read.full, read.subject));
        for (genre, seed) in Genre::ALL.into_iter().zip(1_u64..) {
            for words in (6..=14).chain([18, 24, 36]) {
                let scenes = [None, Some(1), Some(3)][(words + seed as usize) % 3];
                let assignment = assignment(&topic, genre, seed, words, scenes);
                let script = write(&assignment);
                check(&assignment, &script);
                let all = spoken(&script);
                for sentence in videogen_text::sentences(&all, "en") {
                    assert!(!voice::FRAGMENTS.contains(&sentence), "{all}");
                }
                let said = topic::telling(&all);
                // Two letters tell nothing to whoever looks for words.
                assert!(
                    named.is_empty() || !named.is_disjoint(&said),
                    "{topic}: {all}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_topic_any_length(
        topic in prop_oneof![any::<String>(), "[a-zA-Z ,.'?!-]{1,60}", "\\PC{1,300}", "[a-z]{1,9}( [a-z]{1,9}){0,40}", "[一-龥]{1,120}"],
        genre in prop::sample::select(&Genre::ALL[..]),
        seed in any::<u64>(),
        words in prop_oneof![6_usize..40, 6_usize..300, 6_usize..2000],
        scenes in prop_oneof![Just(None), (1_usize..=40).prop_map(Some)],
    ) {
        let assignment = assignment(&topic, genre, seed, words, scenes);
        prop_assume!(!assignment.topic.is_empty());
        let script = write(&assignment);
        check(&assignment, &script);
        let _ = guess_genre(&assignment.topic);
    }

    #[test]
    fn a_plan_is_filled_as_well_as_it_can_be(
        places in prop::collection::vec(prop::collection::vec(1_usize..9, 1..4), 1..8),
        target in 1_usize..60,
    ) {
        let built: Vec<pace::Place> = places
            .iter()
            .map(|lengths| {
                lengths
                    .iter()
                    .map(|&n| pace::Choice { lines: vec![pace::Line::new(vec!["w"; n].join(" "), false, true)], cost: 0.0 })
                    .collect()
            })
            .collect();
        let mut sums: HashSet<usize> = HashSet::from([0]);
        for place in &places {
            sums = sums.iter().flat_map(|sum| place.iter().map(move |n| sum + n)).collect();
        }
        let least_off = sums.iter().map(|sum| sum.abs_diff(target)).min().unwrap();
        let chosen = pace::fill(&built, target, 3);
        prop_assert_eq!(chosen.words, chosen.lines.iter().map(|line| line.words).sum::<usize>());
        prop_assert_eq!(chosen.lines.len(), places.len());
        prop_assert!(chosen.words.abs_diff(target).saturating_sub(3) <= least_off.saturating_sub(3));
    }
}
