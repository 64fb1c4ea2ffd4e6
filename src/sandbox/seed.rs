//! The file of `--seed`: who is in the sandbox and what they ask for. It is read strictly: what cannot be meant is
//! refused with where it stands and what to do.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::p0::{DisplayRow, DurationOption, RequestSeed, Unit};
use crate::config::{ConfigError, assumed_lengths};
use crate::domain::expiration::ExpirationLength;
use crate::domain::person::UserId;
use crate::domain::request::RequestId;

/// What the sandbox starts with by itself.
const BUILT_IN: &str = include_str!("../../manifest/sandbox-seed.toml");
/// Levels of the on-call policy.
const MOST_LEVELS: u32 = 9;
/// The bot's own id in the stand-in.
const THE_BOT: &str = "U0BOT";

/// A file that was read and found sound.
#[derive(Clone, Debug)]
pub(super) struct Seed {
    pub(super) people: Vec<Person>,
    pub(super) requests: Vec<RequestSeed>,
    pub(super) durations: Durations,
    /// Whether it is the one that the program brings, whose people the stories name.
    pub(super) is_built_in: bool,
}

/// Somebody in Slack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// `U…` or `W…`.
    pub(super) id: String,
    /// As Slack shows it.
    pub(super) name: String,
    /// Who they are to P0; people of another company have none.
    pub(super) email: Option<String>,
    pub(super) role: Role,
    /// Whether they get a direct message about each request.
    #[serde(default)]
    pub(super) dm: bool,
    /// Whether they may change P0's settings.
    #[serde(default)]
    pub(super) admin: bool,
    /// On which level they are on call when the sandbox starts; the first is 1.
    pub(super) on_call: Option<u32>,
    /// What the page says about them, where it is not what their role says.
    pub(super) what: Option<String>,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    Approver,
    Requester,
    Guest,
    OtherCompany,
    Deactivated,
}

/// The section of the settings file, which checks it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Durations {
    presets: Option<Vec<String>>,
    default: Option<String>,
    maximum: Option<String>,
}

impl Durations {
    /// The same as P0 has them: what is not stated is what the bot offers by itself, and what makes no sense is left
    /// out, for the settings refuse it.
    pub(super) fn at_p0(&self) -> (Vec<DurationOption>, DurationOption) {
        let assumed = assumed_lengths();
        let read = |text: &String| text.parse::<ExpirationLength>().ok();
        let presets = self.presets.as_ref().map(|texts| texts.iter().filter_map(read).collect());
        let presets: Vec<_> = presets.unwrap_or_else(|| assumed.presets.iter().map(|preset| preset.length).collect());
        let maximum = self.maximum.as_ref().and_then(read).unwrap_or(assumed.maximum);
        (presets.into_iter().map(option).collect(), option(maximum))
    }
}

fn option(length: ExpirationLength) -> DurationOption {
    match (length.minutes(), length.minutes() % 60) {
        (minutes, 0) => DurationOption::new(minutes / 60, Unit::Hours),
        (minutes, _) => DurationOption::new(minutes, Unit::Minutes),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    person: Vec<Person>,
    #[serde(default)]
    request: Vec<Request>,
    #[serde(default)]
    durations: Durations,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    id: Option<String>,
    r#type: String,
    access: String,
    requestor: String,
    principal: Option<String>,
    reason: Option<String>,
    duration: Option<String>,
    #[serde(default)]
    rows: Vec<(String, String)>,
    #[serde(default)]
    permission: toml::Table,
    approvers: Option<Vec<String>>,
}

impl Seed {
    /// The people and requests that need no file.
    ///
    /// # Errors
    /// None, unless the program was built with a file that is at fault.
    pub(super) fn built_in() -> Result<Self, ConfigError> {
        Ok(Self { is_built_in: true, ..Self::parse("manifest/sandbox-seed.toml", BUILT_IN)? })
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read, and what of it cannot be meant.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::new(format!("--seed {name}"), format!("cannot be read: {error}")))?;
        Self::parse(&name, &text)
    }

    pub(super) fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text[..start].matches('\n').count() + 1;
            // The words of the library, in ours.
            let problem = [
                ("unknown field", "unknown key"),
                ("missing field", "missing key"),
                ("unknown variant", "unknown word"),
            ]
            .iter()
            .fold(error.message().to_owned(), |text, (theirs, ours)| text.replacen(theirs, ours, 1));
            ConfigError::new(format!("{name}, line {line}"), problem)
        })?;
        let at = |place: &str| format!("{name}, {place}");
        check_people(&file.person, &at)?;
        let requests = check_requests(file.request, &file.person, &at)?;
        Ok(Self { people: file.person, requests, durations: file.durations, is_built_in: false })
    }
}

impl Role {
    /// What the page says about somebody of this role.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Approver => "approver",
            Self::Requester => "requester",
            Self::Guest => "a guest: may not decide",
            Self::OtherCompany => "from another company",
            Self::Deactivated => "has left",
        }
    }
}

fn check_people(people: &[Person], at: &impl Fn(&str) -> String) -> Result<(), ConfigError> {
    let (mut ids, mut emails, mut levels) = (BTreeSet::from([THE_BOT]), BTreeSet::new(), BTreeSet::new());
    for (number, person) in (1..).zip(people) {
        let refuse =
            |key: &str, problem: String| Err(ConfigError::new(at(&format!("person {number}, {key}")), problem));
        if UserId::parse(&person.id).is_none() {
            let problem = format!("{:?} is no Slack id: write U and then capital letters and digits", person.id);
            return refuse("id", problem);
        }
        if !ids.insert(&person.id) {
            return refuse("id", format!("{} is taken: give everybody an id of their own", person.id));
        }
        if person.name.trim().is_empty() {
            return refuse("name", "is empty: write the name that Slack shows".to_owned());
        }
        match (&person.email, person.role) {
            (None, Role::OtherCompany) => {}
            (Some(_), Role::OtherCompany) => {
                let problem = "is of no use: Slack does not tell the addresses of another company. Take it away";
                return refuse("email", problem.to_owned());
            }
            (None, _) => return refuse("email", format!("is missing: say who {} is to P0", person.name)),
            (Some(email), _) if !is_address(email) => {
                return refuse("email", format!("{email:?} is no address: write one as alice@example.com"));
            }
            (Some(email), _) if !emails.insert(email.to_lowercase()) => {
                return refuse("email", format!("{email} is taken: give everybody an address of their own"));
            }
            _ => {}
        }
        if person.dm && matches!(person.role, Role::OtherCompany | Role::Deactivated) {
            return refuse("dm", format!("{} may not decide, so nothing is sent to them: take it away", person.name));
        }
        if let Some(level) = person.on_call {
            if !(1..=MOST_LEVELS).contains(&level) {
                return refuse("on_call", format!("{level} is no level: write 1 to {MOST_LEVELS}"));
            }
            if person.role != Role::Approver {
                return refuse("on_call", format!("{} decides nothing: take it away", person.name));
            }
            if !levels.insert(level) {
                return refuse("on_call", format!("somebody else is on level {level}: each level has one person"));
            }
        }
        if person.admin && matches!(person.role, Role::OtherCompany | Role::Deactivated) {
            return refuse("admin", format!("{} may change no settings: take it away", person.name));
        }
    }
    if let Some(level) = (1..).zip(&levels).find(|(level, has)| level != *has).map(|(level, _)| level) {
        return Err(ConfigError::new(
            at("on_call"),
            format!("nobody is on level {level}, and somebody on a later one"),
        ));
    }
    if people.iter().any(|person| person.role == Role::Approver) {
        return Ok(());
    }
    Err(ConfigError::new(at("person"), "nobody could decide: give one [[person]] role = \"approver\""))
}

fn check_requests(
    requests: Vec<Request>,
    people: &[Person],
    at: &impl Fn(&str) -> String,
) -> Result<Vec<RequestSeed>, ConfigError> {
    let known = |email: &str| people.iter().any(|person| person.email.as_deref() == Some(email));
    let nobody = |email: &str| format!("{email:?} is the e-mail of nobody here: name somebody's, or add a [[person]]");
    let approvers = || people.iter().filter(|person| person.role == Role::Approver);
    let everybody: Vec<String> = approvers().filter_map(|person| person.email.clone()).collect();
    let mut ids = BTreeSet::new();
    let mut sound = Vec::with_capacity(requests.len());
    for (number, request) in (1..).zip(requests) {
        let refuse =
            |key: &str, problem: String| Err(ConfigError::new(at(&format!("request {number}, {key}")), problem));
        if let Some(id) = &request.id {
            if let Err(error) = RequestId::parse(id) {
                return refuse("id", format!("{id:?}: {error}"));
            }
            if !ids.insert(id.clone()) {
                return refuse("id", format!("{id} is taken: give each request an id of its own"));
            }
        }
        if !known(&request.requestor) {
            return refuse("requestor", nobody(&request.requestor));
        }
        if let Some(stranger) = request.approvers.iter().flatten().find(|email| !known(email)) {
            return refuse("approvers", nobody(stranger));
        }
        let Ok(permission) = serde_json::to_value(&request.permission) else {
            return refuse("permission", "cannot be told in JSON".to_owned());
        };
        sound.push(RequestSeed {
            id: request.id,
            r#type: request.r#type,
            access: request.access,
            permission,
            principal: request.principal.unwrap_or_else(|| request.requestor.clone()),
            requestor: request.requestor,
            reason: request.reason,
            duration: request.duration,
            rows: request.rows.iter().map(|(label, content)| DisplayRow::new(label, content)).collect(),
            approvers: Some(request.approvers.unwrap_or_else(|| everybody.clone())),
        });
    }
    Ok(sound)
}

fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str =
        "[[person]]\nid = \"U01ALICE\"\nname = \"Alice\"\nemail = \"alice@example.com\"\nrole = \"approver\"\n";
    const REQUEST: &str = "[[request]]\ntype = \"aws\"\naccess = \"role\"\nrequestor = \"alice@example.com\"\n";

    fn refusal(text: &str) -> String {
        Seed::parse("team.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_people_and_requests_are_sound() {
        let seed = Seed::built_in().unwrap();
        let has = |role| seed.people.iter().any(|person| person.role == role);
        for role in [Role::Approver, Role::Requester, Role::Guest, Role::OtherCompany, Role::Deactivated] {
            assert!(has(role), "{role:?}");
        }
        assert!(seed.people.iter().any(|person| person.dm));
        let approvers = seed.people.iter().filter(|person| person.role == Role::Approver).count();
        let for_all = seed.requests.iter().filter(|request| request.approvers.as_ref().unwrap().len() == approvers);
        assert!(for_all.count() >= 3, "whoever is on the page can decide something");
    }

    #[test]
    fn a_small_file_is_enough() {
        let seed = Seed::parse("team.toml", &format!("{ALICE}{REQUEST}rows = [[\"Role\", \"Admin\"]]")).unwrap();
        let request = &seed.requests[0];
        assert_eq!((request.principal.as_str(), &request.id), ("alice@example.com", &None));
        assert_eq!(request.approvers.as_deref(), Some(&["alice@example.com".to_owned()][..]));
        assert_eq!((request.rows[0].label.as_str(), request.rows[0].content.as_str()), ("Role", "Admin"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_where_it_stands_and_what_to_do() {
        let with = |from: &str, to: &str| refusal(&ALICE.replacen(from, to, 1));
        insta::assert_snapshot!(
            [
                with("name =", "nmae ="),
                with("\"approver\"", "\"boss\""),
                with("[[person]]", "[[person]"),
                with("id = \"U01ALICE\"\n", ""),
                with("U01ALICE", "alice"),
                with("U01ALICE", "U0BOT"),
                with("\"Alice\"", "\" \""),
                with("email = \"alice@example.com\"\n", ""),
                with("alice@example.com", "alice"),
                with("approver", "other-company"),
                with("approver", "requester"),
                with("role = \"approver\"", "role = \"deactivated\"\ndm = true"),
                with("role = \"approver\"", "role = \"deactivated\"\nadmin = true"),
                with("role = \"approver\"", "role = \"approver\"\non_call = 0"),
                with("role = \"approver\"", "role = \"approver\"\non_call = 2"),
                refusal(&format!("{ALICE}{ALICE}")),
                refusal(&format!("{ALICE}{}", ALICE.replace("U01ALICE", "U02"))),
                refusal(&format!("{ALICE}{}", REQUEST.replace("alice", "rita"))),
                refusal(&format!("{ALICE}{REQUEST}approvers = [\"bob@example.com\"]")),
                refusal(&format!("{ALICE}{REQUEST}id = \"a b\"")),
                refusal(&format!("{ALICE}{REQUEST}id = \"a\"\n{REQUEST}id = \"a\"")),
                refusal(&format!("{ALICE}{REQUEST}row = []")),
                Seed::read(Path::new("nowhere.toml")).unwrap_err().to_string(),
            ]
            .join("\n"),
            @r#"
        team.toml, line 3: unknown key `nmae`, expected one of `id`, `name`, `email`, `role`, `dm`, `admin`, `on_call`, `what`
        team.toml, line 5: unknown word `boss`, expected one of `approver`, `requester`, `guest`, `other-company`, `deactivated`
        team.toml, line 1: unclosed array table, expected `]`
        team.toml, line 1: missing key `id`
        team.toml, person 1, id: "alice" is no Slack id: write U and then capital letters and digits
        team.toml, person 1, id: U0BOT is taken: give everybody an id of their own
        team.toml, person 1, name: is empty: write the name that Slack shows
        team.toml, person 1, email: is missing: say who Alice is to P0
        team.toml, person 1, email: "alice" is no address: write one as alice@example.com
        team.toml, person 1, email: is of no use: Slack does not tell the addresses of another company. Take it away
        team.toml, person: nobody could decide: give one [[person]] role = "approver"
        team.toml, person 1, dm: Alice may not decide, so nothing is sent to them: take it away
        team.toml, person 1, admin: Alice may change no settings: take it away
        team.toml, person 1, on_call: 0 is no level: write 1 to 9
        team.toml, on_call: nobody is on level 1, and somebody on a later one
        team.toml, person 2, id: U01ALICE is taken: give everybody an id of their own
        team.toml, person 2, email: alice@example.com is taken: give everybody an address of their own
        team.toml, request 1, requestor: "rita@example.com" is the e-mail of nobody here: name somebody's, or add a [[person]]
        team.toml, request 1, approvers: "bob@example.com" is the e-mail of nobody here: name somebody's, or add a [[person]]
        team.toml, request 1, id: "a b": a request id has 1 to 200 characters, without spaces and slashes
        team.toml, request 2, id: a is taken: give each request an id of its own
        team.toml, line 10: unknown key `row`, expected one of `id`, `type`, `access`, `requestor`, `principal`, `reason`, `duration`, `rows`, `permission`, `approvers`
        --seed nowhere.toml: cannot be read: No such file or directory (os error 2)
        "#
        );
    }
}
