//! The state of one child that its thread, its tasks and its handle share.

use std::io;
use std::process::ExitStatus;
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use tokio::sync::watch;

#[cfg(target_os = "linux")]
use crate::guard::{Guard, Ward};
use crate::platform;

/// How far a child has come. The order is the order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// As far as is known it runs.
    Running,
    /// It has exited; its process id, and so its group's, is still taken.
    Exited,
    /// It is gone, and so is its process id.
    Reaped,
}

/// Why this crate ends a child. The first cause stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Cancelled,
    Deadline,
    TooMuchOutput,
}

/// What the reaping thread is told after the child has exited.
#[derive(Debug)]
pub(crate) enum Note {
    /// One of the output pipes is closed, or nobody reads it any more.
    Drained,
    /// Nobody is interested in more output.
    Hurry,
}

/// One child, from its spawn on.
///
/// Signals and reaping take the same lock, so no signal is sent to a process id that was given back.
#[derive(Debug)]
pub(crate) struct Life {
    id: u32,
    leader: Mutex<Leader>,
    phase: watch::Sender<Phase>,
    cause: watch::Sender<Option<Cause>>,
    notes: mpsc::Sender<Note>,
}

#[derive(Debug)]
struct Leader {
    child: std::process::Child,
    phase: Phase,
    cause: Option<Cause>,
    /// Memory the child may still read through a pipe.
    #[cfg(target_os = "linux")]
    lent: Vec<Vec<u8>>,
    /// Has what is left of the group killed should this process be.
    #[cfg(target_os = "linux")]
    ward: Option<Ward>,
}

impl Life {
    pub(crate) fn new(
        child: std::process::Child,
        notes: mpsc::Sender<Note>,
        #[cfg(target_os = "linux")] guard: &Arc<Guard>,
    ) -> Self {
        Self {
            id: child.id(),
            leader: Mutex::new(Leader {
                phase: Phase::Running,
                cause: None,
                #[cfg(target_os = "linux")]
                lent: Vec::new(),
                #[cfg(target_os = "linux")]
                ward: Some(guard.ward(child.id())),
                child,
            }),
            phase: watch::Sender::new(Phase::Running),
            cause: watch::Sender::new(None),
            notes,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Has the child ended for `cause`, unless it is being ended already or has exited by itself.
    pub(crate) fn stop(&self, cause: Cause) {
        let mut leader = self.leader();
        if leader.phase == Phase::Running && leader.cause.is_none() {
            leader.cause = Some(cause);
            self.cause.send_replace(Some(cause));
        }
    }

    /// Why the child was ended, if it was.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.leader().cause
    }

    /// Asks the child's process group to end.
    pub(crate) fn terminate(&self) {
        let mut leader = self.leader();
        if leader.phase == Phase::Running {
            platform::terminate(&mut leader.child);
        }
    }

    /// Kills the child's process group. After the exit of the child that is what is left of it.
    pub(crate) fn kill(&self) {
        let mut leader = self.leader();
        if leader.phase < Phase::Reaped {
            platform::kill(&mut leader.child);
        }
    }

    /// Kills the child's process group and has the child reaped without waiting for its output.
    pub(crate) fn abandon(&self) {
        self.kill();
        self.note(Note::Hurry);
    }

    /// Tells the reaping thread.
    pub(crate) fn note(&self, note: Note) {
        // An error means that the thread is done, so that it need not be told.
        let _ = self.notes.send(note);
    }

    /// Returns once the child has come to `phase`.
    pub(crate) async fn reached(&self, phase: Phase) {
        // An error would mean that the sender is gone, and `self` holds it.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Returns once there is a cause to end the child.
    pub(crate) async fn stopped(&self) {
        // As in `reached`.
        let _ = self.cause.subscribe().wait_for(Option::is_some).await;
    }

    /// For platforms where an exit is looked for instead of waited for.
    pub(crate) fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        self.leader().child.try_wait()
    }

    /// Records that the child has exited. It is not reaped yet.
    pub(crate) fn exited(&self) {
        self.enter(&mut self.leader(), Phase::Exited);
    }

    /// Kills what is left of the group and gives the process id back. Only after the exit.
    pub(crate) fn reap(&self) -> io::Result<ExitStatus> {
        let mut leader = self.leader();
        if cfg!(unix) {
            platform::kill(&mut leader.child);
        }
        // Before the id of the group is given back.
        #[cfg(target_os = "linux")]
        drop(leader.ward.take());
        let status = leader.child.wait();
        self.enter(&mut leader, Phase::Reaped);
        status
    }

    /// Records that somebody else reaped the child. Nothing is signalled from here on: the process id may be another's.
    pub(crate) fn lost(&self) {
        self.enter(&mut self.leader(), Phase::Reaped);
    }

    /// Keeps memory whose pages are in the child's pipe until the child is gone.
    #[cfg(target_os = "linux")]
    pub(crate) fn keep(&self, buffers: Vec<Vec<u8>>) {
        let mut leader = self.leader();
        if leader.phase < Phase::Reaped {
            leader.lent.extend(buffers);
        }
    }

    fn enter(&self, leader: &mut Leader, phase: Phase) {
        leader.phase = phase;
        #[cfg(target_os = "linux")]
        if phase == Phase::Reaped {
            leader.lent = Vec::new();
            leader.ward = None;
        }
        self.phase.send_replace(phase);
    }

    fn leader(&self) -> MutexGuard<'_, Leader> {
        // Nothing that holds the lock leaves the state half changed, so a panic elsewhere does not spoil it.
        self.leader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
