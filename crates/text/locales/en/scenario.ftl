# Scenarios: what a change of the rules would do
nav-scenarios = What if
scenario = Scenario
scenarios-title = What if the rules were otherwise?
scenarios-lead = Change a number or a rule in a copy, see at once what it costs and who wins and loses, and hand it to a colleague who puts it in force.
scenarios-all = All scenarios
scenario-no-snapshot = There is no population to compare over
scenario-no-snapshot-do = Rules can be changed and published all the same. For costs and winners an operator names a snapshot: snapshot under [population] in hearth.toml.
scenario-name = Name of the scenario
scenario-name-hint = For example: child allowance until 10
scenario-begin = Begin with the rules in force
scenario-stage = Stage
scenario-stage-draft = being written
scenario-stage-submitted = waits for a second person
scenario-stage-published = in force
scenario-stage-discarded = discarded
scenario-author = Begun by
scenario-changed = Last changed
scenario-moved-short = begun with rules that are no longer in force
scenario-moved = The rules have gone on since this began
scenario-moved-do = It can still be compared with the rules it began with. To publish it, copy it to the rules in force and check it again.
scenario-side-by-side = Two comparisons side by side
scenario-left = First
scenario-right = Second
scenario-compare-two = Show side by side
scenario-base = Rules it began with
scenario-submitter = Handed over by
scenario-approver = Looked at by
scenario-published = Became the rules
scenario-changes = What is changed
scenario-nothing-changed = Nothing is changed yet.
scenario-differences = In words
scenario-file = File to change
scenario-file-hint = Programmes, parameters, definitions, combination rules and worked cases
scenario-open-file = Open
scenario-file-lead = The whole set of rules is checked when you keep the text. Only what is sound is kept.
scenario-text = Text
scenario-text-hint = As in the folder of the rules (docs/pack-format.md)
scenario-keep = Check and keep
scenario-faults = { $count ->
    [one] The rules as changed have one fault
   *[other] The rules as changed have { $count } faults
}
scenario-expected = – expected: { $expected }
scenario-comparisons = Comparisons
scenario-comparisons-lead = Both sets of rules are worked out over the same population of pseudonyms.
scenario-compare = Compare now
scenario-comparison = What it would do
scenario-when = Asked for
scenario-progress = Progress
scenario-progress-waiting = waits
scenario-progress-running = at work
scenario-progress-done = there
scenario-progress-failed = not possible
scenario-of-now = Of the scenario as it is now
scenario-at = { $done } of { $all } households
scenario-look-again = Look again
scenario-failed = It could not be compared
scenario-broken = { $count ->
    [one] One worked case does not hold any more
   *[other] { $count } worked cases do not hold any more
}
scenario-broken-lead = A new version comes with its worked cases: change those that the law as changed decides otherwise. Nothing is published while one does not hold.
scenario-ways = What happens next
scenario-submit-lead = Handed over, it cannot be changed, and somebody who has not written in it decides.
scenario-submit = Hand over
scenario-discard = Discard
scenario-decide-lead = Look at the changes, the comparison and the worked cases. Publishing puts the rules in force for everybody, and all families are worked out again.
scenario-said = What you say to it
scenario-said-hint = Kept with the scenario
scenario-publish = Publish as the next version
scenario-send-back = Send back
scenario-copy = Copy to the rules in force
scenario-try = What if this were otherwise?
scenario-done-kept = Checked and kept
scenario-done-submitted = Handed over
scenario-done-published = In force
scenario-done-back = Sent back
scenario-done-discarded = Discarded
scenario-done-copied = Copied to the rules in force
scenario-error-stage = The scenario is at another stage: { $stage }.
scenario-error-name = Give it a name of 1 to 100 characters.
scenario-error-path = { $path } cannot be changed in a scenario. Choose a programme, parameter, definition, combination rule or worked case.
scenario-error-unchanged = Nothing is changed. Open a file and change it first.
scenario-error-cases = { $count ->
    [one] One worked case does not hold. Change it with the rules.
   *[other] { $count } worked cases do not hold. Change them with the rules.
}
scenario-error-moved = The rules in force have changed since. Copy the scenario to them.
scenario-error-folder = The folder of the rules holds changes that are not in force. Have them taken or put back first.
scenario-error-own-work = You have written in this scenario or handed it over. Somebody else decides.
scenario-error-disk = { $file } could not be written. Nothing was published; see to the disk and its rights.
scenario-purpose = rules as they might be
scenario-purpose-compare = what a change of the rules would do: { $name }
scenario-over = { $origin }, { $day }: { $households } households, { $persons } people.
scenario-kept-back = kept back
scenario-kept = Groups of fewer than { $below } are kept back, and with them what would give them away.
scenario-aside = { $count } households are left out, because something in their records cannot be.
scenario-parts-failed = Part of the population could not be read
scenario-csv = Everything as a table (CSV)
scenario-programmes = Programmes
scenario-no-programme = No programme says anything else.
scenario-programmes-lead = Entitlements and costs a year before programmes are set off against each other, as it is → as it would be.
scenario-entitled = Entitled
scenario-cost = Cost a year
scenario-gained = Newly entitled
scenario-lost = No longer entitled
scenario-more = Get more
scenario-less = Get less
scenario-winners-losers = Winners and losers
scenario-winners-lead = Households, after programmes are set off against each other; sums a year. A single payment counts once.
scenario-winners = Winners
scenario-losers = Losers
scenario-unchanged = Nothing changes
scenario-open = Cannot be told
scenario-net = All together
scenario-gain = They gain
scenario-loss = They lose
scenario-by-income-fifth = By fifth of income
scenario-by-household-type = By kind of household
scenario-by-area = By area
scenario-group = Group
scenario-group-unknown = Not known
scenario-group-other = All others
scenario-fifth = { $n ->
    [1] Lowest fifth
    [2] Second fifth
    [3] Third fifth
    [4] Fourth fifth
   *[5] Highest fifth
}
scenario-households = Households
scenario-area = Area
scenario-axis-share = Share of households
scenario-chart-fifths = Winners and losers by fifth of income; the table below says the same
scenario-chart-fifths-caption = Above the line the share of households that gain, below it the share that lose.
scenario-poverty = Poverty
scenario-poverty-lead = Poor is who has less than { $percent } % of the median, by the needs of the household: under { $line } a year for one person alone. The line stays that of the rules in force. { $persons } people; of { $unknown } more the income is not known. Whoever is entitled counts as receiving.
scenario-poor = People below the line
scenario-gap = What they lack a year
scenario-gap-share = The gap as a share of the line, over all people
scenario-curves = Example households over their income
scenario-curves-lead = What a household has in a year, income and what the programmes give, when one of its people earns more. Taxes and contributions are not counted.
scenario-axis-income = { $income }, a year
scenario-axis-has = has in a year
scenario-chart-curve = { $name }: what the household has over its income; the table below says the same
scenario-chart-curve-caption = Dashed: as it is. Solid: as it would be.
scenario-curve-open = At some incomes an answer is open, because a fact of the example is missing; what is open counts nothing.
scenario-curve-income = Income a year
scenario-curve-before = Benefits as they are
scenario-curve-after = Benefits as they would be
scenario-curve-marginal = Lost of what is earned more
scenario-curve-table = As a table
scenario-cliff = from { $at } on: { $fall } less a year
scenario-cliffs-before = { $count ->
    [0] As it is, more income never leaves less.
    [one] As it is, more income leaves less at one point:
   *[other] As it is, more income leaves less at { $count } points:
}
scenario-cliffs-after = { $count ->
    [0] As it would be, more income never leaves less.
    [one] As it would be, more income leaves less at one point:
   *[other] As it would be, more income leaves less at { $count } points:
}
scenario-overlap = Who receives something else too
scenario-overlap-lead = Households entitled to a changed programme that receive another one today.
scenario-receives = Receives
scenario-unclaimed = Entitled and not receiving
scenario-unclaimed-lead = By small area. What would be new is received by nobody yet.
scenario-not-claimed = Not receiving
scenario-measure = Measure
scenario-unlike = These two cannot be compared line by line
scenario-unlike-do = They were made over another population or began with other rules.
scenario-won-lost = Winners · losers
scenario-unchanged-programme = as it is
