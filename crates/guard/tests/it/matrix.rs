//! Every role × action × purpose × relation × circumstance, decided by the policies and by the two tables beside this file,
//! which were written apart from them for an auditor to read and are evaluated by the few lines below.

use std::collections::BTreeSet;

use guard::{Action, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Tier, Who};
use uuid::Uuid;

use crate::support::{noon, person, who};

const PERMITS: &str = include_str!("permits.csv");
const VETOES: &str = include_str!("vetoes.csv");
/// The relations by the names the tables use, in the order of the bits below.
const FLAGS: [&str; 12] = [
    "own",
    "own_household",
    "ward",
    "kin",
    "colleague",
    "in_jurisdiction",
    "open_case",
    "prior_jurisdiction",
    "perpetrator_side",
    "protected",
    "mandated",
    "closed_case",
];
const THINGS: [&str; 22] = [
    "import",
    "view_catalogue",
    "try_household",
    "reload_pack",
    "view_log",
    "verify_log",
    "erase_log",
    "manage_accounts",
    "manage_run",
    "release_run",
    "view_figures",
    "take_snapshot",
    "work_findings",
    "write_scenario",
    "publish_scenario",
    "view_surveys",
    "export_study",
    "view_indicators",
    "view_groups",
    "manage_groups",
    "view_team",
    "manage_team",
];

/// A row of a table, split at commas.
fn rows(table: &'static str) -> Vec<Vec<&'static str>> {
    let lines = table.lines().skip(1).filter(|l| !l.starts_with('#'));
    lines.map(|l| l.split(',').collect()).collect()
}

/// One cell: the words that hold in it.
struct Cell {
    role: Role,
    action: Action,
    purpose: PurposeKind,
    bits: u16,
    tier: Tier,
    strong: bool,
    justified: bool,
    suspended: bool,
}

impl Cell {
    fn words(&self) -> BTreeSet<&'static str> {
        let mut words: BTreeSet<&str> = [self.role.word(), self.purpose.word()].into();
        words.extend((0..12).filter(|i| self.bits >> i & 1 == 1).map(|i| FLAGS[i]));
        let circumstances = [
            (self.tier == Tier::Sensitive, "sensitive"),
            (self.strong, "strong"),
            (self.justified, "justified"),
            (self.suspended, "suspended"),
        ];
        words.extend(circumstances.iter().filter(|c| c.0).map(|c| c.1));
        words
    }
}

/// `a+b|c`: whether one alternative holds wholly.
fn holds(expression: &str, words: &BTreeSet<&str>) -> bool {
    expression.split('|').any(|alternative| {
        alternative.split('+').all(|word| match word.strip_prefix("not ") {
            Some(absent) => !words.contains(absent),
            None => word == "-" || words.contains(word),
        })
    })
}

/// What the tables say: allowed, or the names of the vetoes.
fn tables_say(cell: &Cell, permits: &[Vec<&str>], vetoes: &[Vec<&str>]) -> Result<(), BTreeSet<String>> {
    let words = cell.words();
    let (role, action, purpose) = (cell.role.word(), cell.action.word(), cell.purpose.word());
    let staff = role != "citizen" && role != "agency_system";
    let vetoed: BTreeSet<String> = vetoes
        .iter()
        .filter(|row| row[1] == "*" || (row[1] == "staff" && staff))
        .filter(|row| match row[2] {
            "*" => true,
            "personal" => !THINGS.contains(&action),
            list => list.split(' ').any(|a| a == action),
        })
        .filter(|row| holds(row[3], &words) && (row[4].is_empty() || !holds(row[4], &words)))
        .map(|row| row[0].to_owned())
        .collect();
    let permitted = permits.iter().any(|row| {
        row[0] == role
            && row[1].split(' ').any(|a| a == action)
            && (row[2] == "*" || row[2] == purpose)
            && holds(row[3], &words)
            && cell.tier as u8 <= row[4].parse::<u8>().unwrap()
    });
    if permitted && vetoed.is_empty() { Ok(()) } else { Err(vetoed) }
}

fn relation(bits: u16) -> Relation {
    let bit = |i: u16| bits >> i & 1 == 1;
    Relation {
        own: bit(0),
        own_household: bit(1),
        ward: bit(2),
        kin: bit(3),
        colleague: bit(4),
        in_jurisdiction: bit(5),
        open_case: bit(6),
        prior_jurisdiction: bit(7),
        perpetrator_side: bit(8),
        protected: bit(9),
        mandated: bit(10),
        closed_case: bit(11),
    }
}

/// What the policies say: allowed, or the grounds of the policies that forbade.
fn policies_say(cell: &Cell, policies: &Policies) -> Result<(), Vec<String>> {
    let who = Who { strong: cell.strong, suspended: cell.suspended, ..who(cell.role) };
    let resource = Resource::person(person(1), relation(cell.bits)).at(cell.tier);
    let purpose = Purpose::new(cell.purpose, if cell.justified { "a reason in words" } else { " " });
    let (look, action) = (Uuid::nil(), cell.action);
    let request = Request { look, now: noon(), who: &who, action, resource: &resource, purpose: &purpose };
    match policies.decide(&request) {
        Decision::Allowed(_) => Ok(()),
        Decision::Denied(refusal) => Err(refusal.policies),
    }
}

/// Asks for every cell; without it every thirteenth is decided (a build without optimisation takes about a millisecond a cell).
const WHOLE: &str = "HEARTH_WHOLE_MATRIX";

/// Every role, action and purpose under no relation, each one, and (for actions on persons) each pair; every second cell
/// in the ordinary circumstances, the others running through all their combinations.
fn cells() -> Vec<Cell> {
    let mut relations: Vec<u16> = vec![0];
    relations.extend((0..12).map(|a| 1 << a));
    let singles = relations.len();
    relations.extend((0..12).flat_map(|a| (a + 1..12).map(move |b| 1 << a | 1 << b)));
    let mut cells = Vec::new();
    for (&role, &action) in Role::ALL.iter().flat_map(|r| Action::ALL.iter().map(move |a| (r, a))) {
        let about = if THINGS.contains(&action.word()) { &relations[..singles] } else { &relations[..] };
        for (&purpose, &bits) in PurposeKind::ALL.iter().flat_map(|p| about.iter().map(move |b| (p, b))) {
            let turn = cells.len();
            let (tier, strong, justified, suspended) = match turn % 2 {
                0 => (Tier::Benefits, true, true, false),
                _ => {
                    let tier = if turn % 4 == 1 { Tier::Sensitive } else { Tier::Benefits };
                    (tier, turn % 3 == 0, turn % 11 != 0, turn % 7 == 0)
                }
            };
            cells.push(Cell { role, action, purpose, bits, tier, strong, justified, suspended });
        }
    }
    cells
}

/// The word the tables use for a forbidding policy.
fn ground(policy: &str) -> &'static str {
    match policy {
        "forbid-suspended-account" => "suspended",
        "forbid-perpetrator-side" => "perpetrator_side",
        "forbid-own-record-to-staff" => "own_record",
        "forbid-relatives-to-staff" => "relative",
        "forbid-colleagues-without-case" => "colleague",
        "forbid-protected-address" | "forbid-break-glass-on-protected" => "protected_address",
        "forbid-sensitive-without-case" => "sensitive_without_case",
        "forbid-without-reason" | "forbid-review-without-words" => "no_reason_given",
        "forbid-without-second-factor" => "second_factor",
        other => panic!("a policy the tables do not know: {other}"),
    }
}

#[test]
fn the_policies_decide_every_cell_as_the_tables_do() {
    let (permits, vetoes) = (rows(PERMITS), rows(VETOES));
    let policies = Policies::built_in().unwrap();
    let all = cells();
    let count = all.len();
    // Thirteen shares no factor with the cycles of the circumstances, so that a part is a fair one.
    let step = if std::env::var_os(WHOLE).is_some() { 1 } else { 13 };
    let cells: Vec<Cell> = all.into_iter().step_by(step).collect();
    let (differences, allowed) = std::thread::scope(|scope| {
        let check = |cells: &[Cell]| {
            let (mut wrong, mut allowed) = (Vec::new(), 0u32);
            for cell in cells {
                let table = tables_say(cell, &permits, &vetoes);
                let policy = policies_say(cell, &policies)
                    .map_err(|ids| ids.iter().map(|id| ground(id).to_owned()).collect::<BTreeSet<_>>());
                allowed += u32::from(table.is_ok());
                if table != policy {
                    let words = cell.words();
                    wrong.push(format!("{} {words:?}: table {table:?}, policies {policy:?}", cell.action));
                }
            }
            (wrong, allowed)
        };
        let (left, right) = cells.split_at(cells.len() / 2);
        let other = scope.spawn(move || check(right));
        let (mut wrong, mut allowed) = check(left);
        let (more, also) = other.join().unwrap();
        wrong.extend(more);
        allowed += also;
        (wrong, allowed)
    });
    println!("{} of {count} cells decided, {allowed} allowed", cells.len());
    assert!(count >= 100_000, "{count} cells");
    assert!(allowed as usize > cells.len() / 200, "a matrix of refusals proves nothing: {allowed}");
    assert!(
        differences.is_empty(),
        "{} differences, such as:\n{}",
        differences.len(),
        differences[..differences.len().min(12)].join("\n")
    );
}
