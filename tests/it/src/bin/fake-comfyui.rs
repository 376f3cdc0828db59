//! A ComfyUI that is not one, as a program: `fake-comfyui PORT MILLISECONDS [--dies-once FILE]` answers at PORT of this
//! machine after so long, until it is ended. Where FILE does not exist, it makes it and dies of its first prompt. For tests
//! of starting one.
#![allow(clippy::print_stdout, reason = "what it says is kept in a log")]

use std::time::Duration;

use testkit::comfy::{Family, GIB, MockComfy, SimulatedCard};

fn main() {
    let mut words = std::env::args().skip(1);
    let mut number = || words.next().and_then(|word| word.parse::<u64>().ok());
    let (Some(port), Some(after)) = (number(), number()) else {
        println!("usage: fake-comfyui PORT MILLISECONDS");
        return;
    };
    let words: Vec<String> = words.collect();
    let dies = words.iter().position(|word| word == "--dies-once");
    let dies = dies.and_then(|at| words.get(at + 1));
    let dies = dies.is_some_and(|file| std::fs::File::create_new(file).is_ok());
    println!("loading");
    std::thread::sleep(Duration::from_millis(after));
    let server = MockComfy::builder()
        .port(u16::try_from(port).unwrap_or_default())
        .card(SimulatedCard::new(12 * GIB))
        .checkpoint("v1-5-pruned-emaonly.safetensors", Family::SD15)
        .start();
    println!("answering");
    loop {
        std::thread::sleep(Duration::from_millis(2));
        if dies && server.counters().prompts_accepted > 0 {
            println!("CUDA error: an illegal memory access was encountered");
            std::process::exit(7);
        }
    }
}
