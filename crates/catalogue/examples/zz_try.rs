use std::path::Path;
fn main() {
    let dir = std::env::args().nth(1).unwrap_or_default();
    match catalogue::Pack::load(Path::new(&dir)) {
        Err(faults) => {
            for f in &faults { println!("{:?} {} {}:{}:{} {} | expected {} | {}", f.severity, f.code, f.file, f.line, f.column, f.message, f.expected, f.hint); }
            println!("{} faults", faults.len());
        }
        Ok(l) => {
            for f in &l.warnings { println!("{:?} {} {}:{}:{} {} | expected {} | {}", f.severity, f.code, f.file, f.line, f.column, f.message, f.expected, f.hint); }
            let r = catalogue::cases::run_cases(&l.pack);
            println!("{:#?}", r);
        }
    }
}
