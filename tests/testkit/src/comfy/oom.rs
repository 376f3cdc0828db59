//! The words in which memory runs out.

use super::Version;
use super::card::OutOfMemory;
use super::fault::OomText;
use super::run::Failure;

const TIPS: &str = "\nThis error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have accidentally set the batch_size to a large number.";

/// The exception of an allocation that did not fit. Without numbers the recorded ones are given.
pub(crate) fn failure(version: Version, text: OomText, refused: Option<OutOfMemory>) -> Failure {
    let gpu = |kind: &str, message: &str| Failure {
        kind: kind.to_owned(),
        message: format!("{message}{TIPS}"),
        out_of_memory: true,
    };
    match text {
        OomText::Native => gpu("torch.OutOfMemoryError", &native(refused)),
        OomText::CudaMallocAsync => gpu("torch.OutOfMemoryError", "Allocation on device "),
        OomText::Accelerator if version.is_new() => {
            gpu("torch.AcceleratorError", "CUDA error: out of memory")
        }
        OomText::Accelerator => Failure::new("RuntimeError", "CUDA error: out of memory"),
        OomText::HostAllocator => Failure::new(
            "RuntimeError",
            "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 1000000000000000 bytes. Error code 12 (Cannot allocate memory)",
        ),
        OomText::HostPython => Failure::new("MemoryError", ""),
    }
}

fn native(refused: Option<OutOfMemory>) -> String {
    let size = |bytes: u64| {
        let mib = bytes as f64 / f64::from(1 << 20);
        if mib < 1024.0 {
            format!("{mib:.2} MiB")
        } else {
            format!("{:.2} GiB", mib / 1024.0)
        }
    };
    let (wanted, total, free, held) = match refused {
        Some(refused) => (
            size(refused.wanted),
            size(refused.total),
            size(refused.free),
            size(refused.held),
        ),
        None => (
            "2.25 GiB".to_owned(),
            "3.81 GiB".to_owned(),
            "1.12 GiB".to_owned(),
            "2.60 GiB".to_owned(),
        ),
    };
    let torch = if refused.is_some() { &held } else { "2.31 GiB" };
    format!(
        "CUDA out of memory. Tried to allocate {wanted}. GPU 0 has a total capacity of {total} of which {free} is free. Including non-PyTorch memory, this process has {held} memory in use. Of the allocated memory {torch} is allocated by PyTorch, and 180.21 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)"
    )
}
