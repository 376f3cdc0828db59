//! Whether a failure is want of memory, and of which: the GPU's or the machine's.

/// Which memory ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Memory {
    /// The graphics card's: a smaller or tiled way can fit.
    Gpu,
    /// The machine's main memory.
    Host,
}

/// What the text of an out-of-memory error tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemoryFigures {
    /// Bytes that were asked for.
    pub wanted: Option<u64>,
    /// Bytes that were free.
    pub free: Option<u64>,
}

/// The texts by which ComfyUI, PyTorch, CUDA, ROCm and Metal say that the card is full; lower case.
const GPU: [&str; 10] = [
    "this error means you ran out of memory on your gpu",
    "out of memory",
    "allocation on device",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "hiperroroutofmemory",
    "vram grow failed",
    "vram reservation failed",
    "not enough gpu video memory",
    "insufficient gpu memory",
];

/// The texts that mean main memory, although some of them say "out of memory" as well.
const HOST: [&str; 5] = [
    "defaultcpuallocator",
    "hostbuffer",
    "cannot allocate memory",
    "paging file is too small",
    "unable to allocate array",
];

/// Which memory ran out, by Python's name of the exception and its text; none when it is another failure.
pub(crate) fn out_of_memory(exception: &str, message: &str) -> Option<Memory> {
    let message = message.to_lowercase();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    let kind = exception.rsplit('.').next().unwrap_or_default();
    if kind.ends_with("OutOfMemoryError") {
        return Some(Memory::Gpu);
    }
    if kind.ends_with("MemoryError") {
        // Raised for the card, too, by ComfyUI's own paging of weights.
        return Some(if message.contains("vbar") {
            Memory::Gpu
        } else {
            Memory::Host
        });
    }
    if says(&HOST) {
        return Some(Memory::Host);
    }
    says(&GPU).then_some(Memory::Gpu)
}

/// The numbers in PyTorch's text, where it has them: the asynchronous allocator does not.
pub(crate) fn figures(message: &str) -> MemoryFigures {
    MemoryFigures {
        wanted: message.split("Tried to allocate ").nth(1).and_then(size),
        free: message
            .split("of which ")
            .nth(1)
            .filter(|rest| says_free(rest))
            .and_then(size),
    }
}

fn says_free(rest: &str) -> bool {
    rest.split_whitespace().nth(2) == Some("is")
        && rest
            .split_whitespace()
            .nth(3)
            .is_some_and(|word| word.starts_with("free"))
}

/// Reads `2.25 GiB`.
fn size(text: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let unit = match words.next()?.trim_end_matches(['.', ',', ';']) {
        "bytes" | "B" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some((number * unit) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_texts_seen_in_the_wild() {
        let gpu = [
            ("torch.OutOfMemoryError", "Allocation on device "),
            (
                "torch.cuda.OutOfMemoryError",
                "CUDA out of memory. Tried to allocate 2.25 GiB",
            ),
            (
                "torch.AcceleratorError",
                "CUDA error: out of memory\nCUDA kernel errors might be",
            ),
            (
                "RuntimeError",
                "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            ),
            (
                "RuntimeError",
                "MPS backend out of memory (MPS allocated: 9.05 GB",
            ),
            ("MemoryError", "VBAR: cannot grow"),
            ("Exception", "VRAM grow failed"),
        ];
        for (kind, message) in gpu {
            assert_eq!(
                out_of_memory(kind, message),
                Some(Memory::Gpu),
                "{kind}: {message}"
            );
        }
        let host = [
            ("MemoryError", "\n"),
            (
                "numpy._core._exceptions._ArrayMemoryError",
                "Unable to allocate 3 GiB",
            ),
            (
                "RuntimeError",
                "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory",
            ),
            ("RuntimeError", "HostBuffer allocation failed"),
            ("OSError", "[Errno 12] Cannot allocate memory"),
        ];
        for (kind, message) in host {
            assert_eq!(
                out_of_memory(kind, message),
                Some(Memory::Host),
                "{kind}: {message}"
            );
        }
        for (kind, message) in [
            ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied"),
            (
                "safetensors._safetensors_rust.SafetensorError",
                "Error while deserializing header: MetadataIncompleteBuffer",
            ),
            ("ValueError", ""),
        ] {
            assert_eq!(out_of_memory(kind, message), None, "{kind}: {message}");
        }
    }

    #[test]
    fn the_numbers_are_read() {
        let text = "CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 3.81 GiB of which 1.12 GiB is free. \
                    Including non-PyTorch memory";
        let figures = figures(text);
        assert_eq!(figures.wanted, Some(2_415_919_104));
        assert_eq!(figures.free, Some(1_202_590_842));
        assert_eq!(
            super::figures("Allocation on device "),
            MemoryFigures::default()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_classified(kind in any::<String>(), message in any::<String>()) {
            out_of_memory(&kind, &message);
            figures(&message);
        }
    }
}
