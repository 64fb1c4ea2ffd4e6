//! `p0-chatops audit verify`: whether an export is whole, from itself alone, a public key and a hash.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cli::audit::VerifyArgs;
use crate::ledger::audit::canonical::{canonical, digest, link};

/// The export is not whole.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Broken {
    /// Where it shows, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// The file, or the key, cannot be read as what it should be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}", file = .file.display())]
pub struct Unreadable {
    /// Which file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// The first line of an export.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    form: u32,
    first: i64,
    last: i64,
    previous: String,
    head: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checkpoint {
    count: i64,
    head: String,
    at: String,
    signed: Option<String>,
}

/// What a signature vouches for.
#[derive(Deserialize)]
struct Claims {
    count: i64,
    head: String,
    at: String,
}

/// How far the export was read, and what was found.
struct Verifier<'v> {
    header: Header,
    key: Option<&'v DecodingKey>,
    wanted: Option<&'v str>,
    position: i64,
    head: String,
    found: Option<i64>,
    signed: usize,
    vouched: Option<i64>,
    not_checked: usize,
    unsigned: usize,
    texts: usize,
    blanked: usize,
}

/// Says on `out` that the export is whole, and what could not be checked.
pub(super) fn run(args: &VerifyArgs, out: &mut impl Write) -> anyhow::Result<()> {
    let key = args.key.as_deref().map(key).transpose()?;
    let unreadable = |problem: String| Unreadable { file: args.file.clone(), problem };
    let file: Box<dyn BufRead> = match args.file == Path::new("-") {
        true => Box::new(BufReader::new(std::io::stdin())),
        false => {
            let file = File::open(&args.file).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
            Box::new(BufReader::new(file))
        }
    };
    let mut verifier: Option<Verifier<'_>> = None;
    let mut lines = 0;
    for bytes in file.split(b'\n') {
        let bytes = bytes.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
        lines += 1;
        match &mut verifier {
            None => {
                let header =
                    header(&bytes).ok_or_else(|| unreadable("is no export: `audit export` makes one".into()))?;
                if header.form != 1 {
                    return Err(unreadable("was made by a newer version of p0-chatops: use that one".into()).into());
                }
                verifier = Some(Verifier::new(header, key.as_ref(), args.head.as_deref()));
            }
            Some(verifier) => verifier.line(&bytes).map_err(|problem| Broken { line: lines, problem })?,
        }
    }
    let verifier = verifier.ok_or_else(|| unreadable("is empty: an export has a line at least".into()))?;
    verifier.end().map_err(|problem| Broken { line: lines, problem })?;
    for line in verifier.told() {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn key(path: &Path) -> Result<DecodingKey, Unreadable> {
    let unreadable = |problem: String| Unreadable { file: path.to_owned(), problem };
    let pem = std::fs::read(path).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    DecodingKey::from_ec_pem(&pem)
        .map_err(|_| unreadable("holds no public key of P-256 in PEM form: `openssl pkey -pubout` prints it".into()))
}

/// A line's fields, where it is written in the one way.
fn fields(bytes: &[u8]) -> Option<Map<String, Value>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let value: Value = serde_json::from_str(text).ok()?;
    if canonical(&value) != text {
        return None;
    }
    match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    serde_json::from_value(fields(bytes)?.remove("export")?).ok()
}

impl<'v> Verifier<'v> {
    fn new(header: Header, key: Option<&'v DecodingKey>, wanted: Option<&'v str>) -> Self {
        let (position, head) = (header.first - 1, header.previous.clone());
        let found = Some(position).filter(|_| wanted == Some(head.as_str()));
        let (signed, not_checked, unsigned, texts, blanked) = (0, 0, 0, 0, 0);
        Self {
            header,
            key,
            wanted,
            position,
            head,
            found,
            signed,
            vouched: None,
            not_checked,
            unsigned,
            texts,
            blanked,
        }
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut fields = fields(bytes).ok_or("is not as `audit export` writes it")?;
        let done = match (fields.remove("entry"), fields.remove("checkpoint")) {
            (Some(entry), None) => self.entry(&entry, &mut fields),
            (None, Some(checkpoint)) => self.checkpoint(checkpoint),
            _ => Err("is neither an entry nor a checkpoint".to_owned()),
        };
        done?;
        match fields.into_iter().next() {
            Some((name, _)) => Err(format!("{name:?} is nothing that an export has")),
            None => Ok(()),
        }
    }

    fn entry(&mut self, entry: &Value, beside: &mut Map<String, Value>) -> Result<(), String> {
        let position = self.position + 1;
        if entry["position"] != position {
            return Err(format!("entry {position} was to follow, not {}", entry["position"]));
        }
        let hash = link(&self.head, &canonical(entry)).ok_or("the hash before it is none")?;
        if beside.remove("hash") != Some(Value::from(hash.as_str())) {
            return Err(format!("entry {position} is not what its hash is of, or does not follow the one before it"));
        }
        (self.position, self.head) = (position, hash);
        if self.wanted == Some(self.head.as_str()) {
            self.found = Some(position);
        }
        self.blanked += usize::from(beside.remove("blanked").is_some());
        let Some(personal) = beside.remove("personal") else { return Ok(()) };
        for (place, salted) in personal.as_object().ok_or("its personal texts are none")? {
            let names = place.split('.');
            let stands = names.fold(&entry["detail"], |value, name| match name.parse::<usize>() {
                Ok(nth) if value.is_array() => &value[nth],
                _ => &value[name],
            });
            let text = salted["salt"].as_str().zip(salted["text"].as_str());
            let ours = text.and_then(|(salt, text)| digest(salt, text));
            if ours.is_none() || stands["sha256"].as_str() != ours.as_deref() {
                return Err(format!("the personal text {place:?} of entry {position} is not the one that was chained"));
            }
            self.texts += 1;
        }
        Ok(())
    }

    fn checkpoint(&mut self, checkpoint: Value) -> Result<(), String> {
        let Checkpoint { count, head, at, signed } =
            serde_json::from_value(checkpoint).map_err(|_| "is no checkpoint")?;
        if count > self.position {
            return Err(format!("a checkpoint vouches for {count} entries, and the chain ends at {}", self.position));
        }
        if count < self.position {
            return Err(format!("the checkpoint of {count} entries is not in its place"));
        }
        match (self.key, signed) {
            (Some(key), Some(signed)) => {
                let claims = claims(key, &signed).ok_or("the checkpoint is not signed with that key")?;
                if (claims.count, &claims.head, &claims.at) != (count, &head, &at) {
                    return Err("the checkpoint's signature is of another one".to_owned());
                }
                (self.signed, self.vouched) = (self.signed + 1, Some(count));
            }
            (None, Some(_)) => self.not_checked += 1,
            (_, None) => self.unsigned += 1,
        }
        if head != self.head {
            return Err(format!("the checkpoint was made of other entries than the {count} before it"));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), String> {
        let Header { last, head, .. } = &self.header;
        if self.position != *last || self.head != *head {
            return Err(format!("the export ends behind entry {}, and begins by saying {last}", self.position));
        }
        if let (Some(wanted), None) = (self.wanted, self.found) {
            return Err(format!(
                "no entry up to here has the hash {wanted}: the end was cut off, or it is another chain"
            ));
        }
        if self.key.is_some() && self.signed == 0 && self.count() > 0 {
            return Err("no checkpoint up to here is signed with that key: nothing vouches for the chain".to_owned());
        }
        Ok(())
    }

    fn count(&self) -> i64 {
        self.position + 1 - self.header.first
    }

    /// What is so, and what is not known.
    fn told(&self) -> Vec<String> {
        let Header { first, .. } = self.header;
        let mut told = match self.count() {
            0 => vec!["whole: it has no entries".to_owned()],
            count => vec![format!(
                "whole: {count} entries, from {first} to {}, the last with the hash {}",
                self.position, self.head
            )],
        };
        if let Some(vouched) = self.vouched {
            told.push(format!("checked: the signatures of {} checkpoints, the last of entry {vouched}", self.signed));
        }
        if let Some(found) = self.found {
            told.push(format!("checked: entry {found} has the hash that was given"));
        }
        if self.texts > 0 {
            told.push(format!("checked: {} personal texts are those that were chained", self.texts));
        }
        if self.blanked > 0 {
            told.push(format!("personal texts of {} entries were blanked", self.blanked));
        }
        let mut unknown = |what: String| told.push(format!("not checked: {what}"));
        if first > 1 {
            unknown(format!("what came before entry {first}: it is not in this export"));
        }
        if self.not_checked > 0 {
            unknown(format!("the signatures of {} checkpoints: --key was not given", self.not_checked));
        }
        if self.unsigned > 0 {
            unknown(format!("{} checkpoints that are not signed", self.unsigned));
        }
        let sure = self.vouched.max(self.found).unwrap_or(first - 1);
        if sure < self.position {
            unknown(format!(
                "whether entries {} to {} were written anew, or some behind them cut off, by whoever can write to the \
                 ledger: only a signed checkpoint (--key) or a hash from the log (--head) shows that",
                sure + 1,
                self.position
            ));
        }
        told
    }
}

fn claims(key: &DecodingKey, signed: &str) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::ES256);
    // A checkpoint does not run out, and is for nobody in particular.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    jsonwebtoken::decode::<Claims>(signed, key, &validation).ok().map(|token| token.claims)
}
