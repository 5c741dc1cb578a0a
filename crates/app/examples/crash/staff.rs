//! The people of the offices, and the registers that tell of moves and stays abroad: who may do what in a case.

use std::collections::BTreeMap;

use app::runtime::{SystemClock, SystemIds};
use catalogue::Pack;
use guard::account::{self, AccountError, Duty, SignedInBy};
use guard::{Keys, Role};
use kernel::{Clock as _, PersonId};
use rules::schema::Type;
use serde_json::{Value, json};
use store::{Db, transact};

use crate::harness::town::Place;

/// A header that shows who asks: name and value.
pub(crate) type Shown = (&'static str, String);

/// The people of one office, none of whom looks at their own work.
pub(crate) struct Desks {
    /// Settles, decides, closes hearings.
    pub(crate) caseworker: Shown,
    /// Signs what the caseworker prepared.
    pub(crate) signer: Shown,
    /// Reviews first objections.
    pub(crate) reviewer: Shown,
    /// Reviews second objections to what an office below decided.
    pub(crate) above: Shown,
}

/// Everybody who acts in a case.
pub(crate) struct Staff {
    pub(crate) pack: Pack,
    /// By organisation.
    pub(crate) offices: BTreeMap<String, Desks>,
    /// Mothers, who speak and object for themselves and their children.
    pub(crate) mothers: BTreeMap<PersonId, Shown>,
    /// The register of residents, which tells of moves.
    pub(crate) residents: Shown,
    /// The border, which tells of stays abroad.
    pub(crate) border: Shown,
}

impl Staff {
    /// Opens an account for everybody, with the server down.
    pub(crate) async fn hire(place: &Place) -> Staff {
        let loaded = Pack::load(&place.pack()).unwrap_or_else(|faults| panic!("the pack: {faults:?}"));
        let pack = loaded.pack;
        let db = Db::open(&place.database).await.expect("the database");
        let keys = Keys::open(&place.data().join("keys")).expect("the keys");
        let country = pack.jurisdictions().iter().next().map(|j| j.id.clone());
        let mut offices = BTreeMap::new();
        for programme in pack.programmes().iter() {
            for office in [&programme.agency, &programme.decided_by] {
                if offices.contains_key(office) {
                    continue;
                }
                let mut desks = Vec::new();
                for role in [Role::Caseworker, Role::Approver, Role::Approver, Role::Approver] {
                    let duty = Duty { role, organisation: office.clone(), jurisdiction: country.clone() };
                    desks.push(sign_in(&db, &keys, &duty).await);
                }
                let [caseworker, signer, reviewer, above] =
                    desks.try_into().unwrap_or_else(|_| panic!("four were hired"));
                offices.insert(office.clone(), Desks { caseworker, signer, reviewer, above });
            }
        }
        let mothers = place.mothers.iter().map(|m| (m.id, ("cookie", m.cookie.clone()))).collect();
        let (residents, border) = (client(&db, &keys, "mois").await, client(&db, &keys, "moj").await);
        db.close().await;
        Staff { pack, offices, mothers, residents, border }
    }

    /// A plain value of an item, as an official would find it.
    pub(crate) fn plain(&self, of_person: bool, item: &str) -> Option<Value> {
        let entity = if of_person { rules::schema::Entity::Person } else { rules::schema::Entity::Household };
        Some(match &self.pack.item(entity, item)?.ty {
            Type::Boolean => json!(false),
            Type::Integer(_) | Type::Money(_) => json!(0),
            Type::Decimal(_) | Type::Ratio => json!("0"),
            Type::Date => json!("2020-01-01"),
            Type::Text => json!("nothing"),
            Type::Code(list) => json!(self.pack.code_lists().get(list)?.codes.first()?.id),
        })
    }
}

async fn sign_in(db: &Db, keys: &Keys, duty: &Duty) -> Shown {
    let now = SystemClock.now();
    let by = SignedInBy { strong: true, break_glass: false };
    let started = transact!(db, AccountError, |tx| {
        let account =
            account::create(tx, &SystemIds, now, "somebody of an office", None, std::slice::from_ref(duty)).await?;
        account::start_session(tx, keys, &SystemIds, now, account, None, by).await
    });
    ("cookie", format!("hearth_session={}", started.expect("a session").token.as_str()))
}

async fn client(db: &Db, keys: &Keys, agency: &str) -> Shown {
    let now = SystemClock.now();
    let client = transact!(db, web::api::client::ClientError, |tx| {
        web::api::client::create(tx, keys, &SystemIds, now, "a register", agency, None).await
    });
    ("authorization", format!("Bearer {}", client.expect("a client").token))
}
