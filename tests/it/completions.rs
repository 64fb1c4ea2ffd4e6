//! What a package holds beside the binary: completions for shells, and man pages.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn print(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_p0-chatops")).env_clear().args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = print(arguments);
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands, as the help lists them.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let listed = help.split("\nCommands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let named = listed.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_shell_completes_every_command() {
    let commands = commands();
    assert!(commands.contains(&"serve".to_owned()) && commands.len() > 4, "{commands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: {command}");
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a suite that is skipped says so")]
fn bash_can_read_its_script() {
    let check = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut check) = check else {
        return println!("SKIPPED: bash is not installed, so its completions are not read");
    };
    check.stdin.take().unwrap().write_all(printed(&["completions", "bash"]).as_bytes()).unwrap();
    let checked = check.wait_with_output().unwrap();
    assert_eq!((checked.status.code(), String::from_utf8(checked.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn the_program_and_each_command_have_a_man_page() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH p0-chatops 1"), "{page}");
    for section in ["NAME", "SYNOPSIS", "OPTIONS", "SUBCOMMANDS", "ENVIRONMENT", "\"EXIT STATUS\""] {
        assert!(page.contains(&format!("\n.SH {section}\n")), "{section}: {page}");
    }
    for command in commands() {
        assert!(page.contains(&format!("p0\\-chatops\\-{command}(1)")), "{command}: {page}");
        let own = printed(&["man", &command]);
        assert!(own.contains(&format!(".TH p0-chatops-{command} 1")), "{own}");
    }
}

#[test]
fn there_is_no_page_of_what_there_is_not() {
    let output = print(&["man", "serf"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: unrecognized subcommand 'serf'"));
}
