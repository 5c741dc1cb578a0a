//! The peers: what they are given, and how they are run. Each is fetched from its registry into a folder of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programmes::definitions;
use crate::rule::{E, Of, Programme, python, sql};

/// For each programme how many are entitled, and to how much together.
pub(crate) type Totals = Vec<(i64, i64)>;

/// A folder to work in, and the scripts of the repository.
pub(crate) struct Peers {
    pub(crate) work: PathBuf,
    scripts: PathBuf,
}

impl Peers {
    /// Installs what is not installed yet.
    pub(crate) fn new() -> Peers {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/peers");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| scripts.join("../../target"), PathBuf::from);
        let peers = Peers { work: target.join("peers"), scripts };
        std::fs::create_dir_all(&peers.work).expect("a folder for the peers");
        let done = Command::new("sh").arg(peers.scripts.join("install")).arg(&peers.work).status();
        assert!(done.is_ok_and(|s| s.success()), "the peers could not be installed");
        peers
    }

    /// Runs a peer's script; it prints totals on the first line and processor time in nanoseconds on the second.
    pub(crate) fn python(&self, script: &str, args: &[&str]) -> (Totals, f64) {
        let mut command = Command::new(self.work.join("venv/bin/python"));
        command.arg(self.scripts.join(script)).arg(&self.work).args(args);
        let out = said(&mut command);
        let mut lines = out.lines();
        let numbers = |line: &str| -> Vec<i64> { line.split(' ').filter_map(|n| n.parse().ok()).collect() };
        let totals = numbers(lines.next().unwrap_or_default()).chunks(2).map(|c| (c[0], c[1])).collect();
        (totals, lines.next().and_then(|n| n.parse().ok()).expect("processor time"))
    }

    /// The decision table by dsntk: sum of the outputs of one round, processor time of all rounds.
    pub(crate) fn dsntk(&self, model: &Path, contexts: &Path, rounds: usize) -> (i64, f64) {
        let mut command = Command::new(self.work.join("dsntk/release/peer-dsntk"));
        let out = said(command.arg(model).arg(contexts).arg(rounds.to_string()));
        let (sum, time) = out.trim().split_once(' ').expect("two numbers");
        (sum.parse().expect("a sum"), time.parse().expect("processor time"))
    }
}

fn said(command: &mut Command) -> String {
    let out = command.output().expect("the peer can be started");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// The rules as formulas of OpenFisca.
pub(crate) fn formulas(programmes: &[Programme]) -> String {
    let mut text = String::from("from openfisca_core.model_api import max_, min_, where\nimport numpy as np\n");
    for name in ["median", "basic_property", "rent_line"] {
        let _ = writeln!(text, "{} = np.array({:?}, dtype=np.int32)", name.to_uppercase(), crate::town::table(name));
    }
    text += "ALL = []\n";
    let mut put = |of: Of, name: &str, truth: bool, formula: String| {
        let (who, entity) = if of == Of::Household { ("h", "household") } else { ("p", "person") };
        let ty = if truth { "bool" } else { "int" };
        let _ = writeln!(text, "def f_{name}({who}, period):\n    return {formula}");
        let _ = writeln!(text, "ALL.append(('{name}', '{entity}', {ty}, f_{name}))");
    };
    let who = |of: Of| if of == Of::Household { "h" } else { "p" };
    for (of, name, e) in definitions() {
        put(of, name, false, python(&e, who(of)));
    }
    for (n, p) in programmes.iter().enumerate() {
        put(p.of, &format!("p{n}_ok"), true, python(&E::And(p.conditions.clone()), who(p.of)));
        let ok = format!("{}('p{n}_ok', period)", who(p.of));
        put(p.of, &format!("p{n}"), false, format!("{ok} * ({})", python(&p.amount, who(p.of))));
    }
    text
}

/// The rules as SQL: named values and what is gathered over members become a table; totals come from two queries, one over
/// households and one over persons, each programme's after its number.
pub(crate) fn queries(programmes: &[Programme]) -> String {
    let mut gathered = Vec::new();
    let mut own = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    for (of, name, e) in definitions() {
        match of {
            Of::Person => own.push(format!("{} as {name}", sql(&e, &mut gathered))),
            Of::Household => stages.push(format!("{} as {name}", sql(&e, &mut gathered))),
        }
    }
    let mut columns: [Vec<String>; 3] = Default::default();
    let mut sums: [Vec<String>; 2] = Default::default();
    for (n, p) in programmes.iter().enumerate() {
        let holds = sql(&E::And(p.conditions.clone()), &mut gathered);
        let amount = sql(&p.amount, &mut gathered);
        let reads = holds.split(|c: char| !c.is_alphanumeric()).any(reads_programme);
        let at = if p.of == Of::Person { 2 } else { usize::from(reads) };
        columns[at].push(format!("{holds} as e{n}, case when {holds} then {amount} else 0 end as a{n}"));
        sums[usize::from(p.of == Of::Person)].push(format!("{n}, count(*) filter (where e{n}), sum(a{n})::bigint"));
    }
    let gathered: Vec<String> = gathered.iter().enumerate().map(|(n, g)| format!("{g} as g{n}")).collect();
    let mut text = format!(
        "create temp table d as with g as (select household, {} from p group by household), s0 as (select h.*, g.* \
         from h join g on h.id = g.household)",
        gathered.join(", ")
    );
    for (n, stage) in stages.iter().enumerate() {
        let _ = write!(text, ", s{} as (select *, {stage} from s{n})", n + 1);
    }
    let _ = writeln!(text, " select * exclude (household) from s{}", stages.len());
    let [first, second, persons] = columns.map(|c| c.join(", "));
    let [of_households, of_persons] = sums.map(|s| s.join(", "));
    let _ = writeln!(
        text,
        "with a as (select *, {first} from d), b as (select *, {second} from a) select {of_households} from b"
    );
    let _ = writeln!(
        text,
        "with a as (select p.*, {}, d.* from p join d on p.household = d.id), b as (select *, {persons} from a) \
         select {of_persons} from b",
        own.join(", ")
    );
    text
}

/// Whether a word names another programme's answer or sum.
fn reads_programme(word: &str) -> bool {
    word.strip_prefix(['e', 'a']).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
