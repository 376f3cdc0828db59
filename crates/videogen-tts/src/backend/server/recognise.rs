//! Which API a server speaks: it is asked once, and with nothing that would have it speak.

use futures_util::future::join_all;
use videogen_net::{
    Endpoint, HttpClient, RefusedServer, SERVICES_WITHIN, ServerList, TrafficMeter,
};
use videogen_text::chain;
use videogen_types::Hint;

use super::exchange::{Exchange, Looked};
use super::openai::{self, OpenAiSpeech, describes_speech};
use super::options::SpeechServerOptions;
use super::piper_http::{self, PiperHttp};
use super::speaker::{Api, SpeechServer};
use crate::Error;

/// What the servers answered.
#[derive(Debug, Default)]
pub struct AskedSpeechServers {
    /// Those that speak, the preferred first.
    pub speakers: Vec<SpeechServer>,
    /// The others.
    pub refused: Vec<RefusedServer>,
    /// How many of the others are preferred to all that speak.
    preferred: usize,
}

impl AskedSpeechServers {
    /// Returns why the others cannot speak; `None` where there is no other.
    pub fn reasons(&self) -> Option<String> {
        joined(&self.refused)
    }

    /// Returns why those cannot speak that are preferred to all that do; `None` where there is none.
    pub fn preferred_reasons(&self) -> Option<String> {
        joined(&self.refused[..self.preferred])
    }
}

fn joined(refused: &[RefusedServer]) -> Option<String> {
    let reasons: Vec<&str> = refused.iter().map(|one| one.reason.as_str()).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Asks all servers at the same time what they are. They have [`SERVICES_WITHIN`]; `traffic` counts what is exchanged with them,
/// then and later.
///
/// # Errors
/// [`Error::Net`] when the client for them cannot be set up. A server that is away, or is something else, is no error.
///
/// # Cancellation
/// Dropping the future ends the questions.
pub async fn ask_speech_servers(
    options: &SpeechServerOptions,
    traffic: &TrafficMeter,
) -> Result<AskedSpeechServers, Error> {
    let mut asked = AskedSpeechServers::default();
    if options.servers.is_empty() {
        return Ok(asked);
    }
    let list = ServerList::open(&options.servers, options.key.as_ref(), traffic)?;
    let each = list
        .endpoints
        .iter()
        .map(|endpoint| ask(&list.http, endpoint, options));
    for answer in join_all(each).await {
        match answer {
            Ok(speaker) => asked.speakers.push(speaker),
            Err(refused) => {
                asked.preferred += usize::from(asked.speakers.is_empty());
                asked.refused.push(refused);
            }
        }
    }
    Ok(asked)
}

async fn ask(
    http: &HttpClient,
    endpoint: &Endpoint,
    options: &SpeechServerOptions,
) -> Result<SpeechServer, RefusedServer> {
    let exchange = Exchange::new(http.clone(), endpoint.clone());
    let asking = Box::pin(recognise(&exchange, options.model.as_deref()));
    let refused = |reason: String, hint: Option<Hint>| RefusedServer { reason, hint };
    match tokio::time::timeout(SERVICES_WITHIN, asking).await {
        Ok(Ok(api)) => {
            SpeechServer::new(exchange, api).map_err(|error| refused(chain(&error), error.help()))
        }
        Ok(Err(error)) => Err(refused(
            match &error {
                // It begins with the address.
                Error::Net { source } => chain(source),
                other => chain(other),
            },
            error.help(),
        )),
        Err(_) => Err(refused(
            format!(
                "{} has not answered within {} s",
                exchange.server(),
                SERVICES_WITHIN.as_secs()
            ),
            None,
        )),
    }
}

async fn recognise(exchange: &Exchange, model: Option<&str>) -> Result<Api, Error> {
    let (speech, info, voices, description) = tokio::join!(
        exchange.look(openai::SPEECH),
        exchange.json(piper_http::INFO),
        exchange.json(piper_http::VOICES),
        exchange.json(openai::DESCRIPTION),
    );
    // A server that is away is away for all of them.
    let speech = speech?;
    let (info, voices) = (info.ok(), voices.ok());
    if let Some(piper) = PiperHttp::recognised(info.as_ref(), voices.as_ref()) {
        return Ok(Api::Piper(piper));
    }
    let description = description.ok();
    if speech.wants_key() {
        return Err(Error::ServerKey {
            server: exchange.server(),
        });
    }
    let speaks = speech.takes_posts()
        || description.as_ref().is_some_and(describes_speech)
        || OpenAiSpeech::has_voices(exchange).await;
    if speaks {
        let speech = OpenAiSpeech::asked(exchange, model, description.as_ref()).await;
        return Ok(Api::OpenAi(speech));
    }
    let (root, list) = tokio::join!(exchange.look(""), exchange.look(piper_http::VOICES));
    let oldest = match (&root, &list) {
        (Ok(root), Ok(list)) => PiperHttp::of_2023(root, list),
        _ => None,
    };
    oldest
        .map(Api::Piper)
        .ok_or_else(|| not_one(exchange, &speech))
}

fn not_one(exchange: &Exchange, speech: &Looked) -> Error {
    Error::NotASpeechServer {
        server: exchange.server(),
        status: speech.status,
    }
}
