//! On what kind of file system a folder is, where the system tells (Linux's `/proc/self/mountinfo`).

use std::path::{Path, PathBuf};

/// Why a file system is no good place for the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A disk of this machine's, as far as can be told.
    Disk,
    /// Gone at the next start of the machine.
    Memory,
    /// Gone with the container.
    Container,
    /// Another machine's, or a program's: SQLite's locks and fsync may not hold there.
    Remote,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "tmpfs" | "ramfs" | "devtmpfs" => Self::Memory,
            "overlay" | "aufs" => Self::Container,
            "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "9p" | "afs" | "ceph" | "glusterfs" | "lustre" | "beegfs"
            | "vboxsf" => Self::Remote,
            name if name == "fuse" || name.starts_with("fuse.") => Self::Remote,
            _ => Self::Disk,
        }
    }
}

/// The name of the file system that the folder is on, and what that means; `None` where the system does not say.
pub(super) fn kind_of(folder: &Path) -> Option<(String, Kind)> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    let name = name_of(&table, &folder.canonicalize().ok()?)?;
    let kind = Kind::of(&name);
    Some((name, kind))
}

/// The innermost mount that holds the folder; of several at one place the last, which covers the others.
fn name_of(table: &str, folder: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(|line| {
        let (mount, device) = line.split_once(" - ")?;
        Some((unescaped(mount.split(' ').nth(4)?), device.split(' ').next()?))
    });
    let holding = mounts.filter(|(point, _)| folder.starts_with(point));
    holding.max_by_key(|(point, _)| point.components().count()).map(|(_, name)| name.to_owned())
}

/// Spaces and the like in a mount's place are written as three octal digits.
fn unescaped(text: &str) -> PathBuf {
    let mut parts = text.split('\\');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => plain += &format!("{}{}", char::from(byte), &part[3..]),
            None => plain += part,
        }
    }
    PathBuf::from(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 254:1 / / rw,relatime - ext4 /dev/vda rw
25 22 0:23 / /tmp rw shared:5 - tmpfs tmpfs rw
31 22 0:44 / /mnt/my\\040share rw - nfs4 server:/export rw
32 22 0:45 / /var/lib/p0 rw - tmpfs tmpfs rw
33 22 0:46 / /var/lib/p0 rw - xfs /dev/vdb rw
34 22 0:47 / /mnt/ssh rw - fuse.sshfs host: rw";

    #[test]
    fn the_innermost_and_last_mount_counts() {
        for (folder, name, kind) in [
            ("/var/lib", "ext4", Kind::Disk),
            ("/tmp/deep/down", "tmpfs", Kind::Memory),
            ("/tmpfiles", "ext4", Kind::Disk),
            ("/mnt/my share/ledger", "nfs4", Kind::Remote),
            ("/var/lib/p0", "xfs", Kind::Disk),
            ("/mnt/ssh", "fuse.sshfs", Kind::Remote),
        ] {
            assert_eq!(name_of(TABLE, Path::new(folder)).as_deref(), Some(name), "{folder}");
            assert_eq!(Kind::of(name), kind, "{folder}");
        }
        assert_eq!(Kind::of("overlay"), Kind::Container);
    }
}
