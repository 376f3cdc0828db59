//! What every stage is given beside its part of the plan.

use tokio_util::sync::CancellationToken;

use crate::outputs::Outputs;
use crate::reporter::Reporter;
use crate::toolkit::Toolkit;

/// With whom and for whom a stage works.
#[derive(Clone, Copy)]
pub(crate) struct StageContext<'a> {
    pub(crate) toolkit: &'a Toolkit,
    /// Where outputs are found and kept.
    pub(crate) work: &'a Outputs,
    pub(crate) reporter: &'a Reporter,
    pub(crate) cancel: &'a CancellationToken,
}
