# Pages for officials
name = Name
place = Place
state = State
relation = Relation
identifier = National identifier
reason = Reason
date = Date
show = Show
cancel = Cancel
law = Law
agency = Agency
amount = An amount
protected = Protected address
members = Members
entitlements = Entitlements
offers = Offers
facts = Facts and their sources
events = Events
search-title = Find a person
search-purpose-hint = The purpose is recorded and shown to the person concerned.
search-reason = Reason or case number
search-reason-hint = For example: came to register a birth
search-what = Name or national identifier
search-what-hint = Hangul, Latin or initial consonants (ㄱㅎㅇ). Small spelling mistakes do not matter.
search-optional = Optional
search-go = Search
search-logged = Every search and its results go into the disclosure log.
search-match = Match
search-found = { $count ->
    [one] One person found
   *[other] { $count } people found
}
search-none = Nobody found. Add the date of birth or the address, or type only part of the name.
search-no-household = (no household)
search-exact = Exact
search-alike = Alike
search-more-title = There are more results
search-more-words = Narrow the search by the date of birth or the address.
search-error-what = Enter a name, an identifier, a date of birth or an address.
search-error-long = This is too long. Type only part of the name or address.
search-error-short = Enter at least two characters.
household-title = Household of { $name }
household-protected-title = An address here is protected
household-protected-words = Tell the address to nobody by any channel. To anybody on the perpetrator’s side, this household does not exist.
household-past = The household on { $date }
household-today = Back to today
household-do = What to do
household-as-of = See an earlier day
household-as-of-hint = Only what was known then
entitlements-none = No programme applies to this household.
offers-none = There are no offers.
facts-none = No facts are on record.
events-none = No events are on record.
died-on = died on { $date }
fact-recorded = Recorded
fact-stale = Out of date
fact-history = { $count ->
    [one] One earlier value
   *[other] { $count } earlier values
}
recorded-at = recorded { $when }
offers-accept-counter = Apply, as the person wishes
offers-refuse-counter = The person does not want it
event-birth = Register a birth
event-pregnancy = Register a pregnancy
event-move = Register a move
event-income = Register a change of income
event-death = Register a death
event-fact = Enter another fact
happened-birth = Birth
happened-pregnancy = Pregnancy
happened-move = Move
happened-change = Change of income or circumstances
happened-death = Death
happened-birthday = Age reached
happened-rules = Rules changed
happened-correction = Correction
event-child-of = Child of { $name }
event-all-move = The whole household moves:
event-withdrawn = Withdrawn
event-record = Record
event-mother = Mother
event-second-parent = Other parent
event-no-second-parent = None or not known
event-child-name = The child’s name
event-child-name-hint = Leave empty if there is none yet.
event-sex = Sex
sex-female = Female
sex-male = Male
event-identifier-hint = Leave empty if there is none yet.
event-pregnant = Who is expecting
event-confirmed = Pregnancy confirmed on
event-unborn = Number of children expected
event-street = Street and number
event-moved-on = Moved on
event-whose-income = Whose income
event-income-kind = Kind of income
event-amount = Amount
amount-hint = For example 1,200,000
event-since = Since
event-who-died = Who died
event-died-on = Died on
event-about = About whom
event-value-hint = Dates as 1995-03-02, amounts as 1,200,000, yes or no as yes or no.
event-done = Recorded. The entitlements were worked out again.
event-done-offers = { $count ->
    [one] Recorded. There is one new offer.
   *[other] Recorded. There are { $count } new offers.
}
event-done-again = This was recorded before. Nothing has changed.
duplicates-title = Records that may be one person
duplicates-lead = Compare two records side by side, then join them or keep them apart. Joining can be undone.
duplicates-none = There is nothing to look at.
duplicates-find = Look again
duplicates-pair = Records
duplicates-likeness = Alike
duplicates-alike = { $count }% alike
duplicates-open = To decide
duplicates-merged = Joined
duplicates-different = Different people
duplicates-compare = Side by side
duplicates-first = First record
duplicates-second = Second record
duplicates-same = Same
duplicates-keep = Which record stays?
duplicates-keep-hint = What the other says is kept as history.
duplicates-merge = Join the records
duplicates-keep-apart = Different people
duplicates-unmerge = Undo the joining
duplicates-done-merged = The records are joined.
duplicates-done-unmerged = The joining is undone.
duplicates-done-different = Marked as different people.
duplicates-done-found = { $count ->
    [one] One new pair found
   *[other] { $count } new pairs found
}
imports-title = Bring in a file
imports-lead = Try a CSV file first, then record it. Bringing in the same file twice changes nothing.
imports-kind = Kind of file
imports-persons = Persons
imports-households = Households
imports-facts = Facts
imports-csv = The CSV text
imports-csv-hint = The first line names the columns.
imports-dry = Try it
imports-write = Record it
imports-before = Earlier imports
imports-when = When
imports-rows = Rows read
imports-new = New
imports-same = Already there
imports-refused = Refused rows
imports-none-refused = None
imports-count = { $count ->
    [one] One row
   *[other] { $count } rows
}
imports-report = Import report
imports-dry-title = Only tried
imports-dry-words = Nothing was recorded. Mend the refused rows and try again.
imports-line = Line
imports-column = Column
imports-reason = Why
