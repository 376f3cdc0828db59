//! The next action for a person, as a value: what each interface words in its own way is typed, and the rest is words.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What somebody can do, or why something is so and what can be done about it.
///
/// A command line has flags and commands for what a window has fields and buttons for, and a library has neither. So a hint
/// holds settings, commands and installations as [`Term`]s, which an interface words by [`Hint::word`]. Its `Display`
/// is for who has no words of their own: it names no flag, no command and no package manager. It serialises as that text,
/// and a text is read as plain words.
///
/// ```
/// use videogen_types::{Command, Hint, Setting, Term};
///
/// let hint = Hint::from("use a lower ")
///     .term(Setting::Quality)
///     .aside("; ", Command::Resume, " goes on with what is made");
/// assert_eq!(hint.to_string(), "use a lower quality");
/// let words = hint.word(|term| match term {
///     Term::Setting(Setting::Quality) => "--quality".into(),
///     other => format!("`{other}`"),
/// });
/// assert_eq!(words, "use a lower --quality; `resuming` goes on with what is made");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint(Vec<HintPart>);

/// A piece of a [`Hint`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum HintPart {
    /// The same words for everybody.
    Words(Cow<'static, str>),
    /// Worded by each interface.
    Term(Term),
    /// A term with what stands before and after it, which is left out where nobody has words for the term.
    Aside(&'static str, Term, &'static str),
}

/// What each interface words in its own way. Its `Display` is neutral.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A setting, as something to change.
    Setting(Setting),
    /// A setting with the value that it is to have.
    Value(Setting, Cow<'static, str>),
    /// Something to run.
    Command(Command),
    /// To install a package.
    Install(Package),
    /// To bring an installed package up to date.
    Upgrade(Package),
    /// To get a program that is missing or is the wrong one.
    Get(Program),
}

/// A setting that a hint may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Setting {
    /// Which lesser ways are accepted.
    Accept,
    /// Where fetched assets are kept.
    AssetsDir,
    /// How much they may take.
    AssetsLimit,
    /// The captions.
    Captions,
    /// The codec of the video.
    Codec,
    /// What encodes the video.
    Encoder,
    /// The genre.
    Genre,
    /// The music.
    Music,
    /// That nothing is fetched from a network.
    Offline,
    /// Where the finished files go.
    OutputDir,
    /// Who paints.
    Painter,
    /// The quality.
    Quality,
    /// The script.
    Script,
    /// Which lesser ways are errors.
    Strict,
    /// The workflow that paints.
    Workflow,
    /// Who writes the script.
    Writer,
}

/// Something that a hint may advise to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// To list the batches.
    Batches,
    /// To make the cache smaller.
    CachePrune,
    /// To write a configuration.
    ConfigInit,
    /// To examine the machine.
    Doctor,
    /// To make videos.
    Generate,
    /// To make a video about this topic.
    GenerateAbout(&'static str),
    /// To go on with a batch.
    Resume,
    /// To fetch fonts for scripts that no font here has.
    SetUpFonts,
    /// To fetch music that may be used.
    SetUpMusic,
    /// To fetch a human voice.
    SetUpVoice,
}

/// A package that can be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Package {
    /// Of the operating system, by its name in Debian.
    System(&'static str),
    /// Of Python's index.
    Python(&'static str),
}

/// A program that somebody has to install by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Program {
    /// FFmpeg, in a version that is new enough.
    Ffmpeg,
    /// The speech synthesiser espeak-ng.
    EspeakNg,
    /// The speech synthesiser flite.
    Flite,
    /// The speech synthesiser Piper.
    Piper,
    /// Piper, where another program has that name.
    SpeechPiper,
}

impl Hint {
    /// Creates a hint that begins with a term.
    #[must_use]
    pub fn of(term: impl Into<Term>) -> Self {
        Self::default().term(term)
    }

    /// Adds plain words.
    #[must_use]
    pub fn words(mut self, words: impl Into<Cow<'static, str>>) -> Self {
        let words = words.into();
        match self.0.last_mut() {
            // So that hints of the same words are equal.
            Some(HintPart::Words(before)) => before.to_mut().push_str(&words),
            _ => self.0.push(HintPart::Words(words)),
        }
        self
    }

    /// Adds a term.
    #[must_use]
    pub fn term(mut self, term: impl Into<Term>) -> Self {
        self.0.push(HintPart::Term(term.into()));
        self
    }

    /// Adds a term with the words before and after it, all of which neutral words leave out.
    #[must_use]
    pub fn aside(
        mut self,
        before: &'static str,
        term: impl Into<Term>,
        after: &'static str,
    ) -> Self {
        self.0.push(HintPart::Aside(before, term.into(), after));
        self
    }

    /// Adds " with " and a term, which neutral words leave out.
    #[must_use]
    pub fn with(self, term: impl Into<Term>) -> Self {
        self.aside(" with ", term, "")
    }

    /// Adds all of another hint.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        other.0.into_iter().fold(self, |mut hint, part| match part {
            HintPart::Words(words) => hint.words(words),
            other => {
                hint.0.push(other);
                hint
            }
        })
    }

    /// Returns the text of an interface that has words for every term.
    pub fn word(&self, term: impl Fn(&Term) -> String) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                HintPart::Words(words) => text.push_str(words),
                HintPart::Term(what) => text.push_str(&term(what)),
                HintPart::Aside(before, what, after) => {
                    text.push_str(before);
                    text.push_str(&term(what));
                    text.push_str(after);
                }
            }
        }
        text
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            HintPart::Words(words) => f.write_str(words),
            HintPart::Term(term) => term.fmt(f),
            HintPart::Aside(..) => Ok(()),
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting(setting) => setting.fmt(f),
            Self::Value(setting, value) => write!(f, "{setting} `{value}`"),
            Self::Command(command) => command.fmt(f),
            Self::Install(package) => write!(f, "install the package {}", package.name()),
            Self::Upgrade(package) => write!(f, "upgrade the package {}", package.name()),
            Self::Get(program) => program.fmt(f),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accept => "accepting",
            Self::AssetsDir => "directory of assets",
            Self::AssetsLimit => "limit of assets",
            Self::Captions => "captions",
            Self::Codec => "codec",
            Self::Encoder => "encoder",
            Self::Genre => "genre",
            Self::Music => "music",
            Self::Offline => "offline mode",
            Self::OutputDir => "output directory",
            Self::Painter => "painter",
            Self::Quality => "quality",
            Self::Script => "script",
            Self::Strict => "strictness",
            Self::Workflow => "workflow",
            Self::Writer => "writer",
        })
    }
}

impl Setting {
    /// Returns the setting with the value that it is to have.
    pub fn to(self, value: impl Into<Cow<'static, str>>) -> Term {
        Term::Value(self, value.into())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batches => f.write_str("the list of batches"),
            Self::CachePrune => f.write_str("pruning the cache"),
            Self::ConfigInit => f.write_str("a new configuration"),
            Self::Doctor => f.write_str("an examination of the machine"),
            Self::Generate => f.write_str("a new run"),
            Self::GenerateAbout(topic) => write!(f, "a video about {topic}"),
            Self::Resume => f.write_str("resuming"),
            Self::SetUpFonts => f.write_str("fetching fonts"),
            Self::SetUpMusic => f.write_str("fetching music"),
            Self::SetUpVoice => f.write_str("fetching a voice"),
        }
    }
}

impl Package {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::System(name) | Self::Python(name) => name,
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ffmpeg => "install FFmpeg 5.1 or newer",
            Self::EspeakNg => "install espeak-ng",
            Self::Flite => "install flite",
            Self::Piper => "install Piper and give the path of its program",
            Self::SpeechPiper => {
                "install the speech synthesiser Piper and give the path of its program"
            }
        })
    }
}

impl From<&'static str> for Hint {
    fn from(words: &'static str) -> Self {
        Self::default().words(words)
    }
}

impl From<String> for Hint {
    fn from(words: String) -> Self {
        Self::default().words(words)
    }
}

impl From<Setting> for Term {
    fn from(setting: Setting) -> Self {
        Self::Setting(setting)
    }
}

impl From<Command> for Term {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

impl From<Package> for Term {
    fn from(package: Package) -> Self {
        Self::Install(package)
    }
}

impl From<Program> for Term {
    fn from(program: Program) -> Self {
        Self::Get(program)
    }
}

impl Serialize for Hint {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hint {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(hint: &Hint) -> String {
        hint.word(|term| format!("<{term}>"))
    }

    #[test]
    fn terms_are_worded_and_neutral_words_leave_asides_out() {
        let hint = Hint::from("free some space, or choose another directory")
            .with(Setting::OutputDir)
            .words("; use ")
            .term(Setting::Captions.to("none"));
        assert_eq!(
            hint.to_string(),
            "free some space, or choose another directory; use captions `none`"
        );
        assert_eq!(
            words(&hint),
            "free some space, or choose another directory with <output directory>; use <captions `none`>"
        );
        let upgrade = Hint::of(Term::Upgrade(Package::Python("x")));
        assert_eq!(upgrade.to_string(), "upgrade the package x");
    }

    #[test]
    fn hints_of_the_same_words_are_equal_however_they_were_put_together() {
        let together = Hint::from("a").words(String::from("b")).then("c".into());
        assert_eq!(together, Hint::from("abc"));
        let with = Hint::from("a; ").then(Hint::of(Command::Doctor));
        assert_eq!(with, Hint::from("a; ").term(Command::Doctor));
    }

    #[test]
    fn it_is_written_as_neutral_words_and_read_as_such() {
        let hint = Hint::from("choose a lower ").term(Setting::Quality);
        let json = serde_json::to_string(&hint).unwrap();
        assert_eq!(json, "\"choose a lower quality\"");
        let read: Hint = serde_json::from_str(&json).unwrap();
        assert_eq!(read, Hint::from("choose a lower quality"));
    }
}
