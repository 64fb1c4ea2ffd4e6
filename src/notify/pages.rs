//! The pages on which people sign in: small, for a phone, without a script, and with nothing from elsewhere.

use std::fmt::Write as _;

use super::wording;
use crate::domain::decision::Choice;
use crate::domain::facts::Facts;
use crate::domain::link::NotBound;
use crate::domain::person::{Email, SlackUser};

/// A page. No `Debug` shows it: its button's address may be worth something.
pub struct Page {
    /// The document.
    pub html: String,
}

/// Where the page's own button leads: a path below `public_url`.
pub struct Button<'p> {
    /// Where the form goes.
    pub action: &'p str,
    /// What it says.
    pub label: &'p str,
}

/// All of the pages' looks; its digest stands in the policy of every answer.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1d1c1d;--soft:#616061;--paper:#fff;--line:#ddd;--go:#00674c;--on-go:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--soft:#ababad;--paper:#1a1d21;--line:#4a4d51;--go:#2fb388;--on-go:#06251b}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.5 system-ui,sans-serif}\
main{max-width:34rem;margin:0 auto;padding:2rem 1.25rem 3rem}h1{font-size:1.4rem;line-height:1.25;margin:0 0 1rem}\
dl{margin:1.25rem 0;border:1px solid var(--line);border-radius:.75rem;padding:.25rem 1rem}\
dt{color:var(--soft);font-size:.875rem;padding-top:.6rem}dd{margin:0;padding-bottom:.6rem;overflow-wrap:anywhere}\
dd+dt{border-top:1px solid var(--line)}p{margin:0 0 1rem}small{color:var(--soft)}\
button{display:block;width:100%;min-height:3.25rem;border:0;border-radius:.75rem;background:var(--go);color:var(--on-go);\
font:600 1.0625rem system-ui,sans-serif;padding:.75rem 1rem}button:focus-visible{outline:3px solid var(--ink);outline-offset:2px}";

/// Before anything happens: who is to be bound to whom.
pub fn link_account(asker: &SlackUser, email: Option<&Email>, issuer: &str, action: &str) -> Page {
    page(
        "Link your account",
        &[
            facts(&[
                ("Slack", &in_slack(asker, email)),
                ("Will be linked to", "the account that you sign in with"),
                ("At", issuer),
            ]),
            paragraph(
                "You sign in with Slack first, to show that you are this Slack user, and then there. From then on your \
                 decisions go to P0 with your own account.",
            ),
            paragraph("If you did not ask for this page in Slack just now, close it: nothing has happened yet."),
            button(&Button { action, label: "Continue with Slack" }),
        ],
    )
}

/// Before anything happens: what the person signs in for.
pub fn prove(asker: &SlackUser, choice: &Choice, request: Option<&Facts>, issuer: &str, action: &str) -> Page {
    let what = request.map_or_else(
        || "a request that P0 has told this bot nothing of".to_owned(),
        |request| format!("{}: {}", wording::principal(request), wording::what_exactly(request, 900)),
    );
    page(
        "Sign in for your choice",
        &[
            facts(&[
                ("You chose", &wording::choice(choice)),
                ("For", &unescaped(&what)),
                ("As Slack user", &in_slack(asker, None)),
                ("Sign in at", issuer),
            ]),
            paragraph("It asks for a fresh sign-in. Nothing is sent to P0 before."),
            paragraph("If you did not choose this in Slack just now, close this page."),
            button(&Button { action, label: "Sign in" }),
        ],
    )
}

/// The browser that came back is not the one that began.
pub fn another_browser(action: &str) -> Page {
    page(
        "This is another browser",
        &[
            paragraph(
                "You began in another browser, or it lost its cookie, as windows within apps do. Nothing was done. Start \
                 again in this one.",
            ),
            button(&Button { action, label: "Start again here" }),
        ],
    )
}

/// The account is linked.
pub fn linked(asker: &SlackUser, identity: &str) -> Page {
    page(
        "Your account is linked",
        &[
            facts(&[("Slack", &in_slack(asker, None)), ("To P0 you are", identity)]),
            paragraph("Go back to Slack: what waits for you is in our direct messages. You can close this page."),
        ],
    )
}

/// The choice goes out.
pub fn proved() -> Page {
    page(
        "You have signed in",
        &[paragraph(
            "Your choice goes to P0 now. Go back to Slack: the card says what comes of it. You can close this page.",
        )],
    )
}

/// Nothing was linked.
pub fn not_bound(why: &NotBound, action: Option<&str>) -> Page {
    let mut parts = vec![paragraph(&unescaped(&wording::linking::not_bound(why)))];
    parts.extend(action.map(|action| button(&Button { action, label: "Try again" })));
    page("Your account was not linked", &parts)
}

/// The choice does not go out yet.
pub fn not_proved(why: &str, action: Option<&str>) -> Page {
    let mut parts = vec![paragraph(why)];
    parts.extend(action.map(|action| button(&Button { action, label: "Sign in again" })));
    page("Nothing was sent to P0", &parts)
}

/// The address is worth nothing any more, or never was.
pub fn over() -> Page {
    page(
        "This page is over",
        &[paragraph(
            "It was used, it is older than 5 minutes, a newer one was asked for, or what it was for is over. If you had come to the end of it, that counted: Slack says so. Otherwise ask for a new one there.",
        )],
    )
}

/// Something did not answer.
pub fn unavailable(action: Option<&str>) -> Page {
    let mut parts = vec![paragraph(
        "Your identity provider, Slack, P0 or the bot's own ledger did not answer, so you have not come to the end. If \
         Slack does not say otherwise, try again in half a minute.",
    )];
    parts.extend(action.map(|action| button(&Button { action, label: "Try again" })));
    page("Not now", &parts)
}

fn in_slack(asker: &SlackUser, email: Option<&Email>) -> String {
    let email = email.map(|email| format!("{email}, ")).unwrap_or_default();
    format!("{email}{} in {}", asker.user, asker.team)
}

fn page(title: &str, parts: &[String]) -> Page {
    let (title, body) = (escaped(title), parts.concat());
    Page {
        html: format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">\
             <style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"
        ),
    }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text))
}

fn facts(rows: &[(&str, &str)]) -> String {
    let rows = rows.iter().fold(String::new(), |mut all, (term, fact)| {
        let _ = write!(all, "<dt>{}</dt><dd>{}</dd>", escaped(term), escaped(fact));
        all
    });
    format!("<dl>{rows}</dl>")
}

fn button(button: &Button<'_>) -> String {
    format!(
        "<form method=\"post\" action=\"{}\"><button type=\"submit\">{}</button></form>",
        escaped(button.action),
        escaped(button.label)
    )
}

/// Our sentences are written for Slack, which escapes these three.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, c| {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::{TeamId, UserId};

    #[test]
    fn what_strangers_wrote_is_text_on_a_page() {
        let asker = SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse("U01ALICE").unwrap() };
        let facts = Facts { principal: Some("<script>alert(1)</script>\"'&".into()), ..Facts::default() };
        let page = prove(&asker, &Choice::Revoke, Some(&facts), "https://login.example.com/\"><b>", "/link/x");
        assert!(!page.html.contains("<script") && !page.html.contains("<b>"), "{}", page.html);
        assert!(page.html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"), "{}", page.html);
    }
}
