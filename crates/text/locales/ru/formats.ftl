# Форматы: даты, суммы, периоды
money-KRW = { $amount } ₩
money-KZT = { $amount } ₸
currency-KRW = вон
currency-KZT = тенге
money-other = { $amount } { $code }
date-long = { $day } { $month ->
    [1] января
    [2] февраля
    [3] марта
    [4] апреля
    [5] мая
    [6] июня
    [7] июля
    [8] августа
    [9] сентября
    [10] октября
    [11] ноября
   *[12] декабря
} { $year } г.
date-time = { $date }, { $time }
period-closed = с { $from } по { $to }
period-open = с { $from }
per-once = { $amount } единовременно
per-month = { $amount } в месяц
per-year = { $amount } в год
per-use = { $amount } за каждый раз
unit-years = { $count ->
    [one] { $count } год
    [few] { $count } года
   *[other] { $count } лет
}
unit-months = { $count ->
    [one] { $count } месяц
    [few] { $count } месяца
   *[other] { $count } месяцев
}
unit-days = { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[other] { $count } дней
}
unit-persons = { $count ->
    [few] { $count } человека
   *[other] { $count } человек
}
unit-hours = { $count ->
    [one] { $count } час
    [few] { $count } часа
   *[other] { $count } часов
}
unit-percent = { $count } %
percent = { $number } %
yes = Да
no = Нет
