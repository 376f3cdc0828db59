//! Batches of notes on a real disk.

use std::{fs, io};

use serde::{Deserialize, Serialize};

use super::*;
use crate::{About, Digest, FailingEffects, KeyBuilder, RealEffects, Store, StoreLimits};

/// A text that is to be a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) folder: Utf8PathBuf,
}

impl Note {
    pub(super) fn new() -> Self {
        Self {
            text: "dear".into(),
            folder: "out".into(),
        }
    }
}

/// Where it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Written {
    pub(super) path: Utf8PathBuf,
}

impl BatchJob for Note {
    type Outcome = Written;

    const NOUN: &'static str = "note";

    fn output_dir(&self) -> &Utf8Path {
        &self.folder
    }

    fn settle(&self, directory: &Utf8Path, files: &[AnnouncedFile]) -> Option<Written> {
        let path = directory.join(&files.last()?.name);
        Some(Written { path })
    }
}

fn program() -> BatchProgram {
    BatchProgram {
        name: "example",
        version: "1",
        output_keys: 1,
        host: "here".into(),
        local_time: || "20260102-030405".into(),
        reports: &["status.json"],
        scratch_prefix: ".example-",
    }
}

fn here() -> Machine {
    Machine::here("here")
}

struct Place {
    dir: camino_tempfile::Utf8TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            dir: camino_tempfile::tempdir().unwrap(),
        }
    }

    fn batches(&self) -> Batches<Note> {
        let at = |name| self.dir.path().join(name);
        Batches::new(at("batches"), at("work"), program(), Arc::new(RealEffects))
    }
}

fn notes(count: usize) -> Vec<Note> {
    vec![Note::new(); count]
}

fn written() -> Written {
    Written {
        path: "out/a.txt".into(),
    }
}

#[test]
fn a_batch_is_resumed_where_it_was() {
    let place = Place::new();
    let batches = place.batches();
    assert!(matches!(batches.resume(None), Err(BatchError::None)));
    let batch = batches.create(&notes(3)).unwrap();
    let name = batch.name().to_owned();
    batch.delivered(2, &written()).unwrap();
    batch
        .record_failure(3, "voice", "no_topic", "no topic".into())
        .unwrap();
    let pid = Some(std::process::id());
    assert!(matches!(batches.resume(None), Err(BatchError::Running { pid: p, .. }) if p == pid));
    drop(batch);
    let batch = batches.resume(None).unwrap();
    assert_eq!(batch.name(), name);
    assert_eq!(batch.jobs(), notes(3));
    let progress = batch.progress();
    assert_eq!(progress[0], JobProgress::Open);
    assert_eq!(progress[1], JobProgress::Delivered(written()));
    assert!(matches!(&progress[2], JobProgress::Failed { kind, .. } if kind == "no_topic"));
}

#[test]
fn a_finished_batch_leaves_its_journal_and_nothing_else() {
    let place = Place::new();
    let batches = place.batches();
    let batch = batches.create(&notes(1)).unwrap();
    let store = Store::open(batch.work(), StoreLimits::default(), Arc::new(RealEffects)).unwrap();
    let about = About::new("bin", "test");
    let key = KeyBuilder::new("test", 1).finish();
    store.put_bytes(&key, &about, b"x").unwrap();
    batch.finish().unwrap();
    assert!(batch.work().exists(), "it is not finished yet");
    batch.delivered(1, &written()).unwrap();
    batch.finish().unwrap();
    assert!(!batch.work().exists());
    let name = batch.name().to_owned();
    drop(batch);
    assert!(matches!(
        batches.resume(Some(&name)),
        Err(BatchError::Finished { jobs: 1, .. })
    ));
    assert_eq!(
        batches.list().unwrap()[0].condition,
        BatchCondition::Finished
    );
    batches.forget(&name).unwrap();
    assert!(batches.list().unwrap().is_empty());
}

#[test]
fn names_are_never_paths_and_unknown_ones_are_answered() {
    let place = Place::new();
    let batches = place.batches();
    let name = batches.create(&notes(1)).unwrap().name().to_owned();
    for wrong in ["../batches", "", ".", "/etc", "20"] {
        let error = batches.resume(Some(wrong)).unwrap_err();
        assert!(
            matches!(&error, BatchError::Unknown { .. }),
            "{wrong}: {error}"
        );
        assert!(error.help().unwrap().to_string().contains(&name));
    }
}

#[test]
fn a_batch_that_was_never_accepted_does_not_exist() {
    let place = Place::new();
    let batches = place.batches();
    let dir = place.dir.path().join("batches/20260101-000000");
    fs::create_dir_all(&dir).unwrap();
    let first = Record::<Note>::Created {
        batch: "20260101-000000".into(),
        version: "1".into(),
        output_keys: 1,
        machine: here(),
        jobs: 2,
    };
    drop(Journal::create(&dir, Arc::new(RealEffects), &first).unwrap());
    assert!(batches.list().unwrap().is_empty());
    assert!(matches!(batches.resume(None), Err(BatchError::None)));
    assert!(matches!(
        batches.resume(Some("20260101-000000")),
        Err(BatchError::Unknown { .. })
    ));
    assert!(dir.exists(), "nothing was changed");
    batches.create(&notes(1)).unwrap();
    assert!(!dir.exists(), "the next batch sweeps it");
}

#[test]
fn only_what_the_beginning_of_a_batch_left_is_swept() {
    let place = Place::new();
    let batches = place.batches();
    let root = place.dir.path().join("batches");
    let strange = root.join("holiday");
    fs::create_dir_all(&strange).unwrap();
    fs::write(strange.join("photo.jpg"), "x").unwrap();
    let empty = root.join("20260101-000000");
    fs::create_dir_all(&empty).unwrap();
    let batch = batches.create(&notes(1)).unwrap();
    assert!(strange.join("photo.jpg").exists() && !empty.exists());
    assert!(batch.dir().exists());
}

#[test]
fn a_batch_that_cannot_be_begun_is_not_there() {
    for n in 0.. {
        let place = Place::new();
        let root = place.dir.path().join("batches");
        let effects = Arc::new(FailingEffects::once(n, io::ErrorKind::StorageFull));
        let failing = Batches::new(root, place.dir.path().join("work"), program(), effects);
        match failing.create(&notes(2)) {
            Ok(batch) => {
                assert_eq!(batch.jobs().len(), 2);
                if n > 20 {
                    break;
                }
            }
            Err(error) => {
                let batches = place.batches();
                assert_eq!(batches.list().unwrap(), [], "after effect {n}: {error}");
                assert!(matches!(batches.resume(None), Err(BatchError::None)));
            }
        }
    }
}

#[test]
fn a_batch_of_another_machine_is_refused_and_unchanged() {
    let place = Place::new();
    let batches = place.batches();
    let dir = place.dir.path().join("batches/b");
    fs::create_dir_all(&dir).unwrap();
    let first = Record::<Note>::Created {
        batch: "b".into(),
        version: "1".into(),
        output_keys: 1,
        machine: machine::Machine {
            host: "somewhere-else".into(),
            ..machine::Machine::default()
        },
        jobs: 0,
    };
    let mut journal = Journal::create(&dir, Arc::new(RealEffects), &first).unwrap();
    journal.commit(&Record::Accepted).unwrap();
    drop(journal);
    let before = fs::read(dir.join("journal.jsonl")).unwrap();
    assert!(matches!(
        batches.resume(Some("b")),
        Err(BatchError::Elsewhere { .. })
    ));
    assert_eq!(fs::read(dir.join("journal.jsonl")).unwrap(), before);
    // Who says that it is to go on here is believed, unless something of it moves.
    let claim = claim::Maker {
        pid: 7,
        machine: machine::Machine {
            host: "somewhere-else".into(),
            ..machine::Machine::default()
        },
    };
    let path = dir.join(claim::CLAIM);
    fs::write(&path, serde_json::to_vec(&claim).unwrap()).unwrap();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let beating = std::thread::spawn(move || {
        let mut n = 0;
        while stopped
            .recv_timeout(std::time::Duration::from_millis(50))
            .is_err()
        {
            n += 1;
            fs::write(
                &path,
                format!("{{\"pid\":7,\"host\":\"somewhere-else\",\"n\":{n}}}"),
            )
            .unwrap();
        }
    });
    let told = std::cell::RefCell::new(Vec::new());
    let hear = |what: &str| told.borrow_mut().push(what.to_owned());
    let refused = batches.resume_with(Some("b"), true, &hear).unwrap_err();
    assert!(
        matches!(&refused, BatchError::Alive { host, pid: 7, .. } if host == "somewhere-else"),
        "{refused}"
    );
    assert_eq!(told.borrow().len(), 1);
    assert!(matches!(batches.forget("b"), Err(BatchError::Alive { .. })));
    assert_eq!(fs::read(dir.join("journal.jsonl")).unwrap(), before);
    stop.send(()).unwrap();
    beating.join().unwrap();
    fs::remove_file(dir.join(claim::CLAIM)).unwrap();
    // It has no jobs: there is nothing to do, but now it is this machine's.
    assert!(matches!(
        batches.resume_with(Some("b"), true, &hear),
        Err(BatchError::Finished { .. })
    ));
    let text = fs::read_to_string(dir.join("journal.jsonl")).unwrap();
    assert!(text.contains(r#""record":"moved""#), "{text}");
    assert!(!dir.join(claim::CLAIM).exists(), "nobody makes it");
}

#[test]
fn only_what_nobody_goes_on_with_is_swept() {
    let place = Place::new();
    let batches = place.batches();
    let open = batches.create(&notes(1)).unwrap();
    let (kept, gone) = (
        open.work().to_owned(),
        place.dir.path().join("work/20260101-000000"),
    );
    fs::create_dir_all(&kept).unwrap();
    drop(Store::open(&gone, StoreLimits::default(), Arc::new(RealEffects)).unwrap());
    // Of somebody who keeps something there, in the directory of a batch that is gone and beside it.
    let diaries = [
        gone.with_file_name("notes/diary.txt"),
        gone.join("diary.txt"),
    ];
    fs::create_dir_all(diaries[0].parent().unwrap()).unwrap();
    drop(open);
    fs::write(&diaries[0], "dear").unwrap();
    batches.create(&notes(1)).unwrap();
    assert!(kept.exists() && !gone.exists() && diaries[0].exists());
    fs::create_dir_all(&gone).unwrap();
    fs::write(&diaries[1], "dear").unwrap();
    batches.create(&notes(1)).unwrap();
    assert!(diaries.iter().all(|diary| diary.exists()));
}

#[test]
fn what_was_just_getting_its_names_is_settled() {
    let place = Place::new();
    let batches = place.batches();
    let out = place.dir.path().join("out");
    fs::create_dir_all(&out).unwrap();
    let announced = |name: String, text: &str| {
        let digest = Digest::of(text.as_bytes());
        AnnouncedFile {
            name,
            bytes: digest.size(),
            sha256: digest.to_string(),
        }
    };
    let batch = batches.create(&notes(3)).unwrap();
    for n in 1..=3 {
        let files = [("title", "a"), ("txt", "b")];
        let files = files.map(|(end, text)| announced(format!("{n}.{end}"), text));
        batch.publishing(n, &out, files.into()).unwrap();
    }
    drop(batch);
    // The first got both its names, the second one, and the third one beside that of somebody else.
    for (name, text) in [
        ("1.title", "a"),
        ("1.txt", "b"),
        ("2.title", "a"),
        ("3.title", "a"),
        ("3.txt", "mine"),
    ] {
        fs::write(out.join(name), text).unwrap();
    }
    let progress = batches.resume(None).unwrap().progress();
    let path = out.join("1.txt");
    assert_eq!(progress[0], JobProgress::Delivered(Written { path }));
    assert_eq!(progress[1..], [JobProgress::Open, JobProgress::Open]);
    assert!(!out.join("2.title").exists(), "it was ours, and half");
    assert!(out.join("3.title").exists(), "it was not ours");
}
