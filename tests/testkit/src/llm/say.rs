//! What a mock model says, and how it fails to.

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// This, and ends well.
    Text(String),
    /// A thought apart from the text.
    Thought {
        /// The thought.
        thought: String,
        /// The text.
        text: String,
    },
    /// This, in one piece although a stream was asked for.
    Whole(String),
    /// This, and reaches the greatest length.
    Length(String),
    /// This, and the stream ends without saying why: Ollama on its OpenAI side after an error.
    Cut(String),
    /// This and why it ended, but not `[DONE]`.
    NoDone(String),
    /// This, and the connection breaks.
    Broken(String),
    /// This, and then an error in the stream.
    ErrorAfter {
        /// The text.
        text: String,
        /// What is said of the error.
        error: String,
    },
    /// An error with status 200 and nothing else.
    ErrorWhole(String),
    /// This, and then nothing, without an end.
    Hang(String),
    /// Nothing at all: not even the head of an answer.
    Silent,
    /// Nothing, and the connection is closed at once.
    Lost,
    /// The head of an answer, and the connection is closed.
    LostAfterHead,
    /// Signs of life without a word.
    Comments,
    /// This, again and again.
    Endless(String),
    /// These bytes instead of a stream.
    Bytes(Vec<u8>),
    /// A status and a text.
    Status {
        /// The status.
        status: u16,
        /// The body: JSON if it begins with `{`.
        body: String,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
    },
}

impl Say {
    /// This, and ends well.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A status and a text.
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        Self::Status {
            status,
            body: body.into(),
            retry_after: None,
        }
    }

    /// What Ollama says when its queue is full.
    pub fn queue_full() -> Self {
        Self::status(
            503,
            r#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#,
        )
    }

    /// A good script of three scenes.
    pub fn script() -> Self {
        Self::Text(SCRIPT.to_owned())
    }
}

/// A script as a good model writes it.
const SCRIPT: &str = r#"{
  "title": "Why the deep sea glows",
  "description": "A short look at the light that living things make in the dark.",
  "hashtags": ["deepsea", "ocean", "science"],
  "scenes": [
    {"narration": "Far below the waves, where no sunlight reaches, the water is full of small lights.",
     "picture": "a dark blue deep sea with hundreds of tiny glowing plankton, cinematic, wide shot", "negative": "text"},
    {"narration": "Most animals down there make their own light, to find food, friends, or a way to escape.",
     "picture": "a glowing deep sea anglerfish close up, dark water, blue and teal light", "negative": ""},
    {"narration": "So the darkest place on Earth is also one of the most colourful.",
     "picture": "a glowing jellyfish drifting upwards in black water, soft blue light", "negative": ""}
  ]
}"#;
