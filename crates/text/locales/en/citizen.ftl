# Pages for families
home-title = Support for families, offered before you ask
home-lead = When a child is born or life changes, see what your family is entitled to and why, in plain words. No papers to fetch twice.
home-check = See what I may get
home-sign-in = Sign in
home-continue = Go to my page
home-1-title = We tell you first
home-1-words = The moment a birth is registered, everything the whole family can have is worked out. Accept or refuse it with one tap.
home-2-title = We say why
home-2-words = Yes or no, with the facts and the law it rests on, and what is still missing.
home-3-title = We show who looked
home-3-words = Every time an official sees your data it is recorded, and you can see the record.
check-title = What may I get?
check-lead = Answer a few questions and see what your family can have.
check-point-time = It takes about three minutes.
check-point-skip = Leave out what you do not know.
check-point-private = You do not sign in, and nothing you answer is stored.
check-start = Start
check-known = Registered families need not answer anything.
check-step = step { $number } of 3
check-place-title = Where do you live?
check-place-why = Some amounts and local support depend on the place.
check-place-label = District
check-place-hint = Choose where you are registered.
check-people-title = Who lives with you?
check-people-why = Enter everybody who shares the household with you. We do not ask for names.
check-person = Person { $number }
check-relation = How they are related to you
check-due = Due date
check-due-hint = Only if a child is expected.
check-drop = Remove person { $number }
check-add = Add a person
check-more-title = A few more questions
check-more-why = We ask only what changes the result. Leave out what you do not know.
check-show = Show the result
check-result-title = { $count ->
    [0] Nothing is certain yet
    [one] There is one thing you can have
   *[other] There are { $count } things you can have
}
check-result-caution = Worked out from what you told us. The agency named on each card decides.
check-questions-left = { $count ->
    [one] One more answer would make this more certain
   *[other] { $count } more answers would make this more certain
}
check-answer-more = Answer more
check-next-title = To apply
check-next-words = Sign in and we fill in the forms from what is already known. You write nothing twice.
check-next-sign-in = Sign in to get an offer
check-change = Change my answers
check-name-spouse = Spouse or partner
check-name-child = Child born { $date }
check-name-parent = Parent born { $date }
check-name-other = Relative born { $date }
question-decides = Decides: { $programmes }
question-decides-more = { $count } kinds of support depend on this.
family-title = My family
family-lead = What the state knows about your family, and who told it.
family-protected-title = Your address is protected
family-protected-words = A protected address is not shown here either. Only the officials who need it can see it.
family-known = { $count ->
    [one] One thing on record
   *[other] { $count } things on record
}
family-household-facts = About the household as a whole
family-wrong-title = Is something wrong?
family-wrong-words = Tell your local community centre. When it is mended, everything you can have is worked out again at once.
offers-title = { $count ->
    [one] One offer waits for your answer
   *[other] { $count } offers wait for your answer
}
offers-title-none = No offer waits for an answer
offers-title-unsure = There may be more for you if you tell us a little
offers-list-title = One by one
offers-lead = The forms are filled in already. Answer one by one, or all together.
offers-because-birth = Because { $name } was born ({ $date })
offers-because = { $event } ({ $date })
offers-needed-title = Tell us once
offers-needed-words = Only you know this. It is used for all the applications below.
offers-choose = Apply for { $name }
offers-accept-chosen = Apply for all I have chosen
offers-accept = Apply for this one
offers-refuse = I do not want this
offers-unsure-words = You may apply already. The office asks the agencies for what is missing.
offers-more = { $count ->
    [one] Tell us one thing to know at once
   *[other] Tell us { $count } things to know at once
}
offers-deadline = Please answer by { $date }.
offers-prefilled = { $count ->
    [one] One answer filled in for you
   *[other] { $count } answers filled in for you
}
offers-prefilled-words = Agencies know this already, so you need not write it again.
offers-answered = Answered
offers-open-words = As soon as these facts are known we work it out again and tell you.
offers-accepted-line = Applied for on { $when }
offers-refused-line = Refused on { $when }
offers-done-accepted = { $count ->
    [one] You have applied
   *[other] You have applied for { $count } things
}
offers-done-refused = { $count ->
    [one] You have refused one offer
   *[other] You have refused { $count } offers
}
offers-done-next = The agency will tell you its decision. If something still has to be asked, you find it under “My cases”.
looked-title = Who looked at my data
looked-lead = Everybody who saw your family’s data, when, and why.
looked-none = Nobody has looked yet.
looked-who = { $organisation } · { $role }
looked-self = You
looked-proxy = Somebody who acts for you by a power you gave or an order
looked-own = { $count ->
    [one] One look of your own
   *[other] { $count } looks of your own
}
looked-denied = this was refused and nothing was shown
looked-withheld = { $count ->
    [one] One entry cannot be shown for now
   *[other] { $count } entries cannot be shown for now
}
looked-withheld-until = They will be shown by { $date } at the latest.
looked-withheld-why = The law allows to wait while somebody is protected or a matter is examined.
looked-wrong-title = Does something look strange?
looked-wrong-words = Tell the privacy officer of your district. They will ask for the reason and answer you.
look-view-household = Saw the household
look-view-person = Saw a person’s record
look-search = Found in a search
look-change = Changed the record
look-view-address = Saw the address
look-view-facts = Saw the household’s facts and their sources
look-view-entitlements = Saw what you may get
look-own-trail = Looked who had looked
look-register-event = Recorded a life event, or put the register right
look-accept-offer = Accepted or refused an offer
look-merge = Joined or parted double records
look-break-glass = Opened it in an emergency
look-agency = Another agency sent data
look-view-case = Read a case
look-visits = Read notes of home visits
look-visit-recorded = Recorded a home visit
look-visits-managed = Arranged home visits
look-work-case = Worked on a case
look-approve-decision = Signed or sent back a decision
look-assign-cases = Gave the case to an official
look-answer-complaint = Answered or took a complaint
look-object-decision = Objected to a decision
look-report-change = Reported a change
look-view-payment = Read payments
look-change-account = Changed the account for payments
looked-office-hidden = Office not named, for your safety
looked-role-hidden = Official
look-other = Processed the data
