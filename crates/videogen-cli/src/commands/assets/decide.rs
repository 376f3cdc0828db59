//! Which of the wanted assets are fetched, with what was said yes to. A decision; questions are asked by who calls it.

use videogen_cdn::{Asset, Licence};

use super::wanted::{Wanted, WantedState};

/// What becomes of everything that is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What is here already.
    pub(crate) here: Vec<Asset>,
    /// What may be fetched.
    pub(crate) fetch: Vec<Asset>,
    /// What of it has a licence that was said yes to just now: the yes is to be remembered.
    pub(crate) accepted: Vec<Asset>,
    /// What somebody has to say yes to first.
    pub(crate) asks: Vec<Asset>,
    /// What is left out without a question, because others do as well.
    pub(crate) left_out: Vec<Asset>,
    /// What nobody can allow, and why.
    pub(crate) refused: Vec<(Asset, &'static str)>,
}

impl Decision {
    /// Decides, with a yes to each of `accepted`: licences, and names of assets.
    pub(crate) fn new(wanted: &[Wanted], accepted: &[String]) -> Self {
        let mut decision = Self::default();
        for one in wanted {
            let asset = one.asset.clone();
            match one.state {
                WantedState::Here => decision.here.push(asset),
                WantedState::Missing => decision.fetch.push(asset),
                WantedState::Refused(why) => decision.refused.push((asset, why)),
                WantedState::Asks(_) if one.is_accepted(accepted) => {
                    decision.fetch.push(asset.clone());
                    decision.accepted.push(asset);
                }
                WantedState::Asks(_) if one.is_one_of_many => decision.left_out.push(asset),
                WantedState::Asks(_) => decision.asks.push(asset),
            }
        }
        decision
    }

    /// The licences that ask, each with what it asks for: what is unknown is asked for one by one.
    pub(crate) fn questions(&self) -> Vec<LicenceQuestion> {
        let mut questions: Vec<LicenceQuestion> = Vec::new();
        for asset in &self.asks {
            let is_unknown = asset.licence.duties().is_unknown;
            let same = |question: &&mut LicenceQuestion| {
                !is_unknown && question.licence.id() == asset.licence.id()
            };
            match questions.iter_mut().find(same) {
                Some(question) => question.assets.push(asset.clone()),
                None => questions.push(LicenceQuestion {
                    licence: asset.licence.clone(),
                    assets: vec![asset.clone()],
                }),
            }
        }
        questions
    }

    /// Takes a yes to a question, or a no.
    pub(crate) fn answer(&mut self, question: &LicenceQuestion, yes: bool) {
        if yes {
            self.asks.retain(|asset| !question.assets.contains(asset));
            self.fetch.extend(question.assets.iter().cloned());
            self.accepted.extend(question.assets.iter().cloned());
        }
    }
}

/// A licence that somebody has to say yes to, and what has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LicenceQuestion {
    pub(crate) licence: Licence,
    pub(crate) assets: Vec<Asset>,
}

impl LicenceQuestion {
    /// The question, for a person.
    pub(crate) fn text(&self) -> String {
        let names: Vec<&str> = self.assets.iter().map(|asset| asset.id.as_str()).collect();
        format!("Accept {} for {}?", self.name(), names.join(", "))
    }

    fn name(&self) -> String {
        if self.licence.duties().is_unknown {
            "an unknown licence".to_owned()
        } else {
            format!("the licence {}", self.licence.name())
        }
    }

    /// What says yes to it on the command line.
    pub(crate) fn flags(&self) -> String {
        let name = if self.licence.duties().is_unknown {
            self.assets.first().map_or("", |asset| asset.id.as_str())
        } else {
            self.licence.id()
        };
        format!("--accept {name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::assets::wanted::tests::Known;

    fn ids(assets: &[Asset]) -> Vec<&str> {
        assets.iter().map(|asset| asset.id.as_str()).collect()
    }

    #[test]
    fn a_yes_to_everything_is_no_yes_to_a_licence() {
        let mut known = Known::new(&[
            ("free", "music", "CC0-1.0", "tech"),
            ("here", "music", "CC0-1.0", "tech"),
            ("nc", "voice", "CC-BY-NC-SA-4.0", "en_US"),
            ("nc2", "voice", "CC-BY-NC-SA-4.0", "en_US"),
            ("odd", "voice", "unknown", "en_US"),
            ("odd2", "voice", "unknown", "en_US"),
            ("bulk", "music", "unknown", "tech"),
            ("nd", "music", "CC-BY-ND-4.0", "tech"),
        ]);
        known.here.insert("here".into());
        let wanted: Vec<Wanted> = ["free", "here", "nc", "nc2", "odd", "odd2", "nd"]
            .map(|id| known.wanted(id))
            .into_iter()
            .chain([known.wanted("bulk").of_many()])
            .collect();
        let mut decision = Decision::new(&wanted, &[]);
        assert_eq!(ids(&decision.fetch), ["free"]);
        assert_eq!(ids(&decision.here), ["here"]);
        assert_eq!(ids(&decision.left_out), ["bulk"]);
        assert_eq!(ids(&decision.asks), ["nc", "nc2", "odd", "odd2"]);
        assert_eq!(decision.refused[0].0.id.as_str(), "nd");
        // One question for a licence that is known, one for each asset whose licence is not.
        let questions = decision.questions();
        let texts: Vec<String> = questions.iter().map(LicenceQuestion::text).collect();
        assert_eq!(
            texts,
            [
                "Accept the licence CC BY-NC-SA 4.0 for nc, nc2?",
                "Accept an unknown licence for odd?",
                "Accept an unknown licence for odd2?",
            ]
        );
        let flags: Vec<String> = questions.iter().map(LicenceQuestion::flags).collect();
        assert_eq!(
            flags,
            ["--accept CC-BY-NC-SA-4.0", "--accept odd", "--accept odd2"]
        );
        decision.answer(&questions[0], true);
        decision.answer(&questions[1], false);
        assert_eq!(ids(&decision.fetch), ["free", "nc", "nc2"]);
        assert_eq!(ids(&decision.accepted), ["nc", "nc2"]);
        assert_eq!(ids(&decision.asks), ["odd", "odd2"]);
        // What is accepted by a flag is the same.
        let flagged = Decision::new(&wanted, &["CC-BY-NC-SA-4.0".into(), "bulk".into()]);
        assert_eq!(ids(&flagged.accepted), ["nc", "nc2", "bulk"]);
    }
}
