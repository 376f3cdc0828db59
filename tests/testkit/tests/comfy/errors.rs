//! Prompts that fail: the words, the order, what the history says.

use serde_json::json;
use testkit::comfy::{Fault, OomText, Phase, Version};

use crate::client::{PATIENCE, Socket, get, history, post, submit};
use crate::compare::{same_shape, same_stream, same_values, told};
use crate::recordings::{Theme, graph, recorded};
use crate::run::{only, stream};

#[test]
fn failures_are_told_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "errors");
        submit(&mock, &graph(999, 64, 96, 2), None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));
        for name in [
            "cuda_oom",
            "accelerator_oom",
            "host_oom_runtime",
            "memory_error",
            "runtime_error",
            "vae_oom_then_auto_tiled_ok",
            "vae_oom_tiled_oom_too",
            "broken_checkpoint",
        ] {
            let past = format!("history_{name}");
            if !theme.has(&past) {
                continue;
            }
            let (id, messages) = stream(&mock, &theme.prompt(&past), &json!({}), false);
            same_stream(name, theme.messages(&format!("ws_{name}")), &messages);
            let place = format!("{version} {past}");
            let recorded = only(&theme.get(&past)["json"]);
            let mut ours = history(&mock, &id);
            for message in ours["status"]["messages"].as_array_mut().unwrap() {
                if let Some(data) = message.get_mut(1) {
                    let same_length = &recorded["status"]["messages"][2][1]["current_outputs"];
                    if data.get("current_outputs").is_some() {
                        let ids = data["current_outputs"].as_array().unwrap().len();
                        assert_eq!(ids, same_length.as_array().unwrap().len(), "{place}");
                    }
                }
            }
            same_shape(&place, recorded, &ours);
            same_values(&place, &recorded["outputs"], &ours["outputs"]);
            same_values(
                &place,
                &recorded["status"]["status_str"],
                &ours["status"]["status_str"],
            );
            let job = format!("api_job_{name}");
            if version == Version::V0_33 && theme.has(&job) {
                let ours = get(&mock, &format!("/api/jobs/{id}")).json();
                same_shape(&job, &theme.get(&job)["json"], &ours);
                assert_eq!(ours["status"], theme.get(&job)["json"]["status"]);
            }
        }
    }
}

#[test]
fn a_dead_worker_takes_prompts_and_never_runs_them() {
    let version = Version::V0_33;
    let mock = recorded(version).start();
    let theme = Theme::read(version, "workerdeath");
    let mut socket = Socket::open(&mock, "c");
    socket.until(|message| message["type"] == "status");
    let prompt = r#"{"4":{"class_type":"EmptyLatentImage","inputs":{"width":64,"height":64,"batch_size":1}},
        "8":{"class_type":"VGRaiseLatent","inputs":{"samples":["4",0],"kind":"oom_and_unload_fails"}},
        "9":{"class_type":"SaveLatent","inputs":{"samples":["8",0],"filename_prefix":"x"}}}"#;
    let id = submit(&mock, prompt, Some("c"), &json!({}));
    socket.until(|message| message["type"] == "executing" && message["data"]["node"] == "8");
    let next = submit(&mock, &theme.prompt("post_after"), Some("c"), &json!({}));
    socket.until(|message| message["data"]["status"]["exec_info"]["queue_remaining"] == 2);
    same_stream("dead", theme.messages("ws"), &socket.seen);
    for (name, path) in [
        ("prompt", "/prompt".to_owned()),
        ("queue", "/queue".to_owned()),
        ("api_jobs", "/api/jobs".to_owned()),
        ("history", format!("/history/{id}")),
        ("history_next", format!("/history/{next}")),
    ] {
        let reply = get(&mock, &path);
        assert_eq!(theme.get(name)["status"], reply.status);
        same_shape(name, &theme.get(name)["json"], &reply.json());
    }
    assert_eq!(post(&mock, "/interrupt", "").status, 200);
    let queue = get(&mock, "/queue").json();
    assert_eq!(queue["queue_running"][0][1], json!(id));
    // Only a restart helps.
    mock.restart(std::time::Duration::from_millis(10));
    crate::client::eventually(|| {
        crate::client::ask(&mock, "GET", "/queue", &[], &[])
            .ok()
            .filter(|reply| reply.json()["queue_running"] == json!([]))
    });
    let id = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
    history(&mock, &id);
}

#[test]
fn a_restart_loses_everything_but_files() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let done = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
        history(&mock, &done);
        mock.add_fault(Fault::Restart(Phase::Sample, std::time::Duration::from_millis(300)).once());
        let mut socket = Socket::open(&mock, "c");
        let lost = submit(&mock, &graph(2, 64, 96, 1), Some("c"), &json!({}));
        while socket.next_within(PATIENCE).is_some() {}
        let last = told(&socket.seen).pop().unwrap();
        assert!(last.starts_with("executing"), "{last}");
        let refused = crate::client::ask(&mock, "GET", "/queue", &[], &[]);
        assert!(refused.is_err(), "{refused:?}");
        let queue =
            crate::client::eventually(|| crate::client::ask(&mock, "GET", "/queue", &[], &[]).ok());
        assert_eq!(queue.text(), "{\"queue_pending\":[],\"queue_running\":[]}");
        for id in [&done, &lost] {
            assert_eq!(get(&mock, &format!("/history/{id}")).text(), "{}");
            assert_eq!(get(&mock, &format!("/api/jobs/{id}")).status, 404);
        }
        assert_eq!(
            get(&mock, "/view?filename=rec_00001_.png&type=output").status,
            200
        );
        let id = submit(&mock, &graph(2, 64, 96, 1), None, &json!({}));
        let entry = history(&mock, &id);
        assert_eq!(
            entry["outputs"]["7"]["images"][0]["filename"],
            "rec_00002_.png"
        );
    }
}

#[test]
fn every_wording_of_out_of_memory_is_there() {
    for (text, kind, words) in [
        (
            OomText::Native,
            "torch.OutOfMemoryError",
            "CUDA out of memory. Tried to allocate",
        ),
        (
            OomText::CudaMallocAsync,
            "torch.OutOfMemoryError",
            "Allocation on device ",
        ),
        (
            OomText::Accelerator,
            "torch.AcceleratorError",
            "CUDA error: out of memory",
        ),
        (
            OomText::HostAllocator,
            "RuntimeError",
            "DefaultCPUAllocator: can't allocate memory",
        ),
        (OomText::HostPython, "MemoryError", "\n"),
    ] {
        let mock = recorded(Version::V0_33)
            .fault(Fault::OutOfMemory(Phase::Sample, text).once())
            .start();
        let id = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
        let messages = &history(&mock, &id)["status"]["messages"];
        let error = &messages.as_array().unwrap().last().unwrap()[1];
        assert_eq!(error["exception_type"], kind);
        assert!(error["exception_message"].as_str().unwrap().contains(words));
        let again = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
        assert_eq!(history(&mock, &again)["status"]["status_str"], "success");
    }
}
