//! Limits of the system that would end the program, or have it wait for ever, as errors: file sizes and threads.

use std::io;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// Threads that the runtime has for work that blocks, from the beginning to the end. What blocks waits for one of these
/// where the system gives no others, instead of for a thread that never comes.
const BLOCKING: usize = 4;
/// Threads that a run needs beside the runtime's and those that compute: one for each child, those of the encoder and of
/// the reports, with room.
const OTHERS: usize = 24;
/// The stack that a thread has by default (`std::thread`), and those of the runtime: with a limit of address space it is
/// stacks that there is no room for.
const STACK: usize = 2 << 20;
/// For a thread of the runtime to begin its work on a machine that is busy.
const BEGUN_WITHIN: Duration = Duration::from_secs(20);
/// Longer than any run.
const KEEP: Duration = Duration::from_hours(24 * 365);

/// Has a write beyond the limit of file sizes (`ulimit -f`) fail with an error, instead of the signal that ends the program
/// without a word. Children are not affected: a handler does not survive the start of another program.
pub(crate) fn large_files_are_errors() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(runtime) = Builder::new_current_thread().enable_io().build() else {
            // Without descriptors nothing is written either.
            return;
        };
        let _context = runtime.enter();
        // The handler stays when this is dropped. Nobody has to hear of the signal.
        let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
    }
}

/// Starts the runtime and the threads that compute: as many as there are processors, or as the system gives.
///
/// # Errors
/// It gives too few threads or descriptors for a run. Nothing is left running.
pub(crate) fn threads() -> io::Result<Runtime> {
    let processors = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let workers = processors_wanted("TOKIO_WORKER_THREADS").unwrap_or(processors);
    let computing = processors_wanted("RAYON_NUM_THREADS").unwrap_or(processors);
    let spare = available(workers + computing + BLOCKING + OTHERS)?
        .checked_sub(BLOCKING + OTHERS + 2)
        .ok_or_else(|| io::Error::from(io::ErrorKind::WouldBlock))?;
    // One each, and what there is beyond in halves.
    let workers = workers.min(1 + spare / 2);
    compute(computing.min(1 + spare / 2))?;
    let runtime = build(workers)?;
    hold(&runtime)?;
    Ok(runtime)
}

/// Builds the runtime, on a thread of its own: where the system refuses one of its threads after all, because somebody else
/// was faster, tokio waits for ever for those that it has started.
fn build(workers: usize) -> io::Result<Runtime> {
    let (tell, told) = mpsc::channel();
    thread::Builder::new()
        .name("start".to_owned())
        .spawn(move || {
            let runtime = Builder::new_multi_thread()
                .worker_threads(workers)
                .thread_keep_alive(KEEP)
                .enable_all()
                .build();
            // Nobody listens any more where it took too long.
            let _ = tell.send(runtime);
        })?;
    told.recv_timeout(BEGUN_WITHIN)
        .map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?
}

/// A number of threads that the user asks for by a variable, as the libraries that use them understand it.
fn processors_wanted(variable: &str) -> Option<usize> {
    let number: usize = std::env::var(variable).ok()?.parse().ok()?;
    (number > 0).then_some(number)
}

/// How many of `wanted` threads the system gives now. They are given back.
fn available(wanted: usize) -> io::Result<usize> {
    let mut waiting = Vec::new();
    let mut refused = None;
    for _ in 0..wanted {
        let (release, released) = mpsc::channel::<()>();
        let started = thread::Builder::new().stack_size(STACK).spawn(move || {
            // The other end is dropped, and nothing is ever sent.
            let _ = released.recv();
        });
        match started {
            Ok(thread) => waiting.push((release, thread)),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    let count = waiting.len();
    for (release, thread) in waiting {
        drop(release);
        // It does nothing that could panic.
        let _ = thread.join();
    }
    match refused {
        Some(error) if count < BLOCKING + OTHERS + 2 => Err(error),
        _ => Ok(count),
    }
}

/// Gives `count` threads, or as many as there are, to the pool that computes. It would end the program if it were started
/// where one of its threads cannot be.
fn compute(count: usize) -> io::Result<()> {
    let mut waiting = Vec::new();
    for number in 0..count {
        let (send, given) = mpsc::channel::<rayon::ThreadBuilder>();
        let started = thread::Builder::new()
            .name(format!("compute {number}"))
            .spawn(move || {
                if let Ok(work) = given.recv() {
                    work.run();
                }
            });
        match started {
            Ok(_) => waiting.push(send),
            Err(error) if waiting.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(waiting.len())
        .spawn_handler(move |work| {
            let thread = waiting.pop().ok_or(io::ErrorKind::WouldBlock)?;
            thread
                .send(work)
                .map_err(|_| io::ErrorKind::WouldBlock.into())
        })
        .build_global()
        .map_err(io::Error::other)
}

/// Has the runtime start its threads for work that blocks, and waits until they are there.
fn hold(runtime: &Runtime) -> io::Result<()> {
    let together = Arc::new(Barrier::new(BLOCKING));
    let (tell, told) = mpsc::channel();
    for _ in 0..BLOCKING {
        let (together, tell) = (Arc::clone(&together), tell.clone());
        runtime.spawn_blocking(move || {
            together.wait();
            // Nobody listens any more where it took too long.
            let _ = tell.send(());
        });
    }
    for _ in 0..BLOCKING {
        told.recv_timeout(BEGUN_WITHIN)
            .map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
    }
    Ok(())
}
