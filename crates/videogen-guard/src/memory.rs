//! How much memory this process has taken.

/// The most resident memory so far, in bytes, where the platform tells (`VmHWM` on Linux).
pub fn peak_rss() -> Option<u64> {
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        parse(&status)
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn parse(status: &str) -> Option<u64> {
    field(status, "VmHWM:")
}

/// A field of a Linux `status` file in bytes. The kernel counts in kibibytes and calls them kB.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
pub(crate) fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_counts_in_kibibytes() {
        assert_eq!(
            super::parse("Name:\tx\nVmHWM:\t    2048 kB\n"),
            Some(2 << 20)
        );
        assert_eq!(super::parse("Name:\tx\n"), None);
    }
}
