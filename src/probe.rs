//! Numbers that Prometheus gives: the only place that speaks HTTP. Whatever is not one number
//! within its time is an error.

use rustls::crypto::ring;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::error::Error;
use std::iter::successors;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::Certificate;
use ureq::tls::RootCerts;
use ureq::tls::TlsConfig;

/// How long an answer may take, all in all.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most that an answer may say, in bytes: one number is short.
const ANSWER_MAX: u64 = 64 * 1024;

/// What is wrong with an answer of somebody else.
const STRANGE: &str = "the answer is not one of Prometheus";

/// Asks Prometheus.
#[derive(Debug)]
pub struct Probe {
    agent: Agent,
    /// Why certificates of this machine, which say who is trusted, cannot be read.
    unread: Option<String>,
}

/// The answer to an instant query, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Sample {
    value: Point,
}

/// A time and a value, which is text so that it can be `NaN`.
type Point = (IgnoredAny, String);

impl Probe {
    /// Nobody is asked yet. Addresses are reached directly, whatever proxies the environment names:
    /// what watches a database stands beside it.
    pub fn new() -> Probe {
        let found = rustls_native_certs::load_native_certs();
        let unread = found.errors.first().map(ToString::to_string);
        let roots = found.certs.iter().map(|one| Certificate::from_der(one).to_owned());
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots.collect())))
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            // A token is for who was named, and for nobody whom that one names.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent(concat!("migrate/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Probe { agent: config.new_agent(), unread }
    }

    /// The number that a query gives now, or why there is none.
    pub fn number(&self, url: &str, query: &str, token: Option<&str>) -> Result<f64, String> {
        let mut request = self.agent.get(format!("{url}/api/v1/query")).query("query", query);
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = request.call().map_err(|error| self.why(&error))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
        let body = body.map_err(|error| why(&error))?;
        let answer: Result<Answer, _> = serde_json::from_str(&body);
        match answer {
            Ok(Answer { error: Some(error), .. }) => Err(format!("Prometheus says: {error}")),
            _ if status != 200 => Err(format!("the answer is HTTP {status}")),
            Ok(Answer { data: Some(data), .. }) => number(data),
            Ok(_) | Err(_) => Err(STRANGE.to_owned()),
        }
    }

    /// What went wrong with a request.
    fn why(&self, error: &ureq::Error) -> String {
        match &self.unread {
            Some(cause) if is_distrust(error) => {
                format!("{}; certificates of this machine cannot be read: {cause}", why(error))
            }
            _ => why(error),
        }
    }
}

impl Default for Probe {
    fn default() -> Probe {
        Probe::new()
    }
}

fn number(Data { result_type, result }: Data) -> Result<f64, String> {
    let strange = |_| STRANGE.to_owned();
    let (_, value) = match result_type.as_str() {
        "scalar" => serde_json::from_value::<Point>(result).map_err(strange)?,
        "vector" => {
            let mut samples: Vec<Sample> = serde_json::from_value(result).map_err(strange)?;
            let count = samples.len();
            match samples.pop() {
                None => return Err("the query finds nothing".to_owned()),
                Some(sample) if count == 1 => sample.value,
                Some(_) => {
                    return Err(format!(
                        "the query gives {count} numbers: have it give their max()"
                    ));
                }
            }
        }
        other => return Err(format!("the query gives a {other}, and no number")),
    };
    value.parse().map_err(|_| format!("`{value}` is no number"))
}

/// Whether nobody who is trusted vouches for who was asked.
fn is_distrust(error: &ureq::Error) -> bool {
    let inner = match error {
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        ureq::Error::Rustls(error) => Some(error),
        _ => None,
    };
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// What went wrong, with its causes. An address, which may hold a password, is in none of them.
fn why(error: &ureq::Error) -> String {
    let first: &(dyn Error + 'static) = error;
    let mut said: Vec<String> = Vec::new();
    for cause in successors(Some(first), |cause: &&(dyn Error + 'static)| (*cause).source()) {
        let text = cause.to_string();
        if !said.iter().any(|earlier| earlier.ends_with(&text)) {
            said.push(text);
        }
    }
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        _ => said.join(": "),
    }
}
