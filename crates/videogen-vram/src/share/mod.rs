//! One card for those who paint on it, language models and other processes.
//!
//! | module | what it does | effects |
//! |---|---|---|
//! | `occupant` | who is on a card: traits of servers | none |
//! | `room` | whether somebody has to leave the card, and how much has to be free | none |
//! | `lease_table` | one painter or writer at a time on a card | locks a file |
//! | `card_share` | takes the lease, asks for room, waits until it is there | asks servers |
//!
//! What cannot be found out is taken for the worse case: servers on one machine share a card. Nothing here keeps a picture
//! from being painted: what does not come about in time is told, and the picture is planned with what there is.

mod card_share;
mod lease_table;
mod occupant;
mod room;

pub use card_share::{CardOptions, CardShare, HELD_AFTER_RELEASE, WritingLease};
pub use lease_table::{CardLease, LeaseSession};
pub use occupant::{CardState, Holding, Occupant, PaintServer, Whose};
pub use room::{PaintNeed, least_that_paints};
