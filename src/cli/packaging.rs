//! What packages hold beside the binary, made from the command line's own description.

use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;
use roff::{Roff, bold, roman};

use super::{Cli, SECTIONS};

/// The script with which a shell completes the program's arguments.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "p0-chatops", &mut script);
    script
}

/// The man page (roff) of the program, or of one of its commands.
///
/// # Errors
/// Where there is no such command.
pub fn man(command: Option<&str>) -> Result<Vec<u8>, clap::Error> {
    let mut program = Cli::command();
    program.build();
    let mut page = Vec::new();
    let written = match command {
        None => whole_program(program, &mut page),
        Some(name) => match program.find_subcommand(name) {
            Some(found) => Man::new(found.clone()).render(&mut page),
            None => {
                let mut error = clap::Error::new(ErrorKind::InvalidSubcommand).with_cmd(&program);
                error.insert(ContextKind::InvalidSubcommand, ContextValue::String(name.to_owned()));
                return Err(error);
            }
        },
    };
    written.expect("writing to memory does not fail");
    Ok(page)
}

/// As [`Man::render`], but for what stands below the options: a page has sections of its own for that.
fn whole_program(program: Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(program);
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    man.render_subcommands_section(page)?;
    let mut below = Roff::new();
    for (title, rows) in SECTIONS {
        below.control("SH", [title.to_uppercase().as_str()]);
        for (term, meaning) in rows {
            below.control("TP", []).text([bold(*term)]).text([roman(*meaning)]);
        }
    }
    below.to_writer(page)
}
