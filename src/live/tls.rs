//! TLS as the address asks for it: in pure Rust, by rustls with ring.

use super::Address;
use super::LiveError;
use super::address::Trust;
use rustls::CertificateError;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Makes the connector for an address.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, LiveError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let encrypted = address.config.get_ssl_mode() != SslMode::Disable;
    let signed_by = if address.trust == Trust::Any || !encrypted {
        None
    } else {
        let roots = Arc::new(roots(address)?);
        let made = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
        Some(made.map_err(|cause| LiveError::no_connection(address, &cause))?)
    };
    let verifier =
        Verifier { signed_by, named: address.trust == Trust::Named, provider: provider.clone() };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|cause| LiveError::no_connection(address, &cause))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// The certificates that are trusted.
fn roots(address: &Address) -> Result<RootCertStore, LiveError> {
    let mut store = RootCertStore::empty();
    let fault = |why: String| LiveError::Connection {
        place: address.to_string(),
        why,
        next: "name the file of the authority's certificate: sslrootcert=FILE",
    };
    let Some(path) = &address.roots else {
        let found = rustls_native_certs::load_native_certs();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            return Err(fault("this machine has no list of trusted authorities".to_owned()));
        }
        return Ok(store);
    };
    let told = |cause: &dyn std::error::Error| fault(format!("{}: {cause}", path.display()));
    for certificate in CertificateDer::pem_file_iter(path).map_err(|cause| told(&cause))? {
        let certificate = certificate.map_err(|cause| told(&cause))?;
        store.add(certificate).map_err(|cause| told(&cause))?;
    }
    if store.is_empty() {
        return Err(fault(format!("{} holds no certificate", path.display())));
    }
    Ok(store)
}

/// Looks at a server's certificate as far as the address asks for it.
#[derive(Debug)]
struct Verifier {
    /// Who must have signed it; `None` for anybody.
    signed_by: Option<Arc<WebPkiServerVerifier>>,
    /// It must be for the host.
    named: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer,
        intermediates: &[CertificateDer],
        server_name: &ServerName,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(inner) = &self.signed_by else { return Ok(ServerCertVerified::assertion()) };
        let seen =
            inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match seen {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.named => Ok(ServerCertVerified::assertion()),
            seen => seen,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
