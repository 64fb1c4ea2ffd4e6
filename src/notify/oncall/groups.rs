//! Who is in a Slack user group.

use super::Tools;
use super::trouble::Trouble;
use crate::domain::person::{UserGroupId, UserId};

/// Everybody in the group, in whichever workspace it is. A group that no workspace knows has nobody in it.
pub(super) async fn members(tools: &Tools, group: &UserGroupId) -> Result<Vec<UserId>, Trouble> {
    // Where nobody has said in which workspace, it is not known who is in it.
    let mut trouble = tools.workspace.of_groups().next().is_none().then_some(Trouble::Slack);
    for workspace in tools.workspace.of_groups() {
        match tools.directory.members(group, workspace).await {
            Ok(Some(members)) if !members.is_empty() => return Ok(members),
            Ok(_) => {}
            Err(_) => trouble = Some(Trouble::Slack),
        }
    }
    trouble.map_or(Ok(Vec::new()), Err)
}
