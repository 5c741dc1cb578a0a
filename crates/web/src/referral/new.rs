//! A new referral: whom for, what for, which service, and what the family agreed to.

use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A service that could help.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The agency that runs it.
    pub agency: String,
    /// How it is reached.
    pub contact: String,
    /// Days until it answers, and until it is done.
    pub days: (u32, u32),
    /// Whether the entry is made up.
    pub illustrative: bool,
}

/// What the page needs.
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    /// The household.
    pub household: String,
    /// Names a referral that is sent from this page: sent twice it is one.
    pub id: String,
    /// Who can be helped: id and name.
    pub people: Vec<(String, String)>,
    /// Needs: id and name.
    pub needs: Vec<(String, String)>,
    /// The need asked for; `None`: none yet.
    pub need: Option<String>,
    /// Services for it where the family lives, the nearest first.
    pub services: Vec<Choice>,
    /// The referral whose place it takes.
    pub instead_of: Option<String>,
    /// Whether the address of the family is protected: then the service reaches them through the referrer.
    pub protected: bool,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, n: &New) -> Markup {
    let t = f.t;
    let path = format!("/work/referrals/household/{}/new", n.household);
    page(
        f,
        &t.t("referral-new"),
        Width::Reading,
        html! {
            (back(t, &format!("/work/referrals/household/{}", n.household)))
            (error_summary(t, form))
            h1 { (t.t("referral-new")) }
            form method="get" action=(path) {
                @if let Some(old) = &n.instead_of { (field::hidden("instead_of", old)) }
                (field::select(form, "need", &t.t("referral-need"), "", &t.t("referral-need-choose"), &n.needs))
                div.actions { button.btn.btn--second type="submit" { (t.t("referral-find")) } }
            }
            @if n.need.is_some() { (details(t, form, n, &path)) }
        },
    )
}

fn details(t: Text, form: &Form, n: &New, path: &str) -> Markup {
    let services: Vec<(String, String)> = n.services.iter().map(|s| (s.id.clone(), s.name.clone())).collect();
    let shares = [("name", "referral-share-name"), ("birth_date", "referral-share-birth-date")]
        .map(|(v, k)| (v.to_owned(), t.t(k).into_owned()));
    html! {
        h2 { (t.t("referral-services")) }
        @if n.services.is_empty() { p { (t.t("referral-services-none")) } }
        @else {
            ul.plain { @for s in &n.services { li {
                strong { (s.name) } " · " (s.agency) " · " (s.contact)
                @if s.illustrative { " " (tag(Mark::Plain, &t.t("referral-illustrative"))) }
                div.small.soft { (t.with("referral-promise", &[("answer", i64::from(s.days.0).into()), ("finish", i64::from(s.days.1).into())])) }
            } } }
            form method="post" action=(path) novalidate {
                (field::hidden("id", &n.id))
                (field::hidden("need", n.need.as_deref().unwrap_or_default()))
                @if let Some(old) = &n.instead_of { (field::hidden("instead_of", old)) }
                (field::radios(form, "service", &t.t("referral-service"), "", &services))
                (field::radios(form, "person", &t.t("referral-whom"), "", &n.people))
                (field::area(form, "reason", &t.t("referral-asked"), &t.t("referral-reason-hint"), 4))
                @if n.protected {
                    (notice(Tone::Warn, &t.t("referral-protected"), html! { p { (t.t("referral-protected-words")) } }))
                } @else {
                    (field::line(form, "contact", &t.t("referral-contact"), Look { hint: &t.t("referral-contact-hint"), ..Look::default() }))
                }
                (field::boxes(form, "shares", &t.t("referral-shares"), &t.t("referral-shares-hint"), &shares))
                (field::radios(form, "agreed_by", &t.t("referral-agreed-by"), &t.t("referral-agreed-hint"), &n.people))
                div.actions { button.btn type="submit" { (t.t("referral-send")) } }
            }
        }
    }
}
