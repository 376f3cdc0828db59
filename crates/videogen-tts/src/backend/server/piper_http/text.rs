//! The API of 2023: the text alone, said by the one voice that the server has at the pace it was started with.

use super::super::exchange::{Answer, Exchange};
use super::super::speaker::Utterance;
use crate::Error;

/// Asks for sound.
///
/// # Errors
/// [`Error::Net`].
pub(super) async fn ask(exchange: &Exchange, said: &Utterance<'_>) -> Result<Answer, Error> {
    exchange.sound_of_text("", said.text, said.limit).await
}
