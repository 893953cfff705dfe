//! The one command that installs a PostgreSQL server on this machine.

use std::fs;

/// What installs it, by the name that a system or its like gives itself in `/etc/os-release`.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["debian", "ubuntu"], "apt-get install -y postgresql"),
    (&["fedora", "rhel", "centos", "amzn"], "dnf install -y postgresql-server"),
    (&["alpine"], "apk add postgresql"),
    (&["arch"], "pacman -S postgresql"),
    (&["suse", "opensuse"], "zypper install -y postgresql-server"),
];

/// On macOS.
const HOMEBREW: &str = "brew install postgresql@17";

/// Where the system is none of these.
const UNKNOWN: &str = "the package manager's `install postgresql`";

/// The command of this machine.
pub(super) fn command() -> &'static str {
    if cfg!(target_os = "macos") {
        return HOMEBREW;
    }
    let places = ["/etc/os-release", "/usr/lib/os-release"];
    let text = places.iter().find_map(|path| fs::read_to_string(path).ok());
    text.and_then(|text| command_of(&text)).unwrap_or(UNKNOWN)
}

/// The command of a system that says this of itself.
fn command_of(release: &str) -> Option<&'static str> {
    // Its own name first, then whose like it is.
    let names = ["ID=", "ID_LIKE="].iter().filter_map(|key| {
        let value = release.lines().find_map(|line| line.strip_prefix(key))?;
        Some(value.trim().trim_matches(['"', '\'']))
    });
    names.flat_map(str::split_whitespace).find_map(|name| {
        let known = COMMANDS.iter().find(|(names, _)| names.contains(&name));
        known.map(|(_, command)| *command)
    })
}
