//! Servers of language models: which of them answer and have the model.

use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use futures_util::future::join_all;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use videogen_llm::{ClientOptions, ModelPool, Resident};
use videogen_net::{
    BreakerPolicy, Endpoint, HttpClient, RateLimit, RefusedServer, RetryPolicy, SERVICES_WITHIN,
    ServerList,
};
use videogen_text::chain;
use videogen_types::Hint;

use super::ScriptRequest;
use super::options::LlmOptions;
use super::templates::Templates;
use super::writer::{LlmWriter, ScriptError};

/// How often a script is asked for when every server has failed: once more, a moment later.
const TRIES: u32 = 2;
/// Between the two.
const PAUSE: Duration = Duration::from_secs(1);

/// When a server is left alone, and for how long at first and at most: a server on one's own machine is there again a few
/// seconds after it was started again.
const BLOCKS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(15));
/// How often those that are no longer left alone are asked in the background.
const WATCHED_EVERY: Duration = Duration::from_secs(3);
/// How long one that is away is waited for, where nothing else is set.
const WAIT: Duration = Duration::from_mins(3);
/// The same where it was not asked for by name.
const SHORT_WAIT: Duration = Duration::from_secs(30);

/// Why no language model writes where no server is named.
pub const NO_MODEL_CONFIGURED: &str = "no language model is configured";

/// Servers of language models, which are asked once, when the first video wants one.
#[derive(Debug)]
pub struct LlmServers {
    http: HttpClient,
    endpoints: Vec<Endpoint>,
    model: Option<String>,
    wait: Duration,
    templates: Templates,
    /// With the usual context: for what needs none.
    writer: LlmWriter,
    asked: OnceCell<AskedServers>,
}

/// What the servers answered.
#[derive(Debug)]
pub struct AskedServers {
    /// Models that can be asked, with their servers, in a few words each; the first is the preferred one.
    pub usable: Vec<String>,
    /// The other servers.
    pub refused: Vec<RefusedServer>,
    /// What is otherwise than was asked for, each a sentence without a period.
    pub notes: Vec<String>,
}

impl AskedServers {
    /// Returns why none of them can be used.
    pub fn reasons(&self) -> String {
        let reasons = self.refused.iter().map(|refused| refused.reason.as_str());
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<Hint> {
        self.refused.iter().find_map(|refused| refused.hint.clone())
    }
}

impl LlmServers {
    /// Opens servers that are not asked yet; `None` when none is named. Reads the prompts.
    ///
    /// # Errors
    /// [`ScriptError::Prompts`] when the prompts cannot be used, [`ScriptError::Setup`] when the HTTP client cannot be set
    /// up.
    pub async fn open(options: &LlmOptions) -> Result<Option<Self>, ScriptError> {
        // What is wrong with them is told also where nobody is asked with them.
        let templates = templates(options.prompts.clone()).await?;
        if options.servers.is_empty() {
            return Ok(None);
        }
        let setup = |error: &dyn std::error::Error| ScriptError::Setup {
            reason: chain(error),
        };
        let list = ServerList::open(&options.servers, options.key.as_ref(), &options.traffic);
        let ServerList {
            endpoints, http, ..
        } = list.map_err(|error| setup(&error))?;
        let limited = |endpoint: Endpoint| match options.per_minute {
            Some(count) => endpoint.rate_limit(RateLimit::per_minute(count)),
            None => endpoint,
        };
        let endpoints: Vec<Endpoint> = endpoints.into_iter().map(limited).collect();
        let model = options.model.clone();
        let pool = ModelPool::new(
            &http,
            with_options(&endpoints, model.as_deref(), None),
            BreakerPolicy::default(),
        );
        let pool = pool.map_err(|error| setup(&error))?;
        Ok(Some(Self {
            writer: LlmWriter::new(Arc::new(pool), templates.clone()),
            templates,
            http,
            endpoints,
            model,
            wait: options.wait.unwrap_or(WAIT),
            asked: OnceCell::new(),
        }))
    }

    /// Returns what they answered. They are asked once, all at the same time, and have [`SERVICES_WITHIN`].
    pub async fn asked(&self) -> &AskedServers {
        self.asked.get_or_init(|| ask(self.writer.models())).await
    }

    /// Returns [`LlmWriter::fingerprint`] of `wish`. It is of all servers, whether they answer or not: a script is known again when
    /// the one that wrote it is away.
    pub fn fingerprint(&self, wish: &ScriptRequest) -> String {
        self.writer.fingerprint(wish)
    }

    /// Returns who may be asked to leave a graphics card while nothing is written.
    pub fn models(&self) -> ModelPool {
        ModelPool::clone(self.writer.models())
    }

    /// Makes a writer whose models have room for this many tokens. All servers are in it, also those that have not answered: one
    /// that is away at first may come back, for which they are asked in the background. To be called on a runtime.
    pub fn writer(&self, context: u32) -> LlmWriter {
        let servers = with_options(&self.endpoints, self.model.as_deref(), Some(context));
        let blocks = BreakerPolicy::default().blocks(BLOCKS.0, BLOCKS.1);
        let pool = ModelPool::watching(&self.http, servers, blocks, WATCHED_EVERY);
        let pool = pool.expect("the same servers were a pool when this was made");
        let pool = pool.retries(RetryPolicy::once().tries(TRIES).pauses(PAUSE, PAUSE));
        LlmWriter::new(Arc::new(pool), self.templates.clone())
    }

    /// Returns how long a server that is away in the middle of a batch is waited for at most, where a language model was
    /// asked for by name, or was not.
    pub fn longest_wait(&self, by_name: bool) -> Duration {
        if by_name {
            self.wait
        } else {
            (self.wait / 6).min(SHORT_WAIT)
        }
    }
}

async fn templates(directory: Option<Utf8PathBuf>) -> Result<Templates, ScriptError> {
    let Some(directory) = directory else {
        return Ok(Templates::builtin());
    };
    match tokio::task::spawn_blocking(move || Templates::read(&directory)).await {
        Ok(read) => Ok(read?),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        // The runtime shuts down.
        Err(_) => Err(ScriptError::Cancelled),
    }
}

fn with_options(
    endpoints: &[Endpoint],
    model: Option<&str>,
    context: Option<u32>,
) -> Vec<(Endpoint, ClientOptions)> {
    let mut options = ClientOptions::new();
    if let Some(model) = model {
        options = options.model(model);
    }
    if let Some(context) = context {
        options = options.context(context);
    }
    let servers = endpoints.iter();
    servers
        .map(|endpoint| (endpoint.clone(), options.clone()))
        .collect()
}

/// Asks all servers at the same time.
async fn ask(models: &ModelPool) -> AskedServers {
    let all = 0..models.models().len();
    let answers = join_all(all.map(|at| ask_one(models, at))).await;
    let mut asked = AskedServers {
        usable: Vec::new(),
        refused: Vec::new(),
        notes: Vec::new(),
    };
    for answer in answers {
        match answer {
            Ok((about, note)) => {
                asked.usable.push(about);
                asked.notes.extend(note);
            }
            Err(refused) => asked.refused.push(refused),
        }
    }
    asked
}

/// The model with its server in a few words, and what is otherwise than was asked for.
async fn ask_one(models: &ModelPool, at: usize) -> Result<(String, Option<String>), RefusedServer> {
    let model = &models.models()[at];
    // Dropping the question ends it.
    let never = CancellationToken::new();
    match tokio::time::timeout(SERVICES_WITHIN, model.check(&never)).await {
        Ok(Ok(name)) => {
            let other = model
                .wanted()
                .filter(|wanted| !Resident::new(*wanted).is(&name));
            let note = other.map(|wanted| {
                format!(
                    "{} answers with the one model that it has, {name}, and not with {wanted}",
                    model.server()
                )
            });
            Ok((format!("{name} at {}", model.server()), note))
        }
        // A question waits until it is there.
        Ok(Err(videogen_llm::Error::Loading { .. })) => Ok((
            format!("the model that {} is loading", model.server()),
            None,
        )),
        Ok(Err(error)) => Err(RefusedServer {
            hint: error.help(),
            reason: match &error {
                // It begins with the address.
                videogen_llm::Error::Net { source } => chain(source),
                other => chain(other),
            },
        }),
        Err(_) => Err(RefusedServer {
            reason: format!(
                "{} has not answered within {} s",
                model.server(),
                SERVICES_WITHIN.as_secs()
            ),
            hint: None,
        }),
    }
}
