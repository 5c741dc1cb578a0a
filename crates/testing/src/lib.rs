//! What the tests of many rooms stand on, made once a process: a real pack and an installation's keys. Rooms name it among their
//! dev-dependencies; nothing of the product does.
#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot begin must fail")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use catalogue::Pack;
use guard::Keys;

/// The folder of `packs/korea`.
pub fn pack_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea")
}

/// `packs/korea`, as it stands.
pub fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        Pack::load(&pack_dir())
            .map(|loaded| loaded.pack)
            .unwrap_or_else(|faults| panic!("the pack is faulty: {faults:#?}"))
    })
}

/// Keys of their own in a folder that is there as long as the process.
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<(tempfile::TempDir, Keys)> = OnceLock::new();
    &KEYS
        .get_or_init(|| {
            let dir = tempfile::tempdir().expect("a folder");
            let keys = Keys::open(dir.path()).expect("keys");
            (dir, keys)
        })
        .1
}
