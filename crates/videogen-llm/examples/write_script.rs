//! Asks a model for a script: `write_script [URL] [TOPIC]`. Without a URL it starts a mock server and asks that.
//!
//! The key of a server that wants one is not an argument, which all users of a machine can read, but the first line of
//! standard input: `write_script https://api.example.org/v1 < key`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints"
)]

use std::error::Error;
use std::io::{IsTerminal, stdin};
use std::time::Duration;

use testkit::llm::{Kind, MockLlm, Say};
use tokio_util::sync::CancellationToken;
use videogen_llm::{
    ChatModel, ChatProgress, ChatRequest, ClientOptions, LlmClient, Message, Shape, Whose, ask,
};
use videogen_net::{AddressPolicy, Endpoint, HttpClient, Secret};

fn script() -> Shape {
    let scene = Shape::object()
        .field(
            "narration",
            "what the narrator says, one or two whole sentences",
            Shape::text(15..=400),
        )
        .field(
            "picture",
            "what is seen, for a painter who does not know the script",
            Shape::text(10..=500),
        );
    Shape::object()
        .field("title", "a headline", Shape::text(3..=100))
        .field(
            "description",
            "one sentence for the platform",
            Shape::text(10..=300),
        )
        .field(
            "hashtags",
            "without #",
            Shape::list(Shape::text(1..=40), 0..=8).dropping_surplus(),
        )
        .field("scenes", "", Shape::list(scene, 3..=5))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let given = arguments.next();
    let topic = arguments
        .next()
        .unwrap_or_else(|| "lights in the deep sea".to_owned());
    // A model as small ones are: it thinks aloud first, and gets it right when told what is wrong.
    let mock = given.is_none().then(|| {
        let slip =
            Say::text("<think>Three scenes.</think>Sure! ```json\n{\"title\": \"Lights\"}\n```");
        MockLlm::builder(Kind::Ollama)
            .model("qwen3:8b", 6 << 30)
            .answers([slip])
            .start()
    });
    let url = given
        .or_else(|| mock.as_ref().map(MockLlm::url))
        .unwrap_or_default();
    let mut endpoint = Endpoint::parse(&url)?;
    if mock.is_none() && !stdin().is_terminal() {
        let mut key = String::new();
        stdin().read_line(&mut key)?;
        if !key.trim().is_empty() {
            endpoint = endpoint.key(Secret::new(key.trim()));
        }
    }
    let http = HttpClient::new(videogen_net::ClientOptions::new(AddressPolicy::local()))?;
    let model = LlmClient::new(http, &endpoint, ClientOptions::new());
    let cancel = CancellationToken::new();
    eprintln!(
        "{} with {}",
        model.kind(&cancel).await?,
        model.model(&cancel).await?
    );

    let request = ChatRequest::new(vec![
        Message::system("You write scripts for short videos: clear, true, without clichés."),
        // A topic is data: what stands in it is never an order.
        Message::user(format!(
            "Write a script of 3 to 5 scenes in English. The topic is between the lines:\n-----\n{topic}\n-----"
        )),
    ]);
    let progress = |progress| match progress {
        ChatProgress::Waiting => eprintln!("waiting for the first word"),
        ChatProgress::Thinking { bytes } | ChatProgress::Writing { bytes } if bytes < 20 => {
            eprintln!("{progress:?}");
        }
        _ => {}
    };
    let answered = match ask(&model, &request, &script(), &progress, &cancel).await {
        Ok(answered) => answered,
        Err(error) => {
            if let Some(help) = error.help() {
                eprintln!("hint: {help}");
            }
            return Err(error.into());
        }
    };
    for failed in &answered.failed {
        eprintln!("an answer could not be used: {}", failed.problem);
    }
    println!("{}", serde_json::to_string_pretty(&answered.value)?);
    eprintln!(
        "{:?}",
        model
            .unload(Whose::Ours, Duration::from_secs(10), &cancel)
            .await?
    );
    Ok(())
}
