# Words used on every page
service-name = Hearth
back = Back
continue = Continue
choose = Choose
older = Older entries
do-not-know = I do not know
amount-unit-once = { $currency }
amount-unit-month = { $currency } a month
amount-unit-year = { $currency } a year
amount-unit-use = { $currency } each time
frame-skip = Skip to the content
frame-languages = Languages
frame-navigation = Main
frame-demo = This is a demonstration. All people in it are invented.
foot-about = Hearth finds what a family is entitled to when life changes, and says why.
foot-privacy = Every look at your data is recorded. Sign in to see who looked.
nav-check = What may I get?
nav-offers = My offers
nav-family = My family
nav-looked = Who looked
nav-search = Search
nav-duplicates = Duplicates
nav-programmes = Programmes
nav-parameters = Parameters
nav-try = Try a household
nav-log = Disclosure log
nav-verify = Verify the log
sign-in = Sign in
sign-out = Sign out
sign-in-title = Sign in
sign-in-lead = Choose the role to enter with. In the demonstration no password is needed.
sign-in-real = You will be taken to the sign-in service. Your password is never stored here.
sign-in-go = Go to the sign-in service
sign-in-failed = You could not be signed in
purpose = Purpose
purpose-now = You are looking for:
purpose-change = Change
case-number = Case
birth-date = Date of birth
date-hint = For example 1995-03-02 or 19950302
address = Address
expecting = Expecting
born-on = born on { $date }
due-on = due on { $date }
age = { $age ->
    [0] under 1 year old
    [one] { $age } year old
   *[other] { $age } years old
}
value-unknown = not known yet
role-citizen = Citizen
role-counter-official = Counter official
role-caseworker = Caseworker
role-approver = Approver
role-finance = Finance officer
role-analyst = Analyst
role-nurse = Nurse
role-visit-supervisor = Supervisor of nurses
nav-visits = My day
nav-visit-families = Families
nav-visit-alerts = To see to
role-privacy-officer = Privacy officer
role-administrator = Administrator
role-agency-system = Agency system
purpose-own-affairs = Own affairs and family
purpose-counter-service = Service at the counter
purpose-casework = Examining an application, casework
purpose-approval = Approving a decision
purpose-payment = Payment
purpose-home-visit = Home visit
purpose-protection = Protecting a victim or child
purpose-data-quality = Correcting records and duplicates
purpose-data-exchange = Exchange with another agency
purpose-statistics = Statistics and analysis of rules
purpose-oversight = Supervising who looks
purpose-administration = Running the system
purpose-emergency = Danger to life or health
purpose-case-review = Looking again at a closed case
relation-self = You
relation-head = Head of household
relation-spouse = Spouse or partner
relation-child = Child
relation-parent = Parent
relation-other = Other relative
answer-yes = Yes
answer-no = No
answer-open = Cannot tell yet
answer-error = Needs checking
answer-dropped = Replaced by another
answer-error-explain = Something went wrong in the calculation, so there is no answer yet. An official will look; nothing is refused because of it.
amount-unknown = The amount is not known yet
for-whom = For { $name }
for-household = For the whole household
claim-until = claim by { $date }
why = Why
cond-holds = Holds
cond-fails = Does not hold
cond-open = Not known yet
cond-error = Could not be worked out
decided-by = Decided by
note-simplified = Simplified here:
fact-of = { $name }: { $fact }
since = since { $date }
source-person = told by the person
source-silence = no entry at { $agency }
source-nobody = nobody has told us yet
missing-title = Knowing this would settle it
missing-owner = ({ $agency } can tell)
missing-person = (only you can tell)
nearest-day = This changes by itself on { $date }.
nearest-threshold = { $name } is { $value }; it would have to be { $needed }.
nearest-fact = { $fact } is “{ $value }”. If that changes, the answer may change.
combined-chosen = Cannot be had together with { $other }. This is the better choice for your family.
combined-dropped = Cannot be had together. { $other } is the better choice for your family.
combined-lowered = The amount is lower because of { $other }.
combined-choice = You can have either this or { $other }. The choice is yours.
combined-later = Begins when { $other } ends.
combined-check = An official has to check whether both can be had together.
combined-alternative = The alternative: { $other }, { $amount }.
total-once = Once
total-month = Every month
total-year = Every year
section-yes = { $count ->
    [one] One thing you can have
   *[other] { $count } things you can have
}
section-open = { $count ->
    [one] One more if we knew a little more
   *[other] { $count } more if we knew a little more
}
section-no = { $count ->
    [one] One programme that does not apply, and why
   *[other] { $count } programmes that do not apply, and why
}
section-dropped = { $count ->
    [one] Replaced by something better
   *[other] { $count } replaced by something better
}
fact = What
fact-value = Value
fact-source = From
fact-since = Since
offer-open = Waiting for an answer
offer-accepted = Applied for
offer-refused = Refused
offer-expired = Too late
offer-withdrawn = Withdrawn
unit-name-years = years
unit-name-months = months
unit-name-days = days
unit-name-persons = people
unit-name-hours = hours
unit-name-percent = %

local-title = Sign in with an emergency account
local-lead = For the hours when the sign-in service is away. Every use is recorded and reviewed.
local-login = Login
local-password = Password
local-code = Six-digit code from your authenticator
local-wrong = The login, the password or the code is wrong. Check all three and try again.
local-wait = Too many failed attempts. Try again in
sign-in-why-suspended = Your account is suspended. Ask your administrator.
sign-in-why-unknown = No account is known here for you. Ask your administrator.
sign-in-why-not-registered = You are not in the register here. Go to the office where you live with your identity card; signing in works after that.
sign-in-why-second = You work under another account already. Sign in with that one, or ask your administrator to give you the job there.
sign-in-why-stale = The sign-in took too long or was begun in another browser. Begin again.
sign-in-why-service = The sign-in service does not answer. Try again in a few minutes.
nav-import = Import
account-title = Your account
account-lead = You are signed in as { $name }, { $role }.
account-act-as = Act as
account-act-as-words = What is yours or your family's you look after as a citizen, never at work. Each is signed in on its own; you can change back here.
account-leave = Sign out
account-here = Sign out on this device
account-everywhere = Sign out on all devices
account-everywhere-words = Use this if you lost a device or left one open somewhere. Every session of yours ends at once.
