//! Writes three files, one a second, and goes on where it was when it is killed and started again:
//! `cargo run -p videogen-durable --example batch`.

use std::sync::Arc;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use videogen_durable::{
    AnnouncedFile, BatchError, BatchJob, BatchProgram, Batches, DigestedFile, JobProgress,
    RealEffects, ScratchDir, free_name, publish_files,
};

/// What is to be made. It stands in the journal as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Greeting {
    to: String,
    folder: Utf8PathBuf,
}

impl BatchJob for Greeting {
    type Outcome = Utf8PathBuf;
    const NOUN: &'static str = "greeting";

    fn output_dir(&self) -> &Utf8Path {
        &self.folder
    }

    // Killed after its files got their names and before that was recorded.
    fn settle(&self, directory: &Utf8Path, files: &[AnnouncedFile]) -> Option<Utf8PathBuf> {
        Some(directory.join(&files.first()?.name))
    }
}

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Utf8PathBuf::try_from(std::env::temp_dir())?.join("videogen-batch-example");
    std::fs::create_dir_all(&root)?;
    let program = BatchProgram {
        name: "greeter",
        version: "1.0",
        output_keys: 1,
        host: "here".into(),
        // A program that has a calendar tells the time of day.
        local_time: || "20261125-193000".into(),
        reports: &[],
        scratch_prefix: ".greeter-",
    };
    let batches = Batches::new(
        root.join("batches"),
        root.join("work"),
        program,
        Arc::new(RealEffects),
    );
    let batch = match batches.resume(None) {
        Err(BatchError::None) => {
            let all = ["Ada", "Grace", "Katherine"].map(|to| Greeting {
                to: to.into(),
                folder: root.clone(),
            });
            batches.create(&all)?
        }
        resumed => resumed?,
    };
    println!("the batch {}; end it at any time", batch.name());
    for (number, (job, progress)) in (1..).zip(batch.jobs().into_iter().zip(batch.progress())) {
        if let JobProgress::Delivered(path) = progress {
            println!("{path} was there");
            continue;
        }
        let scratch = ScratchDir::create(&job.folder, ".greeter-")?;
        let path = scratch.path().join("greeting.txt");
        std::fs::write(&path, format!("Hello {}!", job.to))?;
        std::thread::sleep(Duration::from_secs(1));
        let file = DigestedFile::read(&path, "txt")?;
        let name = free_name(&job.folder, &job.to, &["txt"]);
        batch.publishing(number, &job.folder, vec![file.announced(&name)])?;
        if publish_files(&job.folder, &name, &[("txt", path)])? {
            let path = job.folder.join(file.named(&name));
            batch.delivered(number, &path)?;
            println!("{path} is there");
        }
    }
    batch.finish()?;
    Ok(())
}
