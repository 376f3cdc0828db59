//! Prompts that go well: the stream of messages, the history, the files.

use serde_json::{Value, json};
use testkit::comfy::{MockComfy, Version};

use crate::client::{PATIENCE, Socket, ask, get, history, post, submit};
use crate::compare::{same_shape, same_stream, same_values};
use crate::recordings::{Theme, graph, recorded};

/// Runs a prompt with a socket open from the beginning and gives all it heard.
pub(crate) fn stream(
    mock: &MockComfy,
    prompt: &str,
    extra: &Value,
    hello: bool,
) -> (String, Vec<Value>) {
    let mut socket = Socket::open(mock, "c-1");
    if hello {
        socket.until(|message| message["type"] == "status");
        socket.say(&json!({"type": "feature_flags", "data": {"supports_preview_metadata": true}}));
        socket.until(|message| message["type"] == "feature_flags");
    } else {
        socket.until(|message| message["type"] == "status");
    }
    let id = submit(mock, prompt, Some("c-1"), extra);
    socket.until_over(&id);
    (id, socket.seen)
}

#[test]
fn a_run_a_repetition_and_a_new_seed_are_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "run");
        let first = theme.prompt("prompt_post_success");

        let (id, messages) = stream(&mock, &first, &json!({}), false);
        same_stream("full run", theme.messages("ws_full_run"), &messages);
        let entry = history(&mock, &id);
        let place = format!("{version} history_success");
        same_values(&place, only(&theme.get("history_success")["json"]), &entry);

        let (id, messages) = stream(&mock, &first, &json!({}), false);
        same_stream(
            "repetition",
            theme.messages("ws_repeat_identical"),
            &messages,
        );
        let again = history(&mock, &id);
        assert_eq!(entry["outputs"], again["outputs"], "the old file's name");
        same_values(
            "repeat",
            only(&theme.get("history_repeat_identical")["json"]),
            &again,
        );
        assert_eq!(mock.output_folder().read_dir_utf8().unwrap().count(), 1);

        let other = theme.prompt("history_new_seed");
        let (id, messages) = stream(&mock, &other, &json!({}), false);
        same_stream("new seed", theme.messages("ws_new_seed"), &messages);
        same_values(
            "seed",
            only(&theme.get("history_new_seed")["json"]),
            &history(&mock, &id),
        );
        assert_eq!(mock.counters().nodes["KSampler"], 2);

        // The same id again is accepted, runs again and overwrites its entry.
        let body = format!("{{\"client_id\":\"c-1\",\"prompt_id\":\"{id}\",\"prompt\":{other}}}");
        let accepted = post(&mock, "/prompt", &body);
        let duplicate = &theme.get("prompt_post_duplicate_id")["json"];
        same_values("duplicate", duplicate, &accepted.json());
        assert_eq!(accepted.json()["prompt_id"], json!(id));
        assert!(mock.wait_idle(PATIENCE));
        let newest = get(&mock, "/history?max_items=1").json();
        let cached = |entry: &Value| only(entry)["status"]["messages"][1][1]["nodes"].clone();
        same_shape(
            "max_items",
            &theme.get("history_max_items_1")["json"],
            &newest,
        );
        assert_eq!(
            cached(&theme.get("history_max_items_1")["json"]),
            cached(&newest)
        );
        if version == Version::V0_33 {
            let jobs = get(&mock, "/api/jobs").json();
            same_values(
                "job",
                &theme.get("api_jobs_after")["json"]["jobs"][0],
                &jobs["jobs"][0],
            );
            let job = get(&mock, &format!("/api/jobs/{id}")).json();
            same_shape("job", &theme.get("api_job_completed")["json"], &job);
        }
    }
}

pub(crate) fn only(object: &Value) -> &Value {
    let object = object.as_object().unwrap();
    assert_eq!(object.len(), 1);
    object.values().next().unwrap()
}

#[test]
fn success_is_told_before_the_history_knows() {
    let lag = std::time::Duration::from_millis(300);
    for version in Version::ALL {
        let mock = recorded(version).history_lag(lag).start();
        let mut socket = Socket::open(&mock, "c");
        let id = submit(&mock, &graph(1, 64, 96, 2), Some("c"), &json!({}));
        socket.until(|message| message["type"] == "execution_success");
        // The recorded 0.3.64 was quick enough to have it at the first question; 0.33.0 was not.
        let theme = Theme::read(Version::V0_33, "run");
        let early = theme.get("history_right_after_execution_success");
        assert_eq!(get(&mock, &format!("/history/{id}")).json(), early["json"]);
        socket.until_over(&id);
        assert!(
            get(&mock, &format!("/history/{id}"))
                .json()
                .get(&id)
                .is_some()
        );
    }
}

#[test]
fn a_busy_server_answers_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version)
            .steps_per_second(2.0)
            .time_scale(8.0)
            .start();
        let theme = Theme::read(version, "run");
        let mut socket = Socket::open(&mock, "c");
        let id = submit(
            &mock,
            &theme.prompt("prompt_post_success"),
            Some("c"),
            &json!({}),
        );
        socket.until(|message| message["type"] == "executing" && message["data"]["node"] == "5");
        for (name, path) in [
            ("queue_busy", "/queue".to_owned()),
            ("prompt_get_busy", "/prompt".to_owned()),
            ("history_in_progress", format!("/history/{id}")),
            ("api_job_in_progress", format!("/api/jobs/{id}")),
            ("api_jobs_in_progress", "/api/jobs".to_owned()),
        ] {
            let reply = get(&mock, &path);
            let recording = theme.get(name);
            assert_eq!(recording["status"], reply.status, "{version} {name}");
            if let Some(json) = recording.get("json") {
                same_values(&format!("{version} {name}"), json, &reply.json());
            }
        }
        post(&mock, "/interrupt", "{}");
        socket.until_over(&id);
    }
}

#[test]
fn previews_and_other_outputs_are_as_recorded() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "preview");
        let latent = json!({"preview_method": "latent2rgb"});
        // What was cached before each recording, as its messages tell.
        let before = if version == Version::V0_33 { 128 } else { 64 };
        submit(&mock, &graph(90, before, 96, 2), None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));

        let (_, messages) = stream(&mock, &graph(91, 64, 96, 2), &latent, false);
        same_stream("no flags", theme.messages("ws_preview_no_flags"), &messages);
        let (_, messages) = stream(&mock, &graph(92, 64, 96, 2), &latent, true);
        same_stream(
            "flags",
            theme.messages("ws_preview_with_metadata_flag"),
            &messages,
        );

        let prompt = theme.prompt("history_PreviewImage");
        if version == Version::V0_3_64 {
            // The same picture was saved just before.
            let saved = prompt.replace("PreviewImage", "SaveImage").replace(
                "{\"images\":[\"6\",0]}",
                "{\"images\":[\"6\",0],\"filename_prefix\":\"x\"}",
            );
            submit(&mock, &saved, None, &json!({}));
            assert!(mock.wait_idle(PATIENCE));
        }
        let (id, messages) = stream(&mock, &prompt, &json!({}), false);
        same_stream("PreviewImage", theme.messages("ws_PreviewImage"), &messages);
        let recorded = only(&theme.get("history_PreviewImage")["json"]);
        same_values("PreviewImage", recorded, &history(&mock, &id));

        let (id, messages) = stream(
            &mock,
            &theme.prompt("history_batch2_subfolder"),
            &json!({}),
            false,
        );
        same_stream("batch", theme.messages("ws_batch2_subfolder"), &messages);
        let recorded = only(&theme.get("history_batch2_subfolder")["json"]);
        same_values("batch", recorded, &history(&mock, &id));

        post(&mock, "/free", "{\"free_memory\":true}");
        assert!(mock.wait_idle(PATIENCE));
        let prompt = theme.prompt("history_SaveImageWebsocket");
        if version == Version::V0_3_64 {
            let seeded = graph(93, 64, 96, 1);
            submit(&mock, &seeded, None, &json!({}));
            assert!(mock.wait_idle(PATIENCE));
        }
        let (id, messages) = stream(&mock, &prompt, &json!({}), true);
        same_stream("socket", theme.messages("ws_SaveImageWebsocket"), &messages);
        let recorded = only(&theme.get("history_SaveImageWebsocket")["json"]);
        same_values("socket", recorded, &history(&mock, &id));
    }
}

#[test]
fn the_picture_is_a_png_of_the_right_size_that_knows_its_prompt() {
    let mock = recorded(Version::V0_33).start();
    let id = submit(&mock, &graph(5, 104, 96, 2), None, &json!({}));
    let entry = history(&mock, &id);
    let file = entry["outputs"]["7"]["images"][0]["filename"]
        .as_str()
        .unwrap();
    let reply = get(&mock, &format!("/view?filename={file}"));
    assert!(reply.body.starts_with(b"\x89PNG"));
    assert_eq!(&reply.body[16..24], &[0, 0, 0, 104, 0, 0, 0, 96]);
    assert!(reply.body.windows(5).any(|window| window == b"tEXtp"));

    // The same again on another server is the same picture; another seed is not.
    let picture = |seed| {
        let mock = recorded(Version::V0_33).start();
        let id = submit(&mock, &graph(seed, 104, 96, 2), None, &json!({}));
        let entry = history(&mock, &id);
        let file = entry["outputs"]["7"]["images"][0]["filename"]
            .as_str()
            .unwrap();
        let path = format!("/view?filename={file}&channel=rgb");
        ask(&mock, "GET", &path, &[], &[]).unwrap().body
    };
    assert_eq!(picture(5), reply.body);
    assert_ne!(picture(6), reply.body);
}
