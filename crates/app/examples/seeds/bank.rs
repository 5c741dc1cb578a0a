//! Finance and the bank: runs, files, and a bank that keeps its own books and pays one reference once.

use std::collections::BTreeMap;

use guard::Role;
use kernel::{Currency, RunId};
use payment::model::Form;
use payment::run::{self, Payer, Progress};
use payment::{Calendar, bank, hold};
use store::params;

use crate::bugs::Bug;
use crate::world::{Stop, World, found, who};

/// The bank's own books.
#[derive(Clone, Default)]
pub(crate) struct Bank {
    /// What it was told to pay, by reference.
    pub(crate) told: BTreeMap<String, i64>,
    /// What it holds as paid or on its way and has not sent back.
    pub(crate) stands: BTreeMap<String, i64>,
    /// What it has not answered.
    open: Vec<(RunId, String)>,
    /// Messages it has sent, to send them again.
    sent: Vec<String>,
    number: u32,
}

/// How much of a reference names entitlement, period and part; the rest is the attempt.
const NAME: usize = 31;

/// Runs that are open for work, by how they stand.
async fn runs(w: &mut World<'_>, status: &'static str) -> Result<Vec<RunId>, Stop> {
    let mut tx = w.db().read().await?;
    let rows = tx.all("select run_id from run where status = $1 order by opened_at, run_id", params![status]).await?;
    rows.iter().map(|r| r.get("run_id").map_err(Stop::from)).collect()
}

/// A day of finance: a run is opened, prepared in steps that may be cut off, signed, released and sent. Any of it may be left
/// for another day.
pub(crate) async fn pay(w: &mut World<'_>, whole: bool) -> Result<(), Stop> {
    let pack = w.shared.pack.clone();
    let calendar = Calendar { holidays: pack.holidays() };
    let form = if w.dice.u8(..3) > 0 { Form::Cash } else { Form::Voucher };
    let pay_date = calendar.after(w.today(), 1);
    let input = run::Input { pay_date, agency: None, form, currency: Currency::KRW };
    w.note(format!("finance: a run of {form} for {pay_date}"));
    let opened = w
        .once("opening a run", true, async |tx, tools| {
            run::open(tx, &tools.pay(), who(Role::Finance, 41).account, &calendar, &input).await
        })
        .await?;
    let Some(id) = opened.ok().and_then(|ids| ids.first().copied()) else { return Ok(()) };
    prepare(w, id, whole).await?;
    if !whole && w.dice.u8(..6) == 0 {
        return Ok(());
    }
    if !whole && w.dice.u8(..6) == 0 {
        let me = who(Role::Finance, 41);
        w.once("cancelling a run", true, async |tx, tools| {
            run::cancel(tx, &tools.pay(), &me, id, "it was opened by mistake").await
        })
        .await?
        .ok();
        return Ok(());
    }
    release(w, id).await
}

/// Everything of earlier days goes on.
pub(crate) async fn go_on(w: &mut World<'_>) -> Result<(), Stop> {
    for id in runs(w, "preparing").await? {
        prepare(w, id, true).await?;
    }
    for status in ["prepared", "signed"] {
        for id in runs(w, status).await? {
            release(w, id).await?;
        }
    }
    Ok(())
}

async fn prepare(w: &mut World<'_>, id: RunId, whole: bool) -> Result<(), Stop> {
    let pack = w.shared.pack.clone();
    let calendar = Calendar { holidays: pack.holidays() };
    let mut at = Progress::START;
    for _ in 0..40 {
        if at == Progress::Done {
            break;
        }
        if !whole && w.dice.u8(..10) == 0 {
            w.note("  the process dies while a run is prepared");
            at = Progress::START;
            continue;
        }
        let tools = w.tools();
        at = match run::advance(w.db(), &tools.pay(), &calendar, id, at).await {
            Ok(at) => at,
            Err(error) => {
                w.note(format!("  preparing: {error}"));
                *w.refusals.entry(format!("PREPARE {error}")).or_default() += 1;
                return Ok(());
            }
        };
    }
    Ok(())
}

async fn release(w: &mut World<'_>, id: RunId) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let Some(shown) = run::by_id(&mut tx, id).await? else { return Ok(()) };
    drop(tx);
    let payer = Payer { name: "Town treasury".into(), account: "110123456789".into(), bank: "088".into() };
    let (one, two) = (who(Role::Finance, 41), who(Role::Finance, 42));
    if shown.status == run::RunStatus::Prepared {
        let signed = w
            .once("signing a run", true, async |tx, tools| run::sign(tx, &tools.pay(), &one, id, shown.revision).await)
            .await?;
        if signed.is_err() {
            return Ok(());
        }
        let alone = w
            .once("releasing alone", true, async |tx, tools| {
                run::release(tx, &tools.pay(), &one, id, shown.revision, &payer).await
            })
            .await?;
        if alone.is_ok() {
            return found("two persons", format!("run {id} was signed and released by one"));
        }
    }
    let released = w
        .once("releasing a run", true, async |tx, tools| {
            run::release(tx, &tools.pay(), &two, id, shown.revision, &payer).await
        })
        .await?;
    if released.is_err() {
        return Ok(());
    }
    if w.sabotage_now(Bug::ReleasedTwice) {
        let mut tx = w.db().begin().await?;
        tx.execute("update run set status = 'signed' where run_id = $1", params![id]).await?;
        tx.execute(
            "update journal set reference = reference || ' before' where run_id = $1 and kind = 'released'",
            params![id],
        )
        .await?;
        tx.commit().await?;
        let again = w
            .once("releasing a run", true, async |tx, tools| {
                run::release(tx, &tools.pay(), &two, id, shown.revision, &payer).await
            })
            .await?;
        w.note(format!("  released again: {again:?}"));
        deliver(w, id).await?;
    }
    deliver(w, id).await
}

/// The text between two tags, each time it stands there.
fn tagged<'t>(text: &'t str, open: &str, close: &str) -> Vec<&'t str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close).map(|(inside, _)| inside)).collect()
}

/// The file of a run goes to the bank.
async fn deliver(w: &mut World<'_>, id: RunId) -> Result<(), Stop> {
    let mut file = Vec::new();
    match bank::write(w.db(), &w.shared.keys, id, &mut file).await {
        Ok(_) => {}
        Err(bank::FileFault::Empty) => return Ok(()),
        Err(error) => return found("I2 files", format!("no file of the released run {id}: {error}")),
    }
    let file = String::from_utf8(file).map_err(|e| Stop::Broken(e.to_string()))?;
    let mut payments = Vec::new();
    for payment in tagged(&file, "<CdtTrfTxInf>", "</CdtTrfTxInf>") {
        let name = tagged(payment, "<EndToEndId>", "</EndToEndId>");
        let amount = tagged(payment, "<InstdAmt Ccy=\"KRW\">", "</InstdAmt>");
        match (name.first(), amount.first().and_then(|a| a.parse::<i64>().ok())) {
            (Some(name), Some(amount)) => payments.push(((*name).to_owned(), amount)),
            _ => return Err(Stop::Broken("a payment that cannot be read".into())),
        }
    }
    if let Some((name, amount)) = payments.first().cloned().filter(|_| w.sabotage_now(Bug::OtherReference)) {
        // The same money once more under a reference of its own: the attempt is another.
        payments.push((format!("{}ZZ", name.get(..NAME).unwrap_or(&name)), amount));
    }
    w.note(format!("  file of {} payments", payments.len()));
    for (name, amount) in payments {
        take(w, id, name, amount)?;
    }
    Ok(())
}

/// The bank takes a payment. What it knows already it does not pay again; before a backup was restored it must not come.
fn take(w: &mut World<'_>, id: RunId, name: String, amount: i64) -> Result<(), Stop> {
    if w.bank.told.contains_key(&name) {
        return if w.restored { Ok(()) } else { found("I2 once", format!("{name} came to the bank twice")) };
    }
    let prefix = name.get(..NAME).unwrap_or(&name);
    if let Some(other) = w.bank.stands.keys().find(|n| n.starts_with(prefix)) {
        return found("I2 once", format!("{name} is to be paid while {other} stands"));
    }
    w.bank.told.insert(name.clone(), amount);
    w.bank.stands.insert(name.clone(), amount);
    w.bank.open.push((id, name));
    Ok(())
}

fn entry(name: &str, amount: i64, side: &str, extra: &str) -> String {
    format!(
        r#"<Ntry><NtryRef>1</NtryRef><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-25</Dt></BookgDt><BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>
        <NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="KRW">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{extra}</TxDtls></NtryDtls></Ntry>"#
    )
}

fn paid(name: &str, amount: i64) -> String {
    entry(name, amount, "DBIT", "")
}

fn returned(name: &str, amount: i64, reason: &str) -> String {
    entry(name, amount, "CRDT", &format!("<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>"))
}

fn camt(number: &str, entries: &[String]) -> String {
    let entries = entries.concat();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm><Acct><Id><Othr><Id>110123456789</Id></Othr></Id></Acct>{entries}</Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>"#
    )
}

fn rejected(number: &str, run: RunId, name: &str) -> String {
    let file = bank::message_id(run);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<p:Document xmlns:p="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><p:CstmrPmtStsRpt>
<GrpHdr><MsgId>{number}</MsgId><CreDtTm>2026-11-25T18:00:00+09:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>P{file}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>
</p:CstmrPmtStsRpt></p:Document>"#
    )
}

async fn feed(w: &mut World<'_>, text: &str) -> Result<(), Stop> {
    let tools = w.tools();
    let limits = bank::Limits::default();
    match bank::apply(w.db(), &tools.pay(), None, limits, || Ok(text.as_bytes())).await {
        Ok(applied) => {
            w.note(format!("  {applied:?}"));
            Ok(())
        }
        Err(error) => found("I2 bank", format!("a file of the bank is refused: {error}")),
    }
}

/// The bank answers some of what is open, in any order, or says again what it said before.
pub(crate) async fn answer(w: &mut World<'_>, everything: bool) -> Result<(), Stop> {
    if !everything && w.dice.u8(..3) == 0 {
        let sent = w.bank.sent.clone();
        if let Some(old) = w.pick(&sent) {
            w.note("the bank says again what it said");
            return feed(w, &old).await;
        }
    }
    let mut open = std::mem::take(&mut w.bank.open);
    w.dice.shuffle(&mut open);
    let keep = if everything { 0 } else { w.dice.usize(..=open.len()) };
    let answered = open.split_off(keep);
    w.bank.open = open;
    if answered.is_empty() {
        return Ok(());
    }
    w.bank.number += 1;
    let number = w.bank.number;
    w.note(format!("the bank answers on {} payments", answered.len()));
    let mut entries = Vec::new();
    for (run, name) in answered {
        let amount = w.bank.told.get(&name).copied().unwrap_or_default();
        match if everything { 9 } else { w.dice.u8(..8) } {
            0 => {
                entries.push(returned(&name, amount, "AC04"));
                w.bank.stands.remove(&name);
            }
            1 => {
                let report = rejected(&format!("S{number}-{name}"), run, &name);
                feed(w, &report).await?;
                w.bank.sent.push(report);
                w.bank.stands.remove(&name);
            }
            2 => {
                entries.extend([paid(&name, amount), returned(&name, amount, "AC06")]);
                w.bank.stands.remove(&name);
            }
            _ => entries.push(paid(&name, amount)),
        }
    }
    let file = camt(&format!("C{number}"), &entries);
    feed(w, &file).await?;
    w.bank.sent.push(file);
    Ok(())
}

/// An official lets what came back go out again.
pub(crate) async fn pay_again(w: &mut World<'_>) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let sql = "select entitlement_id, period, part from instalment where status = 'returned' order by entitlement_id, period, part";
    let mut all = Vec::new();
    for row in &tx.all(sql, &[]).await? {
        all.push(hold::Which {
            entitlement: row.get("entitlement_id")?,
            period: payment::due::PeriodKey(row.get("period")?),
            part: row.get("part")?,
        });
    }
    drop(tx);
    for which in all {
        let by = who(Role::Finance, 41).account;
        w.once("paying again", true, async |tx, tools| {
            hold::pay_again(tx, &tools.pay(), which, "the account is open again", by).await
        })
        .await?
        .ok();
    }
    Ok(())
}
