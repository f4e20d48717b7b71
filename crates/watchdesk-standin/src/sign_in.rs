//! The token endpoint, with its numbers as strings and its own way of saying no.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use url::form_urlencoded;

use crate::answer::Answer;
use crate::world::{Call, Token, World};

/// Tokens nobody can use any more are forgotten when there are so many.
const TOKENS_MAX: usize = 20_000;

/// `POST /{tenant}/oauth2/token`.
pub(crate) fn answer(world: &mut World, call: &Call, tenant: &str, now: DateTime<Utc>) -> Answer {
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(call.body.as_bytes());
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    if call.method != "POST" {
        return refusal(400, "invalid_request", 900_561, "The endpoint only accepts POST requests.", now);
    }
    if field("grant_type") != "client_credentials" {
        return refusal(400, "unsupported_grant_type", 70_003, "The app requested an unsupported grant type.", now);
    }
    if !world.knows_tenant(tenant) {
        let words = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return refusal(400, "invalid_request", 90_002, &words, now);
    }
    if field("client_id") != world.options.client_id {
        let words = "Application was not found in the directory. You may have sent your authentication request to the wrong tenant.";
        return refusal(400, "unauthorized_client", 700_016, words, now);
    }
    if field("client_secret") != world.options.client_secret {
        return refusal(401, "invalid_client", 7_000_215, "Invalid client secret is provided.", now);
    }
    if field("resource").is_empty() {
        return refusal(400, "invalid_resource", 500_011, "The resource principal named was not found.", now);
    }
    issue(world, tenant, &field("resource"), now)
}

fn issue(world: &mut World, tenant: &str, resource: &str, now: DateTime<Utc>) -> Answer {
    let lifetime_s = world.options.token_lifetime_s;
    let until = now + Duration::seconds(lifetime_s);
    world.tokens_made += 1;
    let words = format!("stand-in-token-{}", world.tokens_made);
    if world.tokens.len() >= TOKENS_MAX {
        world.tokens.retain(|_, token| token.until > now);
    }
    world.tokens.insert(words.clone(), Token { tenant: tenant.to_owned(), until });
    Answer::json(
        200,
        json!({
            "token_type": "Bearer",
            "expires_in": lifetime_s.to_string(),
            "ext_expires_in": lifetime_s.to_string(),
            "expires_on": until.timestamp().to_string(),
            "not_before": now.timestamp().to_string(),
            "resource": resource,
            "access_token": words,
        }),
    )
}

fn refusal(status: u16, error: &str, code: u32, words: &str, now: DateTime<Utc>) -> Answer {
    let trace = "5b1e0f5c-0000-4000-8000-000000000000";
    let time = now.format("%Y-%m-%d %H:%M:%SZ").to_string();
    let description =
        format!("AADSTS{code}: {words}\r\nTrace ID: {trace}\r\nCorrelation ID: {trace}\r\nTimestamp: {time}");
    Answer::json(
        status,
        json!({
            "error": error,
            "error_description": description,
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": trace,
        }),
    )
}
