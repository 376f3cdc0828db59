//! What kind of failure an answer of ComfyUI is, for those who count.

use videogen_comfy::Error as ComfyError;
use videogen_types::FailureKind;

/// Returns the kind of failure of what ComfyUI answered.
pub fn failure_kind(error: &ComfyError) -> FailureKind {
    match error {
        ComfyError::OutOfMemory { .. } => FailureKind::OutOfMemory,
        ComfyError::TimedOut { .. }
        | ComfyError::Stalled { .. }
        | ComfyError::StillQueued { .. } => FailureKind::Timeout,
        ComfyError::MissingModel { .. } => FailureKind::MissingModel,
        ComfyError::Invalid { .. }
        | ComfyError::UiFormat
        | ComfyError::Template { .. }
        | ComfyError::Workflow { .. } => FailureKind::BadInput,
        ComfyError::NoPicture
        | ComfyError::PictureGone
        | ComfyError::BadPicture { .. }
        | ComfyError::BadAnswer { .. } => FailureKind::BadOutput,
        ComfyError::Execution { .. } | ComfyError::Unsupported { .. } => FailureKind::Program,
        ComfyError::Interrupted { .. } => FailureKind::Interrupted,
        ComfyError::Cancelled => FailureKind::Cancelled,
        ComfyError::Lost => FailureKind::Network,
        ComfyError::Net { source, .. } => source.failure_kind(),
        ComfyError::Io { .. } => FailureKind::Disk,
        _ => FailureKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn those_that_people_ask_for_are_told_apart() {
        let memory = ComfyError::OutOfMemory {
            memory: videogen_comfy::Memory::Gpu,
            node: "3".into(),
            class: "KSampler".into(),
            message: String::new(),
            figures: videogen_comfy::MemoryFigures::default(),
        };
        assert_eq!(failure_kind(&memory), FailureKind::OutOfMemory);
        let late = ComfyError::TimedOut {
            after: Duration::from_secs(1),
        };
        assert_eq!(failure_kind(&late), FailureKind::Timeout);
        assert_eq!(failure_kind(&ComfyError::Lost), FailureKind::Network);
        assert_eq!(failure_kind(&ComfyError::UiFormat), FailureKind::BadInput);
    }
}
