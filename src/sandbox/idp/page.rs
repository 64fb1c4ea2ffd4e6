//! The pages that people see: one column, large buttons, no script.

use super::device::Device;
use super::setup::Account;
use super::sign_in::SignIn;
use crate::sandbox::wire::Reply;

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { margin: 0; border-top: .5rem solid #2f6f9f }
main { margin: 0 auto; max-width: 26rem; padding: 1.5rem 1rem }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 1rem }
p { overflow-wrap: anywhere }
button, input { box-sizing: border-box; width: 100%; min-height: 3.25rem; margin: 0 0 .75rem; padding: .5rem 1rem; \
font: inherit; border: 1px solid GrayText; border-radius: .625rem }
button { text-align: start; background: Canvas; color: CanvasText }
button small { display: block; color: color-mix(in srgb, CanvasText 70%, Canvas) }
input { text-align: center; letter-spacing: .15em; text-transform: uppercase }
code { font-size: 1.25em; letter-spacing: .1em }";

/// The page of an authorization request: a button for each account, the one that was hinted at first.
pub(super) fn sign_in(asked: &SignIn, accounts: &[Account], interaction: &str) -> Reply {
    let hint = asked.login_hint.as_deref();
    let hidden = hidden("interaction", interaction);
    let body = format!(
        "<p>This stands in for your identity provider. <b>{}</b> asks who you are. It is told: {}.</p>\n<form method=\"post\" action=\"/authorize\">{hidden}\n{}\
         <button name=\"decision\" value=\"cancel\">Cancel</button>\n</form>",
        escape(&asked.client),
        escape(&asked.scope.join(", ")),
        buttons(accounts, hint),
    );
    page(200, "Sign in", &body)
}

/// The page that asks for the code of a device.
pub(super) fn enter_code(unknown: Option<&str>) -> Reply {
    let complaint = unknown.map(|code| format!("<p>There is no code {}, or no more.</p>\n", escape(code)));
    let body = format!(
        "{}<form method=\"get\" action=\"/device\">\n<input name=\"user_code\" aria-label=\"Code\" autocomplete=\"off\" \
         autocapitalize=\"characters\" maxlength=\"12\" required>\n<button>Continue</button>\n</form>",
        complaint.unwrap_or_default()
    );
    page(if unknown.is_some() { 404 } else { 200 }, "Enter the code", &body)
}

/// The page of a device whose code was entered. It shows the code, as whoever followed a link has to compare it
/// (RFC 8628 3.3.1).
pub(super) fn allow(device: &Device, accounts: &[Account]) -> Reply {
    let body = format!(
        "<p>This stands in for your identity provider. <b>{}</b> asks who you are. Go on only if it shows you this code: <code>{}</code></p>\n\
         <form method=\"post\" action=\"/device\">{}\n{}<button name=\"decision\" value=\"deny\">Deny</button>\n</form>",
        escape(&device.client),
        escape(&device.user_code),
        hidden("user_code", &device.user_code),
        buttons(accounts, None),
    );
    page(200, "Connect a device", &body)
}

/// A page with nothing more to do on it.
pub(super) fn stop(status: u16, text: &str) -> Reply {
    page(status, "Sandbox sign-in", &format!("<p>{}</p>", escape(text)))
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}

fn buttons(accounts: &[Account], first: Option<&str>) -> String {
    let mut accounts: Vec<&Account> = accounts.iter().collect();
    accounts.sort_by_key(|account| !first.is_some_and(|first| account.is(first)));
    let button = |account: &Account| {
        format!(
            "<button name=\"account\" value=\"{}\">{}<small>{}</small></button>\n",
            escape(&account.subject),
            escape(&account.name),
            escape(account.email.as_deref().unwrap_or(&account.subject)),
        )
    };
    accounts.into_iter().map(button).collect()
}

fn page(status: u16, title: &str, body: &str) -> Reply {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<main><h1>{title}</h1>\n{body}</main>\n</html>\n"
    );
    // No `form-action`: browsers would hold the redirect to the client against it.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
    let headers = [("Content-Security-Policy", policy), ("Referrer-Policy", "no-referrer")];
    Reply::text(status, "text/html; charset=utf-8", page)
        .with_headers(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
