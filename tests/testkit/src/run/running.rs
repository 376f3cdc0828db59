//! A run between its start and its end: signals, waiting, the time limit.

use std::io::Read;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::{Finished, Place};

/// How often the end of a run is looked for.
const POLL: Duration = Duration::from_millis(5);

/// How long output is awaited after the program has ended. Longer means that a child it left behind
/// holds its output open.
const DRAIN: Duration = Duration::from_secs(5);

/// Reads a pipe to its end in the background; what has arrived is sent in pieces.
pub(super) fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = pipe.read(&mut buffer)
            && length > 0
            && sender.send(buffer[..length].to_vec()).is_ok()
        {}
    });
    receiver
}

/// A program that has been started. Dropped, it is killed with its group.
#[derive(Debug)]
pub struct Running {
    pub(super) child: Child,
    pub(super) stdout: Receiver<Vec<u8>>,
    pub(super) stderr: Receiver<Vec<u8>>,
    pub(super) begin: Instant,
    pub(super) deadline: Instant,
    pub(super) place: Option<Place>,
    pub(super) work: Utf8PathBuf,
}

impl Running {
    /// The program's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The directory the program works in.
    pub fn work(&self) -> &Utf8Path {
        &self.work
    }

    /// Sends a signal by its number (2 is Ctrl-C, 15 is SIGTERM, 9 is SIGKILL) to the program alone.
    ///
    /// # Panics
    /// For a number that is no signal.
    #[cfg(unix)]
    pub fn signal(&self, number: i32) {
        use rustix::process::{Pid, Signal, kill_process};
        let signal = Signal::from_named_raw(number).expect("a number of a signal");
        // It may have ended in the meantime; the test sees that by its exit code.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }

    /// Whether the program has ended.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be asked")
            .is_some()
    }

    /// Waits until `condition` holds or the program has ended; tells whether it holds.
    pub fn wait_until(&mut self, mut condition: impl FnMut() -> bool) -> bool {
        loop {
            // Asked first: what has ended since may have brought the condition about.
            let ended = self.has_ended() || Instant::now() > self.deadline;
            if condition() {
                return true;
            }
            if ended {
                return false;
            }
            thread::sleep(POLL);
        }
    }

    /// Waits for the end; past the time limit the whole group is killed.
    ///
    /// # Panics
    /// When the system does not tell how it ended.
    pub fn finish(mut self) -> Finished {
        let mut timed_out = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if Instant::now() >= self.deadline {
                timed_out = true;
                self.kill();
                break self.child.wait().expect("a killed child ends");
            }
            thread::sleep(POLL);
        };
        let elapsed = self.begin.elapsed();
        let drained = Instant::now() + DRAIN;
        let (stdout, stdout_closed) = drain(&self.stdout, drained);
        let (stderr, stderr_closed) = drain(&self.stderr, drained);
        Finished {
            status,
            stdout,
            stderr,
            elapsed,
            timed_out,
            leaked: !(stdout_closed && stderr_closed),
            place: self.place.take().expect("a run finishes once"),
            work: self.work.clone(),
        }
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only a child that was not yet reaped: its number may by now be another's.
        if let Ok(None) = self.child.try_wait() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

/// What arrives until the pipe is closed or `until`; and whether it was closed.
fn drain(pieces: &Receiver<Vec<u8>>, until: Instant) -> (Vec<u8>, bool) {
    use std::sync::mpsc::RecvTimeoutError;
    let mut all = Vec::new();
    loop {
        match pieces.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(piece) => all.extend(piece),
            Err(RecvTimeoutError::Disconnected) => return (all, true),
            Err(RecvTimeoutError::Timeout) => return (all, false),
        }
    }
}
