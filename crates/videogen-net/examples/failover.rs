//! A pool of three servers: one is not there, one is busy, one answers. `cargo run -p videogen-net --example failover`
#![allow(clippy::print_stdout, reason = "printing is what the example does")]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use videogen_net::{
    AddressPolicy, Budget, ClientOptions, Endpoint, EndpointPool, Error, HttpClient, Request,
    RetryPolicy,
};

/// A server that says the same to everybody.
async fn server(says: &'static str) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                // Whether the client is still there is its own business.
                let _ = stream.write_all(says.as_bytes()).await;
            }
        }
    });
    Ok(address)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let busy = server("HTTP/1.1 429 Later\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n").await?;
    let good = server(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"answer\": 42}\n",
    )
    .await?;
    let client = HttpClient::new(ClientOptions::new(AddressPolicy::local()))?;
    let pool = EndpointPool::builder("answering")
        .endpoint(Endpoint::parse("127.0.0.1:1")?)
        .endpoint(Endpoint::parse(&busy)?)
        .endpoint(Endpoint::parse(&good)?)
        .build(client.clone())?;
    let budget = Budget::new(Duration::from_secs(10), 10);
    for _ in 0..3 {
        let answer: Result<serde_json::Value, Error> = pool
            .run(
                &RetryPolicy::default(),
                &budget,
                &CancellationToken::new(),
                |server| {
                    let client = client.clone();
                    println!("asking {}", server.shown());
                    async move { client.json(Request::get(server.join("question")?)).await }
                },
            )
            .await;
        println!("{}", answer?);
    }
    println!("{}", serde_json::to_string_pretty(&pool.snapshot())?);
    Ok(())
}
