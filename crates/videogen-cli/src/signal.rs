//! Signals: the first one asks the work to end, the second one ends the program, and nothing takes longer than 15 s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use videogen_core::exit_now;

use crate::exit_code;
use crate::render_error::Failure;
use crate::screen::Screen;

/// After the first signal the program ends within 15 s, whatever the work does and whatever is blocked: a second of them is
/// for a machine that has a lot to do.
const PATIENCE: Duration = Duration::from_secs(14);
/// A terminal that closes may send more than one SIGHUP, its own and that of the shell: they mean the same.
const SAME_HANGUP: Duration = Duration::from_secs(2);

/// Watches for SIGINT, SIGTERM, SIGHUP and SIGXCPU (Ctrl-C and Ctrl-Break on Windows).
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    working: Arc<AtomicBool>,
}

impl Signals {
    /// Starts to watch, on a thread of its own: it has to answer also while every other thread is busy. Until
    /// [`Signals::working`] the first signal ends the program: there is nothing to clean up.
    ///
    /// # Errors
    /// The operating system refuses the thread or the handlers.
    pub(crate) fn watch(cancel: CancellationToken, screen: Screen) -> Result<Self, Failure> {
        let working = Arc::new(AtomicBool::new(false));
        let signals = Self {
            working: Arc::clone(&working),
        };
        let refused =
            |e: std::io::Error| Failure::machine("signals cannot be watched").caused_by(&e);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(refused)?;
        let mut source = {
            let _context = runtime.enter();
            Source::new().map_err(refused)?
        };
        let watch = move || {
            let first = runtime.block_on(source.next());
            let since = Instant::now();
            if working.load(Ordering::SeqCst) {
                cancel.cancel();
                // Said after it is done, and to nobody who could keep it from being done.
                screen.print_at_once(first.words());
                runtime.block_on(async {
                    let again = source.again(first, since);
                    let _ = tokio::time::timeout_at((since + PATIENCE).into(), again).await;
                });
            }
            screen.abandon();
            exit_now(exit_code::INTERRUPTED)
        };
        std::thread::Builder::new()
            .name("signals".into())
            .spawn(watch)
            .map_err(refused)?;
        Ok(signals)
    }

    /// From now on there is work that has to be ended in order.
    pub(crate) fn working(&self) {
        self.working.store(true, Ordering::SeqCst);
    }
}

/// A thread has panicked. The others notice and end the program, as a rule at once; where the one that panicked was
/// needed for that, it is ended here.
pub(crate) fn end_after_a_bug(screen: &Screen) {
    static ENDING: AtomicBool = AtomicBool::new(false);
    if ENDING.swap(true, Ordering::SeqCst) {
        return;
    }
    let last = screen.clone();
    let end = move || {
        std::thread::sleep(PATIENCE);
        last.abandon();
        exit_now(exit_code::BUG)
    };
    let watching = std::thread::Builder::new().name("last resort".into());
    if watching.spawn(end).is_err() {
        screen.abandon();
        exit_now(exit_code::BUG);
    }
}

/// Which signal it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// The terminal is gone.
    Hangup,
    /// Somebody wants the program to end.
    Stop,
    /// The limit of processor time is reached. The system says so every second until it kills.
    OutOfTime,
}

impl Asked {
    const fn words(self) -> &'static str {
        match self {
            Self::Hangup | Self::Stop => "stopping; press Ctrl-C again to stop at once",
            Self::OutOfTime => {
                "stopping: the processor time that this shell allows (`ulimit -t`) is used up"
            }
        }
    }

    /// Whether `next`, `after` this one, is but its echo.
    fn means(self, next: Self, after: Duration) -> bool {
        match self {
            Self::Hangup => next == Self::Hangup && after <= SAME_HANGUP,
            Self::OutOfTime => next == Self::OutOfTime,
            Self::Stop => false,
        }
    }
}

impl Source {
    /// Waits for the second signal, `first` having come at `since`.
    async fn again(&mut self, first: Asked, since: Instant) {
        loop {
            let next = self.next().await;
            if !first.means(next, since.elapsed()) {
                return;
            }
        }
    }
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
    out_of_time: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let out_of_time = SignalKind::from_raw(rustix::process::Signal::XCPU.as_raw());
        Ok(Self {
            out_of_time: signal(out_of_time)?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if ignores_hangup(&status) {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    async fn next(&mut self) -> Asked {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.out_of_time.recv() => Asked::OutOfTime,
            _ = hangup => Asked::Hangup,
        }
    }
}

/// Whether the program was started to outlive its terminal (`nohup`), by proc_pid_status(5): bit 0 of the mask of
/// ignored signals is SIGHUP, number 1. Where there is no such file, the answer is no.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(windows)]
struct Source(
    tokio::signal::windows::CtrlC,
    tokio::signal::windows::CtrlBreak,
);

#[cfg(windows)]
impl Source {
    fn new() -> std::io::Result<Self> {
        Ok(Self(
            tokio::signal::windows::ctrl_c()?,
            tokio::signal::windows::ctrl_break()?,
        ))
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.0.recv() => Asked::Stop,
            _ = self.1.recv() => Asked::Stop,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_no_second_signal() {
        use Asked::{Hangup, OutOfTime, Stop};
        let late = SAME_HANGUP + Duration::from_millis(1);
        assert!(Hangup.means(Hangup, SAME_HANGUP) && !Hangup.means(Hangup, late));
        assert!(OutOfTime.means(OutOfTime, late));
        for (first, next) in [(Stop, Stop), (Hangup, Stop), (OutOfTime, Stop)] {
            assert!(!first.means(next, Duration::ZERO), "{first:?}, {next:?}");
        }
    }

    #[test]
    fn nohup_is_respected() {
        assert!(ignores_hangup(
            "Name:\tvideogen\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"
        ));
        assert!(!ignores_hangup(
            "Name:\tvideogen\nSigIgn:\t0000000000001000\n"
        ));
        assert!(!ignores_hangup(""));
    }
}
