//! A web server of our own: speaks enough HTTP, with or without TLS, remembers what it was asked, and misbehaves on
//! request.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, crypto};

const CERTIFICATE: &[u8] = include_bytes!("testdata/cert.pem");
const KEY: &[u8] = include_bytes!("testdata/key.pem");

/// One request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    /// By name in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What the server does with a request once it has all of it. Otherwise it says 204.
#[derive(Debug, Clone)]
pub enum Answer {
    Says(String),
    /// Says this, and goes on for ever.
    SaysWithoutEnd(String),
    Nothing,
    HangsUp,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    answers: VecDeque<Answer>,
    connections: usize,
}

pub struct Peer {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
    arrived: Arc<Notify>,
}

impl Peer {
    pub async fn start() -> Self {
        Self::listen(None).await
    }

    /// With a certificate for `localhost` that [`trusted`] trusts.
    pub async fn with_tls() -> Self {
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Self::listen(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, arrived) = (Arc::new(Mutex::new(State::default())), Arc::new(Notify::new()));
        let shared = (Arc::clone(&state), Arc::clone(&arrived));
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, arrived) = shared.clone();
                let tls = tls.clone();
                state.lock().unwrap().connections += 1;
                // A client that goes away ends the conversation, that is all.
                tokio::spawn(async move {
                    match tls {
                        None => converse(stream, &state, &arrived).await,
                        Some(tls) => converse(tls.accept(stream).await?, &state, &arrived).await,
                    }
                });
            }
        });
        Self { address, state, listening, arrived }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// By name instead of by address.
    pub fn url_on(&self, scheme: &str, host: &str, path: &str) -> String {
        format!("{scheme}://{host}:{}{path}", self.address.port())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next requests are answered like this, one each.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state().answers.extend(answers);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until so many requests have come.
    pub async fn holds(&self, count: usize) {
        loop {
            let arrived = self.arrived.notified();
            if self.state().asked.len() >= count {
                return;
            }
            arrived.await;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// The one authority of these stories.
pub fn trusted() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CERTIFICATE).unwrap()).unwrap();
    roots
}

impl Answer {
    /// A status with words, and perhaps more headers, each with its line end.
    pub fn status(line: &str, headers: &str, words: &str) -> Self {
        Self::Says(format!("HTTP/1.1 {line}\r\nContent-Length: {}\r\n{headers}\r\n{words}", words.len()))
    }
}

async fn converse<S>(stream: S, state: &Mutex<State>, arrived: &Notify) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    let asked = request(&mut stream).await?;
    let answer = {
        let mut state = state.lock().unwrap();
        state.asked.push(asked);
        state.answers.pop_front()
    };
    arrived.notify_waiters();
    match answer.unwrap_or(Answer::Says("HTTP/1.1 204 No Content\r\n\r\n".to_owned())) {
        Answer::Says(text) => {
            stream.get_mut().write_all(text.as_bytes()).await?;
            stream.get_mut().flush().await?;
        }
        Answer::SaysWithoutEnd(text) => {
            stream.get_mut().write_all(text.as_bytes()).await?;
            loop {
                stream.get_mut().write_all(&[b'x'; 1024]).await?;
            }
        }
        Answer::Nothing => _ = stream.read_to_end(&mut Vec::new()).await?,
        Answer::HangsUp => return Ok(()),
    }
    stream.get_mut().shutdown().await
}

async fn request<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> std::io::Result<Asked> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length: &String| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Asked { method, path, headers, body })
}
