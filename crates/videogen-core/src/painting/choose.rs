//! Who paints a video: asked for by name, or the best there is.

use std::sync::Arc;

use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Painted;
use super::fleet::{Fleet, Manners};
use super::launch::{Launched, launch};
use super::options::ComfyOptions;
use super::painter::ComfyPainter;
use super::server::Server;
use crate::brief::Brief;
use crate::equipment::Equipment;
use crate::event::{Degradation, Stage};
use crate::seam::{
    BoxFuture, BuiltinPainter, Painter, PictureOrder, PictureRequest, SharedPainter,
};
use crate::value::PainterChoice;
use crate::{Error, ErrorKind};

const HINT: &str =
    "set comfyui_url to a running ComfyUI (videogen config init), or use --painter auto";

/// ComfyUI servers, which are asked once, when the first video wants them.
#[derive(Debug)]
pub struct ComfyServers {
    options: ComfyOptions,
    manners: Manners,
    launched: OnceCell<Launched>,
    asked: OnceCell<Asked>,
}

/// What asking brought.
#[derive(Debug)]
pub(crate) struct Asked {
    /// `None` when no server can paint.
    pub(crate) painter: Option<Arc<ComfyPainter>>,
    /// Those that can paint, in a few words each.
    pub(crate) usable: Vec<String>,
    /// Why each of the others cannot.
    pub(crate) refused: Vec<String>,
    /// Those that paint on their processor, in a sentence each.
    pub(crate) slow: Vec<String>,
}

impl ComfyServers {
    /// Servers that are not asked yet; `None` when none is named.
    pub fn new(options: ComfyOptions) -> Option<Self> {
        let named = !options.servers.is_empty();
        named.then(|| Self {
            options,
            manners: Manners::default(),
            launched: OnceCell::new(),
            asked: OnceCell::new(),
        })
    }

    /// The same with other times.
    #[cfg(test)]
    pub(super) fn with_manners(self, manners: Manners) -> Self {
        Self { manners, ..self }
    }

    /// What they answered. The first is started before, where it is to be.
    pub(crate) async fn asked(&self) -> &Asked {
        let asking = async {
            let launched = Box::pin(self.launched()).await;
            let mut asked = Box::pin(ask(&self.options, self.manners)).await;
            if let Launched::Failed(why) = launched {
                // Why it is not there says more than that it is not.
                let first = self.options.servers[0].to_string();
                asked.refused.retain(|reason| !reason.starts_with(&first));
                asked.refused.insert(0, why.clone());
            }
            asked
        };
        self.asked.get_or_init(|| asking).await
    }

    /// What became of the server that is to be started.
    async fn launched(&self) -> &Launched {
        let launching = async {
            match (&self.options.launch, self.options.servers.first()) {
                (Some(how), Some(url)) => Box::pin(launch(url, how)).await,
                _ => Launched::No,
            }
        };
        self.launched.get_or_init(|| launching).await
    }

    /// What would be started, in a sentence, where it is not done.
    pub(crate) async fn would_start(&self) -> Option<&str> {
        match self.launched().await {
            Launched::Would(what) => Some(what),
            _ => None,
        }
    }

    /// At the end of a run: the cards are given back, and a server that was started is ended.
    pub(crate) async fn close(&self) {
        self.options.card.close().await;
        if let Some(Launched::Running(server)) = self.launched.get() {
            server.stop().await;
        }
    }
}

/// Stands for a server that would be started, where nothing is really made.
#[derive(Debug)]
struct ToBeStarted;

impl Painter for ToBeStarted {
    fn id(&self) -> &'static str {
        "comfyui"
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
async fn ask(options: &ComfyOptions, manners: Manners) -> Asked {
    let mut asking = JoinSet::new();
    for (at, url) in options.servers.iter().enumerate() {
        let (url, options) = (url.clone(), options.clone());
        asking.spawn(async move {
            let answer = Server::ask(&url, &options).await;
            (at, url, answer)
        });
    }
    let mut answers = Vec::new();
    while let Some(ended) = asking.join_next().await {
        match ended {
            Ok(answer) => answers.push(answer),
            Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
            // The runtime shuts down.
            Err(_) => {}
        }
    }
    answers.sort_by_key(|(at, ..)| *at);
    let (mut usable, mut refused) = (Vec::new(), Vec::new());
    for (.., answer) in &answers {
        match answer {
            Ok(server) => usable.push(server.about.clone()),
            Err(trouble) => refused.push(trouble.reason.clone()),
        }
    }
    let slow = answers
        .iter()
        .filter_map(|(.., answer)| answer.as_ref().ok());
    let slow = slow.filter(|server| !server.has_card).map(|server| {
        format!(
            "{} paints on its processor: a picture takes minutes to hours",
            server.generator.id()
        )
    });
    let slow = slow.collect();
    let answers = answers.into_iter().map(|(_, url, answer)| (url, answer));
    let fleet = Fleet::new(answers.collect(), manners);
    Asked {
        slow,
        usable,
        painter: fleet.map(|fleet| Arc::new(ComfyPainter::new(fleet, options))),
        refused,
    }
}

/// The painter of `brief`. Servers are asked only when they are wanted.
///
/// # Errors
/// [`ErrorKind::Unavailable`] when ComfyUI was asked for by name and cannot paint; [`ErrorKind::Cancelled`].
pub(crate) async fn painter(
    brief: &Brief,
    equipment: &Equipment,
    degradations: &mut Vec<Degradation>,
    warnings: &mut Vec<String>,
    cancel: &CancellationToken,
) -> Result<SharedPainter, Error> {
    let other = || Arc::clone(&equipment.painter);
    if !brief.images.is_empty() || brief.painter == PainterChoice::Builtin {
        return Ok(other());
    }
    let reason = match &equipment.comfyui {
        None => "no ComfyUI server is configured".to_owned(),
        Some(servers) => {
            let asked = tokio::select! {
                asked = servers.asked() => asked,
                () = cancel.cancelled() => {
                    return Err(Error::new(Stage::Preflight, ErrorKind::Cancelled));
                }
            };
            if let Some(painter) = &asked.painter {
                let told = |reason: &String| format!("a ComfyUI server is not used: {reason}");
                warnings.extend(asked.refused.iter().map(told));
                warnings.extend(asked.slow.iter().cloned());
                return Ok(Arc::clone(painter) as SharedPainter);
            }
            if let Some(what) = Box::pin(servers.would_start()).await {
                warnings.push(what.to_owned());
                return Ok(Arc::new(ToBeStarted));
            }
            asked.refused.join("; ")
        }
    };
    if brief.painter == PainterChoice::Comfyui {
        let kind = ErrorKind::Unavailable {
            what: "comfyui".into(),
            reason,
            hint: HINT.into(),
        };
        return Err(Error::new(Stage::Preflight, kind));
    }
    degradations.push(Degradation {
        stage: Stage::Picture,
        from: "comfyui".into(),
        to: equipment.painter.id().to_owned(),
        reason,
    });
    Ok(other())
}
