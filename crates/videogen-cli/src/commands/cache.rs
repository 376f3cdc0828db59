//! `videogen cache`: what is kept between batches.

use std::sync::Arc;

use serde::Serialize;
use videogen_durable::{RealEffects, Store, StoreError};
use videogen_types::ByteSize;

use super::Context;
use super::places::{self, Places};
use crate::args::{CacheArgs, CacheCommand};
use crate::render_error::Failure;
use crate::settings::Layer;
use crate::{exit_code, output};

const MIB: u64 = 1 << 20;

/// Shows, checks or empties the cache.
///
/// # Errors
/// It cannot be read or written.
pub(crate) fn run(args: &CacheArgs, context: &Context) -> Result<u8, Failure> {
    let dir = Places::of(context)?.store_dir();
    let limits = places::cache_limits(&context.settings(Layer::new())?);
    let failed = |error: StoreError| Failure::from(&error);
    let store = Store::open(&dir, limits, Arc::new(RealEffects)).map_err(failed)?;
    match &args.command {
        CacheCommand::Stats { json } => {
            let stats = store.stats().map_err(failed)?;
            if *json {
                output::json_line(&Figures {
                    dir: dir.as_str(),
                    entries: stats.entries,
                    bytes: stats.bytes,
                    limit_bytes: stats.limit,
                });
                return Ok(exit_code::OK);
            }
            output::line(&format!("folder   {dir}"));
            output::line(&format!("entries  {}", stats.entries));
            output::line(&format!(
                "size     {} MiB of {} MiB",
                stats.bytes.div_ceil(MIB),
                stats.limit / MIB
            ));
            for (stage, (entries, bytes)) in &stats.by_stage {
                let size = bytes.div_ceil(MIB);
                output::line(&format!("{stage:<8} {entries} in {size} MiB"));
            }
        }
        CacheCommand::Verify => {
            let report = store.verify().map_err(failed)?;
            output::line(&format!(
                "{} entries in {} MiB read, {} damaged and removed",
                report.checked,
                report.bytes.div_ceil(MIB),
                report.bad
            ));
        }
        CacheCommand::Prune { to } => {
            let bytes = to.map_or(limits.bytes, ByteSize::get);
            let freed = store.prune(bytes).map_err(failed)?;
            print_freed(freed.entries, freed.bytes);
        }
        CacheCommand::Clear => {
            let freed = store.clear().map_err(failed)?;
            print_freed(freed.entries, freed.bytes);
        }
    }
    Ok(exit_code::OK)
}

#[derive(Serialize)]
struct Figures<'a> {
    dir: &'a str,
    entries: u64,
    bytes: u64,
    limit_bytes: u64,
}

fn print_freed(entries: u64, bytes: u64) {
    let size = bytes.div_ceil(MIB);
    output::line(&format!("{entries} entries removed, {size} MiB free"));
}
