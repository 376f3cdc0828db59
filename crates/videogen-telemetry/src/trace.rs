//! When each stage ran, as a file that Perfetto and Chrome's `about:tracing` show.
//!
//! Format: "Trace Event Format", complete events (`"ph": "X"`, times in µs) and metadata events that name the lanes.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde::Serialize;
use videogen_durable::Effects;

use super::bounded;
use super::write_whole;

/// Spans that are kept; from then on each new one replaces the oldest. They take about 10 MB.
pub const MOST_SPANS: usize = 100_000;
/// Lanes that are told apart; all further ones are shown in the last.
const MOST_LANES: usize = 256;
/// Rows that a lane is drawn with when its spans overlap; what overlaps even more is put into the last.
const MOST_ROWS: usize = 64;
/// The one process of the file.
const PID: u32 = 1;

/// A row of the picture: something that does one thing after the other, such as "gpu" or "encoder".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane(usize);

/// Collects spans. Cheap enough to be always on: recording one takes a lock and no system call.
#[derive(Debug)]
pub struct Trace {
    started: Instant,
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lanes: Vec<String>,
    spans: VecDeque<Span>,
    dropped: u64,
}

#[derive(Debug, Clone)]
struct Span {
    video: u32,
    stage: Cow<'static, str>,
    lane: Lane,
    /// Since the trace began; never more than `end`.
    start: Duration,
    end: Duration,
}

impl Default for Trace {
    fn default() -> Self {
        Self::new()
    }
}

impl Trace {
    /// A trace that begins now and keeps the last [`MOST_SPANS`] spans.
    pub fn new() -> Self {
        Self::keeping(MOST_SPANS)
    }

    fn keeping(most: usize) -> Self {
        Self {
            started: Instant::now(),
            most,
            state: Mutex::default(),
        }
    }

    /// The lane called `name` (128 bytes of it), new or known.
    pub fn lane(&self, name: &str) -> Lane {
        let name = bounded(name);
        let mut state = self.state();
        if let Some(known) = state.lanes.iter().position(|lane| lane == name) {
            return Lane(known);
        }
        if state.lanes.len() < MOST_LANES {
            state.lanes.push(name.to_owned());
        }
        Lane(state.lanes.len() - 1)
    }

    /// Records that `stage` (128 bytes of it) of video `video` ran from `start` to `end`. Times before the trace began
    /// are its beginning; an `end` before `start` is `start`.
    pub fn record(
        &self,
        lane: Lane,
        stage: impl Into<Cow<'static, str>>,
        video: u32,
        start: Instant,
        end: Instant,
    ) {
        let mut stage = stage.into();
        if bounded(&stage).len() < stage.len() {
            stage = Cow::Owned(bounded(&stage).to_owned());
        }
        let start = start.saturating_duration_since(self.started);
        let end = end.saturating_duration_since(self.started).max(start);
        let mut state = self.state();
        if state.spans.len() >= self.most {
            state.spans.pop_front();
            state.dropped += 1;
        }
        if self.most > 0 {
            state.spans.push_back(Span {
                video,
                stage,
                lane,
                start,
                end,
            });
        }
    }

    /// Begins a span that is recorded when it is dropped: on success, error and panic alike.
    pub fn begin(
        &self,
        lane: Lane,
        stage: impl Into<Cow<'static, str>>,
        video: u32,
    ) -> OpenSpan<'_> {
        OpenSpan {
            trace: self,
            lane,
            stage: stage.into(),
            video,
            start: Instant::now(),
        }
    }

    /// Spans that are kept.
    pub fn len(&self) -> usize {
        self.state().spans.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Spans that were given up for newer ones.
    pub fn dropped(&self) -> u64 {
        self.state().dropped
    }

    /// Writes the trace to `path`, whole or not at all. Blocks; recording goes on meanwhile.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, effects: &dyn Effects, path: &Utf8Path) -> io::Result<()> {
        let (lanes, spans, dropped) = {
            let state = self.state();
            let spans: Vec<Span> = state.spans.iter().cloned().collect();
            (state.lanes.clone(), spans, state.dropped)
        };
        write_whole(effects, path, |out| write_json(out, &lanes, spans, dropped))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves it half done, so what a panicking thread leaves is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A span that has begun; see [`Trace::begin`].
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct OpenSpan<'a> {
    trace: &'a Trace,
    lane: Lane,
    stage: Cow<'static, str>,
    video: u32,
    start: Instant,
}

impl Drop for OpenSpan<'_> {
    fn drop(&mut self) {
        let stage = std::mem::take(&mut self.stage);
        self.trace
            .record(self.lane, stage, self.video, self.start, Instant::now());
    }
}

/// A complete event.
#[derive(Serialize)]
struct Complete<'a> {
    ph: &'static str,
    cat: &'static str,
    name: &'a str,
    pid: u32,
    tid: usize,
    ts: u64,
    dur: u64,
    args: Args,
}

#[derive(Serialize)]
struct Args {
    video: u32,
}

/// Writes the file. Spans of one lane that overlap without one containing the other go to rows of their own: viewers
/// draw a row as a stack of calls and show nonsense for anything else.
fn write_json(
    out: &mut dyn Write,
    lanes: &[String],
    mut spans: Vec<Span>,
    dropped: u64,
) -> io::Result<()> {
    // The longest first among those that start together, because it contains the others.
    spans.sort_by_key(|span| (span.lane, span.start, std::cmp::Reverse(span.end)));
    let mut rows: Vec<(Lane, usize)> = Vec::with_capacity(spans.len());
    for of_lane in spans.chunk_by(|a, b| a.lane == b.lane) {
        let placed = arrange(of_lane);
        rows.extend(
            of_lane
                .iter()
                .zip(placed)
                .map(|(span, row)| (span.lane, row)),
        );
    }
    let mut threads = rows.clone();
    threads.sort_unstable();
    threads.dedup();

    let name_of_process = serde_json::json!({
        "ph": "M", "name": "process_name", "pid": PID, "tid": 0, "args": {"name": "videogen"},
    });
    write!(
        out,
        "{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{name_of_process}"
    )?;
    for (index, (lane, row)) in threads.iter().enumerate() {
        let tid = index + 1;
        let mut name = lanes.get(lane.0).cloned().unwrap_or_default();
        if *row > 0 {
            name = format!("{name} {}", row + 1);
        }
        let named = serde_json::json!({
            "ph": "M", "name": "thread_name", "pid": PID, "tid": tid, "args": {"name": name},
        });
        let sorted = serde_json::json!({
            "ph": "M", "name": "thread_sort_index", "pid": PID, "tid": tid, "args": {"sort_index": tid},
        });
        write!(out, ",\n{named},\n{sorted}")?;
    }
    for (span, row) in spans.iter().zip(&rows) {
        let thread = threads
            .binary_search(row)
            .expect("the threads are the rows of all spans");
        // Both ends are rounded the same way, so that a span inside another stays inside.
        let (start, end) = (micros(span.start), micros(span.end));
        let event = Complete {
            ph: "X",
            cat: "stage",
            name: &span.stage,
            pid: PID,
            tid: thread + 1,
            ts: start,
            dur: end - start,
            args: Args { video: span.video },
        };
        out.write_all(b",\n")?;
        serde_json::to_writer(&mut *out, &event)?;
    }
    writeln!(out, "\n],\"otherData\":{{\"dropped_spans\":{dropped}}}}}")
}

fn micros(time: Duration) -> u64 {
    // 600,000 years fit.
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The row of each span of one lane, given by start and, among equals, the longest first.
fn arrange(spans: &[Span]) -> Vec<usize> {
    // The ends of the spans that are open in each row, outermost first.
    let mut rows: Vec<Vec<Duration>> = Vec::new();
    spans
        .iter()
        .map(|span| {
            let free = rows.iter_mut().position(|open| {
                while open.last().is_some_and(|&end| end <= span.start) {
                    open.pop();
                }
                open.last().is_none_or(|&end| end >= span.end)
            });
            let row = match free {
                Some(row) => row,
                None if rows.len() < MOST_ROWS => {
                    rows.push(Vec::new());
                    rows.len() - 1
                }
                None => MOST_ROWS - 1,
            };
            rows[row].push(span.end);
            row
        })
        .collect()
}

#[cfg(test)]
mod tests;
