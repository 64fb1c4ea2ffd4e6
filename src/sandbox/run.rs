//! `p0-chatops sandbox`.

/// Runs the sandbox until a signal comes.
///
/// # Errors
/// Where something cannot be started.
pub async fn run(_port: u16) -> anyhow::Result<()> {
    Ok(())
}
