//! Plain loops compiled twice: for the vectors every processor has, and for the wide ones most have.

/// Runs `work`, a loop over samples, compiled for AVX2 where the processor has it. The results are the same.
#[inline]
pub(crate) fn run<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "calls a function compiled for AVX2")]
        // SAFETY: AVX2 was detected.
        return unsafe { with_avx2(work) };
    }
    work()
}

/// What is inlined into it is compiled for AVX2, too.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}
