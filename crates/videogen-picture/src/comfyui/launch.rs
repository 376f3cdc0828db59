//! Starts a ComfyUI on this machine where none answers, waits for it, starts it again when it dies, and ends it when the
//! run is over.

mod check;
mod restart;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use videogen_comfy::{ComfyClient, Error as ComfyError};
use videogen_net::{ServerUrl, TrafficMeter, machine_of};
use videogen_process::{Child, Command, Orphan, Outcome, Supervisor, Tails};
use videogen_text::chain;
use videogen_types::Machine;

use self::restart::Restarts;
use super::command_line::CommandLine;

/// How long it may take until it answers: extensions are loaded, and on a slow disk also PyTorch takes a minute.
const ANSWERS_WITHIN: Duration = Duration::from_mins(3);
/// For one question whether it is there.
const ASKED_WITHIN: Duration = Duration::from_secs(5);
/// Between two questions.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// The longest it lives: every child has a deadline. A batch of weeks has its ComfyUI started by hand.
const LIVES: Duration = Duration::from_hours(24 * 14);
/// Between the request to end and the end, of the 15 s that a program may take after Ctrl-C.
const GRACE: Duration = Duration::from_secs(5);
/// Between two writings of its output to a file.
const LOG_EVERY: Duration = Duration::from_secs(10);
/// Lines of its output in a reason.
const LAST_LINES: usize = 4;
/// Characters of such a line.
const LONGEST_LINE: usize = 200;

/// Who hears what is done meanwhile; nobody unless set.
#[derive(Clone, Default)]
pub struct LaunchMessage(Option<Arc<Hear>>);

type Hear = dyn Fn(&str) + Send + Sync;

impl LaunchMessage {
    /// Calls `hear` with each sentence.
    pub fn new(hear: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hear)))
    }

    fn tell(&self, what: &str) {
        if let Some(hear) = &self.0 {
            hear(what);
        }
    }
}

impl fmt::Debug for LaunchMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LaunchMessage")
    }
}

/// How a ComfyUI is started.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program. A relative path is below the directory, where one is set.
    pub command: CommandLine,
    /// Where it works; where this program does unless set.
    pub directory: Option<Utf8PathBuf>,
    /// The directory for what it writes; the last 64 KiB of each of its streams are kept there.
    pub logs: Option<Utf8PathBuf>,
    /// Whether it is really started. Otherwise it is only said that it would be.
    pub really: bool,
    /// How long it may take until it answers.
    pub patience: Duration,
    /// Who hears that it is started.
    pub told: LaunchMessage,
}

impl Launch {
    /// `command`, in this program's directory, with three minutes until it answers; not really started.
    pub fn new(command: CommandLine) -> Self {
        Self {
            command,
            directory: None,
            logs: None,
            really: false,
            patience: ANSWERS_WITHIN,
            told: LaunchMessage::default(),
        }
    }

    /// The program as it can be started in another directory.
    fn program(&self) -> String {
        let program = Utf8Path::new(self.command.program());
        match &self.directory {
            Some(directory) if program.components().count() > 1 => directory.join(program).into(),
            _ => program.as_str().to_owned(),
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Launched {
    /// Nothing was to be done: a server answers, or is none of ours.
    No,
    /// It would be started.
    Would(String),
    /// It was started and answers.
    Running(Arc<Running>),
    /// It could not be started, and why.
    Failed(String),
}

/// How a ComfyUI of ours is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// It answers.
    Answers,
    /// It has ended, and is started again; why it ended.
    Starting(String),
    /// It has ended, and is not started again; why.
    Ended(String),
}

/// A ComfyUI that is ours. When it dies it is started again, a few times. It ends with this.
#[derive(Debug)]
pub(super) struct Running {
    stop: CancellationToken,
    _guard: DropGuard,
    keeping: Mutex<Option<JoinHandle<()>>>,
    condition: watch::Receiver<(u32, Condition)>,
    /// The last of its starts that was found to paint nothing any more.
    stuck: watch::Sender<u32>,
}

impl Running {
    /// Ends it: a request, some seconds, a signal that cannot be refused. Its whole process group ends with it.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        if let Some(keeping) = self.keeping.lock().await.take() {
            // It has panicked, or the runtime ends, and then the child is dead as well.
            let _ = keeping.await;
        }
    }

    /// Waits until it answers, while it is started again. The number of its start, for [`Running::died`].
    ///
    /// # Errors
    /// Why it has ended for good.
    pub(super) async fn ready(&self) -> Result<u32, String> {
        let mut condition = self.condition.clone();
        let is_settled = |(_, now): &(u32, Condition)| !matches!(now, Condition::Starting(_));
        match condition.wait_for(is_settled).await.as_deref() {
            Ok((start, Condition::Answers)) => Ok(*start),
            Ok((_, Condition::Starting(why) | Condition::Ended(why))) => Err(why.clone()),
            Err(_) => Err("ComfyUI was ended".to_owned()),
        }
    }

    /// Waits until the start of this number has died, and tells why. Never returns while it runs.
    pub(super) async fn died(&self, start: u32) -> String {
        let mut condition = self.condition.clone();
        let is_over = |(current, now): &(u32, Condition)| {
            *current != start || !matches!(now, Condition::Answers)
        };
        let over = condition.wait_for(is_over).await.map(|now| now.1.clone());
        match over {
            Ok(Condition::Starting(why) | Condition::Ended(why)) => why,
            // It was quicker than who asks.
            Ok(Condition::Answers) => "ComfyUI has ended, and was started again".to_owned(),
            // Nobody keeps it any more: the run ends, and cancels what waits.
            Err(_) => std::future::pending().await,
        }
    }

    /// The start of this number answers and paints nothing any more: it is ended, and started again.
    pub(super) fn is_stuck(&self, start: u32) {
        self.stuck.send_if_modified(|known| {
            let is_new = *known < start;
            *known = start.max(*known);
            is_new
        });
    }
}

/// Starts the ComfyUI of `launch` if `url` is on this machine and nobody is there. Dropping the future ends what it has
/// started. What it is asked is counted with `traffic`.
pub(super) async fn launch(url: &ServerUrl, launch: &Launch, traffic: &TrafficMeter) -> Launched {
    if machine_of(url.expose()) != Some(Machine::Local) {
        return Launched::No;
    }
    let client = match ComfyClient::connect_counted(url.expose(), traffic.clone()) {
        Ok(client) => client,
        Err(error) => return Launched::Failed(chain(&error)),
    };
    if launch.really {
        end_what_an_earlier_run_left(&launch.told).await;
    }
    match answer(&client).await {
        Answer::ComfyUi => return Launched::No,
        Answer::Nobody => {}
        Answer::Other(why) => {
            return Launched::Failed(format!(
                "ComfyUI is not started at {url}, because something else answers there: {why}"
            ));
        }
    }
    let failed = |why: String| Launched::Failed(format!("ComfyUI was not started: {why}"));
    if let Some(why) = check::problem(url, launch) {
        return failed(why);
    }
    let command = &launch.command;
    if !launch.really {
        return Launched::Would(format!(
            "{url} does not answer; it would be started: {command}"
        ));
    }
    launch.told.tell(&format!("starting ComfyUI: {command}"));
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    let starter = Starter {
        how: launch.clone(),
        url: url.clone(),
        client,
        stop: stop.clone(),
    };
    let started = match starter.start(1).await {
        Ok(started) => started,
        Err(why) => return failed(why),
    };
    launch.told.tell("ComfyUI answers");
    let (sender, condition) = watch::channel((1, Condition::Answers));
    let (stuck, is_stuck) = watch::channel(0);
    let keeping = tokio::spawn(keep(starter, started, sender, is_stuck));
    Launched::Running(Arc::new(Running {
        stop,
        _guard: guard,
        keeping: Mutex::new(Some(keeping)),
        condition,
        stuck,
    }))
}

/// How one ComfyUI is started, as often as needed.
struct Starter {
    how: Launch,
    url: ServerUrl,
    client: ComfyClient,
    stop: CancellationToken,
}

/// A ComfyUI that answers.
struct Started {
    /// Ends this one alone.
    stop: CancellationToken,
    /// Ends with it, and says how it did.
    living: JoinHandle<String>,
    tails: Tails,
    log: Option<Utf8PathBuf>,
}

impl Starter {
    /// Starts it and waits until it answers. The `start` is its number, from 1.
    ///
    /// # Errors
    /// Why it does not run, with its last words.
    async fn start(&self, start: u32) -> Result<Started, String> {
        let Launch {
            command,
            directory,
            logs,
            patience,
            ..
        } = &self.how;
        let child = Command::new(self.how.program(), LIVES)
            .args(command.arguments().iter().cloned())
            .grace(GRACE);
        let child = match directory {
            Some(directory) => child.current_dir(directory),
            None => child,
        };
        let child = Supervisor::new().spawn(child);
        let child = child.map_err(|error| chain(&error))?;
        let log = logs.as_ref();
        let log = log.map(|logs| logs.join(log_name(&self.url, start)));
        let stop = self.stop.child_token();
        // Ends it where this future is dropped.
        let guard = stop.clone().drop_guard();
        let tails = child.tails();
        let mut living = tokio::spawn(live(child, stop.clone(), log.clone()));
        let until = Instant::now() + *patience;
        let elsewhere = || {
            let said = format!("{}\n{}", tails.stdout(), tails.stderr());
            check::listens_elsewhere(&self.url, &said)
        };
        let why = loop {
            tokio::select! {
                biased;
                _ = &mut living => break "it ended before it answered".to_owned(),
                answer = answer(&self.client) => if matches!(answer, Answer::ComfyUi) {
                    let stop = guard.disarm();
                    return Ok(Started { stop, living, tails, log });
                }
            }
            let late = Instant::now() >= until;
            let elsewhere = elsewhere();
            if late || elsewhere.is_some() {
                stop.cancel();
                let _ = living.await;
                let late = || format!("it has not answered within {} s", patience.as_secs());
                break elsewhere.unwrap_or_else(late);
            }
            tokio::time::sleep(ASK_EVERY).await;
        };
        Err(with_last_words(&why, &tails, log.as_deref()))
    }
}

/// Starts it again when it ends by itself, or paints nothing any more, until it is to end.
async fn keep(
    starter: Starter,
    mut started: Started,
    condition: watch::Sender<(u32, Condition)>,
    mut stuck: watch::Receiver<u32>,
) {
    let told = &starter.how.told;
    let (begun, mut restarts) = (Instant::now(), Restarts::default());
    let mut start = 1;
    loop {
        let how = tokio::select! {
            biased;
            how = &mut started.living => how.unwrap_or_else(|error| error.to_string()),
            () = async { drop(stuck.wait_for(|stuck| *stuck >= start).await) } => {
                started.stop.cancel();
                let _ = (&mut started.living).await;
                "it answered and painted nothing any more".to_owned()
            }
        };
        let mut why = with_last_words(&how, &started.tails, started.log.as_deref());
        started = loop {
            if starter.stop.is_cancelled() {
                return;
            }
            let Some(pause) = restarts.next(begun.elapsed()) else {
                let why = format!("ComfyUI has ended, too often to be started again: {why}");
                told.tell(&why);
                condition.send_replace((start, Condition::Ended(why)));
                return;
            };
            start += 1;
            told.tell(&format!("ComfyUI has ended and is started again: {why}"));
            condition.send_replace((
                start,
                Condition::Starting(format!("ComfyUI has ended: {why}")),
            ));
            tokio::select! {
                biased;
                () = starter.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            match starter.start(start).await {
                Ok(started) => break started,
                Err(reason) => why = reason,
            }
        };
        told.tell("ComfyUI answers again");
        condition.send_replace((start, Condition::Answers));
    }
}

/// Ends what children of a run that was killed have left, so that its ComfyUI is not taken for somebody else's, port and
/// memory with it. One that lives on by the will of somebody else is not touched: it has no mark of a run that is dead.
async fn end_what_an_earlier_run_left(told: &LaunchMessage) {
    // The closure does not panic; a runtime that shuts down is the one way to lose it.
    let ended = tokio::task::spawn_blocking(videogen_process::end_orphans).await;
    for orphan in ended.unwrap_or_default() {
        let Orphan {
            pid, name, owner, ..
        } = orphan;
        told.tell(&format!(
            "ended {name} (process {pid}), which an earlier run (process {owner}) that was killed had left behind"
        ));
    }
}

/// Who answers at an address.
enum Answer {
    ComfyUi,
    Nobody,
    Other(String),
}

async fn answer(client: &ComfyClient) -> Answer {
    match tokio::time::timeout(ASKED_WITHIN, client.system_stats()).await {
        Ok(Ok(_)) => Answer::ComfyUi,
        Ok(Err(error)) if is_nobody(&error) => Answer::Nobody,
        Ok(Err(error)) => Answer::Other(chain(&error)),
        Err(_) => Answer::Other("it takes connections, but does not answer".to_owned()),
    }
}

/// Whether the connection was refused.
fn is_nobody(error: &ComfyError) -> bool {
    match error {
        ComfyError::Net { source, .. } => source.blame() == videogen_net::Blame::Down,
        _ => false,
    }
}

/// Waits for the end of the child, and keeps what it writes in a file meanwhile.
/// Says how it ended.
async fn live(child: Child, stop: CancellationToken, log: Option<Utf8PathBuf>) -> String {
    let tails = child.tails();
    let mut written = String::new();
    let mut waiting = std::pin::pin!(child.wait(&stop));
    loop {
        let ended = tokio::select! {
            biased;
            ended = &mut waiting => Some(ended),
            () = tokio::time::sleep(LOG_EVERY) => None,
        };
        if let Some(log) = &log {
            let text = format!("{}\n{}\n", tails.stdout(), tails.stderr());
            if text != written {
                write_log(log.clone(), text.clone()).await;
                written = text;
            }
        }
        if let Some(ended) = ended {
            let how = ended.map(|Outcome { exit, .. }| exit.to_string());
            let how = how.unwrap_or_else(|error| error.to_string());
            tracing::info!(%how, "the ComfyUI that was started has ended");
            return how;
        }
    }
}

/// For people, so that it cannot be kept changes nothing.
async fn write_log(log: Utf8PathBuf, text: String) {
    let writing = tokio::task::spawn_blocking(move || {
        if let Some(directory) = log.parent() {
            videogen_durable::create_missing_dirs(directory)?;
        }
        videogen_durable::write_private(&log, text.as_bytes())
    });
    if let Ok(Err(error)) = writing.await {
        tracing::debug!(%error, "what ComfyUI says is not kept");
    }
}

/// `comfyui-8188.log`: servers of several runs have several ports. Each further start has its own, as the last words of
/// the one before say why it ended.
fn log_name(url: &ServerUrl, start: u32) -> String {
    let port = url.port();
    match start {
        1 => format!("comfyui-{port}.log"),
        start => format!("comfyui-{port}.{start}.log"),
    }
}

/// Why it does not run, with the last it said.
fn with_last_words(why: &str, tails: &Tails, log: Option<&Utf8Path>) -> String {
    let said = last_lines(tails);
    let log = log.map_or_else(String::new, |log| format!(" ({log} has more)"));
    if said.is_empty() {
        format!("{why}; it said nothing")
    } else {
        format!("{why}; the last it said: {said}{log}")
    }
}

/// The end of what it said, in one line.
fn last_lines(tails: &Tails) -> String {
    let (errors, output) = (tails.stderr(), tails.stdout());
    let said = if errors.last_line().is_some() {
        errors
    } else {
        output
    };
    let lines: Vec<String> = said
        .as_str()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| videogen_text::shown(line, LONGEST_LINE).into_owned())
        .collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join(" / ")
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
