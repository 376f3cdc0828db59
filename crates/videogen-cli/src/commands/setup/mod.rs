//! `videogen setup`: what is missing, and how it comes here.

mod look;
mod plan;

use std::collections::BTreeSet;

use videogen_types::Language;

use super::assets::depot::Depot;
use super::assets::get::{Wish, get};
use super::{Context, runtime};
use crate::args::{SetupArgs, SetupPart};
use crate::render_error::Failure;
use plan::SetupPlan;

/// Shows what is missing, and fetches it when somebody has said yes.
///
/// # Errors
/// A setting or a registry is wrong, nobody can be asked, or a licence has to be accepted first.
pub(crate) fn run(args: &SetupArgs, context: &Context) -> Result<u8, Failure> {
    let language = args.language.iter();
    let language = language.map(|tag| ("language", "--language", tag.clone()));
    let flags = context.flags(args.fetch.from.settings().chain(language))?;
    let settings = context.settings(flags)?;
    let depot = Depot::open(&settings, context)?;
    let runtime = runtime()?;
    let parts: BTreeSet<SetupPart> = if args.only.is_empty() {
        SetupPart::ALL.into()
    } else {
        args.only.iter().copied().collect()
    };
    let looking = context.screen.busy("looking at what is here");
    let around = look::surroundings(parts, !args.only.is_empty(), &settings, &depot, &runtime);
    let plan = SetupPlan::new(&around, depot.registry(), &depot);
    drop(looking);
    let has_no_voice = |part: &plan::PartPlan| {
        part.part == SetupPart::Voice && part.wanted.is_empty() && around.piper_model.is_none()
    };
    // Where other parts are wanted, too, it is a note.
    if args.language.is_some()
        && args.only == [SetupPart::Voice]
        && plan.parts.iter().any(has_no_voice)
    {
        let language = &around.language;
        let missing = Failure {
            kind: "unknown_asset",
            ..Failure::usage(format!("no voice is known for the language {language}"))
        };
        return Err(missing.hint("`videogen voices list` has what there is"));
    }
    let named = |part: &plan::PartPlan| part.part.name().to_owned();
    let wish = Wish {
        wanted: plan
            .parts
            .iter()
            .flat_map(|part| part.wanted.iter().map(|one| (named(part), one.clone())))
            .collect(),
        notes: plan
            .parts
            .iter()
            .filter_map(|part| Some((named(part), part.note.clone()?)))
            .collect(),
        programs: plan.programs.clone(),
        confirm: true,
        again: again(args),
    };
    get(&wish, &args.fetch, &depot, &runtime, context)
}

/// The same command, for whoever cannot be asked.
fn again(args: &SetupArgs) -> String {
    let mut words = vec!["videogen setup --yes".to_owned()];
    if !args.only.is_empty() {
        let parts: Vec<&str> = args.only.iter().map(|part| part.name()).collect();
        words.push(format!("--only {}", parts.join(",")));
    }
    let valid = args
        .language
        .as_ref()
        .filter(|tag| tag.parse::<Language>().is_ok());
    words.extend(valid.map(|tag| format!("--language {tag}")));
    words.extend(
        args.fetch
            .accept
            .iter()
            .map(|name| format!("--accept {name}")),
    );
    words.extend(
        args.fetch
            .from
            .registry
            .iter()
            .map(|file| format!("--registry {file}")),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    #[test]
    fn the_command_that_does_not_ask_is_the_same_but_for_that() {
        for (given, expected) in [
            ("setup", "videogen setup --yes"),
            (
                "setup --only voice,fonts --only music --language de --accept unknown --registry r.toml --dry-run",
                "videogen setup --yes --only voice,fonts,music --language de --accept unknown --registry r.toml",
            ),
        ] {
            let parse = |line: &str| {
                let words = line.split(' ');
                match Cli::try_parse_from(words).expect(line).command {
                    Command::Setup(args) => args,
                    other => panic!("{other:?}"),
                }
            };
            let told = again(&parse(&format!("videogen {given}")));
            assert_eq!(told, expected);
            assert!(parse(&told).fetch.yes);
        }
    }
}
