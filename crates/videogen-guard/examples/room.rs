//! Says what this machine has, and whether a job of 2 GiB fits: `cargo run -p videogen-guard --example room`.

use videogen_guard::{AdmissionLimits, Demand, Probe, SystemProbe, judge};

#[expect(clippy::print_stdout, reason = "an example talks to its user")]
fn main() {
    let readings = SystemProbe::new([".".into()]).read();
    println!("{readings:#?}");
    let demand = Demand {
        ram_bytes: 2 << 30,
        ..Demand::default()
    };
    println!(
        "{:?}",
        judge(&readings, &demand, &AdmissionLimits::default())
    );
}
