//! Mode `tokens`, from a program: it is asked for a person's own bearer token at each of their decisions.

use std::collections::BTreeMap;

use tokio::sync::{Mutex, Semaphore};
use zeroize::Zeroizing;

use super::command::{self, Failure};
use crate::config::Program;
use crate::domain::person::UserId;

/// Programs that run at one time.
const AT_ONCE: usize = 8;

/// Asks the program for people's tokens.
pub(super) struct TokenCommand {
    program: Program,
    /// Held by whoever asks for that person: two answers at once could be two sessions where one is allowed.
    people: BTreeMap<UserId, Mutex<()>>,
    places: Semaphore,
}

impl TokenCommand {
    pub(super) fn new(program: Program, people: impl Iterator<Item = UserId>) -> Self {
        let people = people.map(|user| (user, Mutex::default())).collect();
        Self { program, people, places: Semaphore::new(AT_ONCE) }
    }

    pub(super) fn asks_for(&self, user: &UserId) -> bool {
        self.people.contains_key(user)
    }

    /// What the program prints for them; `None` for people it is not asked for.
    pub(super) async fn token(&self, user: &UserId, identity: &str) -> Option<Result<Zeroizing<String>, Failure>> {
        let _one_for_each = self.people.get(user)?.lock().await;
        let _place = self.places.acquire().await.ok()?;
        Some(command::printed(&self.filled(user, identity)).await)
    }

    /// What is filled in is never looked at again: a name that holds `{user}` stays one.
    fn filled(&self, user: &UserId, identity: &str) -> Program {
        let fill = |argument: &String| {
            let mut filled = String::with_capacity(argument.len() + identity.len());
            let mut rest = argument.as_str();
            while let Some(at) = rest.find('{') {
                filled.push_str(&rest[..at]);
                rest = &rest[at..];
                let (place, by) = [("{user}", user.as_str()), ("{identity}", identity), ("{", "{")]
                    .into_iter()
                    .find(|(place, _)| rest.starts_with(place))
                    .expect("it begins with {");
                filled.push_str(by);
                rest = &rest[place.len()..];
            }
            filled + rest
        };
        Program { arguments: self.program.arguments.iter().map(fill).collect(), ..self.program.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(script: &str, people: &[UserId]) -> TokenCommand {
        let arguments = vec!["-c".to_owned(), script.to_owned(), "{user}".to_owned()];
        let within = std::time::Duration::from_secs(60);
        TokenCommand::new(Program { name: "/bin/sh".into(), arguments, within }, people.iter().cloned())
    }

    #[tokio::test]
    async fn one_runs_for_each_person_and_eight_at_one_time() {
        let people: Vec<UserId> = (0..=AT_ONCE).map(|at| UserId::parse(&format!("U{at}")).unwrap()).collect();
        let command = asking("sleep 600", &people);
        let mut first = Box::pin(command.token(&people[0], "a"));
        let mut second = Box::pin(command.token(&people[0], "a"));
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        assert_eq!(command.places.available_permits(), AT_ONCE - 1);
        let mut others: Vec<_> = people[1..].iter().map(|user| Box::pin(command.token(user, "a"))).collect();
        for other in &mut others {
            assert!(futures_util::poll!(other).is_pending());
        }
        assert_eq!(command.places.available_permits(), 0);
        // Whoever gives up makes place, and their program is ended.
        drop(first);
        assert!(futures_util::poll!(&mut others[AT_ONCE - 1]).is_pending());
        assert_eq!(command.places.available_permits(), 0);
        drop(others);
        assert_eq!(command.places.available_permits(), AT_ONCE);
    }

    #[test]
    fn people_are_filled_in_as_whole_arguments_or_parts_and_read_by_no_shell() {
        let arguments = ["{identity}", "secret/{user}/{identity}.json", "{\"a\": \"{}\"}", "{", "{use"];
        let program = Program {
            name: "prog".into(),
            arguments: arguments.map(str::to_owned).to_vec(),
            within: std::time::Duration::from_secs(5),
        };
        let user = UserId::parse("U01ALICE").unwrap();
        let command = TokenCommand::new(program, [user.clone()].into_iter());
        let odd = "$(id); {user} 'x'";
        let expected = [odd, "secret/U01ALICE/$(id); {user} 'x'.json", "{\"a\": \"{}\"}", "{", "{use"];
        assert_eq!(command.filled(&user, odd).arguments, expected);
    }
}
