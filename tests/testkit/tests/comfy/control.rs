//! Interrupts, deletions, the order of the queue, `/free`.

use serde_json::{Value, json};
use testkit::comfy::{MockComfy, Version};

use crate::client::{PATIENCE, Socket, get, history, post, submit};
use crate::compare::{same_stream, same_values, told};
use crate::recordings::{Theme, graph, recorded};
use crate::run::only;

fn slow(seconds: f64, nonce: u32) -> String {
    format!(
        r#"{{"4":{{"class_type":"EmptyLatentImage","inputs":{{"width":64,"height":64,"batch_size":1}}}},
        "8":{{"class_type":"VGSlow","inputs":{{"samples":["4",0],"seconds":{seconds:?},"interruptible":true,"nonce":{nonce}}}}},
        "9":{{"class_type":"SaveLatent","inputs":{{"samples":["8",0],"filename_prefix":"slow"}}}}}}"#
    )
}

fn reply_is(mock: &MockComfy, theme: &Theme, name: &str, method: &str, path: &str, body: &str) {
    let reply = if method == "GET" {
        get(mock, path)
    } else {
        post(mock, path, body)
    };
    let recording = theme.get(name);
    assert_eq!(
        recording["status"],
        reply.status,
        "{name}: {}",
        reply.text()
    );
    if let Some(json) = recording.get("json") {
        same_values(name, json, &reply.json());
    } else {
        assert_eq!(recording["text"], reply.text(), "{name}");
    }
}

#[test]
fn an_interrupt_lands_at_the_next_step() {
    for version in Version::ALL {
        let mock = recorded(version).steps_per_second(0.04).start();
        let theme = Theme::read(version, "control");
        let prompt = theme.prompt("history_interrupted");
        submit(&mock, &graph(900, 64, 96, 1), None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));
        // A prompt with a broken checkpoint came before: the old server forgets all else over it.
        let broken = graph(900, 64, 96, 1).replace("random_sd15_fp16", "broken");
        submit(&mock, &broken, None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));

        let mut socket = Socket::open(&mock, "c");
        socket.until(|message| message["type"] == "status");
        let id = submit(&mock, &prompt, Some("c"), &json!({}));
        socket.until(|message| message["type"] == "progress");
        let other = "00000000-0000-4000-8000-000000000000";
        let body = json!({"prompt_id": other}).to_string();
        reply_is(
            &mock,
            &theme,
            "interrupt_wrong_id",
            "POST",
            "/interrupt",
            &body,
        );
        let body = json!({"prompt_id": id}).to_string();
        reply_is(
            &mock,
            &theme,
            "interrupt_running",
            "POST",
            "/interrupt",
            &body,
        );
        socket.until_over(&id);
        let mut ours = socket.seen;
        for message in &mut ours {
            sort_executed(message);
        }
        let mut recorded = theme.messages("ws_interrupted").to_vec();
        for message in &mut recorded {
            sort_executed(&mut message["text"]);
        }
        same_stream("interrupted", &recorded, &ours);
        let mut entry = history(&mock, &id);
        let mut wanted = only(&theme.get("history_interrupted")["json"]).clone();
        for value in [&mut entry, &mut wanted] {
            let last = &mut value["status"]["messages"][2][1]["executed"];
            last.as_array_mut()
                .unwrap()
                .sort_by_key(ToString::to_string);
        }
        same_values("history_interrupted", &wanted, &entry);
        if version == Version::V0_33 {
            let path = format!("/api/jobs/{id}");
            reply_is(&mock, &theme, "api_job_interrupted", "GET", &path, "");
        }
        assert_eq!(mock.counters().prompts_interrupted, 1);
    }
}

// A Python set has no order.
fn sort_executed(message: &mut Value) {
    if let Some(executed) = message["data"]["executed"].as_array_mut() {
        executed.sort_by_key(ToString::to_string);
    }
}

#[test]
fn an_interrupt_waits_for_a_node_that_does_not_look() {
    for version in Version::ALL {
        let mock = recorded(version).time_scale(0.1).start();
        let theme = Theme::read(version, "control");
        submit(&mock, &slow(0.1, 0), None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));
        let mut socket = Socket::open(&mock, "c");
        socket.until(|message| message["type"] == "status");
        let prompt = slow(4.0, 7).replace("true", "false");
        let id = submit(&mock, &prompt, Some("c"), &json!({}));
        socket.until(|message| message["type"] == "executing");
        reply_is(
            &mock,
            &theme,
            "interrupt_noninterruptible",
            "POST",
            "/interrupt",
            "",
        );
        socket.until_over(&id);
        // On the recorded 0.3.64 the prompt waited for another one first.
        let from_start = |messages: &[Value]| {
            let at = told(messages)
                .iter()
                .position(|line| line.starts_with("execution_start"))
                .unwrap();
            messages[at..].to_vec()
        };
        let recorded = from_start(theme.messages("ws_interrupt_noninterruptible"));
        same_stream("late", &recorded, &from_start(&socket.seen));
    }
}

#[test]
fn the_queue_is_in_heap_order_and_a_number_is_a_float() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "control");
        let mut socket = Socket::open(&mock, "c");
        let send = |body: String| post(&mock, "/prompt", &body).json();
        let first = submit(&mock, &slow(600.0, 11), Some("c"), &json!({}));
        socket.until(|message| message["type"] == "progress");
        let normal = send(format!("{{\"prompt\":{}}}", slow(0.2, 12)));
        let front = send(format!("{{\"front\":true,\"prompt\":{}}}", slow(0.2, 13)));
        let number = send(format!("{{\"number\":-50,\"prompt\":{}}}", slow(0.2, 14)));
        same_values("normal", &theme.get("post_normal")["json"], &normal);
        assert_eq!(front["number"], -normal["number"].as_i64().unwrap() - 1);
        assert_eq!(number["number"], theme.get("post_number")["json"]["number"]);
        assert!(number["number"].is_f64());

        let order = |queue: &Value| -> Vec<i64> {
            queue["queue_pending"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry[0].as_f64().unwrap() as i64)
                .collect()
        };
        let queue = get(&mock, "/queue").json();
        let recorded = order(&theme.get("queue_order")["json"]);
        // Numbers count the prompts before, which are others here; their order is the same.
        let rank = |numbers: &[i64]| -> Vec<usize> {
            numbers
                .iter()
                .map(|one| numbers.iter().filter(|other| *other < one).count())
                .collect()
        };
        let ours = order(&queue);
        assert_eq!(ours, [-50, 1, -2]);
        // The recorded counter was past fifty: there the one in front was lower than −50.
        assert_eq!(rank(&recorded), [0, 2, 1]);
        assert_eq!(rank(&ours), [0, 2, 1]);
        let body = json!({"prompt_id": first}).to_string();
        post(&mock, "/interrupt", &body);
        assert!(mock.wait_idle(PATIENCE));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one case after the other")]
fn what_is_deleted_leaves_no_trace() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "control");
        let mut socket = Socket::open(&mock, "c");
        socket.until(|message| message["type"] == "status");
        let one = submit(&mock, &slow(600.0, 1), Some("c"), &json!({}));
        socket.until(|message| message["type"] == "progress");
        let two = submit(&mock, &slow(0.2, 2), Some("c"), &json!({}));
        let three = submit(&mock, &slow(0.2, 3), Some("c"), &json!({}));
        let queue = get(&mock, "/queue").json();
        let recorded = &theme.get("queue_one_running_two_pending")["json"];
        crate::compare::same_shape("queue", recorded, &queue);
        assert_eq!(queue["queue_pending"].as_array().unwrap().len(), 2);
        reply_is(
            &mock,
            &theme,
            "history_pending",
            "GET",
            &format!("/history/{two}"),
            "",
        );
        let jobs = version == Version::V0_33;
        if jobs {
            reply_is(
                &mock,
                &theme,
                "api_job_pending",
                "GET",
                &format!("/api/jobs/{two}"),
                "",
            );
            let path = "/api/jobs?status=pending,in_progress";
            reply_is(&mock, &theme, "api_jobs_pending", "GET", path, "");
        }
        let delete = |id: &str| json!({"delete": [id]}).to_string();
        reply_is(
            &mock,
            &theme,
            "queue_delete_running_is_noop",
            "POST",
            "/queue",
            &delete(&one),
        );
        reply_is(
            &mock,
            &theme,
            "queue_delete_pending",
            "POST",
            "/queue",
            &delete(&two),
        );
        reply_is(
            &mock,
            &theme,
            "history_deleted",
            "GET",
            &format!("/history/{two}"),
            "",
        );
        reply_is(
            &mock,
            &theme,
            "api_job_deleted",
            "GET",
            &format!("/api/jobs/{two}"),
            "",
        );
        let cancel = |id: &str| format!("/api/jobs/{id}/cancel");
        let unknown = "00000000-0000-4000-8000-000000000000";
        reply_is(
            &mock,
            &theme,
            "api_cancel_pending",
            "POST",
            &cancel(&three),
            "",
        );
        reply_is(
            &mock,
            &theme,
            "api_cancel_running",
            "POST",
            &cancel(&one),
            "",
        );
        reply_is(
            &mock,
            &theme,
            "api_cancel_unknown",
            "POST",
            &cancel(unknown),
            "",
        );
        if jobs {
            socket.until_over(&one);
            let statuses = |messages: &[Value]| -> Vec<String> {
                told(messages)
                    .into_iter()
                    .filter(|line| line.starts_with("status") || line.starts_with("execution_"))
                    .collect()
            };
            assert_eq!(
                statuses(theme.messages("ws_queue_delete_and_cancel")),
                statuses(&socket.seen)
            );
        }
    }
}

#[test]
fn free_forgets_after_the_running_prompt() {
    for version in Version::ALL {
        let mock = recorded(version).start();
        let theme = Theme::read(version, "control");
        let base = graph(950, 64, 96, 2);
        submit(&mock, &base, None, &json!({}));
        assert!(mock.wait_idle(PATIENCE));
        let mut socket = Socket::open(&mock, "s");
        let slow_one = submit(&mock, &slow(1.0, 9), Some("s"), &json!({}));
        socket.until(|message| message["type"] == "progress");
        let both = "{\"unload_models\":true,\"free_memory\":true}";
        reply_is(&mock, &theme, "free_while_running", "POST", "/free", both);
        assert_eq!(mock.counters().frees, 0);
        socket.until_over(&slow_one);
        assert!(mock.wait_idle(PATIENCE));
        assert_eq!(mock.counters().frees, 1);
        let (_, messages) = crate::run::stream(&mock, &base, &json!({}), false);
        same_stream("after free", theme.messages("ws_run_after_free"), &messages);

        reply_is(&mock, &theme, "free", "POST", "/free", both);
        let id = submit(&mock, &base, None, &json!({}));
        history(&mock, &id);
        let delete = json!({"delete": [id]}).to_string();
        reply_is(
            &mock,
            &theme,
            "history_delete_one",
            "POST",
            "/history",
            &delete,
        );
        reply_is(
            &mock,
            &theme,
            "history_after_delete",
            "GET",
            &format!("/history/{id}"),
            "",
        );
    }
}
