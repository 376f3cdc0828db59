//! Events as plain lines, for logs and pipes: no escapes, no wrapping, few of them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use videogen_text::shown;
use videogen_types::{Degradation, Event, Stage};

use super::words::{degradation, heading, seconds};
use super::{PlannedRun, Report, summary};
use crate::ink::LONGEST;

/// Progress is told each time this part of a stage is done.
const QUARTER: f32 = 0.25;

/// Writes lines with `write`.
pub(crate) struct Plain<F> {
    write: F,
    announced: PlannedRun,
    quarters: BTreeMap<(u32, Stage), u32>,
    degraded: Vec<Degradation>,
    headed: BTreeSet<u32>,
}

impl<F> Plain<F> {
    pub(crate) fn new(write: F, announced: PlannedRun) -> Self {
        Self {
            write,
            announced,
            quarters: BTreeMap::new(),
            degraded: Vec::new(),
            headed: BTreeSet::new(),
        }
    }

    /// `[2/5] ` before lines of one of several videos.
    fn which(&self, video: u32) -> String {
        let videos = self.announced.videos.len();
        if videos > 1 {
            format!("[{video}/{videos}] ")
        } else {
            String::new()
        }
    }

    /// What a video will be, once, before anything else about it.
    fn head(&mut self, event: &Event) -> Option<String> {
        let (Event::Degraded { video, .. }
        | Event::Warning { video, .. }
        | Event::StageStarted { video, .. }) = event
        else {
            return None;
        };
        if !self.headed.insert(*video) {
            return None;
        }
        let plan = self
            .announced
            .videos
            .get((*video as usize).wrapping_sub(1))?;
        Some(format!(
            "{}{}: {}",
            self.which(*video),
            plan.title,
            heading(plan)
        ))
    }

    fn lines(&mut self, event: &Event) -> Vec<String> {
        match event {
            Event::Progress {
                video,
                stage,
                fraction,
                ..
            } => {
                let quarter = (fraction / QUARTER) as u32;
                let told = self.quarters.entry((*video, *stage)).or_default();
                // The end of a stage has its own line.
                if quarter <= *told || quarter >= 4 {
                    return Vec::new();
                }
                *told = quarter;
                vec![format!(
                    "{}{}: {} %",
                    self.which(*video),
                    stage.name(),
                    quarter * 25
                )]
            }
            Event::StageFinished {
                video,
                stage,
                detail,
                seconds: took,
                ..
            } => {
                vec![format!(
                    "{}{}: {detail} ({})",
                    self.which(*video),
                    stage.name(),
                    seconds(*took)
                )]
            }
            Event::Degraded {
                degradation: step, ..
            } => {
                if self.degraded.contains(step) {
                    return Vec::new();
                }
                self.degraded.push(step.clone());
                vec![format!("degraded: {}", degradation(step))]
            }
            Event::Warning {
                video,
                stage,
                message,
                ..
            } => {
                vec![format!(
                    "{}warning: {}: {message}",
                    self.which(*video),
                    stage.name()
                )]
            }
            Event::VideoFinished {
                video,
                path,
                duration_s,
                ..
            } if self.announced.videos.len() > 1 => {
                vec![format!(
                    "{}finished: {path} ({})",
                    self.which(*video),
                    seconds(*duration_s)
                )]
            }
            Event::VideoFailed {
                video,
                stage,
                message,
                hint,
                ..
            } => {
                let mut lines = vec![format!(
                    "{}error: {}: {message}",
                    self.which(*video),
                    stage.name()
                )];
                lines.extend(hint.as_ref().map(|hint| format!("hint: {hint}")));
                lines
            }
            Event::BatchFinished { summary } => summary::lines(summary)
                .into_iter()
                .map(|(name, text)| format!("{name}: {text}"))
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl<F: FnMut(&str) + Send> Report for Plain<F> {
    fn event(&mut self, _: Duration, event: &Event) -> io::Result<()> {
        let lines: Vec<String> = self
            .head(event)
            .into_iter()
            .chain(self.lines(event))
            .collect();
        for line in lines {
            // One line is one line, whatever stands in a message.
            (self.write)(&shown(&line, LONGEST));
        }
        Ok(())
    }
}
