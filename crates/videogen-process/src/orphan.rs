//! What children of a process that was killed have left running.

/// A process that was ended because the supervisor of those who started it is dead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Orphan {
    /// The process id it had.
    pub pid: u32,
    /// The name of its program, at most 15 bytes of it (`comm` of `proc(5)`), without control characters.
    pub name: String,
    /// The process id of the program that had started it, or what started it.
    pub owner: u32,
    /// When it was started, in the kernel's clock ticks.
    #[cfg(target_os = "linux")]
    pub(crate) started: u64,
}

/// Kills what the children of dead processes of this user have left running, and waits for at most ten seconds until
/// it is gone. Returns what was killed.
///
/// A child of a [`Supervisor`](crate::Supervisor), and what it starts, have a variable in their environment that names
/// the supervisor's process by its namespace, id and start. Nothing else is touched: not what has no such variable, not
/// what has one of a process that lives or cannot be seen, not this process and its ancestors. What the supervisor's
/// guardian could end is ended already; this is for the case that the guardian was killed along with its program.
///
/// Blocks: it reads the environment of each of this user's processes, which takes milliseconds. Returns nothing where
/// there is no `/proc`.
pub fn end_orphans() -> Vec<Orphan> {
    #[cfg(target_os = "linux")]
    let ended = crate::guard::end_orphans();
    #[cfg(not(target_os = "linux"))]
    let ended = Vec::new();
    ended
}
