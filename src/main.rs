//! The `p0-chatops` program.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use p0_chatops::app::{App, Listeners, StartError};
use p0_chatops::cli::{Cli, Command, ConfigArgs, Format, ManifestArgs, packaging};
use p0_chatops::clock::Clock;
use p0_chatops::lifecycle::{self, Signals};
use p0_chatops::{check, config, evidence, links, manifest, push, route, settings, telemetry, vault};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The exit code of settings that were refused.
const REFUSED_SETTINGS: u8 = 2;
/// The exit code of a push that is not taken however often it comes: a queue may let go of that one, and of no other.
const NEVER_TAKEN: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let usual = match &cli.command {
        Command::Serve(_) => "info",
        // It says itself what it finds.
        Command::Check(_) => "off",
        // What they print should stay in sight.
        _ => "warn",
    };
    telemetry::start_logging(cli.log.as_deref().unwrap_or(usual), cli.log_json);
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<check::WillNotWork>() => ExitCode::FAILURE,
        Err(error) => {
            complain(&error);
            let refused = error.downcast_ref::<config::ConfigError>().is_some()
                || matches!(error.downcast_ref(), Some(StartError::Config(_)))
                || error.is::<route::NotAnEvent>()
                || error.is::<evidence::Unreadable>();
            match () {
                () if refused => ExitCode::from(REFUSED_SETTINGS),
                () if error.is::<push::NotTaken>() => ExitCode::from(NEVER_TAKEN),
                () => ExitCode::FAILURE,
            }
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(carry_out(command));
    // A second signal has no patience with what still runs.
    runtime.shutdown_background();
    result
}

async fn carry_out(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(args) => serve(args).await?,
        Command::Check(args) => check::run(&args, Clock::system()).await?,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => p0_chatops::sandbox::run(args).await?,
        Command::Manifest(args) => print(slack_app(&args)?.as_bytes())?,
        Command::Audit(args) => evidence::run(args, Clock::system(), &mut std::io::stdout().lock()).await?,
        Command::Links(args) => links::run(args, Clock::system(), &mut std::io::stdout()).await?,
        Command::Push(args) => push::run(&args, Clock::system(), &mut std::io::stdout()).await?,
        Command::Route(args) => route::run(&args, Clock::system(), &mut std::io::stdout()).await?,
        Command::Settings(args) => settings::run(args, Clock::system(), &mut std::io::stdout()).await?,
        Command::Vault(args) => vault::run(args, Clock::system(), &mut std::io::stdout()).await?,
        Command::Completions(args) => print(&packaging::completions(args.shell))?,
        Command::Man(args) => print(&packaging::man(args.command.as_deref()).unwrap_or_else(|error| error.exit()))?,
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "this is the line that the operator reads")]
fn complain(error: &anyhow::Error) {
    eprintln!("p0-chatops: {error:#}");
}

/// What a command was asked for, as it is: it may be on its way into a file or another program.
fn print(text: &[u8]) -> anyhow::Result<()> {
    std::io::stdout().write_all(text).context("standard output")
}

fn slack_app(args: &ManifestArgs) -> Result<String, config::ConfigError> {
    let app = config::load_app(args.settings.config.as_deref())?;
    Ok(match args.format {
        _ if args.link => manifest::link(&app),
        Format::Yaml => manifest::yaml(&app),
        Format::Json => manifest::json(&app),
    })
}

async fn serve(args: ConfigArgs) -> anyhow::Result<()> {
    let settings = config::load(args.config.as_deref())?;
    let mut signals = Signals::listen()?;
    let (listen, admin_listen) = (settings.listen, settings.admin_listen);
    let (push_listen, has_doors) = (settings.notifier.listen, settings.has_doors());
    // Nothing is in flight yet: a signal ends a start that waits for Slack.
    let app = tokio::select! {
        app = App::build(settings, Clock::system()) => app?,
        () = signals.next() => return Ok(()),
    };
    let doors = match has_doors {
        false => None,
        true => Some(TcpListener::bind(listen).await.with_context(|| format!("listen: {listen} cannot be bound"))?),
    };
    let probes = TcpListener::bind(admin_listen)
        .await
        .with_context(|| format!("admin_listen: {admin_listen} cannot be bound"))?;
    let pushes = match push_listen {
        None => None,
        Some(listen) => Some(
            TcpListener::bind(listen).await.with_context(|| format!("notifier.listen: {listen} cannot be bound"))?,
        ),
    };
    let shown = |listener: &Option<TcpListener>| {
        listener.as_ref().map(|listener| listener.local_addr().map(tracing::field::display)).transpose()
    };
    let notifier_listen = shown(&pushes)?;
    tracing::info!(
        listen = shown(&doors)?,
        admin_listen = %probes.local_addr()?,
        notifier_listen,
        "p0-chatops is serving"
    );
    let stop = CancellationToken::new();
    lifecycle::until_stopped(signals, stop.clone(), app.run(Listeners { doors, probes, pushes }, stop)).await;
    Ok(())
}
