//! The processes of this machine, read from `/proc`.
//!
//! Tests run side by side: look for one's own processes by parent ([`descendants_of`]) or by
//! something only they were told ([`mentioning`]), not by name alone.

use std::fs;
use std::time::{Duration, Instant};

/// A process as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub id: u32,
    /// Id of its parent.
    pub parent: u32,
    /// Name of its program, cut by the kernel to 15 bytes.
    pub name: String,
    /// State letter: `R` running, `S` sleeping, `D` waiting for a disk, `T` stopped, `Z` ended but
    /// not reaped.
    pub state: char,
    /// Arguments; empty for one that has ended.
    pub arguments: Vec<String>,
}

impl Process {
    /// Whether it has ended and waits to be reaped.
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }
}

/// Every process there is.
///
/// # Panics
/// When `/proc` is not there.
pub fn all() -> Vec<Process> {
    fs::read_dir("/proc")
        .expect("Linux has /proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(process)
        .collect()
}

/// One process; `None` when it has gone.
pub fn process(id: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (name, state, parent) = read_stat(&stat)?;
    let arguments = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    Some(Process {
        id,
        parent,
        name,
        state,
        arguments: arguments
            .split_inclusive(|byte| *byte == 0)
            .map(|argument| {
                let argument = argument.strip_suffix(&[0]).unwrap_or(argument);
                String::from_utf8_lossy(argument).into_owned()
            })
            .collect(),
    })
}

/// Name, state and parent out of `/proc/ID/stat`. The name stands in brackets and may hold any
/// byte, brackets too (proc_pid_stat(5)).
fn read_stat(stat: &str) -> Option<(String, char, u32)> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let mut fields = after.split(' ');
    let state = fields.next()?.chars().next()?;
    Some((name.to_owned(), state, fields.next()?.parse().ok()?))
}

/// The children of a process, zombies included.
pub fn children_of(id: u32) -> Vec<Process> {
    let mut processes = all();
    processes.retain(|process| process.parent == id);
    processes
}

/// Children, their children and so on. One whose parent has ended belongs to init and is not found.
pub fn descendants_of(id: u32) -> Vec<Process> {
    let mut rest = all();
    let mut found = Vec::new();
    let mut parents = vec![id];
    while let Some(parent) = parents.pop() {
        for child in rest.extract_if(.., |process| process.parent == parent) {
            parents.push(child.id);
            found.push(child);
        }
    }
    found
}

/// Processes of a name, as the kernel keeps it: cut to 15 bytes.
pub fn named(name: &str) -> Vec<Process> {
    let mut end = name.len().min(15);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    let mut processes = all();
    processes.retain(|process| process.name == name[..end]);
    processes
}

/// Processes with an argument that holds `text`: with the path of a test's own directory, those of
/// that test, whoever their parent is by now.
pub fn mentioning(text: &str) -> Vec<Process> {
    let mut processes = all();
    processes.retain(|process| {
        process
            .arguments
            .iter()
            .any(|argument| argument.contains(text))
    });
    processes
}

/// Waits until `find` finds nothing any more; gives what is left after `limit`.
pub fn wait_until_gone(limit: Duration, find: impl Fn() -> Vec<Process>) -> Vec<Process> {
    let end = Instant::now() + limit;
    loop {
        let left = find();
        if left.is_empty() || Instant::now() >= end {
            return left;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests {
    use camino_tempfile::Utf8TempDir;

    use super::*;
    use crate::Run;

    #[test]
    fn a_name_with_brackets_and_spaces_is_read() {
        assert_eq!(
            read_stat("12 (a) R (b) S 7 12 12 0"),
            Some(("a) R (b".to_owned(), 'S', 7))
        );
        assert_eq!(read_stat("12 cut"), None);
    }

    #[test]
    fn we_see_ourselves() {
        let us = process(std::process::id()).unwrap();
        assert!(us.arguments[0].contains("testkit"), "{us:?}");
        assert!(named(&us.name).iter().any(|process| process.id == us.id));
    }

    #[test]
    fn families_are_found_by_parent_and_by_argument() {
        let marker = Utf8TempDir::new().unwrap();
        let mut run = Run::new("/bin/sh")
            .args([
                "-c",
                "sh -c 'sleep 600; :' \"$0\"; :",
                marker.path().as_str(),
            ])
            .start();
        let id = run.id();
        assert!(run.wait_until(|| descendants_of(id).len() == 2));
        let children = children_of(id);
        assert_eq!(children.len(), 1);
        assert_eq!(mentioning(marker.path().as_str()).len(), 2);
        // Who it is, not what it does at the moment: a shell may wait or run.
        let still = wait_until_gone(Duration::ZERO, || children_of(id));
        assert_eq!(still.len(), 1);
        assert_eq!(still[0].id, children[0].id);
        drop(run);
        let left = wait_until_gone(Duration::from_secs(20), || {
            mentioning(marker.path().as_str())
        });
        assert_eq!(left, []);
    }
}
