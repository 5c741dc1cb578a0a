//! The nearest change that would turn a *no* into something else.

use crate::eval::Env;
use crate::explain::Run;
use crate::outcome::NearestChange;
use crate::program::VersionIr;

impl Run<'_> {
    pub(crate) fn nearest(&mut self, v: &VersionIr, env: Env) -> Option<NearestChange> {
        let _ = (v, env);
        None
    }
}
