//! TLS as the address asks for it: in pure Rust, by rustls with ring.

use super::Address;
use super::DbError;
use super::Environment;
use super::Fault;
use super::environment::home;
use super::error::GIVE_AUTHORITY;
use super::identity::Identity;
use rustls::CertificateError;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_postgres::config::ChannelBinding;
use tokio_postgres::config::SslMode;
use tokio_postgres::config::SslNegotiation;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What is asked of a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// Nothing.
    Any,
    /// Somebody trusted has signed it.
    Signed,
    /// It is for this host as well.
    Named,
}

/// What an address says of encryption.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) mode: SslMode,
    pub(super) negotiation: SslNegotiation,
    pub(super) binding: ChannelBinding,
    trust: Trust,
    /// The certificates that are trusted; `None` for those of this machine.
    roots: Option<PathBuf>,
    /// Who the client is, for a server that asks.
    identity: Option<Arc<Identity>>,
    /// What should be said of how that was found.
    pub(super) warning: Option<String>,
}

impl Tls {
    /// Reads the words about it; files of the user are looked for where there are surroundings.
    pub(super) fn of<'a>(
        word: impl Fn(&str) -> Option<&'a str> + Copy,
        environment: Option<&dyn Environment>,
    ) -> Result<Tls, String> {
        let (mode, trust) = mode(word("sslmode"))?;
        let environment = environment.filter(|_| mode != SslMode::Disable);
        let identity = environment.map(|environment| Identity::of(word, environment));
        let mut warning = None;
        let identity = match identity.transpose() {
            // Nobody asked for it, and it goes without encryption too.
            Err(why) if mode == SslMode::Prefer && word("sslcert").is_none() => {
                warning = Some(format!("the client's own certificate is not used: {why}"));
                None
            }
            found => found?.flatten().map(Arc::new),
        };
        let roots = word("sslrootcert");
        let system = roots == Some("system");
        // Who does not insist on encryption would go on without it.
        let own = environment.filter(|_| roots.is_none() && mode == SslMode::Require).and_then(own);
        let roots = roots.filter(|_| !system).map(PathBuf::from).or(own);
        // As libpq has it: who names certificates wants them to be looked at.
        let trust = if roots.is_some() { trust.max(Trust::Signed) } else { trust };
        let trust = if system { Trust::Named } else { trust };
        let negotiation = match word("sslnegotiation") {
            None | Some("postgres") => SslNegotiation::Postgres,
            Some("direct") => SslNegotiation::Direct,
            Some(_) => return Err("`sslnegotiation` is neither postgres nor direct".to_owned()),
        };
        let binding = match word("channel_binding") {
            None | Some("prefer") => ChannelBinding::Prefer,
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            Some(_) => {
                return Err("`channel_binding` is none of disable, prefer and require".to_owned());
            }
        };
        Ok(Tls { mode, negotiation, binding, trust, roots, identity, warning })
    }
}

/// The user's own list of trusted authorities, if there is one.
fn own(environment: &dyn Environment) -> Option<PathBuf> {
    let path = home(environment)?.join(".postgresql/root.crt");
    let found = environment.file(&path);
    let missing = found.is_err_and(|cause| cause.kind() == ErrorKind::NotFound);
    (!missing).then_some(path)
}

fn mode(told: Option<&str>) -> Result<(SslMode, Trust), String> {
    Ok(match told {
        Some("disable") => (SslMode::Disable, Trust::Any),
        None | Some("allow" | "prefer") => (SslMode::Prefer, Trust::Any),
        Some("require") => (SslMode::Require, Trust::Any),
        Some("verify-ca") => (SslMode::Require, Trust::Signed),
        Some("verify-full") => (SslMode::Require, Trust::Named),
        Some(_) => {
            let known = "disable, allow, prefer, require, verify-ca and verify-full";
            return Err(format!("there is no such sslmode: they are {known}"));
        }
    })
}

/// Makes the connector for an address.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, DbError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let named = address.tls.trust == Trust::Named;
    let encrypted = address.tls.mode != SslMode::Disable;
    let encrypted = encrypted && address.hosts.iter().any(|host| !host.is_socket());
    let signed_by = if address.tls.trust == Trust::Any || !encrypted {
        None
    } else {
        let roots = trusted(address)?;
        let mut store = RootCertStore::empty();
        if address.tls.roots.is_some() {
            let added = roots.iter().try_for_each(|root| store.add(root.clone()));
            added.map_err(|cause| fault(address, &cause.to_string()))?;
        } else {
            // Of the machine's list, some may be of a kind that is not known here.
            store.add_parsable_certificates(roots.clone());
        }
        let store = Arc::new(store);
        let made = WebPkiServerVerifier::builder_with_provider(store, provider.clone()).build();
        let inner = made.map_err(|cause| fault(address, &cause.to_string()))?;
        Some(Authorities { inner, roots })
    };
    let verifier = Verifier { signed_by, named, provider: provider.clone() };
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|cause| fault(address, &cause.to_string()))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &address.tls.identity {
        Some(identity) => config
            .with_client_auth_cert(identity.certificates.clone(), identity.key.clone_key())
            .map_err(|cause| unknown(address, &cause.to_string()))?,
        None => config.with_no_client_auth(),
    };
    if address.tls.negotiation == SslNegotiation::Direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

fn fault(address: &Address, why: &str) -> DbError {
    refused(address, why, GIVE_AUTHORITY)
}

/// The client's own certificate is at fault.
fn unknown(address: &Address, why: &str) -> DbError {
    refused(address, why, "name a certificate and its key: sslcert=FILE sslkey=FILE")
}

fn refused(address: &Address, why: &str, next: &'static str) -> DbError {
    DbError::Connection {
        place: address.to_string(),
        why: why.to_owned(),
        next,
        fault: Fault::Refused,
        said: None,
    }
}

/// The certificates that are trusted.
fn trusted(address: &Address) -> Result<Vec<CertificateDer<'static>>, DbError> {
    let Some(path) = &address.tls.roots else {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            let why = found.errors.first().map(|why| format!(": {why}")).unwrap_or_default();
            let why = format!("this machine has no list of trusted authorities{why}");
            return Err(fault(address, &why));
        }
        return Ok(found.certs);
    };
    let told =
        |cause: &dyn std::error::Error| fault(address, &format!("{}: {cause}", path.display()));
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|cause| told(&cause))? {
        found.push(certificate.map_err(|cause| told(&cause))?);
    }
    if found.is_empty() {
        return Err(fault(address, &format!("{} holds no certificate", path.display())));
    }
    Ok(found)
}

/// Who is trusted to sign.
#[derive(Debug)]
struct Authorities {
    inner: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Whether a certificate that was refused is one of those that are trusted themselves, as
    /// libpq takes one that its server signed for itself. Its time is looked at before all else.
    fn is_one(&self, certificate: &CertificateDer, why: &CertificateError) -> bool {
        use CertificateError as Why;
        let of_time = matches!(
            why,
            Why::Expired
                | Why::ExpiredContext { .. }
                | Why::NotValidYet
                | Why::NotValidYetContext { .. }
                | Why::Revoked
        );
        !of_time && self.roots.contains(certificate)
    }
}

/// Looks at a server's certificate as far as the address asks for it.
#[derive(Debug)]
struct Verifier {
    /// Who must have signed it; `None` for anybody.
    signed_by: Option<Authorities>,
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
        let Some(signed_by) = &self.signed_by else { return Ok(ServerCertVerified::assertion()) };
        let inner = &signed_by.inner;
        let seen =
            inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match seen {
            Err(rustls::Error::InvalidCertificate(why)) if signed_by.is_one(end_entity, &why) => {
                if self.named {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
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
