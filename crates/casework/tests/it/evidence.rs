//! Papers: what is taken, what is refused, what the scanner says, who sees what.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use casework::evidence::{self, Checked, Input, Refused, Scanner, add};
use guard::{Action, Allowed, Policies, Purpose, PurposeKind, Role, Tier, Who};
use kernel::{ApplicationId, EvidenceId};
use registry::sight::{Setting, Sight};
use store::{params, transact};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::application::{BORN, Home, applied, citizen, count, home};
use crate::desk::{Office, TODAY, allowed, family, official, who};

/// A photograph of a paper: frame, one scan, points, end.
fn photograph(points: &[u8]) -> Vec<u8> {
    let head = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, 0, 4, 0, 6, 1, 1, 0x11, 0, 0xFF, 0xFE, 0, 6, b'h', b'o', b'm', b'e'];
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0x3F, 0];
    [&head[..], &scan, points, &[0xFF, 0xD9]].concat()
}

/// What the scanner of a test says, in this order; then it hangs up without a word.
async fn scanner(answers: &'static [&'static str]) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = AtomicUsize::new(0);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut command = [0; 10];
            stream.read_exact(&mut command).await.unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut got = 0;
            loop {
                let length = stream.read_u32().await.unwrap();
                if length == 0 {
                    break;
                }
                let mut piece = vec![0; length as usize];
                stream.read_exact(&mut piece).await.unwrap();
                got += piece.len();
            }
            assert!(got > 0, "the scanner gets the file");
            if let Some(answer) = answers.get(asked.fetch_add(1, Ordering::SeqCst)) {
                stream.write_all(format!("{answer}\0").as_bytes()).await.unwrap();
            }
        }
    });
    Scanner { address, patience: Duration::from_secs(5) }
}

static CONNECTED: fn(&str) -> bool = |_| true;

fn input(home: &Home, application: ApplicationId, item: &str) -> Input {
    Input { application, case: None, person: home.child, item: item.into(), words: None }
}

async fn hand_in(
    office: &Office,
    who: &Who,
    may: &[Allowed],
    input: &Input,
    checked: &Checked,
) -> Result<EvidenceId, evidence::Fault> {
    transact!(office.db, evidence::Fault, |tx| add(tx, &office.desk(), who, may, &CONNECTED, input, checked).await)
}

pub(crate) struct Eyes {
    who: Who,
    purpose: Purpose,
    none: BTreeSet<kernel::PersonId>,
}

impl Eyes {
    pub(crate) fn official() -> Eyes {
        Eyes {
            who: who(Role::CounterOfficial),
            purpose: Purpose::new(PurposeKind::CounterService, "the mother is here"),
            none: BTreeSet::new(),
        }
    }

    pub(crate) fn of(who: Who) -> Eyes {
        Eyes::for_purpose(who, Purpose::own_affairs())
    }

    pub(crate) fn for_purpose(who: Who, purpose: Purpose) -> Eyes {
        Eyes { who, purpose, none: BTreeSet::new() }
    }

    pub(crate) fn sight(&self) -> Sight<'_> {
        static POLICIES: OnceLock<Policies> = OnceLock::new();
        static SETTING: Setting<'static> = Setting {
            within: &|place, office| place == office,
            tells_place: &|_| false,
            grace_days: 30,
            adult_age: 19,
        };
        Sight {
            who: &self.who,
            purpose: &self.purpose,
            policies: POLICIES.get_or_init(|| Policies::built_in().unwrap()),
            open_cases: &self.none,
            setting: &SETTING,
            today: TODAY,
        }
    }
}

#[tokio::test]
async fn a_paper_is_kept_sealed_once_and_shown_only_under_seal() {
    for office in Office::all(51).await {
        let home = home(&office, 1, BORN).await;
        let application = applied(&office, &home).await;
        let (me, powers) = (citizen(home.family.mother), home.powers());
        let checked = evidence::check(None, photograph(b"the points of the paper")).await.unwrap();
        let right = input(&home, application, "bank_account");
        let id = hand_in(&office, &me, &powers, &right, &checked).await.unwrap();
        assert_eq!(hand_in(&office, &me, &powers, &right, &checked).await.unwrap(), id, "sent twice is kept once");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select content, scan from evidence where evidence_id = $1", params![id]).await.unwrap();
        let kept: Vec<u8> = row.get("content").unwrap();
        assert!(!kept.windows(6).any(|w| w == b"points") && kept.len() > 20, "sealed");
        let eyes = Eyes::official();
        let (seen, tier) = evidence::open(&mut tx, &office.desk(), &eyes.sight(), id).await.unwrap().unwrap();
        assert_eq!((seen.sealed.persons(), tier), (&[home.child][..], Tier::Benefits));
        let basis = guard::Processing::new(PurposeKind::Casework, "test").unwrap();
        let content = seen.sealed.process(&basis, |o| o.content.clone());
        assert!(content.windows(6).any(|w| w == b"points") && !content.windows(4).any(|w| w == b"home"));
        drop(tx);
        let steps = "select count(*) as n from case_step where kind = 'person_gave'";
        assert_eq!(count(&office, steps).await, 1);
        // The official has the original before them.
        let note = async |who: &Who, may: &[Allowed], words: &str| {
            transact!(office.db, evidence::Fault, |tx| {
                evidence::seen_original(tx, &office.desk(), who, may, id, words).await
            })
        };
        let counter = [allowed(Action::KeyInForPerson, &[home.child])];
        assert!(matches!(note(&me, &powers, "I saw it").await, Err(evidence::Fault::NotAllowed)));
        assert!(matches!(note(&official(), &counter, "").await, Err(evidence::Fault::NoWords)));
        note(&official(), &counter, "bank book, same number").await.unwrap();
        // Taken back, the content is gone, and that it was there stays.
        let remove = async |who: &Who, may: &[Allowed]| {
            transact!(office.db, evidence::Fault, |tx| evidence::remove(tx, &office.desk(), who, may, id).await)
        };
        let stranger = family(&office, 2).await.mother;
        let theirs = [allowed(Action::AcceptOffer, &[stranger])];
        assert!(matches!(remove(&citizen(stranger), &theirs).await, Err(evidence::Fault::NoPaper)));
        remove(&me, &powers).await.unwrap();
        assert!(matches!(remove(&me, &powers).await, Err(evidence::Fault::NoPaper)));
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select content, scan from evidence where evidence_id = $1", params![id]).await.unwrap();
        assert!(row.get::<Vec<u8>>("content").unwrap().is_empty());
        assert!(evidence::open(&mut tx, &office.desk(), &eyes.sight(), id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_paper_that_nobody_needs_or_may_give_is_not_kept() {
    for office in Office::all(52).await {
        let home = home(&office, 1, BORN).await;
        let application = applied(&office, &home).await;
        let other = family(&office, 2).await.mother;
        let (me, powers) = (citizen(home.family.mother), home.powers());
        let checked = evidence::check(None, photograph(b"points")).await.unwrap();
        let right = input(&home, application, "bank_account");
        let fault = async |change: &dyn Fn(&mut Input)| {
            let mut wrong = right.clone();
            change(&mut wrong);
            hand_in(&office, &me, &powers, &wrong, &checked).await.unwrap_err().to_string()
        };
        assert!(fault(&|i| i.item = "nationality".into()).await.contains("mois is asked directly"));
        assert!(fault(&|i| i.item = "x".repeat(1_000_000)).await.len() < 200);
        assert!(fault(&|i| i.person = other).await.contains("nobody of this application"));
        assert!(fault(&|i| i.application = ApplicationId(Uuid::from_u128(4))).await.contains("no such application"));
        assert!(fault(&|i| i.case = Some(kernel::CaseId(Uuid::from_u128(4)))).await.contains("no such open case"));
        assert!(fault(&|i| i.words = Some("가".repeat(10_000))).await.contains("too long"));
        let theirs = [allowed(Action::AcceptOffer, &[other])];
        let nosy = hand_in(&office, &citizen(other), &theirs, &right, &checked).await.unwrap_err();
        assert!(matches!(nosy, evidence::Fault::NoApplication));
        assert_eq!(count(&office, "select count(*) as n from evidence").await, 0);
    }
}

#[tokio::test]
async fn malware_is_refused_with_clear_words_and_a_scanner_that_is_away_keeps_the_paper_unseen() {
    let infected = scanner(&["stream: Eicar-Test-Signature FOUND"]).await;
    let refused = evidence::check(Some(&infected), photograph(b"points")).await.err().unwrap();
    assert_eq!(refused, Refused::Infected { name: "Eicar-Test-Signature".into() });
    assert!(refused.to_string().contains("was not kept"));
    for office in Office::all(53).await {
        let home = home(&office, 1, BORN).await;
        let application = applied(&office, &home).await;
        let (me, powers) = (citizen(home.family.mother), home.powers());
        let away = Scanner { address: "127.0.0.1:1".into(), patience: Duration::from_secs(5) };
        let odd = scanner(&["INSTREAM size limit exceeded. ERROR", ""]).await;
        let mut waiting = Vec::new();
        for (n, scanner) in [&away, &odd, &odd].into_iter().enumerate() {
            let points = format!("points {n}");
            let checked = evidence::check(Some(scanner), photograph(points.as_bytes())).await.unwrap();
            let right = input(&home, application, "bank_account");
            waiting.push(hand_in(&office, &me, &powers, &right, &checked).await.unwrap());
        }
        let unseen = "select count(*) as n from evidence where scan = 'waiting'";
        assert_eq!(count(&office, unseen).await, 3, "neither an error nor silence is an all-clear");
        let eyes = Eyes::official();
        let open = async |id| {
            let mut tx = office.db.read().await.unwrap();
            evidence::open(&mut tx, &office.desk(), &eyes.sight(), id).await
        };
        assert!(matches!(open(waiting[0]).await, Err(evidence::Fault::NotScanned)));
        assert_eq!(evidence::rescan(&office.db, &office.desk(), &away, 10).await.unwrap(), 0);
        // The scanner is back: one is clean, one is not, then it goes away again.
        let back = scanner(&["stream: OK", "stream: Eicar-Test-Signature FOUND"]).await;
        assert_eq!(evidence::rescan(&office.db, &office.desk(), &back, 10).await.unwrap(), 2);
        assert!(open(waiting[0]).await.unwrap().is_some());
        assert!(open(waiting[1]).await.unwrap().is_none());
        assert!(matches!(open(waiting[2]).await, Err(evidence::Fault::NotScanned)));
        let told = "select count(*) as n from case_step where kind = 'noted' and detail like '%Eicar%'";
        assert_eq!(count(&office, told).await, 1);
        let clean = scanner(&["stream: OK"]).await;
        let checked = evidence::check(Some(&clean), photograph(b"clean at once")).await.unwrap();
        let right = input(&home, application, "bank_account");
        let id = hand_in(&office, &me, &powers, &right, &checked).await.unwrap();
        assert!(open(id).await.unwrap().is_some());
    }
}
