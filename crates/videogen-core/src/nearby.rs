//! Servers of this machine that nobody has configured: asked on the ports where they are by themselves.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use videogen_comfy::ComfyClient;
use videogen_llm::{LlmClient, ServerKind};
use videogen_net::{AddressPolicy, ClientOptions, Endpoint, HttpClient, ServerUrl};

/// For all of them together. A server that is there answers in a few milliseconds; where nobody listens, the system
/// says so at once.
const WITHIN: Duration = Duration::from_millis(300);

/// Where ComfyUI listens by itself.
const COMFYUI: u16 = 8188;
/// Where servers of language models do: Ollama, and llama.cpp's.
const WRITERS: [(u16, &[ServerKind]); 2] = [
    (11434, &[ServerKind::Ollama]),
    (8080, &[ServerKind::LlamaCpp, ServerKind::LlamaCppRouter]),
];

/// The servers that answered as what is expected there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nearby {
    /// ComfyUI.
    pub comfyui: Option<ServerUrl>,
    /// Language models, the preferred first.
    pub llm: Vec<ServerUrl>,
}

/// What to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookFor {
    /// A ComfyUI.
    pub comfyui: bool,
    /// Servers of language models.
    pub llm: bool,
}

/// Asks for servers on their usual ports of the loopback address, all at once. It takes 300 ms at most; one that does not
/// answer by then is not there, and neither is something else that has such a port.
pub async fn nearby(look: LookFor) -> Nearby {
    among(look, COMFYUI, &WRITERS).await
}

async fn among(look: LookFor, comfyui: u16, writers: &[(u16, &[ServerKind])]) -> Nearby {
    let options = ClientOptions::new(AddressPolicy::local().offline());
    let Ok(http) = HttpClient::new(options) else {
        return Nearby::default();
    };
    let painter = async {
        let url = url(comfyui).filter(|_| look.comfyui)?;
        is_comfyui(&http, &url).await.then_some(url)
    };
    let writers = writers.iter().map(|(port, kinds)| {
        let http = &http;
        async move {
            let url = url(*port).filter(|_| look.llm)?;
            is_model_server(http, &url, kinds).await.then_some(url)
        }
    });
    let (comfyui, llm) = tokio::join!(in_time(painter), join_all(writers.map(in_time)));
    Nearby {
        comfyui,
        llm: llm.into_iter().flatten().collect(),
    }
}

async fn in_time<T>(asking: impl Future<Output = Option<T>>) -> Option<T> {
    tokio::time::timeout(WITHIN, asking).await.ok().flatten()
}

fn url(port: u16) -> Option<ServerUrl> {
    format!("http://127.0.0.1:{port}").parse().ok()
}

async fn is_comfyui(http: &HttpClient, url: &ServerUrl) -> bool {
    let client = |url| ComfyClient::new(http.clone(), url).ok();
    match url.expose().parse().ok().and_then(client) {
        Some(client) => client.system_stats().await.is_ok(),
        None => false,
    }
}

async fn is_model_server(http: &HttpClient, url: &ServerUrl, kinds: &[ServerKind]) -> bool {
    let endpoint: Endpoint = url.endpoint();
    // Which model it has is not the question, so none is looked for.
    let options = videogen_llm::ClientOptions::new().model("any");
    let client = LlmClient::new(http.clone(), &endpoint, options);
    // Dropping the question ends it.
    let kind = client.kind(&CancellationToken::new()).await;
    kind.is_ok_and(|kind| kinds.contains(&kind))
}

#[cfg(test)]
mod tests {
    use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};
    use testkit::llm::{Kind, MockLlm};

    use super::*;

    const BOTH: LookFor = LookFor {
        comfyui: true,
        llm: true,
    };

    fn port(url: &str) -> u16 {
        url.parse::<url::Url>().unwrap().port().unwrap()
    }

    /// Listens and never answers.
    fn silent() -> (std::net::TcpListener, u16) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    #[tokio::test]
    async fn servers_are_found_by_what_they_answer() {
        let comfyui = MockComfy::builder()
            .card(SimulatedCard::new(12 * GIB))
            .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
            .start();
        let ollama = MockLlm::builder(Kind::Ollama).start();
        let llama = MockLlm::builder(Kind::LlamaCpp).start();
        let (painter, first, second) = (
            port(&comfyui.url()),
            port(&ollama.url()),
            port(&llama.url()),
        );
        let writers: [(u16, &[ServerKind]); 2] = [
            (first, &[ServerKind::Ollama]),
            (second, &[ServerKind::LlamaCpp]),
        ];
        let found = among(BOTH, painter, &writers).await;
        assert_eq!(found.comfyui, url(painter));
        assert_eq!(found.llm, [url(first).unwrap(), url(second).unwrap()]);

        // Each is no server of the others' kinds.
        let wrong: [(u16, &[ServerKind]); 2] = [
            (second, &[ServerKind::Ollama]),
            (painter, &[ServerKind::LlamaCpp]),
        ];
        assert_eq!(among(BOTH, first, &wrong).await, Nearby::default());

        let nothing = LookFor {
            comfyui: false,
            llm: false,
        };
        let asked = (comfyui.counters(), llama.counters());
        assert_eq!(among(nothing, painter, &writers).await, Nearby::default());
        assert_eq!((comfyui.counters(), llama.counters()), asked);
    }

    #[tokio::test]
    async fn who_does_not_answer_is_not_waited_for() {
        let (_kept, port) = silent();
        let (_too, other) = silent();
        let writers: [(u16, &[ServerKind]); 1] = [(other, &[ServerKind::Ollama])];
        // Without a limit this would last for the deadline of the client, which is minutes.
        assert_eq!(among(BOTH, port, &writers).await, Nearby::default());
    }
}
