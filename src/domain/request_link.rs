//! The web address of a request in P0: made from a template, and read back by it.

use percent_encoding::percent_decode_str;
use url::Url;

use super::request::RequestId;

/// Stands for an id while the template is read; a URL parser leaves it as it is.
const MARK: &str = "p0-chatops-id";
/// What ends the part of an address in which an id may stand.
const ENDS: [char; 4] = ['/', '?', '#', '&'];

/// How addresses of requests are formed: what stands before an id, and what behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLinks {
    before: String,
    behind: String,
}

impl RequestLinks {
    /// The addresses that a template forms; `None` where it has no single `{id}`, or forms none.
    pub fn new(template: &str, org: &str) -> Option<Self> {
        let filled = template.replace("{org}", org).replace("{id}", MARK);
        let url = Url::parse(&filled).ok()?;
        let (before, behind) = url.as_str().split_once(MARK)?;
        // An id in the host or in front of it would make somebody else's address one of ours.
        let in_path = before.len() > url[..url::Position::BeforePath].len();
        (in_path && !behind.contains(MARK)).then(|| Self { before: before.to_owned(), behind: behind.to_owned() })
    }

    /// The host of the addresses.
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.before).ok()?.host_str().map(str::to_owned)
    }

    /// The request of which this is the address: scheme, host, port, path and all the rest are as the template has them.
    pub fn read(&self, link: &str) -> Option<RequestId> {
        let url = Url::parse(link).ok()?;
        let id = url.as_str().strip_prefix(&self.before)?.strip_suffix(&self.behind)?;
        if id.contains(ENDS) {
            return None;
        }
        RequestId::parse(&percent_decode_str(id).decode_utf8().ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str, link: &str) -> Option<String> {
        RequestLinks::new(template, "acme")?.read(link).map(|id| id.as_str().to_owned())
    }

    const PATH: &str = "https://p0.example.com/o/{org}/requests/{id}";
    const QUERY: &str = "https://p0.example.com:8443/show?id={id}&tab=all";

    #[test]
    fn an_address_is_one_only_where_all_of_it_is() {
        for (template, link, id) in [
            (PATH, "https://p0.example.com/o/acme/requests/req-1", Some("req-1")),
            (PATH, "HTTPS://P0.Example.com:443/o/acme/requests/req-1", Some("req-1")),
            (PATH, "https://p0.example.com/o/acme/requests/a%252Fb%3Fc", Some("a%2Fb?c")),
            (PATH, "http://p0.example.com/o/acme/requests/req-1", None),
            (PATH, "https://p0.example.com:8443/o/acme/requests/req-1", None),
            (PATH, "https://p0.example.com.evil.test/o/acme/requests/req-1", None),
            (PATH, "https://x@p0.example.com/o/acme/requests/req-1", None),
            (PATH, "https://p0.example.com/o/other/requests/req-1", None),
            (PATH, "https://p0.example.com/o/acme/requests/req-1/", None),
            (PATH, "https://p0.example.com/o/acme/requests/req-1?x=1", None),
            (PATH, "https://p0.example.com/o/acme/requests/req-1#x", None),
            (PATH, "https://p0.example.com/o/acme/requests/a%2Fb", None),
            (PATH, "https://p0.example.com/o/acme/requests/%2e%2e", None),
            (PATH, "https://p0.example.com/o/acme/requests/%FF", None),
            (PATH, "https://p0.example.com/o/acme/requests/", None),
            (PATH, "req-1", None),
            (QUERY, "https://p0.example.com:8443/show?id=req-1&tab=all", Some("req-1")),
            (QUERY, "https://p0.example.com:8443/show?id=req-1&x=1&tab=all", None),
            ("https://p0.example.com/#/{id}", "https://p0.example.com/#/req-1", Some("req-1")),
        ] {
            assert_eq!(read(template, link).as_deref(), id, "{link}");
        }
    }

    #[test]
    fn a_template_has_one_id_and_not_in_its_host() {
        for template in ["https://{id}.example.com/", "https://p0.example.com/{id}/{id}", "https://p0.example.com/"] {
            assert_eq!(RequestLinks::new(template, "acme"), None, "{template}");
        }
        assert_eq!(RequestLinks::new(PATH, "acme").unwrap().host().as_deref(), Some("p0.example.com"));
    }
}
