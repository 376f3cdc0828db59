//! The n-th call of one kind that a thread of the program, or of its children, makes fails, as `strace --inject` makes it.

use testkit::Chance;

use crate::subject::{Subject, report};

/// A system call, the errors that the system can give there, and from which call on: what the dynamic loader calls before
/// any program begins is not the program's.
const FAULTS: &[(&str, &[&str], usize)] = &[
    ("openat", &["EIO", "EMFILE", "EACCES", "ENOSPC"], 12),
    ("read", &["EIO", "EINTR"], 12),
    ("write", &["EIO", "ENOSPC", "EINTR", "EDQUOT"], 1),
    ("pwrite64", &["EIO", "ENOSPC"], 1),
    ("fsync", &["EIO", "ENOSPC"], 1),
    ("fdatasync", &["EIO"], 1),
    ("rename", &["EIO", "ENOSPC", "EXDEV"], 1),
    ("linkat", &["EIO", "EMLINK", "EPERM"], 1),
    ("unlink", &["EIO", "EROFS"], 1),
    ("mkdir", &["EIO", "ENOSPC", "EMLINK"], 1),
    ("ftruncate", &["EIO", "ENOSPC"], 1),
    ("flock", &["ENOLCK", "EINTR"], 1),
    ("statx", &["EIO", "EACCES"], 4),
    ("getdents64", &["EIO"], 1),
    ("clone3", &["EAGAIN", "ENOMEM"], 1),
    ("pipe2", &["EMFILE", "ENFILE"], 1),
    ("execve", &["EACCES", "ENOMEM"], 1),
    ("socket", &["EMFILE", "EACCES"], 1),
    ("statfs", &["EIO"], 1),
    ("poll", &["EINTR"], 1),
    ("epoll_wait", &["EINTR"], 1),
    ("vmsplice", &["ENOMEM", "EINVAL"], 1),
    ("copy_file_range", &["EIO", "ENOSPC", "EXDEV"], 1),
];

/// How far into a thread's life the failing call may be.
const CALLS: usize = 40;

/// Tries faults until one is tried that there can be.
fn inject(chance: &mut Chance) -> Vec<String> {
    const TRIES: usize = 20;
    let tried = (0..TRIES).find_map(|_| try_to_inject(chance));
    tried.unwrap_or_else(|| vec!["no fault that there can be was tried".to_owned()])
}

/// Injects one fault. `None` when it hit an event descriptor: no kernel gives any of these errors there, and what the
/// runtime does then says nothing.
fn try_to_inject(chance: &mut Chance) -> Option<Vec<String>> {
    let subject = Subject::new();
    let (call, errors, first) = chance.one_of(FAULTS);
    let error = chance.one_of(errors);
    let nth = first + chance.index(CALLS);
    let fault = format!("inject={call}:error={error}:when={nth}");
    let trace = format!("trace={call}");
    let program = testkit::videogen_bin();
    let log = subject.at("strace.log");
    let strace = testkit::find_program("strace")
        .expect("strace is installed: scripts/nightly.sh installs it");
    let ran = subject
        .run(strace)
        .args(["-f", "-y", "-qq", "--seccomp-bpf", "-o", log.as_str(), "-e"])
        .args([trace.as_str(), "-e", fault.as_str(), program.as_str()])
        .args(subject.generate())
        .finish();
    let log = std::fs::read_to_string(&log).unwrap_or_default();
    let mut injected = log.lines().filter(|line| line.contains("(INJECTED)"));
    if injected.any(|line| line.contains("anon_inode:[event")) {
        return None;
    }
    let mut broken = Vec::new();
    // The removal of what is left may be the call that failed.
    let untidy = matches!(*call, "unlink" | "getdents64" | "statx" | "openat");
    if untidy {
        let mut more = Vec::new();
        subject.judge(&ran, false, &mut more);
        more.retain(|what| !what.starts_with("left in"));
        broken.append(&mut more);
    } else {
        subject.judge(&ran, false, &mut broken);
    }
    subject.recover(&mut broken);
    let named = |what| format!("{fault}: {what}");
    Some(broken.into_iter().map(named).collect())
}

#[test]
#[ignore = "nightly: needs strace and many minutes"]
fn a_hundred_errors_of_system_calls() {
    const FAULTS: usize = 100;
    let mut chance = Chance::new(3);
    let broken: Vec<String> = (0..FAULTS).flat_map(|_| inject(&mut chance)).collect();
    report("errors of system calls", FAULTS, &broken);
}
