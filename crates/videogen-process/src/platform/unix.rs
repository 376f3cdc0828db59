//! Starts, watches and kills a child and its process group on Unix.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, getrlimit, setrlimit};

use crate::limits::{Limits, lowered};

/// The stack of a thread in a child whose addresses are bounded, at most, in bytes: what it is on every distribution
/// unless somebody changed it.
#[cfg(target_os = "linux")]
const STACK: u64 = 8 << 20;

/// Gives the child its own process group, its limits and, on Linux, a signal for the death of this process.
///
/// The parent-death signal is sent when the *thread* that forked ends (`PR_SET_PDEATHSIG(2const)`), so the thread that
/// spawns must stay until the child is gone.
pub(crate) fn configure(command: &mut Command, limits: Limits) {
    command.process_group(0);
    #[cfg(target_os = "linux")]
    let parent = rustix::process::getpid();
    let hook = move || {
        #[cfg(target_os = "linux")]
        {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // The parent may have died before the signal was set; then this process already has another parent.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::Error::from(rustix::io::Errno::SRCH));
            }
        }
        restrict(limits)?;
        if limits.private_files {
            rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        }
        Ok(())
    };
    #[expect(
        unsafe_code,
        reason = "the parent-death signal and the limits can only be set by the child itself"
    )]
    // SAFETY: between fork and exec only async-signal-safe code may run. The closure makes raw system calls (prctl,
    // getppid, getrlimit, setrlimit and umask, any of which is safe through libc, too) and builds an `io::Error` from an error
    // number; nothing allocates, locks or panics.
    unsafe {
        command.pre_exec(hook);
    }
}

/// Sets the limits of this process, which is a child before its exec.
fn restrict(limits: Limits) -> rustix::io::Result<()> {
    let lower = |resource, most| match lowered(getrlimit(resource), most) {
        Some(limit) => setrlimit(resource, limit),
        None => Ok(()),
    };
    lower(Resource::Fsize, limits.file_size)?;
    #[cfg(target_os = "linux")]
    {
        lower(Resource::As, limits.address_space)?;
        if limits.address_space.is_some() {
            // Each thread has this much of the addresses; where it is unlimited, the C library takes less.
            let stack = getrlimit(Resource::Stack);
            if stack.current.is_some_and(|current| current > STACK) {
                let current = Some(STACK);
                setrlimit(Resource::Stack, Rlimit { current, ..stack })?;
            }
        }
        lower(Resource::Data, limits.memory)?;
    }
    // One that crashes, or runs into its limits, leaves no image of its memory in somebody's directory.
    let cores = Rlimit {
        current: Some(0),
        ..getrlimit(Resource::Core)
    };
    setrlimit(Resource::Core, cores)
}

/// Blocks until the child has exited, and leaves it unreaped, so that its process id stays taken.
///
/// # Errors
///
/// `ECHILD` when somebody else reaped it. Its process id, and its group's, must not be used any more.
pub(crate) fn wait_until_exited(
    id: u32,
    _try_wait: impl FnMut() -> io::Result<Option<ExitStatus>>,
) -> io::Result<()> {
    loop {
        match rustix::process::waitid(
            WaitId::Pid(pid(id)),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Asks the child's process group to end.
pub(crate) fn terminate(child: &mut Child) {
    signal_group(child, Signal::TERM);
}

/// Kills what there is of the child's process group.
pub(crate) fn kill(child: &mut Child) {
    signal_group(child, Signal::KILL);
}

/// The child must not be reaped yet: until then its id, which is also the group's, belongs to it.
fn signal_group(child: &Child, signal: Signal) {
    match rustix::process::kill_process_group(pid(child.id()), signal) {
        // macOS answers EPERM for a group of nothing but zombies.
        Ok(()) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => {}
        Err(error) => {
            tracing::warn!(pid = child.id(), ?signal, %error, "signalling a process group failed");
        }
    }
}

/// Whether this process may execute `path`.
pub(crate) fn executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

fn pid(id: u32) -> Pid {
    i32::try_from(id)
        .ok()
        .and_then(Pid::from_raw)
        .expect("a process id is a positive pid_t")
}
