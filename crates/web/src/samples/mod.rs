//! A page of every kind with plausible contents, rendered in every language by one test and written to `target/pages`.

mod cases;
mod civil;
mod demo;
mod families;
mod finance;
mod groups;
mod indicators;
mod offices;
mod plans;
mod powers;
mod protection;
mod referrals;
mod requalify;
mod scenarios;
mod studies;
mod surveys;
mod team;
mod visits;
mod work;

use kernel::{Lang, Words};
use maud::Markup;
use text::Text;

use crate::components::frame::{Area, Frame, Place, PurposeShown, SignedIn};

/// A rendered sample: file name without language, and how to make it.
pub(crate) type Sample = (&'static str, Box<dyn Fn(Lang) -> Markup>);

/// Every page × sample.
pub(crate) fn all() -> Vec<Sample> {
    families::all()
        .into_iter()
        .chain(cases::all())
        .chain(offices::all())
        .chain(scenarios::all())
        .chain(plans::all())
        .chain(powers::all())
        .chain(protection::all())
        .chain(civil::all())
        .chain(referrals::all())
        .chain(work::all())
        .chain(finance::all())
        .chain(requalify::all())
        .chain(visits::all())
        .chain(surveys::all())
        .chain(studies::all())
        .chain(indicators::all())
        .chain(groups::all())
        .chain(team::all())
        .chain(demo::all())
        .collect()
}

fn words(ko: &str, en: &str) -> Words {
    Words::from([(Lang::Ko, ko), (Lang::En, en)])
}

fn frame(lang: Lang, address: &str, area: Option<Area>) -> Frame {
    let role = |area| match area {
        Area::Citizen => ("김하윤", "role-citizen"),
        Area::Official => ("박서준", "role-counter-official"),
        Area::Visits => ("정은지", "role-nurse"),
        Area::Supervision => ("한지민", "role-visit-supervisor"),
        Area::Finance => ("윤서연", "role-finance"),
        Area::Analyst => ("이도윤", "role-analyst"),
        Area::Privacy => ("최지우", "role-privacy-officer"),
        Area::Operator => ("정하린", "role-administrator"),
    };
    Frame {
        t: Text::new(lang),
        langs: Lang::ALL.to_vec(),
        place: Place::Address(address.to_owned()),
        who: area.map(|area| SignedIn { name: role(area).0.to_owned(), role_key: role(area).1, areas: vec![area] }),
        demo: true,
        clock: Some(kernel::Date::constant(2026, 11, 21)),
        purpose: (area == Some(Area::Official))
            .then(|| PurposeShown { key: "purpose-counter-service", reason: "출생 신고차 방문".to_owned() }),
    }
}

mod checks;
