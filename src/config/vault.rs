//! The keys that seal what the bot keeps of people's tokens: where they come from, and what a key looks like.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use rand::TryRng as _;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use super::ConfigError;
use super::program::{Program, program};
use super::raw::{OneOrMore, RawVault};
use super::settings::Identity;
use super::values::Checked;

/// The longest time that `vault.key_command` may take.
const LONGEST_COMMAND: Duration = Duration::from_secs(60);

const KEY: &str = "vault.key";
const KEY_FILE: &str = "vault.key_file";
const KEY_COMMAND: &str = "vault.key_command";

/// Where the keys come from. The first of several seals; the others only open.
#[derive(Clone, Debug)]
pub enum VaultKeys {
    /// From the settings or the environment.
    Stated(Vec<VaultKey>),
    /// From a file, one a line, which is read anew when it changes.
    File(PathBuf),
    /// From what a program prints, one a line; it is run at the start.
    Command(Program),
}

impl VaultKeys {
    /// The setting that they come from.
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Stated(_) => KEY,
            Self::File(_) => KEY_FILE,
            Self::Command(_) => KEY_COMMAND,
        }
    }
}

/// A key of 32 bytes: zeroed when it is dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultKey(Zeroizing<[u8; Self::BYTES]>);

impl VaultKey {
    /// Its length.
    pub const BYTES: usize = 32;

    /// Wraps a key's bytes; `None` where they are all the same, as nobody's random key is.
    pub fn new(bytes: Zeroizing<[u8; Self::BYTES]>) -> Option<Self> {
        let first = bytes[0];
        bytes.iter().any(|byte| *byte != first).then_some(Self(bytes))
    }

    /// Reads keys, one a line: 32 bytes in base64 or 64 hexadecimal digits each.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be used, never what it says; also where there is none.
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, String> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return Err("is empty: make a key with `p0-chatops vault new-key`".to_owned());
        }
        let many = lines.len() > 1;
        let numbered = |(at, line): (usize, &str)| {
            Self::parse(line)
                .map_err(|problem| if many { format!("key {}: {problem}", at + 1) } else { problem.into() })
        };
        lines.into_iter().enumerate().map(numbered).collect()
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains("replace-with-") {
            return Err("is the example's placeholder: make a key with `p0-chatops vault new-key`");
        }
        let bytes = from_hex(text).or_else(|| from_base64(text));
        let bytes = bytes.ok_or("is no key: 32 bytes in base64, or 64 hexadecimal digits")?;
        Self::new(bytes).ok_or("is one byte over and over: that is no secret")
    }

    /// A new key, of the system's own chance.
    ///
    /// # Panics
    /// Where the system has none to give.
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; Self::BYTES]);
        SysRng.try_fill_bytes(bytes.as_mut_slice()).expect("the system gives random bytes");
        Self(bytes)
    }

    /// As [`VaultKey::parse_lines`] reads it.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.0.as_slice()))
    }

    /// The bytes, for the cipher.
    pub fn expose(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(…)")
    }
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; VaultKey::BYTES]>> {
    let mut bytes = Zeroizing::new([0; VaultKey::BYTES]);
    if text.len() != 2 * bytes.len() || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}

fn from_base64(text: &str) -> Option<Zeroizing<[u8; VaultKey::BYTES]>> {
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let padding = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let mut bytes = Zeroizing::new([0; VaultKey::BYTES]);
    let read = GeneralPurpose::new(&alphabet, padding).decode_slice(text, bytes.as_mut_slice()).ok()?;
    (read == VaultKey::BYTES).then_some(bytes)
}

/// Where the keys come from; `mode` is that of people's identities, which may keep tokens.
pub(super) fn check(raw: RawVault, mode: &Identity, folder: &Path) -> Checked<Option<VaultKeys>> {
    let keys = given(raw, folder)?;
    if keys.is_none() && mode.linked().is_some() {
        let missing = "is missing: people's tokens are sealed with it: make one with `p0-chatops vault new-key`";
        return Err(ConfigError::new(KEY, missing));
    }
    Ok(keys)
}

fn given(raw: RawVault, folder: &Path) -> Checked<Option<VaultKeys>> {
    let given =
        [(KEY, raw.key.is_some()), (KEY_FILE, raw.key_file.is_some()), (KEY_COMMAND, raw.key_command.is_some())];
    let mut given = given.iter().filter(|(_, is)| *is).map(|(key, _)| key);
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        return Err(ConfigError::new(*second, format!("contradicts {first}: set one of them")));
    }
    if let Some(argv) = raw.key_command {
        let within = raw.key_command_within.as_deref().unwrap_or("10s");
        return program(KEY_COMMAND, argv, within, LONGEST_COMMAND, folder)
            .map(|program| Some(VaultKeys::Command(program)));
    }
    if let Some(file) = raw.key_file {
        return Ok(Some(VaultKeys::File(folder.join(file))));
    }
    let Some(key) = raw.key else { return Ok(None) };
    let texts = match key {
        OneOrMore::One(text) => vec![text],
        OneOrMore::More(texts) => texts,
    };
    let text = Zeroizing::new(texts.iter().map(|text| text.expose()).collect::<Vec<_>>().join("\n"));
    let keys = VaultKey::parse_lines(&text).map_err(|problem| ConfigError::new(KEY, problem))?;
    Ok(Some(VaultKeys::Stated(keys)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 bytes: 0, 1, 2 …
    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn refused(text: &str) -> String {
        VaultKey::parse_lines(text).expect_err("refused")
    }

    #[test]
    fn a_key_is_read_in_either_writing() {
        let keys = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n\n";
        let keys = VaultKey::parse_lines(&format!("{keys}  {HEX}  \n{}", HEX.to_uppercase())).unwrap();
        let expected: Vec<u8> = (0..32).collect();
        assert_eq!(keys.len(), 4);
        assert!(keys.iter().all(|key| key.expose().as_slice() == expected));
        let signs = "_-ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        let keys = VaultKey::parse_lines(&format!("{signs}\n{}", signs.replace('_', "/").replace('-', "+"))).unwrap();
        assert_eq!(keys[0], keys[1]);
    }

    #[test]
    fn what_is_no_key_is_refused_without_a_word_of_it() {
        let form = "is no key: 32 bytes in base64, or 64 hexadecimal digits";
        assert_eq!(refused(" \n"), "is empty: make a key with `p0-chatops vault new-key`");
        assert_eq!(refused(&HEX[2..]), form);
        assert_eq!(refused("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ=="), form);
        assert_eq!(refused("correct horse battery staple"), form);
        assert_eq!(refused(&"é".repeat(32)), form);
        assert_eq!(refused(&"7".repeat(64)), "is one byte over and over: that is no secret");
        assert_eq!(
            refused("replace-with-the-vault-key"),
            "is the example's placeholder: make a key with `p0-chatops vault new-key`"
        );
        assert_eq!(refused(&format!("{HEX}\n{}", &HEX[1..])), format!("key 2: {form}"));
        assert_eq!(format!("{:?}", VaultKey::parse_lines(HEX).unwrap()), "[VaultKey(…)]");
    }

    fn settings(text: &str) -> Result<Option<VaultKeys>, String> {
        let raw =
            text.parse::<toml::Table>().unwrap().try_into().map_err(|error: toml::de::Error| error.to_string())?;
        given(raw, Path::new("/etc/p0")).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_come_from_one_place() {
        assert!(settings("").unwrap().is_none());
        for (text, count) in
            [(format!("key = \"{HEX}\""), 1), (format!("key = [\"{HEX}\", \"{}\"]", "01".repeat(31) + "02"), 2)]
        {
            assert!(matches!(settings(&text), Ok(Some(VaultKeys::Stated(keys))) if keys.len() == count), "{text}");
        }
        assert!(
            matches!(settings("key_file = \"keys\""), Ok(Some(VaultKeys::File(path))) if path == Path::new("/etc/p0/keys"))
        );
        assert!(matches!(settings("key_command = [\"prog\"]"), Ok(Some(VaultKeys::Command(_)))));
        for (text, line) in [
            (format!("key = \"{HEX}\"\nkey_file = \"keys\""), "vault.key_file: contradicts vault.key: set one of them"),
            (
                "key_file = \"keys\"\nkey_command = [\"prog\"]".to_owned(),
                "vault.key_command: contradicts vault.key_file: set one of them",
            ),
            ("key = []".to_owned(), "vault.key: is empty: make a key with `p0-chatops vault new-key`"),
            (
                format!("key = [\"{HEX}\", \"{HEX}00\"]"),
                "vault.key: key 2: is no key: 32 bytes in base64, or 64 hexadecimal digits",
            ),
        ] {
            assert_eq!(settings(&text).unwrap_err(), line);
        }
        assert!(settings("key = 7").unwrap_err().contains("expected a text or an array of texts"));
    }
}
