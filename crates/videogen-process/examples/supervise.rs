//! Runs a program under supervision and says how it went: `cargo run --example supervise -- <seconds> <program> [args]`.
//!
//! Ctrl-C is not handled here; a program that handles it cancels the token.

use std::process::ExitCode;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use videogen_process::{Command, Error, Supervisor};

#[tokio::main(flavor = "current_thread")]
#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows its result"
)]
async fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let seconds = args.next().and_then(|text| text.to_str()?.parse().ok());
    let (Some(seconds), Some(program)) = (seconds, args.next()) else {
        eprintln!("usage: supervise <seconds> <program> [args]");
        return ExitCode::from(2);
    };
    let command = Command::new(program, Duration::from_secs(seconds)).args(args);
    match run(command).await {
        Ok(output) => {
            print!("{output}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: failed to {error}");
            if let Some(help) = error.help() {
                eprintln!("hint: {help}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<String, Error> {
    let supervisor = Supervisor::new();
    let outcome = supervisor
        .run(command, &CancellationToken::new())
        .await?
        .into_success()?;
    Ok(outcome.stdout_text().into_owned())
}
