//! Faults on demand, and the server's own good behaviour under them.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::comfy::{Fault, FaultSchedule, MockComfy, OomText, Phase, Version};

use crate::client::{PATIENCE, Socket, ask, get, history, post, submit};
use crate::recordings::{graph, recorded};

fn with(fault: Fault) -> MockComfy {
    recorded(Version::V0_33)
        .fault(fault.rule().on("GET /queue"))
        .start()
}

#[test]
fn answers_can_be_bent() {
    assert_eq!(get(&with(Fault::Status(500)), "/queue").status, 500);
    let busy = get(&with(Fault::RetryAfter(429, 7)), "/queue");
    assert_eq!((busy.status, busy.header("retry-after")), (429, Some("7")));
    assert!(ask(&with(Fault::Reset), "GET", "/queue", &[], &[]).is_err());
    assert!(
        get(&with(Fault::HtmlPage), "/queue")
            .text()
            .contains("<html>")
            || get(&with(Fault::HtmlPage), "/queue")
                .text()
                .starts_with("<!doctype")
    );
    let away = get(
        &with(Fault::Redirect("http://198.51.100.7/x".into())),
        "/queue",
    );
    assert_eq!(
        (away.status, away.header("location")),
        (302, Some("http://198.51.100.7/x"))
    );
    let kind = get(&with(Fault::ContentType("image/png".into())), "/queue");
    assert_eq!(kind.header("content-type"), Some("image/png"));
    assert_eq!(
        get(&with(Fault::HugeBody(5_000_001)), "/queue").body.len(),
        5_000_001
    );
    assert_eq!(
        get(&with(Fault::HugeHeader(1 << 20)), "/queue")
            .header("x-huge")
            .unwrap()
            .len(),
        1 << 20
    );
    assert!(String::from_utf8(get(&with(Fault::InvalidUtf8), "/queue").body).is_err());
    assert_eq!(
        get(&with(Fault::DeepJson(10_000)), "/queue").body.len(),
        20_000
    );
    let cut = get(&with(Fault::CutBody(5)), "/queue");
    assert_eq!(cut.body.len(), 5);
    assert!(
        cut.header("content-length")
            .unwrap()
            .parse::<usize>()
            .unwrap()
            > 5
    );
    let start = Instant::now();
    let slow = with(Fault::Slow(Duration::from_millis(80)));
    get(&slow, "/queue");
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(slow.counters().faults["Slow"], 1);
}

#[test]
fn faults_have_their_time_and_place() {
    let mock = recorded(Version::V0_33)
        .fault(
            Fault::Status(503)
                .rule()
                .on("GET /history")
                .skip(1)
                .times(2),
        )
        .start();
    let statuses: Vec<u16> = (0..4).map(|_| get(&mock, "/history").status).collect();
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(get(&mock, "/queue").status, 200);

    mock.add_fault(
        Fault::OutOfMemory(Phase::Sample, OomText::Native)
            .rule()
            .from_pixels(100 * 100),
    );
    mock.add_fault(
        Fault::NodeError(Phase::Text, "no words".into())
            .rule()
            .in_prompt(3),
    );
    let status = |prompt: &str| {
        let id = submit(&mock, prompt, None, &json!({}));
        history(&mock, &id)["status"]["status_str"].clone()
    };
    assert_eq!(status(&graph(1, 64, 96, 1)), "success");
    assert_eq!(status(&graph(1, 512, 512, 1)), "error");
    assert_eq!(
        status(&graph(1, 64, 96, 1).replace("boat", "ship")),
        "error"
    );
    assert_eq!(
        status(&graph(1, 64, 96, 1).replace("boat", "ship")),
        "success"
    );
    assert_eq!(mock.counters().out_of_memory, 1);
    assert_eq!(mock.counters().prompts_failed, 2);
}

#[test]
fn pictures_can_be_broken_and_misnamed() {
    let mock = recorded(Version::V0_33)
        .fault(Fault::FileName("../../evil.png".into()).once())
        .start();
    let id = submit(&mock, &graph(1, 64, 96, 1), None, &json!({}));
    let name = history(&mock, &id)["outputs"]["7"]["images"][0]["filename"].clone();
    assert_eq!(name, "../../evil.png");
    let whole = get(&mock, "/view?filename=../../evil.png");
    assert_eq!(whole.status, 200);
    mock.add_fault(Fault::TruncatedPng.once());
    assert_eq!(
        get(&mock, "/view?filename=rec_00001_.png").body,
        whole.body[..whole.body.len() / 2]
    );
    mock.add_fault(Fault::PngBomb(65_535, 65_535).once());
    let bomb = get(&mock, "/view?filename=rec_00001_.png").body;
    assert_eq!(&bomb[16..24], &[0, 0, 255, 255, 0, 0, 255, 255]);
    assert_eq!(get(&mock, "/view?filename=rec_00001_.png").body, whole.body);
}

#[test]
fn sockets_can_be_broken() {
    let heard = |fault: Fault| {
        let mock = recorded(Version::V0_33).fault(fault).start();
        let mut socket = Socket::open(&mock, "c");
        let id = submit(&mock, &graph(1, 64, 96, 1), Some("c"), &json!({}));
        history(&mock, &id);
        while socket.next_within(Duration::from_millis(400)).is_some() {}
        socket.seen
    };
    let all = heard(Fault::Slow(Duration::ZERO)).len();
    assert!(all > 20);
    assert_eq!(heard(Fault::SocketDropped(5)).len(), 5);
    assert_eq!(heard(Fault::SocketDuplicates).len(), 2 * all);
    assert_eq!(heard(Fault::SocketSilent).len(), 0);
    assert_eq!(heard(Fault::SocketLoses(2)).len(), all.div_ceil(2));
    assert_eq!(
        heard(Fault::SocketHugeFrame(1 << 20))[0]["bytes"]
            .as_array()
            .unwrap()
            .len(),
        1 << 20
    );
    // The client of this test stops at the first broken frame.
    assert_eq!(heard(Fault::SocketInvalidUtf8).len(), 1);
    let refused = recorded(Version::V0_33).fault(Fault::SocketRefused).start();
    assert!(Socket::try_open(&refused, "c").is_err());
}

#[test]
fn a_stalled_prompt_hears_no_interrupt_and_the_server_still_stops() {
    let mock = recorded(Version::V0_33)
        .fault(Fault::Stall(Phase::Decode).once())
        .start();
    let mut socket = Socket::open(&mock, "c");
    let id = submit(&mock, &graph(1, 64, 96, 1), Some("c"), &json!({}));
    socket.until(|message| message["type"] == "executing" && message["data"]["node"] == "6");
    post(&mock, "/interrupt", "");
    assert!(!mock.wait_idle(Duration::from_millis(50)));
    assert_eq!(get(&mock, &format!("/history/{id}")).text(), "{}");
    let start = Instant::now();
    mock.stop();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn it_goes_down_and_comes_up_on_the_same_port() {
    let mock = recorded(Version::V0_33).start();
    mock.go_down();
    crate::client::eventually(|| ask(&mock, "GET", "/queue", &[], &[]).err());
    mock.come_up();
    crate::client::eventually(|| ask(&mock, "GET", "/queue", &[], &[]).ok());
}

#[test]
fn two_hundred_schedules_leave_a_server_that_answers() {
    for seed in 0..200 {
        let schedule = FaultSchedule::random(seed);
        let mock = recorded(Version::V0_33)
            .faults(schedule.rules.clone())
            .start();
        for n in 0..3 {
            let body = format!("{{\"prompt\":{}}}", graph(n, 64, 96, 1));
            ask(&mock, "POST", "/prompt", &[], body.as_bytes()).ok();
            ask(&mock, "GET", "/queue", &[], &[]).ok();
        }
        mock.clear_faults();
        let answered =
            crate::client::eventually(|| ask(&mock, "GET", "/system_stats", &[], &[]).ok());
        assert_eq!(answered.status, 200, "{schedule}");
        mock.stop();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_server_leaves_no_thread() {
    let named = || {
        std::fs::read_dir("/proc/self/task")
            .unwrap()
            .flatten()
            .filter(|task| {
                std::fs::read_to_string(task.path().join("comm"))
                    .is_ok_and(|name| name.trim() == "mock-comfyui")
            })
            .count()
    };
    // Other tests of this process have servers of their own: the count must come down again after
    // many more were started than ever run at once.
    for _ in 0..50 {
        recorded(Version::V0_33).start().stop();
    }
    assert!(named() < 40, "{} servers are alive", named());
}

#[test]
fn thousands_of_pictures_do_not_grow_it() {
    let mock = recorded(Version::V0_33)
        .keep_outputs(10)
        .history_limit(10)
        .start();
    let mut last = String::new();
    for seed in 0..300 {
        last = submit(&mock, &graph(seed, 64, 96, 1), None, &json!({}));
        if seed % 50 == 0 {
            assert!(mock.wait_idle(PATIENCE));
        }
    }
    history(&mock, &last);
    assert_eq!(mock.output_folder().read_dir_utf8().unwrap().count(), 10);
    assert_eq!(get(&mock, "/history").json().as_object().unwrap().len(), 10);
    assert_eq!(mock.counters().prompts_done, 300);
}
