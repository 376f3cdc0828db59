//! Signals: the first one asks the work to end, the second one ends the program, and nothing takes longer than 15 s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::exit_code;
use crate::render_error::Failure;
use crate::screen::Screen;

/// After the first signal the program ends within this time, whatever the work does.
const PATIENCE: Duration = Duration::from_secs(15);

/// Watches for SIGINT, SIGTERM and SIGHUP (Ctrl-C and Ctrl-Break on Windows).
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
        let refused = |e: std::io::Error| Failure::usage("signals cannot be watched").caused_by(&e);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(refused)?;
        let mut source = {
            let _context = runtime.enter();
            Source::new().map_err(refused)?
        };
        let watch = move || {
            runtime.block_on(source.next());
            if !working.load(Ordering::SeqCst) {
                exit(&screen);
            }
            cancel.cancel();
            screen.print("stopping; press Ctrl-C again to stop at once");
            let clock = screen.clone();
            // Without this thread only the bound on time is lost.
            let _ = std::thread::Builder::new()
                .name("patience".into())
                .spawn(move || {
                    std::thread::sleep(PATIENCE);
                    exit(&clock);
                });
            runtime.block_on(source.next());
            exit(&screen);
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

/// Ends the program at once. Children die with it: videogen-process ties them to their parent.
#[expect(
    clippy::exit,
    reason = "the purpose of the second signal is not to wait for anything"
)]
fn exit(screen: &Screen) -> ! {
    screen.restore();
    std::process::exit(i32::from(exit_code::INTERRUPTED))
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Source {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if ignores_hangup(&status) {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
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

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

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
