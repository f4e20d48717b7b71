//! What is handed to the operator: one packet for pages and programs, and the record of it when it is filed.

use watchdesk_core::case::Case;
use watchdesk_core::desk::{Desk, Language};
use watchdesk_core::disclosure::Handed;
use watchdesk_core::ids::TicketId;
use watchdesk_core::packet::{Packet, PacketFile, ResellerContact, Tenant, packet};
use watchdesk_core::ticket::{Severity, Ticket};
use watchdesk_store::attachments::{self, AttachmentMeta};
use watchdesk_store::directory::{self, Customer};
use watchdesk_store::{Store, StoreError, desk, tickets};
use watchdesk_templates::{PacketNames, PacketText, packet_text};

use crate::app::App;

/// All that a packet is made of.
#[derive(Clone, Copy)]
pub(crate) struct HandOver<'a> {
    pub desk: &'a Desk,
    /// Whoever files it stands on the request.
    pub reseller: &'a ResellerContact,
    pub person: &'a str,
    pub case: &'a Case,
    pub ticket: &'a Ticket,
    pub customer: Option<&'a Customer>,
    /// Files that may go along; of these the chosen ones do.
    pub files: &'a [AttachmentMeta],
}

impl HandOver<'_> {
    pub fn packet(&self) -> Packet {
        let tenant = Tenant {
            id: self.customer.and_then(|customer| customer.tenant_id.clone()).unwrap_or_default(),
            domain: self.customer.and_then(|customer| customer.domains.first().cloned()).unwrap_or_default(),
        };
        let reseller = ResellerContact { person: self.person.to_owned(), ..self.reseller.clone() };
        let chosen = &self.case.words.handing.attachments;
        let files = chosen.iter().filter_map(|id| self.files.iter().find(|file| file.id == *id)).map(|file| {
            PacketFile { id: file.id, name: file.filename.clone(), bytes: u64::try_from(file.size).unwrap_or_default() }
        });
        packet(self.case, self.ticket, &tenant, reseller, files.collect())
    }

    /// Copy-ready, in the operator's language whoever reads the page, without what must not leave the house.
    pub fn text(&self, packet: &Packet) -> PacketText {
        let operator = self.desk.operator(&self.case.operator);
        packet_text(operator.language, operator.time_zone, packet, &self.names(operator.language))
    }

    fn names(&self, language: Language) -> PacketNames {
        let service = self.ticket.service.as_ref().and_then(|slug| self.desk.services.get(slug));
        let category = self.ticket.category.as_ref().and_then(|slug| self.desk.categories.get(slug));
        let name = |named: &watchdesk_core::desk::Named| named.in_language(language).to_owned();
        PacketNames {
            service: service.map(|service| name(&service.name)).unwrap_or_default(),
            category: category.map(|category| name(&category.name)).unwrap_or_default(),
        }
    }
}

/// The files that were chosen for the case, as long as they belong to its tickets.
pub(crate) async fn chosen_files(store: &Store, case: &Case) -> Result<Vec<AttachmentMeta>, StoreError> {
    let mut files = attachments::metas_by_ids(store, &case.words.handing.attachments).await?;
    files.retain(|file| file.ticket.is_some_and(|ticket| case.tickets.contains(&ticket)));
    Ok(files)
}

/// What the operator is given when the case is filed now, for the record of it.
pub(crate) async fn handed(
    app: &App,
    person: &str,
    case: &Case,
    severity: Option<Severity>,
) -> Result<Handed, StoreError> {
    Ok(made(app, person, case, severity, None).await?.map(|(_, text)| text.handed()).unwrap_or_default())
}

/// The packet as it is handed over now, about the ticket on which it was looked at, else the first that is still worked
/// on; none of a case without one.
pub(crate) async fn made(
    app: &App,
    person: &str,
    case: &Case,
    severity: Option<Severity>,
    seen_on: Option<TicketId>,
) -> Result<Option<(Packet, PacketText)>, StoreError> {
    let store = &app.store;
    let ids: Vec<_> = case.tickets.iter().copied().collect();
    let mut open = tickets::by_ids(store, &ids).await?;
    open.retain(|record| !record.ticket.state.kind().is_finished());
    open.sort_by_key(|record| (seen_on != Some(record.ticket.id), record.ticket.id));
    let Some(about) = open.into_iter().next() else { return Ok(None) };
    let case = Case { severity: severity.unwrap_or(case.severity), ..case.clone() };
    made_about(app, person, &case, &about.ticket).await.map(Some)
}

/// The packet as the page of this ticket shows it to that person.
pub(crate) async fn made_about(
    app: &App,
    person: &str,
    case: &Case,
    ticket: &Ticket,
) -> Result<(Packet, PacketText), StoreError> {
    let store = &app.store;
    let customer = match ticket.customer {
        Some(id) => directory::customer(store, id).await?,
        None => None,
    };
    let (desk, files) = (desk::load(store).await?, chosen_files(store, case).await?);
    let over = HandOver {
        desk: &desk,
        reseller: &app.options.reseller,
        person,
        case,
        ticket,
        customer: customer.as_ref(),
        files: &files,
    };
    let packet = over.packet();
    let text = over.text(&packet);
    Ok((packet, text))
}
