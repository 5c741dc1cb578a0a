//! Accounts, sessions and break-glass sign-in on both databases.

use std::net::IpAddr;
use std::sync::Arc;

use guard::account::{self, AccountError, Duty, NewLocal, SignedInBy};
use guard::{Keys, Role};
use kernel::{AccountId, Instant, SeededIds};
use store::{Db, transact};

use crate::support::{noon, person};

const STRONG: SignedInBy = SignedInBy { strong: true, break_glass: false };

struct Bench {
    db: Db,
    keys: Arc<Keys>,
    ids: SeededIds,
    _dir: tempfile::TempDir,
}

async fn benches() -> Vec<Bench> {
    let all = store::testing::databases(&[store::SCHEMA, account::SCHEMA]).await.unwrap();
    all.into_iter()
        .map(|db| {
            let dir = tempfile::tempdir().unwrap();
            let keys = Arc::new(Keys::open(dir.path()).unwrap());
            Bench { db, keys, ids: SeededIds::new(3), _dir: dir }
        })
        .collect()
}

impl Bench {
    async fn account(&self, role: Role) -> AccountId {
        let duty = Duty { role, organisation: "office".into(), jurisdiction: Some("11010".into()) };
        transact!(self.db, AccountError, |tx| account::create(
            tx,
            &self.ids,
            noon(),
            "A Name",
            Some(person(5)),
            std::slice::from_ref(&duty)
        )
        .await)
        .unwrap()
    }

    async fn begin(&self, id: AccountId, now: Instant) -> Result<String, AccountError> {
        transact!(self.db, AccountError, |tx| {
            let started = account::start_session(tx, &self.keys, &self.ids, now, id, None, STRONG).await?;
            Ok(started.token.to_string())
        })
    }

    async fn check(&self, token: &str, now: Instant) -> Option<account::Checked> {
        let mut tx = self.db.read().await.unwrap();
        account::check_session(&mut tx, &self.keys, now, token).await.unwrap()
    }

    async fn local(&self, login: &str, password: &str, code: &str, now: Instant) -> Result<AccountId, AccountError> {
        let from: IpAddr = "192.0.2.7".parse().unwrap();
        account::sign_in_local(&self.db, &self.keys, now, login, password, code, from).await
    }
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_stays_distributable() {
    for bench in benches().await {
        store::testing::prepare_all(&bench.db, account::ALL_STATEMENTS).await;
        store::testing::prepare_all(&bench.db, &[&account::lists()]).await;
    }
    assert_eq!(store::lint(&account::SCHEMA), Vec::<String>::new());
}

#[tokio::test]
async fn a_session_ends_by_idleness_by_age_by_sign_out_and_when_the_role_is_taken() {
    for bench in benches().await {
        let id = bench.account(Role::CounterOfficial).await;
        let token = bench.begin(id, noon()).await.unwrap();
        let checked = bench.check(&token, noon().plus_seconds(60)).await.unwrap();
        assert_eq!(
            (checked.who.role, checked.who.person, checked.stale),
            (Role::CounterOfficial, Some(person(5)), false)
        );
        assert_eq!(bench.check("another token", noon()).await, None);
        assert_eq!(bench.check(&token, noon().plus_seconds(15 * 60 + 1)).await, None);
        // In use all day, but never longer than ten hours.
        for minute in (10..600).step_by(10) {
            let now = noon().plus_seconds(minute * 60);
            assert!(bench.check(&token, now).await.unwrap().stale);
            transact!(bench.db, AccountError, |tx| account::touch_session(tx, &bench.keys, now, &token).await).unwrap();
        }
        assert_eq!(bench.check(&token, noon().plus_seconds(10 * 3600 + 1)).await, None);

        let (a, b) = (bench.begin(id, noon()).await.unwrap(), bench.begin(id, noon()).await.unwrap());
        transact!(bench.db, AccountError, |tx| account::end_session(tx, &bench.keys, noon(), &a).await).unwrap();
        assert!(bench.check(&a, noon()).await.is_none() && bench.check(&b, noon()).await.is_some());
        let ended = transact!(bench.db, AccountError, |tx| account::end_all_sessions(tx, noon(), id).await).unwrap();
        assert_eq!((ended, bench.check(&b, noon()).await), (2, None));

        let c = bench.begin(id, noon()).await.unwrap();
        transact!(bench.db, AccountError, |tx| account::suspend(tx, id, true).await).unwrap();
        assert!(bench.check(&c, noon()).await.unwrap().who.suspended, "counts at once");
        assert!(matches!(bench.begin(id, noon()).await, Err(AccountError::Suspended)));
        transact!(bench.db, AccountError, |tx| account::drop_duty(tx, id, Role::CounterOfficial).await).unwrap();
        assert_eq!(bench.check(&c, noon()).await, None);
    }
}

#[tokio::test]
async fn the_token_is_not_in_the_database() {
    let bench = benches().await.remove(0);
    let id = bench.account(Role::Citizen).await;
    let (a, b) = (bench.begin(id, noon()).await.unwrap(), bench.begin(id, noon()).await.unwrap());
    assert!(a != b && a.len() == 43);
    assert_ne!(bench.keys.token_hash(&a).as_slice(), a.as_bytes());
}

#[tokio::test]
async fn the_identity_providers_name_leads_to_one_account() {
    for bench in benches().await {
        let id = bench.account(Role::Analyst).await;
        transact!(bench.db, AccountError, |tx| account::link(tx, "https://a.example", "s1", id).await).unwrap();
        let mut tx = bench.db.read().await.unwrap();
        let found = account::of_subject(&mut tx, "https://a.example", "s1").await.unwrap().unwrap();
        assert_eq!((found.id, found.duties[0].role), (id, Role::Analyst));
        assert_eq!(account::of_subject(&mut tx, "https://b.example", "s1").await.unwrap(), None);
        drop(tx);
        let again = transact!(bench.db, AccountError, |tx| account::link(tx, "https://a.example", "s1", id).await);
        assert!(again.is_err(), "one subject must not lead to two accounts");
    }
}

#[tokio::test]
async fn break_glass_needs_password_and_fresh_code_and_slows_down_guessing() {
    for bench in benches().await {
        let id = bench.account(Role::Administrator).await;
        let new = NewLocal { account: id, login: "duty", password: "correct horse battery" };
        let secret =
            transact!(bench.db, AccountError, |tx| account::create_local(tx, &bench.keys, &new).await).unwrap();
        let code = |now| secret.code_at(now).unwrap();
        let t = noon();
        assert_eq!(bench.local("duty", "correct horse battery", &code(t), t).await.unwrap(), id);
        // The same code again, as if seen over a shoulder.
        let again = bench.local("duty", "correct horse battery", &code(t), t).await;
        assert!(matches!(again, Err(AccountError::Wrong)));
        let t = t.plus_seconds(300);
        assert!(matches!(bench.local("duty", "wrong password", &code(t), t).await, Err(AccountError::Wrong)));
        assert!(matches!(bench.local("nobody", "wrong password", "000000", t).await, Err(AccountError::Wrong)));
        // Third failure of this login: wait, even with the right password; not for ever.
        let t2 = t.plus_seconds(1);
        assert!(matches!(bench.local("duty", "x", "1", t2).await, Err(AccountError::Wrong)));
        let t3 = t2.plus_seconds(5);
        let early = bench.local("duty", "correct horse battery", &code(t3), t3).await;
        assert!(matches!(early, Err(AccountError::Wait(1..=10))), "{early:?}");
        let t4 = t2.plus_seconds(61);
        assert_eq!(bench.local("duty", "correct horse battery", &code(t4), t4).await.unwrap(), id);
    }
}

#[tokio::test]
async fn short_passwords_and_taken_logins_are_refused() {
    let bench = benches().await.remove(0);
    let id = bench.account(Role::Administrator).await;
    let make = async |login, password| {
        let new = NewLocal { account: id, login, password };
        let mut tx = bench.db.begin().await.unwrap();
        let made = account::create_local(&mut tx, &bench.keys, &new).await;
        if made.is_ok() {
            tx.commit().await.unwrap();
        }
        made.map(|secret| (secret.base32().len(), format!("{secret:?}")))
    };
    assert!(matches!(make("a", "elevenchars").await, Err(AccountError::Short)));
    assert_eq!(make("a", "twelve chars").await.unwrap(), (32, "LocalSecret(hidden)".to_owned()));
    assert!(matches!(make("a", "twelve chars").await, Err(AccountError::Taken(_))));
}

#[tokio::test]
async fn who_is_behind_an_account_is_said_once_and_colleagues_are_found_by_it() {
    for bench in benches().await {
        let (clerk, mother, other) = (person(21), person(22), person(23));
        let make = async |role, organisation: &str, name: &str, person| {
            let duty = Duty { role, organisation: organisation.into(), jurisdiction: None };
            transact!(bench.db, AccountError, |tx| {
                account::create(tx, &bench.ids, noon(), name, person, std::slice::from_ref(&duty)).await
            })
            .unwrap()
        };
        let office = make(Role::Caseworker, "office", "Clerk", None).await;
        let own = make(Role::Citizen, "", "Clerk at home", Some(clerk)).await;
        make(Role::Nurse, "elsewhere", "Nurse", Some(other)).await;
        let bind = async |to| transact!(bench.db, AccountError, |tx| Ok(account::bind(tx, office, to).await?)).unwrap();
        assert!(bind(clerk).await && !bind(mother).await, "said once");
        let mut tx = bench.db.read().await.unwrap();
        assert_eq!(account::by_id(&mut tx, office).await.unwrap().unwrap().person, Some(clerk));
        // The account of the office is not that of her own affairs.
        assert_eq!(account::of_person(&mut tx, &[mother, clerk]).await.unwrap(), Some(own));
        assert_eq!(account::of_person(&mut tx, &[mother]).await.unwrap(), None);
        let found = account::colleagues(&mut tx, "office", [clerk, mother, other]).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [clerk]);
    }
}
