//! Ends a child: at its deadline, on a cancellation, and when the runtime it was started on shuts down.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time;

use crate::life::{Cause, Life, Phase};

/// How long after `SIGKILL` a child may take to be reaped before waiting for it is given up. Only one in an
/// uninterruptible system call takes that long.
const MOST_DYING: Duration = Duration::from_secs(5);

/// Kills a child and the rest of its group when dropped, unless it is reaped by then.
#[derive(Debug)]
pub(crate) struct KillOnDrop(pub(crate) Arc<Life>);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Runs until the child is reaped. Ends it after `deadline` or when it is stopped: `SIGTERM`, `grace`, `SIGKILL`.
/// Sends on `stuck` when the child does not die even then.
///
/// Dropping the future kills the child.
pub(crate) async fn enforce(
    guard: KillOnDrop,
    deadline: Duration,
    grace: Duration,
    stuck: oneshot::Sender<()>,
) {
    let life = &*guard.0;
    tokio::select! {
        biased;
        () = life.reached(Phase::Reaped) => return,
        () = life.stopped() => {}
        () = time::sleep(deadline) => life.stop(Cause::Deadline),
    }
    let cause = life.cause();
    tracing::debug!(pid = life.id(), ?cause, "ending child");
    if cause != Some(Cause::TooMuchOutput) && !grace.is_zero() {
        life.terminate();
        // Whether the child exits within its grace or not, what is left of the group is killed next.
        let _ = time::timeout(grace, life.reached(Phase::Exited)).await;
    }
    life.abandon();
    if time::timeout(MOST_DYING, life.reached(Phase::Reaped))
        .await
        .is_err()
    {
        tracing::warn!(pid = life.id(), "child does not die");
        // An error means that nobody waits for this child.
        let _ = stuck.send(());
    }
}
