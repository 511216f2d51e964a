//! The certificate for all host names of an org, and its CA.

use std::error::Error;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

/// An acceptor of TLS connections, and the CA that clients have to trust.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Tls {
    /// Generates a CA and a certificate for the usual names and `names`, in memory only.
    ///
    /// # Errors
    ///
    /// Usually a name is invalid.
    pub(crate) fn new(names: &[String]) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let ca = CertifiedIssuer::self_signed(ca_params()?, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let leaf = leaf_params(names)?.signed_by(&key, &ca)?;

        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: ca.pem() })
    }
}

fn ca_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "orgtoken fake org CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params(names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let usual = USUAL_NAMES.iter().map(|&name| name.to_owned());
    let all: Vec<_> = usual.chain(names.iter().cloned()).collect();
    let mut params = CertificateParams::new(all)?;
    params.distinguished_name.push(DnType::CommonName, "orgtoken fake org");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Names of all Salesforce hosts, for clients that use the org as their proxy.
const USUAL_NAMES: [&str; 10] = [
    "127.0.0.1",
    "::1",
    "localhost",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "*.develop.my.salesforce.com",
    "*.scratch.my.salesforce.com",
    "*.trailblaze.my.salesforce.com",
    "*.my.site.com",
];
