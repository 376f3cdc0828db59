//! Reads what the kernel tells of processes, without allocating: a forked copy of this program reads it, too.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The longest path that is made here, `/proc/4194304/environ`, with room.
const LONGEST_PATH: usize = 40;
/// Enough for `/proc/<pid>/stat`, whose name has 64 bytes at most and whose 51 numbers have 20 digits at most.
const STAT: usize = 2048;
/// How much of an environment is read at a time.
const CHUNK: usize = 4096;
/// The most that is read of an environment: the kernel lets arguments and environment have 6 MiB (`MAX_ARG_STRINGS`).
const LONGEST_ENVIRONMENT: usize = 8 << 20;

/// What `/proc/<pid>/stat` says of a process, as far as it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    /// `Z` and `X` are dead.
    pub(crate) state: u8,
    /// The process id of its parent.
    pub(crate) parent: i32,
    /// When it was started, in clock ticks since the system was. With the process id it names a process for good.
    pub(crate) started: u64,
    /// Where its command line begins and ends in its memory; 0 for who may not know.
    pub(crate) arguments: (u64, u64),
}

impl Stat {
    /// Reads the line of `proc_pid_stat(5)`. The name in it may contain anything, parentheses and spaces included.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let behind = line.iter().rposition(|byte| *byte == b')')? + 1;
        let mut fields = line.get(behind..)?.split(|byte| *byte == b' ');
        // The line goes on with a space, so the first of these is empty.
        fields.next()?;
        let state = *fields.next()?.first()?;
        let parent = number(fields.next()?)?;
        // Field 22; the parent is field 4.
        let started = number(fields.nth(17)?)?;
        // Fields 48 and 49.
        let begin = fields.nth(25).and_then(number);
        let end = fields.next().and_then(number);
        Some(Self {
            state,
            parent: i32::try_from(parent).ok()?,
            started,
            arguments: begin.zip(end).unwrap_or((0, 0)),
        })
    }

    /// Reads it for `pid`; `None` when there is no such process, or it cannot be seen.
    pub(crate) fn of(pid: i32) -> Option<Self> {
        let mut line = [0; STAT];
        let mut path = [0; LONGEST_PATH];
        let filled = read_all(&open(proc_path(&mut path, pid, b"/stat")?)?, &mut line);
        Self::parse(line.get(..filled)?)
    }

    /// Whether it has not ended. One that waits to be reaped has.
    pub(crate) fn runs(&self) -> bool {
        !matches!(self.state, b'Z' | b'X')
    }
}

/// A decimal number without a sign.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Writes `/proc/<pid><what>` into `buffer`.
fn proc_path<'a>(buffer: &'a mut [u8; LONGEST_PATH], pid: i32, what: &[u8]) -> Option<&'a CStr> {
    let mut digits = [0_u8; 10];
    let mut rest = u32::try_from(pid).ok()?;
    let mut first = digits.len();
    loop {
        first = first.checked_sub(1)?;
        *digits.get_mut(first)? = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut at = 0;
    for part in [b"/proc/".as_slice(), digits.get(first..)?, what, b"\0"] {
        buffer.get_mut(at..at + part.len())?.copy_from_slice(part);
        at += part.len();
    }
    CStr::from_bytes_until_nul(buffer).ok()
}

fn open(path: &CStr) -> Option<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    openat(CWD, path, flags, Mode::empty()).ok()
}

/// Fills `buffer` as far as there is something; an error ends it as the end of the file does.
fn read_all(file: &OwnedFd, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    while let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
        match rustix::io::read(file, room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    filled
}

/// Looks for one entry in the bytes of an environment, fed piece by piece.
#[derive(Debug)]
pub(crate) struct Finder<'a> {
    entry: &'a [u8],
    /// How many bytes of the entry the current one begins with; nothing once it differs.
    same: Option<usize>,
}

impl<'a> Finder<'a> {
    pub(crate) fn new(entry: &'a [u8]) -> Self {
        Self {
            entry,
            same: Some(0),
        }
    }

    /// Whether an entry that ends in `bytes` is the one.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            if *byte == 0 {
                if self.is_found() {
                    return true;
                }
                self.same = Some(0);
            } else {
                self.same = self
                    .same
                    .filter(|same| self.entry.get(*same) == Some(byte))
                    .map(|same| same + 1);
            }
        }
        false
    }

    /// Whether the entry that was begun is the one, if nothing follows.
    pub(crate) fn is_found(&self) -> bool {
        self.same == Some(self.entry.len())
    }
}

/// Whether the environment that `pid` was started with has `entry`, a name with its value. A process of somebody else
/// has not, as far as can be told.
pub(crate) fn has_in_environment(pid: i32, entry: &[u8]) -> bool {
    let mut path = [0; LONGEST_PATH];
    let Some(file) = proc_path(&mut path, pid, b"/environ").and_then(open) else {
        return false;
    };
    let mut finder = Finder::new(entry);
    let mut chunk = [0; CHUNK];
    let mut left = LONGEST_ENVIRONMENT;
    while left > 0 {
        let filled = read_all(&file, &mut chunk);
        if finder.feed(chunk.get(..filled).unwrap_or_default()) {
            return true;
        }
        if filled < CHUNK {
            break;
        }
        left = left.saturating_sub(filled);
    }
    finder.is_found()
}

/// Whether `pid` calls itself `name`, which has at most 15 bytes.
pub(crate) fn is_called(pid: i32, name: &[u8]) -> bool {
    let mut path = [0; LONGEST_PATH];
    let mut line = [0; 32];
    let file = proc_path(&mut path, pid, b"/comm").and_then(open);
    file.is_some_and(|file| {
        let filled = read_all(&file, &mut line);
        line.get(..filled).and_then(|line| line.strip_suffix(b"\n")) == Some(name)
    })
}

/// Calls `visit` with the id of each process that can be seen.
pub(crate) fn each_process(mut visit: impl FnMut(i32)) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(proc) = openat(CWD, c"/proc", flags, Mode::empty()) else {
        return;
    };
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(proc, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let pid = number(entry.file_name().to_bytes()).and_then(|pid| i32::try_from(pid).ok());
        if let Some(pid) = pid {
            visit(pid);
        }
    }
}

/// Kills `pid` if `is_it` holds of it. Whether it holds is asked while the process id cannot become another's, where
/// the kernel can promise that (Linux 5.3). Says whether a signal was sent.
pub(crate) fn kill_if(pid: i32, is_it: impl FnOnce() -> bool) -> bool {
    let Some(id) = Pid::from_raw(pid) else {
        return false;
    };
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(held) => is_it() && pidfd_send_signal(held, Signal::KILL).is_ok(),
        // No such call, or a filter of calls that does not let it pass.
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => {
            is_it() && rustix::process::kill_process(id, Signal::KILL).is_ok()
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_with_anything_in_it_does_not_shift_the_fields() {
        let line = b"42 (a) R (b) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 2\n";
        assert_eq!(
            Stat::parse(line),
            Some(Stat {
                state: b'S',
                parent: 7,
                started: 98765,
                arguments: (0, 0),
            })
        );
        assert_eq!(Stat::parse(b"42 (a) S 7"), None);
        assert_eq!(Stat::parse(b""), None);
    }

    #[test]
    fn this_process_can_be_seen() {
        let own = i32::try_from(std::process::id()).unwrap();
        let stat = Stat::of(own).unwrap();
        assert!(stat.runs() && stat.started > 0);
        let arguments = std::fs::read("/proc/self/cmdline").unwrap().len() as u64;
        assert_eq!(stat.arguments.1 - stat.arguments.0, arguments);
        assert_eq!(
            stat.parent,
            rustix::process::getppid().unwrap().as_raw_nonzero().get()
        );
        let mut seen = false;
        each_process(|pid| seen |= pid == own);
        assert!(seen);
        assert!(std::env::var_os("PATH").is_some());
        let path = format!("PATH={}", std::env::var("PATH").unwrap());
        assert!(has_in_environment(own, path.as_bytes()));
        assert!(!has_in_environment(own, b"PATH="));
        assert_eq!(Stat::of(i32::MAX), None);
    }

    proptest! {
        #[test]
        fn an_entry_is_found_however_the_bytes_arrive(
            entries in proptest::collection::vec("[AB=]{0,4}", 0..8),
            wanted in "[AB=]{1,4}",
            piece in 1_usize..6,
            ended: bool,
        ) {
            let mut bytes = entries.join("\0").into_bytes();
            if ended {
                bytes.push(0);
            }
            let mut finder = Finder::new(wanted.as_bytes());
            let found = bytes.chunks(piece).any(|piece| finder.feed(piece)) || finder.is_found();
            prop_assert_eq!(found, entries.contains(&wanted));
        }

        #[test]
        fn no_line_makes_it_panic(line: Vec<u8>) {
            let _ = Stat::parse(&line);
        }
    }
}
