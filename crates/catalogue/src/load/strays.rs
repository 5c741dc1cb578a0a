//! Files that nobody reads: most often a misspelt folder or ending.

use std::sync::Arc;

use rules::schema::Origin;

use super::context::Context;

/// A warning for every file that no loader opened; readme files, worked cases and what a demonstration needs left out.
pub(crate) fn warn(cx: &Context<'_>) {
    for (path, _) in cx.files.iter() {
        let cases = path.starts_with("cases/")
            || path.starts_with("visit-cases/")
            || path.starts_with("score-cases/")
            || path.starts_with("survey-cases/")
            || path.starts_with("indicator-cases/");
        let case = cases && (path.ends_with(".yaml") || path.ends_with(".yml"));
        if cx.read.contains(path) || case || path.starts_with("demo/") || path.ends_with(".md") {
            continue;
        }
        let at = Origin { file: Arc::from(path), line: 1, column: 1 };
        let hint = "docs/pack-format.md lists the files of a pack";
        cx.faults.warning("stray-file", &at, "nothing reads this file", "a file of the pack format", hint);
    }
}
