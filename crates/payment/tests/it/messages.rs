//! What banks send, in the shapes that banks publish: the structures of public examples, with names and sums of our own. Where
//! each shape was seen stands beside it.

use payment::bank::{Entries, Entry, EntryKind, Limits, MessageKind, ReadFault};

fn document(name: &str, rest: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{name}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:iso:std:iso:20022:tech:xsd:{name} {name}.xsd">
{rest}
</Document>"#
    )
}

fn read(text: &str) -> (MessageKind, String, Vec<Entry>) {
    let mut entries = Entries::open(text.as_bytes(), Limits::default()).unwrap();
    let mut all = Vec::new();
    while let Some(entry) = entries.entry().unwrap() {
        all.push(entry);
    }
    (entries.kind(), entries.message().unwrap().to_owned(), all)
}

fn told(entry: &Entry) -> (EntryKind, Option<&str>, Option<&str>, Option<&str>, Option<&str>) {
    let amount = entry.amount.as_ref().map(|(amount, _)| amount.as_str());
    (entry.kind, entry.file.as_deref(), entry.reference.as_deref(), amount, entry.reason.as_deref())
}

/// Goldman Sachs Transaction Banking, «Sample File – Pain002 v3 Payment Status» (developer.gs.com): no status of the group, the
/// reason NARR with the words beside it, the amount of the payment repeated.
#[test]
fn a_status_report_of_version_3_payment_by_payment() {
    let one = |name: &str, status: &str, words: &str| {
        format!(
            r#"<OrgnlPmtInfAndSts><OrgnlPmtInfId>BLOCK-7</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{name}</OrgnlEndToEndId>
<TxSts>{status}</TxSts><StsRsnInf><Rsn><Cd>NARR</Cd></Rsn>{words}</StsRsnInf><AcctSvcrRef>I260825</AcctSvcrRef>
<OrgnlTxRef><Amt><InstdAmt Ccy="KZT">10.00</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts></OrgnlPmtInfAndSts>"#
        )
    };
    let body = format!(
        r#"<CstmrPmtStsRpt><GrpHdr><MsgId>1036</MsgId><CreDtTm>2026-08-25T15:25:48</CreDtTm><InitgPty><Nm>A Bank</Nm></InitgPty></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>FILE-7</OrgnlMsgId><OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>20.0000</OrgnlCtrlSum></OrgnlGrpInfAndSts>
{}{}</CstmrPmtStsRpt>"#,
        one("E2E-1", "ACCP", ""),
        one("E2E-2", "RJCT", "<AddtlInf>Payment rejected:</AddtlInf><AddtlInf>ask the payee</AddtlInf>")
    );
    let (kind, message, all) = read(&document("pain.002.001.03", &body));
    assert_eq!((kind, message.as_str()), (MessageKind::Pain002, "1036"));
    let block = Some("BLOCK-7");
    assert_eq!(told(&all[0]), (EntryKind::Accepted, block, Some("E2E-1"), Some("10.00"), Some("NARR")));
    let words = Some("Payment rejected: ask the payee");
    assert_eq!(told(&all[1]), (EntryKind::Rejected, block, Some("E2E-2"), Some("10.00"), words));
    assert_eq!((all.len(), all[1].money().map(|(minor, _)| minor)), (2, Some(1_000)));
}

/// J.P. Morgan's report as kept by a client of theirs (github.com/anthony-gascon/flexport, a test's recorded message): the group is
/// taken in part, counts a status, each payment under its block.
#[test]
fn a_status_report_on_a_file_taken_in_part() {
    let body = r#"<CstmrPmtStsRpt><GrpHdr><MsgId>M-ID-1</MsgId><CreDtTm>2026-06-01T04:44:43.0Z</CreDtTm>
<InitgPty><Id><OrgId><Othr><Id>A Bank</Id><SchmeNm><Cd>BANK</Cd></SchmeNm></Othr></OrgId></Id></InitgPty></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>FILE-8</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId><OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>310.5</OrgnlCtrlSum>
<GrpSts>PART</GrpSts><NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>ACSP</DtldSts><DtldCtrlSum>300.5</DtldCtrlSum></NbOfTxsPerSts>
<NbOfTxsPerSts><DtldNbOfTxs>1</DtldNbOfTxs><DtldSts>RJCT</DtldSts><DtldCtrlSum>10</DtldCtrlSum></NbOfTxsPerSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>BLOCK-8</OrgnlPmtInfId>
<TxInfAndSts><OrgnlInstrId>1</OrgnlInstrId><OrgnlEndToEndId>E2E-1</OrgnlEndToEndId><TxSts>ACSP</TxSts>
<OrgnlTxRef><Amt><InstdAmt Ccy="KZT">300.50</InstdAmt></Amt><ReqdExctnDt>2026-06-02</ReqdExctnDt></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlInstrId>2</OrgnlInstrId><OrgnlEndToEndId>E2E-2</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>Account number incorrect</AddtlInf></StsRsnInf></TxInfAndSts>
</OrgnlPmtInfAndSts></CstmrPmtStsRpt>"#;
    for version in ["pain.002.001.03", "pain.002.001.10", "pain.002.001.14"] {
        let (_, _, all) = read(&document(version, body));
        assert_eq!(told(&all[0]), (EntryKind::FileAccepted, Some("FILE-8"), None, None, None));
        assert_eq!(told(&all[1]), (EntryKind::Accepted, Some("BLOCK-8"), Some("E2E-1"), Some("300.50"), None));
        assert_eq!(told(&all[2]), (EntryKind::Rejected, Some("BLOCK-8"), Some("E2E-2"), None, Some("AC01")));
        assert_eq!(all.len(), 3);
    }
}

/// PostFinance, sample files for business customers (postfinance.ch, «Musterfiles»), versions of 2013 (.04: the status is in its tag) and
/// 2019 (.08: the status is a choice; pages, a time span, a batch of one).
#[test]
fn a_notification_of_payments_made_in_the_old_and_the_new_version() {
    let body = |status: &str| {
        format!(
            r#"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>286494/132157</MsgId><CreDtTm>2026-05-10T13:21:57</CreDtTm>
<MsgPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></MsgPgntn><AddtlInf>SPS/TEST</AddtlInf></GrpHdr>
<Ntfctn><Id>286494/1</Id><CreDtTm>2026-05-10T13:21:57</CreDtTm><FrToDt><FrDtTm>2026-05-10T00:00:00</FrDtTm><ToDtTm>2026-05-10T23:59:59</ToDtTm></FrToDt>
<RptgSrc><Prtry>OTHR</Prtry></RptgSrc><Acct><Id><IBAN>CH9300762011623852957</IBAN></Id><Ccy>CHF</Ccy></Acct>
<Ntry><NtryRef>CH93</NtryRef><Amt Ccy="KZT">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>false</RvslInd>{status}<BookgDt><Dt>2026-05-10</Dt></BookgDt>
<ValDt><Dt>2026-05-10</Dt></ValDt><AcctSvcrRef>1000</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>AUTT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch><TxDtls><Refs><MsgId>FILE-9</MsgId><AcctSvcrRef>2000</AcctSvcrRef><PmtInfId>BLOCK-9</PmtInfId><InstrId>I-1</InstrId>
<EndToEndId>E2E-1</EndToEndId><UETR>b009c997-97b3-4a9c-803c-d645a7276b00</UETR><Prtry><Tp>00</Tp><Ref>20</Ref></Prtry></Refs>
<Amt Ccy="KZT">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RltdPties><Cdtr><Pty><Nm>A Payee</Nm></Pty></Cdtr></RltdPties>
<RmtInf><Ustrd>July</Ustrd><Strd><AddtlRmtInf>?REJECT?0</AddtlRmtInf></Strd></RmtInf></TxDtls></NtryDtls>
<AddtlNtryInf>SAMMELAUFTRAG</AddtlNtryInf></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn>"#
        )
    };
    for (version, status) in [
        ("camt.054.001.04", "<Sts>BOOK</Sts>"),
        ("camt.054.001.08", "<Sts>\n<Cd>BOOK</Cd>\n</Sts>"),
        ("camt.054.001.13", "<Sts><Cd>BOOK</Cd></Sts>"),
    ] {
        let (kind, message, all) = read(&document(version, &body(status)));
        assert_eq!((kind, message.as_str(), all.len()), (MessageKind::Camt054, "286494/132157", 1));
        assert_eq!(told(&all[0]), (EntryKind::Paid, Some("FILE-9"), Some("E2E-1"), Some("5.00"), None), "{version}");
        assert_eq!(all[0].booked_on.map(|day| day.to_string()).as_deref(), Some("2026-05-10"));
    }
    let (_, _, pending) = read(&document("camt.054.001.04", &body("<Sts>PDNG</Sts>")));
    assert_eq!(pending[0].kind, EntryKind::Other, "what is not booked says nothing yet");
}

/// Returns as version 02 and German banks write them (github.com/search of tests of `hbci4java` and its kin): the amount only under
/// AmtDtls, the side on the entry or on the transaction, the reason as a code, in words, or both; a batch of payments and one that came back.
#[test]
fn returns_with_the_amount_under_its_details_and_the_reason_in_words() {
    let body = r#"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>N-10</MsgId><CreDtTm>2026-07-20T08:00:00</CreDtTm></GrpHdr><Ntfctn><Id>1</Id>
<Ntry><Amt Ccy="KZT">42.42</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-07-20T10:00:00.000</DtTm></BookgDt><AcctSvcrRef>R</AcctSvcrRef>
<NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs><AmtDtls><InstdAmt><Amt Ccy="USD">1.00</Amt></InstdAmt><TxAmt><Amt Ccy="KZT">42.42</Amt></TxAmt></AmtDtls>
<RtrInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>Wrong account</AddtlInf></RtrInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="KZT">75.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><NtryDtls>
<TxDtls><Refs><EndToEndId>E2E-2</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="KZT">100.00</Amt></TxAmt></AmtDtls></TxDtls>
<TxDtls><Refs><EndToEndId>E2E-3</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy="KZT">25.00</Amt></TxAmt></AmtDtls><CdtDbtInd>CRDT</CdtDbtInd>
<RtrInf><AddtlInf>Status changed: reject, reversal</AddtlInf></RtrInf></TxDtls></NtryDtls></Ntry>
</Ntfctn></BkToCstmrDbtCdtNtfctn>"#;
    let (_, _, all) = read(&document("camt.054.001.02", body));
    assert_eq!(told(&all[0]), (EntryKind::Returned, None, Some("E2E-1"), Some("42.42"), Some("AC01")));
    assert_eq!(all[0].booked_on.map(|day| day.to_string()).as_deref(), Some("2026-07-20"));
    assert_eq!(told(&all[1]), (EntryKind::Paid, None, Some("E2E-2"), Some("100.00"), None));
    let words = Some("Status changed: reject, reversal");
    assert_eq!(told(&all[2]), (EntryKind::Returned, None, Some("E2E-3"), Some("25.00"), words));
    assert_eq!(all[0].money(), Some((4_242, kernel::Currency::KZT)));
}

#[test]
fn other_messages_versions_and_wrappings_are_refused_by_name() {
    let body = "<CstmrPmtStsRpt><GrpHdr><MsgId>1</MsgId></GrpHdr></CstmrPmtStsRpt>";
    let refused = |text: &str| match Entries::open(text.as_bytes(), Limits::default()) {
        Err(ReadFault::OtherMessage(name)) => name,
        _ => panic!("taken: {text}"),
    };
    for name in [
        "pain.002.001.02",
        "pain.002.001.15",
        "pain.002.001.1",
        "pain.002.001.010",
        "pain.002.002.03",
        "camt.053.001.08",
        "camt.054.001.01",
        "camt.054.001.+8",
        "",
    ] {
        assert_eq!(refused(&document(name, body)), name);
    }
    // A business application header around the document (SWIFT): the document alone is expected.
    let wrapped = document("pain.002.001.10", body);
    let inner = wrapped.split_once("?>").unwrap().1;
    refused(&format!("<BizMsgEnvlp xmlns=\"urn:swift:xsd:envelope\"><AppHdr/>{inner}</BizMsgEnvlp>"));
}
