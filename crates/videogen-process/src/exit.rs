//! The end of this process that nothing can hold up.

/// Ends this process at once with the exit status `code`, whatever its other threads do.
///
/// [`std::process::exit`] and a return from `main` first run what libraries want to do at the end: handlers of the C
/// library and of drivers that were loaded, and the flush of standard output. Each may wait for a lock that another
/// thread holds, or for a reader that does not read, and a second thread that ends the process meanwhile is stopped for
/// good. None of it happens here: no destructor, no handler, no flush. What has to be written must be written before.
///
/// Children that are tied to this process ([`Command`](crate::Command)) end with it.
#[expect(
    unsafe_code,
    reason = "the C library's `_exit` has no safe form in the standard library or in rustix"
)]
pub fn exit_now(code: u8) -> ! {
    unsafe extern "C" {
        /// `_exit(2)`; on Windows that of the universal C runtime, which calls `ExitProcess`.
        fn _exit(code: std::ffi::c_int) -> !;
    }
    // SAFETY: `_exit` takes any number and does not return. The declaration is that of POSIX and of the universal C
    // runtime, one of which the standard library is linked to on every platform this crate compiles on.
    unsafe { _exit(std::ffi::c_int::from(code)) }
}
