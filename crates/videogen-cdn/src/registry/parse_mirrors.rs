//! Where files lie: the lists `mirrors` of a registry.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;
use videogen_text::shown;

use super::asset::{Mirror, MirrorKind};
use super::error::{RegistryError, RegistryProblem};
use super::limits::{MOST_MIRRORS, SHOWN};
use super::reader::Node;
use super::rules::{RegistryRules, UrlUse, url};

/// Reads the list `mirrors`: addresses, or tables with an address.
pub(super) fn mirrors(
    node: Node<'_, '_>,
    purpose: UrlUse,
    rules: &RegistryRules,
) -> Result<Vec<Mirror>, RegistryError> {
    let items = node.list("mirrors")?;
    if items.len() > MOST_MIRRORS {
        let count = items.len();
        return Err(node.error_here(RegistryProblem::TooManyMirrors { count }));
    }
    items
        .iter()
        .map(|item| mirror(node, item, purpose, rules))
        .collect()
}

fn mirror<'t, 's>(
    node: Node<'t, 's>,
    item: &'t Spanned<DeValue<'s>>,
    purpose: UrlUse,
    rules: &RegistryRules,
) -> Result<Mirror, RegistryError> {
    let checked = |text: &str, at: &Range<usize>| {
        url(text, purpose, rules).map_err(|problem| node.error(at, problem))
    };
    if let Some(text) = item.get_ref().as_str() {
        return Ok(Mirror {
            url: checked(text, &item.span())?,
            kind: MirrorKind::Origin,
            priority: Mirror::USUAL_PRIORITY,
        });
    }
    let Some(table) = item.get_ref().as_table() else {
        let problem = RegistryProblem::WrongType {
            key: "mirrors".into(),
            expected: "a list of addresses in quotes, or of tables with a `url`",
            found: item.get_ref().type_str(),
        };
        return Err(node.error(&item.span(), problem));
    };
    let inner = Node {
        source: node.source,
        table,
        at: item.span().start,
        asset: node.asset,
    };
    inner.only(&["url", "kind", "priority"])?;
    let (text, at) = inner.required("url")?;
    let priority = match inner.number("priority")? {
        None => Mirror::USUAL_PRIORITY,
        Some((number, at)) => {
            let most = Mirror::HIGHEST_PRIORITY;
            let priority = u8::try_from(number).ok().filter(|n| *n <= most);
            let problem = || RegistryProblem::BadValue {
                key: "priority",
                reason: format!("a priority is a number from 0 to {most}"),
            };
            priority.ok_or_else(|| inner.error(&at, problem()))?
        }
    };
    Ok(Mirror {
        url: checked(text, &at)?,
        kind: inner.checked("kind", mirror_kind)?.unwrap_or_default(),
        priority,
    })
}

fn mirror_kind(text: &str) -> Result<MirrorKind, String> {
    match text {
        "origin" => Ok(MirrorKind::Origin),
        "copy" => Ok(MirrorKind::Copy),
        _ => Err(format!("{:?} is none of origin, copy", shown(text, SHOWN))),
    }
}
