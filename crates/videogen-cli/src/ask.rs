//! Questions, for a person at a terminal who named nothing.

use std::io::{self, IsTerminal};

use dialoguer::{Confirm, Input, Select};
use videogen_types::{Aspect, Choice, Genre, Quality, VideoCount};

use crate::render_error::Failure;
use crate::screen::Screen;
use crate::settings::{Given, Origin, Settings, Value};
use crate::stream;

/// The answers that are no settings.
#[derive(Debug)]
pub(crate) struct Answers {
    /// What it is to be about; `None` leaves it to the genre.
    pub(crate) topic: Option<String>,
    /// How many, when that was asked.
    pub(crate) count: Option<VideoCount>,
}

/// Whether somebody is there to answer.
pub(crate) fn possible(screen: &Screen) -> bool {
    io::stdin().is_terminal() && screen.is_terminal()
}

/// Asks something that is answered by yes or no; the answer is no where nothing is chosen.
///
/// # Errors
/// The terminal went away, or the user ends the program.
pub(crate) fn yes(question: &str, screen: &Screen) -> Result<bool, Failure> {
    screen.finish();
    stream::note_modes();
    let asking = Confirm::new().with_prompt(question).default(false);
    asking.interact().map_err(gone)
}

/// What to say when no answer came.
fn gone(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == io::ErrorKind::Interrupted {
        Failure::interrupted()
    } else {
        Failure::usage("the answer could not be read").caused_by(&error)
    }
}

/// Asks for the topic, how many, the quality and the genre; answers about settings are set in `settings`. What was
/// given already is not asked for.
///
/// # Errors
/// The terminal went away.
pub(crate) fn ask(
    settings: &mut Settings,
    count_given: bool,
    screen: &Screen,
) -> Result<Answers, Failure> {
    // Questions are written to the terminal directly.
    screen.finish();
    stream::note_modes();
    let topic: String = Input::new()
        .with_prompt("Topic (leave empty for one of a genre)")
        .allow_empty(true)
        .interact_text()
        .map_err(gone)?;
    let topic = Some(topic).filter(|topic| !topic.trim().is_empty());
    let count = if count_given {
        None
    } else {
        let answer: String = Input::new()
            .with_prompt("How many videos")
            .default("1".to_owned())
            .validate_with(|text: &String| {
                text.parse::<VideoCount>()
                    .map(drop)
                    .map_err(|e| e.to_string())
            })
            .interact_text()
            .map_err(gone)?;
        answer.parse().ok()
    };
    let answer = |text: &str| Given {
        value: Value::One(text.to_owned()),
        origin: Origin::Answer,
    };
    if settings.is_default("quality") {
        let shown = Quality::ALL
            .iter()
            .map(|(name, quality)| format!("{name:<10}  {}", quality.size(Aspect::Portrait)));
        let usual = Quality::ALL
            .iter()
            .position(|(_, quality)| *quality == Quality::Standard)
            .unwrap_or_default();
        let chosen = Select::new()
            .with_prompt("Quality")
            .items(shown)
            .default(usual)
            .interact()
            .map_err(gone)?;
        settings.set("quality", answer(Quality::ALL[chosen].0));
    }
    // Without a topic the genre has to be known; with one it may be guessed.
    let guess = topic.is_some().then_some("let the topic decide");
    let shown: Vec<&str> = guess
        .into_iter()
        .chain(Genre::ALL.iter().map(|genre| genre.name()))
        .collect();
    let chosen = Select::new()
        .with_prompt("Genre")
        .items(&shown)
        .default(0)
        .interact()
        .map_err(gone)?;
    if let Some(chosen) = chosen.checked_sub(usize::from(guess.is_some())) {
        settings.set("genre", answer(Genre::ALL[chosen].name()));
    }
    Ok(Answers { topic, count })
}
