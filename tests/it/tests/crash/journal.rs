//! The journal is cut at every byte.

use std::fs;
use std::sync::Arc;

use camino::Utf8Path;
use videogen_core::{Progress, batches};
use videogen_durable::{BatchError, RealEffects};

use super::place::{EXTENSIONS, NO_BATCH, Place};

const VIDEOS: usize = 2;

/// Whole lines until all briefs are there: the beginning, the briefs, the acceptance.
const ACCEPTED: usize = 1 + VIDEOS + 1;

fn copy(from: &Utf8Path, to: &Utf8Path) {
    fs::create_dir_all(to).unwrap();
    for entry in from.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
            // The store looks at the time of its files.
            let time = entry.metadata().unwrap().modified().unwrap();
            let file = fs::File::options().write(true).open(&to);
            file.unwrap().set_modified(time).unwrap();
        }
    }
}

/// Puts `place` back to how it was.
fn restore(place: &Place, saved: &Utf8Path) {
    for name in ["batches", "work", "out"] {
        #[expect(clippy::disallowed_methods, reason = "a directory of this test")]
        fs::remove_dir_all(place.at(name)).unwrap();
        copy(&saved.join(name), &place.at(name));
    }
}

#[test]
fn a_journal_cut_at_any_byte_is_continued_or_refused() {
    let reference = Place::reference(VIDEOS);
    let place = Place::new();
    // The first video is delivered, the second is not begun.
    let ran = place.run(VIDEOS, &["--first", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let name = ran.report["batch"].as_str().unwrap().to_owned();
    let saved = camino_tempfile::tempdir().unwrap();
    for name in ["batches", "work", "out"] {
        copy(&place.at(name), &saved.path().join(name));
    }
    let whole = fs::read(place.at("batches").join(&name).join("journal.jsonl")).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').collect();
    assert_eq!(
        ends.len(),
        ACCEPTED + 2,
        "one video is published and delivered"
    );
    let lines = |cut: usize| ends.iter().filter(|end| **end < cut).count();

    // At every byte it is opened, away from the files.
    let apart = Place::new();
    let dir = apart.at("batches").join(&name);
    let batches = batches(apart.at("batches"), apart.at("work"), Arc::new(RealEffects));
    for cut in 0..=whole.len() {
        #[expect(clippy::disallowed_methods, reason = "a directory of this test")]
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("journal.jsonl");
        fs::write(&path, &whole[..cut]).unwrap();
        match batches.resume(Some(&name)) {
            Ok(batch) => {
                assert!(lines(cut) >= ACCEPTED, "opened at {cut}");
                assert_eq!(batch.jobs().len(), VIDEOS, "at {cut}");
                let [first, second] = &batch.progress()[..] else {
                    panic!("at {cut}")
                };
                // Its files are there, so that the announcement alone is enough to know it as delivered.
                let is_delivered = matches!(first, Progress::Delivered(_));
                assert_eq!(is_delivered, lines(cut) > ACCEPTED, "at {cut}: {first:?}");
                assert_eq!(*second, Progress::Open, "at {cut}");
            }
            Err(error) => {
                assert!(lines(cut) < ACCEPTED, "refused at {cut}: {error}");
                assert!(
                    matches!(
                        error,
                        BatchError::Unknown { .. } | BatchError::Journal { .. }
                    ),
                    "at {cut}: {error:?}"
                );
                assert_eq!(fs::read(&path).unwrap(), whole[..cut], "changed at {cut}");
            }
        }
    }

    // What follows depends on the whole lines, and on whether there is more: each of these is made to the end.
    let mut cuts = vec![0];
    for (start, end) in std::iter::once(0)
        .chain(ends.iter().map(|end| end + 1))
        .zip(&ends)
    {
        cuts.extend([start + (end - start) / 2, *end, end + 1]);
    }
    for cut in &cuts {
        restore(&place, saved.path());
        let path = place.at("batches").join(&name).join("journal.jsonl");
        fs::write(&path, &whole[..*cut]).unwrap();
        let _ = fs::remove_file(place.at("calls.log"));
        let kept = place.kept(&reference);
        let ran = place.run(VIDEOS, &["--resume"]);
        let mut broken = Vec::new();
        if lines(*cut) < ACCEPTED {
            assert_eq!(ran.code, Some(NO_BATCH), "at {cut}: {ran:?}");
            assert_eq!(place.files().len(), EXTENSIONS.len(), "at {cut}");
            continue;
        }
        assert_eq!(ran.code, Some(0), "at {cut}: {ran:?}");
        place.check_calls(ran.id, &kept, &mut broken);
        assert!(broken.is_empty(), "at {cut}: {broken:?}");
        let mut files = place.files();
        if lines(*cut) == ACCEPTED {
            // Nothing tells any more that the first video was published: it is made again, beside, and is the same.
            for extension in EXTENSIONS.iter().filter(|extension| **extension != "json") {
                let again = files.remove(&format!("v0001-2.{extension}"));
                assert_eq!(again, files.get(&format!("v0001.{extension}")).cloned());
            }
            assert!(files.remove("v0001-2.json").is_some());
        }
        assert!(files == reference.files, "at {cut}: {:?}", files.keys());
    }
    println!(
        "opened at {} bytes, made to the end at {} of them",
        whole.len() + 1,
        cuts.len()
    );
}
