//! Starts, watches and kills a child on Windows: the child alone, not what it started. Untested.

use std::io;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::limits::Limits;

/// `CREATE_NEW_PROCESS_GROUP` (winbase.h, process creation flags): Ctrl-C in the console does not reach the child.
const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;

/// How often an exit is looked for. Waiting with the child borrowed would keep it from being killed.
const POLL: Duration = Duration::from_millis(20);

/// Limits are not set here.
pub(crate) fn configure(command: &mut Command, _limits: Limits) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP);
}

/// Blocks until the child has exited. Its handle stays open, so its process id stays taken.
pub(crate) fn wait_until_exited(
    _id: u32,
    mut try_wait: impl FnMut() -> io::Result<Option<ExitStatus>>,
) -> io::Result<()> {
    while try_wait()?.is_none() {
        std::thread::sleep(POLL);
    }
    Ok(())
}

/// There is no request to end that every program understands, so this is [`kill`].
pub(crate) fn terminate(child: &mut Child) {
    kill(child);
}

pub(crate) fn kill(child: &mut Child) {
    if let Err(error) = child.kill() {
        tracing::warn!(pid = child.id(), %error, "killing a process failed");
    }
}

/// The suffix decides on Windows, and `locate` sees to that.
pub(crate) fn executable(_path: &Path) -> bool {
    true
}
