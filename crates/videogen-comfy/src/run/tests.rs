use std::time::Duration;

use proptest::prelude::*;

use super::state::{Look, MemoryFigures, Step, Track, result_of};
use super::{Limits, RunEvent};
use crate::recorded::{VERSIONS, messages, prompt_id};
use crate::wire::history::{Ended, HistoryEntry};
use crate::wire::queue::QueuePosition;
use crate::wire::socket::SocketMessage;
use crate::workflow::Workflow;
use crate::{
    Error, ImageSize, Memory, ModelFile, Models, PaintJob, PaintSize, PromptId, PromptText,
};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn workflow() -> Workflow {
    let models = Models::Checkpoint {
        file: ModelFile::new("a").unwrap(),
        vae: None,
    };
    let mut job = PaintJob::new(
        models,
        PromptText::default(),
        PaintSize::new(64, 64).unwrap(),
    );
    job.output = ImageSize::new(64, 64).unwrap();
    Workflow::build(&job)
}

fn track(id: &PromptId) -> Track {
    Track::new(id.clone(), &workflow(), Limits::default(), Duration::ZERO)
}

fn entry() -> HistoryEntry {
    HistoryEntry {
        outcome: Ended::Success,
        images: Vec::new(),
    }
}

fn replay(version: &str, theme: &str, name: &str) -> (Track, Vec<RunEvent>, Vec<Step>) {
    let messages = messages(version, theme, name);
    let mut track = track(&prompt_id(&messages));
    let (mut events, mut steps) = (Vec::new(), Vec::new());
    for (at, message) in messages.iter().enumerate() {
        let message = SocketMessage::read(message).unwrap();
        steps.push(track.message(message, Duration::from_millis(at as u64), &mut events));
    }
    (track, events, steps)
}

#[test]
fn a_recorded_run_becomes_events_in_order() {
    for version in VERSIONS {
        let (track, events, steps) = replay(version, "run", "ws_full_run");
        assert!(track.has_ended());
        assert!(matches!(events[0], RunEvent::Started));
        let nodes: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                RunEvent::Node { node, .. } => Some(node.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(nodes, ["1", "4", "3", "2", "5", "6", "7"], "{version}");
        let mut last = 0.0;
        for event in &events {
            if let RunEvent::Node { fraction, .. } | RunEvent::Progress { fraction, .. } = event {
                assert!((last..=1.0).contains(fraction));
                last = *fraction;
            }
        }
        let looks = steps
            .iter()
            .filter(|step| matches!(step, Step::Look))
            .count();
        assert_eq!(
            looks, 2,
            "the word of success, and the one after which the history is written"
        );
        assert!(
            !events
                .iter()
                .any(|event| matches!(event, RunEvent::DecodeFellBack { .. }))
        );
    }
}

#[test]
fn a_decode_that_fell_back_to_tiles_is_told() {
    for version in VERSIONS {
        let messages = messages(version, "errors", "ws_vae_oom_then_auto_tiled_ok");
        let mut track = track(&prompt_id(&messages));
        track.set_class("6", "VAEDecode");
        let mut events = Vec::new();
        for message in &messages {
            track.message(SocketMessage::read(message).unwrap(), s(1), &mut events);
        }
        let told = events
            .iter()
            .filter(|event| matches!(event, RunEvent::DecodeFellBack { node } if node == "6"))
            .count();
        assert_eq!(told, 1);
    }
}

#[test]
fn what_the_socket_said_is_the_result_where_the_history_is_gone() {
    for (name, memory) in [
        ("ws_cuda_oom", Some(Memory::Gpu)),
        ("ws_memory_error", Some(Memory::Host)),
        ("ws_runtime_error", None),
    ] {
        let (mut track, mut events, _) = replay("v0.33.0", "errors", name);
        assert!(
            matches!(
                track.looked(Look::Gone(None), s(1), &mut events),
                Step::Wait
            ),
            "the history follows"
        );
        let Step::Failed(error) = track.looked(Look::Gone(None), s(40), &mut events) else {
            panic!("{name}")
        };
        assert_eq!(error.out_of_memory(), memory);
    }
    let (mut track, mut events, _) = replay("v0.33.0", "control", "ws_interrupted");
    let step = track.looked(Look::Gone(None), s(40), &mut events);
    assert!(matches!(step, Step::Failed(Error::Interrupted { node: Some(node) }) if node == "5"));
    let (mut track, mut events, _) = replay("v0.33.0", "run", "ws_full_run");
    assert!(
        matches!(
            track.looked(Look::Gone(None), s(40), &mut events),
            Step::Lost
        ),
        "success without history is no picture"
    );
}

#[test]
fn messages_of_others_count_for_nothing() {
    let mut bystander = track(&PromptId::random());
    let mut events = Vec::new();
    for message in messages(
        "v0.33.0",
        "clients",
        "ws_bystander_prompt_without_client_id",
    ) {
        bystander.message(SocketMessage::read(&message).unwrap(), s(1), &mut events);
    }
    assert!(events.is_empty());
    let again = messages("v0.33.0", "clients", "ws_disconnect_part2_reconnected");
    let mut track = track(&prompt_id(&again));
    track.message(SocketMessage::read(&again[1]).unwrap(), s(1), &mut events);
    assert!(matches!(&events[..], [RunEvent::Started, RunEvent::Node { node, .. }] if node == "8"));
}

#[test]
fn a_prompt_is_lost_when_it_is_missing_twice() {
    let mut track = track(&PromptId::random());
    let mut events = Vec::new();
    let running = Look::Queued {
        place: QueuePosition::Running,
        running: vec!["x".into()],
    };
    assert!(matches!(
        track.looked(Look::Gone(None), s(1), &mut events),
        Step::Wait
    ));
    assert!(matches!(
        track.looked(running, s(2), &mut events),
        Step::Wait
    ));
    assert!(matches!(
        track.looked(Look::Gone(None), s(3), &mut events),
        Step::Wait
    ));
    assert!(matches!(
        track.looked(Look::Gone(None), s(4), &mut events),
        Step::Lost
    ));
    assert!(matches!(
        track.looked(Look::Gone(Some(entry())), s(5), &mut events),
        Step::Done(_)
    ));
}

fn pending(ahead: usize, head: &str) -> Look {
    Look::Queued {
        place: QueuePosition::Pending { ahead },
        running: vec![head.into()],
    }
}

const fn memory(unused: u64) -> MemoryFigures {
    MemoryFigures { held: 8, unused }
}

#[test]
fn a_long_job_of_somebody_else_is_no_dead_worker() {
    let mut track = track(&PromptId::random());
    let mut events = Vec::new();
    track.posted(s(0));
    track.looked(pending(2, "a"), s(1), &mut events);
    assert!(!track.is_still(s(10), false) && track.is_still(s(100), false));
    // Without figures nothing is known of it.
    assert!(matches!(track.tick(s(3000), false), Step::Wait));
    // With figures that change it works.
    for (at, unused) in (1..).map(|at| (at * 600, at)).take(10) {
        track.memory(Some(memory(unused)), s(at));
        assert!(matches!(track.tick(s(at + 599), false), Step::Wait), "{at}");
    }
    track.looked(pending(1, "b"), s(6001), &mut events);
    track.looked(pending(1, "c"), s(6002), &mut events);
    let queued = events
        .iter()
        .filter(|event| matches!(event, RunEvent::Queued { .. }))
        .count();
    assert_eq!(queued, 2);
    // And it is not waited for for ever.
    assert!(matches!(track.tick(s(7199), false), Step::Wait));
    assert!(matches!(
        track.tick(s(7200), false),
        Step::Failed(Error::StillQueued { .. })
    ));
}

#[test]
fn one_who_waits_behind_a_dead_worker_notices_it() {
    let mut track = track(&PromptId::random());
    track.posted(s(0));
    track.looked(pending(1, "a"), s(1), &mut Vec::new());
    for at in [30, 45, 600, 1199] {
        track.memory(Some(memory(7)), s(at));
    }
    assert!(matches!(track.tick(s(1199), false), Step::Wait));
    assert!(matches!(
        track.tick(s(1201), false),
        Step::Failed(Error::Stalled { .. })
    ));
}

#[test]
fn waiting_in_the_queue_takes_nothing_of_the_time_of_a_picture() {
    let id = PromptId::random();
    let mut track = track(&id);
    let total = Limits::default().total;
    assert_eq!(track.deadline(s(0)), total);
    track.posted(s(10));
    assert_eq!(track.deadline(s(10)), total + Limits::default().queue);
    track.looked(pending(1, "a"), s(11), &mut Vec::new());
    assert!(matches!(track.tick(s(5000), false), Step::Wait));
    let running = Look::Queued {
        place: QueuePosition::Running,
        running: vec![id.to_string()],
    };
    track.looked(running, s(5010), &mut Vec::new());
    assert_eq!(track.waited(s(6000)), s(5000));
    assert_eq!(track.deadline(s(6000)), total + s(5000));
    // It runs on, and says so each minute.
    for at in (5100..6800).step_by(60) {
        let message = SocketMessage::Executing {
            prompt: Some(id.to_string()),
            node: Some("1".to_owned()),
        };
        track.message(message, s(at), &mut Vec::new());
    }
    assert!(matches!(track.tick(s(6799), false), Step::Wait));
    assert!(matches!(
        track.tick(s(6800), false),
        Step::Failed(Error::TimedOut { .. })
    ));
}

#[test]
fn a_dead_worker_is_noticed() {
    let id = PromptId::random();
    let mut track = track(&id);
    let mut events = Vec::new();
    track.looked(
        Look::Queued {
            place: QueuePosition::Running,
            running: vec![id.to_string()],
        },
        s(5),
        &mut events,
    );
    track.looked(
        Look::Queued {
            place: QueuePosition::Running,
            running: vec![id.to_string()],
        },
        s(600),
        &mut events,
    );
    assert!(matches!(track.tick(s(604), false), Step::Wait));
    assert!(matches!(
        track.tick(s(606), false),
        Step::Failed(Error::Stalled { .. })
    ));
    assert!(
        matches!(track.tick(s(606), true), Step::Wait),
        "without a socket a long node looks the same"
    );
    assert!(matches!(track.tick(s(1801), true), Step::Failed(_)));
}

#[test]
fn the_deadline_holds_whatever_happens() {
    let mut limits = Limits {
        silence: s(10_000),
        ..Limits::default()
    };
    limits.total = s(60);
    let track = Track::new(PromptId::random(), &workflow(), limits, Duration::ZERO);
    assert!(matches!(track.tick(s(59), false), Step::Wait));
    assert!(matches!(
        track.tick(s(60), false),
        Step::Failed(Error::TimedOut { .. })
    ));
}

#[test]
fn results_are_pictures_or_reasons() {
    assert!(matches!(result_of(entry()), Err(Error::NoPicture)));
}

#[derive(Debug, Clone)]
enum Input {
    Message(usize),
    Look(u8),
    Tick,
}

proptest! {
    /// Whatever comes in whatever order: progress never goes back, nothing panics, and with time every prompt ends.
    #[test]
    fn every_order_of_messages_ends(inputs in proptest::collection::vec(
        (prop_oneof![(0..40usize).prop_map(Input::Message), (0..4u8).prop_map(Input::Look), Just(Input::Tick)], 0..30u64), 0..80)
    ) {
        let recorded = messages("v0.33.0", "errors", "ws_cuda_oom");
        let id = prompt_id(&recorded);
        let mut track = track(&id);
        let (mut now, mut last) = (Duration::ZERO, 0.0);
        for (input, seconds) in inputs {
            now += s(seconds);
            let mut events = Vec::new();
            match input {
                Input::Message(which) => {
                    let message = SocketMessage::read(&recorded[which % recorded.len()]).unwrap();
                    track.message(message, now, &mut events);
                }
                Input::Look(0) => drop(track.looked(Look::Gone(None), now, &mut events)),
                Input::Look(1) => drop(track.looked(Look::Gone(Some(entry())), now, &mut events)),
                Input::Look(2) => drop(track.looked(Look::Queued { place: QueuePosition::Running, running: vec![id.to_string()] }, now, &mut events)),
                Input::Look(_) => drop(track.looked(Look::Queued { place: QueuePosition::Pending { ahead: 1 }, running: Vec::new() }, now, &mut events)),
                Input::Tick => drop(track.tick(now, false)),
            }
            for event in events {
                if let RunEvent::Node { fraction, .. } | RunEvent::Progress { fraction, .. } = event {
                    prop_assert!(fraction >= last && fraction <= 1.0);
                    last = fraction;
                }
            }
        }
        let late = now + Limits::default().total + Limits::default().queue;
        prop_assert!(matches!(track.tick(late, true), Step::Failed(_)));
    }
}
