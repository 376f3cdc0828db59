//! `/api/jobs`: the newer view of queue and history in one.

use serde_json::{Map, Value};

use super::history::{Ended, OutputImage, failure, images};
use super::{owned, text};

/// A prompt as `/api/jobs` sees it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Job {
    /// Its prompt id.
    pub id: String,
    /// Where it is.
    pub status: JobStatus,
    /// When it was posted, in milliseconds since 1970 by the server's clock.
    pub created_ms: Option<u64>,
    /// When it began to run.
    pub started_ms: Option<u64>,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// What it put out; only in the answer for a single job.
    pub images: Vec<OutputImage>,
}

/// Where a job is.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum JobStatus {
    /// It waits.
    Pending,
    /// It runs.
    InProgress,
    /// It ended.
    Ended(Ended),
    /// Something newer than this crate.
    Other(String),
}

/// One page of jobs.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct JobPage {
    /// The jobs, newest first.
    pub jobs: Vec<Job>,
    /// How many there are in all.
    pub total: u64,
    /// Whether there are more.
    pub has_more: bool,
}

pub(crate) fn read_page(body: &[u8]) -> Result<JobPage, crate::Error> {
    let answer: Map<String, Value> = super::json("jobs", body)?;
    let list = answer.get("jobs").and_then(Value::as_array);
    let jobs: Vec<Job> = list
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .map(job)
        .collect();
    let pagination = answer.get("pagination");
    let field = |name: &str| pagination.and_then(|pages| pages.get(name));
    Ok(JobPage {
        total: field("total")
            .and_then(Value::as_u64)
            .unwrap_or(jobs.len() as u64),
        has_more: field("has_more").and_then(Value::as_bool).unwrap_or(false),
        jobs,
    })
}

pub(crate) fn read_job(body: &[u8]) -> Result<Job, crate::Error> {
    let answer: Map<String, Value> = super::json("jobs", body)?;
    Ok(job(&answer))
}

fn job(job: &Map<String, Value>) -> Job {
    let time = |key: &str| job.get(key).and_then(Value::as_u64);
    let error = job.get("execution_error").and_then(Value::as_object);
    let status = match text(job, "status").unwrap_or_default() {
        "pending" => JobStatus::Pending,
        "in_progress" => JobStatus::InProgress,
        "completed" => JobStatus::Ended(Ended::Success),
        "cancelled" => JobStatus::Ended(Ended::Interrupted { node: None }),
        "failed" => JobStatus::Ended(Ended::Failed(error.and_then(failure).unwrap_or_default())),
        other => JobStatus::Other(crate::text::bounded(other, 64)),
    };
    Job {
        id: owned(job, "id", 120),
        status,
        created_ms: time("create_time"),
        started_ms: time("execution_start_time"),
        ended_ms: time("execution_end_time"),
        images: job.get("outputs").map(images).unwrap_or_default(),
    }
}
