//! Customers: the list and one of them.

use chrono::NaiveDate;
use serde::Serialize;

use super::queue::QueueRow;
use super::samples;
use super::shell::{Choice, Nav, Refused, Shell};
use super::ticket::{PortalLink, Subscription};
use crate::page::Page;

/// `GET /customers?q=`.
#[derive(Debug, Clone, Serialize)]
pub struct CustomersPage {
    pub shell: Shell,
    pub query: String,
    pub customers: Vec<CustomerRow>,
    pub may_create: bool,
    /// How they come in from the operator.
    pub may_see_synchronisations: bool,
    /// From a spreadsheet.
    pub may_import: bool,
    pub previous: Option<String>,
    pub next: Option<String>,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CustomerRow {
    pub id: String,
    pub name: String,
    /// Of the contract in force, if there is one.
    pub tier: Option<String>,
    pub language: String,
    pub domains: Vec<String>,
    pub open_tickets: i64,
    /// `granted`, `withdrawn`, `unknown`.
    pub delegated_admin: String,
}

/// `GET /customers/{id}`.
#[derive(Debug, Clone, Serialize)]
pub struct CustomerPage {
    pub shell: Shell,
    pub customer: CustomerDetail,
    pub contacts: Vec<ContactRow>,
    pub contracts: Vec<ContractRow>,
    /// Open tickets are being measured by contracts that were changed.
    pub measured: Option<ContractMeasured>,
    pub domains: Vec<DomainRow>,
    pub subscriptions: Vec<Subscription>,
    pub more_subscriptions: bool,
    pub portals: Vec<PortalLink>,
    /// Names of portals that nobody of the desk gets into since delegated admin was withdrawn.
    pub closed_portals: Vec<String>,
    /// Who may look after him.
    pub owners: Vec<Choice>,
    /// The newest, unfinished first.
    pub tickets: Vec<QueueRow>,
    pub more_tickets: Option<String>,
    pub tiers: Vec<Choice>,
    pub rights: CustomerRights,
    pub refused: Option<Refused>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CustomerDetail {
    pub id: String,
    pub version: i64,
    pub name: String,
    pub language: String,
    pub time_zone: String,
    pub tenant: String,
    pub delegated_admin: String,
    /// Who of the desk looks after him.
    pub owner: Option<Choice>,
    pub note: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ContactRow {
    pub id: String,
    pub version: i64,
    pub name: String,
    pub email: String,
    pub phone: String,
    /// Sees all tickets of the organisation, not only his own.
    pub sees_all: bool,
    /// Mail to this address came back.
    pub bounced: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ContractRow {
    pub id: String,
    pub version: i64,
    pub tier: String,
    pub from: NaiveDate,
    pub to: Option<NaiveDate>,
    pub current: bool,
    /// The operator takes severity A for it.
    pub premium: bool,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct ContractMeasured {
    pub done: u64,
    pub total: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct DomainRow {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, Default, Serialize)]
pub struct CustomerRights {
    pub change: bool,
    pub contracts: bool,
    pub create_ticket: bool,
}

impl Page for CustomersPage {
    const TEMPLATE: &'static str = "pages/customers.html";
}
impl Page for CustomerPage {
    const TEMPLATE: &'static str = "pages/customer.html";
}

impl CustomersPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            shell: samples::shell(Nav::Customers, "/customers"),
            query: String::new(),
            customers: samples::customer_rows(),
            may_create: true,
            may_see_synchronisations: true,
            may_import: true,
            previous: None,
            next: Some("/customers?cursor=x".into()),
            refused: None,
        };
        let empty = Self { customers: Vec::new(), query: "abc".into(), ..full.clone() };
        let refused = Self {
            refused: Some(Refused {
                form: "customers".into(),
                text: "The domain contoso.example.cn already belongs to Contoso (China).".into(),
                way_out: Some("Open that customer, or leave the domain out.".into()),
                fields: samples::map(&[("name", "Contoso Shanghai"), ("domains", "contoso.example.cn")]),
                errors: samples::map(&[("domains", "Belongs to another customer.")]),
            }),
            ..full.clone()
        };
        vec![("customers", full), ("customers_empty", empty), ("customers_refused", refused)]
    }
}

impl CustomerPage {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = full_customer();
        let bare = Self {
            contacts: Vec::new(),
            contracts: Vec::new(),
            measured: None,
            domains: Vec::new(),
            subscriptions: Vec::new(),
            more_subscriptions: false,
            portals: Vec::new(),
            closed_portals: Vec::new(),
            tickets: Vec::new(),
            more_tickets: None,
            rights: CustomerRights::default(),
            ..full.clone()
        };
        let refused = Self {
            refused: Some(Refused {
                form: "contacts".into(),
                text: "This address already belongs to a contact of another customer.".into(),
                way_out: Some("Move that contact, or give another address.".into()),
                fields: samples::map(&[("email", "it@contoso.example.cn"), ("name", "Ann")]),
                errors: samples::map(&[("email", "Already in use.")]),
            }),
            ..full.clone()
        };
        vec![("customer", full), ("customer_bare", bare), ("customer_refused", refused)]
    }
}

fn full_customer() -> CustomerPage {
    let mut tickets = samples::queue_rows();
    tickets.truncate(4);
    CustomerPage {
        shell: samples::shell(Nav::Customers, "/customers/c1"),
        customer: CustomerDetail {
            id: "c1".into(),
            version: 7,
            name: "上海远洋物流有限公司".into(),
            language: "zh-CN".into(),
            time_zone: "Asia/Shanghai".into(),
            tenant: "6f0a2c1e-8a11-4f0e-9a63-1b1f2ac0d9b4".into(),
            delegated_admin: "withdrawn".into(),
            owner: Some(Choice::new("a3", "李娜")),
            note: "仓库夜班 22:00 开始，夜间请打值班电话。".into(),
        },
        contacts: vec![
            ContactRow {
                id: "k1".into(),
                version: 1,
                name: "王芳".into(),
                email: "wang.fang@yuanyang.example.cn".into(),
                phone: "138****1234".into(),
                sees_all: true,
                bounced: false,
            },
            ContactRow {
                id: "k2".into(),
                version: 1,
                name: "<img src=x onerror=alert(1)>".into(),
                email: "old@yuanyang.example.cn".into(),
                phone: String::new(),
                sees_all: false,
                bounced: true,
            },
        ],
        contracts: vec![
            ContractRow {
                id: "t2".into(),
                version: 1,
                tier: "premium".into(),
                from: samples::day(2026, 1, 1),
                to: None,
                current: true,
                premium: true,
            },
            ContractRow {
                id: "t1".into(),
                version: 1,
                tier: "standard".into(),
                from: samples::day(2024, 1, 1),
                to: Some(samples::day(2025, 12, 31)),
                current: false,
                premium: false,
            },
        ],
        measured: Some(ContractMeasured { done: 2, total: 5 }),
        domains: vec![DomainRow { id: "d1".into(), name: "yuanyang.example.cn".into() }],
        subscriptions: samples::subscriptions(),
        more_subscriptions: true,
        portals: vec![PortalLink { label: "Azure".into(), href: "https://portal.azure.cn/".into() }],
        closed_portals: vec!["Office 365 <b>admin</b>".into()],
        owners: vec![Choice::new("a3", "李娜"), Choice::new("a4", "Grace Chen")],
        tickets,
        more_tickets: Some("/queue?customer=c1".into()),
        tiers: vec![Choice::new("standard", "Standard"), Choice::new("premium", "Premium")],
        rights: CustomerRights { change: true, contracts: true, create_ticket: true },
        refused: None,
    }
}
