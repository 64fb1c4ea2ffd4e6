//! The addresses that `serve` listens on: free, or a running `serve` is there already.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::StatusCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::Install;
use super::doors::{self, Seen};
use super::ledger;
use super::probe::{KEYS, P0_DOOR, PAGES, Probe, SLACK_DOORS, Shape};
use super::report::Report;
use super::web::ask;
use crate::domain::sign_in::Ticket;
use crate::inbound::notifier_keys::NotifierKeys;
use crate::serve::serve;

/// Who is behind `listen` while `public_url` is called.
pub(super) enum Doors {
    /// A running `serve` that knows the signing secret.
    Serving,
    /// This process, until it is dropped.
    Own {
        /// What has arrived.
        seen: Seen,
        /// Ends the listening.
        _serving: AbortOnDropHandle<()>,
    },
    /// Something else, or nothing.
    Other,
}

/// Looks at each address.
pub(super) async fn check(install: &Install, keys: Option<NotifierKeys>, report: &mut Report<'_>) -> Doors {
    let doors = doors(install, keys, report).await;
    probes(install, report).await;
    if let Some(listen) = install.settings.notifier.listen {
        pushes(install, listen, report).await;
    }
    doors
}

async fn doors(install: &Install, keys: Option<NotifierKeys>, report: &mut Report<'_>) -> Doors {
    let listen = install.settings.listen;
    if !install.settings.has_doors() {
        report.skip("listen", "nobody comes in there: Slack is called, and P0 has notifier.listen");
        return Doors::Other;
    }
    let taken = ledger::is_taken(&install.settings.database_url).await;
    match TcpListener::bind(listen).await {
        Ok(_) if taken => {
            report.ok("listen", format!("{listen} is free"));
            report.fail(
                "ledger.lock",
                format!("another p0-chatops serve has the ledger, and it does not listen on {listen}: `serve` refuses"),
                "stop it, or give this one a database_url of its own; if it is just starting, run `check` again",
            );
            Doors::Other
        }
        Ok(listener) => {
            report.ok("listen", format!("{listen} is free"));
            let seen = Seen::default();
            let router = doors::router(install, keys, seen.clone());
            let serving = tokio::spawn(serve(listener, router, CancellationToken::new()));
            Doors::Own { seen, _serving: AbortOnDropHandle::new(serving) }
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => in_use(install, report).await,
        Err(error) => {
            report.fail(
                "listen",
                format!("{listen} cannot be bound: {error}"),
                "set listen to an address and port of this machine that the bot may use",
            );
            Doors::Other
        }
    }
}

/// Asks whoever has the address what only a bot with this signing secret can answer.
async fn in_use(install: &Install, report: &mut Report<'_>) -> Doors {
    let listen = install.settings.listen;
    let Some(secret) = install.settings.slack.signing_secrets().first() else {
        in_use_beside_slack(install, report).await;
        return Doors::Other;
    };
    let probe = Probe::new(SLACK_DOORS[2], Shape::Plain);
    let heard = ask(install, probe.signed(&install.local, &local_url(listen), secret, &install.clock)).await;
    match heard {
        Ok(heard) if probe.is_answered_by(&heard.body) => {
            report.ok("listen", format!("a running p0-chatops with this signing secret has {listen}"));
            return Doors::Serving;
        }
        Ok(heard) if heard.status == StatusCode::UNAUTHORIZED => report.fail(
            "listen",
            format!("what runs at {listen} refuses what is signed with slack.signing_secrets"),
            "restart `serve` if the secret was changed since it started; else stop what has the address",
        ),
        Ok(_) | Err(_) => report.fail(
            "listen",
            format!("something that is not p0-chatops has {listen}"),
            "stop it, or set listen to another port",
        ),
    }
    Doors::Other
}

/// Where Slack is called there is no secret to tell a bot by: it is asked at a door that it has.
async fn in_use_beside_slack(install: &Install, report: &mut Report<'_>) {
    let listen = install.settings.listen;
    let at = |door: &str| local_url(listen).join(door).expect("a path behind an address");
    let (request, expected) = match &install.settings.notifier.listen {
        None => (install.local.post(at(P0_DOOR)), StatusCode::UNAUTHORIZED),
        Some(_) if install.jwks.is_some() => (install.local.get(at(KEYS)), StatusCode::OK),
        Some(_) => (install.local.get(at(PAGES).join(Ticket::random().as_str()).expect("a name")), StatusCode::GONE),
    };
    match ask(install, request).await {
        Ok(heard) if heard.status == expected => report.ok("listen", format!("a running p0-chatops has {listen}")),
        Ok(_) | Err(_) => report.fail(
            "listen",
            format!("something that is not p0-chatops with these settings has {listen}"),
            "stop it, restart it where it is `serve` with older settings, or set listen to another port",
        ),
    }
}

async fn probes(install: &Install, report: &mut Report<'_>) {
    let listen = install.settings.admin_listen;
    match TcpListener::bind(listen).await {
        Ok(_) => report.ok("admin_listen", format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let health = local_url(listen).join("healthz").expect("a path behind an address");
            match ask(install, install.local.get(health)).await {
                Ok(heard) if heard.status.is_success() && heard.body == b"ok\n" => {
                    report.ok("admin_listen", format!("a running p0-chatops has {listen}"));
                }
                Ok(_) | Err(_) => report.fail(
                    "admin_listen",
                    format!("something that is not p0-chatops has {listen}"),
                    "stop it, or set admin_listen to another port",
                ),
            }
        }
        Err(error) => report.fail(
            "admin_listen",
            format!("{listen} cannot be bound: {error}"),
            "set admin_listen to an address and port of this machine that the bot may use",
        ),
    }
}

async fn pushes(install: &Install, listen: SocketAddr, report: &mut Report<'_>) {
    match TcpListener::bind(listen).await {
        Ok(_) => report.ok("notifier.listen", format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            // A push without a token is refused, and nothing is kept of it.
            let door = local_url(listen).join(P0_DOOR).expect("a path behind an address");
            match ask(install, install.local.post(door)).await {
                Ok(heard) if heard.status == StatusCode::UNAUTHORIZED => {
                    report.ok("notifier.listen", format!("a running p0-chatops has {listen}"));
                }
                Ok(_) | Err(_) => report.fail(
                    "notifier.listen",
                    format!("something that is not p0-chatops has {listen}"),
                    "stop it, or set notifier.listen to another port",
                ),
            }
        }
        Err(error) => report.fail(
            "notifier.listen",
            format!("{listen} cannot be bound: {error}"),
            "set notifier.listen to an address and port of this machine that the bot may use",
        ),
    }
}

/// How this machine reaches what listens there.
fn local_url(listen: SocketAddr) -> Url {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    Url::parse(&format!("http://{address}/")).expect("an address and a port")
}
