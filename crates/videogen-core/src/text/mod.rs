//! Text hygiene: what every piece of user or model text passes through before another module sees it, or a person.

mod clean;
mod cut;
mod line_ends;
mod nearest;
mod shown;
mod slug;
mod words;

pub use clean::clean;
pub use cut::{cut_at_sentence, sentences};
pub use line_ends::with_line_feeds;
pub use nearest::nearest;
pub use shown::{shown, steers};
pub use slug::slug;
pub use words::word_count;
