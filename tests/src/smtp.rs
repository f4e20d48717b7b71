//! A mail client that speaks SMTP or LMTP to the desk's listener.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

pub struct Client {
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

/// The server's last line: code and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

impl Client {
    pub async fn connect(address: SocketAddr, greeting: &str) -> std::io::Result<Self> {
        let (read, write) = TcpStream::connect(address).await?.into_split();
        let mut client = Self { read: BufReader::new(read), write };
        client.reply().await?;
        client.say(&format!("{greeting} client.example")).await?;
        Ok(client)
    }

    pub async fn say(&mut self, line: &str) -> std::io::Result<Reply> {
        self.write.write_all(format!("{line}\r\n").as_bytes()).await?;
        self.reply().await
    }

    pub async fn reply(&mut self) -> std::io::Result<Reply> {
        loop {
            let mut line = String::new();
            if self.read.read_line(&mut line).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line.get(..3).and_then(|code| code.parse().ok()).unwrap_or_default();
                return Ok(Reply { code, text: line.get(4..).unwrap_or_default().trim_end().to_owned() });
            }
        }
    }

    /// Sends one message; the answer to its final dot, or the first refusal before.
    pub async fn send(&mut self, from: &str, to: &[&str], message: &str) -> std::io::Result<Reply> {
        let mut reply = self.say(&format!("MAIL FROM:<{from}>")).await?;
        for recipient in to {
            if reply.code >= 400 {
                return Ok(reply);
            }
            reply = self.say(&format!("RCPT TO:<{recipient}>")).await?;
        }
        if reply.code >= 400 {
            return Ok(reply);
        }
        self.say("DATA").await?;
        let body: String = message
            .lines()
            .map(|line| if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") })
            .collect();
        self.write.write_all(body.as_bytes()).await?;
        self.say(".").await
    }
}
