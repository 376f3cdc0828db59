//! Calls what may hang for ever on a thread of its own, which can be left behind.
//!
//! A call into a driver whose card fell off the bus does not return, and nothing can end it. On the runtime's own threads
//! it would keep the program from ending.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::Error;

/// How many calls may be out at once. Each that hangs costs a thread.
const MOST: usize = 4;

/// Starts such calls and counts them.
#[derive(Debug, Clone, Default)]
pub(super) struct Detached {
    out: Arc<AtomicUsize>,
}

/// One less when the call is over, even by a panic.
struct Out(Arc<AtomicUsize>);

impl Drop for Out {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Detached {
    /// Runs `call` for `probe`, and waits for it at most until `deadline`.
    ///
    /// # Errors
    /// [`Error::TimedOut`], [`Error::Cancelled`]; [`Error::Probe`] when too many earlier calls have not come back, or
    /// this one panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        probe: &'static str,
        deadline: Duration,
        cancel: &CancellationToken,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let failed = |problem: String| Error::Probe { probe, problem };
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let before = self.out.fetch_add(1, Ordering::SeqCst);
        let out = Out(Arc::clone(&self.out));
        if before >= MOST {
            return Err(failed(format!("{before} earlier calls have not come back")));
        }
        let (reply, answer) = oneshot::channel();
        thread::Builder::new()
            .name(format!("probe {probe}"))
            .spawn(move || {
                let value = call();
                drop(out);
                // Nobody waits any more when the deadline is over.
                let _ = reply.send(value);
            })
            .map_err(|e| failed(format!("no thread for it: {e}")))?;
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::Cancelled),
            answer = tokio::time::timeout(deadline, answer) => match answer {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(_)) => Err(failed("it panicked".into())),
                Err(_) => Err(Error::TimedOut { what: format!("asking {probe}"), after: deadline }),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_call_that_hangs_is_left_behind_and_they_do_not_pile_up() {
        let detached = Detached::default();
        let never = CancellationToken::new();
        let short = Duration::from_millis(10);
        let long = Duration::from_mins(1);
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let hang = || {
            let gate = Arc::clone(&gate);
            move || {
                let _ = gate.lock().unwrap().recv();
            }
        };
        for _ in 0..MOST {
            let error = detached.run("x", short, &never, hang()).await.unwrap_err();
            assert!(matches!(error, Error::TimedOut { .. }), "{error}");
        }
        let error = detached.run("x", long, &never, hang()).await.unwrap_err();
        assert!(error.to_string().contains("have not come back"), "{error}");
        drop(release);
        for _ in 0..2000 {
            if detached.out.load(Ordering::SeqCst) == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(detached.run("x", long, &never, || 7).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn cancelling_does_not_wait_for_the_call() {
        let detached = Detached::default();
        let cancel = CancellationToken::new();
        let soon = cancel.clone();
        let (_open, gate) = mpsc::channel::<()>();
        let call = async {
            let hang = move || {
                let _ = gate.recv();
            };
            detached
                .run("x", Duration::from_mins(1), &cancel, hang)
                .await
        };
        let (error, ()) = tokio::join!(call, async { soon.cancel() });
        assert!(error.unwrap_err().is_cancelled());
        let error = detached
            .run("x", Duration::from_mins(1), &cancel, || ())
            .await;
        assert!(error.unwrap_err().is_cancelled());
    }
}
