//! The server's calls, one method each.

use serde_json::{Map, Value, json};

use super::{ComfyClient, refusal};
use crate::wire::history::{self, HistoryEntry};
use crate::wire::jobs::{self, Job, JobPage};
use crate::wire::object_info::ObjectInfo;
use crate::wire::queue::{self, Queue};
use crate::wire::refusal::{Accepted, read_accepted, read_refusal};
use crate::wire::stats::{self, SystemStats};
use crate::workflow::{Problem, ProblemKind};
use crate::{Error, PromptId, Workflow};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What a server lets go of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Free {
    /// The weights on the card and in memory.
    Models,
    /// The weights and the results it keeps for the next prompt.
    Everything,
}

impl ComfyClient {
    /// What runs there, on what, with how much memory.
    ///
    /// # Errors
    /// [`Error::Net`], or [`Error::BadAnswer`] from something that is not ComfyUI.
    pub async fn system_stats(&self) -> Result<SystemStats, Error> {
        stats::read(
            &self
                .body("system_stats", self.get(&["system_stats"]), MIB)
                .await?,
        )
    }

    /// All nodes of the server: about a megabyte.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn object_info(&self) -> Result<ObjectInfo, Error> {
        let body = self
            .body("object_info", self.get(&["object_info"]), 64 * MIB)
            .await?;
        Ok(ObjectInfo::read(crate::wire::json("object_info", &body)?))
    }

    /// One node; none when the server does not have it. The lists of model files in it are read from disk anew.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn object_info_of(&self, class: &str) -> Result<Option<ObjectInfo>, Error> {
        let body = self
            .body("object_info", self.get(&["object_info", class]), 8 * MIB)
            .await?;
        let info = ObjectInfo::read(crate::wire::json("object_info", &body)?);
        Ok(info.class(class).is_some().then_some(info))
    }

    /// The folders of model files, such as `checkpoints`.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn model_folders(&self) -> Result<Vec<String>, Error> {
        crate::wire::json(
            "models",
            &self.body("models", self.get(&["models"]), MIB).await?,
        )
    }

    /// The files in a folder of models; none when there is no such folder.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn models(&self, folder: &str) -> Result<Option<Vec<String>>, Error> {
        let answer = self
            .body("models", self.get(&["models", folder]), 8 * MIB)
            .await;
        match answer {
            Err(error) if matches!(refusal(&error), Some((404, _))) => Ok(None),
            answer => crate::wire::json("models", &answer?).map(Some),
        }
    }

    /// What a safetensors file says about itself; none when it says nothing or is not there.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn model_metadata(
        &self,
        folder: &str,
        file: &str,
    ) -> Result<Option<Map<String, Value>>, Error> {
        let request = self.get(&["view_metadata", folder]).query("filename", file);
        match self.body("view_metadata", request, 16 * MIB).await {
            Err(error) if matches!(refusal(&error), Some((404, _))) => Ok(None),
            answer => crate::wire::json("view_metadata", &answer?).map(Some),
        }
    }

    /// How many prompts run and wait: the cheapest call, and with it a test of whether the server answers.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn remaining(&self) -> Result<u64, Error> {
        let answer: Value = crate::wire::json(
            "prompt",
            &self.body("prompt", self.get(&["prompt"]), MIB).await?,
        )?;
        let remaining = answer
            .pointer("/exec_info/queue_remaining")
            .and_then(Value::as_u64);
        remaining.ok_or_else(|| {
            Error::bad_answer("prompt", "it does not say how many prompts remain".into())
        })
    }

    /// What runs and what waits.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn queue(&self) -> Result<Queue, Error> {
        // The answer repeats every workflow in the queue.
        queue::read(&self.body("queue", self.get(&["queue"]), 64 * MIB).await?)
    }

    /// How a prompt ended; none while the server does not have it in its history, which is so before, while and shortly
    /// after it runs, and for ever when it does not know it.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn history(&self, id: &PromptId) -> Result<Option<HistoryEntry>, Error> {
        history::read(
            &self
                .body("history", self.get(&["history", id.as_str()]), 32 * MIB)
                .await?,
            id,
        )
    }

    /// Posts a workflow under `id`. `client` names the socket that shall hear of it. A second post of the same id runs a
    /// second time: look into [`ComfyClient::queue`] and [`ComfyClient::history`] before, or use [`ComfyClient::run`],
    /// which does.
    ///
    /// # Errors
    /// [`Error::MissingModel`] or [`Error::Workflow`] when the server refuses it, [`Error::Unsupported`] when it gives
    /// the prompt another id, [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn post(
        &self,
        workflow: &Workflow,
        id: &PromptId,
        client: Option<&str>,
        previews: bool,
    ) -> Result<Accepted, Error> {
        let mut body = json!({ "prompt": workflow.to_json(), "prompt_id": id.as_str() });
        if let Some(client) = client {
            body["client_id"] = json!(client);
        }
        if previews {
            body["extra_data"] = json!({ "preview_method": "auto" });
        }
        let accepted = match self
            .once("prompt", self.post_to(&["prompt"]).json(&body), 16 * MIB)
            .await
        {
            Ok(body) => read_accepted(&body)?,
            Err(error) => return Err(refused(error)),
        };
        if accepted.prompt_id != id.as_str() {
            return Err(Error::Unsupported {
                call: "prompt_id of the caller's choice",
            });
        }
        Ok(accepted)
    }

    /// Takes prompts out of the queue that have not begun. Of those that run or are not there nothing is said.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn delete_pending(&self, ids: &[&PromptId]) -> Result<(), Error> {
        self.tell("queue", &["queue"], &json!({ "delete": texts(ids) }))
            .await
    }

    /// Takes every prompt out of the queue that has not begun, whoever posted it.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn clear_queue(&self) -> Result<(), Error> {
        self.tell("queue", &["queue"], &json!({ "clear": true }))
            .await
    }

    /// Forgets how prompts ended. Their pictures stay.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn delete_history(&self, ids: &[&PromptId]) -> Result<(), Error> {
        self.tell("history", &["history"], &json!({ "delete": texts(ids) }))
            .await
    }

    /// Stops a prompt if it is the one that runs. It ends at its next step; loading a model and decoding are not
    /// interrupted inside.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn interrupt(&self, id: &PromptId) -> Result<(), Error> {
        self.tell(
            "interrupt",
            &["interrupt"],
            &json!({ "prompt_id": id.as_str() }),
        )
        .await
    }

    /// Stops whatever runs, whoever posted it.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn interrupt_all(&self) -> Result<(), Error> {
        self.tell("interrupt", &["interrupt"], &json!({})).await
    }

    /// Ends a prompt wherever it is: out of the queue, or interrupted.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn stop(&self, id: &PromptId) -> Result<(), Error> {
        // In this order, so that it cannot begin between the two.
        self.delete_pending(&[id]).await?;
        self.interrupt(id).await
    }

    /// Asks the server to let go of memory. It does so when it is idle, after the prompt that runs; `system_stats` tells
    /// when the memory is back.
    ///
    /// # Errors
    /// [`Error::Net`].
    pub async fn free(&self, what: Free) -> Result<(), Error> {
        let everything = matches!(what, Free::Everything);
        self.tell(
            "free",
            &["free"],
            &json!({ "unload_models": true, "free_memory": everything }),
        )
        .await
    }

    /// The newest `limit` jobs.
    ///
    /// # Errors
    /// [`Error::Unsupported`] before ComfyUI 0.3.70 or so, [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn jobs(&self, limit: u32) -> Result<JobPage, Error> {
        let request = self
            .get(&["api", "jobs"])
            .query("limit", &limit.to_string());
        match self.body("jobs", request, 32 * MIB).await {
            Ok(body) => jobs::read_page(&body),
            Err(error) => Err(jobs_error(error)),
        }
    }

    /// One job; none when the server does not know it.
    ///
    /// # Errors
    /// As [`ComfyClient::jobs`].
    pub async fn job(&self, id: &PromptId) -> Result<Option<Job>, Error> {
        match self
            .body("jobs", self.get(&["api", "jobs", id.as_str()]), 32 * MIB)
            .await
        {
            Ok(body) => jobs::read_job(&body).map(Some),
            Err(error) if refusal(&error) == Some((404, true)) => Ok(None),
            Err(error) => Err(jobs_error(error)),
        }
    }

    /// Cancels a job that waits or runs; tells whether there was one.
    ///
    /// # Errors
    /// As [`ComfyClient::jobs`].
    pub async fn cancel_job(&self, id: &PromptId) -> Result<bool, Error> {
        let request = self.post_to(&["api", "jobs", id.as_str(), "cancel"]);
        match self.body("jobs", request, MIB).await {
            Ok(body) => {
                let answer: Value = crate::wire::json("jobs", &body)?;
                Ok(answer
                    .get("cancelled")
                    .and_then(Value::as_bool)
                    .unwrap_or(false))
            }
            Err(error) => Err(jobs_error(error)),
        }
    }

    /// Posts a prompt and watches it to its end. Nothing is fetched: [`ComfyClient::fetch`] does that with the images of
    /// [`Done`](crate::Done), and [`ImageGenerator::paint`](crate::ImageGenerator::paint) does both. Called within a tokio runtime.
    ///
    /// # Cancellation
    /// When `cancel` fires the prompt is ended on the server as well, and the result is [`Error::Cancelled`]. Dropping the
    /// run leaves the prompt to the server.
    pub fn run(
        &self,
        submission: crate::Submission,
        cancel: &tokio_util::sync::CancellationToken,
    ) -> crate::Run {
        crate::run::start(self.clone(), submission, None, cancel.clone())
    }

    /// A call that answers nothing.
    async fn tell(&self, call: &'static str, segments: &[&str], body: &Value) -> Result<(), Error> {
        self.body(call, self.post_to(segments).json(body), MIB)
            .await
            .map(drop)
    }
}

fn texts(ids: &[&PromptId]) -> Vec<String> {
    ids.iter().map(|id| id.as_str().to_owned()).collect()
}

fn jobs_error(error: Error) -> Error {
    match refusal(&error) {
        Some((404 | 405, false)) => Error::Unsupported { call: "jobs" },
        _ => error,
    }
}

/// What a refused post means.
fn refused(error: Error) -> Error {
    let Error::Net { source, .. } = &error else {
        return error;
    };
    let videogen_net::Error::Status(status) = source.as_ref() else {
        return error;
    };
    match status.status {
        400 => match read_refusal(&status.body) {
            Ok(problems) => Error::from_problems(problems),
            Err(_) => error,
        },
        // Not a fault that waiting mends: the server answers so to a body that it cannot take apart.
        500 if status
            .body
            .windows(25)
            .any(|text| text == b"Server got itself in trou") =>
        {
            let said = "the server failed on reading the workflow; its log says why".to_owned();
            Error::Workflow {
                problems: vec![Problem::new("", "", None, ProblemKind::Other(said))],
            }
        }
        413 => {
            let said = "the workflow is larger than the server accepts".to_owned();
            Error::Workflow {
                problems: vec![Problem::new("", "", None, ProblemKind::Other(said))],
            }
        }
        _ => error,
    }
}
