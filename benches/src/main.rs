//! What a render costs, measured beside the bare encode and other programs. Started by `cargo xtask bench`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its user"
)]

mod candidate;
mod case;
mod encode;
mod fetch;
mod figures;
mod machine;
mod memory;
mod noise;
mod page;
mod paint;
mod peers;
mod pictures;
mod quality;
mod render;
mod report;
mod sound;
mod stats;
mod studio;
mod usage;
mod whole;
mod worker;

use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, Parser};

use candidate::Candidate;
use case::Case;
use fetch::Scene;
use fetch::download::Download;
use fetch::validate::Many;
use machine::Machine;
use report::Report;
use studio::Studio;

/// How long measured videos are where nothing else is asked for.
const SECONDS: f64 = 12.0;
/// How long videos are of which the whole is measured. Most of what is done beside the encode is done once a video, so a
/// shorter one gives a worse ratio.
const WHOLE_SECONDS: f64 = 20.0;
/// Where the figures stand in the repository.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md");

/// What rendering costs, in CPU seconds of whole process trees.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench", disable_help_subcommand = true)]
enum Cli {
    /// Hold the whole job against the bare encode of its frames, and against other programs
    Render {
        #[command(flatten)]
        common: Common,
        /// What to render, as 720x1280@30; may be given several times [default: the four sizes of issue 3]
        #[arg(long = "case", value_name = "WxH@FPS")]
        cases: Vec<Case>,
        /// How often each is measured
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..), default_value_if("quick", "true", "3"))]
        pairs: u16,
        /// One size and three pairs, unless others are given
        #[arg(long)]
        quick: bool,
        /// Also the memory of ten seconds and of ten minutes at 1440x2560
        #[arg(long)]
        long: bool,
        /// Also MoviePy, editly and a single FFmpeg command
        #[arg(long)]
        peers: bool,
        /// Also whole videos, the memory of each quality, and the start
        #[arg(long)]
        whole: bool,
        /// Write docs/benchmarks.md
        #[arg(long)]
        write: bool,
    },
    /// Install the programs that are compared with, into target/bench
    Peers {
        #[command(flatten)]
        common: Common,
    },
    /// Compare x264 settings on frames of ours: time, size, SSIM, PSNR, memory
    Encode {
        #[command(flatten)]
        common: Common,
        /// What to encode, as 720x1280@30; may be given several times
        #[arg(long = "case", value_name = "WxH@FPS", default_value = "720x1280@30")]
        cases: Vec<Case>,
        /// Settings, as NAME=PRESET/PARAMS@CRF,CRF; may be given several times
        #[arg(long = "candidate", value_name = "SETTINGS")]
        candidates: Vec<Candidate>,
        /// How often each is timed
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
        rounds: u16,
    },
    /// What the client of ComfyUI costs a picture, over many of them: time, memory, descriptors
    Paint {
        #[command(flatten)]
        common: Common,
        /// How many are painted
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..))]
        pictures: u32,
    },
    /// What a topic costs until its video is published, beside the bare encode of its frames
    Whole {
        #[command(flatten)]
        common: Common,
        /// How often each is measured
        #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..))]
        pairs: u16,
        /// Also MoviePy, editly and a single FFmpeg command
        #[arg(long)]
        peers: bool,
    },
    /// One file from several mirrors, some of which are slow, dead or wrong, beside aria2 and curl
    Fetch {
        #[command(flatten)]
        common: Common,
        /// What to measure; may be given several times [default: all]
        #[arg(long = "only", value_name = "SCENE")]
        scenes: Vec<Scene>,
        /// Without the other programs
        #[arg(long)]
        no_peers: bool,
        /// Write the section of docs/benchmarks.md
        #[arg(long)]
        write: bool,
    },
    /// How long the program takes before it works on anything
    Start {
        #[command(flatten)]
        common: Common,
    },
    /// The server of `paint`
    #[command(hide = true)]
    MockComfy,
    /// The mirrors of `fetch`
    #[command(hide = true)]
    MockMirrors,
    /// One download, measured by `fetch`
    #[command(hide = true)]
    FetchOne(Download),
    /// Many downloads, measured by `fetch`
    #[command(hide = true)]
    Validate(Many),
    /// The measured job: one whole video
    #[command(hide = true)]
    Job(Worker),
    /// Raw frames and sound of the job
    #[command(hide = true)]
    Frames(Worker),
}

#[derive(Debug, Args)]
struct Common {
    /// Seconds of video [default: 12, of `whole` 20]
    #[arg(long)]
    seconds: Option<f64>,
    /// Where material and results are kept
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench"))]
    dir: Utf8PathBuf,
}

impl Common {
    fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(SECONDS)
    }
}

#[derive(Debug, Args)]
struct Worker {
    #[command(flatten)]
    common: Common,
    #[arg(long)]
    case: Case,
    #[arg(long)]
    output: Utf8PathBuf,
}

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Result<(), String> {
    // A worker is measured as users run it. The driver has one thread, so that all it starts stays on its two CPUs.
    let mut builder = match cli {
        Cli::Job(_) | Cli::Frames(_) | Cli::FetchOne(_) | Cli::Validate(_) => {
            tokio::runtime::Builder::new_multi_thread()
        }
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| format!("starting the runtime: {error}"))?;
    runtime.block_on(async {
        tokio::select! {
            done = perform(cli) => done,
            // Dropping the rest ends the children and removes the frames from memory.
            () = interrupted() => Err("interrupted".to_owned()),
        }
    })
}

/// Returns when somebody wants this program to end.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers the signals end it at once, as they do by default.
        Err(_) => std::future::pending().await,
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "every bench with its arguments, one after the other"
)]
async fn perform(cli: Cli) -> Result<(), String> {
    match cli {
        Cli::Render {
            common,
            cases,
            pairs,
            quick,
            long,
            peers,
            whole,
            write,
        } => {
            let names = if quick {
                &Case::NAMES[..1]
            } else {
                &Case::NAMES[..]
            };
            let cases = if cases.is_empty() {
                names
                    .iter()
                    .map(|name| name.parse())
                    .collect::<Result<_, _>>()?
            } else {
                cases
            };
            let studio = Studio::open(&common.dir).await?;
            let machine = Machine::ask(&studio).await?;
            let mut measured = Vec::new();
            for case in cases {
                measured
                    .push(render::case(&studio, case, common.seconds(), usize::from(pairs)).await?);
            }
            let report = Report {
                machine,
                cases: measured,
                long: if long {
                    render::long(&studio).await?
                } else {
                    Vec::new()
                },
                peers: if peers {
                    Some(peers::run(&studio, common.seconds()).await?)
                } else {
                    None
                },
                whole: if whole {
                    vec![
                        whole::run(&studio, WHOLE_SECONDS, usize::from(pairs), false).await?,
                        whole::memory(&studio).await?,
                        whole::start(&studio).await?,
                    ]
                } else {
                    Vec::new()
                },
                arguments: invocation(),
            };
            println!("{}", report.text());
            if write {
                let mut page = report.document();
                if let Some(section) = page::section(&read_page(), fetch::HEADING) {
                    page = page::with_section(&page, fetch::HEADING, section);
                }
                write_page(&page)?;
            }
        }
        Cli::Peers { common } => peers::install(&Studio::open(&common.dir).await?).await,
        Cli::Encode {
            common,
            cases,
            candidates,
            rounds,
        } => {
            let studio = Studio::open(&common.dir).await?;
            let text = encode::run(
                &studio,
                &cases,
                candidates,
                common.seconds(),
                usize::from(rounds),
            )
            .await?;
            println!("{text}");
        }
        Cli::Paint { common, pictures } => {
            println!("{}", paint::run(&common.dir, pictures).await?);
        }
        Cli::Whole {
            common,
            pairs,
            peers,
        } => {
            let studio = Studio::open(&common.dir).await?;
            let pairs = usize::from(pairs);
            for line in Machine::ask(&studio).await?.lines {
                println!("{line}");
            }
            println!();
            println!(
                "{}",
                whole::run(
                    &studio,
                    common.seconds.unwrap_or(WHOLE_SECONDS),
                    pairs,
                    peers
                )
                .await?
            );
            println!("{}", whole::memory(&studio).await?);
        }
        Cli::Fetch {
            common,
            scenes,
            no_peers,
            write,
        } => {
            let text = fetch::run(&common.dir, &scenes, !no_peers).await?;
            println!("{text}");
            if write {
                let section = fetch::section(&text, &invocation());
                write_page(&page::with_section(&read_page(), fetch::HEADING, &section))?;
            }
        }
        Cli::Start { common } => {
            println!("{}", whole::start(&Studio::open(&common.dir).await?).await?);
        }
        Cli::MockComfy => paint::serve().await?,
        Cli::MockMirrors => fetch::mirrors::serve().await?,
        Cli::FetchOne(download) => println!("{}", fetch::download::fetch(download).await.line()),
        Cli::Validate(many) => {
            for row in fetch::validate::run(many).await? {
                println!("{row}");
            }
        }
        Cli::Job(Worker {
            common,
            case,
            output,
        }) => {
            let split = worker::job(&common.dir, &case, common.seconds(), &output).await?;
            println!("{split}");
        }
        Cli::Frames(Worker {
            common,
            case,
            output,
        }) => {
            worker::frames(&common.dir, &case, common.seconds(), &output).await?;
        }
    }
    Ok(())
}

/// How this program was started, as its users do.
fn invocation() -> String {
    std::env::args()
        .skip(1)
        .fold("cargo xtask bench".to_owned(), |line, word| {
            line + " " + &word
        })
}

/// The page as it is; empty where there is none.
fn read_page() -> String {
    std::fs::read_to_string(PAGE).unwrap_or_default()
}

fn write_page(page: &str) -> Result<(), String> {
    std::fs::write(PAGE, page).map_err(|error| format!("writing {PAGE}: {error}"))
}
