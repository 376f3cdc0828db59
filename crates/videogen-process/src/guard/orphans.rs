//! Recognises and ends what the children of a process that is dead have left running.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use super::guardian;
use super::owner::{Owner, own_pid};
use super::proc::{Stat, each_process};
use crate::orphan::Orphan;

/// How long those that were killed may take to be gone. A program with gigabytes on a graphics card takes a second.
const GONE_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// The most that is read of an environment.
const LONGEST_ENVIRONMENT: u64 = 8 << 20;
/// Parents of parents that are looked at, so that a table that changes meanwhile cannot keep this going.
const MOST_ANCESTORS: usize = 1000;

/// See [`crate::end_orphans`].
pub(crate) fn end_orphans() -> Vec<Orphan> {
    let mut ended: Vec<Orphan> = Vec::new();
    let give_up = Instant::now() + GONE_WITHIN;
    loop {
        let mut found = 0;
        for (orphan, entry) in look() {
            let pid = orphan.pid as i32;
            if guardian::kill(pid, entry.as_bytes()) {
                found += 1;
                if !ended.iter().any(|known| known.pid == orphan.pid) {
                    ended.push(orphan);
                }
            }
        }
        // Until none is left: one may have started another before it was killed.
        if found == 0 {
            break;
        }
        if Instant::now() >= give_up {
            tracing::warn!(left = found, "programs of an earlier run do not die");
            break;
        }
        std::thread::sleep(PAUSE);
    }
    while Instant::now() < give_up && ended.iter().any(is_there) {
        std::thread::sleep(PAUSE);
    }
    ended
}

/// The orphans there are now, each with the entry in its environment that it is recognised by.
fn look() -> Vec<(Orphan, String)> {
    let spared = spared();
    let mut found = Vec::new();
    each_process(|pid| {
        if spared.contains(&pid) || !is_ours(pid) {
            return;
        }
        let mut environment = Vec::new();
        let read = std::fs::File::open(format!("/proc/{pid}/environ"))
            .and_then(|file| file.take(LONGEST_ENVIRONMENT).read_to_end(&mut environment));
        if read.is_err() {
            return;
        }
        let mut entries = environment.split(|byte| *byte == 0);
        let dead = entries.find_map(|entry| {
            let entry = std::str::from_utf8(entry).ok()?;
            let owner = Owner::parse(entry.strip_suffix("=1")?)?;
            owner.is_dead().then(|| (owner, entry.to_owned()))
        });
        if let (Some((owner, entry)), Some(stat)) = (dead, Stat::of(pid)) {
            let orphan = Orphan {
                pid: pid as u32,
                name: name(pid),
                owner: owner.pid as u32,
                started: stat.started,
            };
            found.push((orphan, entry));
        }
    });
    found
}

/// Whether a process belongs to the user that this one is of.
fn is_ours(pid: i32) -> bool {
    std::fs::metadata(format!("/proc/{pid}"))
        .is_ok_and(|process| process.uid() == rustix::process::geteuid().as_raw())
}

/// This process and its ancestors: it may have been started out of what a child of an earlier one left.
fn spared() -> BTreeSet<i32> {
    let mut spared = BTreeSet::new();
    let mut pid = own_pid();
    while pid > 0 && spared.len() < MOST_ANCESTORS && spared.insert(pid) {
        pid = Stat::of(pid).map_or(0, |stat| stat.parent);
    }
    spared
}

/// What the kernel calls it: the first 15 bytes of its program's name.
fn name(pid: i32) -> String {
    let name = std::fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    let name = String::from_utf8_lossy(&name);
    name.trim_end()
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

fn is_there(orphan: &Orphan) -> bool {
    Stat::of(orphan.pid as i32).is_some_and(|stat| stat.started == orphan.started && stat.runs())
}
