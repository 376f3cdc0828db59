//! What a process tree costs: CPU seconds of everything it started, and wall time.
//!
//! The kernel adds the time of a process to its parent's sum when the parent reaps it. This process makes itself the
//! reaper of orphans, so a program whose children outlive it cannot hide their time.

use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Supervisor};

/// Ticks of the times in `/proc/PID/stat`: USER_HZ, 100 on every architecture Rust's standard library runs on.
const TICKS_PER_SECOND: f64 = 100.0;
/// How long orphans may take to end.
const ORPHANS: Duration = Duration::from_secs(10);

/// One run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usage {
    /// User and system CPU seconds of the whole tree.
    pub(crate) cpu: f64,
    /// Seconds from start to end.
    pub(crate) wall: f64,
}

/// Makes this process the one that orphaned grandchildren are given to, and keeps it and its children on two CPUs,
/// which is what the figures are about. Gives the number of CPUs there are.
///
/// # Errors
/// What the system refused.
pub(crate) fn become_reaper() -> Result<usize, String> {
    let failed = |what: &str, error: Errno| format!("{what}: {error}");
    set_child_subreaper(Some(getpid())).map_err(|error| failed("adopting orphans", error))?;
    let all = sched_getaffinity(None).map_err(|error| failed("asking for the CPUs", error))?;
    let mut two = CpuSet::new();
    (0..CpuSet::MAX_CPU)
        .filter(|&cpu| all.is_set(cpu))
        .take(2)
        .for_each(|cpu| two.set(cpu));
    sched_setaffinity(None, &two).map_err(|error| failed("choosing two CPUs", error))?;
    Ok(all.count() as usize)
}

/// Has the system find `bytes` of memory and takes them back at once. In a virtual machine the first touch of memory that
/// its host had reclaimed takes half a second per GiB, and would be charged to whoever runs next.
fn touch(bytes: usize) {
    drop(std::hint::black_box(vec![1_u8; bytes]));
}

/// What the largest tree that is measured holds, in bytes.
const MOST_HELD: usize = 1 << 30;

/// Runs a command to its successful end and measures it.
///
/// # Errors
/// Why it failed, in words.
pub(crate) async fn measure(command: Command) -> Result<(Usage, Outcome), String> {
    let meter = Meter::start()?;
    let outcome = Supervisor::new()
        .run(command, &CancellationToken::new())
        .await;
    let usage = meter.stop().await?;
    let outcome = outcome
        .and_then(Outcome::into_success)
        .map_err(|error| error.to_string())?;
    Ok((usage, outcome))
}

/// Measures what is started and ended between two moments.
#[derive(Debug)]
pub(crate) struct Meter {
    begin: Instant,
    before: f64,
}

impl Meter {
    /// From now on.
    ///
    /// # Errors
    /// Where `/proc` cannot be read.
    pub(crate) fn start() -> Result<Self, String> {
        touch(MOST_HELD);
        Ok(Self {
            before: children_cpu()?,
            begin: Instant::now(),
        })
    }

    /// Until now, when nothing that was started may still run.
    ///
    /// # Errors
    /// What did not end.
    pub(crate) async fn stop(self) -> Result<Usage, String> {
        let wall = self.begin.elapsed().as_secs_f64();
        reap_orphans().await?;
        Ok(Usage {
            cpu: children_cpu()? - self.before,
            wall,
        })
    }
}

/// Reaps what the last command left behind. Nothing else of this process runs meanwhile, so nobody's exit status is
/// taken away.
async fn reap_orphans() -> Result<(), String> {
    let begin = Instant::now();
    while begin.elapsed() < ORPHANS {
        match wait(WaitOptions::NOHANG) {
            Err(Errno::CHILD) => return Ok(()),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            // It watches over our children, and ends with this program.
            Ok(None) if only_the_guardian_is_left() => return Ok(()),
            Ok(None) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => return Err(format!("waiting for orphans: {error}")),
        }
    }
    Err(format!(
        "it left a process that did not end within {} s",
        ORPHANS.as_secs()
    ))
}

/// Whether this process has no other child than the guardian of `videogen-process`, which stays as long as the program.
fn only_the_guardian_is_left() -> bool {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut children = processes.filter_map(|entry| {
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, rest) = stat.rsplit_once(')')?;
        let parent = rest.split_ascii_whitespace().nth(1)?;
        (parent == own).then(|| name.ends_with("(child-guardian"))
    });
    children.all(|is_guardian| is_guardian)
}

/// CPU seconds of all children that were reaped.
///
/// # Errors
/// Where `/proc` cannot be read.
pub(crate) fn children_cpu() -> Result<f64, String> {
    Ok(times()?[2..].iter().sum())
}

/// CPU seconds of this process and of all children that were reaped.
///
/// # Errors
/// Where `/proc` cannot be read.
pub(crate) fn tree_cpu() -> Result<f64, String> {
    Ok(times()?.iter().sum())
}

/// CPU seconds of this process alone, all its threads.
///
/// # Errors
/// Where `/proc` cannot be read.
pub(crate) fn own_cpu() -> Result<f64, String> {
    Ok(times()?[..2].iter().sum())
}

/// User and system seconds of this process, then of its reaped children.
fn times() -> Result<[f64; 4], String> {
    let stat = std::fs::read_to_string("/proc/self/stat")
        .map_err(|error| format!("reading /proc/self/stat: {error}"))?;
    parse_times(&stat)
        .ok_or_else(|| "reading /proc/self/stat: it has another form than proc(5) says".to_owned())
}

/// Fields 14 to 17 of `/proc/PID/stat`. The name in field 2 may contain anything, so counting starts behind it.
fn parse_times(stat: &str) -> Option<[f64; 4]> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let mut times = [0.0; 4];
    for time in &mut times {
        *time = fields.next()?.parse::<f64>().ok()? / TICKS_PER_SECOND;
    }
    Some(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_are_found_behind_any_name() {
        let stat = "42 (a) 1 2 (b) S 1 42 42 0 -1 4194560 1 2 3 4 150 25 1000 50 20 0 1 0";
        assert_eq!(parse_times(stat), Some([1.5, 0.25, 10.0, 0.5]));
        assert_eq!(parse_times("42 (a) S 1"), None);
    }

    #[tokio::test]
    async fn the_time_of_a_grandchild_counts() {
        become_reaper().unwrap();
        // The inner shell does the work and is reaped by the outer one.
        let work = "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; true";
        let command = Command::new("sh", Duration::from_mins(1)).args(["-c", work]);
        let (usage, _) = measure(command).await.unwrap();
        assert!(usage.cpu > 0.02, "{usage:?}");
        let (nothing, _) = measure(Command::new("true", Duration::from_mins(1)))
            .await
            .unwrap();
        assert!(nothing.cpu < usage.cpu, "{nothing:?} {usage:?}");
    }
}
