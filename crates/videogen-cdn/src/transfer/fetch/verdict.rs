//! What is done with a file that is here: it is named if it is right; otherwise who was wrong is found.

use std::collections::BTreeSet;
use std::sync::Arc;

use videogen_text::byte_size;

use super::super::blame::{Remedy, outvoted};
use super::super::error::DownloadError;
use super::super::options::{Downloaded, SourceUse};
use super::super::probe::probe;
use super::super::verify::Found;
use super::{Fetching, blocking};
use crate::observer::FetchObserver;
use crate::registry::CrossCheck;

impl Fetching {
    /// The digest is wrong: finds out whose bytes are replaced, and forgets them.
    pub(super) async fn find_culprit(
        &mut self,
        found: &Found,
        observer: &dyn FetchObserver,
    ) -> Result<(), DownloadError> {
        let spans = self.shared.pieces(|pieces| pieces.done().clone());
        let shares: Vec<(u16, u64)> = spans
            .sources()
            .into_iter()
            .map(|source| (source, spans.bytes_of(source)))
            .collect();
        let mut usable: Vec<u16> = Vec::new();
        let mut others = Vec::new();
        for (source, _) in &self.sources {
            if !usable.contains(&source.id) {
                usable.push(source.id);
                if self.trial.admits(source.id) {
                    others.push(source.clone());
                }
            }
        }
        let samples = if shares.len() > 1 {
            observer.activity("finding out which mirror delivered wrong bytes");
            probe(&self.shared, &spans, &others).await
        } else {
            Vec::new()
        };
        if self.shared.cancel.is_cancelled() {
            return Err(DownloadError::Cancelled);
        }
        let remedy = self
            .trial
            .judge(&shares, found.sha256, &outvoted(&samples), &usable);
        tracing::info!(name = %self.shared.name, found = %found.sha256, ?remedy, "the digest is wrong");
        match remedy {
            Remedy::GiveUp { all_agree } => Err(self.wrong(Some(found), all_agree)),
            Remedy::Replace(whose) => {
                let wrong = shares.iter().filter(|(source, _)| whose.contains(source));
                observer.warn(format!(
                    "what came of {} has the wrong digest: {} of it are fetched again",
                    self.shared.name,
                    byte_size(wrong.map(|(_, bytes)| bytes).sum()),
                ));
                let shared = Arc::clone(&self.shared);
                blocking(move || shared.forget(&whose)).await
            }
        }
    }

    /// Leaves alone who is proved to have been wrong, and says what was found.
    pub(super) fn wrong(&self, found: Option<&Found>, all_agree: bool) -> DownloadError {
        // Those that agree may well be right.
        let guilty = if all_agree {
            BTreeSet::new()
        } else {
            self.trial.guilty(true)
        };
        let want = &self.shared.want;
        let weak = match &want.cross_check {
            Some(CrossCheck::Md5(text)) => format!("MD5 {text}"),
            Some(CrossCheck::Sha1(text)) => format!("SHA-1 {text}"),
            None => String::new(),
        };
        DownloadError::WrongDigest {
            name: self.shared.name.clone(),
            wanted: want.sha256.map_or(weak, |digest| digest.to_string()),
            found: found
                .map(|found| found.sha256)
                .or(self.trial.last_found())
                .expect("a wrong digest was found"),
            culprits: self.condemn(&guilty),
            all_agree,
        }
    }

    /// Blocks the hosts of sources that delivered wrong bytes, and returns their addresses.
    pub(super) fn condemn(&self, guilty: &BTreeSet<u16>) -> Vec<String> {
        for (source, _) in &self.sources {
            if guilty.contains(&source.id) {
                self.shared
                    .engine
                    .health
                    .lease(&source.mirror)
                    .wrong_bytes();
            }
        }
        let known = self.shared.sources();
        guilty
            .iter()
            .filter_map(|id| known.get(usize::from(*id)).cloned())
            .collect()
    }

    /// The file is right: names who was wrong before, and gives it its name.
    pub(super) async fn settle(
        &mut self,
        found: &Found,
        observer: &dyn FetchObserver,
    ) -> Result<Downloaded, DownloadError> {
        let want = &self.shared.want;
        if let Some(check) = &want.cross_check
            && !found.agrees_with(Some(check))
        {
            let (kind, wanted) = match check {
                CrossCheck::Md5(text) => ("MD5", text),
                CrossCheck::Sha1(text) => ("SHA-1", text),
            };
            return Err(DownloadError::CrossCheck {
                name: self.shared.name.clone(),
                kind,
                wanted: wanted.clone(),
                found: found.weak.clone().unwrap_or_default(),
            });
        }
        for url in self.condemn(&self.trial.guilty(false)) {
            observer.warn(format!(
                "{url}: it delivered wrong bytes, which were fetched again from elsewhere"
            ));
        }
        let shared = Arc::clone(&self.shared);
        blocking(move || shared.part.publish()).await?;
        let kept = self.shared.kept();
        let mut sources: Vec<SourceUse> = kept
            .spans
            .sources()
            .into_iter()
            .map(|source| SourceUse {
                url: kept
                    .sources
                    .get(usize::from(source))
                    .cloned()
                    .unwrap_or_default(),
                bytes: kept.spans.bytes_of(source),
            })
            .collect();
        sources.sort_by_key(|source| std::cmp::Reverse(source.bytes));
        Ok(Downloaded {
            sha256: found.sha256,
            size: kept.spans.bytes(),
            bytes_received: self.shared.received(),
            sources,
        })
    }
}
