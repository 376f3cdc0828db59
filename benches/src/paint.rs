//! `paint`: what the client of ComfyUI costs a picture, and whether that stays so over thousands of them.
//!
//! The server is the mock of the tests in a process of its own, so that all that is measured here is the client: posting,
//! the socket's messages, the history, fetching and checking the picture.

use std::fmt::Write as _;

use camino::Utf8Path;
use testkit::comfy::{Family, MockComfy};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;
use videogen_comfy::{
    ComfyClient, ImageGenerator, ModelFile, Models, PaintJob, PaintRequest, PaintSize, PromptText,
    RunEvent, Seed, Submission, Workflow,
};
use videogen_process::{Child, Command, Stdout, Supervisor};

use crate::figures::Figure;
use crate::memory;
use crate::studio::DEADLINE;
use crate::usage::own_cpu;

const CHECKPOINT: &str = "sd15.safetensors";
/// Size of the pictures: that of a draft.
const SIZE: (u32, u32) = (512, 768);
/// Rows of the table.
const ROWS: u32 = 10;
/// Bytes by which memory may grow over the second half: pages that an allocator keeps come and go.
const FLAT: u64 = 1 << 20;

/// What this process has after so many pictures.
#[derive(Debug, Clone, Copy)]
struct Row {
    pictures: u32,
    /// CPU seconds of the pictures since the row before.
    cpu: f64,
    /// Resident bytes.
    resident: u64,
    descriptors: usize,
    threads: usize,
}

/// Serves until it is killed. The first line of standard output is the address.
///
/// # Errors
/// Standard output is closed.
pub(crate) async fn serve() -> Result<(), String> {
    use std::io::Write;
    let mock = MockComfy::builder()
        .checkpoint(CHECKPOINT, Family::SD15)
        .keep_outputs(4)
        .start();
    let mut output = std::io::stdout();
    writeln!(output, "{}", mock.url())
        .and_then(|()| output.flush())
        .map_err(|error| format!("writing the address: {error}"))?;
    std::future::pending().await
}

/// Paints `pictures` pictures into `dir` and tells what they cost.
///
/// # Errors
/// What failed, in words.
pub(crate) async fn run(dir: &Utf8Path, pictures: u32) -> Result<String, String> {
    std::fs::create_dir_all(dir).map_err(|error| format!("creating {dir}: {error}"))?;
    let (url, server) = start().await?;
    let client = ComfyClient::connect(&url).map_err(|error| error.to_string())?;
    let file = dir.join("painted.png");
    let each = (pictures / ROWS).max(1);
    let mut rows = Vec::new();
    let mut before = own_cpu()?;
    for number in 1..=pictures {
        paint(&client, number, &file).await?;
        if number % each == 0 {
            let now = own_cpu()?;
            let row = row(number, now - before)?;
            eprintln!("{number} pictures, {:.2} ms each", milliseconds(&row, each));
            rows.push(row);
            before = now;
        }
    }
    server.kill();
    Ok(report(&rows, each))
}

/// The server, as a process, and its address.
async fn start() -> Result<(String, Child), String> {
    let own = std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
    let command = Command::new(own, DEADLINE)
        .arg("mock-comfy")
        .stdout(Stdout::Pipe);
    let mut server = Supervisor::new()
        .spawn(command)
        .map_err(|error| error.to_string())?;
    let output = server.take_stdout().expect("stdout is a pipe as asked for");
    let mut url = String::new();
    BufReader::new(output)
        .read_line(&mut url)
        .await
        .map_err(|error| format!("reading the server's address: {error}"))?;
    Ok((url.trim().to_owned(), server))
}

async fn paint(client: &ComfyClient, number: u32, file: &Utf8Path) -> Result<(), String> {
    let words = |error: videogen_comfy::Error| format!("picture {number}: {error}");
    let models = Models::Checkpoint {
        file: ModelFile::new(CHECKPOINT).map_err(words)?,
        vae: None,
    };
    let mut job = PaintJob::new(
        models,
        PromptText::literal("a red boat on a lake").map_err(words)?,
        PaintSize::new(SIZE.0, SIZE.1).map_err(words)?,
    );
    job.seed = Seed::new(u64::from(number));
    let request = PaintRequest::new(Submission::new(Workflow::build(&job)), file);
    let mut run = client.paint(request, &CancellationToken::new());
    loop {
        match run.next().await {
            Some(RunEvent::Finished(ended)) => return ended.map(drop).map_err(words),
            Some(_) => {}
            None => return Err(format!("picture {number}: the run ended without a word")),
        }
    }
}

fn row(pictures: u32, cpu: f64) -> Result<Row, String> {
    let count = |what: &str| {
        std::fs::read_dir(format!("/proc/self/{what}"))
            .map(Iterator::count)
            .map_err(|error| format!("reading /proc/self/{what}: {error}"))
    };
    Ok(Row {
        pictures,
        cpu,
        resident: memory::status(std::process::id(), "status", "VmRSS:").unwrap_or_default(),
        descriptors: count("fd")?,
        threads: count("task")?,
    })
}

fn milliseconds(row: &Row, each: u32) -> f64 {
    row.cpu * 1000.0 / f64::from(each)
}

fn report(rows: &[Row], each: u32) -> String {
    let mut text = String::from("pictures  CPU ms each  resident MiB  descriptors  threads\n");
    for row in rows {
        let _ = writeln!(
            text,
            "{:>8}  {:>11.2}  {:>12.2}  {:>11}  {:>7}",
            row.pictures,
            milliseconds(row, each),
            memory::Peaks::mebibytes(row.resident),
            row.descriptors,
            row.threads
        );
    }
    for figure in figures(rows, each) {
        let verdict = if figure.holds { "pass" } else { "FAIL" };
        let _ = write!(text, "\n{verdict} {:<62} {}", figure.what, figure.measured);
    }
    text
}

fn figures(rows: &[Row], each: u32) -> Vec<Figure> {
    let cpu: f64 = rows.iter().map(|row| row.cpu).sum();
    let pictures = rows.last().map_or(1, |row| row.pictures);
    let mean = cpu * 1000.0 / f64::from(pictures.max(each));
    // The first half fills pools, caches and the allocator's arenas.
    let later = &rows[rows.len() / 2..];
    let spread = |value: fn(&Row) -> u64| {
        let values = later.iter().map(value);
        values.clone().max().unwrap_or_default() - values.min().unwrap_or_default()
    };
    let grown = spread(|row| row.resident);
    let handles = spread(|row| row.descriptors as u64) + spread(|row| row.threads as u64);
    vec![
        Figure {
            what: "client: ≤ 5 ms of CPU a picture".to_owned(),
            measured: format!("{mean:.2} ms"),
            holds: mean <= 5.0,
        },
        Figure {
            what: "client: memory flat within 1 MiB over the second half".to_owned(),
            measured: format!("{:.2} MiB", memory::Peaks::mebibytes(grown)),
            holds: grown <= FLAT,
        },
        Figure {
            what: "client: as many descriptors and threads (± 2)".to_owned(),
            measured: format!("± {handles}"),
            holds: handles <= 2,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_fails_and_what_is_flat_passes() {
        let row = |n: u32, resident| Row {
            pictures: n * 100,
            cpu: 0.2,
            resident,
            descriptors: 12,
            threads: 3,
        };
        let flat: Vec<Row> = (1..=10).map(|n| row(n, 30 << 20)).collect();
        assert!(figures(&flat, 100).iter().all(|figure| figure.holds));
        let growing: Vec<Row> = (1..=10).map(|n| row(n, u64::from(n) << 20)).collect();
        let failed: Vec<bool> = figures(&growing, 100).iter().map(|f| f.holds).collect();
        assert_eq!(failed, [true, false, true]);
    }
}
