//! flite: English, better to listen to than espeak-ng, and it reports when every phone ends.

use std::ffi::OsStr;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdout, Supervisor};
use videogen_types::{Hint, Observer, Program};

use super::{Private, Wanted, deadline, find, first_line, printed, probe, write};
use crate::align::{PAUSE, Phone};
use crate::audio::clip::{Clip, Heard};
use crate::audio::wav;
use crate::text::{Repertoire, prepare};
use crate::timeline::{Setting, assemble};
use crate::voice;
use crate::{BoxFuture, Error, Request, Speech, Synthesizer, Voice};

const ID: &str = "flite";
/// What the text is called that the program reads.
const TEXT: &str = "text.txt";
/// The voices of flite 2.2 that read any text, the one that is best to listen to first. `awb_time` only tells the time.
const VOICES: &[(&str, &str, &str)] = &[
    ("slt", "en-us", "American, female, 16 kHz"),
    ("rms", "en-us", "American, male, 16 kHz"),
    ("awb", "en-gb-scotland", "Scottish, male, 16 kHz"),
    ("kal16", "en-us", "American, male, diphones, 16 kHz"),
    ("kal", "en-us", "American, male, diphones, 8 kHz"),
];
/// The most a list of phones may take: some 15 bytes a phone.
const PHONE_BYTES: usize = 1 << 20;

/// The `flite` program.
#[derive(Debug, Clone)]
pub struct Flite {
    supervisor: Supervisor,
    program: Utf8PathBuf,
    version: String,
    voices: Vec<Voice>,
    scratch: Option<Utf8PathBuf>,
}

impl Flite {
    /// Finds `flite` (`program`, else on `path_var`) and lists its voices. `None` when it is not installed.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] and [`Error::NotTheProgram`]; [`Error::Process`] when it does not answer within 5 s.
    pub async fn discover(
        supervisor: &Supervisor,
        program: Option<&Utf8Path>,
        path_var: Option<&OsStr>,
    ) -> Result<Option<Self>, Error> {
        let wanted = Wanted {
            name: ID,
            install: Program::Flite,
            explicit: program,
            path_var,
        };
        let Some(program) = find(wanted)? else {
            return Ok(None);
        };
        let text = printed(&probe(ID, supervisor, &program, "--version").await?);
        let Some(version) = version(&text) else {
            return Err(Error::NotTheProgram {
                program,
                expected: "CMU Flite",
                saw: first_line(&text),
                advice: Hint::of(Program::Flite),
            });
        };
        let voices = parse_voices(&printed(&probe(ID, supervisor, &program, "-lv").await?));
        if voices.is_empty() {
            return Err(Error::Backend {
                backend: ID,
                detail: "it lists none of the voices slt, rms, awb, kal16 and kal".into(),
            });
        }
        Ok(Some(Self {
            supervisor: supervisor.clone(),
            program,
            version,
            voices,
            scratch: None,
        }))
    }

    /// Puts temporary files into private directories below `dir` instead of the platform's place for them.
    #[must_use]
    pub fn with_scratch_dir(mut self, dir: Utf8PathBuf) -> Self {
        self.scratch = Some(dir);
        self
    }

    fn voice_for(&self, request: &Request) -> Result<&Voice, Error> {
        if videogen_text::primary_subtag(&request.language) != "en" {
            return Err(Error::UnsupportedLanguage {
                backend: ID,
                language: request.language.clone(),
            });
        }
        match &request.voice {
            // An unknown name must not reach the program: it would silently take another voice.
            Some(name) => voice::find(ID, &self.voices, name),
            None => Ok(&self.voices[0]),
        }
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
            .args(["-voice", job.voice, "-psdur", "--setf", &job.stretch])
            .args([
                OsStr::new("-f"),
                input.as_os_str(),
                OsStr::new("-o"),
                output.as_os_str(),
            ])
            .current_dir(job.dir.as_std_path())
            .stdout(Stdout::Capture { limit: PHONE_BYTES });
        let outcome = self
            .supervisor
            .run(super::bounded(command), cancel)
            .await
            .map_err(|source| Error::process(ID, source))?;
        // Status 0 is no proof: it is also 0 when the text could not be read or the file not written.
        if let Some(line) = outcome
            .stderr
            .first_line_containing("failed to open")
            .or(outcome.stderr.first_line_containing("can't open"))
        {
            return Err(Error::Backend {
                backend: ID,
                detail: line.to_owned(),
            });
        }
        let outcome = outcome
            .into_success()
            .map_err(|source| Error::process(ID, source))?;
        let clip = wav::read(ID, &output).await?;
        tokio::fs::remove_file(&output)
            .await
            .map_err(Error::io("removing", &output))?;
        let Some(mut clip) = clip else {
            return Ok(None);
        };
        let phones = parse_phones(&outcome.stdout_text(), clip.duration());
        clip.heard = phones.map(Heard::Phones);
        if clip.heard.is_none() {
            tracing::warn!(
                voice = job.voice,
                "flite's phone times do not fit its audio; word times are estimated"
            );
        }
        Ok(Some(clip))
    }
}

struct Job<'a> {
    dir: &'a Utf8Path,
    voice: &'a str,
    stretch: String,
}

impl Synthesizer for Flite {
    fn id(&self) -> &str {
        ID
    }

    fn version(&self) -> &str {
        &self.version
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
            let voice = self.voice_for(request)?;
            let text = prepare(&request.text, &request.language, Repertoire::Ascii);
            if !text.is_speakable() {
                return Err(Error::NothingToSay { backend: ID });
            }
            let dir = Private::new(self.scratch.as_deref())?;
            let stretch = format!("duration_stretch={:.4}", 1.0 / request.rate.factor());
            let job = Job {
                dir: dir.path(),
                voice: &voice.key,
                stretch,
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
                silent_rate: 16_000,
                may_be_silent: false,
            };
            assemble(text, &clips, &setting)
        })
    }
}

/// `flite-2.2` from "version: flite-2.2-current Sep 2018 (http://cmuflite.org)".
fn version(text: &str) -> Option<String> {
    if !text.contains("Carnegie Mellon") && !text.contains("cmuflite") {
        return None;
    }
    let number = text
        .split_once("version: flite-")?
        .1
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .next()?;
    Some(format!("{ID}-{number}"))
}

/// The known voices among "Voices available: kal awb_time kal16 awb rms slt".
fn parse_voices(text: &str) -> Vec<Voice> {
    let listed: Vec<&str> = text
        .split_once("Voices available:")
        .map_or(Vec::new(), |(_, rest)| rest.split_whitespace().collect());
    VOICES
        .iter()
        .filter(|(key, ..)| listed.contains(key))
        .map(|(key, language, description)| Voice {
            key: (*key).into(),
            language: (*language).into(),
            description: (*description).into(),
        })
        .collect()
}

/// The phones of `-psdur`: one line for each utterance the program made of the text, each item `name:end`, times from the
/// start of the utterance.
///
/// `None` unless they are in order and fit the audio within 2 %, at least 50 ms. The diphone voices (kal, kal16) write only
/// about half of the pause that ends an utterance; those pauses are shortened to what is there.
fn parse_phones(text: &str, duration: f64) -> Option<Vec<Phone>> {
    let utterances: Vec<Vec<(&str, f64)>> =
        text.lines().map(parse_utterance).collect::<Option<_>>()?;
    let total: f64 = utterances.iter().flatten().map(|(_, length)| length).sum();
    let is_final_pause =
        |utterance: &[(&str, f64)], n: usize| n + 1 == utterance.len() && utterance[n].0 == PAUSE;
    let pauses: f64 = utterances
        .iter()
        .filter_map(|utterance| utterance.last())
        .filter(|(name, _)| *name == PAUSE)
        .map(|(_, length)| length)
        .sum();
    let missing = (total - duration).clamp(0.0, pauses);
    if total <= 0.0 || (total - missing - duration).abs() > (duration * 0.02).max(0.05) {
        return None;
    }
    let kept = if pauses > 0.0 {
        1.0 - missing / pauses
    } else {
        1.0
    };
    let mut at = 0.0;
    let mut phones = Vec::new();
    for utterance in &utterances {
        for (n, (name, length)) in utterance.iter().enumerate() {
            let start = at;
            at += if is_final_pause(utterance, n) {
                length * kept
            } else {
                *length
            };
            phones.push(Phone {
                name: (*name).to_owned(),
                start,
                end: at,
            });
        }
    }
    Some(phones)
}
/// Names and lengths of the phones in one line.
fn parse_utterance(line: &str) -> Option<Vec<(&str, f64)>> {
    let mut start = 0.0;
    line.split_whitespace()
        .map(|item| {
            let (name, end) = item.rsplit_once(':')?;
            let end: f64 = end.parse().ok()?;
            let length = end - start;
            start = end;
            (length.is_finite() && length >= 0.0).then_some((name, length))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utterances_follow_each_other() {
        let phones = parse_phones("pau:0.1 hh:0.2 pau:0.5 \npau:0.2 ay:0.4 \n", 0.9).unwrap();
        assert_eq!(phones.len(), 5);
        assert!((phones[4].start - 0.7).abs() < 1e-9 && (phones[4].end - 0.9).abs() < 1e-9);
    }

    #[test]
    fn pauses_the_diphone_voices_do_not_write_are_shortened() {
        // 1.4 s announced, 1.2 s written: each final pause of 0.2 s is half as long.
        let phones =
            parse_phones("pau:0.1 hh:0.5 pau:0.7 \npau:0.1 ay:0.5 pau:0.7 \n", 1.2).unwrap();
        assert!((phones[4].start - 0.7).abs() < 1e-9, "{phones:?}");
        assert!((phones[5].end - 1.2).abs() < 1e-9);
    }

    #[test]
    fn times_that_do_not_fit_the_audio_are_not_believed() {
        for text in [
            "",
            "pau:0.1 hh:0.05",
            "pau:x",
            "pau",
            "pau:inf",
            "pau:0.1 hh:0.2",
        ] {
            assert_eq!(parse_phones(text, 5.0), None, "{text}");
        }
    }

    #[test]
    fn version_and_voices_are_read() {
        let text = "  Carnegie Mellon University, Copyright (c) 1999-2016\n  version: flite-2.2-current Sep 2018 (http://cmuflite.org)\n";
        assert_eq!(version(text).as_deref(), Some("flite-2.2"));
        assert_eq!(version("flite is not installed"), None);
        let voices = parse_voices("Voices available: kal awb_time kal16 awb rms slt \n");
        let keys: Vec<&str> = voices.iter().map(|voice| voice.key.as_str()).collect();
        assert_eq!(keys, ["slt", "rms", "awb", "kal16", "kal"]);
    }
}
