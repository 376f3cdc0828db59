use bytes::Bytes;
use proptest::prelude::*;
use serde_json::json;

use super::frame::Frame;
use super::history::{Ended, Folder};
use super::jobs::JobStatus;
use super::queue::QueuePosition;
use super::refusal::{read_accepted, read_refusal};
use super::socket::SocketMessage;
use super::stats::DeviceKind;
use super::{history, jobs, queue, stats};
use crate::recorded::{VERSIONS, body, messages, prompt_id, recording, theme, try_recording};
use crate::{Error, Format, Memory, ObjectInfo, ProblemKind, PromptId};

fn id_of(version: &str, theme: &str, name: &str) -> PromptId {
    let path = recording(version, theme, name)["request"]["path"]
        .as_str()
        .unwrap()
        .to_owned();
    path.rsplit('/').next().unwrap().parse().unwrap()
}

fn entry(version: &str, theme: &str, name: &str) -> Option<super::history::HistoryEntry> {
    history::read(&body(version, theme, name), &id_of(version, theme, name)).unwrap()
}

#[test]
fn system_stats_of_both_versions() {
    for version in VERSIONS {
        let stats = stats::read(&body(version, "static", "system_stats")).unwrap();
        assert_eq!(format!("v{}", stats.version), version);
        let device = stats.device().unwrap();
        assert_eq!((&device.kind, device.index), (&DeviceKind::Cpu, None));
        assert!(device.vram_free > 1 << 30 && device.vram_free <= device.vram_total);
        assert!(stats.started_with("--cpu") && !stats.started_with("--lowvram"));
    }
    assert!(
        matches!(stats::read(b"<html>"), Err(Error::BadAnswer { problem, .. }) if problem.contains("web page"))
    );
    assert!(
        stats::read(br#"{"system":{},"devices":[{"vram_free":-1,"index":99999999999}]}"#).is_ok()
    );
}

#[test]
fn histories_tell_success_failure_and_interruption_apart() {
    for version in VERSIONS {
        let success = entry(version, "run", "history_success").unwrap();
        assert_eq!(success.outcome, Ended::Success);
        assert!(
            success.images[0].filename.starts_with("rec_000")
                && success.images[0].folder == Folder::Output
        );
        assert_eq!(entry(version, "run", "history_in_progress"), None);
        let interrupted = entry(version, "control", "history_interrupted").unwrap();
        assert_eq!(
            interrupted.outcome,
            Ended::Interrupted {
                node: Some("5".into())
            }
        );
        let previews = recording(version, "preview", "history_PreviewImage");
        let images = history::images(
            &previews["json"]
                .as_object()
                .unwrap()
                .values()
                .next()
                .unwrap()["outputs"],
        );
        assert_eq!(images[0].folder, Folder::Temp);
    }
    let late = entry("v0.33.0", "run", "history_right_after_execution_success");
    assert_eq!(late, None, "the history follows the message");
    let batch = recording("v0.33.0", "preview", "history_batch2_subfolder");
    let images =
        history::images(&batch["json"].as_object().unwrap().values().next().unwrap()["outputs"]);
    assert_eq!((images.len(), images[0].subfolder.as_str()), (2, "sub/dir"));
}

#[test]
fn every_recorded_failure_is_classified() {
    let expected = [
        ("history_cuda_oom", Some(Memory::Gpu)),
        ("history_accelerator_oom", Some(Memory::Gpu)),
        ("history_vae_oom_tiled_oom_too", Some(Memory::Gpu)),
        ("history_host_oom_runtime", Some(Memory::Host)),
        ("history_memory_error", Some(Memory::Host)),
        ("history_runtime_error", None),
        ("history_broken_checkpoint", None),
    ];
    for version in VERSIONS {
        for (name, memory) in expected {
            if try_recording(version, "errors", name).is_none() {
                continue;
            }
            let error =
                crate::run::state::result_of(entry(version, "errors", name).unwrap()).unwrap_err();
            assert_eq!(error.out_of_memory(), memory, "{version} {name}: {error}");
            assert!(!error.is_retryable());
            let text = error.to_string();
            assert!(text.contains("node ") && !text.contains('\n'), "{text}");
        }
        let fine = entry(version, "errors", "history_vae_oom_then_auto_tiled_ok").unwrap();
        assert_eq!(fine.outcome, Ended::Success);
    }
    let broken = entry("v0.33.0", "errors", "history_broken_checkpoint").unwrap();
    let error = crate::run::state::result_of(broken).unwrap_err();
    assert!(
        error
            .help()
            .unwrap()
            .to_string()
            .contains("download it again"),
        "{error}"
    );
}

#[test]
fn a_failure_wins_over_what_the_status_claims() {
    let status = |messages: serde_json::Value| json!({"status_str": "success", "completed": true, "messages": messages});
    let failed = status(
        json!([["execution_start", {}], ["execution_error", {"exception_type": "ValueError"}]]),
    );
    assert!(matches!(history::ended(&failed), Ended::Failed(_)));
    let blocked = status(
        json!([["execution_error", {"exception_type": "ExecutionBlocked"}], ["execution_success", {}]]),
    );
    assert_eq!(history::ended(&blocked), Ended::Success);
    for odd in [
        json!(null),
        json!({"messages": 5}),
        json!({"messages": [[], ["x"], ["execution_error", 3], 7]}),
    ] {
        assert_eq!(history::ended(&odd), Ended::Success);
    }
    assert!(matches!(
        history::ended(&json!({"status_str": "error"})),
        Ended::Failed(_)
    ));
}

#[test]
fn queues_are_in_the_order_in_which_they_run() {
    for version in VERSIONS {
        let busy = queue::read(&body(version, "control", "queue_one_running_two_pending")).unwrap();
        assert_eq!((busy.running.len(), busy.pending.len()), (1, 2));
        assert!(busy.pending[0].number < busy.pending[1].number);
        let second: PromptId = busy.pending[1].prompt_id.parse().unwrap();
        assert_eq!(
            busy.position_of(&second),
            QueuePosition::Pending { ahead: 2 }
        );
        assert_eq!(
            busy.position_of(&busy.running[0].prompt_id.parse().unwrap()),
            QueuePosition::Running
        );
        assert_eq!(busy.position_of(&PromptId::random()), QueuePosition::Absent);
        let ordered = queue::read(&body(version, "control", "queue_order")).unwrap();
        assert!(
            ordered.pending.is_sorted_by(|a, b| a.number <= b.number)
                && ordered.pending[0].number < 0.0
        );
    }
    assert!(matches!(
        queue::read(br#"{"queue_running":[[1]]}"#),
        Err(Error::BadAnswer { .. })
    ));
    assert!(queue::read(b"{}").unwrap().is_empty());
}

#[test]
fn jobs_say_the_same_as_histories() {
    let job = |theme, name| jobs::read_job(&body("v0.33.0", theme, name)).unwrap();
    assert_eq!(
        job("run", "api_job_completed").status,
        JobStatus::Ended(Ended::Success)
    );
    assert_eq!(
        job("run", "api_job_completed").images[0].filename,
        "rec_00001_.png"
    );
    assert_eq!(
        job("run", "api_job_in_progress").status,
        JobStatus::InProgress
    );
    assert_eq!(job("control", "api_job_pending").status, JobStatus::Pending);
    assert_eq!(
        job("control", "api_job_interrupted").status,
        JobStatus::Ended(Ended::Interrupted { node: None })
    );
    let JobStatus::Ended(Ended::Failed(failure)) = job("errors", "api_job_cuda_oom").status else {
        panic!()
    };
    assert_eq!(
        Error::from_failure(failure).out_of_memory(),
        Some(Memory::Gpu)
    );
    let page = jobs::read_page(&body("v0.33.0", "run", "api_jobs_in_progress")).unwrap();
    assert_eq!((page.jobs.len(), page.total, page.has_more), (1, 1, false));
}

#[test]
fn refusals_name_node_and_input() {
    for version in VERSIONS {
        for (name, recording) in theme(version, "validation") {
            let Some(answer) = recording.get("json").filter(|_| recording["status"] == 400) else {
                continue;
            };
            let problems = read_refusal(answer.to_string().as_bytes()).unwrap();
            assert!(!problems.is_empty(), "{version} {name}");
            let text = problems[0].to_string();
            assert!(
                !text.is_empty() && !text.contains('\n'),
                "{version} {name}: {text}"
            );
        }
        let problems = |name: &str| read_refusal(&body(version, "validation", name)).unwrap();
        let missing = Error::from_problems(problems("bad_checkpoint"));
        let Error::MissingModel {
            input,
            class,
            there,
            ..
        } = &missing
        else {
            panic!("{missing}")
        };
        assert_eq!(
            (input.as_str(), class.as_str()),
            ("ckpt_name", "CheckpointLoaderSimple")
        );
        assert!(there.contains(&"random_sd15_fp16.safetensors".to_owned()));
        assert!(
            missing
                .help()
                .unwrap()
                .to_string()
                .contains("random_sd15_fp16.safetensors")
        );
        assert!(matches!(
            problems("bad_sampler")[0].kind,
            ProblemKind::NotAChoice { .. }
        ));
        let steps = &problems("steps_zero")[0];
        assert_eq!(
            steps.to_string(),
            "steps of node 5 (KSampler) is 0 and can be 1..=10000"
        );
        assert!(matches!(
            problems("missing_node_type")[0].kind,
            ProblemKind::MissingNode
        ));
        assert_eq!(problems("missing_node_type")[0].class, "NoSuchNode");
        assert!(matches!(
            problems("no_output_node")[0].kind,
            ProblemKind::NoOutput
        ));
        assert!(matches!(
            problems("required_input_missing")[0].kind,
            ProblemKind::MissingInput
        ));
        assert!(
            matches!(
                problems("link_wrong_type")[0].kind,
                ProblemKind::WrongLink { .. }
            ),
            "{:?}",
            problems("link_wrong_type")
        );
        assert!(matches!(
            problems("steps_string")[0].kind,
            ProblemKind::WrongType { .. }
        ));
        let two = problems("two_errors");
        assert_eq!(two.len(), 3, "{two:?}");
        let partly =
            read_accepted(&body(version, "validation", "partially_valid_accepted_200")).unwrap();
        assert!(!partly.problems.is_empty());
        assert!(
            read_accepted(&body(version, "run", "prompt_post_success"))
                .unwrap()
                .problems
                .is_empty()
        );
    }
    assert!(read_accepted(b"{}").is_err());
    assert!(!read_refusal(b"{}").unwrap().is_empty());
    assert_eq!(
        read_refusal(br#"{"error":"nope"}"#).unwrap()[0].to_string(),
        "nope"
    );
}

#[test]
fn every_recorded_message_is_understood() {
    for version in VERSIONS {
        for name in ["run", "errors", "control", "clients", "preview"] {
            for (recording, value) in theme(version, name) {
                if value.get("messages").is_none() {
                    continue;
                }
                for message in messages(version, name, &recording) {
                    let read = SocketMessage::read(&message).unwrap();
                    let known =
                        !matches!(&read, SocketMessage::Other(kind) if kind != "feature_flags");
                    assert!(known, "{version} {recording}: {message}");
                }
            }
        }
        let run = messages(version, "run", "ws_full_run");
        let ours = prompt_id(&run);
        assert_eq!(
            SocketMessage::read(run.last().unwrap()).unwrap(),
            SocketMessage::Executing {
                prompt: Some(ours.to_string()),
                node: None
            }
        );
    }
    assert!(SocketMessage::read("[]").is_err());
    assert!(
        SocketMessage::read(
            r#"{"type":"execution_error","data":{"exception_type":"ExecutionBlocked"}}"#
        )
        .is_ok_and(|message| matches!(message, SocketMessage::Other(_)))
    );
    let deep = format!(
        r#"{{"type":"status","data":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(matches!(
        SocketMessage::read(&deep),
        Err(Error::BadAnswer { .. })
    ));
}

#[test]
fn frames_of_all_kinds() {
    let jpeg = b"\xff\xd8\xff\xe0....";
    let plain = Bytes::from([b"\0\0\0\x01\0\0\0\x01".as_slice(), jpeg].concat());
    let Some(Frame::Preview {
        prompt: None,
        format: Format::Jpeg,
        image,
        ..
    }) = Frame::read(&plain)
    else {
        panic!()
    };
    assert_eq!(image.as_ref(), jpeg);
    let about = br#"{"node_id":"5","prompt_id":"x"}"#;
    let mut rich = vec![0, 0, 0, 4, 0, 0, 0, about.len() as u8];
    rich.extend(about);
    rich.extend(jpeg);
    let Some(Frame::Preview {
        prompt: Some(prompt),
        node: Some(node),
        ..
    }) = Frame::read(&rich.clone().into())
    else {
        panic!()
    };
    assert_eq!((prompt.as_str(), node.as_str()), ("x", "5"));
    let text = Bytes::from_static(b"\0\0\0\x03\0\0\0\x01\x37hello\xff");
    assert_eq!(
        Frame::read(&text),
        Some(Frame::Text {
            node: "7".into(),
            text: "hello\u{fffd}".into()
        })
    );
    assert_eq!(
        Frame::read(&Bytes::from_static(b"\0\0\0\x09")),
        Some(Frame::Other(9))
    );
    // A length beyond the frame, and what is called a picture and is none.
    for broken in [
        b"\0\0\0\x04\xff\xff\xff\xff{}".as_slice(),
        b"\0\0\0\x01\0\0\0\x01<html>",
        b"\0\0",
        b"",
        &rich[..20],
    ] {
        assert_eq!(Frame::read(&Bytes::copy_from_slice(broken)), None);
    }
}

#[test]
fn both_spellings_of_choices_are_one() {
    let read = |input: serde_json::Value| {
        let answer = json!({"N": {"input": {"required": {"name": input}}, "output": ["MODEL"]}});
        ObjectInfo::read(answer.as_object().unwrap().clone())
    };
    for input in [
        json!([["a", "b"], {}]),
        json!([["a", "b"]]),
        json!(["COMBO", {"options": ["a", "b"], "multiselect": false}]),
    ] {
        assert_eq!(read(input).choices("N", "name"), ["a", "b"]);
    }
    for odd in [
        json!(null),
        json!([]),
        json!([5]),
        json!(["INT", 7]),
        json!(["COMBO"]),
    ] {
        assert!(read(odd).class("N").is_some());
    }
}

#[test]
fn hostile_names_stay_names() {
    let outputs = json!({"9": {"images": [
        {"filename": "../../x", "subfolder": "..\\..", "type": "output"},
        {"filename": "", "type": "output"},
        {"filename": "a".repeat(5000), "type": "output"},
        {"filename": "ok.png", "type": "/etc"},
        {"filename": 7},
        "x",
    ], "text": ["y"]}, "10": {"images": null}, "11": 3});
    let images = history::images(&outputs);
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].filename, "../../x");
}

proptest! {
    #[test]
    fn no_answer_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let id = PromptId::random();
        let _ = stats::read(&body);
        let _ = queue::read(&body);
        let _ = history::read(&body, &id);
        let _ = jobs::read_page(&body);
        let _ = read_refusal(&body);
        let _ = read_accepted(&body);
        let _ = SocketMessage::read(&String::from_utf8_lossy(&body));
        let _ = Frame::read(&Bytes::from(body));
    }

    /// A real answer with one value replaced by another kind of value.
    #[test]
    fn no_bent_answer_panics(seed in any::<usize>(), kind in 0..5usize, which in 0..4usize) {
        let (theme, name) = [("run", "history_success"), ("errors", "api_job_cuda_oom"), ("validation", "two_errors"), ("static", "system_stats")][which];
        let mut answer = recording("v0.33.0", theme, name)["json"].clone();
        let replacement = [json!(null), json!(1e300), json!("x"), json!([]), json!({})][kind].clone();
        let count = bend(&mut answer, &mut usize::MAX.clone(), &replacement);
        bend(&mut answer, &mut (seed % count), &replacement);
        let body = answer.to_string().into_bytes();
        let _ = history::read(&body, &id_of("v0.33.0", "run", "history_success"));
        let _ = jobs::read_job(&body);
        let _ = read_refusal(&body);
        let _ = stats::read(&body);
    }
}

/// Replaces the value after `left` others; returns how many there are.
fn bend(value: &mut serde_json::Value, left: &mut usize, replacement: &serde_json::Value) -> usize {
    let mut count = 1;
    if *left == 0 {
        *value = replacement.clone();
        *left = usize::MAX;
        return count;
    }
    if *left != usize::MAX {
        *left -= 1;
    }
    match value {
        serde_json::Value::Array(values) => values
            .iter_mut()
            .for_each(|each| count += bend(each, left, replacement)),
        serde_json::Value::Object(values) => values
            .values_mut()
            .for_each(|each| count += bend(each, left, replacement)),
        _ => {}
    }
    count
}
