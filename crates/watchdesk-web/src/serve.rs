//! Listening, until told to stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower::ServiceExt;

/// A client that has not sent its headers by then is not waited for.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
const HEADERS_MAX: usize = 100;
/// What a connection may buffer; headers must fit.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Answers under way get so long to finish.
const FAREWELL: Duration = Duration::from_secs(20);
/// After a failed accept, such as for want of file handles.
const BREATH: Duration = Duration::from_millis(100);

/// Answers on `listener` until `shutdown` is done; then takes no more connections, and lets answers under way finish.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
    let connections = GracefulShutdown::new();
    let (open, closing) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let closing = Closing(closing.clone());
                    tokio::spawn(connection(stream, peer, closing, router.clone(), connections.watcher()));
                }
                Err(error) => pause_after(&error).await,
            },
        }
    }
    drop(listener);
    // Streams that never end by themselves end now.
    drop(open);
    let finished = tokio::time::timeout(FAREWELL, connections.shutdown()).await;
    if finished.is_err() {
        tracing::warn!("some answers were cut off at shutdown");
    }
    Ok(())
}

/// A connection that went away before it was accepted is nobody's fault; anything else may need a moment.
#[expect(clippy::disallowed_methods, reason = "accepting again at once would spin; nothing wakes us when it can go on")]
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(BREATH).await;
    }
}

/// Told to every request: whether the desk is closing.
#[derive(Debug, Clone)]
pub(crate) struct Closing(watch::Receiver<()>);

impl Closing {
    /// Returns when the desk closes.
    pub async fn wait(&mut self) {
        // Nothing is ever sent: the end of the sender is the news.
        while self.0.changed().await.is_ok() {}
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, closing: Closing, router: Router, watcher: Watcher) {
    // Small answers should not wait for more to send; a socket that refuses this works all the same.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(closing.clone());
        let router = router.clone();
        async move {
            Ok::<_, Infallible>(
                router.oneshot(request.map(axum::body::Body::new)).await.unwrap_or_else(|never| match never {}),
            )
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(HEADERS_MAX)
        .max_buf_size(BUFFER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
