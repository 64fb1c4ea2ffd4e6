//! Where the ledger is: a SQLite file, or a PostgreSQL database that several replicas share.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use url::Url;

use super::ConfigError;
use super::values::Checked;

const KEY: &str = "database_url";

/// What a PostgreSQL URL may say behind its `?`, with the meaning that libpq gives it. `options` and `host` (a folder with
/// a socket) are for the unusual.
const PARAMETERS: [&str; 7] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "application_name", "options"];

/// Where the ledger is. Written as text it holds no password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file; an absolute path, or one relative to the working directory.
    Sqlite(PathBuf),
    /// A database of a server, for several replicas.
    Postgres(PostgresUrl),
}

/// `postgres://user:password@host:port/database?…`, as libpq reads it. What it leaves open is taken from libpq's own
/// variables and password file, as `psql` does. No `Debug` shows its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(Url);

impl PostgresUrl {
    /// All of it, with its password, for the one place that connects.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// Whether what is said to the server leaves this machine without surely being encrypted.
    pub fn may_go_in_the_clear(&self) -> bool {
        let said = |key: &str| self.0.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
        let host = said("host").or_else(|| self.0.host_str().map(str::to_owned)).unwrap_or_default();
        let is_here = host.is_empty()
            || host.starts_with('/')
            || host.to_ascii_lowercase().starts_with("%2f")
            || host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let is_encrypted = matches!(said("sslmode").as_deref(), Some("require" | "verify-ca" | "verify-full"));
        !is_here && !is_encrypted
    }
}

impl DatabaseUrl {
    /// Reads it; a relative path is relative to `folder`.
    pub(super) fn check(text: &str, folder: &Path) -> Checked<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text).map(Self::Postgres);
        }
        let Some(path) = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")) else {
            return Err(ConfigError::new(KEY, "has to be sqlite://PATH or postgres://USER@HOST/DATABASE"));
        };
        if path.is_empty() || path.contains(":memory:") || path.contains('?') {
            return Err(ConfigError::new(KEY, "has to name a file: what is kept in memory is lost at a restart"));
        }
        let path = percent_decode_str(path).decode_utf8().map_err(|_| ConfigError::new(KEY, "is not UTF-8"))?;
        Ok(Self::Sqlite(folder.join(&*path)))
    }

    /// Reads one that a command was given; a relative path is relative to the working directory.
    ///
    /// # Errors
    /// What is wrong with it, without its password.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::check(text, Path::new(""))
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

fn postgres(text: &str) -> Checked<PostgresUrl> {
    // What the parser says may quote the password.
    let url = Url::parse(text).map_err(|_| {
        let how = "cannot be read: it has to be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with what is special in a \
                   password percent-encoded";
        ConfigError::new(KEY, how)
    })?;
    if url.path().trim_matches('/').is_empty() {
        return Err(ConfigError::new(KEY, "names no database: postgres://USER@HOST/DATABASE"));
    }
    for (name, _) in url.query_pairs() {
        let is_option = name.starts_with("options[") && name.ends_with(']');
        if !is_option && !PARAMETERS.contains(&&*name) {
            let known = PARAMETERS.join(", ");
            return Err(ConfigError::new(KEY, format!("has a parameter that is not known here: it may have {known}")));
        }
    }
    Ok(PostgresUrl(url))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(PostgresUrl(url)) => {
                f.write_str("postgres://")?;
                if !url.username().is_empty() {
                    write!(f, "{}@", url.username())?;
                }
                f.write_str(url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DatabaseUrl, String> {
        DatabaseUrl::check(text, Path::new("/etc/p0")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_password_is_in_no_text_and_in_no_error() {
        let url = read("postgres://bot:hunter%21two@db.example.com:5433/chatops?sslmode=verify-full").unwrap();
        assert_eq!(url.to_string(), "postgres://bot@db.example.com:5433/chatops");
        let DatabaseUrl::Postgres(server) = &url else { panic!("PostgreSQL's") };
        for text in [format!("{url:?}"), format!("{server:?}")] {
            assert!(!text.contains("hunter"), "{text}");
        }
        for bad in [
            "postgres://bot:hunter two@db:x/chatops",
            "postgres://bot:hunter@db",
            "postgres://bot:hunter@db/chatops?password=hunter",
        ] {
            let refused = read(bad).unwrap_err();
            assert!(!refused.contains("hunter"), "{refused}");
        }
    }

    #[test]
    fn what_leaves_the_machine_without_encryption_is_told_apart() {
        for (text, is_clear) in [
            ("postgres://bot@db.example.com/chatops", true),
            ("postgres://bot@db.example.com/chatops?sslmode=prefer", true),
            ("postgres://bot@db.example.com/chatops?sslmode=verify-full", false),
            ("postgres://bot@127.0.0.1/chatops", false),
            ("postgres://bot@[::1]/chatops", false),
            ("postgres://bot@%2Frun%2Fpostgresql/chatops", false),
            ("postgres://bot@db/chatops?host=/run/postgresql", false),
        ] {
            let Ok(DatabaseUrl::Postgres(url)) = read(text) else { panic!("{text}") };
            assert_eq!(url.may_go_in_the_clear(), is_clear, "{text}");
        }
    }

    #[test]
    fn a_file_is_found_beside_the_settings() {
        assert_eq!(read("sqlite://a%20b.db").unwrap().file(), Some(Path::new("/etc/p0/a b.db")));
        assert_eq!(read("sqlite:///var/p0.db").unwrap().to_string(), "sqlite:///var/p0.db");
    }
}
