//! The command line.

pub mod audit;
pub mod database;
pub mod links;
pub mod packaging;
pub mod push;
pub mod route;
pub mod settings;
pub mod vault;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// A title, and rows of a term and what it means.
type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// What stands below the options in the help and on the man page: where to begin, and what scripts have to know.
const SECTIONS: [Section; 3] = [
    (
        "First steps",
        &[
            #[cfg(feature = "sandbox")]
            ("p0-chatops sandbox", "Try it here, with no account anywhere"),
            ("p0-chatops manifest --link", "The link that creates the Slack app for your settings"),
            ("p0-chatops check", "Whether this install will work, and what to do where not"),
            ("p0-chatops serve", "Run the bot"),
        ],
    ),
    (
        "Environment",
        &[
            ("P0_CHATOPS_<SECTION>__<KEY>", "A setting, as P0_CHATOPS_P0__ORG; wins over the settings file"),
            ("P0_CHATOPS_<KEY>", "One of no section, as P0_CHATOPS_PUBLIC_URL; routes have none"),
        ],
    ),
    (
        "Exit status",
        &[
            ("0", "Done"),
            ("1", "Failed, as the last line says; or `check` found what will not work"),
            ("2", "Refused: the line names the argument, the file, or the key of the settings"),
        ],
    ),
];

fn below() -> String {
    let sections = SECTIONS.map(|(title, rows)| {
        let width = rows.iter().map(|(term, _)| term.len()).max().unwrap_or_default();
        let rows: Vec<String> = rows.iter().map(|(term, meaning)| format!("\n  {term:width$}  {meaning}")).collect();
        format!("{title}:{}", rows.concat())
    });
    sections.join("\n\n")
}

/// Approve, deny and revoke P0 access requests from Slack, each with the approver's own authority.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = below())]
pub struct Cli {
    /// What to log: error, warn, info, debug or trace, also for single parts (`warn,p0_chatops::forward=debug`)
    /// [default: info for serve, off for check, else warn].
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Logging")]
    pub log: Option<String>,
    /// Log a JSON object on each line.
    #[arg(long, global = true, help_heading = "Logging")]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the bot: take Slack's and P0's deliveries, forward decisions, keep the cards true.
    Serve(ConfigArgs),
    /// Say whether this install will work, and what to do where it will not.
    ///
    /// A line for each thing: settings, files with secrets, ledger, vault, clocks, Slack's token and scopes, the
    /// channel, P0, where accounts are linked the provider and the bot's clients there and at Slack, the admins of P0's
    /// own settings, people and their tokens or links, the notifier's key, listeners, and each door as it is reached
    /// through `public_url`. Run it as the user that runs `serve`, which may be running. It posts nothing, decides
    /// nothing and writes no row; the one file that it makes, beside the ledger, is removed; a client is tried with a
    /// made-up code. Where no `serve` runs it answers at `listen` itself while it calls `public_url`. It takes at most
    /// two minutes, mostly a few seconds. The exit code is 0, or 1 where something will not work.
    Check(CheckArgs),
    /// Try the bot here, with stand-ins for Slack and P0: prints an address to open in a browser.
    #[cfg(feature = "sandbox")]
    Sandbox(SandboxArgs),
    /// Print the Slack app's manifest for these settings, or a link that creates the app.
    Manifest(ManifestArgs),
    /// Read out the evidence of who did what, verify it, and blank what is personal in it.
    Audit(audit::AuditArgs),
    /// List and revoke the links of people to their accounts at the identity provider.
    Links(links::LinksArgs),
    /// Show P0's just-in-time settings, state what P0 has, or make them as a file says.
    Settings(settings::SettingsArgs),
    /// Take in a push of P0's that something else has received, such as a queue.
    ///
    /// For where P0 cannot reach the bot: P0's notifier writes into a queue of yours, and what reads the queue hands each
    /// push on. It is the HTTP request as gateways hand it on, JSON: `{"headers": {"authorization": "Bearer …"},
    /// "body": "…"}`, with `"isBase64Encoded": true` where the body is that. Its token is checked as at the door, so it
    /// has to be handed on within `notifier.max_token_age`. A running `serve` on the same ledger sees it within a second.
    /// The exit code is 0 once it is on disk, 1 where it is to be pushed again later, 2 where the settings are at fault (push
    /// it again once they are mended), and 3 where it is not taken however often it comes.
    Push(push::PushArgs),
    /// Say which of the routes a request goes by, why, and who is told of it.
    Route(route::RouteArgs),
    /// Bring the ledger's schema up to date, which `serve` does at its start too.
    ///
    /// With several replicas, run it before the new version is rolled out where the bot's own user may make no tables. The
    /// version before goes on working on the new schema. With --check the exit code is 0 where there is nothing to do, 1
    /// where there is, and 2 where the ledger is a newer version's or cannot be reached.
    Migrate(database::MigrateArgs),
    /// Move the ledger from a file to PostgreSQL.
    Ledger(database::LedgerArgs),
    /// Look after the keys that seal people's tokens.
    Vault(vault::VaultArgs),
    /// Print the completions of a shell for this program.
    Completions(CompletionsArgs),
    /// Print the man page, as roff.
    Man(ManArgs),
}

/// Where the settings are.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// The settings file [default: p0-chatops.toml, where it exists].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What `check` looks at, and how it tells.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Print one JSON object at the end: `ok`, and `checks` with `id`, `subject`, `status` (ok, warn, fail, skip),
    /// `message` and `remedy`.
    #[arg(long)]
    pub json: bool,
}

/// How the sandbox runs.
#[cfg(feature = "sandbox")]
#[derive(Args, Debug, Default)]
pub struct SandboxArgs {
    /// The port of the page on 127.0.0.1; 0 takes any that is free.
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    pub port: u16,
    /// Other people and requests: a copy of manifest/sandbox-seed.toml with your own in it.
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    pub seed: Option<PathBuf>,
    /// Whose credential a decision carries [default: tokens, or what --scenario and --risk need].
    #[arg(long, value_name = "MODE")]
    pub identity: Option<crate::sandbox::IdentityMode>,
    /// What a card asks of whoever approves, as the `risk` of a route does.
    #[arg(long, value_name = "RISK", default_value = "low", conflicts_with = "scenario")]
    pub risk: crate::sandbox::CardRisk,
    /// Play a story once the page is open, with a line of explanation at each step. It needs the people that the
    /// sandbox starts with, so not together with --seed.
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<crate::sandbox::Scenario>,
}

/// What of the Slack app is printed.
#[derive(Args, Debug)]
#[command(after_help = "\
Of the settings only `public_url` has to be there. Tokens, secrets and keys may be missing: Slack shows \
its own once the app exists. It works without a settings file too:\n\n  \
P0_CHATOPS_PUBLIC_URL=https://bot.example.com p0-chatops manifest --link")]
pub struct ManifestArgs {
    /// Where the settings are.
    #[command(flatten)]
    pub settings: ConfigArgs,
    /// How it is written: `yaml`, for people and with comments, or `json`.
    #[arg(long, default_value = "yaml", hide_possible_values = true)]
    pub format: Format,
    /// Print the link that opens Slack's page for a new app with all of it filled in.
    #[arg(long, conflicts_with = "format")]
    pub link: bool,
}

/// How a manifest is written. Slack takes both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// With comments.
    Yaml,
    /// Nothing but the document.
    Json,
}

/// For which shell.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}

/// Which page.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// The command whose page is printed [default: the program's own page].
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn a_packaged_build_knows_no_sandbox() {
        let is_there = cfg!(feature = "sandbox");
        assert_eq!(Cli::try_parse_from(["p0-chatops", "sandbox"]).is_ok(), is_there);
        assert_eq!(Cli::command().render_long_help().to_string().contains("sandbox"), is_there);
    }

    #[test]
    fn a_packaged_build_holds_no_page() {
        // In two parts, or this test would find itself.
        let title = ["<title>p0-chatops", "sandbox</title>"].join(" ");
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let is_held = program.windows(title.len()).any(|bytes| bytes == title.as_bytes());
        assert_eq!(is_held, cfg!(feature = "sandbox"));
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
