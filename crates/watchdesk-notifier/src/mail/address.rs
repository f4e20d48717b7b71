//! Addresses as they may stand in a header and on the wire: one mailbox each, and nothing that could be read as more.

use lettre::Address;
use lettre::message::Mailbox;
use watchdesk_templates::text::one_line_within;

const NAME_CHARACTERS_MAX: usize = 100;
/// RFC 5321, 4.5.3.1.3: a path has 256 octets, the angle brackets among them.
const ADDRESS_BYTES_MAX: usize = 254;

/// `a@example.cn` alone. Quoted local parts, lists, comments and control characters are no address to us.
pub(crate) fn address(text: &str) -> Option<Address> {
    let text = text.trim();
    let legal = |c: char| !c.is_control() && !c.is_whitespace() && !r#"<>()[],;:\""#.contains(c);
    if text.len() > ADDRESS_BYTES_MAX || !text.chars().all(legal) || text.matches('@').count() != 1 {
        return None;
    }
    text.parse().ok()
}

/// A mailbox with the name cleaned to one line.
pub(crate) fn mailbox(name: &str, email: &str) -> Option<Mailbox> {
    let name = one_line_within(name, NAME_CHARACTERS_MAX);
    let name = Some(name).filter(|name| !name.is_empty());
    Some(Mailbox::new(name, address(email)?))
}

/// As people type it: `a@example.cn` or `Zhang San <a@example.cn>`.
pub(crate) fn typed(text: &str) -> Option<Mailbox> {
    match text.trim().strip_suffix('>') {
        None => mailbox("", text),
        Some(rest) => {
            let (name, email) = rest.rsplit_once('<')?;
            mailbox(name.trim().trim_matches('"'), email)
        }
    }
}

/// The mailbox's address with a tag behind a plus sign. None where it grows longer than mail systems take.
pub(crate) fn tagged(address: &Address, tag: &str) -> Option<Address> {
    Address::new(format!("{}+{tag}", address.user()), address.domain()).ok()
}

/// Whether mail to `address` would come back to the mailbox, with or without a tag.
pub(crate) fn is_of_mailbox(address: &Address, mailbox: &str) -> bool {
    let Some((user, domain)) = mailbox.rsplit_once('@') else { return false };
    let base = address.user().split('+').next().unwrap_or_default();
    base.eq_ignore_ascii_case(user) && address.domain().eq_ignore_ascii_case(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_address() {
        for good in ["a@example.cn", " zhang.san+x@mail.example.com.cn ", "o'neill@example.cn"] {
            assert!(address(good).is_some(), "{good}");
        }
        let bad = [
            "",
            "a",
            "a@",
            "@example.cn",
            "a@example.cn, b@example.cn",
            "a@example.cn\r\nBcc: b@example.cn",
            "a@example.cn\nRCPT TO:<b@example.cn>",
            "a@example.cn\0",
            "a b@example.cn",
            "\"a b\"@example.cn",
            "a@b@example.cn",
            "<a@example.cn>",
            "a(comment)@example.cn",
        ];
        for bad in bad {
            assert!(address(bad).is_none(), "{bad:?}");
        }
        assert!(address(&format!("{}@example.cn", "a".repeat(300))).is_none());
    }

    #[test]
    fn people_type_names_before_addresses() {
        let shown = |text: &str| typed(text).map(|mailbox| (mailbox.name, mailbox.email.to_string()));
        let email = "a@example.cn".to_owned();
        assert_eq!(shown("a@example.cn"), Some((None, email.clone())));
        assert_eq!(shown("张三 <a@example.cn>"), Some((Some("张三".to_owned()), email.clone())));
        assert_eq!(shown("\"San, Zhang\" <a@example.cn>"), Some((Some("San, Zhang".to_owned()), email.clone())));
        assert_eq!(
            shown("x\r\nBcc: b@example.cn <a@example.cn>"),
            Some((Some("x Bcc: b@example.cn".to_owned()), email))
        );
        assert_eq!(shown("a@example.cn> <b@example.cn"), None);
        assert_eq!(shown("x <a@example.cn> trailing"), None);
    }

    #[test]
    fn our_own_addresses_are_known_with_their_tags() {
        let address = |text: &str| text.parse::<Address>().expect("an address");
        assert!(is_of_mailbox(&address("Support+1.x@Desk.example"), "support@desk.example"));
        assert!(!is_of_mailbox(&address("supports@desk.example"), "support@desk.example"));
        let tagged = tagged(&address("support@desk.example"), "1042.abc").expect("a tagged address");
        assert_eq!(tagged.to_string(), "support+1042.abc@desk.example");
        assert!(super::tagged(&address("support@desk.example"), &"x".repeat(80)).is_none());
    }
}
