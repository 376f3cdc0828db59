//! How long others are waited for.

use std::time::Duration;

/// How long servers have before work starts, all together: they are asked at the same time, and who has not answered by
/// then is away.
pub const SERVICES_WITHIN: Duration = Duration::from_secs(5);
