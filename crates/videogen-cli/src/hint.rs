//! Words hints for the command line: flags, commands, package managers. Nothing below the program names any of them.

use videogen_core::{Error, ErrorKind, Finding};
use videogen_types::{
    Command, Degradation, Event, Hint, Overview, Package, Program, Setting, Summary, Term,
};

/// Returns a hint as a sentence.
pub(crate) fn text(hint: &Hint) -> String {
    hint.word(|what| match what {
        Term::Install(package) => format!("install it: {}", install(*package)),
        other => term(other),
    })
}

/// Returns a hint as the remedy of a finding, which is a command where there is one.
pub(crate) fn fix(hint: &Hint) -> String {
    hint.word(term)
}

/// Returns a finding whose remedy is worded.
pub(crate) fn finding(finding: Finding) -> Finding {
    let fix = finding.fix.as_ref().map(fix).map(Hint::from);
    Finding { fix, ..finding }
}

/// Returns an event whose hints are worded.
pub(crate) fn event(mut event: Event) -> Event {
    match &mut event {
        Event::VideoFailed {
            hint: Some(hint), ..
        } => word(hint),
        Event::Degraded { degradation, .. } => word(&mut degradation.reason),
        Event::BatchFinished {
            summary: Summary { degradations, .. },
        } => steps(degradations),
        _ => {}
    }
    event
}

/// Returns what will be made, with worded hints.
pub(crate) fn overview(mut overview: Overview) -> Overview {
    steps(&mut overview.degradations);
    overview
}

/// Returns the message of an error, with worded hints in it.
pub(crate) fn message(error: &Error) -> String {
    let message = error.to_string();
    let ErrorKind::Strict { degradations } = error.kind() else {
        return message;
    };
    let mut degradations = degradations.clone();
    steps(&mut degradations);
    let worded = ErrorKind::Strict { degradations };
    message.replace(&error.kind().to_string(), &worded.to_string())
}

fn steps(degradations: &mut [Degradation]) {
    for step in degradations {
        word(&mut step.reason);
    }
}

/// Puts its own text in the place of a hint.
fn word(hint: &mut Hint) {
    *hint = text(hint).into();
}

fn term(term: &Term) -> String {
    match term {
        Term::Setting(setting) => flag(*setting).to_owned(),
        Term::Value(setting, value) => format!("{} {value}", flag(*setting)),
        Term::Command(Command::GenerateAbout(topic)) => {
            format!("{} \"{topic}\"", command(Command::Generate))
        }
        Term::Command(what) => command(*what).to_owned(),
        Term::Install(package) => install(*package),
        Term::Upgrade(Package::System(name)) => {
            format!("sudo apt-get install --only-upgrade {name}")
        }
        Term::Upgrade(Package::Python(name)) => format!("pip install --upgrade {name}"),
        Term::Get(program) => get(*program).to_owned(),
    }
}

/// The flag of a setting, or its name in the configuration.
const fn flag(setting: Setting) -> &'static str {
    match setting {
        Setting::Accept => "--accept",
        // There is no flag: the configuration has them.
        Setting::AssetsDir => "`assets_dir`",
        Setting::AssetsLimit => "`assets_limit`",
        Setting::Captions => "--captions",
        Setting::Codec => "--codec",
        Setting::Encoder => "--encoder",
        Setting::Genre => "--genre",
        Setting::Music => "--music",
        Setting::Offline => "--offline",
        Setting::OutputDir => "--output-dir",
        Setting::Painter => "--painter",
        Setting::Quality => "--quality",
        Setting::Script => "--script",
        Setting::Strict => "--strict",
        Setting::Workflow => "--workflow",
        Setting::Writer => "--writer",
    }
}

const fn command(command: Command) -> &'static str {
    match command {
        Command::Batches => "videogen batches",
        Command::CachePrune => "videogen cache prune",
        Command::ConfigInit => "videogen config init",
        Command::Doctor => "videogen doctor",
        Command::Generate | Command::GenerateAbout(_) => "videogen generate",
        Command::Resume => "videogen resume",
        Command::SetUpFonts => "videogen setup --only fonts",
        Command::SetUpMusic => "videogen setup --only music",
        Command::SetUpVoice => "videogen setup --only voice",
    }
}

fn install(package: Package) -> String {
    match package {
        Package::System(name) => format!("sudo apt-get install {name}"),
        Package::Python(name) => format!("pip install {name}"),
    }
}

/// How to get a program, on each platform.
const fn get(program: Program) -> &'static str {
    match program {
        Program::Ffmpeg => {
            "install FFmpeg 5.1 or newer: `apt install ffmpeg` (Debian, Ubuntu), `brew install ffmpeg` (macOS), \
             `winget install Gyan.FFmpeg` (Windows)"
        }
        Program::EspeakNg => {
            "install espeak-ng (Debian and Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng)"
        }
        Program::Flite => {
            "install flite (Debian and Ubuntu: apt install flite; macOS: brew install flite)"
        }
        Program::Piper => "install Piper (pip install piper-tts) and give the path of its program",
        Program::SpeechPiper => {
            "install the speech synthesiser with pip install piper-tts and give the path of its program"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, Parser as _};
    use videogen_durable::{BatchError, StoreError};
    use videogen_guard::{Refused, WaitCause};
    use videogen_types::{FailureKind, Part, Stage};

    use crate::args::Cli;

    fn of(kind: impl Into<ErrorKind>) -> String {
        let error = Error::new(Stage::Preflight, kind);
        text(&error.help().expect("there is something to do"))
    }

    fn step(reason: Hint) -> Degradation {
        Degradation {
            stage: Stage::Script,
            from: "de".into(),
            to: "en".into(),
            reason,
        }
    }

    #[test]
    fn errors_name_flags_commands_and_packages() {
        assert_eq!(
            of(ErrorKind::NoTopic),
            "give a topic: videogen generate \"the deep sea\", or a --genre, or a --script"
        );
        let font = |package| ErrorKind::Font {
            characters: String::new(),
            package,
        };
        assert_eq!(
            of(font(Some("fonts-noto-cjk"))),
            "install it: sudo apt-get install fonts-noto-cjk, or make the video with --captions none"
        );
        assert_eq!(
            of(font(None)),
            "install a font for this script, or use --captions none"
        );
        let output = ErrorKind::Output {
            path: "/x".into(),
            reason: String::new(),
        };
        assert_eq!(of(output), "choose another directory with --output-dir");
        let strict = ErrorKind::Strict {
            degradations: Vec::new(),
        };
        assert_eq!(
            of(strict),
            "leave --strict out, or ask for what is there by name (--writer builtin …)"
        );
        let deadline = ErrorKind::Deadline {
            within: std::time::Duration::ZERO,
        };
        assert_eq!(
            of(deadline),
            "use a lower --quality, or give the machine less else to do; videogen resume goes on with what is made"
        );
        let gone = ErrorKind::NotDelivered {
            what: String::new(),
            part: Part::Picture,
            by: String::new(),
            fallback: "builtin".into(),
            reason: String::new(),
            cause: FailureKind::Other,
        };
        assert_eq!(
            of(gone),
            "videogen resume tries again what is missing; --accept picture=builtin takes the lesser way"
        );
        let workflow = videogen_picture::Error::Workflow {
            path: "/x".into(),
            reason: String::new(),
            hint: None,
        };
        assert_eq!(
            of(workflow),
            "name a workflow that ComfyUI has exported in API format with --workflow, or leave it out"
        );
    }

    #[test]
    fn speakers_and_writers_that_are_missing_can_be_got() {
        let model = Hint::from("set `model` under [piper] in the configuration");
        let model = model.aside(" (", Command::ConfigInit, ")");
        assert_eq!(
            text(&model),
            "set `model` under [piper] in the configuration (videogen config init)"
        );
        let package = Term::Install(Package::System("flite"));
        assert_eq!(
            text(&Hint::of(package)),
            "install it: sudo apt-get install flite"
        );
        let reason = String::new;
        let no_model = videogen_script::ScriptError::NoModel {
            reason: reason(),
            hint: None,
        };
        assert_eq!(
            of(no_model),
            "set llm_url to a running Ollama (videogen config init), or use --writer auto"
        );
        let english = videogen_script::ScriptError::EnglishOnly { reason: reason() };
        assert_eq!(
            of(english),
            "set llm_url to a running Ollama (videogen config init), or leave the language out"
        );
        let setup = videogen_script::ScriptError::Setup { reason: reason() };
        assert_eq!(of(setup), "use --writer builtin");
    }

    #[test]
    fn batches_the_store_and_the_guard_name_commands() {
        assert_eq!(of(BatchError::None), "videogen generate begins one");
        let unknown = BatchError::Unknown {
            name: "x".into(),
            near: Vec::new(),
        };
        assert_eq!(of(unknown), "videogen batches lists what there is");
        let contradiction = BatchError::Contradiction {
            name: "x".into(),
            reason: String::new(),
        };
        assert_eq!(
            of(contradiction),
            "nothing was changed; begin the batch anew with videogen generate"
        );
        let full = StoreError::Full {
            action: "writing",
            path: "/x".into(),
            source: std::io::ErrorKind::StorageFull.into(),
        };
        assert_eq!(
            of(full),
            "free some space, or make the cache smaller: videogen cache prune"
        );
        let late = |cause| {
            of(Refused::TimedOut {
                waited: std::time::Duration::ZERO,
                cause,
                reason: String::new(),
            })
        };
        assert_eq!(
            late(WaitCause::Ram),
            "close something that takes memory, or choose a lower --quality"
        );
        assert_eq!(
            late(WaitCause::Children),
            "end the processes that hang, then run `videogen resume`"
        );
        assert_eq!(
            late(WaitCause::Heat),
            "leave the graphics card alone for a while, then run `videogen resume`"
        );
        let unreadable = Refused::Unreadable {
            within: std::time::Duration::ZERO,
        };
        assert_eq!(
            of(unreadable),
            "a network drive may be gone: choose another directory with --output-dir"
        );
    }

    #[test]
    fn programs_are_got_in_the_way_of_each_platform() {
        let ways = |program: Program| text(&Hint::of(program));
        assert_eq!(
            ways(Program::Ffmpeg),
            "install FFmpeg 5.1 or newer: `apt install ffmpeg` (Debian, Ubuntu), `brew install ffmpeg` (macOS), \
             `winget install Gyan.FFmpeg` (Windows)"
        );
        assert_eq!(
            ways(Program::EspeakNg),
            "install espeak-ng (Debian and Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng)"
        );
        assert_eq!(
            ways(Program::Piper),
            "install Piper (pip install piper-tts) and give the path of its program"
        );
        let old = Hint::from("piper-tts before 1.3 reads text differently; ")
            .term(Term::Upgrade(Package::Python("piper-tts")));
        assert!(text(&old).ends_with("; pip install --upgrade piper-tts"));
    }

    #[test]
    fn a_remedy_of_the_doctor_is_a_command() {
        let package = Term::Install(Package::System("flite"));
        assert_eq!(fix(&Hint::of(package)), "sudo apt-get install flite");
        let model = Hint::default()
            .aside("", Command::ConfigInit, ", then ")
            .words("set `llm_url`");
        assert_eq!(fix(&model), "videogen config init, then set `llm_url`");
    }

    #[test]
    fn what_is_told_while_videos_are_made_is_worded() {
        let reason = Hint::from("the built-in writer writes English only; give a ")
            .term(Setting::Script)
            .words(" in your language");
        let worded = "the built-in writer writes English only; give a --script in your language";
        let told = event(Event::Degraded {
            video: 1,
            degradation: step(reason.clone()),
        });
        let Event::Degraded { degradation, .. } = told else {
            panic!("{told:?}")
        };
        assert_eq!(degradation, step(worded.into()));
        let ended = event(Event::BatchFinished {
            summary: Summary {
                degradations: vec![step(reason.clone())],
                ..Summary::default()
            },
        });
        let Event::BatchFinished { summary } = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(summary.degradations, [step(worded.into())]);
        let failed = event(Event::VideoFailed {
            video: 1,
            stage: Stage::Script,
            kind: "deadline".into(),
            cause: FailureKind::Other,
            message: String::new(),
            hint: Some(Hint::of(Command::Resume)),
        });
        assert!(
            serde_json::to_string(&failed)
                .unwrap()
                .contains("\"videogen resume\"")
        );
        let strict = Error::new(
            Stage::Preflight,
            ErrorKind::Strict {
                degradations: vec![step(reason)],
            },
        );
        assert_eq!(
            message(&strict),
            format!("strict: script would be en instead of de ({worded})")
        );
    }

    #[test]
    fn every_flag_and_command_is_one_of_the_program() {
        let program = Cli::command();
        let generate = program.find_subcommand("generate").expect("there is one");
        for setting in [
            Setting::Accept,
            Setting::Captions,
            Setting::Codec,
            Setting::Encoder,
            Setting::Genre,
            Setting::Music,
            Setting::Offline,
            Setting::OutputDir,
            Setting::Painter,
            Setting::Quality,
            Setting::Script,
            Setting::Strict,
            Setting::Workflow,
            Setting::Writer,
        ] {
            let flag = flag(setting).trim_start_matches("--");
            let mut known = generate.get_arguments();
            assert!(known.any(|arg| arg.get_long() == Some(flag)), "{flag}");
        }
        for what in [
            Command::Batches,
            Command::CachePrune,
            Command::ConfigInit,
            Command::Doctor,
            Command::Generate,
            Command::Resume,
            Command::SetUpFonts,
            Command::SetUpMusic,
            Command::SetUpVoice,
        ] {
            assert!(
                Cli::try_parse_from(command(what).split(' ')).is_ok(),
                "{what:?}"
            );
            let mut words = command(what)
                .split(' ')
                .take_while(|word| !word.starts_with("--"));
            assert_eq!(words.next(), Some("videogen"));
            let found = words.try_fold(&program, |at, word| at.find_subcommand(word));
            assert!(found.is_some(), "{what:?}");
        }
    }
}
