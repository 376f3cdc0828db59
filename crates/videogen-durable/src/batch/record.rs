//! What a batch's journal says, and the state that follows from it.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::job::{AnnouncedFile, BatchJob, JobProgress};
use super::machine::Machine;

/// One line of a batch's journal. The names of its fields are those of the program that had batches first; journals of all
/// versions have them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", bound = "J: BatchJob")]
pub(super) enum Record<J: BatchJob> {
    /// The first line.
    Created {
        /// Name of the batch.
        batch: String,
        /// Version of the program that began it.
        #[serde(rename = "videogen")]
        version: String,
        /// The machine, so that a batch that was copied is recognised.
        #[serde(flatten)]
        machine: Machine,
        /// Number of jobs, which follow.
        #[serde(rename = "videos")]
        jobs: u32,
        /// [`BatchProgram::output_keys`](super::BatchProgram::output_keys); journals that do not have it are older.
        #[serde(default, skip_serializing_if = "is_zero")]
        output_keys: u32,
    },
    /// What is to be made; `number` counts from 1.
    #[serde(rename = "video")]
    Job {
        #[serde(rename = "video")]
        number: u32,
        #[serde(rename = "brief")]
        job: Box<J>,
    },
    /// All jobs are there: the batch exists from here on.
    Accepted,
    /// From here on it is made on another machine, or on one that is called otherwise now.
    Moved {
        #[serde(flatten)]
        machine: Machine,
    },
    /// A job's files are about to get their names.
    Publishing {
        #[serde(rename = "video")]
        number: u32,
        directory: Utf8PathBuf,
        files: Vec<AnnouncedFile>,
    },
    /// A job's files have their names.
    Delivered {
        #[serde(rename = "video")]
        number: u32,
        delivered: J::Outcome,
    },
    /// A job was not done.
    Failed {
        #[serde(rename = "video")]
        number: u32,
        stage: String,
        kind: String,
        message: String,
    },
    /// Nothing is left to do.
    Finished,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Files that were getting their names when the process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsettled {
    pub(super) directory: Utf8PathBuf,
    pub(super) files: Vec<AnnouncedFile>,
}

/// A batch as its journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct State<J: BatchJob> {
    pub(super) batch: String,
    pub(super) version: String,
    pub(super) output_keys: u32,
    pub(super) machine: Machine,
    pub(super) jobs: Vec<J>,
    pub(super) progress: Vec<JobProgress<J::Outcome>>,
    /// By number of the job, from 0.
    pub(super) unsettled: Vec<Option<Unsettled>>,
    pub(super) finished: bool,
}

/// Folds the records of a journal in their order; nothing if the batch was never accepted.
///
/// # Errors
/// What contradicts itself, in words.
pub(super) fn fold<J: BatchJob>(
    records: impl IntoIterator<Item = Record<J>>,
) -> Result<Option<State<J>>, String> {
    let noun = J::NOUN;
    let mut records = records.into_iter();
    let Some(Record::Created {
        batch,
        version,
        machine,
        jobs,
        output_keys,
    }) = records.next()
    else {
        return Err("it does not begin with a batch".to_owned());
    };
    let mut state = State {
        batch,
        version,
        output_keys,
        machine,
        jobs: Vec::new(),
        progress: Vec::new(),
        unsettled: Vec::new(),
        finished: false,
    };
    let mut accepted = false;
    for record in records {
        match record {
            Record::Created { .. } => return Err("a batch begins in the middle".to_owned()),
            Record::Job { number, job } => {
                if accepted || number as usize != state.jobs.len() + 1 {
                    return Err(format!("{noun} {number} is described out of order"));
                }
                state.jobs.push(*job);
            }
            Record::Accepted => {
                if state.jobs.len() != jobs as usize {
                    return Err(format!("it has {} of {jobs} {noun}s", state.jobs.len()));
                }
                accepted = true;
                state.progress = vec![JobProgress::Open; state.jobs.len()];
                state.unsettled = vec![None; state.jobs.len()];
            }
            Record::Moved { machine } => state.machine = machine,
            Record::Publishing {
                number,
                directory,
                files,
            } => {
                *at(noun, &mut state.unsettled, number)? = Some(Unsettled { directory, files });
                state.finished = false;
            }
            Record::Delivered { number, delivered } => {
                *at(noun, &mut state.unsettled, number)? = None;
                *at(noun, &mut state.progress, number)? = JobProgress::Delivered(delivered);
            }
            Record::Failed {
                number,
                stage,
                kind,
                message,
            } => {
                let progress = at(noun, &mut state.progress, number)?;
                if !matches!(progress, JobProgress::Delivered(_)) {
                    *progress = JobProgress::Failed {
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

/// Returns the entry of a job that counts from 1 and is called `noun`.
fn at<'a, T>(noun: &str, list: &'a mut [T], number: u32) -> Result<&'a mut T, String> {
    (number as usize)
        .checked_sub(1)
        .and_then(|index| list.get_mut(index))
        .ok_or_else(|| format!("it tells of {noun} {number}, which it does not have"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Note, Written};
    use super::*;
    use proptest::prelude::*;

    type Record = super::Record<Note>;

    fn begun(jobs: u32) -> Vec<Record> {
        let mut records = vec![Record::Created {
            batch: "b".into(),
            version: "1".into(),
            machine: Machine {
                host: "h".into(),
                ..Machine::default()
            },
            jobs,
            output_keys: 0,
        }];
        records.extend((1..=jobs).map(|number| Record::Job {
            number,
            job: Box::new(Note::new()),
        }));
        records
    }

    fn delivered(number: u32) -> Record {
        Record::Delivered {
            number,
            delivered: Written {
                path: format!("{number}.txt").into(),
            },
        }
    }

    fn failed(number: u32) -> Record {
        Record::Failed {
            number,
            stage: "render".into(),
            kind: "io".into(),
            message: "x".into(),
        }
    }

    #[test]
    fn a_batch_exists_when_all_its_jobs_are_there() {
        let mut records = begun(2);
        assert_eq!(fold(records.clone()), Ok(None));
        records.push(Record::Accepted);
        let state = fold(records).unwrap().unwrap();
        assert_eq!((state.jobs.len(), state.progress.len()), (2, 2));
        assert!(!state.finished);
    }

    #[test]
    fn contradictions_are_refused() {
        let accepted = |n| {
            let mut records = begun(n);
            records.push(Record::Accepted);
            records
        };
        assert!(fold::<Note>([]).is_err());
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

    #[test]
    fn the_names_in_a_journal_never_change() {
        for text in [
            r#"{"record":"created","batch":"b","videogen":"1","host":"h","id":"1","boot":"2","videos":1}"#,
            r#"{"record":"created","batch":"b","videogen":"1","host":"h","videos":1,"output_keys":2}"#,
            r#"{"record":"video","video":1,"brief":{"text":"dear","folder":"out"}}"#,
            r#"{"record":"accepted"}"#,
            r#"{"record":"moved","host":"there"}"#,
            r#"{"record":"publishing","video":1,"directory":"out","files":[{"name":"a.txt","bytes":4,"sha256":"00"}]}"#,
            r#"{"record":"delivered","video":1,"delivered":{"path":"out/a.txt"}}"#,
            r#"{"record":"failed","video":1,"stage":"render","kind":"io","message":"x"}"#,
            r#"{"record":"finished"}"#,
        ] {
            let record: Record = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&record).unwrap(), text);
        }
    }

    proptest! {
        /// What was delivered stays delivered, whatever is written after it.
        #[test]
        fn what_is_delivered_is_never_open_again(events in prop::collection::vec((1u32..4, any::<bool>()), 0..20)) {
            let mut records = begun(3);
            records.push(Record::Accepted);
            let mut done = std::collections::BTreeSet::new();
            for (number, success) in events {
                if success {
                    done.insert(number);
                    records.push(delivered(number));
                } else {
                    records.push(failed(number));
                }
            }
            let state = fold(records).unwrap().unwrap();
            for number in 1..=3u32 {
                let progress = &state.progress[number as usize - 1];
                prop_assert_eq!(done.contains(&number), matches!(progress, JobProgress::Delivered(_)));
            }
        }

        /// A record survives the way through the file.
        #[test]
        fn records_are_written_and_read_alike(number in 1u32..9, text in "\\PC{1,40}") {
            let job = Box::new(Note { text, folder: "out".into() });
            for record in [Record::Job { number, job }, delivered(number), failed(number), Record::Finished] {
                let text = serde_json::to_string(&record).unwrap();
                prop_assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
            }
        }
    }
}
