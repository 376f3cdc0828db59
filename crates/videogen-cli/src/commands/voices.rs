//! `videogen voices`: Piper's voices.

use videogen_cdn::AssetKind;
use videogen_text::byte_size;

use super::Context;
use super::assets::depot::{Depot, store_failure};
use super::assets::voice_key::{languages, quality, speaks};
use super::assets::wanted::{Standing as _, Wanted, WantedState};
use super::assets::{list, named};
use crate::args::{FromArgs, VoicesArgs, VoicesCommand};
use crate::render_error::Failure;
use crate::{exit_code, output};

/// Lists, installs or removes voices.
///
/// # Errors
/// A registry or a key is wrong, or the store cannot be used.
pub(crate) fn run(args: &VoicesArgs, context: &Context) -> Result<u8, Failure> {
    let open = |from: &FromArgs| -> Result<Depot, Failure> {
        let settings = context.settings(context.flags(from.settings())?)?;
        Depot::open(&settings, context)
    };
    match &args.command {
        VoicesCommand::List {
            language,
            installed,
            json,
            from,
        } => {
            let depot = open(from)?;
            let voices = depot.registry().of_kind(AssetKind::Voice);
            let voices = voices
                .filter(|voice| language.as_ref().is_none_or(|tag| speaks(voice, tag)))
                .filter(|voice| !installed || depot.is_here(&voice.id));
            if *json {
                for voice in voices {
                    output::json_line(&described(&Wanted::new(voice, &depot)));
                }
            } else {
                list(voices, &depot, false);
            }
            Ok(exit_code::OK)
        }
        VoicesCommand::Install { keys, fetch } => named(
            keys,
            Some(AssetKind::Voice),
            fetch,
            &open(&fetch.from)?,
            context,
        ),
        VoicesCommand::Remove { keys, from } => remove(keys, &open(from)?),
    }
}

/// A voice, as programs are told of it.
fn described(voice: &Wanted) -> serde_json::Value {
    let key = voice.asset.id.as_str();
    serde_json::json!({
        "key": key,
        "title": voice.asset.title,
        "languages": languages(&voice.asset),
        "quality": quality(key),
        "bytes": voice.asset.size(),
        "licence": voice.asset.licence.id(),
        "state": voice.planned().state,
        "installed": voice.state == WantedState::Here,
    })
}

/// Removes voices. One that is not here is no error where it is known.
fn remove(keys: &[String], depot: &Depot) -> Result<u8, Failure> {
    for voice in depot.wanted(keys, Some(AssetKind::Voice))? {
        let id = &voice.asset.id;
        let was_here = depot.store().installed(id).is_some();
        let freed = depot
            .store()
            .remove(id)
            .map_err(|error| store_failure(&error))?;
        output::line(&if was_here {
            format!("removed  {id}, {} free", byte_size(freed))
        } else {
            format!("{id} was not here")
        });
    }
    Ok(exit_code::OK)
}
