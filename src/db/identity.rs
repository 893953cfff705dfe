//! The certificate by which a client makes itself known to a server that asks for one, found as
//! libpq finds it.

use super::Environment;
use super::environment::home;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use std::io::ErrorKind;
use std::path::Path;
use std::path::PathBuf;

/// A certificate, those that vouch for it, and its key.
pub(super) struct Identity {
    pub(super) certificates: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// What `sslcert` and `sslkey` name, or else what the user's own folder holds, if anything.
    pub(super) fn of<'a>(
        word: impl Fn(&str) -> Option<&'a str>,
        environment: &dyn Environment,
    ) -> Result<Option<Identity>, String> {
        let own = |name: &str| Some(home(environment)?.join(".postgresql").join(name));
        let told = word("sslcert").map(PathBuf::from);
        let is_told = told.is_some();
        let Some(path) = told.or_else(|| own("postgresql.crt")) else { return Ok(None) };
        let text = match environment.file(&path) {
            Ok(kept) => kept.text,
            Err(cause) if cause.kind() == ErrorKind::NotFound && !is_told => return Ok(None),
            Err(cause) => return Err(format!("`sslcert`: {}: {cause}", path.display())),
        };
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let certificates =
            certificates.map_err(|cause| format!("`sslcert`: {}: {cause}", path.display()))?;
        if certificates.is_empty() {
            return Err(format!("`sslcert`: {} holds no certificate", path.display()));
        }
        let key = word("sslkey").map(PathBuf::from).or_else(|| own("postgresql.key"));
        let key = key.ok_or("`sslcert` goes with a `sslkey`")?;
        Ok(Some(Identity { certificates, key: read(&key, environment)? }))
    }
}

/// The key in a file that nobody else may read.
fn read(path: &Path, environment: &dyn Environment) -> Result<PrivateKeyDer<'static>, String> {
    let told = |why: String| format!("`sslkey`: {}: {why}", path.display());
    let kept = environment.file(path).map_err(|cause| told(cause.to_string()))?;
    if kept.open {
        return Err(told("others than its owner may use it; see to that with chmod 0600".into()));
    }
    if kept.text.contains("ENCRYPTED") {
        let next = "write it without one: openssl pkey -in KEY -out NEW";
        return Err(told(format!("it has a passphrase, which nobody could type here; {next}")));
    }
    PrivateKeyDer::from_pem_slice(kept.text.as_bytes()).map_err(|cause| told(cause.to_string()))
}
