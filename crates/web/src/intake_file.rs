//! A file somebody sends to be imported: the same for the page and for the API.

use registry::Origin;
use registry::import::{self, Import, ImportError, RefusedRow, Summary, Table};

use crate::state::AppState;

/// A file to be imported.
pub(crate) struct Sent {
    /// What it holds.
    pub(crate) table: Table,
    /// What it is called.
    pub(crate) name: String,
    /// The text.
    pub(crate) bytes: Vec<u8>,
    /// Where it comes from, the law, and who sends it.
    pub(crate) origin: Origin,
    /// Only look.
    pub(crate) dry_run: bool,
}

/// Imports it. Whoever waits may go: what was begun is finished, and the same file sent again shows what came of it.
/// `None` when the work broke off.
pub(crate) async fn take(state: &AppState, sent: Sent) -> Option<Result<(Summary, Vec<RefusedRow>), ImportError>> {
    let state = state.clone();
    let work = tokio::spawn(async move {
        let pack = state.packs.current();
        let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
        let check = |s: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(s, item, value);
        let known_place = |id: &str| pack.jurisdictions().get(id).is_some();
        let fits = |scheme: &str, number: &str| pack.identifier_fits(scheme, number);
        let import = Import {
            ids: &*state.ids,
            keys: state.guard.keys(),
            clock: &*state.clock,
            origin: &sent.origin,
            check: &check,
            known_place: &known_place,
            identifier_fits: &fits,
            today: state.today(),
            dry_run: sent.dry_run,
        };
        import::run_bytes(&state.db, import, sent.table, &sent.name, sent.bytes).await
    });
    work.await.inspect_err(|error| tracing::error!(%error, "an import broke off")).ok()
}
