//! Secrets asked for on the command line.

use std::io::{self, IsTerminal};

use console::Term;

use crate::snapshot::Signed;

/// Asks for the password and the code of a login.
pub(crate) fn signed(login: String) -> io::Result<Signed> {
    let password = line(&format!("Password of {login}:"))?;
    let code = line(&format!("Code of {login}:"))?;
    Ok(Signed { login, password, code })
}

/// One line. At a terminal what is typed is not shown: whoever stands behind the operator, or scrolls back later, would read it.
/// From a file or a pipe it is read as it comes.
pub(crate) fn line(question: &str) -> io::Result<String> {
    eprintln!("{question}");
    let screen = [Term::stderr(), Term::stdout()].into_iter().find(Term::is_term);
    if let (true, Some(screen)) = (io::stdin().is_terminal(), screen) {
        return screen.read_secure_line();
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
