//! Files that people hand in.

use chrono_tz::Tz;
use watchdesk_core::desk::Language;
use watchdesk_core::event::ActorRef;
use watchdesk_core::facts::DelegatedAdmin;

use super::{Asked, Kind, Report, read, take};
use crate::both_databases;
use crate::directory::{customer_by_tenant, subscriptions_of, suspended};
use crate::testing::TestStore;

const CUSTOMERS: &str = "name,tenant_id,domains,language,tier,premium,contract_from,account_owner,delegated_admin
北风贸易,T-1,northwind.example;north.example,zh-CN,premium,yes,2026-01-01,sales@desk.example,withdrawn
Contoso 上海,t-2,contoso.example,en,,,,,
Nobody,,not a domain,,,,,,
Other,,,de,,,,,
Some,,,,,,,ghost@desk.example,
";

const SUBSCRIPTIONS: &str = "customer,subscription_id,offer,quantity,status,suspended_since
t-1,s-1,Exchange Online,25,suspended,2026-01-10
contoso.example,s-2,Azure,,active,
t-1,s-3,Azure,many,active,
Unknown Ltd,s-4,Azure,1,active,
t-1,s-5,Azure,1,active,2026-01-10
";

async fn import(desk: &TestStore, text: &str, kind: Kind, dry_run: bool) -> Report {
    let asked = Asked { kind, zone: Tz::Asia__Shanghai, dry_run, by: ActorRef::System };
    take(desk, asked, read(text.as_bytes().to_vec(), kind).expect("lines"), || {}).await.expect("a report")
}

fn counts(report: &Report) -> (u64, u64, u64, u64, u64) {
    (report.lines, report.created, report.changed, report.same, report.failed)
}

both_databases! {
    async fn a_file_is_taken_line_by_line_and_twice_is_once(desk: TestStore) {
        let tried = import(&desk, CUSTOMERS, Kind::Customers, true).await;
        assert_eq!(counts(&tried), (5, 1, 1, 0, 3));
        assert_eq!(customer_by_tenant(&desk, "t-1").await.unwrap(), None, "a trial leaves nothing behind");
        let first = import(&desk, CUSTOMERS, Kind::Customers, false).await;
        assert_eq!(counts(&first), (5, 1, 1, 0, 3));
        let north = customer_by_tenant(&desk, "t-1").await.unwrap().expect("he is there");
        assert_eq!((north.domains.len(), north.delegated_admin), (2, DelegatedAdmin::Withdrawn));
        assert_eq!(north.account_owner, Some(desk.seeded.sales));
        let contoso = customer_by_tenant(&desk, "T-2").await.unwrap().expect("he is there");
        assert_eq!((contoso.id, contoso.language), (desk.seeded.customer, Language::English));
        desk.advance(chrono::Duration::days(3));
        assert_eq!(counts(&import(&desk, CUSTOMERS, Kind::Customers, false).await), (5, 0, 0, 2, 3));

        let first = import(&desk, SUBSCRIPTIONS, Kind::Subscriptions, false).await;
        assert_eq!(counts(&first), (5, 2, 0, 0, 3));
        let board = suspended(&desk, None, 10).await.unwrap();
        let since = "2026-01-09T16:00:00Z".parse().unwrap();
        assert_eq!((board.len(), board[0].customer, board[0].fields.suspended_since), (1, north.id, Some(since)));
        assert_eq!(counts(&import(&desk, SUBSCRIPTIONS, Kind::Subscriptions, false).await), (5, 0, 0, 2, 3));
        let more = "customer,subscription_id,quantity\nt-1,s-1,30\n";
        assert_eq!(counts(&import(&desk, more, Kind::Subscriptions, false).await), (1, 0, 1, 0, 0));
        let known = subscriptions_of(&desk, north.id, 10, None).await.unwrap().items.remove(0);
        assert_eq!((known.fields.quantity, known.fields.suspended_since), (Some(30), Some(since)), "an empty cell leaves it");
    }
}
