//! What this machine has to make videos with.

use std::ffi::OsString;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_durable::SweepNotice;
use videogen_media::{Encoders, Ffmpeg, FfmpegRenderer, Renderer};
use videogen_music::{BuiltinComposer, Composer, Track};
use videogen_net::TrafficMeter;
use videogen_picture::{BuiltinPainter, ComfyCard, ComfyOptions, ComfyServers, Painter};
use videogen_process::Supervisor;
use videogen_script::{BuiltinWriter, LlmOptions, LlmServers, ScriptWriter};
use videogen_tts::{InstalledSpeakers, Piper, SpeakerPrograms, SpeechServerOptions, Synthesizer};
use videogen_types::{PainterChoice, Stage, WriterChoice};
use videogen_vram::{CardOptions, CardShare};

use crate::brief::Brief;
use crate::card_occupant::occupants;
use crate::scratch::{self, Scratch};
use crate::{Error, ErrorKind};

/// Where programs and servers are. What is `None` is looked for on `path_var`.
#[derive(Debug, Clone, Default)]
pub struct ToolkitConfig {
    /// ffmpeg; ffprobe is expected beside it.
    pub ffmpeg: Option<Utf8PathBuf>,
    /// espeak-ng.
    pub espeak_ng: Option<Utf8PathBuf>,
    /// flite.
    pub flite: Option<Utf8PathBuf>,
    /// Piper, which needs a voice to be of use.
    pub piper: Option<Piper>,
    /// Directories with fonts, beside the system's.
    pub font_dirs: Vec<Utf8PathBuf>,
    /// Music whose licence is known.
    pub tracks: Vec<Track>,
    /// The value of `PATH`.
    pub path_var: Option<OsString>,
    /// Where is kept what FFmpeg said it can do, so that it is not asked each time. `None` keeps nothing.
    pub cache_dir: Option<Utf8PathBuf>,
    /// Servers that paint.
    pub comfyui: ComfyOptions,
    /// Language models that write.
    pub llm: LlmOptions,
    /// Servers that speak.
    pub speech: SpeechServerOptions,
    /// How graphics cards are shared.
    pub card: CardOptions,
}

/// The parts a [`crate::Studio`] works with.
#[derive(Debug, Clone)]
pub struct Toolkit {
    /// Who can speak, best first. The last rung, silence, need not be named.
    pub speakers: Vec<Arc<dyn Synthesizer>>,
    /// Who cannot, and why: (`piper`, "no voice is configured").
    pub absent_speakers: Vec<(String, String)>,
    /// Who writes where no language model does.
    pub writer: Arc<dyn ScriptWriter>,
    /// Who composes where no music is given.
    pub composer: Arc<dyn Composer>,
    /// Who paints where ComfyUI does not.
    pub painter: Arc<dyn Painter>,
    /// ComfyUI servers, which paint better.
    pub comfyui: Option<Arc<ComfyServers>>,
    /// Language models, which write better than the built-in writer.
    pub llm: Option<Arc<LlmServers>>,
    /// Who shares the graphics cards.
    pub card: Arc<CardShare>,
    /// Counts what is exchanged with every server: the same as in the options of ComfyUI, of language models and of the cards.
    pub traffic: TrafficMeter,
    /// Who renders.
    pub renderer: Arc<dyn Renderer>,
    /// Reads sound files; without it only synthesised sound can be used.
    pub ffmpeg: Option<Ffmpeg>,
    /// Finds the encoder that was asked for; without it the processor makes H.264.
    pub encoders: Option<Encoders>,
    /// Directories with fonts, beside the system's.
    pub font_dirs: Vec<Utf8PathBuf>,
    /// Music whose licence is known: it plays where nobody brings any.
    pub tracks: Vec<Track>,
    /// Keeps what the speakers write while they work; removed with the last clone.
    pub(crate) scratch: Option<Arc<Scratch>>,
}

impl Toolkit {
    /// A set of parts, without what only [`Toolkit::discover`] finds.
    pub fn new(
        speakers: Vec<Arc<dyn Synthesizer>>,
        painter: Arc<dyn Painter>,
        renderer: Arc<dyn Renderer>,
    ) -> Self {
        Self {
            speakers,
            absent_speakers: Vec::new(),
            writer: Arc::new(BuiltinWriter),
            composer: Arc::new(BuiltinComposer),
            painter,
            comfyui: None,
            llm: None,
            card: Arc::default(),
            traffic: TrafficMeter::default(),
            renderer,
            ffmpeg: None,
            encoders: None,
            font_dirs: Vec::new(),
            tracks: Vec::new(),
            scratch: None,
        }
    }

    /// Asks the servers that `briefs` may want, all at the same time. What they answer is kept for the plans of the videos.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`].
    pub(crate) async fn ask_servers(
        &self,
        briefs: &[Brief],
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let writing =
            |brief: &&Brief| brief.script.is_none() && brief.writer != WriterChoice::Builtin;
        let painting =
            |brief: &&Brief| brief.images.is_empty() && brief.painter != PainterChoice::Builtin;
        let writers = async {
            if let (Some(servers), Some(_)) = (&self.llm, briefs.iter().find(writing)) {
                servers.asked().await;
            }
        };
        let painters = async {
            if let (Some(servers), Some(brief)) = (&self.comfyui, briefs.iter().find(painting)) {
                // What is wrong with a workflow is said by the plan of its video.
                let with = servers.painting_with(&brief.paint_with, (brief.quality, brief.aspect));
                let _ = Box::pin(with).await;
            }
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(writers, painters) } => Ok(()),
            () = cancel.cancelled() => Err(Error::new(Stage::Preflight, ErrorKind::Cancelled)),
        }
    }

    /// Makes the scratch directory of the speakers again where somebody has removed it meanwhile. Blocks.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn ensure_scratch(&self) -> Result<(), Error> {
        match &self.scratch {
            Some(scratch) => scratch.ensure().map(drop),
            None => Ok(()),
        }
    }

    /// Looks for everything, with the scratch files of speakers in a directory of `temp_dir`.
    ///
    /// # Errors
    /// FFmpeg is missing or not complete; a program or voice that was named is not what it should be. A program that was
    /// only looked for and not found is no error: its rung is missing.
    pub async fn discover(
        paths: &ToolkitConfig,
        temp_dir: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let supervisor = Supervisor::new();
        let preflight = |e: ErrorKind| Error::new(Stage::Preflight, e);

        scratch::sweep(temp_dir, SweepNotice::First);
        let scratch = Arc::new(Scratch::new(temp_dir)?);
        let work = scratch.path("");

        let (program, path_var) = (paths.ffmpeg.as_deref(), paths.path_var.as_deref());
        let (own, cache) = (supervisor.clone(), paths.cache_dir.as_deref());
        let ffmpeg = Ffmpeg::discover_cached(own, program, path_var, cache, cancel);
        // One for all, so that the figures of a run are those of all its servers.
        let traffic = TrafficMeter::default();
        let named = SpeakerPrograms {
            piper: paths.piper.as_ref(),
            servers: &paths.speech,
            traffic: &traffic,
            flite: paths.flite.as_deref(),
            espeak_ng: paths.espeak_ng.as_deref(),
            path_var,
            cache_dir: cache,
        };
        let voices = InstalledSpeakers::discover(&supervisor, named, &work);
        let (ffmpeg, voices) = tokio::join!(ffmpeg, voices);
        let ffmpeg = ffmpeg.map_err(|e| preflight(e.into()))?;

        let InstalledSpeakers { speakers, absent } = voices.map_err(|e| preflight(e.into()))?;
        let llm = LlmOptions {
            traffic: traffic.clone(),
            ..paths.llm.clone()
        };
        let llm = LlmServers::open(&llm).await;
        let llm = llm.map_err(|e| preflight(e.into()))?.map(Arc::new);
        let models = llm.as_ref().map(|servers| occupants(&servers.models()));
        let painters = paths.comfyui.servers.iter();
        let painters =
            painters.filter_map(|url| Some(Arc::new(ComfyCard::at(url, &traffic)?) as _));
        let card = CardShare::new(
            paths.card.clone(),
            painters.collect(),
            models.unwrap_or_default(),
        );
        let card = Arc::new(card);
        let comfyui = ComfyOptions {
            card: Arc::clone(&card),
            traffic: traffic.clone(),
            ..paths.comfyui.clone()
        };
        Ok(Self {
            speakers,
            absent_speakers: absent,
            writer: Arc::new(BuiltinWriter),
            composer: Arc::new(BuiltinComposer),
            painter: Arc::new(BuiltinPainter),
            comfyui: ComfyServers::new(comfyui).map(Arc::new),
            llm,
            card,
            traffic,
            renderer: Arc::new(FfmpegRenderer::new(ffmpeg.clone())),
            encoders: Some(Encoders::new(ffmpeg.clone(), work)),
            ffmpeg: Some(ffmpeg),
            font_dirs: paths.font_dirs.clone(),
            tracks: paths.tracks.clone(),
            scratch: Some(scratch),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Barrier;

    use super::*;
    use videogen_durable::KeyBuilder;
    use videogen_media::FakeRenderer;
    use videogen_net::SERVICES_WITHIN;
    use videogen_picture::Painted;
    use videogen_picture::{BoxFuture, PictureOrder, PictureRequest};
    use videogen_text::chain;

    #[derive(Debug)]
    struct Nobody;

    impl Painter for Nobody {
        fn id(&self) -> &'static str {
            "nobody"
        }

        fn add_to_key(&self, request: &PictureRequest, key: KeyBuilder) -> KeyBuilder {
            request.add_to_key(key)
        }

        fn paint<'a>(
            &'a self,
            _: &'a PictureRequest,
            _: PictureOrder<'a>,
        ) -> BoxFuture<'a, Result<Painted, videogen_picture::Error>> {
            unreachable!("nothing is painted")
        }
    }

    /// A server that hangs up on a question when another one has been asked, too. With the end of its thread, if it was.
    fn waits_for(both: &Arc<Barrier>) -> (String, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let both = Arc::clone(both);
        let asked = std::thread::spawn(move || {
            let question = listener.accept().unwrap();
            both.wait();
            drop(question);
        });
        (url, asked)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn all_servers_are_asked_before_any_has_answered() {
        let both = Arc::new(Barrier::new(2));
        let ((painter, one), (writer, other)) = (waits_for(&both), waits_for(&both));
        let mut toolkit = Toolkit::new(
            Vec::new(),
            Arc::new(Nobody),
            Arc::new(FakeRenderer::default()),
        );
        let options = ComfyOptions {
            servers: vec![painter.parse().unwrap()],
            ..ComfyOptions::default()
        };
        toolkit.comfyui = ComfyServers::new(options).map(Arc::new);
        let options = LlmOptions {
            servers: vec![writer.parse().unwrap()],
            ..LlmOptions::default()
        };
        toolkit.llm = LlmServers::open(&options).await.unwrap().map(Arc::new);
        let briefs = [Brief::new("out".into())];
        let cancel = CancellationToken::new();
        // One after the other, the first would not answer before its time is over, and the second would not be asked by then.
        toolkit.ask_servers(&briefs, &cancel).await.unwrap();
        let both_asked = tokio::task::spawn_blocking(move || {
            one.join().unwrap();
            other.join().unwrap();
        });
        tokio::time::timeout(SERVICES_WITHIN, both_asked)
            .await
            .expect("both were asked")
            .unwrap();
    }
    /// Servers that take a question and never answer, and one that is away. On a clock that only waiting moves.
    #[tokio::test(start_paused = true)]
    async fn the_preflight_has_one_time_for_all_servers_however_many_are_silent() {
        let listeners: Vec<_> = (0..4)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let mut urls = listeners
            .iter()
            .map(|listener| format!("http://{}", listener.local_addr().unwrap()));
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            format!("http://{}", listener.local_addr().unwrap())
        };
        let mut toolkit = Toolkit::new(
            vec![Arc::new(videogen_tts::Silent::new())],
            Arc::new(Nobody),
            Arc::new(FakeRenderer::default()),
        );
        let painters = urls.by_ref().take(2).chain([gone]);
        let options = ComfyOptions {
            servers: painters.map(|url| url.parse().unwrap()).collect(),
            ..ComfyOptions::default()
        };
        toolkit.comfyui = ComfyServers::new(options).map(Arc::new);
        let options = LlmOptions {
            servers: urls.map(|url| url.parse().unwrap()).collect(),
            ..LlmOptions::default()
        };
        toolkit.llm = LlmServers::open(&options).await.unwrap().map(Arc::new);
        let studio = crate::studio::Studio::new(toolkit);
        let dir = camino_tempfile::tempdir().unwrap();
        let brief = |painter, writer| Brief {
            topic: Some(videogen_types::Topic::new("lighthouses").unwrap().0),
            painter,
            writer,
            ..Brief::new(dir.path().join("out"))
        };
        let never = CancellationToken::new();
        for (painter, writer, about) in [
            (PainterChoice::Comfyui, WriterChoice::Auto, "ComfyUI"),
            (PainterChoice::Builtin, WriterChoice::Llm, "language model"),
        ] {
            let begun = tokio::time::Instant::now();
            let refused = studio.plan(vec![brief(painter, writer)], &never).await;
            let refused = refused.expect_err("nobody is there");
            assert!(begun.elapsed() <= SERVICES_WITHIN, "{:?}", begun.elapsed());
            assert_eq!(refused.stage(), Stage::Preflight);
            let message = chain(&refused);
            assert!(message.contains(about), "{message}");
            assert!(refused.help().is_some(), "it says what to do: {message}");
        }
        assert_eq!(dir.path().read_dir_utf8().unwrap().count(), 0);
    }
}
