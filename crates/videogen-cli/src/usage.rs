//! Errors of the command line in the words all other errors have.

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::render_error::Failure;

/// What is wrong with the command line.
pub(crate) fn failure(error: &Error) -> Failure {
    let get = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(list)) if !list.is_empty() => Some(list.join(", ")),
        _ => None,
    };
    let argument = || get(ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    let message = match error.kind() {
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8 text".to_owned(),
        ErrorKind::UnknownArgument => format!("unknown option or argument `{}`", argument()),
        ErrorKind::InvalidSubcommand => {
            format!(
                "unknown command `{}`",
                get(ContextKind::InvalidSubcommand).unwrap_or_default()
            )
        }
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::ArgumentConflict => format!(
            "{} cannot be used twice or together with another one",
            argument()
        ),
        ErrorKind::InvalidValue
            if get(ContextKind::InvalidValue).is_none_or(|value| value.is_empty()) =>
        {
            format!("{} needs a value", argument())
        }
        _ => first_sentence(&error.render().to_string()),
    };
    let near = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let hint = match near.into_iter().find_map(get) {
        Some(name) => format!("did you mean `{name}`?"),
        None if error.kind() == ErrorKind::InvalidUtf8 => "write it in UTF-8".to_owned(),
        None if error.kind() == ErrorKind::InvalidValue => get(ContextKind::ValidValue)
            .map_or_else(see_help, |valid| format!("allowed is {valid}")),
        None => see_help(),
    };
    Failure::usage(message).hint(hint)
}

fn see_help() -> String {
    "`videogen --help` and `videogen COMMAND --help` list what there is".to_owned()
}

/// The first paragraph of clap's own text, in one line.
fn first_sentence(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}
