# Programmes and rules
programme = Programme
versions = Versions
programmes-title = Programmes
programmes-lead = { $count } programmes that can be worked out, with their conditions, amounts and law.
programmes-left-out = { $count } not computable yet
programme-not-in-force = not in force
programme-file = File
programme-conditions = All of these must hold
programme-expression = Show the expression
programme-gives = What it gives
programme-status = A status
programme-evidence = What only the person can tell
programme-details = Expressions for whom, from when and until when
programme-applies = For whom
programme-from = From
programme-until = Until (first day outside)
programme-opens = Claim opens
programme-closes = Claim closes
programme-days = { $count ->
    [one] One day to decide
   *[other] { $count } days to decide
}
programme-combinations = Together with other programmes
programme-changes = Changes against the version { $period }
programme-same = The expressions are the same; only parameters or law differ.
decided-by-plain = Decided by
period-until = until { $to }
period-always = without dates
diff-removed = removed
diff-added = added
parameter = Parameter
parameter-rows = Rows
parameter-to = Until
parameter-open = open
parameter-source = Source
parameters-title = Parameters
parameters-lead = Amounts and ratios as published, year by year.
try-title = Try a household
try-lead = Paste a household file and see every programme explained. Nothing is stored.
try-household = Household (YAML)
try-hint = The same format as the worked cases.
try-go = Work it out
try-result = { $count ->
    [one] One result
   *[other] { $count } results
}
try-time = Worked out in { $micros } microseconds.
