//! Names who started a child, in the environment of the child and of all that it starts.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::proc::Stat;

/// What the names of the variables begin with. Each owner has a variable of its own, so that a child of a child that
/// supervises, too, has both.
pub(crate) const PREFIX: &str = "VIDEOGEN_CHILD_OF_";

/// A supervisor, among all that this system had since it was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The namespace that the process id is of, by its inode.
    namespace: u64,
    pub(crate) pid: i32,
    /// [`Stat::started`].
    started: u64,
    /// Which of the process's supervisors it is.
    number: u64,
}

impl Owner {
    /// Names a supervisor of this process. `None` without `/proc`.
    pub(crate) fn of_this_process() -> Option<Self> {
        let pid = own_pid();
        Some(Self {
            namespace: namespace()?,
            pid,
            started: Stat::of(pid)?.started,
            // The standard library's random numbers, without a counter that the whole program shares.
            number: RandomState::new().build_hasher().finish(),
        })
    }

    /// The variable that its children have.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{self}")
    }

    /// Reads the name of such a variable.
    pub(crate) fn parse(variable: &str) -> Option<Self> {
        let mut parts = variable.strip_prefix(PREFIX)?.split('_');
        let owner = Self {
            namespace: parts.next()?.parse().ok()?,
            pid: parts.next()?.parse().ok().filter(|pid| *pid > 0)?,
            started: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
        };
        // One spelling only: what this crate did not write is nobody's.
        (parts.next().is_none() && owner.variable() == variable).then_some(owner)
    }

    /// Whether its process is known to be dead. What cannot be seen from here is not.
    pub(crate) fn is_dead(&self) -> bool {
        if namespace() != Some(self.namespace) {
            return false;
        }
        match Stat::of(self.pid) {
            // The process id may be another's by now. One that waits to be reaped has ended.
            Some(stat) => stat.started != self.started || !stat.runs(),
            // It may be hidden, as /proc can be mounted.
            None => rustix::process::Pid::from_raw(self.pid).is_some_and(|pid| {
                rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
            }),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            pid,
            started,
            number,
        } = self;
        write!(f, "{namespace}_{pid}_{started}_{number}")
    }
}

/// The id of this process.
pub(crate) fn own_pid() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// The namespace of process ids that this process is in.
fn namespace() -> Option<u64> {
    Some(rustix::fs::stat(c"/proc/self/ns/pid").ok()?.st_ino)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn this_process_lives_and_others_of_its_id_are_dead() {
        let own = Owner::of_this_process().unwrap();
        assert_ne!(Owner::of_this_process(), Some(own.clone()));
        assert!(!own.is_dead());
        let earlier = Owner {
            started: own.started - 1,
            ..own.clone()
        };
        assert!(earlier.is_dead());
        let gone = Owner {
            pid: i32::MAX,
            ..own.clone()
        };
        assert!(gone.is_dead());
        let elsewhere = Owner {
            namespace: 1,
            ..gone
        };
        assert!(!elsewhere.is_dead(), "it cannot be seen from here");
    }

    proptest! {
        #[test]
        fn a_variable_names_its_owner(namespace: u64, pid in 1..i32::MAX, started: u64, number: u64) {
            let owner = Owner { namespace, pid, started, number };
            prop_assert_eq!(Owner::parse(&owner.variable()), Some(owner));
        }

        #[test]
        fn nothing_else_names_one(name in "(VIDEOGEN_CHILD_OF_)?[0-9_+x]{0,12}") {
            if let Some(owner) = Owner::parse(&name) {
                prop_assert_eq!(owner.variable(), name);
            }
        }
    }
}
