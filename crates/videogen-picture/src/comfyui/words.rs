//! What a run does now, in a few words for people.

use videogen_comfy::RunEvent;

/// Characters of a class of nodes that are shown; a user's workflow may call it anything.
const SHOWN: usize = 40;

/// What an event tells of what is done; `None` where it tells nothing new.
pub(super) fn of(event: &RunEvent) -> Option<String> {
    Some(match event {
        RunEvent::RateLimited => "waiting until the server may be given another picture".to_owned(),
        RunEvent::Queued { ahead: 0 } => "queued".to_owned(),
        RunEvent::Queued { ahead } => format!("queued behind {ahead}"),
        RunEvent::Node { class, .. } => work(class),
        RunEvent::Progress {
            class, value, max, ..
        } if class.contains("Sampler") => format!("step {value} of {max}"),
        RunEvent::Progress {
            class, value, max, ..
        } => format!("{}, {value} of {max}", work(class)),
        RunEvent::DecodeFellBack { .. } => "decoding in tiles".to_owned(),
        RunEvent::Unreachable { .. } => "the server cannot be reached for now".to_owned(),
        RunEvent::Again { .. } => "asked again".to_owned(),
        _ => return None,
    })
}

/// What nodes of a class do.
fn work(class: &str) -> String {
    match class {
        "CLIPTextEncode" => "reading the prompt",
        "VAEDecode" | "VAEDecodeTiled" => "decoding",
        "VAEEncode" | "VAEEncodeTiled" => "encoding",
        "LatentUpscale" | "ImageUpscaleWithModel" | "ImageScale" => "enlarging",
        "SaveImage" => "saving",
        class if class.contains("Loader") => "loading",
        class if class.contains("Sampler") => "painting",
        "" => "working",
        other => return videogen_text::clean(other).chars().take(SHOWN).collect(),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_told_in_words() {
        let node = |class: &str| RunEvent::Node {
            node: "1".into(),
            class: class.into(),
            fraction: 0.0,
        };
        let progress = |class: &str| RunEvent::Progress {
            node: "1".into(),
            class: class.into(),
            value: 12,
            max: 30,
            fraction: 0.4,
        };
        for (event, told) in [
            (RunEvent::Queued { ahead: 2 }, Some("queued behind 2")),
            (node("CheckpointLoaderSimple"), Some("loading")),
            (progress("KSampler"), Some("step 12 of 30")),
            (progress("VAEDecodeTiled"), Some("decoding, 12 of 30")),
            (node("My\u{1b}[31mNode"), Some("My[31mNode")),
            (RunEvent::SocketBack, None),
        ] {
            assert_eq!(of(&event).as_deref(), told, "{event:?}");
        }
        assert_eq!(of(&node(&"x".repeat(1000))).unwrap().len(), SHOWN);
    }
}
