//! Whether what was fetched is what it is used for. A digest says that a file is the one of the registry, and no more.

use camino::Utf8PathBuf;
use videogen_cdn::{AssetKind, AssetSource, Installed, SourceError};
use videogen_core::{audio_container, check_piper_voice};
use videogen_text::chain;

/// What music is fetched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To be there: who made the registry has heard it.
    Keep,
    /// To be played in the next minutes.
    Play,
}

/// Returns what `source` fetched, if it can be used.
///
/// # Errors
/// It is a voice that Piper would not load, or music to be played that cannot be decoded; it is removed.
pub(super) async fn usable(
    installed: Installed,
    purpose: Purpose,
    source: &dyn AssetSource,
) -> Result<Installed, SourceError> {
    let Err(error) = check(&installed, purpose).await else {
        return Ok(installed);
    };
    let id = &installed.asset.id;
    if let Err(error) = source.forget(id).await {
        tracing::warn!(%id, error = chain(&error), "it stays, though it cannot be used");
    }
    Err(SourceError::Other(error))
}

async fn check(
    installed: &Installed,
    purpose: Purpose,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match installed.asset.kind {
        AssetKind::Voice => {
            let is_model = |file: &&Utf8PathBuf| file.extension() == Some("onnx");
            for model in installed.files.iter().filter(is_model) {
                check_piper_voice(model).await?;
            }
        }
        AssetKind::Music if purpose == Purpose::Play => {
            for file in &installed.files {
                audio_container(file)?;
            }
        }
        // FFmpeg looks for the fonts that it can use, and ComfyUI says what it cannot load.
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;
    use videogen_cdn::{AssetId, FakeAssetSource};
    use videogen_types::Unobserved;

    use super::*;

    #[tokio::test]
    async fn what_cannot_be_used_is_refused_and_does_not_stay() {
        let dir = camino_tempfile::tempdir().expect("a temporary directory");
        let source = FakeAssetSource::new(dir.path())
            .with("page", AssetKind::Music, &[], &[("a.mp3", b"<p>no song")])
            .with("none", AssetKind::Voice, &[], &[("a.onnx", b"no voice")])
            .with("font", AssetKind::Font, &[], &[("a.ttf", b"whatever")]);
        let cancel = CancellationToken::new();
        let all = [
            ("page", Purpose::Play, false),
            ("page", Purpose::Keep, true),
            ("none", Purpose::Keep, false),
            ("font", Purpose::Keep, true),
        ];
        for (name, purpose, is_kept) in all {
            let id = AssetId::new(name).expect("a name");
            let fetched = source.fetch(&id, &Unobserved, &cancel).await;
            let fetched = fetched.expect("it is there");
            let used = usable(fetched, purpose, &source).await;
            assert_eq!(used.is_ok(), is_kept, "{name}");
            assert_eq!(source.installed(&id).is_some(), is_kept, "{name}");
        }
    }
}
