//! How an asset is credited, where its licence asks for it.

use super::asset::{Asset, AssetKind, Attribution};

/// Returns the line for the file of credits: who made the asset, where it comes from, its licence, and what was done with it.
/// `None` where nobody is to be credited: the licence does not ask for it, or nobody is named.
///
/// A work of a licence that nothing is known of is credited, too, without a licence.
pub fn credit_line(asset: &Asset) -> Option<String> {
    let attribution = credited(asset)?;
    let Attribution {
        title,
        author,
        source,
    } = attribution;
    let source = source
        .as_ref()
        .map_or_else(String::new, |source| format!(" ({source})"));
    let mut line = format!("{}: \"{title}\" by {author}{source}", noun(asset.kind));
    if !asset.licence.duties().is_unknown {
        let url = asset.licence.url().map(|url| format!(" ({url})"));
        line.extend([
            ", licensed under ".to_owned(),
            asset.licence.name(),
            url.unwrap_or_default(),
        ]);
    }
    line.push('.');
    // What CC BY 3.0 calls "a credit identifying the use", and CC BY 4.0 the indication of modifications.
    if asset.kind == AssetKind::Music {
        line.push_str(" Trimmed, faded and mixed under narration.");
    }
    Some(line)
}

/// Returns the sentence for a tag of the video itself, which is shorter; `None` as for [`credit_line`].
pub fn credit_tag(asset: &Asset) -> Option<String> {
    let attribution = credited(asset)?;
    let licence = if asset.licence.duties().is_unknown {
        String::new()
    } else {
        format!(", {}", asset.licence.name())
    };
    let Attribution { title, author, .. } = attribution;
    let noun = noun(asset.kind);
    Some(format!("{noun}: \"{title}\" by {author}{licence}."))
}

fn credited(asset: &Asset) -> Option<&Attribution> {
    let duties = asset.licence.duties();
    let is_due = duties.credit || duties.is_unknown;
    asset.attribution.as_ref().filter(|_| is_due)
}

fn noun(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Music => "Music",
        AssetKind::Voice => "Voice",
        AssetKind::Font => "Font",
        AssetKind::Model => "Model",
    }
}
