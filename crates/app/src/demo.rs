//! `hearth demo`: a data folder, a synthetic town, one sign-in a role, and one page that says what to try first.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use guard::Role;
use guard::account::{self, Duty};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Lang, PersonId};
use serde::{Deserialize, Serialize};
use store::{StoreError, transact};

use crate::cli::Failure;
use crate::config::Config;
use crate::played::Played;
use crate::runtime::Runtime;
use crate::town::{CivilRegister, Recipe, Settled, Settler, Town, Visiting};
use crate::work;

/// What is written down when the town stands, so that the next start shows the same page.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    /// How many people live in the town.
    pub people: usize,
    /// Sign-ins in the order in which they are shown.
    pub sign_ins: Vec<SignIn>,
    /// A couple whose child is due: the visitor registers the birth.
    pub expecting: Vec<String>,
}

/// The telephones of the demonstration's families: the spool of messages, with the sign-ins whose numbers they are.
pub(crate) struct DemoPhones {
    /// The folder of messages.
    pub(crate) spool: PathBuf,
    /// The data folder.
    pub(crate) data: PathBuf,
}

impl web::demo::phones::Phones for DemoPhones {
    fn sent(&self) -> std::io::Result<Vec<web::demo::phones::Sent>> {
        let sign_ins = read(&self.data).map(|told| told.sign_ins).unwrap_or_default();
        let mut all = crate::messages::spooled(&self.spool)?;
        for sent in &mut all {
            let reads = sign_ins.iter().find(|one| one.phone.as_ref() == Some(&sent.to));
            sent.who = reads.map(|one| one.subject.clone());
        }
        Ok(all)
    }
}

/// One sign-in.
#[derive(Debug, Serialize, Deserialize)]
pub struct SignIn {
    /// What the demo provider calls them.
    pub subject: String,
    /// The role.
    pub role: Role,
    /// Who it is, in words.
    pub name: String,
    /// The person it is bound to.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The telephone number messages go to.
    #[serde(default)]
    pub phone: Option<String>,
}

/// The issuer name under which the demo provider's people are known.
pub fn issuer(config: &Config) -> String {
    format!("{}/provider", config.public_url)
}

fn written(data: &Path) -> PathBuf {
    data.join("demo.json")
}

/// What the last preparation wrote down, if there was one.
pub fn told(config: &Config) -> Option<Told> {
    read(&config.data)
}

fn read(data: &Path) -> Option<Told> {
    serde_json::from_str(&std::fs::read_to_string(written(data)).ok()?).ok()
}

/// Makes the town unless it stands already; `people` overrides the recipe.
pub async fn prepare(runtime: &Arc<Runtime>, people: Option<usize>, played: Option<&Played>) -> Result<Told, Failure> {
    let path = written(&runtime.config.data);
    if let Some(told) = told(&runtime.config) {
        if let Some(played) = played {
            played.know(runtime, &signed(&told.sign_ins)).await?;
        }
        return Ok(told);
    }
    if anybody(runtime).await? {
        return Err(format!(
            "the database already holds people, and {} is missing: an earlier preparation was cut off, or these are real. \
             For a fresh demo remove the data folder (and the PostgreSQL database), or choose another with --data",
            path.display()
        )
        .into());
    }
    let told = build(runtime, people, played).await?;
    let beside = path.with_extension("part");
    std::fs::write(&beside, serde_json::to_string_pretty(&told)?)?;
    std::fs::rename(&beside, &path)?;
    Ok(told)
}

async fn anybody(runtime: &Runtime) -> Result<bool, StoreError> {
    let mut tx = runtime.state.db.read().await?;
    registry::read::anybody(&mut tx).await
}

/// The sign-ins that are people of the town.
fn signed(sign_ins: &[SignIn]) -> Vec<(String, PersonId)> {
    sign_ins.iter().filter_map(|one| Some((one.subject.clone(), one.person?))).collect()
}

async fn build(runtime: &Arc<Runtime>, people: Option<usize>, played: Option<&Played>) -> Result<Told, Failure> {
    let state = &runtime.state;
    let mut recipe = Recipe::read(&runtime.config.pack)?;
    recipe.people = people.unwrap_or(recipe.people);
    let pack = state.packs.current();
    let (now, today) = (state.now(), state.today());
    let town = Town::draw(&recipe, &pack, today);
    let settler =
        Settler { db: &state.db, pack: &pack, recipe: &recipe, keys: &runtime.keys, ids: &*state.ids, now, today };
    let bar = progress(town.households.len() as u64, "people move in");
    let settled = settler.settle(&town, || bar.inc(1)).await?;
    bar.finish_and_clear();
    let mut sign_ins = Vec::new();
    for (number, hidden) in (0..).zip(&recipe.protected) {
        let family = settler.hide(hidden, number * 10).await?;
        let (victim, other) = family.names;
        sign_ins.push(Citizen {
            subject: format!("protected-{number}"),
            person: family.victim,
            name: victim,
            what: "a mother whose address is protected",
            phone: None,
        });
        sign_ins.push(Citizen {
            subject: format!("perpetrator-{number}"),
            person: family.perpetrator,
            name: other,
            what: "the man she is protected from",
            phone: None,
        });
    }
    let issuer = issuer(&runtime.config);
    let staff = staff(runtime, &recipe, &issuer).await?;
    let visiting = Visiting::new(runtime, &recipe, &pack, &issuer);
    // Before anybody works on what the registry told: what was told in the past is handled as of its day.
    let bar = progress(0, "nurses remember the last months");
    visiting.remember(&settled).await?;
    bar.finish_and_clear();
    let expecting = expect(&settler, &recipe, &settled).await?;
    let bar = progress(0, "entitlements are worked out");
    work::until_idle(runtime).await?;
    bar.finish_and_clear();
    let beginner = beginner(&recipe, &pack, &settled, today);
    let mothers = births(runtime, &recipe, &settled, beginner.map(|(family, _)| family)).await?;
    work::until_idle(runtime).await?;
    let own = mothers.len();
    for (number, (person, mother)) in mothers.into_iter().enumerate() {
        let subject = format!("mother-{}", number + 1);
        let (name, phone) = (recipe.called(mother)?, Some(mother.phone.clone()));
        sign_ins.insert(number, Citizen { subject, person, name, what: "a mother with a newborn", phone });
    }
    if let Some((family, place)) = beginner
        && let (Some(person), Some(woman)) = (family.persons.get(place), family.drawn.members.get(place))
    {
        let name = format!("{} ({})", recipe.called(woman)?, woman.identifier);
        let (subject, phone) = ("expecting".to_owned(), Some(woman.phone.clone()));
        let what = "who is pregnant and has told nobody yet";
        sign_ins.insert(own, Citizen { subject, person: *person, name, what, phone });
    }
    let mut sign_ins = citizens(runtime, &issuer, sign_ins).await?;
    sign_ins.extend(staff);
    visiting.begin().await?;
    if let Some(played) = played {
        let signed = signed(&sign_ins);
        played.settle(runtime, &signed).await?;
        played.know(runtime, &signed).await?;
        work::until_idle(runtime).await?;
    }
    Ok(Told { people: town.people(), sign_ins, expecting })
}

/// Confirms pregnancies; gives the names of the couples whose child is due now.
async fn expect(settler: &Settler<'_>, recipe: &Recipe, settled: &[Settled]) -> Result<Vec<String>, Failure> {
    let mut due_now = Vec::new();
    let pregnant = settled.iter().flat_map(|family| {
        let members = family.persons.iter().zip(&family.drawn.members);
        members.filter(|(_, m)| m.tags.iter().any(|t| t == "pregnant"))
    });
    let all = recipe.events.births_to_come + recipe.events.pregnancies;
    for (number, (person, drawn)) in pregnant.take(all).enumerate() {
        let days = if number < recipe.events.births_to_come { 0 } else { 30 + number as i64 * 25 };
        settler.expect_child(*person, days).await?;
        if days == 0 {
            due_now.push(format!("{} ({})", recipe.called(drawn)?, drawn.identifier));
        }
    }
    Ok(due_now)
}

/// A woman of whose pregnancy nobody knows yet: her family, and her place in it. The visitor asks for visits in her name and follows her; so she
/// lives where nurses are led, and her family is the last that births of today would come to.
fn beginner<'a>(
    recipe: &Recipe,
    pack: &catalogue::Pack,
    settled: &'a [Settled],
    today: kernel::Date,
) -> Option<(&'a Settled, usize)> {
    let lead = recipe.staff.iter().find(|s| s.role == Role::VisitSupervisor)?;
    let here = |f: &&Settled| pack.within(&f.drawn.place, &lead.jurisdiction);
    let family = families(settled, &recipe.events.birth_kinds.0, today).into_iter().rfind(here)?;
    let place = family.drawn.members.iter().position(|m| m.female)?;
    Some((family, place))
}

/// Births told by the civil register; gives the mothers. None happens in the family that is left out.
async fn births<'a>(
    runtime: &Runtime,
    recipe: &Recipe,
    settled: &'a [Settled],
    but: Option<&Settled>,
) -> Result<Vec<(PersonId, &'a crate::town::Person)>, Failure> {
    let register = CivilRegister::new(runtime, recipe);
    let today = runtime.state.today();
    // Every third birth is a second or later child.
    let (of_first, of_more) = &recipe.events.birth_kinds;
    let (first, more): (Vec<_>, Vec<_>) = (families(settled, of_first, today), families(settled, of_more, today));
    let others = move |f: &&Settled| but.is_none_or(|but| but.household != f.household);
    let (mut first, mut more) = (first.into_iter().filter(others), more.into_iter());
    let young = (0..).map_while(|n| {
        if n % 3 == 2 { more.next().or_else(|| first.next()) } else { first.next().or_else(|| more.next()) }
    });
    let mut mothers = Vec::new();
    for (number, family) in (0u32..).zip(young.take(recipe.events.births_this_month)) {
        register.tell_birth(family, i64::from(number * 4 + 1), number).await?;
        let mother = family.persons.iter().zip(&family.drawn.members).find(|(_, m)| m.female);
        if let Some((id, m)) = mother {
            mothers.push((*id, m));
        }
    }
    Ok(mothers)
}

/// Families of a kind whose youngest child, if any, is at least a year and a half old on the day.
fn families<'a>(settled: &'a [Settled], kind: &str, today: kernel::Date) -> Vec<&'a Settled> {
    let spaced = today.saturating_sub(jiff::Span::new().months(18));
    let fits = |f: &&Settled| f.drawn.kind == kind && f.drawn.members.iter().all(|m| m.born <= spaced);
    settled.iter().filter(fits).collect()
}

/// Somebody served, who gets a sign-in.
struct Citizen {
    subject: String,
    person: PersonId,
    name: String,
    what: &'static str,
    phone: Option<String>,
}

async fn citizens(runtime: &Runtime, issuer: &str, citizens: Vec<Citizen>) -> Result<Vec<SignIn>, Failure> {
    let mut all = Vec::new();
    for Citizen { subject, person, name, what, phone } in citizens {
        let duty = Duty { role: Role::Citizen, organisation: String::new(), jurisdiction: None };
        open_account(runtime, issuer, &subject, &name, Some(person), duty).await?;
        let name = format!("{name}, {what}");
        all.push(SignIn { subject, role: Role::Citizen, name, person: Some(person), phone });
    }
    Ok(all)
}

async fn staff(runtime: &Runtime, recipe: &Recipe, issuer: &str) -> Result<Vec<SignIn>, Failure> {
    let language: Lang = recipe.country_language.parse()?;
    let mut all = Vec::new();
    for staff in &recipe.staff {
        let duty = Duty {
            role: staff.role,
            organisation: staff.organisation.clone(),
            jurisdiction: Some(staff.jurisdiction.clone()),
        };
        let name = staff.name.get(language);
        open_account(runtime, issuer, &staff.subject, name, None, duty).await?;
        all.push(SignIn {
            subject: staff.subject.clone(),
            role: staff.role,
            name: staff.name.get(Lang::En).to_owned(),
            person: None,
            phone: None,
        });
    }
    Ok(all)
}

async fn open_account(
    runtime: &Runtime,
    issuer: &str,
    subject: &str,
    name: &str,
    person: Option<PersonId>,
    duty: Duty,
) -> Result<(), account::AccountError> {
    let state = &runtime.state;
    let duties = [duty];
    transact!(state.db, account::AccountError, |tx| {
        let id = account::create(tx, &*state.ids, state.now(), name, person, &duties).await?;
        account::link(tx, issuer, subject, id).await
    })
}

fn progress(length: u64, message: &'static str) -> ProgressBar {
    let bar = if length == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(length) };
    if let Ok(style) = ProgressStyle::with_template("  {msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.with_message(message)
}

/// The one page.
pub fn page(config: &Config, told: &Told) -> String {
    let mut out = format!(
        "\n  Hearth is ready: {url}\n\n  A synthetic town of {people} people; nobody in it exists. Data lies in {data}; stop with Ctrl-C, start again, nothing is lost.\n\n  \
         Sign in at {url}/sign-in as\n",
        url = config.public_url,
        people = told.people,
        data = config.data.display(),
    );
    let widest = told.sign_ins.iter().map(|s| s.subject.len()).max().unwrap_or_default();
    for sign_in in &told.sign_ins {
        out.push_str(&format!("    {:<widest$}  {:<17} {}\n", sign_in.subject, sign_in.role.word(), sign_in.name));
    }
    out.push_str(&format!(
        "\n  Try first\n    1. {url}/check — what may I get? No account, nothing stored.\n    \
         2. As mother-1: my offers, reasons, accept two; then who looked.\n    \
         3. As counter: search, open a household, register a birth. Children are due to:\n",
        url = config.public_url
    ));
    for couple in &told.expecting {
        out.push_str(&format!("         {couple}\n"));
    }
    out.push_str(&format!(
        "    4. As mother-2: accept the newborn's offers and watch the agencies asked: one is down at first, one needs a moment,\n       \
            and one says otherwise than the family did.\n    \
         5. As caseworker or rural-caseworker, by the family's place: settle that, decide what waits; as approver or\n       \
            rural-approver: sign what needs a second person. Objections wait for the reviewers, who took no part.\n       \
            What another agency decides waits for the caseworker and approver with its name.\n    \
         6. As finance: prepare the month's run and sign it; as finance-2: release it, take the bank file, feed back a return.\n    \
         7. As analyst: programmes and their rules. Change an amount in {pack}/parameters, then: hearth pack reload\n    \
         8. As privacy: the log of every look, the agencies' too; then: hearth log verify\n    \
         9. As mother-3: under my family, let the other parent act for you and take it back. As counter: key in a letter\n       \
            for a household. Give an account in another name with an offer: the office that pays looks at both names.\n   \
            10. As nurse: my day, a family, record its visit, its growth; answer the last question on mood, then see as\n       \
            visit-supervisor what must be seen to. The supervisor asks the last family and gives it to the nurse.\n       \
            The nurse opens a case for a family, writes its plan and asks the caseworker's agency to take part; as caseworker,\n       \
            under *Family plans*, only that part is seen.\n   \
            11. Move the clock ({url}/demo/time, and at the top of every page): a week, a month, two years; visits, deadlines,\n       \
            referrals and surveys follow in their order. Sign in again then. What families get on their telephones: {url}/demo/messages.\n   \
            12. One mother from the beginning: as expecting, ask for home visits and answer the questions; as visit-supervisor give her\n       \
            to the nurse; as nurse decide on her need, record visits, send her on to a service and open the service's link; move\n       \
            the clock; as counter register her birth. After two years her survey waits among the messages.\n",
        url = config.public_url,
        pack = config.pack.display(),
    ));
    out
}
