//! What a batch's journal says, and the state that follows from it.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use videogen_types::Stage;

use super::machine::Machine;
use crate::brief::Brief;
use crate::publish::Delivered;

/// One line of a batch's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record {
    /// The first line.
    Created {
        /// Name of the batch.
        batch: String,
        /// Version of videogen that made it.
        videogen: String,
        /// The machine, so that a batch that was copied is recognised.
        #[serde(flatten)]
        machine: Machine,
        /// Number of videos. Their briefs follow.
        videos: u32,
    },
    /// What a video is to be; `video` counts from 1.
    Video { video: u32, brief: Box<Brief> },
    /// All briefs are there: the batch exists from here on.
    Accepted,
    /// From here on it is made on another machine, or on one that is called otherwise now.
    Moved {
        #[serde(flatten)]
        machine: Machine,
    },
    /// A video's files are about to get their names.
    Publishing {
        video: u32,
        directory: Utf8PathBuf,
        files: Vec<Named>,
    },
    /// A video's files have their names.
    Delivered { video: u32, delivered: Delivered },
    /// A video was not made.
    Failed {
        video: u32,
        stage: Stage,
        kind: String,
        message: String,
    },
    /// Nothing is left to do.
    Finished,
}

/// A file by its final name, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// How far a video is.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Progress {
    /// Not finished; what its stages have made is kept.
    #[default]
    Open,
    /// Not made, and why. A later run tries again.
    Failed {
        /// Where.
        stage: Stage,
        /// See [`crate::ErrorKind::name`].
        kind: String,
        /// What happened, with its causes.
        message: String,
    },
    /// In place.
    Delivered(Delivered),
}

/// Files that were getting their names when the process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsettled {
    pub(crate) directory: Utf8PathBuf,
    pub(crate) files: Vec<Named>,
}

/// A batch as its journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) batch: String,
    pub(super) videogen: String,
    pub(super) machine: Machine,
    pub(super) briefs: Vec<Brief>,
    pub(super) progress: Vec<Progress>,
    /// By number of the video, from 0.
    pub(super) unsettled: Vec<Option<Unsettled>>,
    pub(super) finished: bool,
}

/// Folds the records of a journal in their order; nothing if the batch was never accepted.
///
/// # Errors
/// What contradicts itself, in words.
pub(super) fn fold(records: impl IntoIterator<Item = Record>) -> Result<Option<State>, String> {
    let mut records = records.into_iter();
    let Some(Record::Created {
        batch,
        videogen,
        machine,
        videos,
    }) = records.next()
    else {
        return Err("it does not begin with a batch".to_owned());
    };
    let mut state = State {
        batch,
        videogen,
        machine,
        briefs: Vec::new(),
        progress: Vec::new(),
        unsettled: Vec::new(),
        finished: false,
    };
    let mut accepted = false;
    for record in records {
        match record {
            Record::Created { .. } => return Err("a batch begins in the middle".to_owned()),
            Record::Video { video, brief } => {
                if accepted || video as usize != state.briefs.len() + 1 {
                    return Err(format!("video {video} is described out of order"));
                }
                state.briefs.push(*brief);
            }
            Record::Accepted => {
                if state.briefs.len() != videos as usize {
                    return Err(format!("it has {} of {videos} videos", state.briefs.len()));
                }
                accepted = true;
                state.progress = vec![Progress::Open; state.briefs.len()];
                state.unsettled = vec![None; state.briefs.len()];
            }
            Record::Moved { machine } => state.machine = machine,
            Record::Publishing {
                video,
                directory,
                files,
            } => {
                *at(&mut state.unsettled, video)? = Some(Unsettled { directory, files });
                state.finished = false;
            }
            Record::Delivered { video, delivered } => {
                *at(&mut state.unsettled, video)? = None;
                *at(&mut state.progress, video)? = Progress::Delivered(delivered);
            }
            Record::Failed {
                video,
                stage,
                kind,
                message,
            } => {
                let progress = at(&mut state.progress, video)?;
                if !matches!(progress, Progress::Delivered(_)) {
                    *progress = Progress::Failed {
                        stage,
                        kind,
                        message,
                    };
                }
            }
            Record::Finished => state.finished = true,
        }
    }
    Ok(accepted.then_some(state))
}

/// The entry of a video that counts from 1.
fn at<T>(list: &mut [T], video: u32) -> Result<&mut T, String> {
    (video as usize)
        .checked_sub(1)
        .and_then(|index| list.get_mut(index))
        .ok_or_else(|| format!("it tells of video {video}, which it does not have"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn begun(videos: u32) -> Vec<Record> {
        let mut records = vec![Record::Created {
            batch: "b".into(),
            videogen: "1".into(),
            machine: Machine {
                host: "h".into(),
                ..Machine::default()
            },
            videos,
        }];
        records.extend((1..=videos).map(|video| Record::Video {
            video,
            brief: Box::new(Brief::new("out".into())),
        }));
        records
    }

    fn delivered(video: u32) -> Record {
        Record::Delivered {
            video,
            delivered: Delivered {
                path: format!("{video}.mp4").into(),
                manifest: format!("{video}.json").into(),
                duration: 3.0,
            },
        }
    }

    fn failed(video: u32) -> Record {
        Record::Failed {
            video,
            stage: Stage::Render,
            kind: "io".into(),
            message: "x".into(),
        }
    }

    #[test]
    fn a_batch_exists_when_all_its_briefs_are_there() {
        let mut records = begun(2);
        assert_eq!(fold(records.clone()), Ok(None));
        records.push(Record::Accepted);
        let state = fold(records).unwrap().unwrap();
        assert_eq!((state.briefs.len(), state.progress.len()), (2, 2));
        assert!(!state.finished);
    }

    #[test]
    fn contradictions_are_refused() {
        let accepted = |n| {
            let mut records = begun(n);
            records.push(Record::Accepted);
            records
        };
        assert!(fold([]).is_err());
        assert!(fold([Record::Accepted]).is_err());
        for extra in [
            delivered(3),
            delivered(0),
            begun(1).remove(0),
            begun(1).remove(1),
        ] {
            let mut records = accepted(2);
            records.push(extra.clone());
            assert!(fold(records).is_err(), "{extra:?}");
        }
        let mut short = begun(3);
        short.remove(3);
        short.push(Record::Accepted);
        assert!(fold(short).is_err());
    }

    #[test]
    fn the_machine_is_the_last_one_that_is_told_and_old_journals_tell_its_name() {
        let old = r#"{"record":"created","batch":"b","videogen":"1","host":"h","videos":1}"#;
        let first: Record = serde_json::from_str(old).unwrap();
        assert_eq!(first, begun(1).remove(0));
        assert_eq!(
            serde_json::to_string(&first).unwrap(),
            old,
            "and so it is written"
        );
        let mut records = begun(1);
        let there = Machine {
            host: "there".into(),
            id: Some("1".into()),
            boot: Some("2".into()),
        };
        let moved = Record::Moved {
            machine: there.clone(),
        };
        let text = serde_json::to_string(&moved).unwrap();
        assert_eq!(
            serde_json::from_str::<Record>(&text).unwrap(),
            moved,
            "{text}"
        );
        records.extend([Record::Accepted, moved]);
        assert_eq!(fold(records).unwrap().unwrap().machine, there);
    }

    proptest! {
        /// What was delivered stays delivered, whatever is written after it.
        #[test]
        fn a_delivered_video_is_never_open_again(events in prop::collection::vec((1u32..4, any::<bool>()), 0..20)) {
            let mut records = begun(3);
            records.push(Record::Accepted);
            let mut done = std::collections::BTreeSet::new();
            for (video, success) in events {
                if success {
                    done.insert(video);
                    records.push(delivered(video));
                } else {
                    records.push(failed(video));
                }
            }
            let state = fold(records).unwrap().unwrap();
            for video in 1..=3u32 {
                let progress = &state.progress[video as usize - 1];
                prop_assert_eq!(done.contains(&video), matches!(progress, Progress::Delivered(_)));
            }
        }

        /// A record survives the way through the file.
        #[test]
        fn records_are_written_and_read_alike(video in 1u32..9, topic in "\\PC{1,40}") {
            let mut brief = Brief::new("out".into());
            brief.topic = videogen_types::Topic::new(&topic).ok().map(|(topic, _)| topic);
            brief.script = Some(crate::brief::ScriptSource::Text(topic));
            brief.duration = videogen_types::Duration::new(12.5).ok();
            brief.rate = "30000/1001".parse().ok();
            for record in [Record::Video { video, brief: Box::new(brief) }, delivered(video), failed(video), Record::Finished] {
                let text = serde_json::to_string(&record).unwrap();
                prop_assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
            }
        }
    }
}
