//! Mail on its way out: one server, a pool of connections, and what its answers mean for a mail.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use watchdesk_templates::text::one_line_within;

use crate::NotifierError;
use crate::mail::letter::Sendable;
use crate::options::SmtpOptions;

type Pool = AsyncSmtpTransport<Tokio1Executor>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Of what the server said we keep so much.
const ANSWER_CHARACTERS_MAX: usize = 400;
/// They speak of us and not of a mail: authentication wanted, too weak, failed, encryption needed.
const CODES_ABOUT_US: [u16; 4] = [530, 534, 535, 538];
/// The server goes away; it cannot authenticate just now.
const CODES_OF_CLOSING: [u16; 2] = [421, 454];

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The server took it over; its own words.
    Accepted(String),
    /// The server took it for the first recipient, and refused it for others.
    AcceptedInPart { answer: String, refused: String },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// 5xx: this mail will never be taken.
    Refused(String),
    /// 4xx: not now.
    PutOff(String),
    /// No server, no agreement with it, or the connection broke; where it broke after the mail was handed over, the
    /// server may have it.
    Unreachable(String),
}

/// Sends through one server. To be made inside a tokio runtime.
#[derive(Debug)]
pub(crate) struct Transport {
    url: String,
    connections_max: usize,
    pool: Mutex<Arc<Pool>>,
    send_timeout: Duration,
}

impl Transport {
    pub fn new(options: &SmtpOptions, connections_max: usize) -> Result<Self, NotifierError> {
        let pool = Mutex::new(Arc::new(pool(&options.url, connections_max)?));
        let send_timeout = options.send_timeout;
        Ok(Self { url: options.url.clone(), connections_max, pool, send_timeout })
    }

    /// Hands one mail over. Where the server refuses it with all its recipients at once, each gets his own chance, so
    /// that a wrong address in Cc does not keep the answer from the customer.
    pub async fn send(&self, mail: Sendable) -> Result<Sent, Failure> {
        let bytes = Arc::new(mail.bytes);
        let refusal = match self.hand_over(mail.envelope.clone(), Arc::clone(&bytes)).await {
            Ok(answer) => return Ok(Sent::Accepted(answer)),
            Err(Failure::Refused(why)) => why,
            Err(other) => return Err(other),
        };
        let mut alone = mail
            .envelope
            .to()
            .iter()
            .filter_map(|to| Envelope::new(mail.envelope.from().cloned(), vec![to.clone()]).ok());
        let (Some(first), true) = (alone.next(), mail.envelope.to().len() > 1) else {
            return Err(Failure::Refused(refusal));
        };
        let answer = self.hand_over(first, Arc::clone(&bytes)).await?;
        let mut refused = Vec::new();
        for envelope in alone {
            if let Err(Failure::Refused(why) | Failure::PutOff(why) | Failure::Unreachable(why)) =
                self.hand_over(envelope, Arc::clone(&bytes)).await
            {
                refused.push(why);
            }
        }
        match refused.first() {
            None => Ok(Sent::Accepted(answer)),
            Some(_) => Ok(Sent::AcceptedInPart { answer, refused: refused.join("; ") }),
        }
    }

    async fn hand_over(&self, envelope: Envelope, bytes: Arc<Vec<u8>>) -> Result<String, Failure> {
        let pool = self.pool();
        let sending = Arc::clone(&pool);
        let mut task = tokio::spawn(async move { sending.send_raw(&envelope, &bytes).await });
        match tokio::time::timeout(self.send_timeout, &mut task).await {
            Ok(Ok(Ok(response))) => Ok(words(&response)),
            Ok(Ok(Err(error))) => Err(self.failure(&pool, &error).await),
            Ok(Err(_)) => Err(Failure::Unreachable("sending broke off".to_owned())),
            Err(_) => {
                // A connection that is dropped in the middle of a mail must not go back to the pool: its late answer
                // would be taken for the answer to the next mail. So the pool goes, and the task only after it.
                self.renew(&pool);
                pool.shutdown().await;
                task.abort();
                Err(Failure::Unreachable("no answer in time; the server may have taken the mail".to_owned()))
            }
        }
    }

    async fn failure(&self, pool: &Arc<Pool>, error: &Error) -> Failure {
        let said = without_addresses(&error.to_string());
        let code = error.status().map(u16::from);
        if code.is_some_and(|code| CODES_OF_CLOSING.contains(&code) || CODES_ABOUT_US.contains(&code)) {
            return Failure::Unreachable(said);
        }
        if error.is_transient() {
            return Failure::PutOff(said);
        }
        // A server that lets nobody in refuses no mail in particular.
        if (error.is_permanent() || error.is_client()) && self.lets_us_in(pool).await {
            return Failure::Refused(said);
        }
        Failure::Unreachable(said)
    }

    async fn lets_us_in(&self, pool: &Arc<Pool>) -> bool {
        let asking = Arc::clone(pool);
        let task = tokio::spawn(async move { asking.test_connection().await });
        matches!(tokio::time::timeout(CONNECT_TIMEOUT, task).await, Ok(Ok(Ok(true))))
    }

    fn pool(&self) -> Arc<Pool> {
        Arc::clone(&self.pool.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn renew(&self, broken: &Arc<Pool>) {
        let mut current = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, broken)
            && let Ok(fresh) = pool(&self.url, self.connections_max)
        {
            *current = Arc::new(fresh);
        }
    }

    /// Says goodbye on all connections.
    pub async fn close(&self) {
        let pool = self.pool();
        if tokio::time::timeout(CONNECT_TIMEOUT, pool.shutdown()).await.is_err() {
            tracing::debug!("the mail server did not say goodbye in time");
        }
    }
}

fn pool(url: &str, connections_max: usize) -> Result<Pool, NotifierError> {
    let size = u32::try_from(connections_max.max(1)).unwrap_or(u32::MAX);
    let builder = Pool::from_url(url).map_err(|_| NotifierError::SmtpUrl)?;
    let config = PoolConfig::new().max_size(size).idle_timeout(IDLE_TIMEOUT);
    Ok(builder.timeout(Some(CONNECT_TIMEOUT)).pool_config(config).build())
}

fn words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    without_addresses(&format!("{} {}", response.code(), lines.join(" ")))
}

/// Servers repeat addresses in their answers; records and logs do without.
pub(crate) fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace().map(|word| if word.contains('@') { "(address)" } else { word });
    one_line_within(&words.collect::<Vec<_>>().join(" "), ANSWER_CHARACTERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_is_kept_without_addresses() {
        let said = "550 5.1.1 <zhang@example.cn>: Recipient address rejected:\r\n user zhang@example.cn unknown";
        assert_eq!(without_addresses(said), "550 5.1.1 (address) Recipient address rejected: user (address) unknown");
    }
}
