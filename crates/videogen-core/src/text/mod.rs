//! Text hygiene: what every piece of user or model text passes through before another module sees it.

mod clean;
mod cut;
mod nearest;
mod slug;
mod words;

pub use clean::clean;
pub use cut::{cut_at_sentence, sentences};
pub use nearest::nearest;
pub use slug::slug;
pub use words::word_count;
