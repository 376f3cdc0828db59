//! Makes one small video about the first argument into `./videos`, and prints where it is.

use camino::Utf8PathBuf;
use tokio_util::sync::CancellationToken;
use videogen_core::{Brief, Error, ErrorKind, Studio, ToolkitConfig};
use videogen_types::{Duration, Event, EventSink, Quality, Topic};

/// Prints what a person wants to know.
struct Printer;

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
impl EventSink for Printer {
    fn emit(&self, event: Event) {
        match event {
            Event::StageFinished { stage, detail, .. } => println!("{}: {detail}", stage.name()),
            Event::Degraded { degradation, .. } => {
                println!("instead of {}: {}", degradation.from, degradation.to);
            }
            Event::VideoFinished { path, .. } => println!("{path}"),
            Event::VideoFailed { message, .. } => println!("failed: {message}"),
            _ => {}
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let value = |e| Error::new(videogen_types::Stage::Preflight, ErrorKind::Value(e));
    let topic = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "the deep sea".into());
    let temp = Utf8PathBuf::try_from(std::env::temp_dir()).unwrap_or_else(|_| "/tmp".into());
    let cancel = CancellationToken::new();

    let tools = ToolkitConfig {
        path_var: std::env::var_os("PATH"),
        ..ToolkitConfig::default()
    };
    let studio = Studio::discover(&tools, &temp, &cancel).await?;
    let brief = Brief {
        topic: Some(Topic::new(&topic).map_err(value)?.0),
        duration: Some(Duration::new(8.0).map_err(value)?),
        quality: Quality::Draft,
        ..Brief::new("videos".into())
    };
    let plans = studio.plan(vec![brief], &cancel).await?;
    studio
        .run(plans, std::sync::Arc::new(Printer), &cancel)
        .await;
    Ok(())
}
