//! Piper as a program: one process for a whole text.

mod flavour;
mod voice_file;

use std::ffi::OsStr;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdin, Stdout, Supervisor};
use videogen_types::{Observer, Program};

pub use flavour::PiperFlavour;
pub use voice_file::check_piper_voice;

use self::flavour::Features;
pub(super) use self::voice_file::VoiceConfig;
use super::{Private, Wanted, deadline, find, write};
use crate::audio::clip::Clip;
use crate::audio::wav;
use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::voice;
use crate::{BoxFuture, Error, Rate, Request, Speech, Synthesizer, Voice};

const ID: &str = "piper";
/// What the text is called that the program reads.
const LINES: &str = "lines.txt";

/// Which voice Piper speaks with, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct PiperOptions {
    /// The voice: `KEY.onnx`, with `KEY.onnx.json` beside it.
    pub model: Utf8PathBuf,
    /// Number of the speaker, for voices with several; `None` is the first.
    pub speaker: Option<u32>,
    /// How long sounds last, above 0; `None` is the voice's own. [`Request::rate`] divides it.
    pub length_scale: Option<f32>,
    /// Variation of the sound, 0 or more; `None` is the voice's own (usually 0.667). With 0 here and in `noise_w` the same
    /// request always gives the same samples.
    pub noise_scale: Option<f32>,
    /// Variation of the rhythm, 0 or more; `None` is the voice's own (usually 0.8).
    pub noise_w: Option<f32>,
}

impl PiperOptions {
    /// `model` with its own settings.
    pub fn new(model: impl Into<Utf8PathBuf>) -> Self {
        Self {
            model: model.into(),
            speaker: None,
            length_scale: None,
            noise_scale: None,
            noise_w: None,
        }
    }

    /// What tells one voice, spoken with by a program of a version, from another.
    pub(super) fn identity(&self, version: &str) -> String {
        // A voice that was replaced by another of its name has another size or time.
        let file = |path: &str| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.len(), metadata.modified().ok()?))
        };
        let model = self.model.as_str();
        let files = [file(model), file(&format!("{model}.json"))];
        format!("{version} {self:?} {files:?}")
    }

    /// How long sounds last in speech of this rate, with a voice of this description.
    pub(super) fn length_scale_at(&self, config: &VoiceConfig, rate: Rate) -> f64 {
        let own = self.length_scale.map_or(config.length_scale, f64::from);
        own / rate.factor()
    }
}

/// The `piper` program with one voice.
#[derive(Debug, Clone)]
pub struct PiperCli {
    supervisor: Supervisor,
    program: Utf8PathBuf,
    features: Features,
    version: String,
    options: PiperOptions,
    config: VoiceConfig,
    voices: [Voice; 1],
    scratch: Option<Utf8PathBuf>,
}

impl PiperCli {
    /// Finds `piper` (`program`, else on `path_var`), sees which of the programs of that name it is, and checks the voice's
    /// two files. `None` when no program is installed; the voice is not looked at then.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`]; [`Error::NotTheProgram`] also for the gaming-mouse tool that Debian calls `piper`, and for
    /// versions of piper-tts before 1.3; [`Error::Model`], [`Error::Config`] and [`Error::UnknownSpeaker`];
    /// [`Error::Process`] when the program does not answer in time.
    pub async fn discover(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        options: PiperOptions,
    ) -> Result<Option<Self>, Error> {
        let found = Self::discover_voices(supervisor, program, path_var, vec![options]).await?;
        found.and_then(|mut voices| voices.pop()).transpose()
    }

    /// As [`PiperCli::discover`], for several voices of one program, which is asked once. Each voice is a speaker of its own, or the
    /// reason why it is none, in the order of `voices`. `None` when no program is installed.
    ///
    /// # Errors
    /// What is wrong with the program.
    pub async fn discover_voices(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
        voices: Vec<PiperOptions>,
    ) -> Result<Option<Vec<Result<Self, Error>>>, Error> {
        let wanted = Wanted {
            name: ID,
            install: Program::Piper,
            explicit: program,
            path_var,
        };
        let Some(program) = find(wanted)? else {
            return Ok(None);
        };
        let features = flavour::probe(supervisor, &program).await?;
        let version = flavour::version(supervisor, &program, features.flavour).await;
        let mut speakers = Vec::with_capacity(voices.len());
        for options in voices {
            let checked = check_voice(options).await;
            speakers.push(checked.map(|(options, config, voice)| Self {
                supervisor: supervisor.clone(),
                program: program.clone(),
                features,
                version: version.clone(),
                options,
                config,
                voices: [voice],
                scratch: None,
            }));
        }
        Ok(Some(speakers))
    }

    /// Which of the programs called `piper` this is.
    pub fn flavour(&self) -> PiperFlavour {
        self.features.flavour
    }

    /// Puts temporary files into private directories below `dir` instead of the platform's place for them.
    #[must_use]
    pub fn with_scratch_dir(mut self, dir: Utf8PathBuf) -> Self {
        self.scratch = Some(dir);
        self
    }

    fn command(&self, job: &Job<'_>, lines: String) -> Command {
        let python = self.features.flavour == PiperFlavour::Python;
        let mut command = Command::new(self.program.as_os_str(), deadline(&lines))
            .private_files()
            .args([OsStr::new("--model"), self.options.model.as_os_str()])
            .args([
                OsStr::new(if python {
                    "--output-dir"
                } else {
                    "--output_dir"
                }),
                job.output.as_os_str(),
            ])
            .arg(if python {
                "--length-scale"
            } else {
                "--length_scale"
            })
            .arg(format!("{:.4}", job.length_scale))
            // Windows and minimal locales would decode the text as something else.
            .env("PYTHONUTF8", "1")
            .env("PYTHONIOENCODING", "utf-8")
            .current_dir(job.output.as_std_path());
        if let Some(speaker) = self.options.speaker {
            command = command.args(["--speaker".to_owned(), speaker.to_string()]);
        }
        let (noise, noise_w) = if python {
            ("--noise-scale", "--noise-w-scale")
        } else {
            ("--noise_scale", "--noise_w")
        };
        if let Some(value) = self.options.noise_scale {
            command = command.args([noise.to_owned(), value.to_string()]);
        }
        if let Some(value) = self.options.noise_w {
            command = command.args([noise_w.to_owned(), value.to_string()]);
        }
        if self.features.no_normalize {
            // Otherwise every sentence is brought to full scale on its own.
            command = command.arg("--no-normalize");
        }
        if self.features.sentence_silence && !python {
            // The C++ program adds 0.2 s after every sentence unless told otherwise.
            command = command.args(["--sentence_silence", "0"]);
        }
        if python {
            command.args([OsStr::new("--input-file"), job.input.as_os_str()])
        } else {
            command
                .stdin(Stdin::Bytes(lines.into_bytes()))
                .stdout(Stdout::Tail)
        }
    }

    /// Speaks all `lines`: one clip for each, in order.
    async fn synthesize(
        &self,
        lines: &[&str],
        job: &Job<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Clip>, Error> {
        let mut text = lines.join("\n");
        text.push('\n');
        write(&job.input, &text).await?;
        let command = self.command(job, text);
        let outcome = self
            .supervisor
            .run(super::bounded_piper(command), cancel)
            .await
            .map_err(|source| Error::process(ID, source))?;
        if !outcome.success() {
            if let Some(detail) = flavour::cause(outcome.stderr.as_str()) {
                return Err(Error::Backend {
                    backend: ID,
                    detail,
                });
            }
            outcome
                .into_success()
                .map_err(|source| Error::process(ID, source))?;
            return Ok(Vec::new());
        }
        let files = wav_files(job.output).await?;
        if files.len() != lines.len() {
            let problem = format!("{} files for {} lines", files.len(), lines.len());
            return Err(Error::BadAudio {
                backend: ID,
                problem,
            });
        }
        let mut clips = Vec::with_capacity(files.len());
        for file in files {
            let clip = wav::read(ID, &file).await?;
            clips.push(clip.ok_or_else(|| Error::BadAudio {
                backend: ID,
                problem: "a file without samples".into(),
            })?);
        }
        Ok(clips)
    }
}

struct Job<'a> {
    input: Utf8PathBuf,
    output: &'a Utf8Path,
    length_scale: f64,
}

impl Synthesizer for PiperCli {
    fn id(&self) -> &str {
        ID
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn identity(&self) -> String {
        self.options.identity(&self.version)
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
            let text = prepare(&request.text, &self.config.language, Repertoire::Language);
            if !text.is_speakable() {
                return Err(Error::NothingToSay { backend: ID });
            }
            let dir = Private::new(self.scratch.as_deref())?;
            let output = dir.path().join("speech");
            videogen_durable::create_private_dir(&output)
                .map_err(Error::io("creating", &output))?;
            let job = Job {
                input: dir.path().join(LINES),
                output: &output,
                length_scale: self.options.length_scale_at(&self.config, request.rate),
            };
            let lines: Vec<&str> = text
                .chunks
                .iter()
                .map(|chunk| chunk.text.as_str())
                .filter(|line| !line.is_empty())
                .collect();
            let spoken = self.synthesize(&lines, &job, cancel).await;
            let mut spoken = dir.judged(LINES, spoken)?.into_iter();
            let clips: Vec<Option<Clip>> = text
                .chunks
                .iter()
                .map(|chunk| {
                    if chunk.text.is_empty() {
                        None
                    } else {
                        spoken.next()
                    }
                })
                .collect();
            let setting = Setting {
                backend: ID,
                rate: request.rate,
                voice: &self.voices[0].key,
                silent_rate: self.config.sample_rate,
                may_be_silent: false,
            };
            assemble(text, &clips, &setting)
        })
    }
}

/// Whether the only voice in `voices` is the one that `request` names, or is of its language.
pub(super) fn check_request(
    backend: &'static str,
    voices: &[Voice; 1],
    request: &Request,
) -> Result<(), Error> {
    let primary = videogen_text::primary_subtag;
    match &request.voice {
        Some(name) => voice::find(backend, voices, name).map(|_| ()),
        None if primary(&request.language) == primary(&voices[0].language) => Ok(()),
        None => Err(Error::UnsupportedLanguage {
            backend,
            language: request.language.clone(),
        }),
    }
}

/// Checks the two files of a voice, and that it can be spoken with as `options` say. The path of the model is absolute then.
pub(super) async fn check_voice(
    options: PiperOptions,
) -> Result<(PiperOptions, VoiceConfig, Voice), Error> {
    let model =
        camino::absolute_utf8(&options.model).map_err(Error::io("finding", &options.model))?;
    let options = PiperOptions { model, ..options };
    let (config, key) = voice_file::check(&options.model).await?;
    check_options(&options, &config)?;
    let voice = Voice {
        key,
        language: config.language.clone(),
        description: config.description(),
    };
    Ok((options, config, voice))
}

fn check_options(options: &PiperOptions, config: &VoiceConfig) -> Result<(), Error> {
    if let Some(speaker) = options
        .speaker
        .filter(|speaker| *speaker >= config.speakers)
    {
        return Err(Error::UnknownSpeaker {
            speaker,
            count: config.speakers,
        });
    }
    let scale = |name: &'static str, value: Option<f32>, least: f32| match value {
        Some(value) if !(least..=10.0).contains(&value) => Err(Error::InvalidOption {
            name,
            value: value.into(),
            least: least.into(),
        }),
        _ => Ok(()),
    };
    scale("length_scale", options.length_scale, 0.1)?;
    scale("noise_scale", options.noise_scale, 0.0)?;
    scale("noise_w", options.noise_w, 0.0)
}

/// The files Piper wrote, in the order of the lines: their names are clock readings in nanoseconds.
async fn wav_files(dir: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Error> {
    let mut entries = tokio::fs::read_dir(dir)
        .await
        .map_err(Error::io("reading", dir))?;
    let mut files: Vec<(u128, Utf8PathBuf)> = Vec::new();
    while let Some(entry) = entries
        .next_entry()
        .await
        .map_err(Error::io("reading", dir))?
    {
        let name = entry.file_name();
        let number = name
            .to_str()
            .and_then(|name| name.strip_suffix(".wav"))
            .and_then(|stem| stem.parse().ok());
        if let (Some(number), Some(name)) = (number, name.to_str()) {
            files.push((number, dir.join(name)));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}
