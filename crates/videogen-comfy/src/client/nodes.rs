//! What the server's nodes are, remembered for a while: a batch of pictures needs it again for each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ComfyClient;
use crate::wire::object_info::ObjectInfo;
use crate::{Error, Workflow};

/// For how long a node's description counts. A model file that was added since is found all the same: what seems to be
/// missing is asked for again.
const FRESH: Duration = Duration::from_mins(1);
/// More classes than a workflow has.
const MOST: usize = 512;

/// Descriptions of nodes by class, with when they were read.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes(Arc<Mutex<HashMap<String, (Instant, ObjectInfo)>>>);

impl Nodes {
    fn get(&self, class: &str) -> Option<ObjectInfo> {
        let nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        nodes
            .get(class)
            .filter(|(read, _)| read.elapsed() < FRESH)
            .map(|(_, info)| info.clone())
    }

    fn put(&self, class: &str, info: &ObjectInfo) {
        let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() >= MOST {
            nodes.clear();
        }
        nodes.insert(class.to_owned(), (Instant::now(), info.clone()));
    }
}

impl ComfyClient {
    /// The nodes that a workflow uses, as far as the server has them, read now.
    ///
    /// # Errors
    /// [`Error::Net`] or [`Error::BadAnswer`].
    pub async fn object_info_for(&self, workflow: &Workflow) -> Result<ObjectInfo, Error> {
        Ok(self.nodes_for(workflow, false).await?.0)
    }

    /// Compares a workflow with what the server has. What a server has is remembered for a minute.
    ///
    /// # Errors
    /// [`Error::MissingModel`] or [`Error::Workflow`] when the server would refuse it or fail on it, [`Error::Net`] or
    /// [`Error::BadAnswer`].
    pub async fn check(&self, workflow: &Workflow) -> Result<(), Error> {
        let (info, remembered) = self.nodes_for(workflow, true).await?;
        let mut problems = workflow.check(&info);
        if !problems.is_empty() && remembered {
            problems = workflow.check(&self.object_info_for(workflow).await?);
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Error::from_problems(problems))
        }
    }

    /// The nodes of a workflow, and whether any of them was remembered.
    async fn nodes_for(
        &self,
        workflow: &Workflow,
        remember: bool,
    ) -> Result<(ObjectInfo, bool), Error> {
        let (mut all, mut remembered) = (ObjectInfo::default(), false);
        for class in workflow.classes() {
            if let Some(info) = self.nodes.get(class).filter(|_| remember) {
                all.merge(info);
                remembered = true;
            } else if let Some(info) = self.object_info_of(class).await? {
                self.nodes.put(class, &info);
                all.merge(info);
            }
        }
        Ok((all, remembered))
    }
}
