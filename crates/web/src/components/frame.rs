//! What surrounds every page: skip link, header with languages and account, navigation, footer.

use kernel::{Date, Lang};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use text::Text;

use super::{field, icon};
use crate::assets;

/// Where the reader is, so that changing the language keeps the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A page that can be asked for again: path and query without `lang`.
    Address(String),
    /// A page that came from a form: its action and fields, sent again.
    Form(String, Vec<(String, String)>),
}

/// The parts of Hearth by who uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Families.
    Citizen,
    /// Counter officials and caseworkers.
    Official,
    /// Nurses who visit families.
    Visits,
    /// Those who lead nurses.
    Supervision,
    /// Those who pay.
    Finance,
    /// Those who write and read the rules.
    Analyst,
    /// Those who watch who looks.
    Privacy,
    /// Those who run the system.
    Operator,
}

/// Who is signed in, as far as the header shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Their name.
    pub name: String,
    /// The key of the message that names their role.
    pub role_key: &'static str,
    /// The parts they may enter.
    pub areas: Vec<Area>,
}

/// For what an official is looking at records now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeShown {
    /// The key of the message that names the purpose.
    pub key: &'static str,
    /// The reason in their own words.
    pub reason: String,
}

/// What a page needs to know about its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The words.
    pub t: Text,
    /// The languages of the switch: those the pack is complete in.
    pub langs: Vec<Lang>,
    /// For the language switch and the current item of the navigation.
    pub place: Place,
    /// Nobody: public pages.
    pub who: Option<SignedIn>,
    /// Whether all people are invented; said on every page.
    pub demo: bool,
    /// The day in a demonstration whose clock can be moved; shown on every page.
    pub clock: Option<Date>,
    /// The purpose bar of officials.
    pub purpose: Option<PurposeShown>,
}

impl Frame {
    /// The path of the page, for the current item of the navigation.
    fn path(&self) -> &str {
        let all = match &self.place {
            Place::Address(address) | Place::Form(address, _) => address.as_str(),
        };
        all.split(['?', '#']).next().unwrap_or(all)
    }

    fn languages(&self) -> Markup {
        let t = self.t;
        let here = |lang: Lang| lang == t.lang();
        html! {
            @match &self.place {
                Place::Address(address) => {
                    nav aria-label=(t.t("frame-languages")) { ul.langs {
                        @for lang in self.langs.iter().copied() { li {
                            @if here(lang) { span lang=(lang.tag()) aria-current="true" { (lang.own_name()) } }
                            @else { a href=(with_lang(address, lang)) lang=(lang.tag()) hreflang=(lang.tag()) { (lang.own_name()) } }
                        } }
                    } }
                }
                Place::Form(action, fields) => {
                    form method="post" action=(action) aria-label=(t.t("frame-languages")) {
                        @for (name, value) in fields { (field::hidden(name, value)) }
                        ul.langs { @for lang in self.langs.iter().copied() { li {
                            @if here(lang) { span lang=(lang.tag()) aria-current="true" { (lang.own_name()) } }
                            @else { button type="submit" name="lang" value=(lang.tag()) lang=(lang.tag()) { (lang.own_name()) } }
                        } } }
                    }
                }
            }
        }
    }

    fn account(&self) -> Markup {
        let t = self.t;
        html! {
            div.account {
                @if let Some(who) = &self.who {
                    a href="/account" { (who.name) " " span.role { "· " (t.t(who.role_key)) } }
                    form method="post" action="/sign-out" { button.linkish type="submit" { (t.t("sign-out")) } }
                } @else {
                    a href="/sign-in" { (t.t("sign-in")) }
                }
            }
        }
    }

    fn items(&self) -> Vec<(&'static str, &'static str)> {
        let Some(who) = &self.who else { return vec![("/check", "nav-check"), ("/programmes", "nav-programmes")] };
        let mut items = Vec::new();
        for area in &who.areas {
            items.extend_from_slice(match area {
                Area::Citizen => &[
                    ("/offers", "nav-offers"),
                    ("/cases", "nav-cases"),
                    ("/payments", "nav-payments"),
                    ("/family", "nav-family"),
                    ("/visits/join", "nav-visits-own"),
                    ("/looked", "nav-looked"),
                    ("/check", "nav-check"),
                ],
                Area::Official => &[
                    ("/work", "nav-work"),
                    ("/official/search", "nav-search"),
                    ("/official/duplicates", "nav-duplicates"),
                ],
                Area::Visits => &[
                    ("/visits/day", "nav-visits"),
                    ("/visits/week", "nav-week"),
                    ("/visits/families", "nav-visit-families"),
                    ("/visits/plans", "nav-plans"),
                    ("/work/referrals", "referral-title"),
                    ("/visits/surveys", "nav-surveys"),
                    ("/visits/groups", "nav-groups"),
                    ("/visits/training", "nav-training"),
                ],
                Area::Supervision => &[
                    ("/visits/families", "nav-visit-families"),
                    ("/visits/alerts", "nav-visit-alerts"),
                    ("/visits/team", "nav-team"),
                    ("/visits/week", "nav-week"),
                    ("/visits/plans", "nav-plans"),
                    ("/work/referrals", "referral-title"),
                    ("/visits/groups", "nav-groups"),
                    ("/visits/surveys", "nav-surveys"),
                    ("/visits/indicators", "nav-indicators"),
                ],
                Area::Analyst => &[
                    ("/programmes", "nav-programmes"),
                    ("/analyst/parameters", "nav-parameters"),
                    ("/analyst/try", "nav-try"),
                    ("/analyst/scenarios", "nav-scenarios"),
                    ("/figures", "nav-figures"),
                    ("/visits/surveys", "nav-surveys"),
                    ("/studies", "nav-studies"),
                    ("/visits/indicators", "nav-indicators"),
                    ("/requalify", "nav-requalify"),
                ],
                Area::Finance => &[
                    ("/finance/runs", "nav-finance-runs"),
                    ("/finance/returns", "nav-finance-returns"),
                    ("/finance/recoveries", "nav-finance-recoveries"),
                    ("/finance/ledger", "nav-finance-ledger"),
                ],
                Area::Operator => &[("/admin/import", "nav-import"), ("/admin/accounts", "nav-accounts")],
                Area::Privacy => &[("/privacy/log", "nav-log"), ("/privacy/verify", "nav-verify")],
            });
        }
        if !items.iter().any(|(path, _)| *path == "/programmes") {
            items.push(("/programmes", "nav-programmes"));
        }
        items
    }

    fn navigation(&self) -> Markup {
        let path = self.path();
        let current = |to: &str| path == to || path.strip_prefix(to).is_some_and(|rest| rest.starts_with('/'));
        html! {
            nav.nav aria-label=(self.t.t("frame-navigation")) { div.wrap { ul {
                @for (to, key) in self.items() {
                    li { a href=(to) aria-current=[current(to).then_some("page")] { (self.t.t(key)) } }
                }
            } } }
        }
    }
}

/// `address` asked for in `lang`.
fn with_lang(address: &str, lang: Lang) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}lang={lang}")
}

/// How wide the text runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// One column for reading and answering.
    Reading,
    /// Tables and two columns.
    Wide,
}

/// A whole page. `title` is the page's one heading as plain text; `content` holds the heading itself.
pub fn page(frame: &Frame, title: &str, width: Width, content: Markup) -> Markup {
    let t = frame.t;
    html! {
        (DOCTYPE)
        html lang=(t.lang().tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – " (t.t("service-name")) }
                link rel="stylesheet" href=(assets::style_path());
                link rel="icon" type="image/svg+xml" href=(assets::icon_path());
            }
            body {
                a.skip href="#main" { (t.t("frame-skip")) }
                header {
                    div.top { div.wrap.top-bar {
                        a.brand href="/" { (icon::mark()) span { (t.t("service-name")) } }
                        (frame.languages())
                        (frame.account())
                    } }
                    (frame.navigation())
                    @if frame.demo { div.demo { div.wrap { p {
                        (t.t("frame-demo"))
                        @if let Some(day) = frame.clock { " " (t.with("frame-clock", &[("date", t.date(day).into())])) " " a href="/demo/time" { (t.t("frame-clock-move")) } " · " a href="/demo/messages" { (t.t("demo-messages")) } }
                    } } } }
                    @if let Some(purpose) = &frame.purpose {
                        div.purpose { div.wrap {
                            span { strong { (t.t("purpose-now")) } " " (t.t(purpose.key)) " · " (purpose.reason) }
                            a href="/official/search" { (t.t("purpose-change")) }
                        } }
                    }
                }
                main #main tabindex="-1" {
                    div.wrap { div.reading[width == Width::Reading] { (content) } }
                }
                footer.foot { div.wrap {
                    p { (t.t("foot-about")) }
                    p { (t.t("foot-privacy")) }
                } }
            }
        }
    }
}

/// A link back to the page before.
pub fn back(t: Text, to: &str) -> Markup {
    html! { a.back href=(to) { (icon::back()) (t.t("back")) } }
}

/// Markup from text that is already HTML made by us.
pub fn raw(html: &str) -> PreEscaped<String> {
    PreEscaped(html.to_owned())
}
