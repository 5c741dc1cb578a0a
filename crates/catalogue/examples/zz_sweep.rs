use std::collections::BTreeMap;
use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let l = catalogue::Pack::load(Path::new(&a[1])).unwrap_or_else(|f| panic!("{f:#?}"));
    let mut seen: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for case in l.pack.cases().iter().step_by(2) {
        let Ok(h) = case.household.build(&l.pack) else { continue };
        for md in ["2016-02-01","2018-06-15","2019-10-01","2022-02-01","2023-06-01","2024-05-01","2026-11-21","2029-03-01"] {
            {
                let on: kernel::Date = md.parse().unwrap();
                let (e, _c) = l.pack.evaluate(&h, on, None);
                for r in &e.results {
                    let mut say = |k: String| { let x = seen.entry(k).or_insert((0, format!("{} {on}", case.id))); x.0 += 1; };
                    if let Some(err) = &r.error { say(format!("{} ERROR {:?} {}", r.programme, r.answer, err)); }
                    for c in &r.conditions { if let Some(err) = &c.error { say(format!("{} cond {} {}", r.programme, c.id, err)); } }
                    if let Some(am) = &r.amount { if am.minor.is_none() && am.missing.is_empty() { say(format!("{} amount none without missing ({:?})", r.programme, r.answer)); } if am.minor.is_some_and(|m| m < 0) { say(format!("{} negative amount", r.programme)); } }
                    if format!("{:?}", r.answer) == "CannotTell" && r.missing.is_empty() { say(format!("{} cannot tell, nothing missing", r.programme)); }
                    if let (Some(f), Some(u)) = (r.from, r.until) { if f >= u && format!("{:?}", r.answer) == "Yes" { say(format!("{} empty period", r.programme)); } }
                }
            }
        }
    }
    for (k, (n, ex)) in seen { println!("{n:6} {k}   e.g. {ex}"); }
}
