//! Which machine something is on.

/// A machine, as far as an address tells which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Machine {
    /// This one.
    Local,
    /// Another one, by its name or its address.
    Remote(String),
}
