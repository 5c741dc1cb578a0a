use std::path::Path;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    match catalogue::Pack::load(Path::new(&a[1])) {
        Err(faults) => {
            for f in &faults { println!("{:?} {} {}:{}:{} {} | expected {} | {}", f.severity, f.code, f.file, f.line, f.column, f.message, f.expected, f.hint); }
            println!("{} faults", faults.len());
        }
        Ok(l) => {
            for f in &l.warnings { println!("{:?} {} {}:{}:{} {} | expected {} | {}", f.severity, f.code, f.file, f.line, f.column, f.message, f.expected, f.hint); }
            if a.len() > 3 {
                let text = std::fs::read_to_string(&a[2]).unwrap();
                let h = catalogue::HouseholdFile::parse(&l.pack, &a[2], &text).unwrap_or_else(|f| panic!("{f:#?}"));
                let b = h.build(&l.pack).unwrap();
                let on: kernel::Date = a[3].parse().unwrap();
                let (e, _c) = l.pack.evaluate(&b, on, None);
                for r in &e.results {
                    let m: Vec<String> = r.missing.iter().map(|f| format!("{:?}.{}", f.subject, f.item)).collect();
                    let am = r.amount.as_ref().map(|x| format!("{:?}/{:?} miss {:?}", x.minor, x.per, x.missing.iter().map(|f| f.item.clone()).collect::<Vec<_>>()));
                    println!("{:28} {:?} {:?} {} {}..{} claim {}..{} {} {}", r.programme, r.subject, r.answer, am.unwrap_or_default(), r.from.map(|d| d.to_string()).unwrap_or_default(), r.until.map(|d| d.to_string()).unwrap_or_default(), r.claim_opens.map(|d| d.to_string()).unwrap_or_default(), r.claim_closes.map(|d| d.to_string()).unwrap_or_default(), r.conditions.iter().filter(|c| c.holds != Some(true)).map(|c| format!("[{} {:?} {:?}]", c.id, c.holds, c.error)).collect::<String>(), r.error.clone().unwrap_or_default());
                    println!("      missing {}", m.join(" "));
                    if let Some(n) = &r.nearest { println!("      nearest {n:?}"); }
                }
            } else {
                println!("{}", catalogue::cases::run_cases(&l.pack, a.get(2).map_or("", |s| s.as_str())).text());
            }
        }
    }
}
