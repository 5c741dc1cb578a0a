//! A new version of the pack, taken by a running server on command.
//!
//! `hearth pack reload` checks the folder, then sends the server the signal that asks programs to read their settings
//! again (HUP), and waits until the server has written down which pack is in force. With several servers each gets its
//! own signal; all read the same folder.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use store::{StoreError, transact};

use crate::cli::Failure;
use crate::config::Config;
use crate::pack;
use crate::runtime::{Runtime, refused};

/// How long a server may take to load, check and swap a pack.
const PATIENCE: Duration = Duration::from_secs(30);

fn number_file(data: &Path) -> PathBuf {
    data.join("server.pid")
}

fn in_force_file(data: &Path) -> PathBuf {
    data.join("pack-in-force")
}

/// Writes down who we are and what is in force, then reloads whenever the system asks.
pub async fn on_request(runtime: Arc<Runtime>) {
    let data = &runtime.config.data;
    let noted = std::fs::write(number_file(data), std::process::id().to_string());
    if let Err(error) = noted.and_then(|()| note_in_force(&runtime)) {
        tracing::error!(%error, "hearth pack reload will not find this server");
    }
    #[cfg(unix)]
    {
        let Ok(mut asked) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) else { return };
        while asked.recv().await.is_some() {
            match reload(&runtime).await {
                Ok(changes) => tracing::info!(changes, "a new pack is in force"),
                Err(error) => tracing::error!(%error, "the pack was refused; the one in force stays"),
            }
        }
    }
}

/// Takes the folder's pack into force, or refuses it whole; queues working everybody out again.
pub async fn reload(runtime: &Runtime) -> Result<usize, Failure> {
    let state = &runtime.state;
    let packs = state.packs.clone();
    let reloaded = tokio::task::spawn_blocking(move || packs.reload()).await?;
    let reloaded = reloaded.map_err(|e| refused(&runtime.config, e))?;
    if reloaded.old.content_hash() != reloaded.new.content_hash() {
        transact!(state.db, StoreError, |tx| {
            tx.emit(&*state.ids, state.now(), casework::later::PACK_CHANGED, &reloaded.new.content_hash()).await
        })?;
    }
    note_in_force(runtime)?;
    Ok(reloaded.changes.len())
}

fn note_in_force(runtime: &Runtime) -> std::io::Result<()> {
    let path = in_force_file(&runtime.config.data);
    let beside = path.with_extension("part");
    std::fs::write(&beside, runtime.state.packs.current().content_hash())?;
    std::fs::rename(&beside, &path)
}

/// `hearth pack reload`: checks the folder, asks the server, waits for it.
pub fn ask(config: &Config) -> ExitCode {
    let wanted = match pack::load(&config.pack) {
        Ok(pack) => pack.content_hash().to_owned(),
        Err(code) => {
            eprintln!("hearth: the running server was not asked; the pack in force stays");
            return code;
        }
    };
    let number = std::fs::read_to_string(number_file(&config.data)).unwrap_or_default();
    let asked = !number.trim().is_empty()
        && Command::new("kill").args(["-HUP", number.trim()]).status().is_ok_and(|status| status.success());
    if !asked {
        eprintln!(
            "hearth: no running server found for {}: start one, or name its data folder with HEARTH_DATA",
            config.data.display()
        );
        return ExitCode::FAILURE;
    }
    let start = std::time::Instant::now();
    while start.elapsed() < PATIENCE {
        if std::fs::read_to_string(in_force_file(&config.data)).is_ok_and(|hash| hash.trim() == wanted) {
            println!("in force: {wanted}");
            return ExitCode::SUCCESS;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    eprintln!("hearth: the server did not take the pack within {} s; its log says why", PATIENCE.as_secs());
    ExitCode::FAILURE
}
