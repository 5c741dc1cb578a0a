//! The bank file of a released run, streamed from the database page by page.

use std::io::Write;

use guard::Keys;
use kernel::{PayAccountId, RunId};
use store::{Db, StoreError, Tx};

use super::message::{Header, Pain001};
use crate::account;
use crate::run::{self, Hash, READY, RunStatus, SENDS, each};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such run.
    #[error("there is no such run")]
    NoRun,
    /// Not released.
    #[error("the run is {0}: a file is made of a released one")]
    Status(RunStatus),
    /// Nothing goes to the bank.
    #[error("nothing of this run goes to the bank: all of it was kept back")]
    Empty,
    /// The lines are not what was signed.
    #[error("the lines of the run are not what was signed: no file is made; have it looked into")]
    Totals,
    /// An account is gone.
    #[error("account {0} of the run cannot be read")]
    Account(PayAccountId),
    /// An account does not open.
    #[error(transparent)]
    Sealed(#[from] account::Fault),
    /// Where it is written to.
    #[error("the file cannot be written: {0}")]
    Out(#[from] std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Payments.
    pub lines: u32,
    /// Their sum in minor units.
    pub minor: i64,
}

/// Writes the file of a released run as pain.001.001.09. The same run gives the same bytes at any time. All lines are
/// held against what was signed before the first byte is written. Memory stays flat however long the run is.
pub async fn write<W: Write + Send>(db: &Db, keys: &Keys, id: RunId, out: W) -> Result<Written, Fault> {
    let mut tx = db.read().await?;
    let run = run::by_id(&mut tx, id).await?.ok_or(Fault::NoRun)?;
    let (Some(payer), Some(released_at)) = (&run.payer, run.released_at) else {
        return Err(Fault::Status(run.status));
    };
    if run.lines == 0 {
        return Err(Fault::Empty);
    }
    verify(&mut tx, &run).await?;
    let head = Header {
        run: id,
        released_at,
        pay_date: run.pay_date,
        lines: run.lines,
        minor: run.minor,
        currency: run.currency,
        payer,
    };
    let mut file = Pain001::begin(std::io::BufWriter::with_capacity(1 << 16, out), &head)?;
    each(&mut tx, &SENDS, id, |row, it| {
        let sealed: Option<Vec<u8>> = row.maybe("sealed")?;
        let to = account::unseal(keys, it.account, &sealed.ok_or(Fault::Account(it.account))?)?;
        Ok::<_, Fault>(file.payment(&it.name.text(), it.minor, &to)?)
    })
    .await?;
    file.end()?.flush()?;
    Ok(Written { lines: run.lines, minor: run.minor })
}

async fn verify(tx: &mut Tx, run: &run::Run) -> Result<(), Fault> {
    let (mut hash, mut lines, mut minor) = (Hash::default(), 0u32, 0i64);
    each(tx, &READY, run.id, |_, it| {
        hash.add(&it);
        lines += 1;
        minor += it.minor;
        Ok::<_, StoreError>(())
    })
    .await?;
    if (lines, minor) != (run.lines, run.minor) || hash.finish() != run.hash {
        return Err(Fault::Totals);
    }
    Ok(())
}
