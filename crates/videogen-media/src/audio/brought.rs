//! Recordings and music that a person brought, listened to before anything is made: what cannot be used is refused, what
//! will not be heard is told.

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_types::{Duration, Script};

use super::decode::{cut_off, refuse_cut_off, stream_audio};
use super::sink::{FromFirstSound, Listening};
use super::{AudioStats, SAMPLE_RATE, check_audio_file, decode_audio, samples_in};
use crate::blocking::blocking;
use crate::error::NOBODY_HEARD;
use crate::{Error, Ffmpeg};

/// The longest narration, in seconds: that of a video, and what coders add.
const LONGEST: f64 = Duration::LONGEST + 1.0;
/// Less than this is no word, in seconds: a click, a knock on the microphone.
const NO_WORD: f64 = 0.11;
/// A sound of which less than this part is heard is told of.
const MOSTLY_SILENT: f64 = 0.2;
/// Letters and digits in a second that nobody says: a text that is longer belongs to another recording, or to all of one
/// that was cut off. Fast speakers reach 20.
const HURRIED: f64 = 30.0;
/// Letters and digits in a second that even slow speakers exceed, and seconds that a recording may be longer than that: what
/// goes on says more than its text, or something else.
const LEISURELY: (f64, f64) = (3.0, 10.0);
/// Music that begins with more silence than this is told of, in seconds.
const LATE: f64 = 2.0;

fn unusable(path: &Utf8Path, reason: impl Into<String>) -> Error {
    Error::InputBroken {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// A recorded narration, listened to from its beginning to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedNarration {
    path: Utf8PathBuf,
    heard: AudioStats,
    remarks: Vec<String>,
}

impl RecordedNarration {
    /// Listens to a recording, if there is one. However long it is, it is not held in memory, and not listened to for longer
    /// than a video may last.
    ///
    /// # Errors
    /// As [`decode_audio`]; [`Error::InputBroken`] when nobody is heard in it, or it is no sound; [`Error::InputTooLong`];
    /// [`Error::NoFfmpeg`] where there is none.
    pub async fn listen(
        ffmpeg: Option<&Ffmpeg>,
        path: Option<&Utf8Path>,
        cancel: &CancellationToken,
    ) -> Result<Option<Self>, Error> {
        let Some(path) = path else { return Ok(None) };
        let what = "reading sound files";
        let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg { what })?;
        let info = check_audio_file(ffmpeg, path, cancel).await?;
        let too_long = |seconds| Error::InputTooLong {
            path: path.to_owned(),
            seconds,
            limit: Duration::LONGEST,
        };
        // Before it is listened to for as long as that.
        if let Some(seconds) = info.certain_seconds().filter(|seconds| *seconds > LONGEST) {
            return Err(too_long(Some(seconds)));
        }
        let sink = Listening::new(samples_in(LONGEST, SAMPLE_RATE) + 1);
        let listening = stream_audio(ffmpeg, path, &info, sink, cancel).await?;
        let (source, heard) = listening.heard();
        if let Some(reason) = heard.flaw() {
            return Err(unusable(path, reason));
        }
        if heard.seconds > LONGEST {
            return Err(too_long(info.duration.filter(|told| *told > LONGEST)));
        }
        refuse_cut_off(path, &info, heard.seconds, LONGEST)?;
        if heard.sounding < NO_WORD {
            return Err(unusable(path, NOBODY_HEARD));
        }
        let cut_off = cut_off(&info, heard.seconds, LONGEST);
        let silent = (heard.sounding < MOSTLY_SILENT * heard.seconds).then(|| {
            let silent = heard.seconds - heard.sounding;
            format!(
                "nothing is heard in it for {silent:.1} s of {:.1} s",
                heard.seconds
            )
        });
        let remarks = source.remark().map(str::to_owned).into_iter();
        let remarks = remarks.chain(cut_off).chain(silent);
        Ok(Some(Self {
            path: path.to_owned(),
            heard,
            remarks: remarks.map(|remark| format!("{path}: {remark}")).collect(),
        }))
    }

    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        self.heard.seconds
    }

    /// Says what is remarkable about it as the narration of a script; `None` where it is not known what it says.
    pub fn remarks(&self, script: Option<&Script>) -> Vec<String> {
        let scenes = script.into_iter().flat_map(|script| &script.scenes);
        let letters = Letters::of(scenes.map(|scene| scene.narration.as_str()));
        let pace = letters.pace(&self.heard);
        let pace = pace.map(|remark| format!("{}: {remark}", self.path));
        self.remarks.iter().cloned().chain(pace).collect()
    }
}

/// How much there is to be said in a text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Letters {
    /// Letters and digits.
    count: usize,
    /// The same by the time they take: ideographs, syllables and digits take as long as three letters.
    weight: f64,
}

impl Letters {
    fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let chars = texts.into_iter().flat_map(str::chars);
        let letters = chars.filter(|c| c.is_alphanumeric());
        letters.fold(Self::default(), |all, letter| Self {
            count: all.count + 1,
            weight: all.weight + if is_long(letter) { 3.0 } else { 1.0 },
        })
    }

    /// Says that a sound is far too short or too long for them, where it is.
    fn pace(self, heard: &AudioStats) -> Option<String> {
        let (count, seconds) = (self.count, heard.seconds);
        if count == 0 {
            return None;
        }
        let a_second = count as f64 / seconds;
        if self.weight > HURRIED * seconds {
            return Some(format!(
                "it is {seconds:.1} s long and its script has {count} letters, {a_second:.0} a second: one of them is not whole"
            ));
        }
        let most = self.weight / LEISURELY.0 + LEISURELY.1;
        (heard.sounding > most).then(|| {
            format!(
                "it is {seconds:.1} s long and its script has {count} letters, {a_second:.1} a second: it says more than the script, or something else"
            )
        })
    }
}

/// Whether a character is said as a syllable or a word: a digit, an ideograph, kana or hangul.
fn is_long(letter: char) -> bool {
    letter.is_numeric()
        || matches!(letter,
            '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Decodes a narration that was listened to, as one channel at [`SAMPLE_RATE`].
///
/// # Errors
/// As [`decode_audio`]; [`Error::NoFfmpeg`] where there is none.
pub async fn decode_narration(
    ffmpeg: Option<&Ffmpeg>,
    path: &Utf8Path,
    cancel: &CancellationToken,
) -> Result<Vec<f32>, Error> {
    let what = "reading sound files";
    let ffmpeg = ffmpeg.ok_or(Error::NoFfmpeg { what })?;
    let sound = decode_audio(ffmpeg, path, LONGEST, cancel).await?;
    blocking(move || Ok(sound.to_mono())).await
}

/// Listens to `seconds` of music from where something is heard on, as much as a video takes, and says what is remarkable
/// about it. Nothing of it is held in memory.
///
/// # Errors
/// As [`decode_audio`]; [`Error::InputBroken`] when it is no sound.
pub async fn listen_to_music(
    ffmpeg: &Ffmpeg,
    path: &Utf8Path,
    seconds: f64,
    cancel: &CancellationToken,
) -> Result<Vec<String>, Error> {
    let info = check_audio_file(ffmpeg, path, cancel).await?;
    let sink = FromFirstSound::new(Listening::new(samples_in(seconds, SAMPLE_RATE)));
    let started = stream_audio(ffmpeg, path, &info, sink, cancel).await?.end();
    let (_, heard) = started.sink.heard();
    if let Some(reason) = heard.flaw() {
        return Err(unusable(path, reason));
    }
    let (all, limit) = (started.skipped + heard.seconds, started.skipped + seconds);
    refuse_cut_off(path, &info, all, limit)?;
    Ok(
        of_music(&heard, started.skipped, cut_off(&info, all, limit))
            .into_iter()
            .map(|remark| format!("the music {path}: {remark}"))
            .collect(),
    )
}

/// What is remarkable about music of which this is heard after so many seconds of silence.
fn of_music(heard: &AudioStats, skipped: f64, cut_off: Option<String>) -> Vec<String> {
    let silent = if heard.is_silent() {
        let all = skipped + heard.seconds;
        Some(format!(
            "it is silent for all of its {all:.1} s, and nothing of it will be heard"
        ))
    } else if heard.sounding < MOSTLY_SILENT * heard.seconds {
        let silent = heard.seconds - heard.sounding;
        Some(format!(
            "it is silent for {silent:.1} s of the {:.1} s that are used",
            heard.seconds
        ))
    } else if skipped > LATE {
        Some(format!(
            "it begins with {skipped:.1} s of silence, and is begun where it sounds"
        ))
    } else {
        None
    };
    silent.into_iter().chain(cut_off).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(seconds: f64, sounding: f64) -> AudioStats {
        let samples = samples_in(sounding, 1000);
        let mut sound: Vec<f32> = (0..samples).map(|i| (i as f32).sin()).collect();
        sound.resize(samples_in(seconds, 1000), 0.0);
        AudioStats::of(&sound, 1000)
    }

    #[test]
    fn a_recording_that_is_far_too_short_or_long_for_its_script_is_told() {
        let pace = |text: &str, seconds| Letters::of([text]).pace(&heard(seconds, seconds));
        let text = "The sea covers most of our planet. It keeps secrets that no one has seen.";
        let told = pace(text, 0.5).unwrap();
        assert!(told.contains("57 letters, 114 a second"), "{told}");
        for seconds in [3.0, 6.0, 20.0] {
            assert_eq!(pace(text, seconds), None, "{seconds}");
        }
        let told = pace(text, 60.0).unwrap();
        assert!(told.contains("says more"), "{told}");
        // Pauses say nothing.
        assert_eq!(Letters::of([text]).pace(&heard(60.0, 8.0)), None);
        // Ten ideographs take as long as thirty letters.
        assert!(pace("海覆盖了我们星球的大部", 0.5).is_some());
        assert_eq!(pace("海覆盖了我们星球的大部", 2.4), None);
        assert_eq!(pace("海覆盖了我们星球的大部", 15.0), None);
        assert_eq!(Letters::of([]).pace(&heard(60.0, 60.0)), None);
    }

    #[test]
    fn music_is_told_of_when_it_will_not_be_heard() {
        let of = |skipped, seconds, sounding| {
            of_music(&heard(seconds, sounding), skipped, None).join("\n")
        };
        assert!(of(3.9, 0.1, 0.0).contains("its 4.0 s, and nothing of it will be heard"));
        assert!(of(20.0, 30.0, 30.0).contains("begins with 20.0 s of silence"));
        assert!(of(0.0, 30.0, 3.0).contains("silent for 27.0 s of the 30.0 s"));
        assert_eq!(of(1.0, 30.0, 30.0), "");
        let cut = of_music(&heard(3.0, 3.0), 0.0, Some("it ends".to_owned()));
        assert_eq!(cut, ["it ends"]);
    }
}
