//! The graphics card, which pictures share with language models and with other runs of this program.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `place` | whether two servers are on one machine | none |
//! | `room` | whether somebody has to leave the card, and how much has to be free | none |
//! | `models` | which language models may be asked to leave | asks their servers |
//! | `turn` | one painter or writer at a time on a card | locks a file |
//! | `share` | takes the turn, asks for room, waits until it is there | asks servers |
//! | `reading` | the card as the guard sees it | asks the server that paints, and the driver |
//!
//! What cannot be found out is taken for the worse case: servers on one machine share a card. Nothing here keeps a picture
//! from being painted: what does not come about in time is told, and the picture is planned with what there is.

mod held;
mod models;
mod place;
mod reading;
mod room;
mod share;
#[cfg(test)]
mod tests;
mod turn;

pub(crate) use held::{KEPT, held};
pub use models::LanguageModels;
pub(crate) use place::Place;
pub(crate) use reading::CardReading;
pub use reading::LocalCard;
pub(crate) use room::{PaintNeed, least_that_paints};
pub use share::{CardOptions, CardShare, WritingLease};
pub(crate) use turn::CardLease;
pub use turn::LeaseSession;
