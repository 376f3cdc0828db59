//! Ends what children have started, also when this process is killed: a guardian while it lives, and the recognition of
//! orphans by a later process where the guardian was killed, too.
//!
//! Two things are known of a descendant. It is in the group of the child, unless it left it; and it has a variable in
//! its environment that names the supervisor, unless it took that away. What is in neither is out of reach.

mod guardian;
mod orphans;
mod owner;
mod proc;

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, mpsc};
use std::thread;

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};
use rustix::process::WaitOptions;

pub(crate) use orphans::end_orphans;
pub(crate) use owner::PREFIX;

use guardian::{Group, Message};
use owner::Owner;
use proc::Stat;

/// How often a guardian that was killed is replaced. Something that kills it each time is stronger.
const MOST_GUARDIANS: usize = 16;
/// For a thread that waits, and for what the guardian has on its stack: some 20 KiB.
const STACK_SIZE: usize = 256 * 1024;

/// What a supervisor knows of its children's descendants. It ends with the last clone of the supervisor and the last
/// child.
#[derive(Debug, Default)]
pub(crate) struct Guard(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    owner: Option<Owner>,
    /// Whether a guardian was asked for. One that cannot be had is not asked for again.
    begun: bool,
    /// To the guardian. It acts when this is closed.
    mouth: Option<OwnedFd>,
    /// The groups of children that are not reaped yet.
    groups: Vec<Group>,
}

impl Guard {
    /// The variable for the environment of a child, and its value. The first call starts the guardian, and returns when
    /// it is there or cannot be had: then only the child itself is sure to end with this process, and what it left is
    /// recognised by a later one.
    pub(crate) fn variable(self: &Arc<Self>) -> Option<(String, &'static str)> {
        let mut state = self.state();
        if !state.begun {
            state.begun = true;
            state.owner = Owner::of_this_process();
            if let Some(owner) = &state.owner {
                let entry = format!("{}=1", owner.variable());
                let guard = Arc::downgrade(self);
                drop(state);
                begin(guard, entry);
                state = self.state();
            }
        }
        let name = state.owner.as_ref()?.variable();
        Some((name, "1"))
    }

    /// Has the group of a child guarded until the answer is dropped. The child must not be reaped before.
    pub(crate) fn ward(self: &Arc<Self>, child: u32) -> Ward {
        let id = i32::try_from(child).unwrap_or(0);
        let started = Stat::of(id).map_or(0, |stat| stat.started);
        let group = Group { id, started };
        let mut state = self.state();
        state.groups.push(group);
        state.tell(Message::Begins(group));
        Ward {
            guard: Arc::clone(self),
            group,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock leaves the state half changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Tells the guardian, without ever waiting for it. One that does not listen still finds the children of `owner`.
    fn tell(&self, message: Message) {
        if let Some(mouth) = &self.mouth {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            if let Err(error) = send(mouth, &message.to_bytes(), flags) {
                tracing::debug!(%error, ?message, "the guardian does not listen");
            }
        }
    }
}

/// A child whose group is guarded.
#[derive(Debug)]
pub(crate) struct Ward {
    guard: Arc<Guard>,
    group: Group,
}

impl Drop for Ward {
    fn drop(&mut self) {
        let mut state = self.guard.state();
        state.groups.retain(|group| *group != self.group);
        state.tell(Message::Ends(self.group));
    }
}

/// Starts the thread that starts guardians, and waits for the first one.
fn begin(guard: Weak<Guard>, entry: String) {
    let (ready, is_ready) = mpsc::sync_channel(1);
    let started = thread::Builder::new()
        .name("guardian".to_owned())
        .stack_size(STACK_SIZE)
        .spawn(move || keep_guarded(&guard, entry.as_bytes(), &ready));
    match started {
        // An error means that there is none.
        Ok(_) => drop(is_ready.recv()),
        Err(error) => tracing::debug!(%error, "no guardian"),
    }
}

/// Has a guardian, one after another, as long as there is something to guard; reaps each.
fn keep_guarded(guard: &Weak<Guard>, entry: &[u8], ready: &mpsc::SyncSender<()>) {
    for _ in 0..MOST_GUARDIANS {
        let flags = SocketFlags::CLOEXEC;
        let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
        let guardian = pair.map_err(Into::into).and_then(|(mouth, ears)| {
            // Before the fork, so that nothing is missed; it is in the socket until the guardian hears it.
            match guard.upgrade() {
                Some(guard) => guard.state().speak_through(mouth),
                None => return Ok(None),
            }
            guardian::start(&ears, entry).map(Some)
        });
        // Nobody waits any more after the first.
        let _ = ready.try_send(());
        let guardian = match guardian {
            Ok(Some(guardian)) => guardian,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, "no guardian");
                return;
            }
        };
        while let Err(rustix::io::Errno::INTR) =
            rustix::process::waitpid(Some(guardian), WaitOptions::empty())
        {}
        if guard.strong_count() == 0 {
            return;
        }
        tracing::debug!("the guardian was killed; there is another one");
    }
}

impl State {
    /// Has `mouth` be what messages go through, and repeats what was told before.
    fn speak_through(&mut self, mouth: OwnedFd) {
        self.mouth = Some(mouth);
        for group in &self.groups {
            self.tell(Message::Begins(*group));
        }
    }
}
