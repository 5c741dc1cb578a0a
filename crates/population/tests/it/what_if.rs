//! What-if: worked by hand, against the explaining evaluator household by household, and with nothing given away.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use catalogue::{Files, HouseholdFile, Pack};
use kernel::{Date, Instant, suppress};
use population::frame::{Award, Folder, Header, Shape};
use population::whatif::{self, Group, Order, Report};
use proptest::prelude::*;
use rules::Household;
use rules::combine::Standing;
use rules::outcome::{Answer, Subject};
use rules::schema::Per;
use serde::Deserialize;

use crate::town::{ON, fill, households, key, korea, write, write_with};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    on: String,
    change: Vec<Edit>,
    households: Vec<Given>,
    programmes: BTreeMap<String, Expected>,
    all: Classes,
    #[serde(default)]
    groups: BTreeMap<String, BTreeMap<String, Classes>>,
    explained: Option<u64>,
    poverty: Option<Poverty>,
    #[serde(default)]
    overlap: BTreeMap<String, BTreeMap<String, [u64; 2]>>,
    #[serde(default)]
    unclaimed: BTreeMap<String, BTreeMap<String, Unclaimed>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    from: String,
    to: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    what: String,
    times: usize,
    fifth: Option<u8>,
    household: String,
    #[serde(default)]
    awards: Vec<Received>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Received {
    programme: String,
    member: usize,
    amount: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    entitled: [u64; 2],
    cost: [i64; 2],
    gained: u64,
    lost: u64,
    more: u64,
    less: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Classes {
    winners: Option<u64>,
    losers: Option<u64>,
    unchanged: Option<u64>,
    cannot_tell: Option<u64>,
    gain: Option<i64>,
    loss: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Poverty {
    persons: u64,
    unknown: u64,
    median: i64,
    line: i64,
    poor: [u64; 2],
    gap: [i64; 2],
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unclaimed {
    entitled: [u64; 2],
    unclaimed: [u64; 2],
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/what-if")
}

/// The small pack of the catalogue's tests, measured.
fn small(edits: &[Edit]) -> Pack {
    let mut files = Files::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/tests/packs/small")).unwrap();
    for (path, file) in [
        ("measures.toml", "measures.toml"),
        ("definitions/measures.toml", "definitions.toml"),
        ("examples/family.yaml", "family.yaml"),
    ] {
        files.put(path, std::fs::read(folder().join(file)).unwrap());
    }
    for Edit { file, from, to } in edits {
        let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
        assert!(text.contains(from), "{file} does not say {from}");
        files.put(file.clone(), text.replace(from, to));
    }
    Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

/// The households of a case as a snapshot.
fn snapshot(dir: &Path, pack: &Pack, on: Date, given: &[Given]) {
    let header =
        Header { pack, day: on, as_of: Instant::start_of(on), keys: "test".to_owned(), origin: "a case".to_owned() };
    let folder = Folder::create(dir, header).unwrap();
    let (mut writer, mut family) = (folder.writer(0), folder.family());
    let shape = Shape::of(pack);
    let all = given.iter().flat_map(|g| std::iter::repeat_n(g, g.times));
    for (n, one) in all.enumerate() {
        let file = HouseholdFile::parse(pack, &one.what, &one.household).unwrap_or_else(|f| panic!("{f:#?}"));
        fill(&mut family, pack, &file.build(pack).unwrap(), n).unwrap();
        family.live_in(shape.place(file.place.as_deref().unwrap()).unwrap()).unwrap();
        if let Some(fifth) = one.fifth {
            family.income_fifth(fifth);
        }
        for award in &one.awards {
            let programme = shape.programme(&award.programme).unwrap();
            let amount = Some((award.amount, Per::Month));
            let from = Date::constant(2026, 1, 1);
            let award = Award { member: Some(award.member), programme, amount, from, until: None, place: None };
            family.award(award).unwrap();
        }
        writer.push(&family).unwrap();
    }
    folder.finish(writer.finish().unwrap()).unwrap();
}

fn compare(dir: &Path, base: &Pack, changed: &Pack, on: Date, threads: usize) -> Report {
    whatif::run(&Order { snapshot: dir, base, changed, on, threads }, &|_| {}).unwrap()
}

fn classes(what: &str, found: &Group, expected: &Classes) {
    for (class, found, expected) in [
        ("winners", found.winners, expected.winners),
        ("losers", found.losers, expected.losers),
        ("unchanged", found.unchanged, expected.unchanged),
        ("cannot_tell", found.cannot_tell, expected.cannot_tell),
    ] {
        assert!(expected.is_none() || found == expected, "{what} {class}: {found:?}, not {expected:?}");
    }
    for (sum, found, expected) in [("gain", found.gain, expected.gain), ("loss", found.loss, expected.loss)] {
        assert!(expected.is_none() || found == expected.map(i128::from), "{what} {sum}: {found:?}, not {expected:?}");
    }
}

fn worked(file: &str) {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let case: Case = serde_saphyr::from_str(&text).unwrap();
    let on: Date = case.on.parse().unwrap();
    let (base, changed) = (small(&[]), small(&case.change));
    let dir = tempfile::tempdir().unwrap();
    snapshot(dir.path(), &base, on, &case.households);
    let report = compare(dir.path(), &base, &changed, on, 1);
    assert_eq!(report.programmes.iter().map(|p| &p.id).collect::<Vec<_>>(), case.programmes.keys().collect::<Vec<_>>());
    for (p, expected) in report.programmes.iter().zip(case.programmes.values()) {
        assert_eq!([p.base.entitled, p.changed.entitled], expected.entitled.map(Some), "{} entitled", p.id);
        assert_eq!([p.base.cost, p.changed.cost], expected.cost.map(|n| Some(n.into())), "{} cost", p.id);
        let counts = [p.gained, p.lost, p.more, p.less];
        assert_eq!(counts, [expected.gained, expected.lost, expected.more, expected.less].map(Some), "{}", p.id);
    }
    classes("all", &report.all, &case.all);
    for (by, groups) in &case.groups {
        let found = report.groups.iter().find(|g| g.by == *by).unwrap();
        for (id, expected) in groups {
            let group = found.groups.iter().find(|(name, _)| name.id == *id);
            classes(&format!("{by} {id}"), &group.unwrap_or_else(|| panic!("{by} {id} is missing")).1, expected);
        }
    }
    if let Some(explained) = case.explained {
        assert_eq!(report.explained, explained);
    }
    if let (Some(found), Some(expected)) = (report.poverty, &case.poverty) {
        let line = (found.persons, found.unknown, found.median, found.line);
        assert_eq!(line, (expected.persons, expected.unknown, expected.median, expected.line));
        assert_eq!(found.poor, expected.poor.map(Some));
        assert_eq!(found.gap, expected.gap.map(|n| Some(n.into())));
    }
    for (programme, others) in &case.overlap {
        for (other, expected) in others {
            let found = report.overlap.iter().find(|o| o.programme == *programme && o.other.id == *other);
            assert_eq!(found.unwrap().households, expected.map(Some));
        }
    }
    for (programme, areas) in &case.unclaimed {
        for (area, expected) in areas {
            let found = report.unclaimed.iter().find(|u| u.programme == *programme && u.area.id == *area).unwrap();
            assert_eq!(found.entitled, expected.entitled.map(Some), "{area}");
            assert_eq!(found.unclaimed, expected.unclaimed.map(Some), "{area}");
        }
    }
    // As it is read back by a page.
    let again: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(again, report);
}

#[test]
fn child_benefit_until_ten() {
    worked("child-benefit-until-ten.yaml");
}

#[test]
fn what_gives_way_before_and_after() {
    worked("combined.yaml");
}

#[test]
fn a_line_lowered() {
    worked("line-lowered.yaml");
}

#[test]
fn a_curve_falls_where_a_benefit_ends() {
    let edit = |from: &str, to: &str| Edit {
        file: "programmes/income_support.toml".to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let (base, changed) = (small(&[]), small(&[edit("household.income <= line", "2 * household.income <= line")]));
    let dir = tempfile::tempdir().unwrap();
    let on = Date::constant(2026, 6, 15);
    let alone = "household: { place: land-2, members: [{ id: one, facts: { birth_date: 1970-01-01, wage: 0 } }] }";
    let given = Given { what: String::new(), times: 1, fifth: None, household: alone.to_owned(), awards: Vec::new() };
    snapshot(dir.path(), &base, on, &[given]);
    let report = compare(dir.path(), &base, &changed, on, 1);
    let curve = &report.curves[0];
    assert_eq!(curve.points.len(), 31);
    // The line of two is 1,800,000 a month. As it is, support fills up to it and ends where nothing is lacking.
    assert_eq!(curve.points[5].income, 12 * 500_000);
    assert_eq!(curve.points[5].benefits, [12 * 1_300_000, 12 * 1_300_000]);
    assert_eq!(curve.marginal_percent(5, 0), Some(100));
    assert_eq!(curve.cliffs(0), []);
    // Then it ends at half of it: whoever earns 1,000,000 instead of 900,000 has 800,000 less a month.
    assert_eq!(curve.points[10].benefits, [12 * 800_000, 0]);
    assert_eq!(curve.cliffs(1), [(10, 12 * 800_000)]);
    assert_eq!(curve.marginal_percent(10, 1), Some(900));
}

#[test]
fn nothing_changes_where_nothing_is_changed() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let all = households(&pack, 31, 400);
    write(dir.path(), &pack, &all);
    let mut files = pack.files().clone();
    files.put("README.md", "other words, the same rules");
    let same = Pack::from_files(files).unwrap().pack;
    let report = compare(dir.path(), &pack, &same, ON, 2);
    assert_ne!(report.base, report.changed);
    assert_eq!(report.programmes, []);
    assert_eq!(report.all.unchanged, Some(report.households));
    let poverty = report.poverty.unwrap();
    assert_eq!(poverty.poor[0], poverty.poor[1]);
    assert_eq!(poverty.gap[0], poverty.gap[1]);
    assert!(report.curves.iter().flat_map(|c| &c.points).all(|p| p.benefits[0] == p.benefits[1]));
}

/// What a household has in a year after combination rules, worked out without columns and without any short way; whether an
/// answer of these programmes is open.
fn one_by_one(pack: &Pack, household: &Household, touched: &[String]) -> (i64, Vec<(String, Subject)>, bool) {
    let single = pack.program().explain_today(household, ON, ON).results;
    let open = |a: Answer| matches!(a, Answer::CannotTell | Answer::Error);
    let is_open = single.iter().any(|r| touched.contains(&r.programme) && open(r.answer));
    let (explained, combined) = pack.evaluate_today(household, ON);
    let mut has = (0, Vec::new(), is_open);
    let mut choices: BTreeMap<Vec<String>, i64> = BTreeMap::new();
    for (r, c) in explained.results.iter().zip(&combined.results) {
        let start = r.from.map_or(ON, |from| from.max(ON));
        let now = c.periods.iter().any(|p| p.from.is_none_or(|f| f <= start) && p.until.is_none_or(|u| ON < u));
        let later = c.standing == Standing::Shortened && !now;
        if r.answer != Answer::Yes || c.standing == Standing::Dropped || later {
            continue;
        }
        has.1.push((r.programme.clone(), r.subject.clone()));
        let amount = c.amount.as_ref().and_then(|a| Some((a.minor?, a.per)));
        let year = amount.map_or(0, |(minor, per)| if per == Per::Month { 12 * minor } else { minor });
        if c.standing == Standing::Choice {
            let best = choices.entry(c.by.clone()).or_default();
            *best = (*best).max(year);
        } else {
            has.0 += year;
        }
    }
    has.0 += choices.values().sum::<i64>();
    has
}

#[test]
fn winners_and_losers_are_those_worked_out_one_by_one() {
    let pack = korea();
    let edits = [
        ("programmes/child_allowance.toml", "12 * min(year(today) - 2017, 13)", "12 * min(year(today) - 2015, 13)"),
        ("parameters/child_allowance_amount.csv", "000,S", "500,S"),
        ("parameters/parent_benefit_amount.csv", "0,1000000,S42", "0,900000,S42"),
        ("parameters/parent_benefit_amount.csv", "12,500000,S42", "12,450000,S42"),
    ];
    let mut files = pack.files().clone();
    files.put(
        "measures.toml",
        String::from_utf8(files.get("measures.toml").unwrap().to_vec())
            .unwrap()
            .replace("suppress_below = 5", "suppress_below = 1"),
    );
    let base = Pack::from_files(files.clone()).unwrap().pack;
    for (file, from, to) in edits {
        let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
        assert!(text.contains(from), "{file} does not say {from}");
        files.put(file, text.replace(from, to));
    }
    let changed = Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    let dir = tempfile::tempdir().unwrap();
    let all = households(&base, 32, 3_000);
    let (manifest, _) = write_with(dir.path(), &base, &all, &|_, _| {});
    let report = compare(dir.path(), &base, &changed, ON, 1);
    for threads in [2, 3] {
        assert_eq!(compare(dir.path(), &base, &changed, ON, threads), report);
    }
    let touched: Vec<String> = report.programmes.iter().map(|p| p.id.clone()).collect();
    let mut expected = [0_u64; 4];
    let (mut gain, mut loss) = (0_i128, 0_i128);
    let reader = population::frame::Reader::open(dir.path(), &base).unwrap();
    for part in 0..manifest.parts.len() {
        let mut part = reader.whole_part(part).unwrap();
        while let Some(chunk) = part.next_chunk().unwrap() {
            let aside: Vec<usize> = chunk.aside().iter().map(|w| w.row).collect();
            for row in (0..chunk.rows()).filter(|r| !aside.contains(&(chunk.first() + r))) {
                let household = chunk.household(base.program(), row).unwrap();
                let (before, grants, open) = one_by_one(&base, &household, &touched);
                let household = chunk.household(changed.program(), row).unwrap();
                let (after, granted, open_after) = one_by_one(&changed, &household, &touched);
                let (come, gone) =
                    (granted.iter().any(|g| !grants.contains(g)), grants.iter().any(|g| !granted.contains(g)));
                let class = match after - before {
                    _ if open || open_after => 3,
                    n if n > 0 || (n == 0 && come && !gone) => 0,
                    n if n < 0 || (gone && !come) => 1,
                    _ => 2,
                };
                expected[class] += 1;
                gain += i128::from(if class == 0 { after - before } else { 0 });
                loss += i128::from(if class == 1 { before - after } else { 0 });
            }
        }
    }
    println!("{touched:?}: {expected:?}, {} explained of {}", report.explained, report.households);
    let all = report.all;
    assert_eq!([all.winners, all.losers, all.unchanged, all.cannot_tell], expected.map(Some));
    assert_eq!((all.gain, all.loss), (Some(gain), Some(loss)));
    assert!(expected.iter().take(2).all(|n| *n > 5), "too few to tell: {expected:?}");
    for grouping in &report.groups {
        let sum: u64 = grouping.groups.iter().filter_map(|(_, g)| g.households).sum();
        assert_eq!(Some(sum), all.households, "{}", grouping.by);
        for (name, g) in &grouping.groups {
            let classes = [g.winners, g.losers, g.unchanged, g.cannot_tell];
            assert_eq!(Some(classes.into_iter().flatten().sum()), g.households, "{} {}", grouping.by, name.id);
        }
    }
    assert_eq!(key(1, 0).len(), 16);
}

/// Whether two tables agree in everything that is published of the first.
fn agree(rows: &[Vec<u64>], kept: &suppress::Kept, other: &[Vec<u64>]) -> bool {
    let total = |rows: &[Vec<u64>], c: usize| rows.iter().map(|r| r[c]).sum::<u64>();
    let all = |rows: &[Vec<u64>]| rows.iter().flatten().sum::<u64>();
    let cells = rows.iter().zip(other).zip(&kept.cells).all(|((a, b), hidden)| {
        a.iter().zip(b).zip(hidden).all(|((a, b), hidden)| if *hidden { *b > 0 } else { a == b })
    });
    let sums = rows.iter().zip(other).zip(&kept.rows).all(|((a, b), hidden)| {
        let (a, b) = (a.iter().sum::<u64>(), b.iter().sum::<u64>());
        if *hidden { b > 0 } else { a == b }
    });
    let columns = kept
        .columns
        .iter()
        .enumerate()
        .all(|(c, hidden)| if *hidden { total(other, c) > 0 } else { total(rows, c) == total(other, c) });
    cells && sums && columns && (kept.total || all(rows) == all(other))
}

/// All tables that differ from this one by at most 2 in each number kept back.
fn others(rows: &[Vec<u64>], kept: &suppress::Kept) -> Vec<Vec<Vec<u64>>> {
    let mut out = vec![rows.to_vec()];
    for (r, row) in rows.iter().enumerate() {
        for c in (0..row.len()).filter(|c| kept.cells[r][*c]) {
            out = out
                .into_iter()
                .flat_map(|t| {
                    (0..=4_u64).filter_map(move |by| {
                        let mut t = t.clone();
                        t[r][c] = (t[r][c] + by).checked_sub(2)?;
                        Some(t)
                    })
                })
                .collect();
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever sees all that is published, and knows that only numbers above 0 are kept back, can work none of them out.
    #[test]
    fn nothing_kept_back_can_be_worked_out(
        rows in (1_usize..=3, 2_usize..=3).prop_flat_map(|(r, c)| {
            proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(0_u64), 1_u64..12], c), r)
        }),
    ) {
        let kept = suppress::table(&rows, 5, &|_, _| false);
        let hidden = |r: usize, c: usize| kept.cells[r][c];
        for (r, row) in rows.iter().enumerate() {
            for (c, n) in row.iter().enumerate() {
                prop_assert!(hidden(r, c) || !(1..5).contains(n), "{n} is shown: {rows:?}");
            }
            prop_assert!(kept.rows[r] || !(1..5).contains(&row.iter().sum::<u64>()));
        }
        // Where everything there is is kept back, there is nothing from which to work it out.
        let shown = rows.iter().enumerate().any(|(r, row)| row.iter().enumerate().any(|(c, n)| *n > 0 && !hidden(r, c)));
        let sums = kept.rows.iter().chain(&kept.columns).any(|h| !h) || !kept.total;
        prop_assume!(shown || sums);
        let agreeing: Vec<_> = others(&rows, &kept).into_iter().filter(|t| agree(&rows, &kept, t)).collect();
        for (r, row) in rows.iter().enumerate() {
            for (c, n) in row.iter().enumerate().filter(|(c, _)| hidden(r, *c)) {
                prop_assert!(agreeing.iter().any(|t| t[r][c] != *n), "row {r}, column {c} of {rows:?} can be worked out: {kept:?}");
            }
        }
    }
}
