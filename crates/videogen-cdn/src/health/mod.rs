//! Which mirror to ask, from what was seen of each.
