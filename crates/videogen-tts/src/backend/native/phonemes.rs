//! The phonemes of many texts by one start of the espeak-ng program.
//!
//! It prints a line for each clause that it sees, and none where it has nothing to say, so lines cannot be counted to find out
//! whose they are. A fence, a text of our own, stands between the texts: where its phonemes are printed one ends.

use std::ffi::OsStr;

use camino::{Utf8Path, Utf8PathBuf};
use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Stdout, Supervisor};

use crate::Error;
use crate::backend::{NO_SOUND, deadline, write};

/// What stands between texts: nothing that anybody says, read as one clause by each voice of espeak-ng 1.51 that has numbers. The
/// second is for texts that say the first.
const FENCES: [&str; 2] = ["7 0 7 0 7", "5 2 5 2 5 2 5 2 5"];
/// What the file of texts is called.
pub(super) const TEXTS: &str = "texts.txt";
/// The most bytes of phonemes for a byte of text: digits have the most.
const PHONEME_BYTES: usize = 64;

/// The espeak-ng program, asked for phonemes only.
#[derive(Debug, Clone)]
pub(super) struct Phonemizer {
    pub(super) supervisor: Supervisor,
    pub(super) program: Utf8PathBuf,
}

impl Phonemizer {
    /// Asks for the phonemes of `texts` in IPA, as `voice` says them: for each text a line for each clause that the program found
    /// in it, without marks of languages. Texts are single lines; the program reads them from a file in `dir`.
    ///
    /// # Errors
    /// [`Error::Backend`] when there is no such voice or its answer cannot be understood, [`Error::Process`], and
    /// [`Error::Io`] for the file.
    ///
    /// # Cancellation
    /// The program is stopped and the error is [`Error::Cancelled`].
    pub(super) async fn phonemes(
        &self,
        voice: &str,
        texts: &[&str],
        dir: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<Vec<Vec<String>>, Error> {
        for fence in FENCES {
            let answer = self
                .answer(voice, &sheet(texts, fence), dir, cancel)
                .await?;
            if let Some(found) = fenced(&answer, texts.len()) {
                return Ok(found);
            }
        }
        let detail = format!("the phonemes of espeak-ng's voice {voice:?} cannot be told apart");
        Err(failed(detail))
    }

    /// What the program prints for a sheet of texts.
    async fn answer(
        &self,
        voice: &str,
        sheet: &str,
        dir: &Utf8Path,
        cancel: &CancellationToken,
    ) -> Result<String, Error> {
        let input = dir.join(TEXTS);
        write(&input, sheet).await?;
        let limit = (1 << 16) + PHONEME_BYTES * sheet.len();
        let command = Command::new(self.program.as_os_str(), deadline(sheet))
            .private_files()
            .env(NO_SOUND.0, NO_SOUND.1)
            .args(["-b", "1", "-q", "--ipa", "-v", voice])
            .args([OsStr::new("-f"), input.as_os_str()])
            .current_dir(dir.as_std_path())
            .stdout(Stdout::Capture { limit });
        let outcome = self
            .supervisor
            .run(crate::backend::bounded(command), cancel)
            .await
            .map_err(|source| Error::process(super::ID, source))?;
        if let Some(line) = outcome.stderr.first_line_containing("Error") {
            return Err(failed(format!(
                "espeak-ng, for the voice {voice:?}: {line}"
            )));
        }
        let outcome = outcome
            .into_success()
            .map_err(|source| Error::process(super::ID, source))?;
        Ok(outcome.stdout_text().into_owned())
    }
}

fn failed(detail: String) -> Error {
    Error::Backend {
        backend: super::ID,
        detail,
    }
}

/// All texts, a paragraph each, with fences around each. Two fences come first, to learn how they are said.
fn sheet(texts: &[&str], fence: &str) -> String {
    let mut sheet = format!("{fence}\n\n{fence}\n");
    for text in texts {
        debug_assert!(!text.contains('\n'), "{text:?}");
        sheet.push('\n');
        sheet.push_str(text);
        sheet.push_str("\n\n");
        sheet.push_str(fence);
        sheet.push('\n');
    }
    sheet
}

/// The lines of each of `count` texts in the answer to their [`sheet`]; `None` if there are not as many.
fn fenced(answer: &str, count: usize) -> Option<Vec<Vec<String>>> {
    let lines = answer.lines().map(without_language_marks);
    let mut lines = lines.filter(|line| !line.is_empty());
    let fence = lines.next()?;
    if lines.next()? != fence {
        return None;
    }
    let mut all = Vec::with_capacity(count);
    let mut one = Vec::new();
    for line in lines {
        if line == fence {
            all.push(std::mem::take(&mut one));
        } else {
            one.push(line);
        }
    }
    (one.is_empty() && all.len() == count).then_some(all)
}

/// A line without `(en)` and the like, which say whose rules a word was read by.
fn without_language_marks(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('(') {
        plain.push_str(before);
        rest = after.split_once(')').map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn espeak() -> Phonemizer {
        let path = std::env::var_os("PATH");
        let program = videogen_process::locate("espeak-ng", path.as_deref());
        let program = program.expect("the tests of this crate need espeak-ng");
        Phonemizer {
            supervisor: Supervisor::new(),
            program: Utf8PathBuf::from_path_buf(program).unwrap(),
        }
    }

    async fn ask(voice: &str, texts: &[&str]) -> Result<Vec<Vec<String>>, Error> {
        let dir = camino_tempfile::tempdir().unwrap();
        let cancel = CancellationToken::new();
        espeak().phonemes(voice, texts, dir.path(), &cancel).await
    }

    #[tokio::test]
    async fn each_text_has_its_lines_whatever_the_program_makes_of_it() {
        let texts = ["hello", "...", "Stop! Who is it?", "", "[[x]]", "friend"];
        let said = ask("en-us", &texts).await.unwrap();
        assert_eq!(said[0], ["həlˈoʊ"]);
        assert_eq!(said[2].len(), 2, "{said:?}");
        assert_eq!(said[5], ["fɹˈɛnd"]);
        assert!(said[1].is_empty() && said[3].is_empty());
        let said = ask("de", &["das Weekend", "42"]).await.unwrap();
        assert!(!said[0][0].contains('('), "{said:?}");
        // A clause of more than the 800 bytes that the program takes at a time.
        let long = "wort ".repeat(300);
        let said = ask("de", &[&long, "Ende"]).await.unwrap();
        let words: usize = said[0].iter().map(|line| line.split(' ').count()).sum();
        assert_eq!(words, 300);
        assert_eq!(said[1], ["ˈɛndə"]);
        let said = ask("en-us", &[FENCES[0], "x"]).await.unwrap();
        assert_eq!(said[0].len(), 1, "{said:?}");
    }

    #[tokio::test]
    async fn a_voice_that_there_is_not_is_told() {
        // Of "no-such-voice" the program makes Norwegian.
        let error = ask("qqq", &["hello"]).await.unwrap_err();
        assert!(error.to_string().contains("\"qqq\""), "{error}");
    }

    #[tokio::test]
    async fn it_stops_when_it_is_cancelled() {
        let dir = camino_tempfile::tempdir().unwrap();
        let cancel = CancellationToken::new();
        cancel.cancel();
        let espeak = espeak();
        let stopped = espeak.phonemes("en-us", &["hello"], dir.path(), &cancel);
        assert!(stopped.await.unwrap_err().is_cancelled());
    }

    #[test]
    fn answers_that_do_not_fit_are_not_believed() {
        let answer = "f\nf\n(en)a(de) b\n\nc\nf\nf\n";
        let two = vec![vec!["a b".to_owned(), "c".to_owned()], Vec::new()];
        assert_eq!(fenced(answer, 2), Some(two));
        for (answer, count) in [
            ("", 0),
            ("f", 0),
            ("f\ng\nf", 0),
            ("f\nf\na", 1),
            (answer, 1),
        ] {
            assert_eq!(fenced(answer, count), None, "{answer:?}");
        }
        assert_eq!(without_language_marks("(en)a(de"), "a");
    }

    proptest! {
        #[test]
        fn the_lines_come_back(texts in prop::collection::vec(prop::collection::vec("[a-e]{1,3}", 0..4), 0..6)) {
            let answer = |text: &Vec<String>| -> String {
                text.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
            };
            let body: String = texts.iter().map(|text| answer(text) + "fence\n").collect();
            prop_assert_eq!(fenced(&format!("fence\n fence\n{body}"), texts.len()), Some(texts));
        }
    }
}
