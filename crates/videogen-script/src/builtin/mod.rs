//! The built-in script writer: the last rung, when no language model is there. It needs nothing and never fails.
//!
//! A topic is read for its grammar and its fields of knowledge (`topic`); a plan lays out a hook, a development of
//! true statements and thoughts in the genre's voice, a turn and an ending (`plan`); the pacing picks among the plan's
//! sentences until the length is right (`pace`). About a topic it knows nothing of, it asks, compares and suggests,
//! and states nothing.

mod guess;
mod lexicon;
mod one_sentence;
mod pace;
mod picture;
mod plan;
mod say;
mod series;
mod suggestions;
mod title;
mod topic;
mod voice;

#[cfg(test)]
mod tests;

use videogen_types::{Genre, Scene, Script, Seed};

pub use guess::{guess_genre, topic_for};

/// What to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The subject, after [`videogen_text::clean`]. Anything: a word, a question, a sentence, another language, emoji.
    pub topic: String,
    /// The tone.
    pub genre: Genre,
    /// Which of the many possible scripts. Seeds that follow each other give other titles and other openings.
    pub seed: Seed,
    /// Spoken words as [`videogen_text::word_count`] counts them; taken as 6 to 2000.
    pub words: usize,
    /// The number of scenes, taken as 1 to 40; `None` for as many as suit the length, 1 to 8.
    pub scenes: Option<usize>,
}

/// Words of narration a scene holds comfortably: about eight seconds of speech.
const SCENE_WORDS: usize = 19;
/// From so many words on there is room for a second sentence, and for a second picture.
const TWO_SENTENCES: usize = 12;
/// Plans to compare before the best is taken.
const ATTEMPTS: u64 = 10;

/// Scenes for so many words when nobody asked for a number: a scene has at least a whole sentence, and a short text has
/// few, since a picture that is gone after three words has not been seen.
#[must_use]
pub fn scene_count(words: usize) -> usize {
    match words {
        ..TWO_SENTENCES => 1,
        TWO_SENTENCES..27 => 2,
        _ => (words / SCENE_WORDS).clamp(3, 8),
    }
}

/// Whether [`write()`] writes in a language, by its BCP 47 tag: English, of any region.
#[must_use]
pub fn writes(language: &str) -> bool {
    videogen_text::primary_subtag(language) == "en"
}

/// Writes the script, in English. The length is within 8 % of what was asked, or within 3 words when that is more;
/// with fewer than two words per scene it is as short as it can be. Sense goes before length: the first sentence names the
/// topic, however long that is, and a script of one sentence says something true where anything is known. No sentence
/// appears twice. The same assignment
/// always gives the same script. A series (one topic, one genre, seeds that follow each other) has other titles and other
/// first sentences in each video, until there are no more: about ten.
#[must_use]
pub fn write(assignment: &Assignment) -> Script {
    let topic = topic::Topic::read(&assignment.topic);
    let target = assignment.words.clamp(6, 2000);
    let scenes = assignment
        .scenes
        .map_or_else(|| scene_count(target), |scenes| scenes.clamp(1, 40));
    let series = series::Series::of(assignment);
    let lines = lines(assignment, &topic, series, target, scenes);
    let count = scenes.min(lines.len()).max(1);
    let mut painter = picture::Painter::new(
        &topic,
        assignment.genre,
        own_seed(assignment).derive("picture", 0).rng(),
    );
    let scenes = pace::divide(lines, count)
        .into_iter()
        .map(|lines| Scene {
            picture: painter.describe(&lines),
            narration: lines
                .iter()
                .map(|line| line.text.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            negative: None,
            media: Vec::new(),
        })
        .collect();
    Script {
        title: title::title(&topic, assignment.genre, series),
        language: "en".to_owned(),
        scenes,
        hashtags: title::hashtags(&topic, assignment.genre),
    }
}

/// Where all that a series may share comes from: independent of the other parts of the video, which derive from the same
/// seed.
fn own_seed(assignment: &Assignment) -> Seed {
    assignment.seed.derive("script", 0)
}

/// A look for all pictures of a video of `genre`: light and style, in English.
#[must_use]
pub fn look(genre: Genre, seed: Seed) -> &'static str {
    let look: &&str = seed.derive("look", 0).rng().pick(voice::of(genre).looks);
    look
}

fn lines(
    assignment: &Assignment,
    topic: &topic::Topic,
    series: series::Series,
    target: usize,
    scenes: usize,
) -> Vec<pace::Line> {
    if scenes == 1
        && target < TWO_SENTENCES
        && let Some(line) = one_sentence::one_sentence(topic, assignment.genre, series, target)
    {
        return vec![line];
    }
    let slack = pace::slack(target);
    let form = pace::first_form(topic, target, scenes);
    let roomy = target >= 60 && target / scenes >= 16;
    // Sentences of a compact script. The opening alone says little: as a rule there is one more.
    let usual = ((target as f32 / 9.5).round() as usize).max(2).max(scenes);
    let room = series::Room {
        form,
        tiny: !roomy && (target < 24 || target * 2 < usual * 15),
        brief: target < 60,
        words: if roomy {
            target
        } else {
            // Each of the others has to have something left to say.
            let each = if target < scenes * 4 { 1 } else { 3 };
            (target + slack).saturating_sub((usual - 1) * each)
        },
    };
    // Chosen before all else, so that no attempt at a better length takes the opening of another video.
    let hooks = series::hooks(series, topic, assignment.genre, room);
    let Some(hook) = series.own(&hooks) else {
        return Vec::new();
    };
    // The topic is part of the seed: a batch with one seed must not open every video with the same hook.
    let seed = own_seed(assignment)
        .derive(&assignment.topic, 0)
        .derive(assignment.genre.name(), 0);
    let mut best: Option<((bool, usize), pace::Chosen)> = None;
    for attempt in 0..ATTEMPTS {
        let rng = seed.derive("plan", attempt).rng();
        let mut planner = plan::Planner::new(topic, assignment.genre, rng, form, &hook);
        let places = if roomy {
            // Later attempts lean towards more, then fewer, sentences than expected.
            planner.flowing(
                target,
                [1.0, 1.1, 0.92, 1.25, 1.0, 1.1, 0.85, 1.4, 1.05, 1.6][attempt as usize],
            )
        } else {
            // A few sentences more or fewer, or some percent where there are many.
            let shift = [0, 0, 1, 0, 2, -1, 3, -2, 4, 6][attempt as usize];
            let more =
                usual as isize * [0, 0, 6, 3, 12, -5, 18, -8, 25, 35][attempt as usize] / 100;
            let shift = if more.abs() > shift { more } else { shift };
            let count = usual.saturating_add_signed(shift).max(scenes);
            planner.compact(count, target, scenes)
        };
        let chosen = pace::fill(&places, target, slack);
        let short = chosen.lines.len() < scenes;
        let key = (short, chosen.words.abs_diff(target).saturating_sub(slack));
        let better = best.as_ref().is_none_or(|(known, _)| key < *known);
        if better {
            let done = key == (false, 0);
            best = Some((key, chosen));
            if done {
                break;
            }
        }
    }
    best.map(|(_, chosen)| chosen.lines).unwrap_or_default()
}
