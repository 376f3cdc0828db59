//! placeholder
mod error;
mod model;
mod resident;
mod shape;
mod structured;
mod text;
pub use error::{Cut, Error, Wait};
pub use model::{
    AnswerFormat, BoxFuture, ChatModel, ChatProgress, ChatRequest, JsonMode, Message, OnProgress, Reply, Role, Sampling,
};
pub use resident::{Resident, Residents, Unloading, Whose};
pub use shape::complaint::{Complaint, Problem};
pub use shape::{Expected, JsonSchema, Shape, Then};
pub use structured::{Answered, Failed, Turn, ask, read_answer};
pub use text::clean::clean_text;
