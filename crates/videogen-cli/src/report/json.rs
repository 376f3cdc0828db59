//! Events as lines of JSON on standard output, for programs. `docs/events.md` describes them.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use videogen_types::{Event, ProgramEvent, Stage};

use super::{PlannedRun, Report};
use crate::ink;

/// An event with its time.
#[derive(Serialize)]
struct Timed<'a, T> {
    #[serde(flatten)]
    event: &'a T,
    t: f64,
}

/// One line of JSON, without the line end. Seconds are rounded to thousandths.
pub(crate) fn timed(event: &impl Serialize, t: Duration) -> String {
    let t = (t.as_secs_f64() * 1000.0).round() / 1000.0;
    let json = serde_json::to_string(&Timed { event, t });
    ink::json(json.expect("events have text keys and finite numbers"))
}

/// Lines about what was announced: warnings, then what each video will be.
pub(crate) fn announcement(announced: &PlannedRun, t: Duration) -> Vec<String> {
    let warnings = announced.warnings.iter().map(|message| {
        timed(
            &ProgramEvent::Warning {
                stage: Stage::Preflight,
                message: message.clone(),
            },
            t,
        )
    });
    let videos = (1..).zip(&announced.videos).map(|(video, plan)| {
        let plan = Box::new(plan.clone());
        timed(&ProgramEvent::VideoPlanned { video, plan }, t)
    });
    warnings.chain(videos).collect()
}

/// Writes events as lines of JSON, each one flushed.
pub(crate) struct Json<W> {
    out: W,
    announced: PlannedRun,
    behind: Box<dyn Fn() -> bool + Send>,
}

impl<W> Json<W> {
    pub(crate) fn new(out: W, announced: PlannedRun) -> Self {
        Self {
            out,
            announced,
            behind: Box::new(|| false),
        }
    }

    /// Leaves out progress while the reader is far `behind`: each one is superseded by the next, and there is no end of
    /// them. All other events wait for the reader, however slow.
    pub(crate) fn unless(self, behind: impl Fn() -> bool + Send + 'static) -> Self {
        Self {
            behind: Box::new(behind),
            ..self
        }
    }
}

impl<W: Write + Send> Report for Json<W> {
    fn event(&mut self, t: Duration, event: &Event) -> io::Result<()> {
        if matches!(event, Event::Progress { .. }) && (self.behind)() {
            return Ok(());
        }
        let mut lines = vec![timed(event, t)];
        if matches!(event, Event::BatchStarted { .. }) {
            lines.extend(announcement(&self.announced, t));
        }
        for line in lines {
            self.out.write_all(format!("{line}\n").as_bytes())?;
        }
        self.out.flush()
    }
}
