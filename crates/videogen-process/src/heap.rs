//! How the C library's allocator keeps what was freed.

/// How many heaps the threads share. What they allocate while they compute are small things, of which each thread has some
/// at hand anyway, and frames that are lent and come back, so they rarely meet.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const HEAPS: std::ffi::c_int = 1;

/// Lets all threads of this process share one heap. To be called before the first thread is started.
///
/// By itself glibc gives a heap of its own to each thread, up to eight for every core, and each keeps what was freed in
/// it: what one thread has done with a picture is not there for the next thread, and memory grows with the number of
/// threads that ever held one. Three videos at 1440x2560 took 332 MiB in that way, and take 115 in this one. Elsewhere
/// nothing changes.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(
        unsafe_code,
        reason = "the C library's `mallopt` has no safe form in the standard library or in rustix"
    )
)]
pub fn share_heaps() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` takes any two numbers and is safe to call at any time; it only changes where later allocations
    // are made. It refuses what it does not know, and then all is as before.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, HEAPS);
    }
}
