//! What rustls says, in words for those who run servers.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// `first`: nothing before was TLS.
pub(crate) fn in_words(error: &Error, first: bool) -> String {
    match error {
        Error::InvalidMessage(what) => of_message(what, first),
        Error::InvalidCertificate(what) => of_certificate(what),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::NoCertificatesPresented => "the server has no certificate".into(),
        Error::PeerIncompatible(what) => format!("nothing in common with the server: {what:?}"),
        Error::DecryptError => "bytes were changed on their way".into(),
        other => other.to_string(),
    }
}

fn of_message(what: &InvalidMessage, first: bool) -> String {
    if first {
        "the server does not speak TLS; is this its plain port?".into()
    } else {
        format!("what the server sends is no TLS any more: {what:?}")
    }
}

fn of_certificate(what: &CertificateError) -> String {
    const SECONDS_A_DAY: u64 = 24 * 60 * 60;
    let certificate = "the server's certificate";
    match what {
        CertificateError::Expired => format!("{certificate} has expired"),
        CertificateError::ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / SECONDS_A_DAY;
            let ago = match days {
                0 => "today or yesterday".into(),
                1 => "a day ago".into(),
                days => format!("{days} days ago"),
            };
            format!("{certificate} has expired, {ago}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("{certificate} is not valid yet; are both clocks right?")
        }
        CertificateError::UnknownIssuer => {
            format!("{certificate} is from an issuer that \"tls_ca\" does not have")
        }
        CertificateError::BadSignature => {
            format!("{certificate} is not signed by the issuer that it names")
        }
        CertificateError::NotValidForName => format!("{certificate} is for another name"),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let expected = expected.to_str();
            let presented = if presented.is_empty() {
                "no name".into()
            } else {
                let names: Vec<_> = presented.iter().map(|name| bare(name)).collect();
                names.join(", ")
            };
            format!(
                "{certificate} is not for {expected}; it is for {presented}, and \"tls_name\" can \
                 say which to expect"
            )
        }
        CertificateError::Revoked => format!("{certificate} was revoked"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("{certificate} is not for servers")
        }
        // webpki's own errors have no type here.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            format!("{certificate} is that of an authority (CA:TRUE), which no server may use")
        }
        other => format!("{certificate} cannot be accepted: {}", of_other(other)),
    }
}

/// A name as it stands in a certificate, of which rustls says the kind too.
fn bare(name: &str) -> &str {
    let inner = |kind: &str| name.strip_prefix(kind)?.strip_suffix(')');
    let inner = inner("DnsName(").or_else(|| inner("IpAddress("));
    inner.map_or(name, |name| name.trim_matches('"'))
}

/// What rustls says of a certificate has no type here where webpki has found it.
pub(crate) fn of_other(error: &CertificateError) -> String {
    let words = error.to_string();
    if words.contains("UnsupportedCertVersion") {
        "it is of version 1; openssl makes one of version 3 with -extfile".into()
    } else {
        words
    }
}

fn of_alert(alert: AlertDescription) -> String {
    let why = match alert {
        AlertDescription::CertificateRequired => {
            "it wants a certificate, see \"tls_cert\" and \"tls_key\""
        }
        AlertDescription::UnknownCA => "it does not know the issuer of our certificate",
        AlertDescription::CertificateExpired => "our certificate has expired",
        AlertDescription::CertificateRevoked => "our certificate was revoked",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "it does not accept our certificate",
        AlertDescription::HandshakeFailure => {
            "nothing in common, or it wants a certificate (\"tls_cert\")"
        }
        AlertDescription::ProtocolVersion => "it speaks neither TLS 1.2 nor 1.3",
        AlertDescription::UnrecognisedName => "it is not the name that was asked for",
        AlertDescription::InternalError => "it has failed itself",
        other => return format!("the server refuses the connection: {other:?}"),
    };
    format!("the server refuses the connection: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{ServerName, UnixTime};
    use std::time::Duration;

    fn certificate(what: CertificateError) -> String {
        in_words(&Error::InvalidCertificate(what), false)
    }

    #[test]
    fn what_is_wrong_with_a_certificate() {
        let at = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86400));
        let expired = |days: u64| CertificateError::ExpiredContext {
            time: at(100 + days),
            not_after: at(100),
        };
        for (days, words) in [
            (0, "today or yesterday"),
            (1, "a day ago"),
            (30, "30 days ago"),
        ] {
            assert!(certificate(expired(days)).ends_with(words), "{days}");
        }
        let other_name = |presented: &[&str]| {
            certificate(CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("a.example").expect("a name"),
                presented: presented.iter().map(|&name| name.into()).collect(),
            })
        };
        assert!(other_name(&[]).contains("not for a.example; it is for no name"));
        let names = [r#"DnsName("b")"#, "IpAddress(::1)", "c"];
        assert!(other_name(&names).contains("it is for b, ::1, c, and"));
        assert!(certificate(CertificateError::UnknownIssuer).contains("\"tls_ca\""));
        assert!(certificate(CertificateError::BadEncoding).contains("cannot be accepted"));
    }

    #[test]
    fn what_is_no_tls() {
        let error = Error::InvalidMessage(InvalidMessage::InvalidContentType);
        assert!(in_words(&error, true).contains("does not speak TLS"));
        assert!(in_words(&error, false).contains("no TLS any more"));
    }

    #[test]
    fn what_a_server_complains_of() {
        for (alert, word) in [
            (AlertDescription::CertificateRequired, "\"tls_cert\""),
            (AlertDescription::UnknownCA, "issuer of our certificate"),
            (AlertDescription::BadCertificate, "does not accept"),
            (AlertDescription::InternalError, "it has failed itself"),
            (AlertDescription::DecodeError, "DecodeError"),
        ] {
            let words = in_words(&Error::AlertReceived(alert), false);
            assert!(words.starts_with("the server refuses the connection: "));
            assert!(words.contains(word), "{words}");
        }
    }
}
