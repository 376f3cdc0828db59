//! Peak memory of a process and of the tree below it, by looking at `/proc` while it runs.

use std::collections::HashMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Supervisor};

use crate::usage::{Meter, Usage};

/// Between two looks. The peak of one process is kept by the kernel; only the sum over several needs luck.
const INTERVAL: Duration = Duration::from_millis(50);

/// Peaks of one run, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Peaks {
    /// Resident memory of the process itself, files it maps included.
    pub(crate) own: u64,
    /// Sum over the process and all below it, of what each uses alone and its share of what is used together (PSS).
    pub(crate) tree: u64,
}

impl Peaks {
    /// Bytes as mebibytes.
    pub(crate) fn mebibytes(bytes: u64) -> f64 {
        bytes as f64 / f64::from(1 << 20)
    }
}

/// Runs a command to its successful end and looks at its memory. The looking is this process's time, not the
/// command's, but it takes a core away now and then: wall time is not to be trusted.
///
/// # Errors
/// Why it failed, in words.
pub(crate) async fn measure(command: Command) -> Result<(Peaks, Usage), String> {
    let meter = Meter::start()?;
    let child = Supervisor::new()
        .spawn(command)
        .map_err(|error| error.to_string())?;
    let root = child.id();
    let mut peaks = Peaks::default();
    let cancel = CancellationToken::new();
    let mut ended = std::pin::pin!(child.wait(&cancel));
    loop {
        tokio::select! {
            outcome = &mut ended => {
                outcome.and_then(Outcome::into_success).map_err(|error| error.to_string())?;
                return Ok((peaks, meter.stop().await?));
            }
            () = tokio::time::sleep(INTERVAL) => {
                peaks.own = peaks.own.max(status(root, "status", "VmHWM:").unwrap_or_default());
                let tree = tree(root, &parents());
                let sum = tree.iter().filter_map(|pid| status(*pid, "smaps_rollup", "Pss:")).sum();
                peaks.tree = peaks.tree.max(sum);
            }
        }
    }
}

/// A number of `/proc/PID/FILE` in bytes; the kernel writes kibibytes. [`None`] when the process has ended meanwhile.
pub(crate) fn status(pid: u32, file: &str, key: &str) -> Option<u64> {
    parse(
        &std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok()?,
        key,
    )
}

fn parse(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_ascii_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|kibibytes| kibibytes * 1024)
}

/// The parent of every process there is.
fn parents() -> HashMap<u32, u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat
                .rsplit_once(')')?
                .1
                .split_ascii_whitespace()
                .nth(1)?
                .parse()
                .ok()?;
            Some((pid, parent))
        })
        .collect()
}

/// `root` and all below it.
fn tree(root: u32, parents: &HashMap<u32, u32>) -> Vec<u32> {
    let below = |mut pid: u32| {
        // A process is never its own ancestor, but a table read while processes come and go may say so.
        for _ in 0..64 {
            if pid == root {
                return true;
            }
            match parents.get(&pid) {
                Some(&parent) => pid = parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().copied().filter(|&pid| below(pid)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_the_process_and_its_descendants_only() {
        let parents = HashMap::from([
            (1, 0),
            (10, 1),
            (11, 10),
            (12, 11),
            (20, 1),
            (30, 31),
            (31, 30),
        ]);
        let mut tree = tree(10, &parents);
        tree.sort_unstable();
        assert_eq!(tree, [10, 11, 12]);
    }

    #[test]
    fn kibibytes_are_read_behind_their_key() {
        let text = "VmPeak:\t  900 kB\nVmHWM:\t  512 kB\n";
        assert_eq!(parse(text, "VmHWM:"), Some(512 * 1024));
        assert_eq!(parse(text, "Pss:"), None);
    }

    #[tokio::test]
    async fn a_process_that_takes_memory_is_seen_with_it() {
        // `head` passes 64 MB to a `tail` that has to keep them all, because they hold no line end.
        let script = "head -c 64000000 /dev/zero | tail -n 1 | wc -c; sleep 0.3";
        let command = Command::new("sh", Duration::from_mins(1)).args(["-c", script]);
        let (peaks, _) = measure(command).await.unwrap();
        assert!(peaks.tree > 32 << 20, "{peaks:?}");
        assert!(peaks.own > 0 && peaks.own < 32 << 20, "{peaks:?}");
    }
}
