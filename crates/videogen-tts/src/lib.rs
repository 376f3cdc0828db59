//! Speech synthesis by programs and servers that are already there, behind one trait, with word timings.
//!
//! A [`Synthesizer`] turns a [`Request`] into [`Speech`]: mono samples and, for every word of the text as it will be
//! *displayed*, the seconds in which it is heard. The backends:
//!
//! | backend | languages | word times | needs |
//! |---|---|---|---|
//! | [`Native`] | one per voice file | from the phonemes that the voice's network gives lengths | `espeak-ng` and a voice of Piper's |
//! | [`PiperCli`] | one per voice file | estimated inside exact sentences | `piper` (piper-tts ≥ 1.3 or the C++ program) and a voice |
//! | [`SpeechServer`] | those of its voices | from the server where it tells them, else estimated inside exact sentences | Piper's HTTP server, or one that speaks as OpenAI's speech API does |
//! | [`Flite`] | English | from the phones the program reports | `flite` |
//! | [`EspeakNg`] | about 130 | estimated inside exact sentences | `espeak-ng` |
//! | [`Silent`] | any | estimated | nothing |
//!
//! What they share is pure and lives in this crate too: the text is cleaned and cut into chunks of at most 350
//! characters at sentence and clause boundaries (one unpunctuated "sentence" of 2000 words makes Piper allocate 11 GB),
//! each chunk is synthesised alone so that sentence boundaries are exact, silences between chunks are ours, and one
//! gain is applied to the whole, so loudness does not jump from sentence to sentence.
//!
//! Design decisions worth knowing:
//! - **The programs stay programs.** Linking espeak-ng or Piper would put their GPL on every user of this crate.
//! - **What a server is is asked, not tried**: no text is spoken to find out which API a server has, and what comes back is
//!   known by its bytes, because the types and names that servers give are often wrong.
//! - **One server speaks a whole narration**: the voices of two servers differ, also where they have the same name.
//! - **Text never enters an argument list**: Piper speaks arguments it does not know, and argument lists are public.
//! - **Exit codes prove nothing**: `espeak-ng` and `flite` exit with 0 when they could not write the file. Only a WAV
//!   that was read, with finite samples that are not all silent, counts.
//! - **Determinism**: the same request gives the same samples with espeak-ng, flite, silence and [`Native`], whose noise is drawn
//!   from a seed that is the words'. Piper's program adds noise unless [`PiperOptions::noise_scale`] and
//!   [`PiperOptions::noise_w`] are both 0.
//!
//! The library reads no environment beyond the platform's directory for temporary files (see each backend's
//! `with_scratch_dir`), prints nothing, and owns every child it starts through [`videogen_process::Supervisor`]. Servers are
//! reached through [`videogen_net`] alone.
#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod align;
mod audio;
mod backend;
mod error;
mod heard;
mod installed;
mod recording;
mod scene;
mod select;
mod speech;
mod stored;
mod text;
mod timeline;
mod voice;

use std::future::Future;
use std::pin::Pin;

use tokio_util::sync::CancellationToken;
use videogen_text::{WritingSystem, primary_subtag};
use videogen_types::Observer;

pub use backend::espeak::EspeakNg;
#[cfg(any(test, feature = "test-util"))]
pub use backend::fake::FakeSynthesizer;
pub use backend::flite::Flite;
pub use backend::native::Native;
pub use backend::piper::{PiperCli, PiperFlavour, PiperOptions, check_piper_voice};
pub use backend::server::{
    AskedSpeechServers, SpeechServer, SpeechServerOptions, ask_speech_servers,
};
pub use backend::silent::{SILENT, Silent};
pub use error::Error;
pub use installed::{InstalledSpeakers, Piper, SpeakerPrograms};
pub use recording::{Recording, RecordingText, TimedText};
pub use scene::speak_or_show;
pub use select::{ChosenSpeakers, SpeakerRequest, own_voice, words_per_second};
pub use speech::{Rate, Request, Sentence, Speech, Timing, Word};
pub use text::display_text;
pub use voice::{Voice, nearest};

/// A boxed future, so that [`Synthesizer`] can be used as `Arc<dyn Synthesizer>`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that speaks.
pub trait Synthesizer: std::fmt::Debug + Send + Sync {
    /// Stable name of the backend: `native`, `piper`, `piper-http`, `openai`, `flite`, `espeak-ng` or `silent`.
    fn id(&self) -> &str;

    /// Returns what it is called where several have the same id: `openai at http://127.0.0.1:8880`. Two of the same name fail
    /// alike, and two servers do not.
    fn name(&self) -> String {
        self.id().to_owned()
    }

    /// Program and version for manifests and cache keys, for example `flite-2.2`.
    fn version(&self) -> &str;

    /// What else but the request influences the speech: the version, and files of a model. Two synthesisers of which it
    /// is the same say the same, so what one has said need not be said again.
    fn identity(&self) -> String {
        self.version().to_owned()
    }

    /// The voices this synthesiser can speak with.
    fn voices(&self) -> &[Voice];

    /// Whether it can speak with the voice `key`, in any case: one that it lists, or one that it takes without a list.
    fn has_voice(&self, key: &str) -> bool {
        let is_it = |voice: &Voice| voice.key.eq_ignore_ascii_case(key);
        self.voices().iter().any(is_it)
    }

    /// Whether one of its voices speaks `language`, a BCP 47 tag.
    fn speaks(&self, language: &str) -> bool {
        let is_it = |voice: &Voice| voice::same_language(&voice.language, language);
        self.voices().iter().any(is_it)
    }

    /// Returns those of `scripts` that the voice cannot read which would speak a text in `language`: `voice`, or the one that the
    /// language has here. Unless a program tells, they are those that the voice's own language is not written in.
    ///
    /// # Errors
    /// As [`Synthesizer::speak`], before anything is said.
    fn unreadable<'a>(
        &'a self,
        voice: Option<&'a str>,
        language: &'a str,
        scripts: &'a [WritingSystem],
    ) -> BoxFuture<'a, Result<Vec<WritingSystem>, Error>> {
        let is_it = |it: &&Voice| match voice {
            Some(key) => it.key.eq_ignore_ascii_case(key),
            None => primary_subtag(&it.language) == primary_subtag(language),
        };
        let voices = self.voices();
        let speaking = voices.iter().find(is_it).or(voices.first());
        let own = speaking.map_or_else(String::new, |voice| primary_subtag(&voice.language));
        // A voice of no language says whatever it is given.
        let reads =
            |script: &WritingSystem| own.is_empty() || own == "und" || script.is_letter_of(&own);
        let unread = scripts.iter().copied().filter(|script| !reads(script));
        let unread = unread.collect();
        Box::pin(async move { Ok(unread) })
    }

    /// Speaks `request`. `observer` hears how far it is, where the program tells.
    ///
    /// # Errors
    /// [`Error::NothingToSay`] when the text has no letter or digit the backend can speak, [`Error::UnknownVoice`] and
    /// [`Error::UnsupportedLanguage`] before anything is started, and what went wrong with the program otherwise.
    ///
    /// # Cancellation
    /// When `cancel` fires the running program is stopped together with its children and the result is
    /// [`Error::Cancelled`]. Dropping the future kills the program as well. Nothing is left on disk either way.
    fn speak<'a>(
        &'a self,
        request: &'a Request,
        observer: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>>;
}
