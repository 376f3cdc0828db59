//! What a licence asks for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A licence, by its SPDX identifier where it has one.
///
/// Known are the Creative Commons licences of every version and port, the public domain (`CC0-1.0`, `PDM-1.0`), the permissive
/// licences of programs and fonts, OGA-BY and the OpenRAIL licences of models. Every other identifier is a licence that nothing
/// is known of, as is `unknown` itself. Identifiers are compared without regard to case. It is written as its identifier, with
/// the address of its text behind a space where that was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Licence {
    id: String,
    text: Option<String>,
}

/// What a licence asks of somebody who uses the work in a video.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
// They are independent of each other: a licence has any combination.
#[allow(clippy::struct_excessive_bools)]
pub struct LicenceDuties {
    /// Whoever made the work has to be named.
    pub credit: bool,
    /// The video has to be under the same licence.
    pub share_alike: bool,
    /// The video must not be used commercially.
    pub non_commercial: bool,
    /// The work must not be adapted, so no video can have it.
    pub no_derivatives: bool,
    /// Some uses are forbidden, which the text of the licence lists.
    pub restricted_use: bool,
    /// Nothing is known of the licence.
    pub is_unknown: bool,
}

/// Licences that are not of Creative Commons: identifier in small letters, canonical identifier, name, duties, address.
const NAMED: &[(&str, &str, &str, LicenceDuties, &str)] = &[
    (
        "cc0-1.0",
        "CC0-1.0",
        "CC0 1.0 (public domain)",
        NONE,
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    (
        "pdm-1.0",
        "PDM-1.0",
        "public domain",
        NONE,
        "https://creativecommons.org/publicdomain/mark/1.0/",
    ),
    (
        "cc-pdm-1.0",
        "PDM-1.0",
        "public domain",
        NONE,
        "https://creativecommons.org/publicdomain/mark/1.0/",
    ),
    (
        "oga-by-3.0",
        "OGA-BY-3.0",
        "OGA BY 3.0",
        CREDIT,
        "https://static.opengameart.org/OGA-BY-3.0.txt",
    ),
    (
        "mit",
        "MIT",
        "MIT",
        NONE,
        "https://spdx.org/licenses/MIT.html",
    ),
    (
        "apache-2.0",
        "Apache-2.0",
        "Apache 2.0",
        NONE,
        "https://www.apache.org/licenses/LICENSE-2.0",
    ),
    (
        "bsd-2-clause",
        "BSD-2-Clause",
        "BSD (2 clauses)",
        NONE,
        "https://spdx.org/licenses/BSD-2-Clause.html",
    ),
    (
        "bsd-3-clause",
        "BSD-3-Clause",
        "BSD (3 clauses)",
        NONE,
        "https://spdx.org/licenses/BSD-3-Clause.html",
    ),
    (
        "ofl-1.1",
        "OFL-1.1",
        "SIL Open Font License 1.1",
        NONE,
        "https://openfontlicense.org",
    ),
    (
        "creativeml-openrail-m",
        "CreativeML-OpenRAIL-M",
        "CreativeML Open RAIL-M",
        RESTRICTED,
        "https://huggingface.co/spaces/CompVis/stable-diffusion-license",
    ),
    (
        "creativeml-openrail++-m",
        "CreativeML-OpenRAIL++-M",
        "CreativeML Open RAIL++-M",
        RESTRICTED,
        "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
    ),
    // The name that Hugging Face has for it.
    (
        "openrail++",
        "CreativeML-OpenRAIL++-M",
        "CreativeML Open RAIL++-M",
        RESTRICTED,
        "https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md",
    ),
    // Of the voice "lessac": its data may be used "for Research Purposes only", which a commercial use is not.
    (
        "licenseref-blizzard-2013",
        "LicenseRef-Blizzard-2013",
        "Blizzard 2013 (research only)",
        RESEARCH,
        "https://huggingface.co/rhasspy/piper-voices/discussions/105",
    ),
];

/// Nothing is asked for.
const NONE: LicenceDuties = LicenceDuties {
    credit: false,
    share_alike: false,
    non_commercial: false,
    no_derivatives: false,
    restricted_use: false,
    is_unknown: false,
};
const CREDIT: LicenceDuties = LicenceDuties {
    credit: true,
    ..NONE
};
const RESTRICTED: LicenceDuties = LicenceDuties {
    restricted_use: true,
    ..NONE
};
const RESEARCH: LicenceDuties = LicenceDuties {
    non_commercial: true,
    ..RESTRICTED
};
const UNKNOWN: LicenceDuties = LicenceDuties {
    is_unknown: true,
    ..NONE
};

/// What is known of an identifier.
struct Known {
    id: String,
    name: String,
    duties: LicenceDuties,
    url: Option<String>,
}

impl Licence {
    /// The licence of this identifier. The known ones get their canonical spelling.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        let id = known(&id).map_or(id, |known| known.id);
        Self { id, text: None }
    }

    /// Adds the address of its text: for a `LicenseRef-…`, which no list has.
    #[must_use]
    pub fn with_text(mut self, url: impl Into<String>) -> Self {
        self.text = Some(url.into());
        self
    }

    /// Returns its identifier, for example `CC-BY-3.0`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name that people know it by, for example `CC BY 3.0`.
    pub fn name(&self) -> String {
        known(&self.id).map_or_else(|| self.id.clone(), |known| known.name)
    }

    /// Returns the address of its text: the one given, otherwise the published one.
    pub fn url(&self) -> Option<String> {
        let published = || known(&self.id).and_then(|known| known.url);
        self.text.clone().or_else(published)
    }

    /// Returns what it asks for.
    pub fn duties(&self) -> LicenceDuties {
        known(&self.id).map_or(UNKNOWN, |known| known.duties)
    }
}

impl LicenceDuties {
    /// Whether somebody has to say yes before the work is used.
    pub fn asks(&self) -> bool {
        self.share_alike || self.non_commercial || self.restricted_use || self.is_unknown
    }

    /// Returns a sentence for each duty, to be read before something is downloaded; none where there is no duty.
    pub fn sentences(&self) -> Vec<&'static str> {
        let all = [
            (
                self.no_derivatives,
                "The work must not be changed, and putting it into a video changes it.",
            ),
            (
                self.non_commercial,
                "The video must not be used commercially.",
            ),
            (
                self.share_alike,
                "The whole video has to be published under the same licence.",
            ),
            (
                self.restricted_use,
                "Some uses are forbidden; the text of the licence lists them.",
            ),
            (
                self.is_unknown,
                "Nothing certain is known of the licence; ask whoever made the work.",
            ),
            (
                self.credit,
                "Whoever made the work has to be named where the video is published.",
            ),
        ];
        let holds = all.into_iter().filter(|(holds, _)| *holds);
        holds.map(|(_, sentence)| sentence).collect()
    }
}

fn known(id: &str) -> Option<Known> {
    let small = id.trim().to_ascii_lowercase();
    let named = NAMED.iter().find(|(name, ..)| *name == small);
    if let Some((_, id, name, duties, url)) = named {
        return Some(Known {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            duties: *duties,
            url: Some((*url).to_owned()),
        });
    }
    creative_commons(&small)
}

/// `cc-by`, then any of `-nc`, `-sa` or `-nd`, a version, and the country of a port.
fn creative_commons(small: &str) -> Option<Known> {
    const VERSIONS: [&str; 5] = ["1.0", "2.0", "2.5", "3.0", "4.0"];
    let mut duties = CREDIT;
    let mut parts = small.strip_prefix("cc-by-")?.split('-').peekable();
    duties.non_commercial = parts.next_if_eq(&"nc").is_some();
    duties.share_alike = parts.next_if_eq(&"sa").is_some();
    duties.no_derivatives = !duties.share_alike && parts.next_if_eq(&"nd").is_some();
    let version = parts.next().filter(|v| VERSIONS.contains(v))?;
    let port = parts.next();
    let is_port = |port: &str| {
        (2..=3).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    if parts.next().is_some() || port.is_some_and(|port| !is_port(port)) {
        return None;
    }
    let kind: String = [
        (duties.non_commercial, "-nc"),
        (duties.share_alike, "-sa"),
        (duties.no_derivatives, "-nd"),
    ]
    .iter()
    .filter_map(|(holds, part)| holds.then_some(*part))
    .collect();
    let upper = |text: &str| text.to_ascii_uppercase();
    let (id_port, name_port, url_port) = port.map_or_else(Default::default, |port| {
        (
            format!("-{}", upper(port)),
            format!(" {}", upper(port)),
            format!("{port}/"),
        )
    });
    Some(Known {
        id: format!("CC-BY{}-{version}{id_port}", upper(&kind)),
        name: format!("CC BY{} {version}{name_port}", upper(&kind)),
        duties,
        url: Some(format!(
            "https://creativecommons.org/licenses/by{kind}/{version}/{url_port}"
        )),
    })
}

impl From<String> for Licence {
    fn from(text: String) -> Self {
        match text.split_once(' ') {
            Some((id, url)) => Self::new(id).with_text(url),
            None => Self::new(text),
        }
    }
}

impl From<Licence> for String {
    fn from(licence: Licence) -> Self {
        match licence.text {
            Some(url) => format!("{} {url}", licence.id),
            None => licence.id,
        }
    }
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duties(id: &str) -> LicenceDuties {
        Licence::new(id).duties()
    }

    #[test]
    fn what_the_known_ones_ask_for() {
        for free in [
            "CC0-1.0",
            "PDM-1.0",
            "MIT",
            "Apache-2.0",
            "OFL-1.1",
            "BSD-3-Clause",
        ] {
            assert_eq!(duties(free), NONE, "{free}");
            assert!(duties(free).sentences().is_empty());
        }
        for credit in ["CC-BY-3.0", "CC-BY-4.0", "cc-by-2.5-au", "OGA-BY-3.0"] {
            assert_eq!(duties(credit), CREDIT, "{credit}");
        }
        let all = duties("CC-BY-NC-SA-4.0");
        assert!(all.credit && all.non_commercial && all.share_alike && !all.no_derivatives);
        assert_eq!(all.sentences().len(), 3);
        assert!(duties("CC-BY-ND-4.0").no_derivatives);
        assert!(duties("CC-BY-NC-ND-3.0").no_derivatives);
        for model in ["CreativeML-OpenRAIL-M", "openrail++"] {
            assert!(duties(model).restricted_use && duties(model).asks());
        }
        assert!(duties("LicenseRef-Blizzard-2013").non_commercial);
    }

    #[test]
    fn what_is_not_known_is_unknown() {
        for strange in [
            "",
            "unknown",
            "CC-BY",
            "CC-BY-5.0",
            "CC-BY-SA-ND-4.0",
            "CC-BY-ND-SA-4.0",
            "CC-BY-4.0-",
            "CC-BY-4.0-usa1",
            "CC-BY-4.0-US-x",
            "AGPL-3.0-only",
            "LicenseRef-Mine",
            "MIT OR Apache-2.0",
        ] {
            assert!(duties(strange).is_unknown, "{strange}");
            assert!(duties(strange).asks());
        }
    }

    #[test]
    fn names_and_addresses() {
        let by = Licence::new("cc-by-nc-sa-3.0-us");
        assert_eq!(by.id(), "CC-BY-NC-SA-3.0-US");
        assert_eq!(by.to_string(), "CC BY-NC-SA 3.0 US");
        let url = "https://creativecommons.org/licenses/by-nc-sa/3.0/us/";
        assert_eq!(by.url().as_deref(), Some(url));
        assert_eq!(Licence::new("CC-PDM-1.0"), Licence::new("pdm-1.0"));
        let own = Licence::new("LicenseRef-Mine").with_text("https://example.org/terms");
        assert_eq!(own.url().as_deref(), Some("https://example.org/terms"));
        assert_eq!(own.name(), "LicenseRef-Mine");
        assert_eq!(Licence::new("LicenseRef-Mine").url(), None);
        for licence in [by, own] {
            let json = serde_json::to_string(&licence).unwrap();
            assert_eq!(
                serde_json::from_str::<Licence>(&json).unwrap(),
                licence,
                "{json}"
            );
        }
    }
}
