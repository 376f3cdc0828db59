//! An answer becomes a script with what is to be said against it, or complaints that a model can act on.
//!
//! What was asked for is not thrown away for being less than wished: only an answer that cannot be used falls.

use std::collections::HashMap;

use unicode_normalization::char::is_combining_mark;
use videogen_llm::{Complaint, Judged};
use videogen_types::{Scene, Script};

use super::example::Shown;
use super::question::{self, quoted};
use super::shape::{Answer, AnsweredScene};
use super::templates::Templates;
use super::{Opening, ScriptRequest, language, length, paintable, speakable, subject};
use crate::builtin;
use crate::opening::words;

/// The longest title, in characters.
const TITLE: usize = 100;
/// The most hashtags.
const HASHTAGS: usize = 8;
/// The most words that are put together into a hashtag.
const TAG_WORDS: usize = 3;
/// The most characters of a hashtag.
const HASHTAG: usize = 30;
/// Sentences of so many words and more are not said twice; shorter ones may be a refrain.
const REPEATED: usize = 5;

/// A script that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) script: Script,
    pub(super) description: Option<String>,
    /// What is less than was wished for, for people; each a sentence without a period.
    pub(super) remarks: Vec<String>,
}

/// What an answer must not be a copy of: the question, and the example in it.
#[derive(Debug, Clone)]
pub(super) struct Copied {
    /// The words of the question, without topic and openings, with a space before and after each.
    question: String,
    example: Shown,
    /// That of the answer.
    language: String,
}

/// What is said of a copy of the example.
const EXAMPLE: &str = "is that of the example: write your own about the topic";
/// Texts of so many words and more are no copy by chance.
const COPIED: usize = 5;

/// So many words of the question in a row are none either, whatever stands around them.
const COPIED_RUN: usize = 7;

impl Copied {
    /// `form` is what the fields of an answer are described by.
    pub(super) fn new(templates: &Templates, wish: &ScriptRequest, form: &str) -> Self {
        let (system, question) = question::texts(templates, wish, "");
        Self {
            question: spaced(&words(&format!("{system} {question} {form}"))),
            example: templates.example(),
            language: wish.language.clone(),
        }
    }

    /// What a text is a copy of, for the model.
    fn found(&self, said: &str) -> Option<&'static str> {
        let sentences = videogen_text::sentences(said, &self.language);
        let repeats = |sentence: &&str| {
            let said = words(sentence);
            let whole = said.len() >= COPIED && self.question.contains(&spaced(&said));
            let mut runs = said.windows(COPIED_RUN);
            whole || runs.any(|run| self.question.contains(&spaced(run)))
        };
        if sentences.iter().any(repeats) {
            return Some("repeats the question in place of answering it");
        }
        sentences
            .iter()
            .any(|one| self.example.has(one))
            .then_some(EXAMPLE)
    }
}

fn spaced(words: &[String]) -> String {
    format!(" {} ", words.join(" "))
}

/// What is to be said against an answer.
#[derive(Default)]
struct Objections {
    /// It cannot be used for these.
    wrong: Vec<Complaint>,
    /// It is less than was asked for.
    less: Vec<Complaint>,
    /// The same for people.
    remarks: Vec<String>,
    penalty: u32,
}

impl Objections {
    fn wrong(&mut self, path: String, words: &str) {
        self.wrong.push(Complaint::other(path, words));
    }

    /// `remark` is empty where people need not hear of it.
    fn less(&mut self, path: String, words: &str, remark: String, penalty: u32) {
        self.less.push(Complaint::other(path, words));
        self.penalty += penalty;
        if !remark.is_empty() && !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}

/// Takes an answer, with what is to be said against it.
///
/// # Errors
/// All that is wrong with one that cannot be used: nothing that can be said, another language, a copy of the question, far
/// too little or too much.
pub(super) fn draft(
    wish: &ScriptRequest,
    answer: Answer,
    copied: &Copied,
) -> Result<Judged<Draft>, Vec<Complaint>> {
    let mut found = Objections::default();
    let mut scenes = scenes(wish, answer.scenes, copied, &mut found);
    let title = titled(wish, answer.title.as_deref(), copied, &mut found);
    without_repeated(&mut scenes, &wish.language, &mut found);
    let spoken = || {
        let said = scenes.iter().map(|scene| scene.narration.as_str());
        said.collect::<Vec<_>>().join(" ")
    };
    let all = format!("{title} {}", spoken());
    if let Err(words) = language::plausible(&all, &wish.language) {
        let words = format!("{words}: title and narrations, not look and pictures");
        found.wrong("scenes".to_owned(), &words);
    } else {
        for (at, scene) in scenes.iter().enumerate() {
            if let Err(words) = language::plausible(&scene.narration, &wish.language) {
                found.wrong(format!("scenes[{at}].narration"), &words);
            }
        }
    }
    // The topic in place of a title would be met by itself.
    let named = answer.title.as_deref().unwrap_or_default();
    let about = format!("{named} {}", spoken());
    if !subject::is_met(
        &wish.topic,
        answer.subject.as_deref(),
        &about,
        &wish.language,
    ) {
        found.less(
            "scenes".to_owned(),
            "are about something else: write about what stands between <topic> and </topic>, and name it",
            "the script may be about something else than its topic".to_owned(),
            OFF_TOPIC,
        );
    }
    lengths(wish, &mut scenes, &mut found);
    let look = answer.look.as_deref().and_then(paintable::look);
    let look = look.unwrap_or_else(|| builtin::look(wish.genre, wish.seed).to_owned());
    let script = Script {
        title,
        language: wish.language.clone(),
        scenes: scenes
            .into_iter()
            .map(|scene| Scene {
                picture: paintable::with_look(&scene.picture, &look),
                ..scene
            })
            .collect(),
        hashtags: hashtags(&answer.hashtags),
    };
    series(wish, &Opening::of(&script), &mut found);
    if !found.wrong.is_empty() {
        // What else is wrong is put right in the same repair.
        found.wrong.append(&mut found.less);
        return Err(found.wrong);
    }
    let description = answer.description.as_deref();
    Ok(Judged {
        value: Draft {
            description: description.and_then(|words| described(words, wish, copied)),
            script,
            remarks: found.remarks,
        },
        warnings: found.less,
        penalty: found.penalty,
    })
}

/// How much weighs what is to be said against an answer; [`length::distance`] gives 100 for half or twice the length.
const OFF_TOPIC: u32 = 80;
const SALVAGED: u32 = 30;
const REPEATED_SCENE: u32 = 30;
const NO_TITLE: u32 = 15;
const LIKE_ANOTHER: u32 = 25;
const NO_PICTURE: u32 = 10;
const OTHER_COUNT: u32 = 10;

/// What is said and seen in each scene.
fn scenes(
    wish: &ScriptRequest,
    answered: Vec<AnsweredScene>,
    copied: &Copied,
    found: &mut Objections,
) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for (at, scene) in answered.into_iter().enumerate() {
        let path = format!("scenes[{at}].narration");
        let narration = match speakable::speakable(&scene.narration, &wish.language) {
            Ok(said) => said,
            Err(words) => match speakable::salvaged(&scene.narration, &wish.language) {
                Some(kept) => {
                    let remark = "parts of the script that cannot be said were left out";
                    found.less(path.clone(), words, remark.to_owned(), SALVAGED);
                    kept
                }
                None => {
                    found.wrong(path.clone(), words);
                    // Counted with the others, so that only what is wrong is complained of.
                    speakable::plain(&scene.narration)
                }
            },
        };
        let painted = scene.picture.as_deref().unwrap_or_default();
        if let Some(words) = copied.found(&narration) {
            found.wrong(path.clone(), words);
        } else if copied.example.has_picture(painted) {
            // Said in another language, it is still the example.
            found.wrong(format!("scenes[{at}]"), EXAMPLE);
        }
        let narration = match length::whole_sentences(&narration, &wish.language) {
            Some(whole) => {
                if whole != narration {
                    found.less(
                        path,
                        "ends in the middle of a sentence",
                        String::new(),
                        NO_PICTURE,
                    );
                }
                whole
            }
            None => narration,
        };
        let picture = pictured(wish, at, scene.picture.as_deref(), &narration, found);
        scenes.push(Scene {
            narration,
            picture,
            negative: scene.negative.as_deref().and_then(paintable::negative),
            media: Vec::new(),
        });
    }
    if !length::scenes(wish).contains(&scenes.len()) {
        let aim = length::aim(wish);
        let plural = if scenes.len() == 1 { "" } else { "s" };
        found.less(
            "scenes".to_owned(),
            &format!("must have {aim} items, not {}", scenes.len()),
            format!(
                "the script has {} scene{plural} where {aim} were asked for",
                scenes.len()
            ),
            OTHER_COUNT,
        );
    }
    scenes
}

/// What is seen in a scene, and what instead where nothing can be painted of what was answered.
fn pictured(
    wish: &ScriptRequest,
    at: usize,
    answered: Option<&str>,
    narration: &str,
    found: &mut Objections,
) -> String {
    let picture = match answered.map(paintable::picture) {
        None => Err("is missing"),
        Some(Ok(picture)) if words(narration) == words(&picture) => {
            Err("repeats the narration: describe what is seen while it is spoken")
        }
        Some(picture) => picture,
    };
    picture.unwrap_or_else(|complaint| {
        found.less(
            format!("scenes[{at}].picture"),
            complaint,
            "some pictures are painted from what is said: their descriptions cannot be painted"
                .to_owned(),
            NO_PICTURE,
        );
        paintable::instead(narration, &wish.topic)
    })
}

/// The title, or the topic where there is none that can be used.
fn titled(
    wish: &ScriptRequest,
    answered: Option<&str>,
    copied: &Copied,
    found: &mut Objections,
) -> String {
    let title = answered.ok_or("is missing").and_then(|title| {
        let title = speakable::speakable(title, &wish.language)?;
        match copied.found(&title) {
            Some(words) => Err(words),
            None => Ok(title),
        }
    });
    match title {
        Ok(title) if title.chars().count() <= TITLE => title,
        Ok(title) => videogen_text::cut_at_sentence(&title, TITLE, &wish.language).0,
        Err(words) => {
            let remark = "the title is the topic: the script has none that can be used";
            found.less("title".to_owned(), words, remark.to_owned(), NO_TITLE);
            videogen_text::cut_at_sentence(&wish.topic, TITLE, &wish.language).0
        }
    }
}

/// Leaves scenes out that only say what was said before.
fn without_repeated(scenes: &mut Vec<Scene>, language: &str, found: &mut Objections) {
    let said: Vec<String> = scenes.iter().map(|scene| scene.narration.clone()).collect();
    let again = repeated(&said, language);
    for (at, problem) in &again {
        let remark = "scenes that repeat others were left out";
        let path = format!("scenes[{at}].narration");
        found.less(path, problem, remark.to_owned(), REPEATED_SCENE);
    }
    if again.len() * 2 > scenes.len() {
        found.wrong("scenes".to_owned(), "say the same again and again");
        return;
    }
    let mut at = 0;
    scenes.retain(|_| {
        at += 1;
        !again.iter().any(|(repeated, _)| *repeated == at - 1)
    });
}

/// Judges how much is said, after taking a little out where it is a little too much.
fn lengths(wish: &ScriptRequest, scenes: &mut [Scene], found: &mut Objections) {
    let mut narrations: Vec<String> = scenes
        .iter_mut()
        .map(|scene| std::mem::take(&mut scene.narration))
        .collect();
    length::shorten(&mut narrations, &length::accepted(wish), &wish.language);
    let counts: Vec<usize> = narrations
        .iter()
        .map(|said| videogen_text::word_count(said))
        .collect();
    for (scene, narration) in scenes.iter_mut().zip(narrations) {
        scene.narration = narration;
    }
    let total = counts.iter().sum();
    let Some(words) = length::complaint(total, wish) else {
        return;
    };
    if length::usable(wish).contains(&total) {
        let penalty = length::distance(total, wish);
        let remark = length::remark(total, wish);
        found.less("scenes".to_owned(), &words, remark, penalty);
    } else {
        found.wrong("scenes".to_owned(), &words);
    }
    for (at, count) in counts.into_iter().enumerate() {
        if let Some(words) = length::scene_complaint(count, total, wish) {
            found.less(format!("scenes[{at}].narration"), &words, String::new(), 0);
        }
    }
}

/// Whether the script begins like another one of its series, and like which.
fn series(wish: &ScriptRequest, opening: &Opening, found: &mut Objections) {
    // The latest is what a viewer remembers.
    let mut others = wish.avoid.iter().rev();
    if let Some(other) = others.clone().find(|other| opening.has_title_of(other)) {
        let words = format!(
            "is that of an earlier video, \"{}\": find another one",
            quoted(&other.title)
        );
        let remark = "the title is that of an earlier video of the batch";
        found.less("title".to_owned(), &words, remark.to_owned(), LIKE_ANOTHER);
    }
    if let Some(other) = others.find(|other| opening.begins_as(other)) {
        let words = format!(
            "begins like an earlier video, \"{}\": begin with another thought and other words",
            quoted(&other.first)
        );
        let remark = "the script begins like an earlier video of the batch";
        found.less(
            "scenes[0].narration".to_owned(),
            &words,
            remark.to_owned(),
            LIKE_ANOTHER,
        );
    }
}

/// Where a narration, or a sentence in one, was said before.
fn repeated(narrations: &[String], language: &str) -> Vec<(usize, String)> {
    let mut said: HashMap<Vec<String>, usize> = HashMap::new();
    let mut found = Vec::new();
    for (at, narration) in narrations.iter().enumerate() {
        let whole = std::iter::once(narration.as_str());
        let sentences = videogen_text::sentences(narration, language)
            .into_iter()
            .filter(|sentence| {
                videogen_text::word_count(sentence) >= REPEATED && sentence != narration
            });
        for text in whole.chain(sentences) {
            // The first of the two is as it should be.
            if let Some(before) = said.insert(words(text), at) {
                found.push((
                    at,
                    format!("says again what scenes[{before}].narration says"),
                ));
                break;
            }
        }
    }
    found
}

/// Letters, digits and `_`, each once.
fn hashtags(raw: &[String]) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in raw {
        let tag = videogen_text::clean(tag);
        // A sentence is no tag.
        if tag.split_whitespace().count() > TAG_WORDS {
            continue;
        }
        let tag: String = tag
            .chars()
            .filter(|c| c.is_alphanumeric() || *c == '_' || is_combining_mark(*c))
            .collect();
        let known = tags
            .iter()
            .any(|other| other.to_lowercase() == tag.to_lowercase());
        let fits = tag.chars().any(char::is_alphabetic) && tag.chars().count() <= HASHTAG;
        if fits && !known && tags.len() < HASHTAGS {
            tags.push(tag);
        }
    }
    tags
}

/// What stands below the video, if it is in its language and leads nowhere.
fn described(raw: &str, wish: &ScriptRequest, copied: &Copied) -> Option<String> {
    let text = speakable::speakable(raw, &wish.language).ok()?;
    if copied.found(&text).is_some() {
        return None;
    }
    language::plausible(&text, &wish.language).ok()?;
    Some(text)
}
