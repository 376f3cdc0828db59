//! How long others are waited for.

pub(crate) use videogen_net::SERVICES_WITHIN;
