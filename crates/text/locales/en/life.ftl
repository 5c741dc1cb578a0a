# Life events and every service at them.
home-life-events = What there is when life changes
life-title = { $event }: every service
life-lead = { $count ->
    [one] One service. What it is, who may ask, until when, and what you have to show.
   *[other] { $count } services. What they are, who may ask, until when, and what you have to show.
}
life-all-at-once = Who may ask for all of it at once
life-help-line = Telephone
life-law = Law
life-services = The services
life-here = Worked out and asked for here
life-elsewhere = Asked for somewhere else
life-elsewhere-title = Also there for you
life-elsewhere-words = These are not worked out here. You ask for them at the agency that gives them.
life-class-general = For everybody
life-class-income-tested = By income
life-class-information = For information
life-class-municipal = By municipality
life-class-nationwide = Everywhere in the country
life-form = What you get
life-form-discount = A lower price
life-form-service = A service
life-form-in-kind = A thing
life-form-status = A status that opens other doors
life-who = Who may ask
life-from = From when
life-until = Until when
life-evidence = What you have to show
life-no-paper = What we look up ourselves
life-owner = Responsible
life-worked-on-by = Worked on by
life-how = How to ask, and until when
