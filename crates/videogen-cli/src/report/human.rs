//! Events for a person at a terminal: a bar for each stage that runs, a line for each that is done.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use console::Style;
use indicatif::{ProgressBar, ProgressStyle};
use videogen_types::{Degradation, Event, Stage};

use super::words::{degradation, heading, seconds};
use super::{PlannedRun, Report, summary};
use crate::render_error::sentence;
use crate::screen::Screen;
use crate::wrap::{shorten, wrap};

/// The names of stages are padded to this.
const NAME: usize = 8;
/// Columns of a line with a bar that its message does not have: number of the video, name, bar, percentage.
const BESIDE: usize = 52;
/// Steps of a bar: fine enough for smooth movement.
const STEPS: u64 = 1000;

/// Draws on a terminal.
pub(crate) struct Human {
    screen: Screen,
    announced: PlannedRun,
    bars: BTreeMap<(u32, Stage), ProgressBar>,
    headed: BTreeSet<u32>,
    degraded: Vec<Degradation>,
}

impl Human {
    pub(crate) fn new(screen: Screen, announced: PlannedRun) -> Self {
        Self {
            screen,
            announced,
            bars: BTreeMap::new(),
            headed: BTreeSet::new(),
            degraded: Vec::new(),
        }
    }

    fn several(&self) -> bool {
        self.announced.videos.len() > 1
    }

    /// A label in a style and text that is wrapped behind it.
    fn labelled(&self, style: &Style, label: &str, text: &str) {
        let indent = label.chars().count() + 1;
        let text = wrap(sentence(text), self.screen.width(), indent, indent);
        self.screen
            .print(&format!("{} {text}", self.screen.paint(style, label)));
    }

    /// What a video will be, once, before anything else about it.
    fn head(&mut self, video: u32) {
        if !self.headed.insert(video) {
            return;
        }
        let Some(plan) = self.announced.videos.get((video as usize).wrapping_sub(1)) else {
            return;
        };
        let number = if self.several() {
            format!("[{video}/{}] ", self.announced.videos.len())
        } else {
            String::new()
        };
        let width = self.screen.width();
        let indent = number.len();
        let title = wrap(&plan.title, width, indent, indent);
        let about = wrap(&heading(plan), width, indent, indent);
        let bold = Style::new().bold();
        let dim = Style::new().dim();
        let gap = if video > 1 { "\n" } else { "" };
        let space = " ".repeat(indent);
        self.screen.print(&format!(
            "{gap}{number}{}\n{space}{}",
            self.screen.paint(&bold, &title),
            self.screen.paint(&dim, &about)
        ));
    }

    /// A stage, and of which video where several are in the making.
    fn name(&self, video: u32, stage: Stage) -> String {
        if self.several() {
            let number = format!("[{video}]");
            format!("{number:<6}{:<NAME$}", stage.name())
        } else {
            format!("{:<NAME$}", stage.name())
        }
    }

    fn start(&mut self, video: u32, stage: Stage) {
        let bar = self.screen.add(ProgressBar::new(STEPS));
        bar.set_style(style("  {spinner} {prefix} {msg}"));
        bar.set_prefix(self.name(video, stage));
        self.bars.insert((video, stage), bar);
    }

    fn advance(&mut self, of: (u32, Stage), fraction: f32, eta: Option<f64>, detail: Option<&str>) {
        let Some(bar) = self.bars.get(&of) else {
            return;
        };
        if bar.position() == 0 {
            bar.set_style(style("  {spinner} {prefix} {bar:24} {percent:>3} %  {msg}"));
        }
        bar.set_position((f64::from(fraction) * STEPS as f64) as u64);
        let left = eta.filter(|_| fraction < 1.0);
        let left = left.map(|s| format!("{} left", seconds(s)));
        let parts = left.into_iter().chain(detail.map(str::to_owned));
        let message: Vec<String> = parts.collect();
        // What does not fit beside the bar would break its line.
        let columns = self.screen.width().unwrap_or(80);
        bar.set_message(shorten(&message.join(", "), columns.saturating_sub(BESIDE)));
    }

    fn end(&mut self, video: u32, stage: Stage) {
        if let Some(bar) = self.bars.remove(&(video, stage)) {
            self.screen.remove(&bar);
        }
    }

    fn finished(&mut self, video: u32, stage: Stage, detail: &str, took: f64) {
        self.end(video, stage);
        let time = seconds(took);
        let columns = self.screen.width().unwrap_or(80).min(80);
        // "  ✓ name     detail … time"
        let name = self.name(video, stage);
        let room = columns.saturating_sub(2 + 2 + name.len() + 1 + 1 + 10);
        let detail = shorten(detail, room);
        let pad = room.saturating_sub(console::measure_text_width(&detail));
        let tick = self.screen.paint(&Style::new().green(), "✓");
        let time = self
            .screen
            .paint(&Style::new().dim(), &format!("{time:>10}"));
        self.screen.print(&format!(
            "  {tick} {name} {detail}{} {time}",
            " ".repeat(pad)
        ));
    }
}

impl Report for Human {
    fn event(&mut self, _: Duration, event: &Event) -> io::Result<()> {
        let yellow = Style::new().yellow();
        match event {
            Event::StageStarted { video, stage } => {
                self.head(*video);
                self.start(*video, *stage);
            }
            Event::Progress {
                video,
                stage,
                fraction,
                eta_s,
                detail,
            } => self.advance((*video, *stage), *fraction, *eta_s, detail.as_deref()),
            Event::StageFinished {
                video,
                stage,
                detail,
                seconds,
                ..
            } => self.finished(*video, *stage, detail, *seconds),
            Event::Degraded {
                video,
                degradation: step,
            } => {
                self.head(*video);
                if !self.degraded.contains(step) {
                    self.degraded.push(step.clone());
                    self.labelled(&yellow, "  degraded:", &degradation(step));
                }
            }
            Event::Warning {
                video,
                stage,
                message,
                ..
            } => {
                self.head(*video);
                self.labelled(
                    &yellow,
                    "  warning:",
                    &format!("{}: {message}", stage.name()),
                );
            }
            Event::VideoFinished {
                path, duration_s, ..
            } if self.several() => {
                let made = format!("{path} ({})", seconds(*duration_s));
                self.labelled(&Style::new().green(), "  finished:", &made);
            }
            Event::VideoFailed {
                video,
                stage,
                message,
                hint,
                ..
            } => {
                let open: Vec<(u32, Stage)> = self
                    .bars
                    .keys()
                    .copied()
                    .filter(|(v, _)| v == video)
                    .collect();
                for (video, stage) in open {
                    self.end(video, stage);
                }
                self.head(*video);
                self.labelled(
                    &Style::new().red().bold(),
                    "error:",
                    &format!("{}: {message}", stage.name()),
                );
                if let Some(hint) = hint {
                    self.labelled(&Style::new().cyan().bold(), "hint:", &hint.to_string());
                }
            }
            Event::BatchFinished { summary } => {
                for (video, stage) in std::mem::take(&mut self.bars).into_keys() {
                    self.end(video, stage);
                }
                self.screen.restore();
                self.screen.print("");
                for (name, text) in summary::lines(summary) {
                    self.labelled(&Style::new().bold(), &format!("{name:<NAME$}"), &text);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// A style of bars.
pub(super) fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is one of this module's own")
        .tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
        .progress_chars("━╸ ")
}
