//! Delays that grow with failures, by login and by network. Nobody is locked out for good: a stranger who types wrong
//! passwords for a login must not be able to shut its holder out for longer than the longest delay.

use std::net::IpAddr;

use kernel::Instant;
use store::{Tx, params, sql};

use super::AccountError;

/// Failures are forgotten after an hour without one.
const FORGET_SECONDS: i64 = 3600;

sql! {
    SEEN = "select failures, last_at from sign_in_attempt where source = $1";
    NOTE = "insert into sign_in_attempt (source, failures, last_at) values ($1, $2, $3)
        on conflict (source) do update set failures = excluded.failures, last_at = excluded.last_at";
    CLEAR = "delete from sign_in_attempt where source = $1";
}

/// Seconds to wait after `failures`, of which the first `free` cost nothing.
fn delay(failures: i64, free: i64) -> i64 {
    match failures - free {
        ..=0 => 0,
        1 => 10,
        2 => 60,
        _ => 600,
    }
}

/// The key of a login.
pub(super) fn login(name: &str) -> String {
    format!("login {name}")
}

/// The key of a network: the first three bytes of an IPv4 address, the first six of an IPv6 one.
pub(super) fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("network {a}.{b}.{c}")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("network {a:x}:{b:x}:{c:x}")
        }
    }
}

/// Refuses while a delay runs; otherwise counts this attempt as failed until [`clear`] says it was not, so that many
/// at once do not all pass.
pub(super) async fn begin(tx: &mut Tx, source: &str, free: i64, now: Instant) -> Result<(), AccountError> {
    let mut failures = 0;
    if let Some(row) = tx.maybe(SEEN, params![source]).await? {
        let last: Instant = row.get("last_at")?;
        if now < last.plus_seconds(FORGET_SECONDS) {
            failures = row.get::<i64>("failures")?;
            let until = last.plus_seconds(delay(failures, free));
            if now < until {
                let seconds = (until.micros() - now.micros()).div_euclid(1_000_000) + 1;
                return Err(AccountError::Wait(u32::try_from(seconds).unwrap_or(u32::MAX)));
            }
        }
    }
    tx.execute(NOTE, params![source, failures + 1, now]).await?;
    Ok(())
}

/// Forgets the failures of a login or network after a success.
pub(super) async fn clear(tx: &mut Tx, source: &str) -> Result<(), AccountError> {
    tx.execute(CLEAR, params![source]).await?;
    Ok(())
}
