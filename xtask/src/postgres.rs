//! A PostgreSQL server of our own for tests: a fresh cluster in the temporary folder, on loopback, ended with us.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{has, install, is_root, output};

/// A running server; ends and disappears when dropped.
pub(crate) struct Server {
    bin: PathBuf,
    home: PathBuf,
    /// How to reach it.
    pub(crate) url: String,
}

/// How a server treats the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// As in an office: a commit is on the disk when it is acknowledged. For measuring.
    Durable,
    /// The disk is never waited for. For tests: they kill our server, never this one, and none pulls the plug.
    Careless,
}

/// Starts a server, installing Debian's package first where that is allowed.
pub(crate) fn start(disk: Disk) -> Result<Server, String> {
    let bin = match find() {
        Some(bin) => bin,
        None => {
            install(&["postgresql"])?;
            find().ok_or("PostgreSQL was installed, but initdb is not where it should be")?
        }
    };
    let home = std::env::temp_dir().join(format!("hearth-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&home).map_err(|e| format!("{}: {e}", home.display()))?;
    let port = free_port()?;
    let server = Server { bin, home, url: format!("postgres://hearth@127.0.0.1:{port}/hearth_test") };
    if is_root() {
        // The server refuses to run as root; Debian's package made a user for it.
        output(Command::new("chown").arg("postgres").arg(&server.home))?;
    }
    let data = server.home.join("data");
    server.call("initdb", &format!("-D {} -A trust -U hearth -E UTF8 --locale=C.UTF-8", data.display()))?;
    let mut options =
        format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c max_connections=200", server.home.display());
    if disk == Disk::Careless {
        options.push_str(" -c fsync=off -c synchronous_commit=off -c full_page_writes=off");
    }
    let log = server.home.join("log");
    server.call("pg_ctl", &format!("-D {} -w -o '{options}' -l {} start", data.display(), log.display()))?;
    server.call("createdb", &format!("-h 127.0.0.1 -p {port} -U hearth hearth_test"))?;
    Ok(server)
}

/// Keeps a server until the person ends us.
pub(crate) fn foreground() -> Result<(), String> {
    let server = start(Disk::Careless)?;
    println!("{}\npress Enter to end it", server.url);
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|e| e.to_string())?;
    drop(server);
    Ok(())
}

fn find() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().or_else(|| {
        let dir = output(Command::new("pg_config").arg("--bindir")).ok()?;
        Some(PathBuf::from(dir.trim())).filter(|bin| bin.join("initdb").exists())
    })
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    listener.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
}

impl Server {
    fn call(&self, program: &str, args: &str) -> Result<String, String> {
        run_as_server_user(&self.bin.join(program), args, &self.home)
    }
}

fn run_as_server_user(program: &Path, args: &str, home: &Path) -> Result<String, String> {
    let line =
        format!("cd {} && {} {args} </dev/null >>{}/setup.log 2>&1", home.display(), program.display(), home.display());
    let mut command = if is_root() {
        let mut su = Command::new(if has("runuser") { "runuser" } else { "su" });
        su.args(["postgres", "-s", "/bin/sh", "-c", &line]);
        su
    } else {
        let mut sh = Command::new("sh");
        sh.args(["-c", &line]);
        sh
    };
    output(&mut command).map_err(|e| {
        let log = std::fs::read_to_string(home.join("setup.log")).unwrap_or_default();
        format!("{e}\n{log}")
    })
}

impl Drop for Server {
    fn drop(&mut self) {
        let stop = format!("-D {} -m immediate -w stop", self.home.join("data").display());
        if let Err(why) = self.call("pg_ctl", &stop) {
            eprintln!("the test server may still run: {why}");
        }
        let _ = std::fs::remove_dir_all(&self.home);
    }
}
