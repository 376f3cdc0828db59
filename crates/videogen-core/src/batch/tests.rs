//! Videos as jobs of a batch, on a real disk.

use std::fs;

use proptest::prelude::*;
use videogen_durable::{Digest, RealEffects};

use super::*;

#[test]
fn what_was_just_getting_its_names_is_settled() {
    let place = camino_tempfile::tempdir().unwrap();
    let at = |name| place.path().join(name);
    let all = batches(at("batches"), at("work"), Arc::new(RealEffects));
    let out = at("out");
    fs::create_dir_all(&out).unwrap();
    let named = |name: &str, text: &str| {
        let digest = Digest::of(text.as_bytes());
        AnnouncedFile {
            name: name.into(),
            bytes: digest.size(),
            sha256: digest.to_string(),
        }
    };
    let manifest = r#"{"video":{"duration_s":4.5}}"#;
    let batch = all.create(&vec![Brief::new("out".into()); 3]).unwrap();
    let files = |n: u32| {
        vec![
            named(&format!("{n}.srt"), "text"),
            named(&format!("{n}.json"), manifest),
            named(&format!("{n}.mp4"), "film"),
        ]
    };
    batch.publishing(1, &out, files(1)).unwrap();
    batch.publishing(2, &out, files(2)).unwrap();
    batch.publishing(3, &out, files(3)).unwrap();
    drop(batch);
    // Video 1 got all its names, video 2 the first of them; video 3 none, and somebody else took them for a video that
    // has one file in common.
    for (name, text) in [("1.srt", "text"), ("1.json", manifest), ("1.mp4", "film")] {
        fs::write(out.join(name), text).unwrap();
    }
    fs::write(out.join("2.srt"), "text").unwrap();
    for (name, text) in [("3.srt", "text"), ("3.json", "other"), ("3.mp4", "other")] {
        fs::write(out.join(name), text).unwrap();
    }
    let batch = all.resume(None).unwrap();
    let progress = batch.progress();
    let Progress::Delivered(first) = &progress[0] else {
        panic!("{progress:?}")
    };
    assert_eq!(
        (first.path.file_name(), first.duration),
        (Some("1.mp4"), 4.5)
    );
    assert_eq!(progress[1], Progress::Open);
    assert!(
        !out.join("2.srt").exists(),
        "it was ours, and half of a video"
    );
    assert_eq!(progress[2], Progress::Open);
    assert!(out.join("3.srt").exists(), "it was not ours");
}

proptest! {
    /// A brief survives the way through the journal.
    #[test]
    fn briefs_are_written_and_read_alike(topic in "\\PC{1,40}") {
        let mut brief = Brief::new("out".into());
        brief.topic = videogen_types::Topic::new(&topic).ok().map(|(topic, _)| topic);
        brief.script = Some(crate::brief::ScriptSource::Text(topic));
        brief.duration = videogen_types::Duration::new(12.5).ok();
        brief.rate = "30000/1001".parse().ok();
        let text = serde_json::to_string(&brief).unwrap();
        prop_assert_eq!(serde_json::from_str::<Brief>(&text).unwrap(), brief);
    }
}
