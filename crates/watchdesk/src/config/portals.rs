//! Deep links to the operator's portals.

use serde::Deserialize;
use watchdesk_core::desk::Named;
use watchdesk_core::portal::Portal;

use super::Config;

/// More links than that are no help.
const PORTALS_MAX: usize = 20;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    pub portals: Vec<PortalTemplate>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalTemplate {
    pub name_en: String,
    pub name_zh: String,
    pub url: String,
    #[serde(default)]
    pub needs_delegated_admin: bool,
    #[serde(default)]
    pub for_requests: bool,
}

impl Config {
    /// In the order of the configuration; the error names the first one that is wrong.
    pub fn deep_links(&self) -> Result<Vec<Portal>, String> {
        if self.links.portals.len() > PORTALS_MAX {
            return Err(format!("links.portals: at most {PORTALS_MAX} of them"));
        }
        let link = |(index, template): (usize, &PortalTemplate)| {
            let portal = Portal {
                name: Named { en: template.name_en.clone(), zh: template.name_zh.clone() },
                url: template.url.clone(),
                needs_delegated_admin: template.needs_delegated_admin,
                for_requests: template.for_requests,
            };
            let wrong = |why: String| format!("links.portals[{index}].url: \"{}\": {why}", template.url);
            if portal.name.en.trim().is_empty() || portal.name.zh.trim().is_empty() {
                return Err(format!("links.portals[{index}]: name_en and name_zh say what people read"));
            }
            portal.check().map_err(wrong)?;
            Ok(portal)
        };
        self.links.portals.iter().enumerate().map(link).collect()
    }
}
