//! Makes a batch with fakes only, and ends or fails at the effect it is told to: the subject of the tests in `tests/crash`.
//!
//! ```text
//! fake-batch DIR COUNT [--resume] [--first K] [--times SCRIPT,VOICE,PICTURE,RENDER] [--crash-at N] [--fail-at N:ERRNO]
//! ```
//!
//! - `DIR` gets `batches`, `work`, `out`, and `calls.log` with a line for each begin and end of a fake's work.
//! - `--resume` goes on with the newest batch that is not finished, or tells that there is none.
//! - `--first K` makes only the first K videos of the batch.
//! - `--times` are milliseconds; the script's are spent before the batch begins, once for each video.
//! - `--crash-at N` aborts before the N-th effect, counted from 1; `--fail-at` refuses that one with an error number.
//!   Either leaves the effect in `DIR/struck`.
//!
//! Prints one line of JSON. The exit status is 0 when all is delivered, 3 when there is no batch to resume, 4 when a video
//! was not made, 5 when the batch or its plan was refused.
#![allow(clippy::print_stdout, reason = "its report is what it is for")]

mod effects;
mod fakes;
mod process;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use effects::{Strike, Striking};
use fakes::{Calls, Painting, Rendering, Speaking};
use process::Flat;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use videogen_core::{
    Batch, Batches, Brief, Progress, ScriptSource, Studio, Toolkit, VideoPlan, batches,
};
use videogen_durable::{BatchCondition, BatchError};
use videogen_types::{
    Aspect, CaptionChoice, Event, EventSink, Genre, MusicChoice, Quality, Seed, Topic,
};

/// What it was called with.
struct Arguments {
    dir: Utf8PathBuf,
    count: u32,
    resume: bool,
    first: Option<usize>,
    times: [Duration; 4],
    strike: Option<(u64, Strike)>,
}

impl Arguments {
    /// `None` for anything that is not in the usage above: the caller is a test and wrong.
    fn read(mut words: impl Iterator<Item = String>) -> Option<Self> {
        let mut arguments = Self {
            dir: words.next()?.into(),
            count: words.next()?.parse().ok()?,
            resume: false,
            first: None,
            times: [Duration::ZERO; 4],
            strike: None,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--resume" => arguments.resume = true,
                "--first" => arguments.first = Some(words.next()?.parse().ok()?),
                "--times" => {
                    let given = words.next()?;
                    let times: Vec<Duration> = given
                        .split(',')
                        .map(|ms| ms.parse().map(Duration::from_millis).ok())
                        .collect::<Option<_>>()?;
                    arguments.times = times.try_into().ok()?;
                }
                "--crash-at" => {
                    arguments.strike = Some((words.next()?.parse().ok()?, Strike::Abort));
                }
                "--fail-at" => {
                    let given = words.next()?;
                    let (at, errno) = given.split_once(':')?;
                    let strike = Strike::Error(errno.parse().ok()?);
                    arguments.strike = Some((at.parse().ok()?, strike));
                }
                _ => return None,
            }
        }
        Some(arguments)
    }
}

/// Video `number`: its words, and so its speeches, are like those of no other. The first has two scenes.
fn brief(number: u32, out: &Utf8Path) -> Brief {
    let (topic, _) = Topic::new(&format!("Number {number}")).expect("it has letters");
    let more = if number == 1 {
        "\n\nAnd now the others."
    } else {
        ""
    };
    Brief {
        topic: Some(topic),
        genre: Some(Genre::General),
        seed: Seed(u64::from(number)),
        script: Some(ScriptSource::Text(format!("Here is {number}.{more}"))),
        quality: Quality::Draft,
        aspect: Aspect::Square,
        captions: CaptionChoice::None,
        music: MusicChoice::None,
        name: Some(format!("v{number:04}")),
        ..Brief::new(out.to_owned())
    }
}

/// Keeps failures, and watches what this process holds.
#[derive(Default)]
struct Sink {
    failures: Mutex<Vec<Value>>,
    flat: Mutex<Flat>,
}

impl EventSink for Sink {
    fn emit(&self, event: Event) {
        match event {
            Event::VideoFinished { .. } => self.flat.lock().expect("never poisoned").look(),
            Event::VideoFailed {
                video,
                stage,
                kind,
                message,
                ..
            } => {
                let failure = json!({ "video": video, "stage": stage.name(), "kind": kind, "message": message });
                self.failures.lock().expect("never poisoned").push(failure);
            }
            _ => {}
        }
    }
}

/// The newest batch that can be resumed; if there are only finished ones, the error of the newest.
fn resume(batches: &Batches) -> Result<Batch, BatchError> {
    match batches.resume(None) {
        Err(BatchError::None) => {
            let list = batches.list()?;
            let finished = list
                .iter()
                .rev()
                .find(|batch| batch.condition == BatchCondition::Finished);
            match finished {
                Some(finished) => batches.resume(Some(&finished.name)),
                None => Err(BatchError::None),
            }
        }
        opened => opened,
    }
}

fn refused(kind: &str, error: &dyn std::error::Error) -> (u8, Value) {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    let code = match kind {
        "batch_finished" => 0,
        "no_batch" => 3,
        _ => 5,
    };
    (code, json!({ "refused": kind, "message": message }))
}

/// Makes the batch, or goes on with it; the exit status and what became of it.
async fn make(arguments: &Arguments, effects: &Arc<Striking>) -> (u8, Value) {
    let dir = &arguments.dir;
    let [script, voice, picture, render] = arguments.times;
    let (calls, busy) = (Arc::new(Calls::open(dir)), Arc::new(AtomicU64::new(0)));
    let toolkit = Toolkit::new(
        vec![Arc::new(Speaking::new(Arc::clone(&calls), voice))],
        Arc::new(Painting::new(
            Arc::clone(&calls),
            picture,
            Arc::clone(&busy),
        )),
        Arc::new(Rendering::new(Arc::clone(&calls), render)),
    );
    let (studio, cancel) = (Studio::new(toolkit), CancellationToken::new());
    let (root, work) = (dir.join("batches"), dir.join("work"));
    let batches = batches(root, work, Arc::clone(effects) as _);

    let opening = Instant::now();
    let resumed = arguments.resume.then(|| resume(&batches));
    let opened = opening.elapsed().as_secs_f64();
    let with_time = |(code, mut report): (u8, Value)| {
        report["open_s"] = json!(opened);
        report["fakes_cpu_s"] = json!(calls.cost_seconds());
        (code, report)
    };
    let resumed = match resumed {
        None => None,
        Some(Ok(batch)) => Some(batch),
        Some(Err(error)) => return with_time(refused(error.name(), &error)),
    };
    let briefs: Vec<(u32, Brief)> = match &resumed {
        Some(batch) => (1..)
            .zip(batch.jobs())
            .zip(batch.progress())
            .filter(|(_, progress)| !matches!(progress, Progress::Delivered(_)))
            .map(|(numbered, _)| numbered)
            .collect(),
        None => (1..=arguments.count)
            .map(|number| (number, brief(number, &dir.join("out"))))
            .collect(),
    };
    let (numbers, briefs): (Vec<u32>, Vec<Brief>) = briefs.into_iter().unzip();
    tokio::time::sleep(script * numbers.len() as u32).await;
    let plans = match studio.plan(briefs, &cancel).await {
        Ok(plans) => plans,
        Err(error) => return with_time(refused(error.kind().name(), &error)),
    };
    let batch = match resumed {
        Some(batch) => batch,
        None => {
            let settled: Vec<Brief> = plans.iter().map(VideoPlan::settled_brief).collect();
            match batches.create(&settled) {
                Ok(batch) => batch,
                Err(error) => return with_time(refused(error.name(), &error)),
            }
        }
    };
    let mut plans: Vec<_> = numbers.into_iter().zip(plans).collect();
    plans.truncate(arguments.first.unwrap_or(usize::MAX));

    let (batch, sink) = (Arc::new(batch), Arc::new(Sink::default()));
    let events = Arc::clone(&sink) as Arc<dyn EventSink>;
    let summary = studio.run_batch(&batch, plans, events, &cancel).await;
    let code = if summary.succeeded == summary.total {
        0
    } else {
        4
    };
    let name = batch.name().to_owned();
    // The end of a batch has effects, too.
    drop(batch);
    let report = json!({
        "batch": name,
        "summary": summary,
        "painting_s": busy.load(Ordering::Relaxed) as f64 / 1e9,
        "failures": *sink.failures.lock().expect("never poisoned"),
        "flat": sink.flat.lock().expect("never poisoned").report(),
    });
    with_time((code, report))
}

fn main() -> ExitCode {
    let Some(arguments) = Arguments::read(std::env::args().skip(1)) else {
        return ExitCode::from(2);
    };
    std::fs::create_dir_all(&arguments.dir).expect("the directory can be made");
    let effects = Arc::new(Striking::new(
        arguments.dir.join("struck"),
        arguments.strike,
    ));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_time()
        .build()
        .expect("the system gives threads");
    let (code, mut report) = runtime.block_on(make(&arguments, &effects));
    drop(runtime);
    report["effects"] = json!(effects.seen());
    report["journal_syncs"] = json!(effects.journal_syncs());
    report["cpu_s"] = json!(process::cpu_seconds());
    report["peak_rss_kib"] = json!(process::status("VmHWM"));
    println!("{report}");
    ExitCode::from(code)
}
