# Пішімдер: күндер, сомалар, кезеңдер
money-KRW = { $amount } ₩
money-KZT = { $amount } ₸
currency-KRW = вон
currency-KZT = теңге
money-other = { $amount } { $code }
date-long = { $year } жылғы { $day } { $month ->
    [1] қаңтар
    [2] ақпан
    [3] наурыз
    [4] сәуір
    [5] мамыр
    [6] маусым
    [7] шілде
    [8] тамыз
    [9] қыркүйек
    [10] қазан
    [11] қараша
   *[12] желтоқсан
}
date-time = { $date }, { $time }
period-closed = { $from } – { $to }
period-open = { ENDING($from, "дан") } бастап
per-once = { $amount } бір рет
per-month = айына { $amount }
per-year = жылына { $amount }
per-use = әр жолы { $amount }
unit-years = { $count } жыл
unit-months = { $count } ай
unit-days = { $count } күн
unit-persons = { $count } адам
unit-hours = { $count } сағат
unit-percent = { $count } %
percent = { $number } %
yes = Иә
no = Жоқ
