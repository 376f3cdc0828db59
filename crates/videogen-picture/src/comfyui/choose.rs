//! Who paints a video: asked for by name, or the best there is.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use futures_util::future::join_all;
use tokio::sync::{Mutex, OnceCell};
use videogen_durable::KeyBuilder;
use videogen_net::{SERVICES_WITHIN, ServerUrl};
use videogen_types::{Aspect, Quality};

use super::fleet::{Fleet, FleetPolicy};
use super::launch::{Launched, Running, launch};
use super::options::ComfyOptions;
use super::paint_with::PaintWith;
use super::painter::ComfyPainter;
use super::server::{Chosen, Server, Trouble};
use super::user_workflow::UserWorkflow;
use super::user_workflow::painter::{Runner, UserWorkflowOrder, UserWorkflowPainter};
use crate::blocking::blocking;
use crate::builtin::BuiltinPainter;
use crate::error::Error;
use crate::lora::LoraChoice;
use crate::painted::Painted;
use crate::painter::{BoxFuture, Painter, PictureOrder, PictureRequest, SharedPainter};
use crate::tuning::Tuning;

/// ComfyUI servers, which are asked once, when the first video wants them.
#[derive(Debug)]
pub struct ComfyServers {
    options: ComfyOptions,
    policy: FleetPolicy,
    launched: OnceCell<Launched>,
    asked: OnceCell<ServerReport>,
    /// Who paints with what users bring, each found out once.
    others: Mutex<Vec<(PaintKey, FoundPainter)>>,
    /// Those that have used up the time of the preflight without an answer.
    silent: Silent,
}

/// Servers that were waited for once, and are not again.
#[derive(Debug, Default)]
struct Silent(std::sync::Mutex<BTreeSet<String>>);

impl Silent {
    /// What the server at `url` answers to `asking` within the time of the preflight.
    async fn unless<T, E: From<Trouble>>(
        &self,
        url: &ServerUrl,
        asking: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = || Trouble::silent(SERVICES_WITHIN).at(url).into();
        if known().contains(url.expose()) {
            return Err(silent());
        }
        match tokio::time::timeout(SERVICES_WITHIN, asking).await {
            Ok(answer) => answer,
            Err(_) => {
                known().insert(url.expose().to_owned());
                Err(silent())
            }
        }
    }
}

/// What a painter for something a user brings depends on: the digest of a workflow and what it is filled with, or LoRAs.
type PaintKey = (String, Vec<LoraChoice>);

/// What asking brought.
#[derive(Debug)]
pub struct ServerReport {
    /// `None` when no server can paint.
    pub painter: Option<Arc<ComfyPainter>>,
    /// Those that can paint, in a few words each.
    pub usable: Vec<String>,
    /// Which model each of them paints with, why, and why with no other, in a sentence each.
    pub models: Vec<String>,
    /// Why each of the others cannot.
    pub refused: Vec<String>,
    /// What is not sure of those that can.
    pub doubts: Vec<String>,
    /// Those that paint on their processor, in a sentence each.
    pub slow: Vec<String>,
}

impl ServerReport {
    fn found(&self) -> FoundPainter {
        let painter = self.painter.as_ref();
        FoundPainter {
            painter: painter.map(|painter| Arc::clone(painter) as SharedPainter),
            refused: self.refused.clone(),
            doubts: [&self.doubts[..], &self.slow].concat(),
        }
    }
}

/// Who paints, and why each server that cannot does not.
#[derive(Debug, Clone)]
pub struct FoundPainter {
    /// `None` when no server can paint.
    pub painter: Option<SharedPainter>,
    /// Why each server that cannot paint does not, in a sentence each.
    pub refused: Vec<String>,
    /// What else a person should know.
    pub doubts: Vec<String>,
}

impl ComfyServers {
    /// Servers that are not asked yet; `None` when none is named.
    pub fn new(options: ComfyOptions) -> Option<Self> {
        let named = !options.servers.is_empty();
        named.then(|| Self {
            options,
            policy: FleetPolicy::default(),
            launched: OnceCell::new(),
            asked: OnceCell::new(),
            others: Mutex::default(),
            silent: Silent::default(),
        })
    }

    /// The same with other times.
    #[cfg(test)]
    pub(super) fn with_policy(self, policy: FleetPolicy) -> Self {
        Self { policy, ..self }
    }

    /// What they answered. The first is started before, where it is to be.
    pub async fn asked(&self) -> &ServerReport {
        let asking = || self.ask(&self.options);
        self.asked.get_or_init(asking).await
    }

    async fn ask(&self, options: &ComfyOptions) -> ServerReport {
        let launched = Box::pin(self.launched()).await;
        let process = self.process(launched);
        let mut asked = Box::pin(ask(options, self.policy, &self.silent, process)).await;
        if let Launched::Failed(why) = launched {
            // Why it is not there says more than that it is not.
            let first = self.options.servers[0].to_string();
            asked.refused.retain(|reason| !reason.starts_with(&first));
            asked.refused.insert(0, why.clone());
        }
        asked
    }

    /// What became of the server that is to be started.
    async fn launched(&self) -> &Launched {
        let launching = async {
            match (&self.options.launch, self.options.servers.first()) {
                (Some(how), Some(url)) => Box::pin(launch(url, how, &self.options.traffic)).await,
                _ => Launched::No,
            }
        };
        self.launched.get_or_init(|| launching).await
    }

    /// The server that this program keeps running.
    fn process<'a>(&'a self, launched: &'a Launched) -> Option<(&'a ServerUrl, &'a Arc<Running>)> {
        match launched {
            Launched::Running(running) => Some((self.options.servers.first()?, running)),
            _ => None,
        }
    }

    /// What would be started, in a sentence, where it is not done.
    pub async fn would_start(&self) -> Option<&str> {
        match self.launched().await {
            Launched::Would(what) => Some(what),
            _ => None,
        }
    }

    /// At the end of a run: the cards are given back, and a server that was started is ended.
    pub async fn close(&self) {
        self.options.card.close().await;
        if let Some(Launched::Running(server)) = self.launched.get() {
            server.stop().await;
        }
    }

    /// Who paints pictures of this quality with what a user brings.
    ///
    /// # Errors
    /// [`Error::Workflow`].
    pub async fn painting_with(
        &self,
        with: &PaintWith,
        quality: (Quality, Aspect),
    ) -> Result<FoundPainter, Error> {
        let Some(file) = &with.workflow else {
            if with.loras.is_empty() {
                return Ok(self.asked().await.found());
            }
            let key = (String::new(), with.loras.clone());
            let finding = self.with_loras(&with.loras);
            return Ok(self.once(key, finding).await);
        };
        let file = file.clone();
        let read = blocking(move || UserWorkflow::read(&file));
        let workflow = read.await?;
        // A picture that is larger may be more than a node takes.
        let tuning = &with.tuning;
        let key = (
            format!("{} {quality:?} {tuning:?}", workflow.digest),
            Vec::new(),
        );
        let finding = self.with_workflow(workflow, quality, tuning);
        let mut found = self.once(key, finding).await;
        if !with.loras.is_empty() {
            let doubt = "LoRAs do not change a workflow of yours; load them in it";
            found.doubts.push(doubt.to_owned());
        }
        Ok(found)
    }

    /// What was found for `key`, or what `finding` finds.
    async fn once(
        &self,
        key: PaintKey,
        finding: impl Future<Output = FoundPainter>,
    ) -> FoundPainter {
        let mut others = self.others.lock().await;
        if let Some((_, found)) = others.iter().find(|(known, _)| *known == key) {
            return found.clone();
        }
        let found = Box::pin(finding).await;
        others.push((key, found.clone()));
        found
    }

    async fn with_loras(&self, loras: &[LoraChoice]) -> FoundPainter {
        let options = ComfyOptions {
            loras: loras.to_vec(),
            ..self.options.clone()
        };
        self.ask(&options).await.found()
    }

    async fn with_workflow(
        &self,
        workflow: UserWorkflow,
        quality: (Quality, Aspect),
        tuning: &Tuning,
    ) -> FoundPainter {
        let launched = Box::pin(self.launched()).await;
        let work = Arc::new(UserWorkflowOrder {
            workflow,
            quality,
            tuning: tuning.clone(),
            options: self.options.clone(),
        });
        let urls = &self.options.servers;
        let ask = |url| self.silent.unless(url, Runner::ask(url, &work));
        let answers = join_all(urls.iter().map(ask)).await;
        let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
        let refused = refused.map(|trouble| trouble.reason.clone()).collect();
        let able = answers.iter().find_map(|answer| answer.as_ref().ok());
        let doubts = able.and_then(|runner| runner.note.clone());
        let answers = urls.iter().cloned().zip(answers).collect();
        let fleet = Fleet::new(answers, self.policy, self.process(launched));
        FoundPainter {
            painter: fleet
                .map(|fleet| Arc::new(UserWorkflowPainter::new(work, fleet)) as SharedPainter),
            refused,
            doubts: doubts.into_iter().collect(),
        }
    }
}

/// Stands for a server that would be started, where nothing is really made.
#[derive(Debug)]
pub struct ToBeStarted;

impl Painter for ToBeStarted {
    fn id(&self) -> &'static str {
        "comfyui"
    }

    fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
        request.add_to_key(key)
    }

    fn paint<'a>(
        &'a self,
        request: &'a PictureRequest,
        order: PictureOrder<'a>,
    ) -> BoxFuture<'a, Result<Painted, Error>> {
        BuiltinPainter.paint(request, order)
    }
}

/// Asks all servers at the same time.
async fn ask(
    options: &ComfyOptions,
    policy: FleetPolicy,
    silent: &Silent,
    process: Option<(&ServerUrl, &Arc<Running>)>,
) -> ServerReport {
    let urls = &options.servers;
    let ask = |url| silent.unless(url, Server::ask(url, options));
    let answers = join_all(urls.iter().map(ask)).await;
    let answers: Vec<_> = urls.iter().cloned().zip(answers).collect();
    let able: Vec<&Server> = answers
        .iter()
        .filter_map(|(_, it)| it.as_ref().ok())
        .collect();
    let refused = answers.iter().filter_map(|(_, it)| it.as_ref().err());
    let slow = able.iter().filter(|server| !server.has_card).map(|server| {
        format!(
            "{} paints on its processor: a picture takes minutes to hours",
            server.generator.id()
        )
    });
    let (usable, models, doubts, slow, refused) = (
        able.iter().map(|server| server.about.clone()).collect(),
        able.iter().map(|server| models_of(server)).collect(),
        able.iter()
            .filter_map(|server| server.doubt.clone())
            .collect(),
        slow.collect(),
        refused.map(|trouble| trouble.reason.clone()).collect(),
    );
    let fleet = Fleet::new(answers, policy, process);
    ServerReport {
        painter: fleet.map(|fleet| Arc::new(ComfyPainter::new(fleet, options))),
        usable,
        models,
        refused,
        doubts,
        slow,
    }
}

/// Files that are told with why they were not chosen, of each server.
const TOLD: usize = 8;

/// The model of a server, why it is that one, and why no other.
fn models_of(server: &Server) -> String {
    let Chosen { why, left_out } = &server.chosen;
    let (id, model) = (server.generator.id(), &server.model.name);
    let at = id.trim_end_matches('/');
    let told = left_out.iter().take(TOLD);
    let told: Vec<String> = told.map(|(file, why)| format!("{file} {why}")).collect();
    let more = match left_out.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let others = if told.is_empty() {
        String::new()
    } else {
        format!(". Not used: {}{more}", told.join("; "))
    };
    format!("{at} paints with {model}, which {why}{others}")
}
