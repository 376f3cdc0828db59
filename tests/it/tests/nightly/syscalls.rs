//! The n-th call of one kind that a thread of the program, or of its children, makes fails, as `strace --inject` makes it.

use crate::subject::{Chance, Subject, report};

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

fn inject(chance: &mut Chance) -> Vec<String> {
    let subject = Subject::new();
    let (call, errors, first) = chance.one_of(FAULTS);
    let error = chance.one_of(errors);
    let nth = first + chance.below(CALLS);
    let fault = format!("inject={call}:error={error}:when={nth}");
    let trace = format!("trace={call}");
    let program = testkit::videogen_bin();
    let strace = testkit::find_program("strace")
        .expect("strace is installed: scripts/nightly.sh installs it");
    let ran = subject
        .run(strace)
        .args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e"])
        .args([trace.as_str(), "-e", fault.as_str(), program.as_str()])
        .args(subject.generate())
        .finish();
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
    broken.into_iter().map(named).collect()
}

#[test]
#[ignore = "nightly: needs strace and many minutes"]
fn a_hundred_errors_of_system_calls() {
    const FAULTS: usize = 100;
    let mut chance = Chance(3);
    let broken: Vec<String> = (0..FAULTS).flat_map(|_| inject(&mut chance)).collect();
    report("errors of system calls", FAULTS, &broken);
}
