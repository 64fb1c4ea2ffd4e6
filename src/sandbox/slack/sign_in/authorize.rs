//! The page on which somebody says who they are. Nothing happens before a button is pressed.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use url::{Url, form_urlencoded};

use super::{Grant, SCOPES};
use crate::sandbox::slack::server::Service;
use crate::sandbox::slack::setup::Person;
use crate::sandbox::slack::state::{Workspace, new_secret};

/// `GET /openid/connect/authorize`: a button for each person.
pub(in crate::sandbox::slack) async fn ask(State(service): State<Service>, RawQuery(query): RawQuery) -> Response {
    let page = service.shared.look(|slack| Asked::read(slack, query.as_deref()).map(|asked| slack.page(&asked)));
    match page {
        Ok(page) => Html(page).into_response(),
        Err(why) => oops(why),
    }
}

/// The same address, posted to by a button: the browser goes back to the app, with a code if somebody signed in.
pub(in crate::sandbox::slack) async fn decide(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let back = service.shared.change(|slack| {
        let asked = Asked::read(slack, query.as_deref())?;
        let field = |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, value)| value);
        match field("who") {
            Some(who) => slack.sign_in_as(asked, &who),
            None => Ok(asked.back("error", "access_denied")),
        }
    });
    match back {
        Ok(back) => (StatusCode::FOUND, [(LOCATION, String::from(back))]).into_response(),
        Err(why) => oops(why),
    }
}

/// What the app asked for, checked.
struct Asked {
    redirect_uri: Url,
    /// As it was written: the app has to say it again.
    redirect_uri_text: String,
    scopes: Vec<String>,
    state: Option<String>,
    nonce: Option<String>,
    /// In which workspace the person is wanted.
    team: Option<String>,
}

impl Asked {
    /// Whatever is wrong here is told to the person: an address that is not the app's is not gone to.
    fn read(slack: &Workspace, query: Option<&str>) -> Result<Self, &'static str> {
        let query = query.unwrap_or_default().as_bytes();
        let field = |name: &str| {
            let found = form_urlencoded::parse(query).find(|(key, _)| key == name);
            found.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty())
        };
        if field("client_id").as_ref() != Some(&slack.setup.client_id) {
            return Err("invalid_client_id");
        }
        let redirect_uri_text = field("redirect_uri").ok_or("bad_redirect_uri")?;
        if !slack.setup.redirect_urls.contains(&redirect_uri_text) {
            return Err("bad_redirect_uri");
        }
        let redirect_uri = Url::parse(&redirect_uri_text).map_err(|_| "bad_redirect_uri")?;
        if field("response_type").as_deref() != Some("code") {
            return Err("unsupported_response_type");
        }
        let asked = field("scope").unwrap_or_default();
        let scopes: Vec<String> = asked.split([' ', ',']).map(str::to_owned).collect();
        let known = |scope: &String| SCOPES.contains(&scope.as_str());
        if !scopes.iter().all(known) || !scopes.iter().any(|scope| scope == "openid") {
            return Err("invalid_scope");
        }
        let (state, nonce, team) = (field("state"), field("nonce"), field("team"));
        Ok(Self { redirect_uri, redirect_uri_text, scopes, state, nonce, team })
    }

    /// Where the browser goes, with this and the app's own `state`.
    fn back(&self, name: &str, value: &str) -> Url {
        let mut back = self.redirect_uri.clone();
        back.query_pairs_mut().append_pair(name, value);
        if let Some(state) = &self.state {
            back.query_pairs_mut().append_pair("state", state);
        }
        back
    }
}

impl Workspace {
    /// `who` is a team and a user, `T…/U…`. In this workspace that is one of its people, in another one anybody.
    fn sign_in_as(&mut self, asked: Asked, who: &str) -> Result<Url, &'static str> {
        let (team, user) = who.split_once('/').ok_or("nobody")?;
        let known = self.person(user);
        let person = match known.filter(|person| self.home_team(person) == team) {
            Some(person) if may_sign_in(person) => person.clone(),
            Some(_) => return Err("this account is deactivated, or a bot's"),
            None if team == self.setup.team_id => return Err("there is no such person"),
            None => known.cloned().unwrap_or_else(|| Person::new(user, &user.to_lowercase())),
        };
        let now = self.setup.clock.now();
        self.sign_in.grants.retain(|_, grant| !grant.is_old(now));
        let code = new_secret();
        let back = asked.back("code", &code);
        let grant = Grant {
            person,
            team: team.to_owned(),
            scopes: asked.scopes,
            nonce: asked.nonce,
            redirect_uri: asked.redirect_uri_text,
            issued: now,
        };
        self.sign_in.grants.insert(code, grant);
        Ok(back)
    }

    fn page(&self, asked: &Asked) -> String {
        let buttons: String = self
            .setup
            .people
            .iter()
            .filter(|person| may_sign_in(person))
            .map(|person| (self.home_team(person), person))
            .filter(|(team, _)| asked.team.as_deref().is_none_or(|wanted| wanted == *team))
            .map(|(team, person)| {
                let (who, name) = (value_of(team, &person.id), escaped(&person.real_name));
                format!("<button name=\"who\" {who}>{name} <small>{}</small></button>", escaped(team))
            })
            .collect();
        let form = format!("<form method=\"post\">{buttons}<button>Cancel</button></form>");
        let title = format!("Sign in to {}", escaped(&self.setup.team_domain));
        page(&title, &format!("<p>This stands in for Slack's own page. Who are you?</p>\n{form}"))
    }
}

/// The attribute of a person's button by which it is told from others.
pub(super) fn value_of(team: &str, user: &str) -> String {
    format!("value=\"{}\"", escaped(&format!("{team}/{user}")))
}

fn may_sign_in(person: &Person) -> bool {
    !person.deleted && !person.is_bot
}

fn oops(why: &str) -> Response {
    let page = page("Oops!", &format!("<p>This stands in for Slack's own page. {why}</p>"));
    (StatusCode::BAD_REQUEST, Html(page)).into_response()
}

/// One column, large buttons, no script. A browser is spared the question for an icon.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n<main><h1>{title}</h1>\n{body}</main>\n</html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { margin: 0; border-top: .5rem solid #611f69 }
main { margin: 0 auto; max-width: 26rem; padding: 1.5rem 1rem }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 1rem }
button { box-sizing: border-box; width: 100%; min-height: 3.25rem; margin: 0 0 .75rem; padding: .5rem 1rem; font: inherit; \
text-align: start; background: Canvas; color: CanvasText; border: 1px solid GrayText; border-radius: .625rem }
small { display: block; color: color-mix(in srgb, CanvasText 70%, Canvas) }";
