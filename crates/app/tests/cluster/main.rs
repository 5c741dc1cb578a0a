//! A run on a cluster of real processes is the embedded run, byte by byte: also when an executor dies in the middle of it. Who
//! would not do the same refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may panic, and say where")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const HEARTH: &str = env!("CARGO_BIN_EXE_hearth");

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn pack() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea")
}

fn hearth(args: &[&str]) -> Command {
    let mut command = Command::new(HEARTH);
    command.args(args).env("RUST_LOG", "warn,cluster=info").env("NO_COLOR", "1");
    command
}

fn done(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// What it says, line by line, under a number.
fn listen(child: &mut Child, number: usize, to: &Sender<(usize, String)>) {
    let (lines, to) = (BufReader::new(child.stderr.take().unwrap()).lines(), to.clone());
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            println!("executor {number}: {line}");
            let _ = to.send((number, line));
        }
    });
}

struct Cluster {
    address: String,
    executors: Vec<Process>,
    says: Receiver<(usize, String)>,
    _scheduler: Process,
}

fn until(what: &str, ready: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !ready() {
        assert!(Instant::now() < end, "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn cluster() -> Cluster {
    let port = cluster::free_port(IpAddr::V4(Ipv4Addr::LOCALHOST)).unwrap();
    let address = format!("127.0.0.1:{port}");
    let scheduler = Process(hearth(&["cluster", "scheduler", "--listen", &address]).spawn().unwrap());
    until("scheduler", || TcpStream::connect(&address).is_ok());
    let (to, says) = channel();
    let executors = (0..2).map(|number| {
        let mut executor = hearth(&["cluster", "executor", "--scheduler", &address, "--threads", "1"]);
        let mut child = executor.stderr(Stdio::piped()).spawn().unwrap();
        listen(&mut child, number, &to);
        Process(child)
    });
    Cluster { address: address.clone(), executors: executors.collect(), says, _scheduler: scheduler }
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path());
    entries.map(|f| (f.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&f).unwrap())).collect()
}

#[test]
fn a_cluster_comes_to_the_same_bytes_and_refuses_what_differs() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let (snapshot, pack_dir) = (text(at("country")), text(pack()));
    let synth = ["synth", "--pack", &pack_dir, "--persons", "10000", "--on", "2026-11-02", "--out", &snapshot];
    done(hearth(&synth));
    let run_into = |out: &str| hearth(&["population", "run", &snapshot, "--pack", &pack_dir, "--out", &text(at(out))]);
    done(run_into("here"));
    let here = files(&at("here"));
    assert!(here.len() > 20, "{:?}", here.keys());

    // Nobody there: said at once.
    let mut nobody = run_into("nobody");
    let output = nobody.args(["--cluster", "127.0.0.1:1"]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no scheduler answers"), "{output:?}");

    let mut cluster = cluster();
    let on_cluster = |out: &str| {
        let mut run = run_into(out);
        run.args(["--cluster", &cluster.address]);
        run
    };
    // Executors join one by one; the first run begins with the first.
    until("executors", || {
        let output = on_cluster("there").output().unwrap();
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() || words.contains("no executor has joined"), "{words}");
        output.status.success()
    });
    assert_eq!(files(&at("there")), here);

    // Another version, another program: refused, with words.
    let loaded = catalogue::Pack::load(&pack()).unwrap_or_else(|faults| panic!("{faults:?}")).pack;
    let country = at("country");
    let out = at("refused");
    let on = kernel::Date::constant(2026, 11, 2);
    let order = population::run::Order { snapshot: &country, pack: &loaded, on, out: &out, threads: 1 };
    let refused_as = |version: &str, of: &dyn Fn(&mut population::run::Identity)| {
        let refused = cluster::run_as(version, of, &cluster.address, &order, &|_| {}).unwrap_err();
        assert!(matches!(refused, cluster::ClusterError::Refused { .. }), "{refused}");
        refused.to_string()
    };
    let words = refused_as("0.0.1", &|_| {});
    assert!(words.contains("the run was started by Hearth 0.0.1"), "{words}");
    // The same version and another program: what the executors compile from the pack has another hash than the run says.
    let other = "0".repeat(64);
    type Changed<'a> = (&'a str, &'a dyn Fn(&mut population::run::Identity), &'a str);
    let changed: [Changed<'_>; 3] = [
        ("program", &|of| of.rules = other.clone(), "install one version of Hearth on all machines"),
        ("pack", &|of| of.pack = other.clone(), "start the run again"),
        ("snapshot", &|of| of.content = other.clone(), "all machines must see one folder under this path"),
    ];
    for (what, of, then) in changed {
        let words = refused_as(env!("CARGO_PKG_VERSION"), of);
        let said = format!("that of the run {other}");
        assert!(words.contains(&format!("its {what} has hash")) && words.contains(&said), "{words}");
        assert!(words.contains(then), "{words}");
    }

    // An executor is killed while it is at a part.
    let says: Vec<_> = cluster.says.try_iter().collect();
    assert!(says.iter().any(|(_, line)| line.contains("begun")), "{says:?}");
    let mut run = on_cluster("killed").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = |says: &Receiver<(usize, String)>| loop {
        let (number, line) = says.recv_timeout(Duration::from_secs(60)).expect("an executor begins");
        if line.contains("begun") {
            return (number, line);
        }
    };
    let (number, line) = begun(&cluster.says);
    cluster.executors[number].0.kill().unwrap();
    assert!(run.try_wait().unwrap().is_none(), "the run was over before anybody was killed");
    let part = line.split("part=").nth(1).unwrap().to_owned();
    assert!(run.wait().unwrap().success());
    assert_eq!(files(&at("killed")), here);
    let rest: Vec<_> = cluster.says.try_iter().collect();
    let done_by = |n: usize| rest.iter().any(|(by, l)| *by == n && l.contains("done") && l.contains(&part));
    assert!(!done_by(number) && done_by(1 - number), "{part}: {rest:?}");
}
