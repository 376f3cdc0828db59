//! How TLS is spoken and whom it trusts.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::Error;

/// TLS 1.2 and 1.3, trusting what the system trusts and `extra` certificate authorities. A machine that has no
/// certificates of its own, as bare containers do, gets Mozilla's. (On Linux `SSL_CERT_FILE` and `SSL_CERT_DIR` name
/// the system's certificates, by the system's convention.)
pub(super) fn config(extra: Vec<Vec<u8>>) -> Result<ClientConfig, Error> {
    // Given by hand, because the process-wide default is a global that belongs to the program.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| setup(&error))?;
    let extra: Vec<CertificateDer<'static>> = extra.into_iter().map(CertificateDer::from).collect();
    check(&extra)?;
    Ok(match system(&extra, provider) {
        Ok(verifier) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth(),
        Err(error) => {
            tracing::debug!(%error, "no certificates of the system; using the built-in ones");
            let mut roots = RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
            for certificate in extra {
                roots.add(certificate).map_err(|error| setup(&error))?;
            }
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    })
}

fn check(extra: &[CertificateDer<'static>]) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    for certificate in extra {
        roots
            .add(certificate.clone())
            .map_err(|error| setup(&error))?;
    }
    Ok(())
}

fn system(
    extra: &[CertificateDer<'static>],
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, rustls::Error> {
    // Without extra ones it says when the system has none; with them it would not.
    let verifier = Verifier::new(Arc::clone(&provider))?;
    if extra.is_empty() {
        return Ok(verifier);
    }
    Verifier::new_with_extra_roots(extra.iter().cloned(), provider)
}

fn setup(error: &rustls::Error) -> Error {
    Error::Setup {
        problem: error.to_string(),
    }
}
