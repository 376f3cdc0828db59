//! Who delivered wrong bytes, when the digest of the whole is wrong; pure.
//!
//! The digest of the whole is the only proof. So whose bytes are replaced by those of others, after which the digest is
//! right, was wrong; and so was who alone supplied a file whose digest is wrong. Until there is proof, samples that several
//! mirrors were asked for tell whose bytes are replaced first.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::Sha256Digest;

/// What is done about a wrong digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Remedy {
    /// What these supplied is forgotten and fetched from others.
    Replace(Vec<u16>),
    /// There is nobody else.
    GiveUp {
        /// Whether the last one supplied the same wrong file as another one.
        all_agree: bool,
    },
}

/// What was found out so far. Sources are known by their numbers.
#[derive(Debug, Default)]
pub(super) struct Trial {
    /// Who alone supplied a wrong file, and its digest: proved.
    alone: Vec<(u16, Sha256Digest)>,
    /// Whom the samples speak against.
    outvoted: BTreeSet<u16>,
    /// Who was replaced to find out, last.
    suspect: Option<u16>,
    suspected: BTreeSet<u16>,
    /// From whom alone it is to come.
    only: Option<u16>,
    /// What the last wrong file was.
    found: Option<Sha256Digest>,
}

impl Trial {
    /// The digest of the last wrong file.
    pub(super) fn last_found(&self) -> Option<Sha256Digest> {
        self.found
    }

    /// Whether a wrong digest was seen.
    pub(super) fn has_begun(&self) -> bool {
        !self.alone.is_empty() || !self.outvoted.is_empty() || !self.suspected.is_empty()
    }

    /// Whether a source may supply something now.
    pub(super) fn admits(&self, source: u16) -> bool {
        let is_out = self.alone.iter().any(|(wrong, _)| *wrong == source)
            || self.outvoted.contains(&source)
            || self.suspect == Some(source);
        !is_out && self.only.is_none_or(|only| only == source)
    }

    /// Who was wrong, after the digest has become right, or with `proved_only` in any case.
    pub(super) fn guilty(&self, proved_only: bool) -> BTreeSet<u16> {
        let mut guilty: BTreeSet<u16> = self.alone.iter().map(|(source, _)| *source).collect();
        if !proved_only {
            guilty.extend(&self.outvoted);
            guilty.extend(self.suspect);
        }
        guilty
    }

    /// Decides what to do about a file whose digest is `found` and wrong. `shares` are its suppliers and how many bytes each
    /// gave, `outvoted` those whose samples differ from what most have, `usable` all sources that could supply.
    pub(super) fn judge(
        &mut self,
        shares: &[(u16, u64)],
        found: Sha256Digest,
        outvoted: &[u16],
        usable: &[u16],
    ) -> Remedy {
        self.found = Some(found);
        let everything = || shares.iter().map(|(source, _)| *source).collect::<Vec<_>>();
        if let [(source, _)] = shares {
            let all_agree = self
                .alone
                .iter()
                .any(|(other, digest)| other != source && *digest == found);
            let is_known = self.alone.iter().any(|(other, _)| other == source);
            if !is_known {
                self.alone.push((*source, found));
            }
            // What was thought of others is no proof any more: they may be right.
            self.outvoted.clear();
            (self.suspect, self.only) = (None, None);
            // Two that agree may both be wrong: whoever is left is asked, too.
            return match self.replace(everything(), usable) {
                Remedy::Replace(whose) if !is_known => Remedy::Replace(whose),
                _ => Remedy::GiveUp { all_agree },
            };
        }
        let new: Vec<u16> = outvoted
            .iter()
            .copied()
            .filter(|source| self.admits(*source) && shares.iter().any(|(s, _)| s == source))
            .collect();
        if !new.is_empty() && new.len() < shares.len() {
            self.outvoted.extend(&new);
            return self.replace(new, usable);
        }
        // The cheapest first.
        let next = shares
            .iter()
            .filter(|(source, _)| self.admits(*source) && !self.suspected.contains(source))
            .min_by_key(|(_, bytes)| *bytes);
        if let Some(&(source, _)) = next {
            self.suspected.insert(source);
            self.suspect = Some(source);
            let is_replaceable = usable.iter().any(|other| self.admits(*other));
            if is_replaceable {
                return Remedy::Replace(vec![source]);
            }
        }
        // Several are wrong: each by itself, until one is right.
        self.suspect = None;
        self.outvoted.clear();
        let alone = usable.iter().copied().find(|source| self.admits(*source));
        match alone {
            Some(source) => {
                self.only = Some(source);
                Remedy::Replace(everything())
            }
            None => Remedy::GiveUp { all_agree: false },
        }
    }

    fn replace(&self, whose: Vec<u16>, usable: &[u16]) -> Remedy {
        if usable.iter().any(|source| self.admits(*source)) {
            Remedy::Replace(whose)
        } else {
            Remedy::GiveUp { all_agree: false }
        }
    }
}

/// Returns those whose samples differ from what most of those asked have. Each sample is what several sources say about the
/// same bytes.
pub(super) fn outvoted(samples: &[Vec<(u16, Sha256Digest)>]) -> Vec<u16> {
    let mut out = BTreeSet::new();
    for sample in samples {
        let mut votes: BTreeMap<Sha256Digest, usize> = BTreeMap::new();
        for (_, digest) in sample {
            *votes.entry(*digest).or_default() += 1;
        }
        let most = votes.values().copied().max().unwrap_or(0);
        let mut winners = votes.iter().filter(|(_, count)| **count == most);
        if let (Some((winner, 2..)), None) = (winners.next(), winners.next()) {
            out.extend(
                sample
                    .iter()
                    .filter(|(_, digest)| digest != winner)
                    .map(|(source, _)| *source),
            );
        }
    }
    out.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(n: u8) -> Sha256Digest {
        Sha256Digest::new([n; 32])
    }

    #[test]
    fn two_against_one_and_one_against_one() {
        let sample =
            |votes: &[(u16, u8)]| vec![votes.iter().map(|&(s, d)| (s, digest(d))).collect()];
        assert_eq!(outvoted(&sample(&[(0, 1), (1, 1), (2, 9)])), [2]);
        assert_eq!(outvoted(&sample(&[(0, 1), (1, 9)])), [0; 0]);
        assert_eq!(outvoted(&sample(&[(0, 1), (1, 1), (2, 9), (3, 9)])), [0; 0]);
        assert_eq!(outvoted(&sample(&[(0, 1), (1, 2), (2, 3)])), [0; 0]);
    }

    #[test]
    fn one_source_and_nobody_else_is_the_end_and_it_is_named() {
        let mut trial = Trial::default();
        let remedy = trial.judge(&[(4, 100)], digest(1), &[], &[4]);
        assert_eq!(remedy, Remedy::GiveUp { all_agree: false });
        assert_eq!(trial.guilty(true), BTreeSet::from([4]));
    }

    #[test]
    fn two_that_supply_the_same_wrong_file_speak_against_the_registry() {
        let mut trial = Trial::default();
        assert_eq!(
            trial.judge(&[(0, 100)], digest(1), &[], &[0, 1]),
            Remedy::Replace(vec![0])
        );
        assert!(!trial.admits(0) && trial.admits(1));
        let remedy = trial.judge(&[(1, 100)], digest(1), &[], &[0, 1]);
        assert_eq!(remedy, Remedy::GiveUp { all_agree: true });
    }

    #[test]
    fn who_is_outvoted_is_replaced_and_nobody_else() {
        let mut trial = Trial::default();
        let shares = [(0, 30), (1, 30), (2, 40)];
        assert_eq!(
            trial.judge(&shares, digest(1), &[2], &[0, 1, 2]),
            Remedy::Replace(vec![2])
        );
        assert_eq!(trial.guilty(false), BTreeSet::from([2]));
        assert!(trial.guilty(true).is_empty());
    }

    proptest! {
        /// Mirrors that are right, wrong in each their own way everywhere, or wrong in one piece; samples that tell or not.
        /// It ends, and well if one mirror is right, without blaming it.
        #[test]
        fn a_right_mirror_is_found_and_never_blamed(
            kinds in proptest::collection::vec(0_u8..4, 1..5),
            owners in proptest::collection::vec(any::<prop::sample::Index>(), 6),
            telling in any::<bool>(),
        ) {
            let n = kinds.len() as u16;
            // What a source says of a piece: 0 is right.
            let says = |source: u16, piece: usize| match kinds[source as usize] {
                0 => 0,
                1 => source as u8 + 1,
                // All of these have the same wrong file.
                3 => 99,
                _ if piece == source as usize => source as u8 + 1,
                _ => 0,
            };
            let usable: Vec<u16> = (0..n).collect();
            let mut pieces: Vec<u16> = owners.iter().map(|o| o.index(n as usize) as u16).collect();
            let mut trial = Trial::default();
            let right = kinds.contains(&0);
            let mut rounds = 0;
            loop {
                rounds += 1;
                prop_assert!(rounds < 30);
                let content: Vec<u8> = pieces.iter().enumerate().map(|(p, s)| says(*s, p)).collect();
                if content.iter().all(|byte| *byte == 0) {
                    break;
                }
                let mut bytes = [0; 32];
                bytes[..6].copy_from_slice(&content);
                let shares: Vec<(u16, u64)> = usable.iter().copied()
                    .map(|s| (s, pieces.iter().filter(|p| **p == s).count() as u64))
                    .filter(|(_, count)| *count > 0).collect();
                let samples: Vec<Vec<_>> = if telling {
                    (0..6).map(|p| usable.iter().map(|s| (*s, digest(says(*s, p)))).collect()).collect()
                } else {
                    Vec::new()
                };
                match trial.judge(&shares, Sha256Digest::new(bytes), &outvoted(&samples), &usable) {
                    Remedy::Replace(whose) => {
                        let admitted: Vec<u16> = usable.iter().copied().filter(|s| trial.admits(*s)).collect();
                        prop_assert!(!admitted.is_empty());
                        let mut turn = 0;
                        for piece in &mut pieces {
                            if whose.contains(piece) {
                                *piece = admitted[turn % admitted.len()];
                                turn += 1;
                            }
                        }
                    }
                    Remedy::GiveUp { .. } => {
                        prop_assert!(!right, "a right mirror was there");
                        for source in trial.guilty(true) {
                            prop_assert!(kinds[source as usize] != 0);
                        }
                        return Ok(());
                    }
                }
            }
            if !telling {
                for source in trial.guilty(false) {
                    prop_assert!(kinds[source as usize] != 0, "{} was right", source);
                }
            }
        }
    }
}
