//! A stream that somebody else reads, written by a thread of its own: who prints never waits for who reads.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// What one write hands over: a write of so much to a pipe is not torn by others (PIPE_BUF of Linux), and a slow reader is
/// seen to be reading.
const PIECE: usize = 4096;
/// How long to wait until a stream that takes nothing now (`O_NONBLOCK`, a job in the background) is asked again.
const RETRY: Duration = Duration::from_millis(20);
/// How often, a millisecond apart, somebody who must not wait looks whether the queue is free. It is never held longer
/// than it takes to put something into it.
const LOOKS: u32 = 50;

/// Writes some bytes, and says how many were taken.
pub(crate) type Write = dyn Fn(&[u8]) -> io::Result<usize> + Send + Sync;

/// The progress bars as they are to be seen now, in the place of those before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Frame {
    /// All lines, each one as wide as the terminal, so that there are no line ends.
    pub(crate) text: String,
    /// How many lines of the terminal that is.
    pub(crate) rows: usize,
}

/// A stream. Clones are the same stream.
///
/// Before [`Sink::start`] text is written by who prints it. From then on it is put into a queue, which a thread writes:
/// whether the reader is slow, stands still or is gone is of no consequence for anybody else. What cannot be written is
/// given up. Of progress bars only the newest state is kept, and it always stands below the text.
#[derive(Clone)]
pub(crate) struct Sink(Arc<Shared>);

struct Shared {
    write: Box<Write>,
    /// Whether this is not the time to write, though the stream would take it.
    held: Box<dyn Fn() -> bool + Send + Sync>,
    /// Bytes that wait at most; of more the oldest are left out.
    most: Option<usize>,
    queue: Mutex<Queue>,
    /// There is something to write.
    more: Condvar,
    /// Something was written.
    less: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    started: bool,
    text: VecDeque<Vec<u8>>,
    bytes: usize,
    left_out: usize,
    frame: Option<Frame>,
    /// Something was taken out of the queue and is not wholly written yet.
    writing: bool,
    /// Bytes that the stream has taken, to see whether somebody reads.
    taken: u64,
    /// What was taken when the reader was last given up.
    given_up: Option<u64>,
    error: Option<io::ErrorKind>,
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

impl Sink {
    /// A stream that `write` writes to, with `most` bytes in its queue; without a bound for what may not be left out.
    pub(crate) fn new(
        most: Option<usize>,
        write: impl Fn(&[u8]) -> io::Result<usize> + Send + Sync + 'static,
        held: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Shared {
            write: Box::new(write),
            held: Box::new(held),
            most,
            queue: Mutex::default(),
            more: Condvar::new(),
            less: Condvar::new(),
        }))
    }

    /// Starts the thread, unless it runs.
    ///
    /// # Errors
    /// The operating system refuses the thread.
    pub(crate) fn start(&self) -> io::Result<()> {
        self.start_with(&mut self.0.queue())
    }

    fn start_with(&self, queue: &mut Queue) -> io::Result<()> {
        if !queue.started {
            let shared = Arc::clone(&self.0);
            thread::Builder::new()
                .name("output".into())
                .spawn(move || shared.run())?;
            queue.started = true;
        }
        Ok(())
    }

    /// Prints.
    pub(crate) fn print(&self, text: Vec<u8>) {
        let mut queue = self.0.queue();
        if queue.started {
            self.0.push(&mut queue, text);
        } else {
            drop(queue);
            self.directly(&text);
        }
    }

    /// Prints without waiting for anything, not even for a lock; if that cannot be, it is not printed. For a panic and
    /// for the end after a signal.
    pub(crate) fn print_at_once(&self, text: Vec<u8>) {
        let Some(mut queue) = self.0.queue_soon() else {
            return;
        };
        if self.start_with(&mut queue).is_ok() {
            self.0.push(&mut queue, text);
        } else {
            // Without a thread there is no work that could be held up.
            drop(queue);
            self.directly(&text);
        }
    }

    /// Shows progress bars in the place of those before.
    pub(crate) fn show(&self, frame: Frame) {
        let mut queue = self.0.queue();
        if queue.started {
            queue.frame = Some(frame);
            self.0.more.notify_one();
        }
    }

    /// As [`Sink::show`], without waiting.
    pub(crate) fn show_at_once(&self, frame: Frame) {
        if let Some(mut queue) = self.0.queue_soon()
            && queue.started
        {
            queue.frame = Some(frame);
            self.0.more.notify_one();
        }
    }

    /// Waits until everything is written, but no longer than `still` during which the reader takes nothing, and not
    /// beyond `until`. Returns whether everything is written. A reader that was given up once and took nothing since is
    /// not waited for again.
    pub(crate) fn drain(&self, still: Duration, until: Instant) -> bool {
        let mut queue = self.0.queue();
        let (mut taken, mut since) = (queue.taken, Instant::now());
        loop {
            if queue.idle() {
                return true;
            }
            if queue.given_up == Some(queue.taken) {
                return false;
            }
            if queue.taken != taken {
                (taken, since) = (queue.taken, Instant::now());
            }
            let end = until.min(since + still);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                queue.given_up = Some(queue.taken);
                return false;
            }
            queue = self
                .0
                .less
                .wait_timeout(queue, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// As [`Sink::drain`], without ever waiting for a lock.
    pub(crate) fn drain_at_once(&self, until: Instant) {
        while Instant::now() < until {
            match self.0.queue_soon() {
                Some(queue) if !queue.idle() => {}
                _ => return,
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Bytes that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.0.queue().bytes
    }

    /// Why the last write failed, if one did and that was not asked for yet.
    pub(crate) fn take_error(&self) -> Option<io::ErrorKind> {
        self.0.queue().error.take()
    }

    fn directly(&self, text: &[u8]) {
        if let Err(error) = self.0.write_all(text, || {}) {
            self.0.queue().error = Some(error.kind());
        }
    }
}

/// Puts into the queue, and fails when an earlier write did.
impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(kind) = self.0.queue().error {
            return Err(kind.into());
        }
        self.print(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Queue {
    fn idle(&self) -> bool {
        !self.started || (!self.writing && self.text.is_empty() && self.frame.is_none())
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that holds it leaves it half changed.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue_soon(&self) -> Option<MutexGuard<'_, Queue>> {
        for look in 0..LOOKS {
            match self.queue.try_lock() {
                Ok(queue) => return Some(queue),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if look > 0 => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        None
    }

    fn push(&self, queue: &mut Queue, text: Vec<u8>) {
        queue.bytes += text.len();
        queue.text.push_back(text);
        while self.most.is_some_and(|most| queue.bytes > most) && queue.text.len() > 1 {
            // What is newest matters most: the summary, the error that ended it.
            if let Some(oldest) = queue.text.pop_front() {
                queue.bytes -= oldest.len();
                queue.left_out += 1;
            }
        }
        self.more.notify_one();
    }

    /// What the thread does, until the process ends.
    fn run(&self) {
        let mut seen = Frame::default();
        loop {
            let piece = self.next(&mut seen);
            let result = self.write_all(&piece, || thread_waits(&*self.held));
            let mut queue = self.queue();
            queue.writing = false;
            if let Err(error) = result {
                queue.error = Some(error.kind());
            }
            drop(queue);
            self.less.notify_all();
        }
    }

    /// Waits for something to write. `seen` is what stands below the text now.
    fn next(&self, seen: &mut Frame) -> Vec<u8> {
        let mut queue = self.queue();
        while queue.text.is_empty() && queue.frame.is_none() {
            queue = self
                .more
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        queue.writing = true;
        let mut text = Vec::new();
        if queue.left_out > 0 {
            let count = std::mem::take(&mut queue.left_out);
            text.extend(format!("[{count} messages left out: nobody read them]\n").into_bytes());
        }
        while let Some(next) = queue.text.front()
            && (text.is_empty() || text.len() + next.len() <= PIECE)
        {
            text.extend_from_slice(next);
            queue.bytes -= next.len();
            queue.text.pop_front();
        }
        let newest = queue.frame.take();
        drop(queue);
        compose(&text, newest, seen)
    }

    /// Writes everything; `before` is called before each piece.
    fn write_all(&self, text: &[u8], before: impl Fn()) -> io::Result<()> {
        let mut rest = text;
        while !rest.is_empty() {
            before();
            match (self.write)(&rest[..rest.len().min(PIECE)]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    self.queue().taken += count as u64;
                    self.less.notify_all();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(RETRY),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn thread_waits(held: &(dyn Fn() -> bool + Send + Sync)) {
    while held() {
        thread::sleep(RETRY);
    }
}

/// Text above the bars, and the newest bars in the place of those that are `seen`.
fn compose(text: &[u8], newest: Option<Frame>, seen: &mut Frame) -> Vec<u8> {
    if newest.as_ref().is_none_or(|newest| newest == seen) && text.is_empty() {
        return Vec::new();
    }
    let mut piece = Vec::new();
    if seen.rows > 0 {
        piece.push(b'\r');
        for _ in 1..seen.rows {
            piece.extend_from_slice(b"\x1b[A");
        }
        piece.extend_from_slice(b"\x1b[J");
    }
    piece.extend_from_slice(text);
    if let Some(newest) = newest {
        *seen = newest;
    }
    piece.extend_from_slice(seen.text.as_bytes());
    piece
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const LONG: Duration = Duration::from_mins(1);

    fn end() -> Instant {
        Instant::now() + LONG
    }

    /// A stream that takes one piece for each permit, and what it took.
    fn gated() -> (Sink, mpsc::Sender<()>, Arc<Mutex<Vec<u8>>>) {
        let (permit, gate) = mpsc::channel();
        let gate = Mutex::new(gate);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&taken);
        let write = move |bytes: &[u8]| {
            let gate = gate.lock().unwrap();
            gate.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            into.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        };
        (Sink::new(Some(100), write, || false), permit, taken)
    }

    fn text(taken: &Mutex<Vec<u8>>) -> String {
        String::from_utf8(taken.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn nobody_waits_for_a_reader_and_the_newest_is_kept() {
        let (sink, permit, taken) = gated();
        sink.start().unwrap();
        for n in 0..1000 {
            sink.print(format!("line {n}\n").into_bytes());
        }
        sink.print_at_once(b"at once\n".to_vec());
        assert!(sink.waiting() <= 100);
        assert!(!sink.drain(Duration::from_millis(5), end()), "nobody reads");
        for _ in 0..100 {
            permit.send(()).unwrap();
        }
        assert!(sink.drain(LONG, end()));
        let text = text(&taken);
        assert!(text.ends_with("line 999\nat once\n"), "{text}");
        assert!(text.contains("messages left out"), "{text}");
    }

    #[test]
    fn a_reader_that_is_gone_is_no_matter() {
        let (sink, permit, _) = gated();
        drop(permit);
        sink.start().unwrap();
        sink.print(b"one\n".to_vec());
        assert!(sink.drain(LONG, end()));
        sink.print(b"two\n".to_vec());
        assert!(sink.drain(LONG, end()));
        let mut writer = sink.clone();
        assert!(io::Write::write(&mut writer, b"x").is_err());
        assert_eq!(sink.take_error(), Some(io::ErrorKind::BrokenPipe));
        assert_eq!(sink.take_error(), None);
    }

    #[test]
    fn what_takes_nothing_for_now_is_asked_again() {
        let tries = Mutex::new(0);
        let taken = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&taken);
        let write = move |bytes: &[u8]| {
            let mut tries = tries.lock().unwrap();
            *tries += 1;
            match *tries {
                1 => Err(io::ErrorKind::WouldBlock.into()),
                2 => Err(io::ErrorKind::Interrupted.into()),
                _ => {
                    into.lock().unwrap().push(bytes[0]);
                    Ok(1)
                }
            }
        };
        // Also before there is a thread.
        let sink = Sink::new(None, write, || false);
        sink.print(b"abc".to_vec());
        assert_eq!(text(&taken), "abc");
    }

    #[test]
    fn bars_stand_below_the_text_and_only_the_newest_are_drawn() {
        let frame = |text: &str, rows| Frame {
            text: text.into(),
            rows,
        };
        let mut seen = Frame::default();
        let piece = |text: &str, newest, seen: &mut Frame| {
            String::from_utf8(compose(text.as_bytes(), newest, seen)).unwrap()
        };
        assert_eq!(piece("a\n", None, &mut seen), "a\n");
        assert_eq!(piece("", Some(frame("1122", 2)), &mut seen), "1122");
        assert_eq!(piece("b\n", None, &mut seen), "\r\u{1b}[A\u{1b}[Jb\n1122");
        assert_eq!(piece("", Some(frame("1122", 2)), &mut seen), "");
        assert_eq!(
            piece("c\n", Some(Frame::default()), &mut seen),
            "\r\u{1b}[A\u{1b}[Jc\n"
        );
        assert_eq!(piece("d\n", None, &mut seen), "d\n");
    }
}
