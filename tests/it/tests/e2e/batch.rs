//! `--batch`: each line of a file is a video, and no video is started before every line is right.

use testkit::{Finished, Run, events};

use crate::generate;

const QUICK: [&str; 10] = [
    "--speech",
    "silent",
    "--music",
    "none",
    "--quality",
    "draft",
    "--duration",
    "3",
    "--scenes",
    "1",
];

/// Runs with `content` as the batch file; the caller looks at what comes of it.
fn run(content: impl AsRef<[u8]>, args: &[&str]) -> Finished {
    let run = generate()
        .args(["--batch", "lists/b.jsonl"])
        .args(args.iter().copied());
    let lists = run.work().join("lists");
    std::fs::create_dir(&lists).expect("made");
    std::fs::write(lists.join("b.jsonl"), content).expect("written");
    std::fs::write(lists.join("s.txt"), "Tea is old.").expect("written");
    run.finish()
}

/// Exit 2, these words, and nothing written.
#[track_caller]
fn refused(content: impl AsRef<[u8]>, words: &[&str]) {
    let run = run(content, &[]).expect_code(2);
    let message = run.stderr();
    for word in words {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
    assert!(
        message.starts_with("error: ") && message.contains("hint: "),
        "{message}"
    );
    // The promise is a second; a loaded machine gets five.
    assert!(run.elapsed().as_secs() < 5, "took {:?}", run.elapsed());
    assert!(!run.work().join("videos").exists(), "nothing is written");
}

#[test]
fn two_lines_make_two_videos() {
    let lines = "\u{feff}{\"topic\": \"lighthouses\", \"name\": \"one\", \"seed\": 5}\r\n\r\n\
                 {\"script\": \"s.txt\", \"output-dir\": \"../more\", \"name\": \"two\", \"title_card\": true}\r\n";
    let run = run(lines, &QUICK).expect_code(0);
    let printed: Vec<String> = run.stdout().lines().map(str::to_owned).collect();
    assert_eq!(printed.len(), 2, "{printed:?}");
    for (path, seed) in [("videos/one", 5), ("more/two", 12)] {
        let manifest = run.work().join(path).with_extension("json");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        let manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(manifest["brief"]["seed"], seed, "{path}");
        assert!(
            run.work().join(path).with_extension("mp4").exists(),
            "{path}"
        );
    }
}

#[test]
fn standard_input_is_a_batch_too() {
    let lines = "{\"topic\": \"tea\"}\n{\"topic\": \"salt\", \"quality\": \"high\"}";
    let run = generate()
        .args(["--batch", "-", "--dry-run", "--json"])
        .input(lines)
        .finish()
        .expect_code(0);
    let all = run.events();
    let planned = events::named(&all, "video_planned");
    let figures: Vec<_> = planned
        .iter()
        .map(|plan| (plan["seed"].as_u64(), plan["size"]["width"].as_u64()))
        .collect();
    assert_eq!(figures, [(Some(11), Some(512)), (Some(12), Some(1080))]);
}

#[test]
fn bad_batch_files_are_refused_before_anything_is_made() {
    let tea = "{\"topic\": \"tea\"}\n";
    refused(
        format!("{tea}{{\"topic\": \"x\", \"qualty\": \"high\"}}\n{tea}"),
        &["b.jsonl:2: qualty: unknown field", "`quality`"],
    );
    refused(
        format!("{tea}{{\"topic\": \"x\", \"fps\": 0}}\nnonsense\n{tea}"),
        &[
            "2 of 4 lines",
            "b.jsonl:2: fps: ",
            "1 to 120",
            "b.jsonl:3: is not JSON",
        ],
    );
    refused(
        "{\"topic\": \"a\", \"name\": \"n\"}\n{\"topic\": \"b\", \"name\": \"n\"}",
        &["b.jsonl:2: name: `n`", "line 1"],
    );
    // Two names that are one on the disks of macOS and Windows.
    refused(
        "{\"topic\": \"a\", \"name\": \"Sea\"}\n{\"topic\": \"b\", \"name\": \"sEA\"}",
        &["b.jsonl:2: name: `sEA`", "line 1", "`Sea`"],
    );
    refused(
        "{\"topic\": \"a\", \"name\": \"caf\u{e9}\"}\n{\"topic\": \"b\", \"name\": \"cafe\u{301}\"}",
        &["b.jsonl:2: name: ", "line 1"],
    );
    refused(tea.repeat(100_000), &["more than 10,000 lines"]);
    refused(b"\x89PNG\r\n\x1a\n\xff\xfe", &["b.jsonl:1: is not UTF-8"]);
    refused("", &["b.jsonl", "empty"]);
    refused("\u{feff}\r\n", &["empty"]);
    refused(
        "[{\"topic\": \"tea\"}]",
        &["b.jsonl:1: is JSON, but not an object"],
    );
    for (args, word) in [
        (
            vec!["--batch", "b", "tea"],
            "a topic cannot be used with --batch",
        ),
        (
            vec!["--batch", "b", "--script", "s"],
            "--script cannot be used with --batch",
        ),
        (
            vec!["--batch", "b", "--count", "2"],
            "--count cannot be used with --batch",
        ),
        (vec!["--batch", "none.jsonl"], "none.jsonl cannot be read"),
    ] {
        let run = generate().args(args).finish().expect_code(2);
        assert!(run.stderr().contains(word), "{}", run.stderr());
    }
}

#[test]
fn what_a_line_asks_for_in_vain_is_told_with_its_place() {
    let lines = "{\"topic\": \"tea\"}\n{\"topic\": \"salt\", \"image\": [\"none.png\"]}";
    let run = run(lines, &[]).expect_code(3);
    let message = run.stderr();
    assert!(message.contains("lists/b.jsonl:2: "), "{message}");
    assert!(message.contains("none.png"), "{message}");
}

#[test]
fn mistakes_are_listed_for_programs_too() {
    let run = Run::videogen()
        .args(["generate", "--json", "--batch", "-"])
        .input("{\"topic\": 1, \"fsp\": 2}\n{}")
        .finish()
        .expect_code(2);
    let all = run.events();
    let error = events::only(&all, "error");
    assert_eq!(error["kind"], "bad_batch");
    let details = error["details"].as_array().expect("a list");
    assert_eq!(details.len(), 2, "{details:?}");
    assert!(
        details[1]
            .as_str()
            .is_some_and(|text| text.starts_with("stdin:2: ")),
        "{details:?}"
    );
}
