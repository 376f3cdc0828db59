//! Where sentences end: one definition for what is spoken, shown, written to subtitles and cut.

mod cut;
mod ends;
mod marks;
mod rules;
mod tables;

pub use cut::{cut_at_sentence, sentences};
pub use ends::sentence_ends;
