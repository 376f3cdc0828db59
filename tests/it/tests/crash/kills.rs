//! The process group is killed at random moments.

use std::time::{Duration, Instant};

use testkit::Chance;

use super::place::{NO_BATCH, Place, Reference, ended};

const VIDEOS: usize = 16;

/// In all, over as many batches as it takes. 200 were run by hand.
const KILLS: u32 = 40;

/// Milliseconds for script, voice, picture and render.
const TIMES: &str = "0,4,10,8";

const SIGKILL: i32 = 9;

/// How a batch that was killed again and again ended.
#[derive(Default)]
struct Told {
    kills: u32,
    too_late: u32,
    repeated: usize,
}

/// Makes one batch and kills it on the way, until it is finished or `left` kills are spent.
fn batch(
    reference: &Reference,
    moments: &mut Chance,
    left: u32,
    told: &mut Told,
    broken: &mut Vec<String>,
) {
    let place = Place::new();
    // Some are killed while they begin, most in the middle, some at the end.
    let longest = Duration::from_millis(1200);
    let mut resume = false;
    let mut kills = 0;
    loop {
        let kept = place.kept(reference);
        let mut arguments = vec!["--times", TIMES];
        if resume {
            arguments.push("--resume");
        }
        let started = Instant::now();
        let mut child = place.start(VIDEOS, &arguments);
        if kills < left {
            let moment = moments.moment(longest);
            while started.elapsed() < moment && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let group = rustix::process::Pid::from_child(&child);
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let ran = ended(child);
        place.check_calls(ran.id, &kept, broken);
        place.check_middle(reference, broken);
        match (ran.code, ran.signal) {
            (None, Some(SIGKILL)) => {
                kills += 1;
                resume = true;
            }
            (Some(NO_BATCH), None) => resume = false,
            (Some(0), None) => break,
            _ => {
                broken.push(format!("it cannot be resumed: {ran:?}"));
                break;
            }
        }
    }
    told.too_late += u32::from(kills < left);
    told.kills += kills;
    told.repeated += place.calls(None).len().saturating_sub(reference.work.len());
    place.check_end(reference, broken);
}

fn kill_at_random(kills: u32) {
    let reference = Place::reference(VIDEOS);
    let (mut moments, mut told, mut broken) = (Chance::new(4), Told::default(), Vec::new());
    let mut batches = 0;
    while told.kills < kills {
        batches += 1;
        let mut more = Vec::new();
        let left = kills - told.kills;
        batch(&reference, &mut moments, left, &mut told, &mut more);
        let named = |what: String| format!("batch {batches}: {what}");
        broken.extend(more.into_iter().map(named));
    }
    println!(
        "{} kills of {batches} batches of {VIDEOS}; {} of them finished before the next kill; {} of {} \
         calls were made again",
        told.kills,
        told.too_late,
        told.repeated,
        batches * reference.work.len(),
    );
    assert!(
        broken.is_empty(),
        "{} violations:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn a_batch_survives_being_killed_at_random_moments() {
    kill_at_random(KILLS);
}

#[test]
#[ignore = "takes minutes; run by hand"]
fn a_batch_survives_being_killed_two_hundred_times() {
    kill_at_random(200);
}
