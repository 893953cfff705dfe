//! A version of a service as arguments name it.

use super::error::Error;

/// A version of a service.
#[derive(clap::Args)]
pub(super) struct Named {
    /// The service and its version, as in `application_name`
    #[arg(value_name = "SERVICE@VERSION")]
    at: Option<String>,
    /// The service
    #[arg(long, value_name = "SERVICE", conflicts_with = "at")]
    service: Option<String>,
    /// The version
    #[arg(long, value_name = "VERSION", conflicts_with = "at")]
    version: Option<String>,
}

impl Named {
    /// The service and the version.
    pub(super) fn pair(&self) -> Result<(String, String), Error> {
        let at = self.at.as_deref().and_then(|at| at.split_once('@'));
        if let Some((service, version)) = at {
            return Ok((service.to_owned(), version.to_owned()));
        }
        match (&self.service, &self.version) {
            (Some(service), Some(version)) => Ok((service.clone(), version.clone())),
            _ => Err(Error::Usage(
                "say which version of which service: SERVICE@VERSION, or --service and --version"
                    .to_owned(),
            )),
        }
    }
}
