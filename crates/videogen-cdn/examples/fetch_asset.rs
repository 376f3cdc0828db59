//! Fetches one file from three mirrors with its digest: one is fast, one is slow, and one sends wrong bytes of the right
//! size. The mirrors are on this machine, so it needs no network.
//!
//! `cargo run -p videogen-cdn --example fetch_asset`

use std::error::Error;

use sha2::{Digest, Sha256};
use testkit::mirror::{MirrorFault, MockMirror};
use tokio_util::sync::CancellationToken;
use videogen_cdn::{
    DownloadOptions, DownloadRequest, Downloader, Mirror, MirrorHealth, MirrorKind, Sha256Digest,
};
use videogen_net::{AddressPolicy, ClientOptions, HttpClient};
use videogen_types::Unobserved;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let voice: Vec<u8> = (0..6_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let serve = || MockMirror::builder().file("voice.onnx", voice.clone());
    let slow = serve().speed(3_000_000).start().await;
    let fast = serve().speed(9_000_000).start().await;
    let wrong = serve()
        .speed(3_000_000)
        .fault(MirrorFault::FlipByteEachMib(4))
        .start()
        .await;
    let sha256 = Sha256Digest::new(Sha256::digest(&voice).into());
    let mirror = |server: &MockMirror| -> Result<Mirror, Box<dyn Error>> {
        Ok(Mirror {
            url: server.url("voice.onnx").parse()?,
            kind: MirrorKind::Copy,
            priority: 50,
        })
    };
    let mirrors = [mirror(&slow)?, mirror(&fast)?, mirror(&wrong)?];
    let dir = camino_tempfile::tempdir()?;
    let target = dir.path().join("voice.onnx");

    // `AddressPolicy::public()` is for mirrors of the world; these are on this machine.
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::local()))?;
    let downloader = Downloader::new(
        client,
        MirrorHealth::in_memory(),
        DownloadOptions::default(),
    );
    let request = DownloadRequest {
        name: "voice.onnx",
        size: Some(voice.len() as u64),
        sha256: Some(sha256),
        cross_check: None,
        mirrors: &mirrors,
        target: &target,
    };
    let downloaded = downloader
        .fetch(&request, &Unobserved, &CancellationToken::new())
        .await?;

    let mut out = std::io::stdout().lock();
    for source in &downloaded.sources {
        std::io::Write::write_fmt(
            &mut out,
            format_args!("{} bytes from {}\n", source.bytes, source.url),
        )?;
    }
    std::io::Write::write_fmt(
        &mut out,
        format_args!("{} bytes, SHA-256 {}\n", downloaded.size, downloaded.sha256),
    )?;
    Ok(())
}
