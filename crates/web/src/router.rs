//! Every address and what answers it, and the layers around.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

use crate::admin::{account_handlers as accounts, handlers as admin};
use crate::analyst::handlers as analyst;
use crate::analyst::scenarios::{handlers as scenarios, results_handlers as comparisons};
use crate::assets;
use crate::citizen::cases::{
    apply_handlers as apply, case_handlers as case, consents, decision_handlers as decision,
    figures_handlers as figures, list_handlers, payment_handlers as pay, powers_handlers as powers,
    report_handlers as report,
};
use crate::citizen::{check_handlers as check, handlers as citizen, home, life_event_handlers as life_events};
use crate::civil::{handlers as civil, tie_handlers as ties};
use crate::components::frame::Frame;
use crate::contact::handlers as contact;
use crate::demo::handlers as demo;
use crate::error::Fault;
use crate::finance;
use crate::group::{office_handlers as groups, own_handlers as own_groups};
use crate::indicators::handlers as indicators;
use crate::official::{
    complaint_handlers as complaints, duplicate_handlers as duplicates, event_handlers as events, handlers as official,
    key_in_handlers as key_in, mending_handlers as mending, protection_handlers as protection,
    work_case_handlers as work_case, work_deeds, work_handlers as work, work_office, work_review,
};
use crate::plan::{handlers as plans, own_handlers as own_plan, part_handlers as part};
use crate::privacy::handlers as privacy;
use crate::referral::{handlers as referrals, new_handlers as new_referral, partner_handlers as partner};
use crate::requalify::handlers as requalify;
use crate::request::LANG_COOKIE;
use crate::state::AppState;
use crate::study::{own_handlers as study, report_handlers as study_reports};
use crate::survey::{answer_handlers as surveys, figures_handlers as survey_figures};
use crate::team::{
    act_handlers as team_acts, give_handlers as team_give, handlers as team, session_handlers as team_sessions,
};
use crate::visits::{
    act_handlers as visit, alert_handlers as alerts, handlers as visits, join_handlers as join, need_handlers as need,
    week_handlers as weeks,
};

/// The largest form; files of an import are text in a form.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// After this long a request is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// All pages, and the programming interface below `/api`.
pub fn router(state: AppState) -> Router {
    pages()
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(middleware::from_fn(remember_language))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, PATIENCE))
        .layer(CatchPanicLayer::new())
        // Outside of what may answer in our place, so that those answers become pages too.
        .layer(middleware::from_fn_with_state(state.clone(), numbered_faults))
        .with_state(state.clone())
        // Beside the pages and outside of their layers: what goes wrong there is told as a problem, not as a page.
        .merge(crate::api::router(state.clone()))
        .merge(crate::fhir::router(state))
}

fn pages() -> Router<AppState> {
    Router::new()
        .route("/", get(start))
        .route("/assets/{name}", get(assets::serve))
        .route("/demo/time", get(demo::show).post(demo::send))
        .route("/demo/messages", get(demo::messages))
        .route("/check", get(check::start))
        .route("/check/place", post(check::place))
        .route("/check/people", post(check::people))
        .route("/check/more", post(check::more))
        .route("/check/result", post(check::result))
        .route("/life-events/{id}", get(life_events::show))
        .route("/me", get(citizen::me))
        .route("/family", get(citizen::my_family))
        .route("/family/contact", get(contact::own).post(contact::send_own))
        .route("/offers", get(citizen::my_offers).post(citizen::answer_offers))
        .route("/looked", get(citizen::who_looked))
        .merge(cases())
        .merge(finance_pages())
        .route("/requalify", get(requalify::list).post(requalify::ask))
        .route("/requalify/{id}", get(requalify::one).post(requalify::act_on))
        .route("/requalify/{id}/{cause}", get(requalify::one_group).post(requalify::act_on_group))
        .route("/requalify/finding/{id}", get(requalify::one_finding))
        .merge(visit_pages())
        .route("/official/search", get(official::search_form).post(official::search))
        .route("/official/households/{id}", get(official::household))
        .route("/official/households/{id}/offers", post(official::answer_offer))
        .route("/official/households/{id}/events/{kind}", get(events::form).post(events::send))
        .route("/official/households/{id}/apply", get(key_in::form).post(key_in::take))
        .route("/official/households/{id}/powers", get(powers::at_counter).post(powers::send_at_counter))
        .route("/official/households/{id}/address/{person}", get(protection::address))
        .route("/official/households/{id}/record/{person}", get(civil::show).post(civil::send))
        .route("/official/households/{id}/ties/{person}", get(ties::show).post(ties::send))
        .route("/official/households/{id}/contact/{person}", get(contact::at_counter).post(contact::send_at_counter))
        .route("/official/households/{id}/protection/{person}", get(protection::show).post(protection::send))
        .route("/official/duplicates", get(duplicates::list))
        .route("/official/duplicates/{left}/{right}", get(duplicates::compare).post(duplicates::decide))
        .route("/official/duplicates/joined/{survivor}/{merge}", get(duplicates::joined).post(duplicates::undo))
        .route("/official/happened/{household}/{event}", get(mending::form).post(mending::send))
        .route("/work", get(work::list).post(work::send))
        .route("/work/together", post(work::settle_together))
        .route("/work/office", get(work_office::office).post(work_office::send))
        .route("/work/complaints", get(complaints::list))
        .route("/work/complaints/{id}", get(complaints::one).post(complaints::send))
        .route("/work/referrals", get(referrals::list))
        .route("/work/referrals/household/{id}", get(referrals::of_household))
        .route("/work/referrals/household/{id}/new", get(new_referral::form).post(new_referral::send))
        .route("/work/referrals/{id}", get(referrals::one).post(referrals::send))
        .route("/work/plans", get(part::all))
        .route("/work/plans/{id}", get(part::one))
        .route("/work/plans/{id}/{number}", get(part::form).post(part::send))
        .route("/r/{token}", get(partner::show).post(partner::send))
        .route("/s/{token}", get(surveys::show).post(surveys::send))
        .route("/visits/surveys", get(survey_figures::show))
        .route("/visits/indicators", get(indicators::all))
        .route("/visits/indicators/{id}", get(indicators::one))
        .route("/visits/indicators/{id}/table.csv", get(indicators::table))
        .route("/visits/team", get(team::show))
        .route("/visits/team/handover", get(team_give::form).post(team_give::send))
        .route("/visits/team/nurse/{id}", get(team::one).post(team_acts::nurse))
        .route("/visits/team/cohorts", get(team_acts::cohorts).post(team_acts::change_cohorts))
        .route("/visits/team/session", get(team_sessions::form).post(team_sessions::hold))
        .route("/visits/training", get(team::own))
        .route("/visits/session/{id}", get(team_sessions::one).post(team_sessions::write))
        .route("/work/household/{id}", get(work_case::of_household))
        .route("/work/next/{id}", get(work_case::next))
        .route("/work/case/{id}", get(work_case::one).post(work_deeds::act))
        .route("/work/case/{id}/household", get(work_case::household))
        .route("/work/case/{id}/review", post(work_review::review))
        .route("/work/case/{id}/paper/{paper}", get(work_case::paper))
        .route("/work/case/{id}/decision/{decision}", get(work_case::decision_file))
        .route("/admin/accounts", get(accounts::list))
        .route("/admin/accounts/new", get(accounts::new).post(accounts::add))
        .route("/admin/accounts/{id}", get(accounts::show).post(accounts::send))
        .route("/admin/import", get(admin::import_form).post(admin::import))
        .route("/account", get(crate::account::show))
        .route("/privacy/log", get(privacy::list).post(privacy::search))
        .route("/privacy/log/{year}/{number}", get(privacy::one))
        .route("/privacy/verify", get(privacy::verify_form).post(privacy::verify))
        .route("/programmes", get(analyst::list))
        .route("/programmes/{id}", get(analyst::one))
        .route("/analyst/parameters", get(analyst::parameter_list))
        .route("/analyst/parameters/{id}", get(analyst::parameter))
        .route("/analyst/try", get(analyst::try_form).post(analyst::try_it))
        .route("/analyst/scenarios", get(scenarios::show_all).post(scenarios::begin))
        .route("/analyst/scenarios/{id}", get(scenarios::show).post(scenarios::act))
        .route("/analyst/scenarios/{id}/file", get(scenarios::file_form).post(scenarios::keep_file))
        .route("/analyst/comparisons", get(comparisons::two))
        .route("/analyst/comparisons/{id}", get(comparisons::show))
        .route("/analyst/comparisons/{id}/table.csv", get(comparisons::table))
}

/// Home visiting: nurses, their supervisors, mothers.
fn visit_pages() -> Router<AppState> {
    Router::new()
        .route("/visits/day", get(visits::day))
        .route("/visits/week", get(weeks::show).post(weeks::send))
        .route("/visits/families", get(visits::families))
        .route("/visits/versions", get(crate::visits::version_handlers::show))
        .route("/visits/family/{id}", get(visits::one).post(visit::family))
        .route("/visits/family/{id}/growth", get(visits::growth))
        .route("/visits/family/{id}/form/{instrument}", get(visit::ask).post(visit::assess))
        .route("/visits/family/{id}/visit", get(visit::visit_form).post(visit::visit))
        .route("/visits/family/{id}/need", get(need::need).post(need::decide_need))
        .route("/visits/family/{id}/alone", get(need::alone).post(need::read_alone))
        .route("/visits/family/{id}/plan", get(plans::show).post(plans::begin))
        .route("/visits/family/{id}/plan/{what}", get(plans::form).post(plans::send))
        .route("/visits/family/{id}/refer", get(plans::refer))
        .route("/visits/plans", get(plans::cases))
        .route("/plan", get(own_plan::show).post(own_plan::send))
        .route("/visits/alerts", get(alerts::list))
        .route("/visits/alerts/{person}/{id}", get(alerts::shut).post(alerts::act))
        .route("/visits/groups", get(groups::all).post(groups::open))
        .route("/visits/groups/{id}", get(groups::one).post(groups::send))
        .route("/visits/own-groups", get(own_groups::show).post(own_groups::send))
        .route("/visits/study", get(study::show).post(study::send))
        .route("/studies", get(study_reports::show))
        .route("/visits/join", get(join::show).post(join::send))
        .route("/visits/join/questions", get(join::ask).post(join::answer))
}

/// Runs, what the bank answers, recoveries, the ledger.
fn finance_pages() -> Router<AppState> {
    // A file of the bank is larger than any form.
    let files = get(finance::returns_handlers::show)
        .post(finance::returns_handlers::send)
        .layer(DefaultBodyLimit::max(finance::returns_handlers::LARGEST));
    Router::new()
        .route("/finance", get(finance::runs_handlers::start))
        .route("/finance/runs", get(finance::runs_handlers::list).post(finance::runs_handlers::open))
        .route("/finance/runs/{id}", get(finance::run_handlers::show).post(finance::run_handlers::act))
        .route("/finance/runs/{id}/file", get(finance::run_handlers::file))
        .route("/finance/returns", files)
        .route(
            "/finance/returns/entry",
            get(finance::returns_handlers::entry_form).post(finance::returns_handlers::settle),
        )
        .route("/finance/payment/{at}", get(finance::waiting_handlers::show).post(finance::waiting_handlers::act))
        .route("/finance/recoveries", get(finance::recovery_handlers::list))
        .route("/finance/recoveries/{id}", get(finance::recovery_handlers::show).post(finance::recovery_handlers::send))
        .route("/finance/ledger", get(finance::ledger_handlers::show))
}

/// What becomes of an application, as the family sees it.
fn cases() -> Router<AppState> {
    Router::new()
        .route("/cases", get(list_handlers::show))
        .route("/cases/{id}", get(case::show))
        .route("/cases/{id}/answer", post(case::answer))
        .route("/cases/{id}/papers", post(case::hand_in))
        .route("/cases/{id}/speak", post(case::speak))
        .route("/cases/{id}/withdraw", post(case::take_back))
        .route("/cases/{case}/decisions/{id}", get(decision::show))
        .route("/cases/{case}/decisions/{id}/object", post(decision::object))
        .route("/cases/{case}/decisions/{id}/rate", post(decision::rate))
        .route("/apply", get(apply::search))
        .route("/apply/for/{programme}", get(apply::whom).post(apply::begin))
        .route("/apply/{draft}", get(apply::draft).post(apply::save))
        .route("/apply/{draft}/discard", post(apply::discard))
        .route("/payments", get(pay::show))
        .route("/payments/account", get(pay::account_form).post(pay::change_account))
        .route("/consents", get(consents::show).post(consents::take_back))
        .route("/powers", get(powers::show).post(powers::send))
        .route("/referrals", get(referrals::mine))
        .route("/referrals/{id}", post(referrals::refuse))
        .route("/report", get(report::show).post(report::send))
        .route("/complain", get(report::complain).post(report::take_complaint))
        .route("/figures", get(figures::show))
}

async fn start(State(state): State<AppState>, f: Frame) -> Response {
    home::home(&f, &life_events::named(&state.packs.current())).into_response()
}

async fn not_found(f: Frame) -> Response {
    Fault::NotFound.response(&f)
}

/// A language chosen in the address is kept for the next pages.
async fn remember_language(request: Request, next: Next) -> Response {
    let chosen = request.uri().query().and_then(|query| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.into_iter().find(|(name, _)| name == "lang").and_then(|(_, tag)| tag.parse::<kernel::Lang>().ok())
    });
    let mut response = next.run(request).await;
    if let Some(lang) = chosen {
        let cookie = format!("{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", lang.tag());
        if let Ok(cookie) = cookie.parse() {
            response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
        }
    }
    response
}

/// Gives every refusal and failure without a page its page; a failure with a number that is in the records too.
async fn numbered_faults(State(state): State<AppState>, f: Frame, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let html = response
        .headers()
        .get(axum::http::header::CONTENT_TYPE)
        .is_some_and(|v| v.as_bytes().starts_with(b"text/html"));
    if html {
        return response;
    }
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => return Fault::TooLarge.response(&f),
        StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE | StatusCode::UNPROCESSABLE_ENTITY => {
            return Fault::Refused.response(&f);
        }
        status if !status.is_server_error() => return response,
        _ => {}
    }
    let number = state.ids.uuid(state.now()).simple().to_string().split_off(20);
    tracing::error!(%number, %method, path, status = response.status().as_u16(), "a request failed");
    let fault = if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        Fault::Busy(number)
    } else {
        Fault::Internal(number)
    };
    fault.response(&f)
}
