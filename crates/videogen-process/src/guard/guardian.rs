//! The guardian: a process that outlives this one by a moment, and kills what its children have left.
//!
//! It is a copy of this program, made by `fork(2)` and never another program: there is none that is everywhere, and a
//! library cannot count on its host to start itself again in another role. A copy of one thread of many must not touch
//! what the others may have held, so nothing here allocates, locks or panics: it makes system calls, on memory of its own
//! stack. It keeps no file, no directory and no terminal, takes no signal but those that cannot be refused, and is of a
//! session of its own, so that a signal to the program's group does not reach it.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::process::Pid;

use super::proc::{Stat, each_process, has_in_environment, is_called, kill_if};

/// What `ps` calls it. Without the name of the program, so that who ends that by its name leaves the guardian.
const NAME: &CStr = c"child-guardian";
/// How many groups it can be told of. More are not forgotten by [`super::Guard`], and found by their environment.
const GROUPS: usize = 512;
/// How often it looks for what is left. Only what is being started, or stuck in the kernel, is found twice.
const ROUNDS: u32 = 300;
/// Between two looks, in nanoseconds.
const PAUSE: libc::c_long = 10_000_000;

/// A process group, named for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    /// The id of the group, and of the process that leads it.
    pub(super) id: i32,
    /// When its leader was started, as [`Stat::started`]; 0 where that is not known.
    pub(super) started: u64,
}

/// What the guardian is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Message {
    /// This group lives.
    Begins(Group),
    /// This group is dead.
    Ends(Group),
}

/// Bytes of a message.
pub(super) const MESSAGE: usize = 16;

impl Message {
    pub(super) fn to_bytes(self) -> [u8; MESSAGE] {
        let (kind, group) = match self {
            Self::Begins(group) => (1_u32, group),
            Self::Ends(group) => (2, group),
        };
        let mut bytes = [0; MESSAGE];
        bytes[..4].copy_from_slice(&kind.to_ne_bytes());
        bytes[4..8].copy_from_slice(&group.id.to_ne_bytes());
        bytes[8..].copy_from_slice(&group.started.to_ne_bytes());
        bytes
    }

    fn from_bytes(bytes: [u8; MESSAGE]) -> Option<Self> {
        let [k0, k1, k2, k3, i0, i1, i2, i3, started @ ..] = bytes;
        let group = Group {
            id: i32::from_ne_bytes([i0, i1, i2, i3]),
            started: u64::from_ne_bytes(started),
        };
        match u32::from_ne_bytes([k0, k1, k2, k3]) {
            // Group 0 is one's own, and 1 is the system's.
            1 if group.id > 1 => Some(Self::Begins(group)),
            2 => Some(Self::Ends(group)),
            _ => None,
        }
    }
}

/// The groups it was told of.
struct Groups([Option<Group>; GROUPS]);

impl Groups {
    fn hear(&mut self, message: Message) {
        match message {
            Message::Begins(group) => {
                if let Some(free) = self.0.iter_mut().find(|slot| slot.is_none()) {
                    *free = Some(group);
                }
            }
            Message::Ends(group) => {
                let known = self.0.iter_mut().find(|slot| **slot == Some(group));
                if let Some(slot) = known {
                    *slot = None;
                }
            }
        }
    }

    /// Kills the groups, unless their ids are another's by now.
    fn kill(&self) {
        for group in self.0.iter().flatten() {
            // While there is a member the id is not given away, so without a leader of another time it is the same group.
            let same = Stat::of(group.id)
                .is_none_or(|leader| group.started == 0 || leader.started == group.started);
            if let (true, Some(id)) = (same, Pid::from_raw(group.id)) {
                // There may be nobody left.
                let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
            }
        }
    }
}

/// Starts a guardian that listens on `ears` and kills what has `entry` in its environment once the other end is closed.
///
/// # Errors
/// The system gives no process.
pub(super) fn start(ears: &OwnedFd, entry: &[u8]) -> io::Result<Pid> {
    let all = signals();
    let mut before = signals();
    #[expect(
        unsafe_code,
        reason = "there is no other way to a process that outlives this one without another program"
    )]
    // SAFETY: the masks are initialised and live. With every signal blocked no handler of the program runs in the copy.
    // `guard` makes nothing but system calls until it ends the copy, as `fork(2)` demands of a program of many threads,
    // and never returns or unwinds.
    let forked = unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const all, &raw mut before);
        let forked = libc::fork();
        if forked == 0 {
            guard(ears, entry);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        forked
    };
    // A negative number is an error, and 0 does not get here.
    Pid::from_raw(forked)
        .filter(|_| forked > 0)
        .ok_or_else(io::Error::last_os_error)
}

/// Every signal there is.
#[expect(unsafe_code, reason = "the set is made by the C library")]
fn signals() -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: `sigfillset` initialises what it is given, and cannot fail for memory that is there.
    unsafe {
        libc::sigfillset(set.as_mut_ptr());
        set.assume_init()
    }
}

/// Ends the copy should it panic: the rest of the program is not its to unwind.
struct NoWayBack;

impl Drop for NoWayBack {
    fn drop(&mut self) {
        end()
    }
}

/// What the copy does, until it ends.
fn guard(ears: &OwnedFd, entry: &[u8]) -> ! {
    let _no_way_back = NoWayBack;
    leave(ears.as_raw_fd());
    forget_arguments();
    let mut groups = Groups([None; GROUPS]);
    listen(&mut groups);
    for _ in 0..ROUNDS {
        groups.kill();
        let mut found = false;
        each_process(|pid| found |= kill(pid, entry));
        if !found {
            break;
        }
        pause();
    }
    end()
}

/// Kills `pid` if it has `entry` in its environment and is no guardian: the one of a child that supervises, too, has its
/// own work to do then, and ends by itself. Says whether a signal was sent.
pub(super) fn kill(pid: i32, entry: &[u8]) -> bool {
    kill_if(pid, || {
        has_in_environment(pid, entry) && !is_called(pid, NAME.to_bytes())
    })
}

/// Hears of groups until nobody is left who could tell.
fn listen(groups: &mut Groups) {
    loop {
        let mut message = [0; MESSAGE];
        match rustix::io::read(rustix::stdio::stdin(), &mut message) {
            Ok(0) => return,
            Ok(count) => {
                let whole = Some(message).filter(|_| count == MESSAGE);
                if let Some(message) = whole.and_then(Message::from_bytes) {
                    groups.hear(message);
                }
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return,
        }
    }
}

/// The longest command line that the kernel lets a program have (`MAX_ARG_STRINGS`, as of three quarters of 8 MiB).
const LONGEST_COMMAND_LINE: u64 = 6 << 20;

/// Empties the copy's command line: it is not a second instance of the program, for `ps` and for who ends the program by
/// its name or its arguments.
#[expect(unsafe_code, reason = "only the kernel knows where the arguments are")]
fn forget_arguments() {
    let Some((begin, end)) =
        Stat::of(rustix::process::getpid().as_raw_nonzero().get()).map(|stat| stat.arguments)
    else {
        return;
    };
    let length = end.saturating_sub(begin);
    if begin == 0 || length > LONGEST_COMMAND_LINE {
        return;
    }
    let at = std::ptr::with_exposed_provenance_mut::<u8>(begin as usize);
    // SAFETY: the kernel says that the strings of the arguments are there, on the first thread's stack, which can be
    // written. This is a copy of that memory which only this thread has, and it reads no arguments.
    unsafe { std::ptr::write_bytes(at, 0, length as usize) }
}

/// Leaves the program's session, directory and files; `ears` become the standard input.
#[expect(
    unsafe_code,
    reason = "the descriptors of the copied program belong to nobody here"
)]
fn leave(ears: i32) {
    // It fails only for who leads a group already, which a process that was just made does not.
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir(c"/");
    // SAFETY: these close descriptors of this copy alone, whose owners do not run in it; the name is a C string.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, NAME.as_ptr());
        libc::dup2(ears, 0);
        let (first, last): (libc::c_uint, libc::c_uint) = (1, libc::c_uint::MAX);
        if libc::syscall(libc::SYS_close_range, first, last, 0) != 0 {
            // Before Linux 5.9. A program that has more files open than this lets them be open a little longer.
            for descriptor in 1..65_536 {
                libc::close(descriptor);
            }
        }
    }
}

#[expect(unsafe_code, reason = "the thread sleeps by itself, without std")]
fn pause() {
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: PAUSE,
    };
    // SAFETY: the time lives, and nobody is told what is left of it.
    unsafe {
        libc::nanosleep(&raw const time, std::ptr::null_mut());
    }
}

#[expect(
    unsafe_code,
    reason = "what the program wanted done at its end is not done by its copy"
)]
fn end() -> ! {
    // SAFETY: it ends the process at once.
    unsafe { libc::_exit(0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(id: i32) -> Group {
        Group { id, started: 7 }
    }

    #[test]
    fn groups_are_remembered_until_they_end() {
        let mut groups = Groups([None; GROUPS]);
        for id in [10, 11, 12] {
            groups.hear(Message::Begins(group(id)));
        }
        groups.hear(Message::Ends(group(11)));
        groups.hear(Message::Ends(Group { id: 12, started: 8 }));
        groups.hear(Message::Begins(group(13)));
        let known: Vec<i32> = groups.0.iter().flatten().map(|group| group.id).collect();
        assert_eq!(known, [10, 13, 12]);
        for id in 100..2000 {
            groups.hear(Message::Begins(group(id)));
        }
        assert!(groups.0.iter().all(Option::is_some));
    }

    #[test]
    fn groups_that_are_nobodys_are_not_heard_of() {
        for id in [-1, 0, 1] {
            let bytes = Message::Begins(group(id)).to_bytes();
            assert_eq!(Message::from_bytes(bytes), None);
        }
    }

    proptest! {
        #[test]
        fn a_message_arrives_as_it_was_sent(id in 2..i32::MAX, started: u64, begins: bool) {
            let group = Group { id, started };
            let message = if begins { Message::Begins(group) } else { Message::Ends(group) };
            prop_assert_eq!(Message::from_bytes(message.to_bytes()), Some(message));
        }
    }
}
