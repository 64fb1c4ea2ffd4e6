//! A throw-away PostgreSQL cluster: made in a folder of its own, reached by a socket there, gone with the tests.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};

/// Set to `postgres`, every story is told on PostgreSQL.
const ENGINE: &str = "P0CHATOPS_TEST_ENGINE";

/// A cluster that runs, until this is dropped or the tests die.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    is_synchronous: bool,
    _watchdog: Child,
}

impl Cluster {
    /// Makes one and starts it; `None` where PostgreSQL is not installed.
    pub fn start(is_synchronous: bool) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = programs()?;
        let name = format!("p0-chatops-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        run(as_owner("mkdir").args(["-m", "700"]).arg(&folder));
        let data = folder.join("data");
        let initdb = programs.join("initdb");
        let how = ["--auth=trust", "--username=bot", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"];
        run(as_owner(&initdb).args(how).arg("-D").arg(&data));
        // Whatever becomes of the tests, the end of this pipe ends the cluster.
        let end = format!(
            "cat >/dev/null; '{}' -D '{}' -m immediate stop >/dev/null 2>&1; rm -rf '{}'",
            programs.join("pg_ctl").display(),
            data.display(),
            folder.display()
        );
        let mut watchdog = as_owner("sh");
        watchdog.args(["-c", &end]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watchdog = watchdog.spawn().unwrap();
        let cluster = Self { folder, programs, is_synchronous, _watchdog: watchdog };
        cluster.up();
        Some(cluster)
    }

    /// Starts it, also anew.
    pub fn up(&self) {
        let fsync = if self.is_synchronous { "on" } else { "off" };
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories={} -c fsync={fsync} -c max_connections=500 -c max_locks_per_transaction=256",
            self.folder.display()
        );
        run(self.control().args(["-l", "/dev/null", "-w", "-o", &options, "start"]));
    }

    /// Ends it from one instant to the next.
    pub fn down(&self) {
        run(self.control().args(["-m", "immediate", "-w", "stop"]));
    }

    fn control(&self) -> Command {
        let mut command = as_owner(self.programs.join("pg_ctl"));
        command.arg("-D").arg(self.folder.join("data"));
        command
    }

    /// The address of its one database.
    pub fn url(&self) -> String {
        format!("postgres://bot@{}/postgres", self.folder.display().to_string().replace('/', "%2F"))
    }

    /// The address of a new schema in it, with nothing in it.
    pub async fn fresh(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("world{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.run(format!("CREATE SCHEMA {name}")).await;
        format!("{}?options[search_path]={name}", self.url())
    }

    /// Has the cluster do something.
    pub async fn run(&self, sql: String) {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// The cluster of all stories that need none of their own, which may forget what it was told when it dies; `None` where
/// PostgreSQL is not installed.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    SHARED.get_or_init(|| Cluster::start(false)).as_ref()
}

/// Where the ledger of a story is that names no place itself; `None`: a file in its folder.
#[expect(clippy::disallowed_methods, reason = "which engine the tests are run with is no setting of the bot's")]
pub async fn asked_for() -> Option<String> {
    match std::env::var(ENGINE).as_deref() {
        Ok("postgres") => Some(shared().expect("PostgreSQL is installed").fresh().await),
        _ => None,
    }
}

/// The folder of PostgreSQL's programs, the newest where there are several.
#[expect(clippy::disallowed_methods, reason = "where programs are is no setting of the bot's")]
fn programs() -> Option<PathBuf> {
    let debians =
        fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = debians.collect();
    found.sort();
    found.reverse();
    found.extend(std::env::split_paths(&path));
    found.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
}

/// PostgreSQL refuses to run as root: there its own user does it.
fn as_owner(program: impl AsRef<Path>) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut command = match is_root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program.as_ref());
            command
        }
        false => Command::new(program.as_ref()),
    };
    command.current_dir(std::env::temp_dir());
    command
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
