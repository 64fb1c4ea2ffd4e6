//! Links in what people write: how Slack marks them, and which of them it tells the app of.

use url::Url;

/// What ends a sentence, not a link.
const PUNCTUATION: [char; 8] = ['.', ',', ';', ':', '!', '?', ')', '\''];

/// The text with every bare link between angle brackets, as Slack keeps what somebody typed.
pub(super) fn marked(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = next_link(rest) {
        let length = rest[start..].find([' ', '\n', '\t', '<', '>', '|', '"']).unwrap_or(rest.len() - start);
        let link = rest[start..start + length].trim_end_matches(PUNCTUATION);
        let (before, is_marked) = (&rest[..start], rest[..start].ends_with('<'));
        marked.push_str(before);
        marked.push_str(&if is_marked { link.to_owned() } else { format!("<{link}>") });
        rest = &rest[start + link.len()..];
    }
    marked + rest
}

fn next_link(text: &str) -> Option<usize> {
    ["https://", "http://"].iter().filter_map(|scheme| text.find(scheme)).min()
}

/// The links of a text as Slack keeps it, each once and in order.
pub(super) fn links_of(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for marked in text.split('<').skip(1) {
        let link = marked.split(['>', '|']).next().unwrap_or_default();
        if next_link(link) == Some(0) && !links.iter().any(|known| known == link) {
            links.push(link.to_owned());
        }
    }
    links
}

/// The registered domain to which a link belongs: the host itself, or one above it. Slack registers no addresses of
/// machines; the stand-in does, because P0 has no other on a user's own machine.
pub(super) fn domain_of<'d>(link: &str, domains: &'d [String]) -> Option<&'d str> {
    let url = Url::parse(link).ok()?;
    let host = url.host_str()?;
    let is_of = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|above| above.ends_with('.'));
    domains.iter().map(String::as_str).find(|domain| is_of(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_links_are_marked_and_found_again() {
        let typed = "See https://p0.example.com/r/1, (http://a.io/x?y=1) and <https://b.io|b>. No ftp://c.io";
        let kept = marked(typed);
        assert_eq!(kept, "See <https://p0.example.com/r/1>, (<http://a.io/x?y=1>) and <https://b.io|b>. No ftp://c.io");
        assert_eq!(marked(&kept), kept);
        assert_eq!(links_of(&kept), ["https://p0.example.com/r/1", "http://a.io/x?y=1", "https://b.io"]);
        assert_eq!(links_of("<@U01ALICE> <#C01> 1 < 2"), Vec::<String>::new());
    }

    #[test]
    fn a_link_belongs_to_its_host_and_to_the_domains_above_it() {
        let domains = ["example.com".to_owned(), "app.example.org".to_owned()];
        let of = |link| domain_of(link, &domains);
        assert_eq!(of("https://example.com:8443/a#b"), Some("example.com"));
        assert_eq!(of("https://p0.example.com"), Some("example.com"));
        assert_eq!(of("https://notexample.com"), None);
        assert_eq!(of("https://example.org"), None, "with a subdomain registered, the naked domain is left out");
        assert_eq!(of("https://example.com.evil.io/example.com"), None);
    }
}
