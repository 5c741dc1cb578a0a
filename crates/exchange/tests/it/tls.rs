//! Agencies behind TLS: one that is vouched for is asked, any other learns nothing at all.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use exchange::{AgencySettings, Outcome};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::town::Town;

/// Somebody who vouches for others, and the file that says so.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authority.pem");
        std::fs::write(&path, &self.pem).unwrap();
        path
    }
}

fn certificate(host: &str) -> CertificateParams {
    CertificateParams::new(vec![host.to_owned()]).unwrap()
}

/// The end of TLS in front of a played agency. Counts the connections on which a client went on after it had seen the
/// certificate, and the bytes it sent on them.
struct Gate {
    port: u16,
    leads_to: Arc<OnceLock<std::net::SocketAddr>>,
    opened: Arc<AtomicUsize>,
    seen: Arc<AtomicUsize>,
}

impl Gate {
    async fn start(by: &Authority, certificate: CertificateParams) -> Gate {
        let key = KeyPair::generate().unwrap();
        let signed = certificate.signed_by(&key, &by.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![signed.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Gate { port, leads_to: Arc::default(), opened: Arc::default(), seen: Arc::default() };
        let (leads_to, opened, seen) = (gate.leads_to.clone(), gate.opened.clone(), gate.seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, leads_to) = (acceptor.clone(), leads_to.clone());
                let (opened, seen) = (opened.clone(), seen.clone());
                tokio::spawn(async move {
                    let Ok(mut secure) = acceptor.accept(stream).await else { return };
                    opened.fetch_add(1, Ordering::SeqCst);
                    let mut agency = tokio::net::TcpStream::connect(leads_to.get().unwrap()).await.unwrap();
                    if let Ok((sent, _)) = tokio::io::copy_bidirectional(&mut secure, &mut agency).await {
                        seen.fetch_add(sent as usize, Ordering::SeqCst);
                    }
                });
            }
        });
        gate
    }

    fn base(&self) -> String {
        format!("https://localhost:{}/tax", self.port)
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

/// A town whose tax office stands behind the gate.
async fn town(gate: &Gate, change: impl FnOnce(&mut AgencySettings)) -> Town {
    let town = Town::with(|tax| {
        tax.base = gate.base();
        tax.token_url = format!("{}/token", gate.base());
        change(tax);
    })
    .await;
    gate.leads_to.set(town.running.address).unwrap();
    town
}

#[tokio::test]
async fn an_agency_is_asked_when_somebody_in_its_file_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("ours");
    let gate = Gate::start(&authority, certificate("localhost")).await;
    let town = town(&gate, |tax| tax.ca_file = Some(authority.file(folder.path()))).await;
    assert_eq!(town.ask_fresh().await.word(), "answered");
    assert!(gate.opened() > 0, "the answer came through the gate");
}

#[tokio::test]
async fn an_old_and_a_new_authority_may_stand_in_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let both = folder.path().join("both.pem");
    std::fs::write(&both, format!("{}\n{}", old.pem, new.pem)).unwrap();
    for by in [&old, &new] {
        let gate = Gate::start(by, certificate("localhost")).await;
        let town = town(&gate, |tax| tax.ca_file = Some(both.clone())).await;
        assert_eq!(town.ask_fresh().await.word(), "answered");
    }
}

#[tokio::test]
async fn an_agency_nobody_trusted_vouches_for_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let file = ours.file(folder.path());
    let mut expired = certificate("localhost");
    (expired.not_before, expired.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    let mut early = certificate("localhost");
    (early.not_before, early.not_after) = (date_time_ymd(3000, 1, 1), date_time_ymd(3001, 1, 1));
    let trust = "name whom to trust in ca_file";
    let namesake = Authority::new("ours");
    for (by, certificate, file, words) in [
        (&other, certificate("localhost"), Some(&file), trust),
        (&namesake, certificate("localhost"), Some(&file), trust),
        (&ours, certificate("localhost"), None, trust),
        (&ours, expired, Some(&file), "it has expired"),
        (&ours, early, Some(&file), "it is not valid yet"),
        (&ours, certificate("tax.example"), Some(&file), "it is for another host"),
    ] {
        let gate = Gate::start(by, certificate).await;
        let town = town(&gate, |tax| tax.ca_file = file.cloned()).await;
        let outcome = town.ask_fresh().await;
        let Outcome::Unavailable { words: said, .. } = &outcome else { panic!("{words}: {outcome:?}") };
        assert!(said.contains("the certificate is refused, nothing was sent") && said.contains(words), "{said}");
        assert!(!said.contains("localhost") && !said.contains("tax.example"), "{said}");
        assert_eq!((gate.opened(), town.stats().tokens, town.stats().posts), (0, 0, 0), "{words}");
        let trouble = town.exchange.health().into_iter().find(|h| h.agency == "tax").unwrap().last_trouble;
        assert!(trouble.unwrap().1.contains(words), "an operator sees the reason");
    }
}

#[tokio::test]
async fn a_token_had_from_a_trusted_place_goes_to_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    let (login, questions) =
        (Gate::start(&ours, certificate("localhost")).await, Gate::start(&other, certificate("localhost")).await);
    let base = questions.base();
    let file = ours.file(folder.path());
    let town = town(&login, |tax| {
        tax.base = base;
        tax.ca_file = Some(file);
    })
    .await;
    let outcome = town.ask_fresh().await;
    assert!(
        matches!(&outcome, Outcome::Unavailable { words, .. } if words.contains("nothing was sent")),
        "{outcome:?}"
    );
    assert_eq!((town.stats().tokens, questions.opened(), town.stats().posts), (1, 0, 0));
}

#[tokio::test]
async fn an_address_of_https_is_never_answered_in_clear() {
    // The played agency itself, without a gate: it speaks plain HTTP.
    let town = Town::with(|tax| {
        tax.base = tax.base.replace("http://", "https://");
        tax.token_url = tax.token_url.replace("http://", "https://");
    })
    .await;
    assert!(matches!(town.ask_fresh().await, Outcome::Unavailable { .. }));
    assert_eq!((town.stats().tokens, town.stats().posts), (0, 0));
}
