//! What opens, what does not, and what is kept up with.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;
use crate::domain::person::{SlackUser, TeamId, UserId};

fn key(seed: u8) -> String {
    (0..32).map(|at| format!("{:02x}", at ^ seed)).collect()
}

fn stated(seeds: &[u8]) -> VaultKeys {
    let lines: Vec<String> = seeds.iter().map(|seed| key(*seed)).collect();
    VaultKeys::Stated(VaultKey::parse_lines(&lines.join("\n")).unwrap())
}

async fn vault(seeds: &[u8]) -> Vault {
    Vault::open(&stated(seeds)).await.unwrap()
}

fn person(user: &str) -> SlackUser {
    SlackUser { team: TeamId::parse("T01ACME").unwrap(), user: UserId::parse(user).unwrap() }
}

fn alice() -> Owner {
    Owner::link(7, "https://login.example.com", "00u1", &person("U01ALICE"))
}

#[tokio::test]
async fn what_is_sealed_opens_for_its_owner_and_is_never_sealed_twice_alike() {
    let vault = vault(&[1]).await;
    let (one, other) = (vault.seal(&alice(), b"the tokens").unwrap(), vault.seal(&alice(), b"the tokens").unwrap());
    assert_ne!(one, other);
    assert!(one.starts_with(&format!("v1.{}.", vault.current())), "{one}");
    assert_eq!(vault.unseal(&alice(), &one).unwrap().as_slice(), b"the tokens");
    let empty = vault.seal(&alice(), b"").unwrap();
    assert!(vault.unseal(&alice(), &empty).unwrap().is_empty());
}

#[tokio::test]
async fn a_record_that_was_moved_to_another_row_does_not_open() {
    let vault = vault(&[1]).await;
    let sealed = vault.seal(&alice(), b"the tokens").unwrap();
    let issuer = "https://login.example.com";
    let mut elsewhere = person("U01ALICE");
    elsewhere.team = TeamId::parse("T02OTHER").unwrap();
    for other in [
        Owner::link(8, issuer, "00u1", &person("U01ALICE")),
        Owner::link(7, "https://login.example.com/", "00u1", &person("U01ALICE")),
        Owner::link(7, issuer, "00u2", &person("U01ALICE")),
        Owner::link(7, issuer, "00u1", &person("U02BOB")),
        Owner::link(7, issuer, "00u1", &elsewhere),
        Owner::sign_in(7, &person("U01ALICE")),
    ] {
        assert_eq!(vault.unseal(&other, &sealed).unwrap_err(), Unsealable::NotOwners, "{other:?}");
    }
}

#[test]
fn no_two_owners_are_written_alike() {
    let by = person("U01ALICE");
    assert_ne!(Owner::link(1, "a", "b\",\"c", &by), Owner::link(1, "a\",\"b", "c", &by));
    assert_ne!(Owner::link(1, "a,", "b", &by), Owner::link(1, "a", ",b", &by));
    assert_ne!(Owner::link(1, "", "ab", &by), Owner::link(1, "ab", "", &by));
}

#[tokio::test]
async fn every_changed_character_is_noticed() {
    let vault = vault(&[1]).await;
    let sealed = vault.seal(&alice(), b"the tokens").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        let error = vault.unseal(&alice(), &changed).expect_err(&changed);
        let is_of_the_key_id = (3..19).contains(&at);
        assert_eq!(matches!(error, Unsealable::KeyNotHeld(_)), is_of_the_key_id, "{changed}");
    }
    for cut in 0..sealed.len() {
        assert!(vault.unseal(&alice(), &sealed[..cut]).is_err(), "{cut}");
    }
    for odd in ["", "v1", "v1..", "v1.0123456789abcdef.", "v1.0123456789ABCDEF.AAAA", &sealed.replace("v1.", "v2.")] {
        assert!(vault.unseal(&alice(), odd).is_err(), "{odd}");
    }
}

#[tokio::test]
async fn older_keys_open_and_a_missing_one_is_named() {
    let (old, both, new) = (vault(&[1]).await, vault(&[2, 1, 2]).await, vault(&[2]).await);
    let sealed = old.seal(&alice(), b"the tokens").unwrap();
    assert_eq!(both.key_ids(), [new.current(), old.current()]);
    assert!(both.unseal(&alice(), &sealed).is_ok() && both.holds(&old.current()) && !new.holds(&old.current()));
    let error = new.unseal(&alice(), &sealed).unwrap_err();
    assert_eq!(error.to_string(), format!("sealed with a key that is not here: {}", old.current()));
    assert!(both.seal(&alice(), b"x").unwrap().starts_with(&format!("v1.{}.", new.current())));
}

#[test]
fn a_key_id_stays_what_it_is() {
    let VaultKeys::Stated(keys) = stated(&[0]) else { unreachable!() };
    assert_eq!(KeyId::of(&keys[0]).to_string(), "bae64a32bf4307e8");
}

#[tokio::test]
async fn what_was_sealed_once_opens_for_ever() {
    // Made with another implementation (PyCryptodome), key and nonce being 0, 1, 2 …
    let sealed = "v1.bae64a32bf4307e8.AAECAwQFBgcICQoLDA0ODxAREhMUFRYX6qpqX-S95stdN1BQzilgGLlcuSzEUpYxyos";
    assert_eq!(vault(&[0]).await.unseal(&alice(), sealed).unwrap().as_slice(), b"the tokens");
}

struct KeyFile(PathBuf);

impl KeyFile {
    fn new(text: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("p0-chatops-keys-{:x}", rand::random::<u64>())));
        file.write(text, 0o600);
        file
    }

    fn write(&self, text: &str, mode: u32) {
        // In another file's place, as whoever changes it does.
        let new = self.0.with_extension("new");
        std::fs::write(&new, text).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::rename(new, &self.0).unwrap();
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_key_file_is_read_anew_before_a_seal_and_where_a_key_is_unknown() {
    let file = KeyFile::new(&key(1));
    let running = Vault::open(&VaultKeys::File(file.0.clone())).await.unwrap();
    let before = running.seal(&alice(), b"the tokens").unwrap();
    file.write(&format!("{}\n{}\n", key(2), key(1)), 0o640);
    let beside = Vault::open(&VaultKeys::File(file.0.clone())).await.unwrap();
    let after = beside.seal(&alice(), b"the tokens").unwrap();
    assert!(running.unseal(&alice(), &after).is_ok() && running.unseal(&alice(), &before).is_ok());
    file.write(&format!("{}\n{}\n{}\n", key(3), key(2), key(1)), 0o600);
    assert!(running.seal(&alice(), b"x").unwrap().starts_with(&format!("v1.{}.", vault(&[3]).await.current())));
}

#[tokio::test]
async fn a_key_file_that_cannot_be_used_any_more_takes_no_key_away() {
    let file = KeyFile::new(&key(1));
    let running = Vault::open(&VaultKeys::File(file.0.clone())).await.unwrap();
    let held = running.current();
    for (text, mode) in [("", 0o600), ("half a k", 0o600), (key(2).as_str(), 0o604)] {
        file.write(text, mode);
        assert_eq!(running.current(), held, "{text}");
    }
    std::fs::remove_file(&file.0).unwrap();
    assert_eq!(running.current(), held);
    file.write(&key(2), 0o600);
    assert_ne!(running.current(), held);
}

#[test]
fn of_two_who_change_a_key_file_at_once_one_is_refused_and_no_key_is_lost() {
    let file = KeyFile::new(&key(1));
    let shown = file.0.canonicalize().unwrap().display().to_string();
    let refused = |done: Result<(), ConfigError>| done.unwrap_err().to_string().replace(&shown, "FILE");
    let add = |keys: Vec<VaultKey>| [vec![VaultKey::random()], keys].concat();
    let mut inner = None;
    let outer = key_file::rewrite(&file.0, |keys| {
        inner = Some(key_file::rewrite(&file.0, add));
        add(keys)
    });
    outer.unwrap();
    assert_eq!(refused(inner.unwrap()), "vault.key_file: FILE is being changed by another p0-chatops vault");
    // An editor takes no lock.
    let edited = key_file::rewrite(&file.0, |keys| {
        file.write(&format!("{}\n{}\n", key(2), key(1)), 0o600);
        add(keys)
    });
    assert_eq!(refused(edited), "vault.key_file: FILE has just been changed: run this again");
    assert_eq!(std::fs::read_to_string(&file.0).unwrap(), format!("{}\n{}\n", key(2), key(1)));
}

#[tokio::test]
async fn keys_that_cannot_be_had_name_the_setting_and_what_to_do() {
    let file = KeyFile::new(&key(1));
    let shown = file.0.display().to_string();
    let open = async || match Vault::open(&VaultKeys::File(file.0.clone())).await {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string().replace(&shown, "FILE"),
    };
    file.write(&key(1), 0o644);
    assert_eq!(open().await, "vault.key_file: FILE cannot be used: others can read or write it (chmod o-rwx)");
    file.write(&key(1), 0o660);
    assert_eq!(open().await, "vault.key_file: FILE cannot be used: its group can write it (chmod g-w)");
    file.write(&format!("{}\n{}", key(1), "k".repeat(64)), 0o600);
    assert_eq!(open().await, "vault.key_file: FILE key 2: is no key: 32 bytes in base64, or 64 hexadecimal digits");
    file.write(&"\n".repeat(16 * 1024 + 1), 0o600);
    assert_eq!(open().await, "vault.key_file: FILE cannot be used: it is larger than 16 KiB");
    std::fs::remove_file(&file.0).unwrap();
    assert_eq!(open().await, "vault.key_file: FILE cannot be used: it is not there");
}

#[tokio::test]
async fn a_program_may_print_the_keys() {
    let printing = |script: &str| {
        VaultKeys::Command(crate::config::Program {
            name: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            within: std::time::Duration::from_secs(60),
        })
    };
    let vault = Vault::open(&printing(&format!("echo {}; echo {}", key(2), key(1)))).await.unwrap();
    assert_eq!(vault.key_ids().len(), 2);
    for (script, line) in [
        ("exit 4", "vault.key_command: it ended with exit code 4"),
        (
            "echo the-secret-itself",
            "vault.key_command: what it prints is no key: 32 bytes in base64, or 64 hexadecimal digits",
        ),
    ] {
        assert_eq!(Vault::open(&printing(script)).await.err().unwrap().to_string(), line);
    }
}
