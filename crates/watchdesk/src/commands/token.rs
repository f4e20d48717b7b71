//! `watchdesk token`: bearer tokens for programs.

use std::process::ExitCode;

use watchdesk_store::auth;

use crate::cli::Token;
use crate::commands::agent_by_email;
use crate::config::Config;
use crate::desk;
use crate::exit::{DATA, Failure, USAGE};

const SCOPES: [&str; 2] = ["read", "write"];

pub async fn run(config: &Config, command: Token) -> anyhow::Result<ExitCode> {
    let store = desk::open(config).await?;
    match command {
        Token::Create { user, name, scopes } => {
            if let Some(unknown) = scopes.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
                return Err(
                    Failure::new(USAGE, format!("there is no scope \"{unknown}\": use read, or read,write")).into()
                );
            }
            let agent = agent_by_email(&store, &user).await?;
            println!("{}", auth::create_token(&store, agent.id, &name, &scopes).await?.token);
        }
        Token::List { user, json } => {
            let agent = agent_by_email(&store, &user).await?;
            let tokens = auth::tokens_of(&store, agent.id).await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&tokens.iter().map(as_json).collect::<Vec<_>>())?);
            } else {
                for token in tokens {
                    let state = if token.revoked_at.is_some() { "revoked" } else { "in use" };
                    println!("{}  {:7}  {:10}  {}", token.id, state, token.scopes.join(","), token.name);
                }
            }
        }
        Token::Revoke { user, id } => {
            let agent = agent_by_email(&store, &user).await?;
            let wrong = || Failure::new(DATA, format!("{user} has no token {id}; `watchdesk token list` shows them"));
            let id = id.parse().map_err(|_| wrong())?;
            if !auth::revoke_token(&store, agent.id, id).await? {
                return Err(wrong().into());
            }
            println!("The token is revoked.");
        }
    }
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

fn as_json(token: &auth::TokenMeta) -> serde_json::Value {
    serde_json::json!({
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    })
}
