//! What this process holds and has used, where Linux tells.

use serde_json::{Value, json};

/// The number in a line of `/proc/self/status`; 0 where there is none.
pub(crate) fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Processor seconds of all threads.
pub(crate) fn cpu_seconds() -> f64 {
    // Linux counts here in hundredths, whatever its own clock does.
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold spaces and parentheses; after its end come the state and, twelfth and thirteenth, the times.
    let Some((_, rest)) = text.rsplit_once(") ") else {
        return 0.0;
    };
    let times = rest.split(' ').skip(11).take(2);
    times
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

/// The most of something in the first hundred videos, and after them.
#[derive(Debug, Clone, Copy, Default)]
struct Most {
    early: u64,
    late: u64,
}

impl Most {
    fn see(&mut self, is_early: bool, value: u64) {
        let most = if is_early {
            &mut self.early
        } else {
            &mut self.late
        };
        *most = value.max(*most);
    }
}

/// What must not grow with the number of videos.
#[derive(Debug, Default)]
pub(crate) struct Flat {
    finished: u64,
    descriptors: Most,
    threads: Most,
    tasks: Most,
}

impl Flat {
    /// A video was finished. Called on a thread of the runtime.
    pub(crate) fn look(&mut self) {
        self.finished += 1;
        let is_early = self.finished <= 100;
        let descriptors = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let tasks = tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks();
        self.descriptors.see(is_early, descriptors as u64);
        self.threads.see(is_early, status("Threads"));
        self.tasks.see(is_early, tasks as u64);
    }

    pub(crate) fn report(&self) -> Value {
        let pair = |most: Most| json!([most.early, most.late]);
        json!({
            "descriptors": pair(self.descriptors),
            "threads": pair(self.threads),
            "tasks": pair(self.tasks),
        })
    }
}
