//! One HTTP call to a configured address: limited in time and size, never redirected, never through a proxy of the
//! environment.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use kernel::Instant;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode};
use rustls::CertificateError;

use crate::signature::SIGNATURE_HEADER;
use crate::wire::instant;

/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// The answer is larger than allowed.
    TooLarge,
    /// Anything else, in words that hold no address and no body.
    Failed(String),
}

/// A client. `plain` lets http pass, which settings allow on loopback alone; only who is in `vouching` may vouch for the
/// other side, when there is such a list.
pub(crate) fn client(plain: bool, vouching: Option<Vec<Certificate>>) -> Result<Client, reqwest::Error> {
    // Another part of the program may have installed the same provider before; that is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = match vouching {
        Some(only) => Client::builder().tls_certs_only(only),
        None => Client::builder(),
    };
    builder
        // A redirect could lead our token or a person's number elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .https_only(!plain)
        .connect_timeout(CONNECT)
        // What is repeated is decided here, with the same key, and not below.
        .retry(reqwest::retry::never())
        .build()
}

/// Sends and reads the whole answer. The caller limits the time.
pub(crate) async fn send(request: RequestBuilder, largest: usize) -> Result<Reply, NoReply> {
    let failed = |e: reqwest::Error| NoReply::Failed(plain_error(&e));
    let mut answer = request.send().await.map_err(failed)?;
    if answer.content_length().is_some_and(|n| n > largest as u64) {
        return Err(NoReply::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > largest {
            return Err(NoReply::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status: answer.status(), headers: answer.headers().clone(), body })
}

/// The error without its address.
pub(crate) fn plain_error(error: &reqwest::Error) -> String {
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else if error.is_body() || error.is_decode() {
        "the answer broke off"
    } else {
        "the call failed"
    };
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    match cause {
        None => what.to_owned(),
        Some(cause) => format!("{what}: {}", certificate(cause).unwrap_or_else(|| cause.to_string())),
    }
}

/// What is wrong with the certificate of the other side, if that is what it is: nothing was sent then.
fn certificate(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = cause;
    while let Some(inner) = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        cause = inner;
    }
    let Some(rustls::Error::InvalidCertificate(why)) = cause.downcast_ref() else { return None };
    let what = match why {
        // A bad signature: somebody of the same name as one we trust.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "nobody we trust vouches for it; name whom to trust in ca_file".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host".to_owned()
        }
        other => other.to_string(),
    };
    Some(format!("the certificate is refused, nothing was sent: {what}"))
}

impl Reply {
    /// Whether it says that it is JSON.
    pub(crate) fn is_json(&self) -> bool {
        let said = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        said.split(';').next().is_some_and(|t| t.trim().eq_ignore_ascii_case("application/json"))
    }

    /// The signature, if there is one.
    pub(crate) fn signature(&self) -> Option<&str> {
        self.headers.get(SIGNATURE_HEADER).and_then(|v| v.to_str().ok())
    }

    /// When the agency wants to be asked again, in either form of RFC 9110 section 10.2.3.
    pub(crate) fn retry_after(&self, now: Instant) -> Option<Instant> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        match text.parse::<u32>() {
            Ok(seconds) => Some(now.plus_seconds(i64::from(seconds))),
            Err(_) => DateTimeParser::new().parse_timestamp(text).ok().map(instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read_and_nonsense_is_nothing() {
        let now = Instant::from_micros(784_111_777_000_000);
        let cases = [
            ("120", Some(now.plus_seconds(120))),
            (" 0 ", Some(now)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(now.plus_seconds(60))),
            ("-5", None),
            ("soon", None),
            ("99999999999999", None),
        ];
        for (text, expected) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            let reply = Reply { status: StatusCode::TOO_MANY_REQUESTS, headers, body: Vec::new() };
            assert_eq!(reply.retry_after(now), expected, "{text}");
        }
    }
}
