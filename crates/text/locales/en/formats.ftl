# Formats: dates, money, periods
money-KRW = ₩{ $amount }
money-KZT = ₸{ $amount }
currency-KRW = won
currency-KZT = tenge
money-other = { $amount } { $code }
date-long = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
date-time = { $date }, { $time }
period-closed = { $from } to { $to }
period-open = from { $from }
per-once = { $amount } once
per-month = { $amount } a month
per-year = { $amount } a year
per-use = { $amount } each time
unit-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
unit-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
unit-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
unit-persons = { $count ->
    [one] { $count } person
   *[other] { $count } people
}
unit-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
unit-percent = { $count }%
percent = { $number }%
yes = Yes
no = No
