//! What went wrong, for people and for programs.

use console::Style;
use videogen_core::{Error, ErrorKind};
use videogen_durable::{BatchError, StoreError};
use videogen_types::{InvalidValue, ProgramEvent};

use crate::exit_code;
use crate::hint;
use crate::screen::Screen;
use crate::wrap::wrap;

/// Why the program ends without having done what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// One sentence.
    pub(crate) message: String,
    /// What caused it, outermost first.
    pub(crate) causes: Vec<String>,
    /// What is wrong one by one, where that is more than the message can say.
    pub(crate) details: Vec<String>,
    /// The next action.
    pub(crate) hint: Option<String>,
    /// A stable name, for `--json`.
    pub(crate) kind: &'static str,
    /// The exit status.
    pub(crate) code: u8,
}

impl Failure {
    /// The command line or a setting is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            details: Vec::new(),
            hint: None,
            kind: "usage",
            code: exit_code::USAGE,
        }
    }

    /// The value of a flag is not allowed.
    pub(crate) fn invalid_value(flag: &str, error: &InvalidValue) -> Self {
        let other = || format!("give {flag} another value, or leave it out");
        let failure = Self {
            kind: "invalid_value",
            ..Self::usage(format!("{flag}: {error}"))
        };
        failure.hint(error.help().as_ref().map_or_else(other, hint::text))
    }

    /// The configuration is wrong.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self {
            kind: "config",
            ..Self::usage(message)
        }
    }

    /// Adds the next action.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds what an error and its sources say.
    #[must_use]
    pub(crate) fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        self.causes.push(error.to_string());
        self.causes.extend(sources(error));
        self
    }

    /// The machine does not give what the work needs, so that nothing was started.
    pub(crate) fn machine(message: impl Into<String>) -> Self {
        Self {
            kind: "machine",
            code: exit_code::PREFLIGHT,
            ..Self::usage(message).hint("close other programs, or raise the limit, and try again")
        }
    }

    /// For the end of a run that a signal stopped before it began.
    pub(crate) fn interrupted() -> Self {
        Self {
            kind: "cancelled",
            code: exit_code::INTERRUPTED,
            ..Self::usage("interrupted")
        }
    }

    /// For people: `warning: …` with causes and hint, in one line.
    pub(crate) fn warning(&self, screen: &Screen) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            text = format!("{text}: {cause}");
        }
        if let Some(hint) = &self.hint {
            text = format!("{}; {}", sentence(&text), sentence(hint));
        }
        let label = screen.paint(&Style::new().yellow(), "warning:");
        format!("{label} {}", wrap(sentence(&text), screen.width(), 9, 9))
    }

    /// For people: `error: …`, `  caused by: …`, `  detail`, `hint: …`, without a line end.
    pub(crate) fn text(&self, screen: &Screen) -> String {
        let red = Style::new().red().bold();
        let label = |style: &Style, label: &str, text: &str, indent: usize| {
            let used = label.chars().count() + 1;
            format!(
                "{} {}",
                screen.paint(style, label),
                wrap(text, screen.width(), used, indent)
            )
        };
        let mut lines = vec![label(&red, "error:", sentence(&self.message), 2)];
        let mut said = self.message.clone();
        for cause in &self.causes {
            // Errors that only pass on what is below them would say it twice.
            if !said.contains(cause.as_str()) {
                lines.push(label(
                    &Style::new().bold(),
                    "  caused by:",
                    sentence(cause),
                    4,
                ));
                said.clone_from(cause);
            }
        }
        for detail in &self.details {
            lines.push(format!(
                "  {}",
                wrap(sentence(detail), screen.width(), 2, 4)
            ));
        }
        if let Some(hint) = &self.hint {
            lines.push(label(
                &Style::new().cyan().bold(),
                "hint:",
                sentence(hint),
                2,
            ));
        }
        lines.join("\n")
    }

    /// The message with its causes, in one line.
    pub(crate) fn one_line(&self) -> String {
        let mut text = sentence(&self.message).to_owned();
        let mut last = self.message.as_str();
        for cause in &self.causes {
            if !last.contains(cause.as_str()) {
                text.push_str(": ");
                text.push_str(sentence(cause));
                last = cause;
            }
        }
        text
    }

    /// For programs: the event `error`.
    pub(crate) fn event(&self) -> ProgramEvent {
        ProgramEvent::Error {
            kind: self.kind.to_owned(),
            message: self.one_line(),
            details: self.details.clone(),
            hint: self.hint.as_deref().map(sentence).map(str::to_owned),
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        if error.is_cancelled() {
            return Self::interrupted();
        }
        let code = match error.kind() {
            ErrorKind::Value(_) | ErrorKind::NoTopic => exit_code::USAGE,
            ErrorKind::Strict { .. } => exit_code::STRICT,
            _ => exit_code::PREFLIGHT,
        };
        Self {
            message: hint::message(error),
            causes: sources(error),
            details: Vec::new(),
            hint: error.help().as_ref().map(hint::text),
            kind: error.kind().name(),
            code,
        }
    }
}

impl From<&videogen_vram::Error> for Failure {
    fn from(error: &videogen_vram::Error) -> Self {
        use videogen_vram::Error as CardError;
        if error.is_cancelled() {
            return Self::interrupted();
        }
        let (kind, code) = match error {
            CardError::Value(_) => ("invalid_value", exit_code::USAGE),
            _ => ("graphics_card", exit_code::PREFLIGHT),
        };
        let hint = match error {
            CardError::Value(value) if value.what == "graphics card" => Some(
                "a card that is not here is described so: --gpu NAME --total-vram 12GiB --free-vram 6GiB".to_owned(),
            ),
            _ => error.help().as_ref().map(hint::text),
        };
        Self {
            causes: sources(error),
            hint,
            kind,
            code,
            ..Self::usage(error.to_string())
        }
    }
}

impl From<&BatchError> for Failure {
    fn from(error: &BatchError) -> Self {
        let code = match error {
            BatchError::Unknown { .. } | BatchError::None | BatchError::Finished { .. } => {
                exit_code::USAGE
            }
            _ => exit_code::PREFLIGHT,
        };
        let hint = match error {
            BatchError::Elsewhere { name, host, .. } => Some(format!(
                "resume it on {host}; or, if {host} is not making it any more and its files are here too: videogen resume {name} --here"
            )),
            _ => error.help().as_ref().map(hint::text),
        };
        Self {
            causes: sources(error),
            hint,
            kind: error.name(),
            code,
            ..Self::usage(error.to_string())
        }
    }
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Self {
        Self {
            causes: sources(error),
            hint: error.help().as_ref().map(hint::text),
            kind: "store",
            code: exit_code::PREFLIGHT,
            ..Self::usage(error.to_string())
        }
    }
}

/// What the sources of an error say, outermost first.
pub(crate) fn sources(error: &dyn std::error::Error) -> Vec<String> {
    std::iter::successors(error.source(), |error| error.source())
        .map(ToString::to_string)
        .collect()
}

/// A single sentence stands without its full stop; several keep theirs.
pub(crate) fn sentence(text: &str) -> &str {
    let text = text.trim();
    match text.strip_suffix('.') {
        Some(one) if !one.ends_with('.') && !one.contains(". ") => one,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use videogen_types::Stage;

    #[test]
    fn an_error_has_its_causes_once_and_its_hint() {
        let source = std::io::Error::other("no such device");
        let error = Error::new(
            Stage::Publish,
            ErrorKind::Io {
                action: "writing",
                path: "/x".into(),
                source,
            },
        );
        let failure = Failure::from(&error).hint("plug it in.");
        assert_eq!(
            failure.text(&Screen::of_stderr()),
            "error: writing /x failed\n  caused by: no such device\nhint: plug it in"
        );
        let doubled = Failure::usage("reading: no such file")
            .caused_by(&std::io::Error::other("no such file"));
        assert_eq!(
            doubled.text(&Screen::of_stderr()),
            "error: reading: no such file"
        );
        assert_eq!(doubled.one_line(), "reading: no such file");
    }

    #[test]
    fn the_exit_status_follows_from_the_kind() {
        let code = |kind| Failure::from(&Error::new(Stage::Preflight, kind)).code;
        assert_eq!(code(ErrorKind::NoTopic), 2);
        assert_eq!(
            code(ErrorKind::Strict {
                degradations: Vec::new()
            }),
            5
        );
        assert_eq!(
            code(ErrorKind::Output {
                path: "/x".into(),
                reason: "it is a file".into()
            }),
            3
        );
        assert_eq!(code(ErrorKind::Cancelled), 130);
    }

    #[test]
    fn one_sentence_has_no_full_stop() {
        assert_eq!(sentence("It broke."), "It broke");
        assert_eq!(sentence("It broke. Mend it."), "It broke. Mend it.");
        assert_eq!(sentence("and so on..."), "and so on...");
    }
}
