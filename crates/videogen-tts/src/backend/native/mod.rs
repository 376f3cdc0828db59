//! Piper's voices without Piper: their network runs in this process, and the espeak-ng program gives the phonemes.

mod network;
mod noise;
mod outline;
mod phonemes;
mod roles;
mod speak;
mod symbols;
mod voice;
mod words;

use std::ffi::OsStr;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use videogen_process::Supervisor;
use videogen_types::Observer;

use self::network::Network;
use self::phonemes::Phonemizer;
use self::voice::NativeVoice;
use super::espeak;
use super::piper::{PiperOptions, check_request};
use crate::{BoxFuture, Error, Request, Speech, Synthesizer, Voice};

const ID: &str = "native";

/// One of Piper's voices, spoken with by this process.
///
/// The network is loaded when it first speaks and kept for as long as this or a clone of it lives.
#[derive(Debug, Clone)]
pub struct Native {
    phonemizer: Phonemizer,
    version: String,
    voice: Arc<NativeVoice>,
    voices: [Voice; 1],
    network: Arc<OnceCell<Arc<Network>>>,
    scratch: Option<Utf8PathBuf>,
}

impl Native {
    /// Finds `espeak-ng` (`program`, else on `path_var`) and checks the voice's two files, the graph of the network among them,
    /// without loading it. `None` when espeak-ng is not installed; the voice is not looked at then.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] and [`Error::NotTheProgram`] for espeak-ng; [`Error::Model`], [`Error::Config`] and
    /// [`Error::UnknownSpeaker`] for the voice, also for networks that only Piper's program can run; [`Error::Process`] when the
    /// program does not answer in time.
    pub async fn discover(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        options: PiperOptions,
    ) -> Result<Option<Self>, Error> {
        let found = Self::discover_voices(supervisor, program, path_var, vec![options]).await?;
        found.and_then(|mut voices| voices.pop()).transpose()
    }

    /// As [`Native::discover`], for several voices. Each is a speaker of its own, or the reason why it is none, in the order of
    /// `voices`.
    ///
    /// # Errors
    /// What is wrong with espeak-ng.
    pub async fn discover_voices(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        voices: Vec<PiperOptions>,
    ) -> Result<Option<Vec<Result<Self, Error>>>, Error> {
        let Some((program, version)) = espeak::locate(ID, supervisor, program, path_var).await?
        else {
            return Ok(None);
        };
        let phonemizer = Phonemizer {
            supervisor: supervisor.clone(),
            program,
        };
        let version = format!("{ID}-{}+{version}", env!("CARGO_PKG_VERSION"));
        let mut speakers = Vec::with_capacity(voices.len());
        for options in voices {
            let checked = voice::check(options).await;
            speakers.push(checked.map(|(voice, listed)| Self {
                phonemizer: phonemizer.clone(),
                version: version.clone(),
                voice: Arc::new(voice),
                voices: [listed],
                network: Arc::default(),
                scratch: None,
            }));
        }
        Ok(Some(speakers))
    }

    /// Puts the text for espeak-ng into private directories below `dir` instead of the platform's place for temporary files.
    #[must_use]
    pub fn with_scratch_dir(mut self, dir: Utf8PathBuf) -> Self {
        self.scratch = Some(dir);
        self
    }

    /// What it means that a thread of ours panicked.
    fn broke_off(&self, panic: &tokio::task::JoinError) -> Error {
        Error::Inference {
            path: self.voice.options.model.clone(),
            problem: format!("it broke off: {panic}"),
        }
    }

    /// The network, loaded where it is not yet.
    async fn network(&self) -> Result<Arc<Network>, Error> {
        let load = || async {
            let voice = Arc::clone(&self.voice);
            let loading = move || Network::load(&voice.options.model, voice.roles.clone());
            let loaded = tokio::task::spawn_blocking(loading).await;
            loaded
                .unwrap_or_else(|panic| Err(self.broke_off(&panic)))
                .map(Arc::new)
        };
        self.network.get_or_try_init(load).await.cloned()
    }
}

impl Synthesizer for Native {
    fn id(&self) -> &str {
        ID
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn identity(&self) -> String {
        self.voice.options.identity(&self.version)
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    fn speak<'a>(
        &'a self,
        request: &'a Request,
        _: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        Box::pin(async move {
            check_request(ID, &self.voices, request)?;
            self.say(request, cancel).await
        })
    }
}

#[cfg(test)]
mod tests {
    use videogen_types::Unobserved;

    use super::*;

    #[tokio::test]
    async fn a_voice_is_loaded_once_and_kept() {
        let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/piper");
        let dir = camino_tempfile::tempdir().unwrap();
        let model = dir.path().join("en_US-tiny-low.onnx");
        for end in ["", ".json"] {
            let from = format!("{fixtures}/en_US-tiny-low.onnx{end}");
            std::fs::copy(from, format!("{model}{end}")).unwrap();
        }
        let path = std::env::var_os("PATH");
        let voice = PiperOptions::new(&*model);
        let found = Native::discover(&Supervisor::new(), None, path.as_deref(), voice).await;
        let native = found
            .unwrap()
            .expect("the tests of this crate need espeak-ng");
        assert!(!native.network.initialized(), "it is loaded when it speaks");
        let request = Request::new("Hello.", "en");
        let cancel = CancellationToken::new();
        let first = native.speak(&request, &Unobserved, &cancel).await.unwrap();
        std::fs::remove_file(&model).unwrap();
        let again = native.clone();
        let again = again.speak(&request, &Unobserved, &cancel).await.unwrap();
        assert_eq!(first, again);
    }
}
