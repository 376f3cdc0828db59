//! The commands about what can be fetched.

use clap::{Args, Subcommand, ValueEnum};
use videogen_cdn::AssetKind;
use videogen_types::ByteSize;

/// A kind of asset, by the name that it has in registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    Voice,
    Music,
    Font,
    Model,
}

impl From<KindName> for AssetKind {
    fn from(name: KindName) -> Self {
        match name {
            KindName::Voice => Self::Voice,
            KindName::Music => Self::Music,
            KindName::Font => Self::Font,
            KindName::Model => Self::Model,
        }
    }
}

/// A part of what `videogen setup` looks after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum SetupPart {
    Voice,
    Music,
    Fonts,
    Models,
}

impl SetupPart {
    /// All of them, in the order they are shown.
    pub(crate) const ALL: [Self; 4] = [Self::Voice, Self::Music, Self::Fonts, Self::Models];

    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Music => "music",
            Self::Fonts => "fonts",
            Self::Models => "models",
        }
    }
}

/// What every command that fetches takes.
#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    /// Never ask. Licences that ask for a yes need --accept
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say yes to this licence, by its identifier or by the name of what has it; remembered. May be given several times
    #[arg(long, value_name = "LICENCE|ID", value_delimiter = ',')]
    pub(crate) accept: Vec<String>,
    /// Show what would be fetched; fetch nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Give up where nothing has come after so many seconds [default: when every mirror has failed]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub(crate) first_byte_within: Option<u32>,
    /// Print one JSON object a line on standard output
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) from: FromArgs,
}

/// Where assets are known from.
#[derive(Debug, Args)]
pub(crate) struct FromArgs {
    /// Know the assets of this registry (TOML), too
    #[arg(long, value_name = "FILE")]
    pub(crate) registry: Option<String>,
}

impl FromArgs {
    /// The flags that are settings: setting, flag, value.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&'static str, &'static str, String)> {
        let registry = self.registry.clone();
        registry
            .into_iter()
            .map(|file| ("registry", "--registry", file))
    }
}

/// `videogen setup`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  videogen setup\n  videogen setup --yes --only voice\n  videogen setup --only voice --language de --dry-run\n\n\
    Programs are not fetched: the command that installs each is named.\n\
    What is interrupted goes on where it stopped.\n\n\
    Exit status: 0 everything is here, 2 nobody could be asked, 3 a licence has\n  \
    to be accepted, 4 something could not be fetched, 130 interrupted."
)]
pub(crate) struct SetupArgs {
    /// Look after these parts only; with commas between them, or several times
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<SetupPart>,
    /// Language that the voice speaks, such as en, de, pt-BR
    #[arg(long, value_name = "TAG")]
    pub(crate) language: Option<String>,
    #[command(flatten)]
    pub(crate) fetch: FetchArgs,
}

/// `videogen assets`
#[derive(Debug, Args)]
pub(crate) struct AssetsArgs {
    #[command(subcommand)]
    pub(crate) command: AssetsCommand,
}

/// What to do with assets.
#[derive(Debug, Subcommand)]
pub(crate) enum AssetsCommand {
    /// List what can be fetched, with size, licence and whether it is here
    List {
        /// Only this kind
        #[arg(long, value_name = "KIND", value_enum)]
        kind: Option<KindName>,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: FromArgs,
    },
    /// Fetch these, whole and verified
    Fetch {
        /// Their names, as `videogen assets list` has them
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        fetch: FetchArgs,
    },
    /// Read everything that is here, and set aside what is damaged; the next fetch brings it anew, and `gc` removes it
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: FromArgs,
    },
    /// Note the digests of what has none in the registry, so that it is refused when it changes
    Lock {
        /// Only these; they are fetched if they are not here [default: everything that is here]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        #[command(flatten)]
        fetch: FetchArgs,
    },
    /// Show what is known of the mirrors: which are asked first, which are blocked and why
    Health {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: FromArgs,
    },
    /// Remove what was not used for longest
    Gc {
        /// Until everything takes so much, as 500MB or 1GiB [default: the setting assets_limit]
        #[arg(long, value_name = "SIZE")]
        to: Option<ByteSize>,
        /// Show what would be removed; remove nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        from: FromArgs,
    },
}

/// `videogen voices`
#[derive(Debug, Args)]
pub(crate) struct VoicesArgs {
    #[command(subcommand)]
    pub(crate) command: VoicesCommand,
}

/// What to do with voices.
#[derive(Debug, Subcommand)]
pub(crate) enum VoicesCommand {
    /// List the voices there are
    List {
        /// Only those that speak this language, such as en, de, pt-BR
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
        /// Only those that are here
        #[arg(long)]
        installed: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        from: FromArgs,
    },
    /// Fetch voices; `--voice KEY` speaks with one
    Install {
        /// Their keys, as `videogen voices list` has them
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
        #[command(flatten)]
        fetch: FetchArgs,
    },
    /// Remove voices that were fetched
    Remove {
        /// Their keys
        #[arg(value_name = "KEY", required = true)]
        keys: Vec<String>,
        #[command(flatten)]
        from: FromArgs,
    },
}

impl AssetsArgs {
    /// Whether the failure of the command is told for programs, too.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            AssetsCommand::List { json, .. }
            | AssetsCommand::Verify { json, .. }
            | AssetsCommand::Health { json, .. } => *json,
            AssetsCommand::Fetch { fetch, .. } | AssetsCommand::Lock { fetch, .. } => fetch.json,
            AssetsCommand::Gc { .. } => false,
        }
    }
}

impl VoicesArgs {
    /// Whether the failure of the command is told for programs, too.
    pub(crate) fn json(&self) -> bool {
        match &self.command {
            VoicesCommand::List { json, .. } => *json,
            VoicesCommand::Install { fetch, .. } => fetch.json,
            VoicesCommand::Remove { .. } => false,
        }
    }
}
