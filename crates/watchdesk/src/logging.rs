//! Structured logs on standard error.

use tracing_subscriber::EnvFilter;

use crate::config::ConfigError;

pub fn start(log: &crate::config::Log) -> Result<(), ConfigError> {
    // The database crates tell each statement at info; that is a developer's matter.
    let filter = format!("sqlx=warn,sea_orm=warn,sea_orm_migration=warn,{}", log.level);
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| ConfigError::Wrong(format!("log.level is \"{}\": {error}", log.level)))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(true);
    // A second start happens in tests only, and the first one stands.
    let _ = match log.format.as_str() {
        "json" => builder.json().try_init(),
        _ => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
    };
    Ok(())
}
