//! Requests of payments: reading them, changing the account.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::PaymentAccount;
use guard::{Action, Purpose};
use kernel::{Money, PersonId};
use payment::account::{self, Details, New};
use payment::model::{Form as PayForm, Hold};
use payment::read::{self, InstalmentShown, Where};
use store::transact;

use super::{Home, done, payments, permit, programme};
use crate::citizen::question::refuse_account;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::Want;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many instalments are shown.
const INSTALMENTS: usize = 60;

/// What comes and what came.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    match model(&v, &f).await {
        Ok(vm) => payments::page_of(&f, &payments::Payments { done: done(query), ..vm }).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn model(v: &Viewer<'_>, f: &Frame) -> Result<payments::Payments, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let (setting, lang) = (v.setting(), f.t.lang());
    let sight = v.sight(&setting);
    let own = home.own();
    let mut tx = v.state.db.read().await?;
    // Only the person's own, the children's and the household's: another adult's money is theirs.
    let seen = read::of_household(&mut tx, &sight, home.household, &own, INSTALMENTS).await?;
    drop(tx);
    let resource = seen.resource().showing(["payments"]);
    let all = v.state.guard.reveal(v.who, Action::ViewPayment, &resource, &v.purpose, seen.sealed).await?.into_inner();
    let money = |minor: i64, currency| f.t.money(Money::new(minor, currency));
    let mut next = Vec::new();
    for shown in &all.entitlements {
        let e = &shown.entitlement;
        next.extend(shown.next.iter().map(|n| payments::Line {
            name: programme(v, &e.programme),
            on: n.due_on,
            period: n.period.clone(),
            sum: money(n.minor, e.currency),
            kept_back: None,
            status: None,
            reason: None,
        }));
    }
    let line = |i: &InstalmentShown| payments::Line {
        name: programme(v, &i.programme),
        on: i.pay_date.unwrap_or(i.due_on),
        period: i.period.clone(),
        sum: money(i.minor, i.currency),
        kept_back: (i.kept_back > 0).then(|| money(i.kept_back, i.currency)),
        status: Some(i.status),
        reason: why(i),
    };
    let on_its_way = |i: &&InstalmentShown| matches!(i.status, Where::Due | Where::InRun | Where::Sent);
    let stuck = |i: &&InstalmentShown| matches!(i.status, Where::Held | Where::Returned);
    next.extend(all.instalments.iter().filter(on_its_way).map(line));
    next.sort_by_key(|l| l.on);
    let orders =
        all.orders.iter().map(|o| (programme(v, &o.programme), o.status == payment::order::OrderStatus::Confirmed));
    let loaded = |id| all.instalments.iter().any(|i| i.entitlement == id && i.status == Where::Paid);
    let vouchers = all.entitlements.iter().map(|shown| &shown.entitlement).filter(|e| e.form == PayForm::Voucher);
    let voucher = |e: &payment::model::Entitlement| payments::Voucher {
        name: programme(v, &e.programme),
        sum: e.terms.slices.first().filter(|s| s.minor > 0).map(|s| money(s.minor, e.currency)).unwrap_or_default(),
        until: e.effective_until.and_then(|until| until.yesterday().ok()),
        loaded: loaded(e.id),
        over: e.effective_until.is_some_and(|until| until <= v.today()),
    };
    let vouchers: Vec<_> = vouchers.map(voucher).collect();
    let accounts = all.accounts.iter().filter(|a| a.ended.is_none());
    Ok(payments::Payments {
        done: String::new(),
        next,
        waiting: all.instalments.iter().filter(stuck).map(line).collect(),
        past: all.instalments.iter().filter(|i| !on_its_way(i) && !stuck(i)).map(line).collect(),
        orders: orders.collect(),
        accounts: accounts
            .map(|a| payments::Account {
                whose: home.name(a.person, lang),
                card: a.form == Some(PayForm::Voucher),
                hint: a.hint.clone(),
                verified: a.verified,
                redirected: a.redirect_to.map(|p| home.name(p, lang)),
            })
            .collect(),
        cards: v.pack.voucher_account().is_some() && !vouchers.is_empty(),
        vouchers,
        owed: all
            .recoveries
            .iter()
            .filter(|r| r.owed() > 0)
            .map(|r| payments::Owed {
                name: programme(v, &r.programme),
                sum: money(r.owed(), r.currency),
                reason: r.reason.clone(),
            })
            .collect(),
    })
}

/// Why it waits, as a word that has a message; the bank's own words are no help to anybody.
fn why(i: &InstalmentShown) -> Option<String> {
    let known = || i.reason.as_deref().and_then(|r| r.parse::<Hold>().ok()).map(|h| h.word().to_owned());
    match i.status {
        Where::Returned => Some(Hold::Returned.word().to_owned()),
        Where::Held => Some(known().unwrap_or_else(|| Hold::Official.word().to_owned())),
        _ => None,
    }
}

/// The form for another account, or another card for vouchers.
pub(crate) async fn account_form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let mut form = Form::default();
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    for (_, what) in pairs.filter(|(name, _)| name == "for") {
        form.set("for", what);
    }
    form_page(&v, &f, &form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn form_page(v: &Viewer<'_>, f: &Frame, form: &Form) -> Result<Response, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let people: Vec<_> = home.own().into_iter().map(|p| (p.to_string(), home.name(p, f.t.lang()))).collect();
    let status = form.status();
    let rule = rule_of(v, form);
    let list = rule.and_then(|rule| v.pack.code_lists().get(&rule.banks));
    let banks = list.map(|l| l.codes.iter().map(|c| (c.id.clone(), c.name.get(f.t.lang()).to_owned())).collect());
    let banks: Vec<(String, String)> = banks.unwrap_or_default();
    Ok((status, payments::account(f, form, &people, (rule, &banks))).into_response())
}

/// What is given in the form: a card, where the pack has cards and it was asked for, otherwise an account.
fn rule_of<'a>(v: &'a Viewer<'_>, form: &Form) -> Option<&'a PaymentAccount> {
    v.pack.voucher_account().filter(|_| form.get("for") == "voucher").or(v.pack.payment_account())
}

/// Changes where the money of a person or a child goes. It is used when the bank has confirmed the holder.
pub(crate) async fn change_account(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let t = f.t;
        let Some(person) = form.id::<PersonId>(t, "who") else { return form_page(&v, &f, &form).await };
        let details = Details {
            number: form.required(t, "number", 60),
            bank: form.required(t, "bank", 35),
            holder: form.required(t, "holder", 140),
        };
        let rule = rule_of(&v, &form);
        let card = rule.is_some_and(|rule| rule.form == catalogue::model::Form::Voucher);
        if let Some(rule) = rule.filter(|_| form.is_fine()) {
            let known = |code: &str| v.pack.code(&rule.banks, code).is_some();
            if let Err(fault) = rule.check(&details.bank, &details.number, &details.holder, known) {
                refuse_account(t, &mut form, &fault, ("number", "bank", "holder"));
            }
        }
        if form.is_fine() {
            // The decision is about this one person; the guard refuses everybody but oneself and a child.
            let _allowed = permit(&v, Action::ChangeAccount, &[person], "account").await?;
            let new = New::Own { form: if card { PayForm::Voucher } else { PayForm::Cash }, details };
            let desk = payment::Desk { keys: state.guard.keys(), ids: &*state.ids, now: v.now, today: v.today() };
            let set: Result<_, account::Fault> = transact!(state.db, account::Fault, |tx| {
                account::set(tx, &desk, person, &new, v.who.account).await
            });
            match set {
                Ok(_) => return Ok(Redirect::to("/payments?done=account").into_response()),
                Err(account::Fault::Store(why)) => return Err(why.into()),
                Err(account::Fault::Senseless { what, .. }) => {
                    let field = match what {
                        "bank" => "bank",
                        "holder" => "holder",
                        _ => "number",
                    };
                    form.refuse(field, t.t("pay-error-account"));
                }
                Err(why) => {
                    tracing::error!(%why, "an account was not recorded");
                    form.refuse("number", t.t("pay-error-account"));
                }
            }
        }
        form_page(&v, &f, &form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
