//! Whether an address is this machine, asked in two ways: what permits has to be sure, and what refuses has to suspect.

use url::{Host, Url};

/// Whether what is sent there surely stays on this machine, so that it may go without TLS.
pub fn is_surely_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether it may be what a machine calls itself, so that nobody else reaches this one by it.
pub fn may_be_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_unspecified(),
        Some(Host::Ipv6(ip)) => {
            let ip = ip.to_canonical();
            ip.is_loopback() || ip.is_unspecified()
        }
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_permits_knows_fewer_names_than_what_refuses() {
        for (host, surely, maybe) in [
            ("127.0.0.1", true, true),
            ("127.1.2.3", true, true),
            ("[::1]", true, true),
            ("LOCALHOST", true, true),
            ("localhost.", false, true),
            ("bot.localhost", false, true),
            ("0.0.0.0", false, true),
            ("[::]", false, true),
            ("[::ffff:127.0.0.1]", false, true),
            ("localhost.example.com", false, false),
            ("notlocalhost", false, false),
            ("192.0.2.1", false, false),
        ] {
            let url = Url::parse(&format!("http://{host}:3000/")).unwrap();
            assert_eq!((is_surely_loopback(&url), may_be_this_machine(&url)), (surely, maybe), "{host}");
        }
    }
}
