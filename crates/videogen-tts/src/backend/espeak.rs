//! espeak-ng: robotic, but it speaks more than 100 languages and is on every Linux.

mod proofs;
mod reading;

use std::ffi::OsStr;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Outcome, Stdout, Supervisor};
use videogen_text::WritingSystem;
use videogen_types::{Hint, Observer, Program};

use self::proofs::Proofs;
use super::{
    PROBE, PROBE_BYTES, Private, Wanted, deadline, find, first_line, printed, probe, write,
};
use crate::audio::clip::Clip;
use crate::audio::wav;
use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::voice;
use crate::{BoxFuture, Error, Rate, Request, Speech, Synthesizer, Voice};

const ID: &str = "espeak-ng";
/// What the text is called that the program reads.
const TEXT: &str = "text.txt";
/// Words a minute at natural pace. The program's own default of 175 is hard to follow.
const NATURAL_WPM: f64 = 165.0;

/// The `espeak-ng` program.
#[derive(Debug, Clone)]
pub struct EspeakNg {
    supervisor: Supervisor,
    program: Utf8PathBuf,
    version: String,
    voices: Vec<Voice>,
    /// Pairs of another language tag and the voice that serves it.
    aliases: Vec<(String, String)>,
    scratch: Option<Utf8PathBuf>,
    /// What its voices were seen to read.
    proofs: Proofs,
}

impl EspeakNg {
    /// Finds `espeak-ng` (`program`, else on `path_var`) and lists its voices. `None` when it is not installed.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] and [`Error::NotTheProgram`]; [`Error::Process`] when it does not answer within 5 s.
    pub async fn discover(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
    ) -> Result<Option<Self>, Error> {
        let Some((program, version)) = locate(ID, supervisor, program, path_var).await? else {
            return Ok(None);
        };
        let (voices, aliases) = parse_voices(
            &probe(ID, supervisor, &program, "--voices")
                .await?
                .stdout_text(),
        );
        if voices.is_empty() {
            return Err(Error::Backend {
                backend: ID,
                detail: "it lists no voices; its data directory is missing".into(),
            });
        }
        Ok(Some(Self {
            supervisor: supervisor.clone(),
            program,
            version,
            voices,
            aliases,
            scratch: None,
            proofs: Proofs::default(),
        }))
    }

    /// Keeps what its voices can read in `dir`, which is created when there is something to keep, so that another process need
    /// not ask them again.
    #[must_use]
    pub fn with_cache_dir(mut self, dir: &Utf8Path) -> Self {
        self.proofs = Proofs::kept_in(dir, &self.program, &self.version);
        self
    }

    /// Puts temporary files into private directories below `dir` instead of the platform's place for them.
    #[must_use]
    pub fn with_scratch_dir(mut self, dir: Utf8PathBuf) -> Self {
        self.scratch = Some(dir);
        self
    }

    /// The voices a request may be spoken with, best first; at least one.
    fn candidates(&self, voice: Option<&str>, language: &str) -> Result<Vec<&Voice>, Error> {
        if let Some(name) = voice {
            return Ok(vec![voice::find(ID, &self.voices, name)?]);
        }
        let first = self.first_voice(language)?;
        let primary = videogen_text::primary_subtag(&first.key);
        let alike = self.voices.iter().filter(|voice| {
            voice.key != first.key && videogen_text::primary_subtag(&voice.key) == primary
        });
        Ok(std::iter::once(first).chain(alike).collect())
    }

    /// The voice of a language, unless it cannot read what that is written in.
    fn first_voice(&self, language: &str) -> Result<&Voice, Error> {
        let tag = language.to_ascii_lowercase().replace('_', "-");
        let tag = match tag.as_str() {
            "en" => "en-us",
            "zh" | "zh-cn" | "zh-hans" | "zh-tw" | "zh-hant" => "cmn",
            "no" => "nb",
            "iw" => "he",
            other => other,
        };
        let by_key = |key: &str| {
            self.voices
                .iter()
                .find(|voice| voice.key.eq_ignore_ascii_case(key))
        };
        let by_alias = |tag: &str| {
            self.aliases
                .iter()
                .find(|(alias, _)| alias == tag)
                .and_then(|(_, key)| by_key(key))
        };
        let mut shorter = tag;
        loop {
            if let Some(voice) = by_key(shorter).or_else(|| by_alias(shorter)) {
                return Ok(voice);
            }
            match shorter.rsplit_once('-') {
                Some((front, _)) => shorter = front,
                None => break,
            }
        }
        let of_language = |voice: &&Voice| {
            videogen_text::primary_subtag(&voice.key) == videogen_text::primary_subtag(tag)
        };
        self.voices
            .iter()
            .find(of_language)
            .ok_or_else(|| Error::UnsupportedLanguage {
                backend: ID,
                language: language.to_owned(),
            })
    }

    /// The voice that speaks: the first that reads what the language is written in. Where none does it is the first, which says
    /// of the text what it can.
    async fn voice_for(&self, voice: Option<&str>, language: &str) -> Result<&Voice, Error> {
        let candidates = self.candidates(voice, language)?;
        if let [_, _, ..] = candidates[..] {
            let usual = WritingSystem::usual_of(language);
            for &voice in &candidates {
                if self.unread(voice, &usual).await?.is_empty() {
                    return Ok(voice);
                }
            }
        }
        Ok(candidates[0])
    }

    /// Those of `scripts` that a voice cannot read.
    async fn unread(
        &self,
        voice: &Voice,
        scripts: &[WritingSystem],
    ) -> Result<Vec<WritingSystem>, Error> {
        let mut unread = Vec::new();
        for &script in scripts {
            let can_read = match self.proofs.verdict(&voice.key, script) {
                Some(known) => known,
                None => self.prove(voice, script).await?,
            };
            if !can_read {
                unread.push(script);
            }
        }
        Ok(unread)
    }

    /// Has a voice read a sample of a script, and remembers whether it can. One that cannot be asked is taken to be able: what is
    /// wrong with the program is told when it is to speak.
    async fn prove(&self, voice: &Voice, script: WritingSystem) -> Result<bool, Error> {
        let Some(sample) = reading::sample(script) else {
            return Ok(true);
        };
        let Ok(outcome) = self.phonemes(voice, sample).await?.into_success() else {
            return Ok(true);
        };
        let answer = outcome.stdout_text();
        let can_read = reading::can_read(&answer, script, &voice.language);
        tracing::debug!(voice = voice.key, ?script, can_read, %answer, "a voice was asked to read");
        self.proofs.remember(&voice.key, script, can_read);
        Ok(can_read)
    }

    /// What a voice makes of `sample`, a text of our own, without a sound.
    async fn phonemes(&self, voice: &Voice, sample: &str) -> Result<Outcome, Error> {
        let command = Command::new(self.program.as_os_str(), PROBE)
            .env(super::NO_SOUND.0, super::NO_SOUND.1)
            .args(["-b", "1", "-q", "-x", "-v", &voice.key, sample])
            .stdout(Stdout::Capture { limit: PROBE_BYTES })
            .grace(std::time::Duration::ZERO);
        self.supervisor
            .run(command, &CancellationToken::new())
            .await
            .map_err(|source| Error::process(ID, source))
    }

    /// One chunk; `None` when the voice made no sound of it.
    async fn synthesize(
        &self,
        text: &str,
        job: &Job<'_>,
        cancel: &CancellationToken,
    ) -> Result<Option<Clip>, Error> {
        let (input, output) = (job.dir.join(TEXT), job.dir.join("speech.wav"));
        write(&input, text).await?;
        let command = Command::new(self.program.as_os_str(), deadline(text))
            .private_files()
            .env(super::NO_SOUND.0, super::NO_SOUND.1)
            .args(["-b", "1", "-v", job.voice, "-s", &job.words_a_minute])
            .args([
                OsStr::new("-f"),
                input.as_os_str(),
                OsStr::new("-w"),
                output.as_os_str(),
            ])
            .current_dir(job.dir.as_std_path());
        let outcome = self
            .supervisor
            .run(super::bounded(command), cancel)
            .await
            .map_err(|source| Error::process(ID, source))?;
        // Status 0 is no proof: it is also 0 when the file could not be written.
        if let Some(line) = outcome
            .stderr
            .first_line_containing("Error")
            .or(outcome.stderr.first_line_containing("Can't write"))
        {
            return Err(Error::Backend {
                backend: ID,
                detail: line.to_owned(),
            });
        }
        outcome
            .into_success()
            .map_err(|source| Error::process(ID, source))?;
        let clip = wav::read(ID, &output).await?;
        tokio::fs::remove_file(&output)
            .await
            .map_err(Error::io("removing", &output))?;
        Ok(clip)
    }
}

struct Job<'a> {
    dir: &'a Utf8Path,
    voice: &'a str,
    words_a_minute: String,
}

impl Synthesizer for EspeakNg {
    fn id(&self) -> &str {
        ID
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn voices(&self) -> &[Voice] {
        &self.voices
    }

    fn unreadable<'a>(
        &'a self,
        voice: Option<&'a str>,
        language: &'a str,
        scripts: &'a [WritingSystem],
    ) -> BoxFuture<'a, Result<Vec<WritingSystem>, Error>> {
        Box::pin(async move {
            let voice = self.voice_for(voice, language).await?;
            self.unread(voice, scripts).await
        })
    }

    fn speak<'a>(
        &'a self,
        request: &'a Request,
        _: &'a dyn Observer,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Speech, Error>> {
        Box::pin(async move {
            let voice = self.voice_for(request.voice.as_deref(), &request.language);
            let voice = voice.await?;
            let text = prepare(&request.text, &request.language, Repertoire::Unicode);
            if !text.is_speakable() {
                return Err(Error::NothingToSay { backend: ID });
            }
            let dir = Private::new(self.scratch.as_deref())?;
            let job = Job {
                dir: dir.path(),
                voice: &voice.key,
                words_a_minute: words_a_minute(request.rate).to_string(),
            };
            let mut clips = Vec::with_capacity(text.chunks.len());
            for chunk in &text.chunks {
                clips.push(if chunk.text.is_empty() {
                    None
                } else {
                    dir.judged(TEXT, self.synthesize(&chunk.text, &job, cancel).await)?
                });
            }
            let setting = Setting {
                backend: ID,
                rate: request.rate,
                voice: &voice.key,
                silent_rate: 22_050,
                may_be_silent: false,
            };
            assemble(text, &clips, &setting)
        })
    }
}

/// `espeak-ng`'s `-s`; it takes 80..=450 and the range of [`Rate`] stays within.
fn words_a_minute(rate: Rate) -> u32 {
    (NATURAL_WPM * rate.factor()).round() as u32
}

/// Finds the program (`explicit`, else on `path_var`) for `backend`, with its version. `None` when it is not installed.
///
/// # Errors
/// [`Error::ProgramMissing`] and [`Error::NotTheProgram`]; [`Error::Process`] when it does not answer in time.
pub(super) async fn locate(
    backend: &'static str,
    supervisor: &Supervisor,
    explicit: Option<&Utf8Path>,
    path_var: Option<&OsStr>,
) -> Result<Option<(Utf8PathBuf, String)>, Error> {
    let wanted = Wanted {
        name: ID,
        install: Program::EspeakNg,
        explicit,
        path_var,
    };
    let Some(program) = find(wanted)? else {
        return Ok(None);
    };
    let text = printed(&probe(backend, supervisor, &program, "--version").await?);
    match version(&text) {
        Some(version) => Ok(Some((program, version))),
        None => Err(Error::NotTheProgram {
            program,
            expected: "eSpeak NG",
            saw: first_line(&text),
            advice: Hint::of(Program::EspeakNg),
        }),
    }
}

/// `espeak-ng-1.51` from "eSpeak NG text-to-speech: 1.51  Data at: …".
fn version(text: &str) -> Option<String> {
    let rest = text.split_once("eSpeak NG text-to-speech:")?.1;
    Some(format!("{ID}-{}", rest.split_whitespace().next()?))
}

/// The table of `--voices`: priority, language, age and sex, name, file, other languages.
fn parse_voices(table: &str) -> (Vec<Voice>, Vec<(String, String)>) {
    let mut voices: Vec<Voice> = Vec::new();
    let mut aliases: Vec<(u32, String, String)> = Vec::new();
    for line in table.lines().skip(1) {
        let mut columns = line.split_whitespace();
        let (Some(_priority), Some(key), Some(sex), Some(name), Some(_file)) = (
            columns.next(),
            columns.next(),
            columns.next(),
            columns.next(),
            columns.next(),
        ) else {
            continue;
        };
        if voices.iter().any(|voice| voice.key == key) {
            continue;
        }
        let sex = match sex.rsplit('/').next() {
            Some("M") => ", male",
            Some("F") => ", female",
            _ => "",
        };
        let description = format!("{}{sex}", name.replace('_', " "));
        voices.push(Voice {
            key: key.to_owned(),
            language: key.to_owned(),
            description,
        });
        let others = columns.collect::<Vec<_>>().join(" ");
        for other in others
            .split(['(', ')'])
            .filter(|other| !other.trim().is_empty())
        {
            let mut parts = other.split_whitespace();
            if let (Some(alias), Some(priority)) = (
                parts.next(),
                parts.next().and_then(|priority| priority.parse().ok()),
            ) {
                aliases.push((priority, alias.to_owned(), key.to_owned()));
            }
        }
    }
    aliases.sort_by_key(|(priority, ..)| *priority);
    (
        voices,
        aliases
            .into_iter()
            .map(|(_, alias, key)| (alias, key))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  cmn             --/M      Chinese_(Mandarin,_latin_as_English) sit/cmn              (zh-cmn 5)(zh 5)
 5  cmn-latn-pinyin --/M      Chinese_(Mandarin,_latin_as_Pinyin) sit/cmn-Latn-pinyin (zh-cmn 5)(zh 5)
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/M      English_(America)  gmw/en-US            (en 3)
 5  nb              --/M      Norwegian_Bokmål  gmq/nb               (no 5)
 5  pt              --/F      Portuguese_(Portugal) roa/pt               (pt-pt 5)
 5  pt-br           --/M      Portuguese_(Brazil) roa/pt-BR            (pt 6)
 5  chr-US-Qaaa-x-west --/M      Cherokee_          iro/chr
 5  yue             --/M      Chinese_(Cantonese) sit/yue              (zh-yue 5)(zh 8)
 5  yue             --/M      Chinese_(Cantonese,_latin_as_Jyutping) sit/yue-Latn-jyutping (zh-yue 5)(zh 8)
";

    fn espeak() -> EspeakNg {
        let (voices, aliases) = parse_voices(TABLE);
        EspeakNg {
            supervisor: Supervisor::new(),
            program: "x".into(),
            version: "x".into(),
            voices,
            aliases,
            scratch: None,
            proofs: Proofs::default(),
        }
    }

    #[test]
    fn the_table_of_voices_is_read() {
        let (voices, aliases) = parse_voices(TABLE);
        assert_eq!(voices.len(), 9);
        assert_eq!(voices[2].description, "English (Great Britain), male");
        assert_eq!(voices[5].description, "Portuguese (Portugal), female");
        assert_eq!(aliases[0], ("en".to_owned(), "en-gb".to_owned()));
    }

    #[test]
    fn a_language_finds_its_voice() {
        let espeak = espeak();
        for (language, key) in [
            ("en", "en-us"),
            ("en-US", "en-us"),
            ("en_GB", "en-gb"),
            ("en-AU", "en-gb"),
            ("zh", "cmn"),
            ("zh-Hant-TW", "cmn"),
            ("no", "nb"),
            ("pt-BR", "pt-br"),
            ("pt-PT", "pt"),
            ("chr", "chr-US-Qaaa-x-west"),
        ] {
            let candidates = espeak.candidates(None, language).unwrap();
            assert_eq!(candidates[0].key, key, "{language}");
        }
        assert!(matches!(
            espeak.candidates(None, "xx"),
            Err(Error::UnsupportedLanguage { .. })
        ));
        let unknown = espeak.candidates(Some("en-uss"), "en").unwrap_err();
        assert!(unknown.help().unwrap().to_string().contains("en-us"));
        let upper = espeak.candidates(Some("EN-GB"), "en").unwrap();
        assert_eq!((upper.len(), &*upper[0].key), (1, "en-gb"));
        let chinese = espeak.candidates(None, "zh").unwrap();
        let keys: Vec<&str> = chinese.iter().map(|voice| &*voice.key).collect();
        assert_eq!(keys, ["cmn", "cmn-latn-pinyin"]);
    }

    #[test]
    fn the_version_is_read() {
        assert_eq!(
            version("eSpeak NG text-to-speech: 1.51  Data at: /x\n").as_deref(),
            Some("espeak-ng-1.51")
        );
        assert_eq!(version("Usage: something else"), None);
    }
}
