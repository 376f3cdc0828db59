//! What was fetched, by content.
