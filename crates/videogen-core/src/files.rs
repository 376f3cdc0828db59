//! Files that a person named, or that others may have made: opened so that nothing blocks, read up to a bound. What
//! programs need that stand on this crate; the rest is in [`videogen_durable`].

pub use videogen_durable::{
    NamedFile, NotAFile, Patience, create_missing_dirs, create_private, open_named, open_regular,
    rewrite_named,
};
