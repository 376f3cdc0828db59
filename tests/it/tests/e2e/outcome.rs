//! What a run that printed events delivered, and what it warned of.

use camino::Utf8PathBuf;
use serde_json::Value;
use testkit::Finished;
use testkit::events::{named, only};

/// What the run warned of: as events, or as part of the plan that a dry run shows.
pub(crate) fn warnings(run: &Finished) -> String {
    let events = run.events();
    let told = named(&events, "warning").into_iter();
    let told = told.map(|event| event["message"].as_str().expect("text").to_owned());
    let planned = events
        .iter()
        .filter_map(|event| event["warnings"].as_array());
    let planned = planned.flatten().map(ToString::to_string);
    told.chain(planned).collect::<Vec<_>>().join("\n")
}

/// The one video of a run.
pub(crate) fn delivered(run: &Finished) -> Utf8PathBuf {
    let events = run.events();
    let path = only(&events, "video_finished")["path"].clone();
    path.as_str().expect("a path").into()
}

/// The one video of a run, and its manifest.
pub(crate) fn delivered_and_told(run: &Finished) -> (Utf8PathBuf, Value) {
    let video = delivered(run);
    let json = std::fs::read_to_string(video.with_extension("json")).expect("the manifest");
    (video, serde_json::from_str(&json).expect("JSON"))
}
