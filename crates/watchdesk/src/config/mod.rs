//! Configuration: the defaults that are built in, a file, the environment; in that order, the later one wins.

mod calls;
mod environment;
mod operators;
mod portals;
mod upstream;
mod values;

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};

pub use calls::{Hidden, Watchdog};
pub use upstream::Access;
pub use values::{Config, Log};

/// Every key with its default and what it means.
pub const DEFAULT: &str = include_str!("../../../../config/default.toml");

/// A configuration that the program cannot start with; the sentence names the key or the file.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the configuration file {path} cannot be read: {why}")]
    Unreadable { path: PathBuf, why: String },
    #[error("{0}")]
    Wrong(String),
    #[error("{variable} names the file {path}, which cannot be read: {why}")]
    SecretUnreadable { variable: String, path: PathBuf, why: String },
}

pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
    let mut figment = Figment::from(Toml::string(DEFAULT));
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
        figment = figment.merge(NamedToml { text, name: path.display().to_string() });
    }
    let environment = environment::read()?;
    let mut config: Config = figment.merge(Serialized::globals(environment)).extract().map_err(explain)?;
    config.read_secret_files()?;
    config.upstream.read_secret_file()?;
    config.read_operator_secrets()?;
    config.check().map_err(ConfigError::Wrong)?;
    Ok(config)
}

struct NamedToml {
    text: String,
    name: String,
}

impl figment::Provider for NamedToml {
    fn metadata(&self) -> figment::Metadata {
        figment::Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<figment::value::Map<figment::Profile, figment::value::Dict>, figment::Error> {
        Toml::string(&self.text).data()
    }
}

/// The first thing that is wrong, as a sentence that names the key.
fn explain(error: figment::Error) -> ConfigError {
    use figment::error::Kind;
    let first = error.into_iter().next();
    let Some(error) = first else { return ConfigError::Wrong("the configuration is not readable".to_owned()) };
    let path = error.path.join(".");
    // Only a file has a name that helps; what comes from the environment is named by its key.
    let file = error.metadata.as_ref().map(|metadata| metadata.name.as_ref()).filter(|name| name.ends_with(".toml"));
    let place = file.map(|name| format!(" (in {name})")).unwrap_or_default();
    ConfigError::Wrong(match &error.kind {
        Kind::UnknownField(name, known) => {
            let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let key = if path.ends_with(name.as_str()) { path.clone() } else { key };
            let hint = closest(name, known).map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
            format!("there is no configuration key \"{key}\"{place}.{hint} config/default.toml lists every key")
        }
        Kind::InvalidType(found, wanted) => {
            format!(
                "the configuration key \"{path}\" has a value of the wrong type{place}: found {found}, expected {wanted}"
            )
        }
        other => format!("the configuration key \"{path}\" is wrong{place}: {other}"),
    })
}

/// The known key that differs by the fewest letters, if it is close.
fn closest<'a>(name: &str, known: &'a [&'static str]) -> Option<&'a str> {
    let near = known.iter().map(|known| (distance(name, known), *known)).min()?;
    (near.0 <= 2 && near.0 * 2 < name.chars().count()).then_some(near.1)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let figment = Figment::from(Toml::string(DEFAULT)).merge(Toml::string(text));
        let loaded: Result<Config, _> = figment.extract().map_err(explain);
        match loaded {
            Err(error) => error.to_string(),
            Ok(config) => config.check().expect_err("a wrong configuration"),
        }
    }

    #[test]
    fn the_built_in_defaults_load_as_they_are() {
        let config: Config = Figment::from(Toml::string(DEFAULT)).extract().expect("defaults");
        config.check().expect("defaults are right");
    }

    #[test]
    fn a_wrong_key_is_named_with_the_one_that_was_meant() {
        let message = wrong("[http]\nlissten = \"0.0.0.0:80\"");
        assert!(message.contains("\"http.lissten\""), "{message}");
        assert!(message.contains("Did you mean \"listen\"?"), "{message}");
    }

    const REQUESTS: &str = r#"
        [operators.fabrikam]
        name_en = "Fabrikam"
        name_zh = "法布里康"
        language = "en"
        time_zone = "Europe/Berlin"
        takes = "service_requests"
        services = ["dynamics-365"]
        api = "https://api.example"
        authority = "https://login.example"
        topic = "7"
        tenant = "contoso.example"
        client_id = "app"
        client_secret = "s3cret"
    "#;

    #[test]
    fn an_operator_with_an_interface_is_understood_and_its_secret_is_shown_to_nobody() {
        let figment = Figment::from(Toml::string(DEFAULT)).merge(Toml::string(REQUESTS));
        let config: Config = figment.extract().expect("right");
        config.check().expect("right");
        assert!(!format!("{config:?}").contains("s3cret"));
        let operators = config.operators_known().expect("right");
        assert_eq!(operators.len(), 2);
        assert_eq!(config.request_accesses().expect("right").len(), 1);
        let plain = REQUESTS.replace("https://api.example", "http://api.example");
        assert!(wrong(&plain).contains("operators.fabrikam.api"), "secrets travel encrypted");
        let twice = format!("{REQUESTS}\n[operators.21vianet]\nservices = [\"dynamics-365\"]");
        assert!(wrong(&twice).contains("keep one"), "{}", wrong(&twice));
    }

    #[test]
    fn a_wrong_value_is_named() {
        for (text, key) in [
            ("[http]\nlisten = 8080", "http.listen"),
            ("[http]\nlisten = \"everywhere\"", "http.listen"),
            ("[desk]\ntime_zone = \"Asia/Peking\"", "desk.time_zone"),
            ("[desk]\nlanguage = \"fr\"", "desk.language"),
            ("[mail]\nfrom = \"support\"", "mail.from"),
            ("[log]\nformat = \"xml\"", "log.format"),
            ("[workers]\nmail_concurrency = 0", "workers.mail_concurrency"),
            ("[intake.smtp]\ntls_certificate = \"cert.pem\"", "intake.smtp.tls_key"),
            ("[smtp]\nurl = \"mail.example.cn\"", "smtp.url"),
            ("[operators.21vianet]\ntakes = \"mail\"", "operators.21vianet.address"),
            ("[operators.21vianet]\ntakes = \"mail\"\naddress = \"desk\"", "operators.21vianet.address"),
            ("[operators.21vianet]\ntakes = \"service_requests\"", "operators.21vianet.api"),
            ("[operators.21vianet]\ntakes = \"fax\"", "operators.21vianet.takes"),
            ("[operators.21vianet]\nlanguage = \"fr\"", "operators.21vianet.language"),
            ("[operators.21vianet]\ntime_zone = \"Beijing\"", "operators.21vianet.time_zone"),
            ("[operators.21vianet]\nservices = [\"Exchange Online\"]", "operators.21vianet.services"),
            ("[operators.fabrikam]\nname_en = \"F\"", "operators.fabrikam"),
            ("[webhook]\nallow_addresses = [\"pager\"]", "webhook.allow_addresses"),
            ("[webhook]\ntimeout_s = 0", "webhook.timeout_s"),
            ("[webhooks.Night_Pager]\nurl = \"https://p.example.cn\"\nkey_id = \"1\"", "webhooks.Night_Pager"),
            ("[webhooks.pager]\nkey_id = \"1\"", "webhooks.pager"),
            ("[webhooks.pager]\nurl = \"http://p.example.cn\"\nkey_id = \"1\"", "webhooks.pager.url"),
            ("[webhooks.pager]\nurl = \"https://p.example.cn\"\nkey_id = \"1\"", "webhooks.pager.secret"),
            ("[webhooks.pager]\nsecrte = \"x\"", "webhooks.pager.secrte"),
            ("[watchdog]\ntick_age_max_s = 1", "watchdog.tick_age_max_s"),
            ("[watchdog]\noverdue_max_s = 10", "watchdog.overdue_max_s"),
            ("[workers]\nrota_ahead_days = 0", "workers.rota_ahead_days"),
            ("[workers]\nrota_ahead_days = 400", "workers.rota_ahead_days"),
            ("[watchdog]\ndead_man_url = \"https://10.0.0.1/ping\"", "watchdog.dead_man_url"),
            ("[watchdog]\ndead_man_every_s = 1", "watchdog.dead_man_every_s"),
            ("[upstream]\ngraph = \"http://graph.example.cn\"", "upstream.graph"),
            ("[upstream]\nauthority = \"login\"", "upstream.authority"),
            ("[upstream]\nclient_id = \"x\"", "upstream.tenant"),
            ("[upstream]\nclient_id = \"x\"\ntenant = \"y.cn\"", "upstream.client_secret"),
            ("[upstream.health]\nevery = \"often\"", "upstream.health.every"),
            ("[upstream.health]\nevry = \"often\"", "upstream.health.evry"),
            ("[upstream.services]\nYammer = \"No Slug\"", "upstream.services.\"Yammer\""),
        ] {
            let message = wrong(text);
            assert!(message.contains(key), "{text}: {message}");
        }
    }

    const SECRET: &str = "canary-secret-of-the-pager-0123456789";

    fn pager(more: &str) -> Config {
        let text = format!("[webhooks.pager]\nurl = \"https://pager.example.cn/canary\"\nkey_id = \"2026-01\"\n{more}");
        Figment::from(Toml::string(DEFAULT)).merge(Toml::string(&text)).extract().expect("a configuration")
    }

    #[test]
    fn a_secret_may_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pager");
        std::fs::write(&file, format!("{SECRET}\n")).expect("a file");
        let from_file = format!("secret_file = \"{}\"", file.display());
        let mut config = pager(&from_file);
        config.read_secret_files().expect("it is there");
        config.check().expect("a good configuration");
        assert_eq!(config.webhook_options().expect("options")[0].secret, SECRET);

        let both = pager(&format!("{from_file}\nsecret = \"{SECRET}\"")).read_secret_files();
        assert!(both.expect_err("which one?").to_string().contains("webhooks.pager.secret_file"));
        let missing = pager("secret_file = \"/no/such/file\"").read_secret_files();
        let said = missing.expect_err("no file").to_string();
        assert!(said.contains("webhooks.pager.secret_file") && said.contains("/no/such/file"), "{said}");
    }

    #[test]
    fn the_operator_is_asked_only_where_an_app_is_named() {
        let config = |text: &str| -> Config {
            Figment::from(Toml::string(DEFAULT)).merge(Toml::string(text)).extract().expect("a configuration")
        };
        assert!(config("").upstream_access().expect("defaults").is_none());
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("app");
        std::fs::write(&file, format!("{SECRET}\n")).expect("a file");
        let app = "[upstream]\ntenant = \"zhanqiao.example.cn\"\nclient_id = \"watchdesk\"";
        let from_file = format!("{app}\nclient_secret_file = \"{}\"", file.display());
        let mut named = config(&from_file);
        named.upstream.read_secret_file().expect("it is there");
        named.check().expect("a good configuration");
        assert!(named.upstream_access().expect("options").is_some());
        assert!(!format!("{named:?}").contains(SECRET));
        let both = config(&format!("{from_file}\nclient_secret = \"x\"")).upstream.read_secret_file();
        assert!(both.expect_err("which one?").to_string().contains("upstream.client_secret_file"));
    }

    #[test]
    fn what_is_secret_is_not_shown() {
        let config =
            pager(&format!("secret = \"{SECRET}\"\n[watchdog]\ndead_man_url = \"https://p.example.cn/canary\""));
        config.check().expect("a good configuration");
        assert!(config.dead_man_options().is_some());
        assert!(!format!("{:?}", (&config.webhooks, &config.watchdog)).contains("canary"));
    }
}
