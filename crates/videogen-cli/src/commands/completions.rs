//! `videogen completions`

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::{exit_code, output};

/// Prints the completions of a shell.
pub(crate) fn run(args: &CompletionsArgs) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "videogen", &mut script);
    output::own(String::from_utf8_lossy(&script).trim_end());
    exit_code::OK
}
