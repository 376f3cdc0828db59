//! That no library speaks the words of the command line: its flags, its commands, package managers. A library gives a hint
//! with typed terms, and the program words it.

use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

use crate::modules::{ident, is_punct};

/// Where the arguments of the program are declared, from the root: first the file that declares the commands.
const ARGUMENTS: [&str; 2] = [
    "crates/videogen-cli/src/args.rs",
    "crates/videogen-cli/src/args/assets.rs",
];
/// Where a flag of ours may stand in a text, by the beginning of the path, and why.
const FOREIGN: [(&str, &str); 1] = [(
    "videogen-tts/src/backend/piper/",
    "Piper has flags of the same names",
)];
/// Programs that install others, where the next word says so.
const MANAGERS: [&str; 6] = ["apt", "apt-get", "brew", "pip", "winget", "choco"];

/// The words of the command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interface {
    flags: BTreeSet<String>,
    commands: BTreeSet<String>,
}

impl Interface {
    /// Reads them from the arguments of the program in the repository at `root`.
    ///
    /// # Errors
    /// When a file cannot be read, is no Rust, or declares nothing.
    pub(super) fn of(root: &Path) -> Result<Self, String> {
        let mut all = Self {
            flags: BTreeSet::new(),
            commands: BTreeSet::new(),
        };
        for file in ARGUMENTS {
            let path = root.join(file);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("reading {}: {error}", path.display()))?;
            let declared = Self::declared(&text).map_err(|why| format!("{file} {why}"))?;
            if declared.flags.is_empty() {
                return Err(format!("{file} declares no flag"));
            }
            all.flags.extend(declared.flags);
            all.commands.extend(declared.commands);
        }
        if all.commands.is_empty() {
            return Err(format!("{} declares no command", ARGUMENTS[0]));
        }
        Ok(all)
    }

    fn declared(text: &str) -> Result<Self, String> {
        let stream = TokenStream::from_str(text).map_err(|error| format!("is no Rust: {error}"))?;
        let mut interface = Self {
            flags: BTreeSet::new(),
            commands: BTreeSet::new(),
        };
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        flags(&tokens, &mut interface.flags);
        let is_commands = |pair: &[TokenTree]| {
            ident(&pair[0]).is_some_and(|word| word == "enum")
                && ident(&pair[1]).is_some_and(|name| name == "Command")
        };
        let at = tokens.windows(2).position(is_commands);
        if let Some(TokenTree::Group(variants)) = at.and_then(|at| tokens.get(at + 2)) {
            let names = variants
                .stream()
                .into_iter()
                .filter_map(|token| ident(&token));
            interface.commands = names.map(|name| name.to_lowercase()).collect();
        }
        Ok(interface)
    }

    /// What of the command line stands in `text`, which is a literal as it is written.
    fn in_text(&self, text: &str) -> Option<String> {
        let text = text.replace("\\n", " ");
        let is_apart = |c: char| !c.is_alphanumeric() && !"-_".contains(c);
        let words: Vec<&str> = text
            .split(is_apart)
            .filter(|word| !word.is_empty())
            .collect();
        let flag = words.iter().find(|word| self.flags.contains(**word));
        let two = words.windows(2).find(|pair| {
            (pair[0] == "videogen" && self.commands.contains(pair[1]))
                || (MANAGERS.contains(&pair[0]) && ["install", "upgrade"].contains(&pair[1]))
        });
        flag.map(ToString::to_string)
            .or_else(|| two.map(|pair| pair.join(" ")))
    }

    /// What is wrong with the texts of a file, whose path from `crates/` on is `path`.
    pub(super) fn objections(&self, path: &str, texts: &[String]) -> Vec<String> {
        if FOREIGN.iter().any(|(place, _)| path.starts_with(place)) {
            return Vec::new();
        }
        let found = texts.iter().filter_map(|text| self.in_text(text));
        found
            .map(|what| {
                format!(
                    "crates/{path}: `{what}` is of the command line: use a term of videogen_types::Hint, which it words"
                )
            })
            .collect()
    }
}

/// Collects the flags of all fields with `#[arg(long)]` in `tokens` and in their groups.
fn flags(tokens: &[TokenTree], found: &mut BTreeSet<String>) {
    let mut is_long = false;
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            if index > 0 && is_punct(&tokens[index - 1], '#') {
                is_long |= long(&inner, found);
            } else {
                flags(&inner, found);
            }
        }
        let next = tokens.get(index + 1);
        if let Some(name) = ident(token)
            && is_long
            && next.is_some_and(|next| is_punct(next, ':'))
        {
            is_long = false;
            found.insert(format!("--{}", name.replace('_', "-")));
        }
    }
}

/// Whether an attribute is `arg(long)`. A name that is given there is put into `found`.
fn long(attribute: &[TokenTree], found: &mut BTreeSet<String>) -> bool {
    let [name, TokenTree::Group(arguments)] = attribute else {
        return false;
    };
    if ident(name).is_none_or(|name| name != "arg") {
        return false;
    }
    let arguments: Vec<TokenTree> = arguments.stream().into_iter().collect();
    let at = arguments
        .iter()
        .position(|token| ident(token).is_some_and(|word| word == "long"));
    let Some(at) = at else { return false };
    let is_named = arguments
        .get(at + 1)
        .is_some_and(|next| is_punct(next, '='));
    if is_named && let Some(name) = arguments.get(at + 2) {
        found.insert(format!("--{}", name.to_string().trim_matches('"')));
    }
    !is_named
}

/// The texts of a source, without those of documentation and of tests.
#[cfg(test)]
fn texts(source: &str) -> Vec<String> {
    crate::modules::strings(source.parse().expect("Rust"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface() -> Interface {
        let source = "
            struct Cli { #[command(subcommand)] command: Command }
            enum Command { /// Makes videos
                Generate(Box<GenerateArgs>), Resume(ResumeArgs) }
            struct GenerateArgs {
                #[arg(value_name = \"TOPIC\")] pub(crate) topic: Vec<String>,
                /// Where to
                #[arg(short, long, value_name = \"DIR\")] pub(crate) output_dir: Option<String>,
                #[arg(long = \"dry\")] dry_run: bool,
            }
            enum CacheCommand { Verify { #[arg(long)] repair: bool } }
        ";
        Interface::declared(source).expect("Rust")
    }

    #[test]
    fn flags_and_commands_are_those_of_the_program() {
        let set = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let expected = Interface {
            flags: set(&["--output-dir", "--dry", "--repair"]),
            commands: set(&["generate", "resume"]),
        };
        assert_eq!(interface(), expected);
    }

    #[test]
    fn flags_commands_and_package_managers_are_found() {
        let interface = interface();
        let found = |source: &str| {
            interface
                .objections("videogen-x/src/lib.rs", &texts(source))
                .len()
        };
        for source in [
            r#"fn f() { g("choose another with --output-dir") }"#,
            r#"fn f() { g("first line\n--output-dir=x") }"#,
            "const A: &str = \"go on with \\\n    `videogen resume`\";",
            r##"const A: &str = r#"sudo apt-get install {name}"#;"##,
            r#"fn f() { format!("(brew install {x})") }"#,
            r#"enum E { #[error("pip install it")] A }"#,
            r#"#[error("videogen generate begins one")] struct E;"#,
        ] {
            assert_eq!(found(source), 1, "{source}");
        }
        for source in [
            "/// Give `--output-dir`.\nconst A: u8 = 1;",
            r#"const A: &str = "--listen, --output-directory";"#,
            r#"const A: &str = "videogen needs FFmpeg; a tea to brew, a pip, an apt word";"#,
            r#"#[cfg(test)] mod tests { const A: &str = "--output-dir"; }"#,
            "fn f() { #[doc = \"--output-dir\"] let a = 1; }",
        ] {
            assert_eq!(found(source), 0, "{source}");
        }
        let piper = interface.objections(
            "videogen-tts/src/backend/piper/mod.rs",
            &texts(r#"const A: &str = "--output-dir";"#),
        );
        assert!(piper.is_empty());
    }
}
