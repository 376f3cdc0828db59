//! How long others are waited for.

use std::time::Duration;

/// What servers have in the preflight, all together: they are asked at the same time, and who has not answered by then is
/// away.
pub(crate) const SERVICES_WITHIN: Duration = Duration::from_secs(5);
