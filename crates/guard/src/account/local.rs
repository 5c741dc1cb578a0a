//! Break-glass accounts: a password (argon2id) and a time-based code, for the hours when the identity provider is away.

use std::net::IpAddr;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use kernel::{AccountId, Instant};
use store::{Db, StoreError, Tx, params, sql, transact};
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::{AccountError, attempt};
use crate::keys::{Keys, random};

/// Failures without a delay, by login and by network (an office of many people shares one).
const FREE_BY_LOGIN: i64 = 2;
const FREE_BY_NETWORK: i64 = 20;
/// The shortest password.
const SHORTEST: usize = 12;

sql! {
    ADD = "insert into account_local (login, account_id, password, totp, last_step) values ($1, $2, $3, $4, $5)";
    ONE = "select account_id, password, totp, last_step from account_local where login = $1";
    USE_STEP = "update account_local set last_step = $2 where login = $1 and last_step < $2";
}

/// A local account to be made.
pub struct NewLocal<'a> {
    /// The account it signs in to.
    pub account: AccountId,
    /// The login.
    pub login: &'a str,
    /// The password, at least 12 characters.
    pub password: &'a str,
}

/// The second factor's secret, shown once to its holder.
pub struct LocalSecret(Zeroizing<Vec<u8>>);

impl LocalSecret {
    /// The secret in base 32, to be typed into an authenticator (SHA-1, six digits, thirty seconds).
    pub fn base32(&self) -> String {
        const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut out, mut held, mut bits) = (String::new(), 0u32, 0);
        for byte in self.0.iter() {
            held = held << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                out.extend(LETTERS.get((held >> bits & 31) as usize).map(|l| char::from(*l)));
            }
        }
        out
    }

    /// The code of a moment, as an authenticator shows it.
    pub fn code_at(&self, now: Instant) -> Option<String> {
        Some(totp(&self.0)?.generate(seconds(now)).to_string())
    }
}

impl std::fmt::Debug for LocalSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalSecret(hidden)")
    }
}

/// Makes a local account; returns the second factor's secret.
pub async fn create_local(tx: &mut Tx, keys: &Keys, new: &NewLocal<'_>) -> Result<LocalSecret, AccountError> {
    if new.password.chars().count() < SHORTEST {
        return Err(AccountError::Short);
    }
    let hash = Argon2::default().hash_password(new.password.as_bytes()).map_err(|_| AccountError::Hash)?.to_string();
    let secret = LocalSecret(Zeroizing::new(random::<20>()?.to_vec()));
    let sealed = keys.seal_field("account_local", "totp", new.account.0, &secret.0)?;
    match tx.execute(ADD, params![new.login, new.account, hash, sealed, 0i64]).await {
        Ok(_) => Ok(secret),
        Err(StoreError::Duplicate(_)) => Err(AccountError::Taken(new.login.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// Checks login, password and code. A wrong login takes as long as a wrong password; a code counts once; failures cost
/// growing delays by login and by network. Every outcome is for the caller to log.
pub async fn sign_in_local(
    db: &Db,
    keys: &Keys,
    now: Instant,
    login: &str,
    password: &str,
    code: &str,
    from: IpAddr,
) -> Result<AccountId, AccountError> {
    let (by_login, by_network) = (attempt::login(login), attempt::network(from));
    let row = transact!(db, AccountError, |tx| {
        attempt::begin(tx, &by_network, FREE_BY_NETWORK, now).await?;
        attempt::begin(tx, &by_login, FREE_BY_LOGIN, now).await?;
        Ok(tx.maybe(ONE, params![login]).await?)
    })?;
    let known = match &row {
        Some(row) => Some((row.get::<AccountId>("account_id")?, row.get::<Vec<u8>>("totp")?)),
        None => None,
    };
    let hash = row.as_ref().map(|row| row.get::<String>("password")).transpose()?;
    let typed = Zeroizing::new(password.to_owned());
    // Out of the transaction and off the async threads: this takes tens of milliseconds by design.
    let fits = tokio::task::spawn_blocking(move || password_fits(&typed, hash.as_deref()))
        .await
        .map_err(|_| AccountError::Hash)?;
    let Some((account, sealed)) = known.filter(|_| fits) else { return Err(AccountError::Wrong) };
    let secret = keys.open_field("account_local", "totp", account.0, &sealed)?;
    let step = totp(&secret).and_then(|t| t.check(code.trim(), seconds(now))).ok_or(AccountError::Wrong)?;
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    transact!(db, AccountError, |tx| {
        // A code that was seen over a shoulder does not work a second time.
        if tx.execute(USE_STEP, params![login, step]).await? == 0 {
            return Err(AccountError::Wrong);
        }
        attempt::clear(tx, &by_login).await?;
        attempt::clear(tx, &by_network).await?;
        Ok(account)
    })
}

fn password_fits(typed: &str, hash: Option<&str>) -> bool {
    match hash.map(PasswordHash::new) {
        Some(Ok(hash)) => Argon2::default().verify_password(typed.as_bytes(), &hash).is_ok(),
        // An unknown login costs the same work, so that time does not tell which logins there are.
        _ => {
            let _ = Argon2::default().hash_password(typed.as_bytes());
            false
        }
    }
}

fn totp(secret: &[u8]) -> Option<Totp> {
    let secret: [u8; 20] = secret.try_into().ok()?;
    Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().ok()
}

fn seconds(now: Instant) -> u64 {
    u64::try_from(now.micros() / 1_000_000).unwrap_or(0)
}
