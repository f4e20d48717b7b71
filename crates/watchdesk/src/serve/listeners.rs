//! The doors of a node: HTTP, SMTP, LMTP.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tracing::{error, info};
use watchdesk_intake::Intake;
use watchdesk_intake::listener::{Limits, Listener, ListenerConfig, Protocol};
use watchdesk_web::App;

use crate::config::{Config, ConfigError};
use crate::exit::{Failure, UNAVAILABLE};

pub async fn web(app: App, http: TcpListener, stopped: watch::Receiver<bool>) {
    let mut stopped = stopped;
    let stop = async move {
        // A sender that is gone means the end, too.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    if let Err(failure) = watchdesk_web::serve(http, watchdesk_web::router(app), stop).await {
        error!(%failure, "the web server ended");
    }
}

pub async fn intake(
    config: &Config,
    intake: &Intake,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) -> anyhow::Result<()> {
    let smtp = &config.intake.smtp;
    let doors = [
        ("intake.smtp.listen", &smtp.listen, Protocol::Smtp),
        ("intake.lmtp.listen", &config.intake.lmtp.listen, Protocol::Lmtp),
    ];
    for (key, address, protocol) in doors.into_iter().filter(|(_, address, _)| !address.is_empty()) {
        let has_tls = !smtp.tls_certificate.as_os_str().is_empty();
        let tls = if has_tls { Some(tls(&smtp.tls_certificate, &smtp.tls_key)?) } else { None };
        let (address_to_bind, hostname) = (address.parse()?, config.mail_domain());
        let door = ListenerConfig { address: address_to_bind, hostname, protocol, tls, limits: Limits::default() };
        let listener = Listener::bind(door).await.map_err(|error| {
            Failure::new(
                UNAVAILABLE,
                format!("{key}: {address} cannot be used: {error}. Stop what uses it, or choose another port"),
            )
        })?;
        info!(address = %listener.local_addr().context("the listening address is not known")?, ?protocol, "taking mail");
        tasks.spawn(listener.run(Arc::new(intake.reception(protocol)), stopped.clone()));
    }
    let (intake, stopped) = (intake.clone(), stopped.clone());
    tasks.spawn(async move { intake.run(stopped).await });
    Ok(())
}

fn tls(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, ConfigError> {
    let wrong = |name: &str, path: &Path, why: String| ConfigError::Wrong(format!("{name}: {}: {why}", path.display()));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong("intake.smtp.tls_certificate", certificate, error.to_string()))?;
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| wrong("intake.smtp.tls_key", key, error.to_string()))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, secret);
    config.map(Arc::new).map_err(|error| wrong("intake.smtp.tls_certificate", certificate, error.to_string()))
}
