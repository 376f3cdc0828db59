//! Says when a batch will be done, from how long stages took: `cargo run -p videogen-telemetry --example when`.

use videogen_telemetry::{History, StageLeft, predict_finish};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() {
    let mut history = History::new();
    for seconds in [9.0, 10.5, 11.0] {
        history.record("render", "720x1280", 20.0, seconds);
    }
    let render = || {
        vec![StageLeft {
            resource: "renderer",
            order: 0,
            stage: "render",
            class: "720x1280",
            units: 20.0,
        }]
    };
    match predict_finish(&[render(), render()], &history) {
        Some(eta) => println!("between {:.0} and {:.0} s", eta.earliest(), eta.latest()),
        None => println!("nothing like it was made here before"),
    }
}
