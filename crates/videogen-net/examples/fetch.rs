//! Downloads a public file and goes on where an earlier run stopped: `fetch URL FILE`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what the example does"
)]

use std::process::ExitCode;
use std::time::Duration;

use tokio::io::AsyncSeekExt;
use url::Url;
use videogen_net::{
    AddressPolicy, ClientOptions, Deadlines, Error, HttpClient, RangeAnswer, Redirects, Request,
};

async fn fetch(url: Url, path: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::public()))?;
    let mut file = tokio::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .await?;
    let have = file.seek(std::io::SeekFrom::End(0)).await?;
    let request = Request::get(url)
        .range(have, None)
        .redirects(Redirects::AnyHost)
        .max_body(1 << 30)
        .deadlines(Deadlines {
            total: Duration::from_hours(1),
            ..Deadlines::default()
        });
    let mut response = match client.send(request).await {
        // Nothing is behind the last byte.
        Err(error) if error.status() == Some(416) => return Ok(have),
        other => other?,
    };
    let mut have = have;
    if response.range(have, None, None)? == RangeAnswer::Whole {
        file.set_len(0).await?;
        have = 0;
    }
    let more = response
        .copy_to(&mut file, |bytes| print!("\r{} bytes", have + bytes))
        .await?;
    println!();
    Ok(have + more)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(path)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: fetch URL FILE");
        return ExitCode::from(2);
    };
    let url = match Url::parse(&url) {
        Ok(url) => url,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    match fetch(url, &path).await {
        Ok(size) => {
            println!("{path} has {size} bytes");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: failed to fetch: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                eprintln!("caused by: {error}");
                cause = error.source();
            }
            if let Some(help) = error.downcast_ref::<Error>().and_then(Error::help) {
                eprintln!("hint: {help}");
            }
            ExitCode::FAILURE
        }
    }
}
