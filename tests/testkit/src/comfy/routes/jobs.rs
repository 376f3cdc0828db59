//! The jobs API of the new server: queue and history in one shape.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::prompt::{delete, stop_running};
use super::{Asked, answer};
use crate::comfy::answer::Answer;
use crate::comfy::history::Record;
use crate::comfy::queue::Entry;
use crate::comfy::shared::Shared;

pub(super) fn handle(shared: &Shared, asked: &Asked, rest: &[&str]) -> Answer {
    let post = asked.method == Method::POST;
    if !shared.version().is_new() {
        return if post {
            answer::text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed")
        } else {
            answer::not_found()
        };
    }
    match rest {
        [] if !post => list(shared, asked),
        [id] if !post => one(shared, id),
        ["cancel"] if post => {
            let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            let ids = body["job_ids"].as_array().cloned().unwrap_or_default();
            let mut any = false;
            for id in &ids {
                any |= cancel(shared, id.as_str().unwrap_or_default());
            }
            answer::json(&json!({"cancelled": any}))
        }
        [id, "cancel"] if post => {
            let cancelled = cancel(shared, id);
            answer::json(&json!({"cancelled": cancelled}))
        }
        _ if post => answer::text(StatusCode::METHOD_NOT_ALLOWED, "405: Method Not Allowed"),
        _ => answer::not_found(),
    }
}

fn cancel(shared: &Shared, id: &str) -> bool {
    delete(shared, id) || stop_running(shared, Some(id))
}

fn list(shared: &Shared, asked: &Asked) -> Answer {
    let state = shared.state();
    let mut jobs: Vec<Value> = state
        .heap
        .iter()
        .map(|entry| waiting(entry, "pending"))
        .chain(
            state
                .running
                .iter()
                .map(|entry| waiting(entry, "in_progress")),
        )
        .chain(state.history.iter().map(|record| ended(record, false)))
        .collect();
    drop(state);
    if let Some(wanted) = asked.query("status") {
        let wanted: Vec<&str> = wanted.split(',').collect();
        jobs.retain(|job| wanted.contains(&job["status"].as_str().unwrap_or_default()));
    }
    // Newest first, and within one millisecond by number.
    jobs.sort_by_key(|job| {
        let number = job["priority"].as_f64().unwrap_or(0.0) as i64;
        (job["create_time"].as_u64().unwrap_or(0), number)
    });
    if asked.query("sort_order") != Some("asc") {
        jobs.reverse();
    }
    let number = |name: &str| {
        asked
            .query(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let total = jobs.len();
    let offset = number("offset").unwrap_or(0);
    let limit = number("limit");
    let page: Vec<Value> = jobs
        .into_iter()
        .skip(offset)
        .take(limit.unwrap_or(usize::MAX))
        .collect();
    let more = offset + page.len() < total;
    answer::json(&json!({
        "jobs": page,
        "pagination": {"offset": offset, "limit": limit, "total": total, "has_more": more},
    }))
}

fn one(shared: &Shared, id: &str) -> Answer {
    let state = shared.state();
    let job = if let Some(record) = state.history.get(id) {
        Some(ended(record, true))
    } else if let Some(entry) = state.running.iter().find(|entry| entry.id == id) {
        Some(waiting(entry, "in_progress"))
    } else {
        state
            .heap
            .iter()
            .find(|entry| entry.id == id)
            .map(|entry| waiting(entry, "pending"))
    };
    drop(state);
    match job {
        Some(job) => answer::json(&job),
        None => answer::json_status(StatusCode::NOT_FOUND, &json!({"error": "Job not found"})),
    }
}

fn waiting(entry: &Entry, status: &str) -> Value {
    json!({
        "id": entry.id, "status": status, "priority": entry.number,
        "create_time": entry.created(), "outputs_count": 0, "previewable_outputs_count": 0,
    })
}

fn ended(record: &Record, whole: bool) -> Value {
    let error = record.message("execution_error");
    let interrupted = record.message("execution_interrupted");
    let status = match (record.success, error, interrupted) {
        (true, ..) => "completed",
        (false, _, Some(_)) => "cancelled",
        (false, ..) => "failed",
    };
    let mut count = 0;
    let mut previewable = 0;
    let mut preview = None;
    for (node, output) in &record.outputs {
        for (media, items) in output.as_object().into_iter().flatten() {
            for item in items.as_array().into_iter().flatten() {
                count += 1;
                if media == "images" {
                    previewable += 1;
                    let mut shown = item.clone();
                    shown["nodeId"] = json!(node);
                    shown["mediaType"] = json!(media);
                    preview = Some(shown);
                }
            }
        }
    }
    let time = |message: Option<&Value>| message.map(|data| data["timestamp"].clone());
    let end = record
        .message("execution_success")
        .or(error)
        .or(interrupted);
    let mut job = json!({
        "id": record.entry.id, "status": status, "priority": record.entry.number,
        "create_time": record.entry.created(),
        "execution_start_time": time(record.message("execution_start")),
        "execution_end_time": time(end),
        "outputs_count": count, "previewable_outputs_count": previewable,
    });
    if let Some(preview) = preview {
        job["preview_output"] = preview;
    }
    if let Some(error) = error {
        job["execution_error"] = error.clone();
    }
    if whole {
        job["outputs"] = json!(record.outputs);
        job["execution_status"] = record.status();
        job["workflow"] = json!({
            "prompt": record.entry.echo, "extra_data": record.entry.extra,
        });
    }
    job
}
