//! One line of `videogen --json`, for programs that follow a run.

use serde::{Deserialize, Serialize};

use crate::event::Event;
use crate::fetch_event::FetchEvent;
use crate::overview::Overview;
use crate::stage::Stage;

/// What one line of `--json` says, and when. Read a line with `serde_json::from_str`; a line that is none of these is of a
/// later version, and is to be passed by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonLine {
    /// What it says.
    #[serde(flatten)]
    pub message: JsonMessage,
    /// Seconds since the program began, in thousandths. The line of an error has none.
    #[serde(default)]
    pub t: Option<f64>,
}

/// What the library tells of a run, or what the program tells besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum JsonMessage {
    /// Of a run.
    Event(Box<Event>),
    /// Of the program.
    Program(ProgramEvent),
    /// Of assets that are fetched.
    Fetch(Box<FetchEvent>),
}

/// What only the program tells. Serialises as an [`Event`] does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProgramEvent {
    /// What a video will be.
    VideoPlanned {
        /// Its number, from 1.
        video: u32,
        /// What will be made.
        #[serde(flatten)]
        plan: Box<Overview>,
    },
    /// Something about what was given, before there is a video.
    Warning {
        /// Always `preflight`.
        stage: Stage,
        /// One sentence.
        message: String,
    },
    /// Nothing was started.
    Error {
        /// The kind of failure: the name of what went wrong.
        kind: String,
        /// What happened, with its causes.
        message: String,
        /// More lines about it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        details: Vec<String>,
        /// What to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hint: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> JsonLine {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn lines_of_both_kinds_are_told_apart() {
        let started = read(r#"{"event":"stage_started","video":1,"stage":"voice","t":0.12}"#);
        assert_eq!(started.t, Some(0.12));
        assert!(matches!(
            started.message,
            JsonMessage::Event(event) if matches!(*event, Event::StageStarted { stage: Stage::Voice, .. })
        ));
        let warned = read(r#"{"event":"warning","stage":"preflight","message":"so it is","t":0}"#);
        assert!(matches!(
            warned.message,
            JsonMessage::Program(ProgramEvent::Warning { .. })
        ));
        let fetched = read(r#"{"event":"asset_warning","asset":"a","message":"slow","t":1}"#);
        assert!(matches!(fetched.message, JsonMessage::Fetch(_)));
        let waiting = read(r#"{"event":"asset_activity","asset":"a","message":"waits","t":1}"#);
        assert!(matches!(waiting.message, JsonMessage::Fetch(_)));
        let later = serde_json::from_str::<JsonLine>(r#"{"event":"of_a_later_version","t":0}"#);
        assert!(later.is_err());
    }

    #[test]
    fn what_is_planned_is_read_as_it_is_written() {
        let line = JsonLine {
            message: JsonMessage::Program(ProgramEvent::VideoPlanned {
                video: 1,
                plan: Box::new(Overview {
                    scene_count: 0,
                    ..Overview::sample()
                }),
            }),
            t: Some(1.5),
        };
        assert_eq!(read(&serde_json::to_string(&line).unwrap()), line);
    }
}
