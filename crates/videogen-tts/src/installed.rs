//! Which speakers there are: programs that were named or are on the path, with their voices, and servers that were named.

use std::ffi::OsStr;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use videogen_net::TrafficMeter;
use videogen_process::Supervisor;
use videogen_text::chain;

use crate::backend::server::{OPENAI, PIPER_HTTP, ask_speech_servers};
use crate::{
    AskedSpeechServers, Error, EspeakNg, Flite, Native, PiperCli, PiperOptions,
    SpeechServerOptions, Synthesizer,
};

/// Piper's voices, and its program: they are spoken with by this process where espeak-ng is installed, or by the program.
#[derive(Debug, Clone)]
pub struct Piper {
    /// The program; `None` looks for `piper` on the path.
    pub program: Option<Utf8PathBuf>,
    /// `KEY.onnx`, with `KEY.onnx.json` beside it.
    pub model: Utf8PathBuf,
    /// Number of the speaker, for voices with several.
    pub speaker: Option<u32>,
    /// Whether it was only found: then others speak where it cannot be used.
    pub is_found: bool,
    /// More voices that were found, `KEY.onnx` each, best first.
    pub others: Vec<Utf8PathBuf>,
}

impl Piper {
    /// Returns all voices, the first being the one that was named.
    pub fn voices(&self) -> Vec<PiperOptions> {
        let first = PiperOptions {
            speaker: self.speaker,
            ..PiperOptions::new(self.model.clone())
        };
        let others = self.others.iter().cloned().map(PiperOptions::new);
        std::iter::once(first).chain(others).collect()
    }
}

/// Where speakers are looked for.
#[derive(Debug, Clone, Copy)]
pub struct SpeakerPrograms<'a> {
    /// Piper, which needs a voice to be of use.
    pub piper: Option<&'a Piper>,
    /// Servers that speak.
    pub servers: &'a SpeechServerOptions,
    /// Counts what is exchanged with them.
    pub traffic: &'a TrafficMeter,
    /// flite; `None` looks on the path.
    pub flite: Option<&'a Utf8Path>,
    /// espeak-ng; `None` looks on the path.
    pub espeak_ng: Option<&'a Utf8Path>,
    /// The value of `PATH`.
    pub path_var: Option<&'a OsStr>,
    /// Where it is kept what voices were seen to read; `None` asks them in each process.
    pub cache_dir: Option<&'a Utf8Path>,
}

/// The speakers that there are.
#[derive(Debug, Clone, Default)]
pub struct InstalledSpeakers {
    /// Who can speak, best first. The last rung, silence, is not among them.
    pub speakers: Vec<Arc<dyn Synthesizer>>,
    /// Who cannot, and why: (`piper`, "no Piper voice is configured").
    pub absent: Vec<(String, String)>,
}

impl InstalledSpeakers {
    /// Looks for all of them. Their temporary files go below `scratch_dir`.
    ///
    /// # Errors
    /// A program or a voice that was named is not what it should be. One that was only looked for and is not there, or
    /// cannot be used, is absent, and so is a server that is away.
    pub async fn discover(
        supervisor: &Supervisor,
        programs: SpeakerPrograms<'_>,
        scratch_dir: &Utf8Path,
    ) -> Result<Self, Error> {
        let path_var = programs.path_var;
        let flite = Flite::discover(supervisor, programs.flite, path_var);
        let espeak = EspeakNg::discover(supervisor, programs.espeak_ng, path_var);
        let servers = ask_speech_servers(programs.servers, programs.traffic);
        let (flite, espeak, servers) = tokio::join!(flite, espeak, servers);
        let mut found = Self::default();
        found.native(supervisor, programs, scratch_dir).await;
        found
            .piper(supervisor, programs.piper, path_var, scratch_dir)
            .await?;
        found.servers(servers?);
        let is_named = programs.flite.is_some();
        let flite = flite.map(|found| found.map(|it| it.with_scratch_dir(scratch_dir.to_owned())));
        found.take("flite", flite, is_named)?;
        let is_named = programs.espeak_ng.is_some();
        let espeak = espeak.map(|found| {
            let espeak = found?.with_scratch_dir(scratch_dir.to_owned());
            Some(match programs.cache_dir {
                Some(dir) => espeak.with_cache_dir(dir),
                None => espeak,
            })
        });
        found.take("espeak-ng", espeak, is_named)?;
        Ok(found)
    }

    fn absent(&mut self, id: &str, reason: impl Into<String>) {
        self.absent.push((id.to_owned(), reason.into()));
    }

    /// Takes the servers that speak, in their order. Of one that is away it is not known which API it has.
    fn servers(&mut self, asked: AskedSpeechServers) {
        let first = asked
            .speakers
            .first()
            .map(|speaker| speaker.id().to_owned());
        for id in [PIPER_HTTP, OPENAI] {
            let has = asked.speakers.iter().any(|speaker| speaker.id() == id);
            let reasons = if !has {
                asked.reasons()
            } else if first.as_deref() == Some(id) {
                asked.preferred_reasons()
            } else {
                None
            };
            if let Some(reasons) = reasons {
                self.absent(id, reasons);
            }
        }
        for speaker in asked.speakers {
            self.speakers.push(Arc::new(speaker));
        }
    }

    /// A mistake in what was named is to be known, not to be papered over.
    fn take<S: Synthesizer + 'static>(
        &mut self,
        id: &str,
        found: Result<Option<S>, Error>,
        is_named: bool,
    ) -> Result<(), Error> {
        match found {
            Ok(Some(speaker)) => self.speakers.push(Arc::new(speaker)),
            Ok(None) => self.absent(id, format!("{id} is not installed")),
            Err(error) if is_named => return Err(error),
            Err(error) => self.absent(id, chain(&error)),
        }
        Ok(())
    }

    /// Voices that cannot be spoken with here may be by Piper's program, which tells what is wrong with one that was named.
    async fn native(
        &mut self,
        supervisor: &Supervisor,
        programs: SpeakerPrograms<'_>,
        scratch_dir: &Utf8Path,
    ) {
        let Some(piper) = programs.piper else {
            self.absent("native", "no Piper voice is configured");
            return;
        };
        let (espeak, path_var) = (programs.espeak_ng, programs.path_var);
        match Native::discover_voices(supervisor, espeak, path_var, piper.voices()).await {
            Ok(None) => self.absent(
                "native",
                "espeak-ng, which gives its phonemes, is not installed",
            ),
            Err(error) => self.absent("native", chain(&error)),
            Ok(Some(voices)) => {
                for voice in voices {
                    match voice {
                        Ok(voice) => {
                            let voice = voice.with_scratch_dir(scratch_dir.to_owned());
                            self.speakers.push(Arc::new(voice));
                        }
                        Err(error) => self.absent("native", chain(&error)),
                    }
                }
            }
        }
    }

    async fn piper(
        &mut self,
        supervisor: &Supervisor,
        piper: Option<&Piper>,
        path_var: Option<&OsStr>,
        scratch_dir: &Utf8Path,
    ) -> Result<(), Error> {
        let Some(piper) = piper else {
            self.absent("piper", "no Piper voice is configured");
            return Ok(());
        };
        let program = piper.program.as_deref();
        match PiperCli::discover_voices(supervisor, program, path_var, piper.voices()).await {
            Ok(None) => self.absent("piper", "the program piper is not installed"),
            Err(error) => self.take::<PiperCli>("piper", Err(error), !piper.is_found)?,
            Ok(Some(voices)) => {
                for (n, voice) in voices.into_iter().enumerate() {
                    let voice = voice.map(|it| Some(it.with_scratch_dir(scratch_dir.to_owned())));
                    self.take("piper", voice, n == 0 && !piper.is_found)?;
                }
            }
        }
        Ok(())
    }
}
