//! Running other programs and saying what is being done.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The debug binary of the product.
pub(crate) fn hearth() -> PathBuf {
    target().join("debug").join("hearth")
}

/// A program beside the product that plays with it, built with the workspace.
pub(crate) fn example(name: &str) -> PathBuf {
    target().join("debug").join("examples").join(name)
}

/// Runs one named step, prints how long it took, and turns a failing exit into an error.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<(), String> {
    println!("── {name}");
    let start = Instant::now();
    let status = command.current_dir(root()).status().map_err(|e| format!("{name}: cannot start {command:?}: {e}"))?;
    let took = start.elapsed().as_secs_f32();
    if status.success() {
        println!("── {name}: ok ({took:.0} s)");
        Ok(())
    } else {
        Err(format!("{name} failed ({status}, after {took:.0} s)"))
    }
}

/// Runs steps side by side that mostly wait (for a killed server to come back, for an agency's retry), and something else meanwhile.
/// What each printed follows when it has ended, so that no two mix; every step is ended before the first failure is the answer.
pub(crate) fn together(
    steps: Vec<(String, Command)>,
    meanwhile: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    std::thread::scope(|scope| {
        let running: Vec<_> = steps.into_iter().map(|(name, command)| scope.spawn(|| aside(name, command))).collect();
        let other = meanwhile();
        let ended = running.into_iter().map(|it| it.join().unwrap_or(Err("a step panicked".to_owned())));
        [other].into_iter().chain(ended).collect()
    })
}

fn aside(name: String, mut command: Command) -> Result<(), String> {
    println!("── {name}: runs beside others");
    let start = Instant::now();
    let out = command.current_dir(root()).output().map_err(|e| format!("{name}: cannot start {command:?}: {e}"))?;
    let took = start.elapsed().as_secs_f32();
    let said = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    let how = if out.status.success() { "ok".to_owned() } else { format!("failed ({})", out.status) };
    println!("── {name}\n{said}── {name}: {how} ({took:.0} s)");
    if out.status.success() { Ok(()) } else { Err(format!("{name} failed ({}, after {took:.0} s)", out.status)) }
}

/// `cargo` with arguments, the same cargo that runs us.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args);
    // What cargo told us about ourselves: `ring` is built anew when its package's name or folder differs, and all that stands on it,
    // so that a build by hand and one from here would undo each other's work.
    let ours = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
        command.env_remove(name);
    }
    command
}

/// Whether a program of this name can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Whether we run as the superuser.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// What a program prints; an error with what it complained of.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let out = command.output().map_err(|e| format!("cannot start {command:?}: {e}"))?;
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    } else {
        Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&out.stderr).trim()))
    }
}

/// Installs Debian packages where we may; else says what the person has to install. Never skips silently.
pub(crate) fn install(packages: &[&str]) -> Result<(), String> {
    let list = packages.join(" ");
    if !(is_root() && has("apt-get")) {
        return Err(format!("needs {list}; install them (Debian: sudo apt-get install {list}) and run again"));
    }
    println!("   installing {list}");
    let script = format!("apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq {list} >&2");
    output(Command::new("sh").args(["-c", &script])).map(drop)
}
