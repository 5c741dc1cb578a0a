# The disclosure log
log-title = Disclosure log
log-lead = Who saw whose data, and why. Nothing here can be changed or removed unseen.
log-number = Number
log-when = When
log-who = Who
log-what = What
log-role = Role
log-account = Account
log-person = Person
log-person-hint = The id of a person.
log-from = From
log-to = To
log-none = No entry fits.
log-denied = Refused
log-allowed = Allowed
log-entry = Entry { $number }
log-shown = Rows shown
log-rows = { $count ->
    [one] one row
   *[other] { $count } rows
}
log-nobody = Nobody known
log-erased = Lawfully erased
log-sign-in = Sign-in
log-no-purpose = No purpose
log-hash = Hash
verify-title = Verify the log
verify-lead = Works through every entry again and finds any that was changed, removed or moved.
verify-go = Verify now
verify-sound = { $count } entries, all as they were written
verify-root = Root hash
verify-head = Last signed: { $when }
verify-broken = The log was changed
verify-broken-do = Leave the system as it is and tell the person in charge at once.
