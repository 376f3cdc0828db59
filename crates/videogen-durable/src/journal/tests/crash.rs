//! Failures at every effect, and processes that are killed.

use std::io::{self, BufRead, BufReader};

use super::*;
use crate::FailingEffects;

/// What has to be in the journal: records that must be there, and those that may be.
#[derive(Default)]
struct Expected(Vec<(Event, bool)>);

impl Expected {
    fn allows(&self, found: &[Event]) -> bool {
        let mut found = found.iter().peekable();
        for (event, must) in &self.0 {
            if found.peek() == Some(&event) {
                found.next();
            } else if *must {
                return false;
            }
        }
        found.next().is_none()
    }
}

/// A day in the life of a journal with failing `effects`; what may be found afterwards, one of.
fn live(dir: &Utf8TempDir, effects: &Arc<dyn Effects>) -> Vec<Expected> {
    fn add(journal: &mut Journal<Event>, worlds: &mut [Expected], event: &Event, commit: bool) {
        let result = if commit {
            journal.commit(event)
        } else {
            journal.append(event)
        };
        let may = match &result {
            Ok(()) => Some(true),
            Err(JournalError::Io {
                action: "flushing", ..
            }) => Some(false),
            Err(_) => None,
        };
        for world in worlds {
            world.0.extend(may.map(|must| (event.clone(), must)));
        }
        if matches!(
            result,
            Err(JournalError::Io {
                action: "flushing",
                ..
            })
        ) {
            let error = journal.append(&Event::Stopped).expect_err("poisoned");
            assert!(matches!(error, JournalError::Poisoned { .. }));
            assert!(!error.is_retryable());
        }
    }
    let mut worlds = vec![Expected::default()];
    let Ok(mut journal) = Journal::create(dir.path(), Arc::clone(effects), &done(0)) else {
        worlds[0].0.push((done(0), false));
        return worlds;
    };
    worlds[0].0.push((done(0), true));
    add(&mut journal, &mut worlds, &done(1), false);
    add(&mut journal, &mut worlds, &done(2), true);
    drop(journal);
    // An interrupted write, and a new process.
    let mut file = append_to(&dir.path().join(JOURNAL_FILE)).expect("there");
    file.write_all(b"{\"seq\":4,\"at\"").expect("written");
    drop(file);
    let Ok((mut journal, found)) = Journal::<Event>::open(dir.path(), Arc::clone(effects)) else {
        return worlds;
    };
    assert!(worlds[0].allows(&bodies(found)));
    add(&mut journal, &mut worlds, &done(3), false);
    if let Err(error) = journal.rewrite(&[done(10), done(11)]) {
        worlds.push(Expected(vec![(done(10), true), (done(11), true)]));
        assert!(!error.is_retryable());
    } else {
        worlds = vec![Expected(vec![(done(10), true), (done(11), true)])];
    }
    add(&mut journal, &mut worlds, &done(4), true);
    add(&mut journal, &mut worlds, &done(5), false);
    add(&mut journal, &mut worlds, &done(6), true);
    worlds
}

#[test]
fn a_failure_at_any_effect_loses_no_committed_record() {
    for make in [FailingEffects::once, FailingEffects::from] {
        for kind in [io::ErrorKind::StorageFull, io::ErrorKind::Other] {
            for n in 0.. {
                let dir = temporary();
                let failing = Arc::new(make(n, kind));
                let effects: Arc<dyn Effects> = Arc::<FailingEffects>::clone(&failing);
                let worlds = live(&dir, &effects);
                match open(&dir) {
                    Ok((mut journal, found)) => {
                        assert!(
                            worlds.iter().any(|w| w.allows(&found)),
                            "effect {n}: {found:?}"
                        );
                        journal.commit(&Event::Stopped).expect("goes on");
                        drop(journal);
                        let again = open(&dir).expect("opens again").1;
                        assert_eq!(again.split_last(), Some((&Event::Stopped, &found[..])));
                    }
                    Err(JournalError::Missing { .. }) => {
                        assert!(worlds.iter().any(|w| w.allows(&[])), "effect {n}");
                        Journal::create(dir.path(), real(), &Event::Stopped).expect("begun anew");
                    }
                    Err(other) => panic!("effect {n}: {other:?}"),
                }
                let left: Vec<String> = dir
                    .path()
                    .read_dir_utf8()
                    .expect("readable")
                    .map(|entry| entry.expect("readable").file_name().to_owned())
                    .filter(|name| ![JOURNAL_FILE, LOCK, TORN].contains(&name.as_str()))
                    .filter(|name| !name.starts_with(&format!(".{TORN}.")))
                    .collect();
                assert!(left.is_empty(), "effect {n}: {left:?}");
                if failing.seen() <= n {
                    break;
                }
            }
        }
    }
}

/// Not a test by itself: the process that [`a_killed_process_loses_nothing_it_was_told_is_safe`] kills.
#[test]
#[ignore = "started by another test"]
#[expect(clippy::print_stdout, reason = "it talks to the test that started it")]
fn child() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let dir = Utf8PathBuf::from_os_string(dir).expect("UTF-8");
    let (mut journal, entries) = Journal::<Event>::open(&dir, real()).expect("opened");
    for key in entries.len() as u64.. {
        journal.commit(&done(key)).expect("committed");
        println!("\nsafe {key}");
    }
}

const CHILD: &str = "VIDEOGEN_JOURNAL_CHILD";

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "it has to be killed, which the supervisor never does so rudely"
)]
fn a_killed_process_loses_nothing_it_was_told_is_safe() {
    let dir = temporary();
    drop(Journal::create(dir.path(), real(), &done(0)).expect("created"));
    let (_, module) = module_path!().split_once("::").expect("in a crate");
    let mut safe = 0;
    for round in 1..=8 {
        let mut child = std::process::Command::new(std::env::current_exe().expect("known"))
            .args([
                "--exact",
                &format!("{module}::child"),
                "--ignored",
                "--nocapture",
            ])
            .env(CHILD, dir.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let until = safe + round;
        while safe < until {
            let line = lines.next().expect("it lives").expect("text");
            if let Some(key) = line.strip_prefix("safe ") {
                safe = key.parse().expect("a number");
            }
        }
        let held = open(&dir).expect_err("held by the child");
        assert!(
            matches!(held, JournalError::Held { pid, .. } if pid == Some(child.id())),
            "{held}"
        );
        child.kill().expect("killed");
        child.wait().expect("reaped");
        for line in lines.map_while(Result::ok) {
            if let Some(key) = line.strip_prefix("safe ") {
                safe = key.parse().unwrap_or(safe);
            }
        }
        let found = open(&dir).expect("opens").1;
        assert!(found.len() as u64 > safe);
        assert!((0..).zip(&found).all(|(key, event)| *event == done(key)));
        safe = found.len() as u64 - 1;
    }
}

/// Adds part of a line when one is about to be written, once it is armed.
#[derive(Debug, Default)]
struct Partly(std::sync::atomic::AtomicBool);

impl Effects for Partly {
    fn before(&self, effect: Effect<'_>) -> io::Result<()> {
        use std::sync::atomic::Ordering::Relaxed;
        if let Effect::Write(path) = effect
            && self.0.swap(false, Relaxed)
        {
            append_to(path)?.write_all(b"{\"seq\":2,")?;
        }
        Ok(())
    }
}

#[test]
fn a_write_that_fails_in_the_middle_is_taken_back() {
    let dir = temporary();
    let effects = Arc::new(Partly::default());
    let mut journal =
        Journal::create(dir.path(), Arc::clone(&effects) as _, &done(0)).expect("created");
    let path = journal.path().to_owned();
    // A file that cannot be written stands for a disk that got full after these bytes.
    journal.file = File::open(&path).expect("there");
    effects.0.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(matches!(
        journal.append(&done(1)),
        Err(JournalError::Io {
            action: "writing",
            ..
        })
    ));
    assert_eq!(fs::metadata(&path).expect("there").len(), journal.size());
    journal.file = append_to(&path).expect("there");
    journal.commit(&done(1)).expect("goes on");
    drop(journal);
    assert_eq!(open(&dir).expect("opens").1, [done(0), done(1)]);

    // What somebody else has added is not written after, and not taken back.
    let mut journal = open(&dir).expect("opens").0;
    let end = fs::metadata(&path).expect("there").len();
    append_to(&path)
        .and_then(|mut file| file.write_all(b"a line of another machine\n"))
        .expect("written");
    let refused = journal.append(&done(2)).expect_err("refused");
    assert!(
        matches!(refused, JournalError::Poisoned { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("another process"), "{refused}");
    assert!(fs::metadata(&path).expect("there").len() > end);

    // The second effect from here is the cutting.
    let dir_of_probe = temporary();
    let probe = Arc::new(FailingEffects::once(usize::MAX, io::ErrorKind::Other));
    let fixed = Journal::create(
        dir_of_probe.path(),
        Arc::<FailingEffects>::clone(&probe) as _,
        &done(0),
    );
    drop(fixed.expect("created"));
    // Less the one of closing.
    let created = probe.seen() - 1;
    let dir = temporary();
    let effects = Arc::new(FailingEffects::once(created + 1, io::ErrorKind::Other));
    let mut journal = Journal::create(dir.path(), effects, &done(0)).expect("created");
    journal.file = File::open(journal.path()).expect("there");
    assert!(matches!(
        journal.append(&done(1)),
        Err(JournalError::Io { .. })
    ));
    assert!(matches!(
        journal.append(&done(1)),
        Err(JournalError::Poisoned { .. })
    ));
    assert!(matches!(
        journal.rewrite(&[done(1)]),
        Err(JournalError::Poisoned { .. })
    ));
    assert!(matches!(journal.sync(), Err(JournalError::Poisoned { .. })));
}
