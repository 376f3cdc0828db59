//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use serde_json::Value;
use testkit::llm::{Builder, Kind, MockLlm};
use tokio_util::sync::CancellationToken;
use videogen_llm::{Answered, ChatRequest, ClientOptions, Error, LlmClient, Message, Shape, ask};
use videogen_net::{AddressPolicy, Endpoint, HttpClient, Secret};

pub const GIB: u64 = testkit::comfy::GIB;

pub fn http() -> HttpClient {
    let options = videogen_net::ClientOptions::new(AddressPolicy::local())
        .connect_timeout(Duration::from_secs(2));
    HttpClient::new(options).unwrap()
}

/// Short limits: a test that has to wait for one shall not take minutes.
pub fn options() -> ClientOptions {
    ClientOptions::new()
        .first_word(Duration::from_secs(20))
        .next_word(Duration::from_secs(10))
        .question(Duration::from_secs(10))
}

pub fn client_with(url: &str, options: ClientOptions) -> LlmClient {
    LlmClient::new(http(), &Endpoint::parse(url).unwrap(), options)
}

pub fn client(server: &MockLlm) -> LlmClient {
    client_with(&server.url(), options())
}

pub fn client_with_key(server: &MockLlm, key: &str) -> LlmClient {
    LlmClient::new(
        http(),
        &Endpoint::parse(&server.url())
            .unwrap()
            .key(Secret::new(key)),
        options(),
    )
}

/// A server of a kind with one Qwen.
pub fn qwen(kind: Kind) -> Builder {
    MockLlm::builder(kind).model("qwen3:8b", 6 * GIB)
}

pub fn question() -> ChatRequest {
    ChatRequest::new(vec![
        Message::system("You write scripts for short videos."),
        Message::user("A script of three scenes about lights in the deep sea."),
    ])
}

/// A script as videogen wants it.
pub fn script() -> Shape {
    let scene = Shape::object()
        .field(
            "narration",
            "what is said, one or two whole sentences",
            Shape::text(15..=400),
        )
        .or(&[
            "text",
            "voiceover",
            "voice_over",
            "speech",
            "script",
            "dialogue",
        ])
        .field(
            "picture",
            "what is seen, for a painter who does not know the script",
            Shape::text(10..=500),
        )
        .or(&[
            "picture_prompt",
            "image_prompt",
            "visual",
            "prompt",
            "image",
        ])
        .optional("negative", "what must not be seen", Shape::text(0..=200))
        .or(&["negative_prompt"]);
    Shape::object()
        .field("title", "a headline", Shape::text(3..=100))
        .or(&["headline", "video_title"])
        .field(
            "description",
            "one sentence for the platform",
            Shape::text(10..=500),
        )
        .or(&["summary", "caption"])
        .field(
            "hashtags",
            "without #",
            Shape::list(Shape::text(1..=40), 0..=8).dropping_surplus(),
        )
        .or(&["tags", "keywords"])
        .field("scenes", "", Shape::list(scene, 2..=6))
        .or(&["scene", "script", "shots"])
}

pub async fn ask_script(client: &LlmClient) -> Result<Answered<Value>, Error> {
    ask(
        client,
        &question(),
        &script(),
        &|_| {},
        &CancellationToken::new(),
    )
    .await
}

pub fn cancel() -> CancellationToken {
    CancellationToken::new()
}

/// An error and all that lies under it, as a user may see it.
pub fn all_text(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.help());
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text} {error} {error:?}");
        source = error.source();
    }
    text
}
