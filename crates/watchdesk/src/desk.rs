//! Opening the desk that the configuration names.

use anyhow::Context;
use watchdesk_core::mail::ReplyTokens;
use watchdesk_store::{Clock, Options, Store, StoreError, desk};

use crate::config::Config;
use crate::exit::{CONFIG, Failure};
use crate::seed;

const REPLY_SECRET: &str = "reply_secret";
const REPLY_SECRET_BYTES: usize = 32;

/// Connections for a short command.
const COMMAND_POOL_MAX: u32 = 4;

/// The desk as it is: an error where there is none yet, or where its schema is another.
pub async fn open(config: &Config) -> anyhow::Result<Store> {
    if config.database.url.is_empty() && !embedded_file_exists(config) {
        let folder = config.data_dir.display();
        let message = format!("there is no desk in {folder} yet: `watchdesk serve` begins one");
        return Err(Failure::new(CONFIG, message).into());
    }
    let pool_max = config.database.pool_max.min(COMMAND_POOL_MAX);
    Ok(Store::open(options(config, config.database_url(), Clock::Database, pool_max)).await?)
}

pub fn options(config: &Config, url: String, clock: Clock, pool_max: u32) -> Options {
    let lease = chrono::Duration::seconds(config.workers.lease_s.into());
    // A configuration whose operators make no sense was refused when it was loaded.
    let operators = config.operators_known().unwrap_or_default();
    Options { clock, pool_max, lease, mail_domain: config.mail_domain(), operators, ..Options::new(url) }
}

/// The desk, begun where the embedded database is not there yet. An existing one is never changed unasked.
pub async fn open_or_begin(config: &Config) -> anyhow::Result<Store> {
    let pool_max = config.database.pool_max;
    let again = || options(config, config.database_url(), Clock::Database, pool_max);
    let begin = match Store::open(again()).await {
        Ok(store) => return begin_if_empty(store, config).await,
        Err(StoreError::NoSchema) => true,
        Err(StoreError::Unreachable(_)) => !embedded_file_exists(config),
        Err(_) => false,
    };
    if !begin || (config.database.url.is_empty() && embedded_file_exists(config) && !is_empty_file(config)) {
        return begin_if_empty(Store::open(again()).await?, config).await;
    }
    prepare_folder(config)?;
    Store::migrate(&config.database_url()).await?;
    begin_if_empty(Store::open(again()).await?, config).await
}

async fn begin_if_empty(store: Store, config: &Config) -> anyhow::Result<Store> {
    let seed = seed::seed(config)?;
    if !desk::seed(&store, &seed).await? {
        for policy in desk::seed_missing_policies(&store, &seed).await? {
            tracing::info!(%policy, "this desk did not have the policy that is shipped; it holds from now on");
        }
    }
    Ok(store)
}

fn embedded_file(config: &Config) -> std::path::PathBuf {
    config.data_dir.join("watchdesk.db")
}

fn embedded_file_exists(config: &Config) -> bool {
    embedded_file(config).exists()
}

fn is_empty_file(config: &Config) -> bool {
    std::fs::metadata(embedded_file(config)).is_ok_and(|file| file.len() == 0)
}

pub fn prepare_folder(config: &Config) -> anyhow::Result<()> {
    if config.database.url.is_empty() {
        let folder = &config.data_dir;
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the data folder {} cannot be created", folder.display()))?;
    }
    Ok(())
}

/// What signs reply addresses: from the configuration, or made once and kept in the database.
pub async fn reply_tokens(store: &Store, config: &Config) -> anyhow::Result<ReplyTokens> {
    if !config.mail.reply_secret.is_empty() {
        return Ok(ReplyTokens::new(config.mail.reply_secret.as_bytes()));
    }
    if let Some(secret) = desk::setting(store, REPLY_SECRET).await? {
        return Ok(ReplyTokens::new(secret.into_bytes()));
    }
    let mut bytes = [0_u8; REPLY_SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the machine gives no random numbers: {error}"))?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Another node may have been faster; what the database says is what counts, and never changes again.
    let secret = desk::setting_or_insert(store, REPLY_SECRET, &secret).await?;
    Ok(ReplyTokens::new(secret.into_bytes()))
}
