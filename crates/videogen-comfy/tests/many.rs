//! Nothing is left behind by many pictures; alone in its program, as it counts the program's descriptors.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{Studio, client, job, server};
use testkit::comfy::Fault;
use videogen_comfy::Seed;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_pictures_leave_no_sockets_and_no_descriptors_behind() {
    let server = server()
        .keep_outputs(10)
        .fault(Fault::SocketDropped(5).rule().times(20))
        .start();
    let client = client(&server);
    let studio = Studio::new();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let mut early = 0;
    for seed in 0..100 {
        let mut job = job();
        job.seed = Seed::new(seed);
        studio.painted(&client, studio.request(&job)).await;
        if seed == 9 {
            early = open();
        }
    }
    // The server, which is in this process too, hears of the last socket's end a moment later.
    for _ in 0..200 {
        if server.open_sockets() == 0 && open() <= early {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(server.open_sockets(), 0);
    assert!(open() <= early + 2, "{early} descriptors became {}", open());
    let counters = server.counters();
    assert_eq!(
        (counters.prompts_done, counters.prompts_accepted),
        (100, 100)
    );
    let questions = counters.requests_of("GET /object_info");
    assert!(
        questions <= 7 * 10,
        "the nodes are asked for once a minute and not {questions} times"
    );
}
