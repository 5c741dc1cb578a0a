# Сценарии: что изменится, если изменить правила
nav-scenarios = Что, если
scenario = Сценарий
scenarios-title = Что, если правила были бы другими?
scenarios-lead = Измените число или правило в копии, сразу увидьте расходы и то, кто выиграет и кто потеряет, и передайте коллеге, который введёт изменение в действие.
scenarios-all = Все сценарии
scenario-no-snapshot = Нет населения, на котором можно сравнить
scenario-no-snapshot-do = Менять и вводить правила всё равно можно. Чтобы видеть расходы и выигравших, оператор указывает snapshot в разделе [population] файла hearth.toml.
scenario-name = Название сценария
scenario-name-hint = Например: пособие на ребёнка до 10 лет
scenario-begin = Начать с действующих правил
scenario-stage = Этап
scenario-stage-draft = составляется
scenario-stage-submitted = ждёт второго человека
scenario-stage-published = действует
scenario-stage-discarded = отброшен
scenario-author = Начал
scenario-changed = Изменён
scenario-moved-short = начат с правил, которые больше не действуют
scenario-moved = С тех пор правила изменились
scenario-moved-do = Сравнивать с прежними правилами по-прежнему можно. Чтобы ввести в действие, перенесите сценарий на действующие правила и проверьте снова.
scenario-side-by-side = Два сравнения рядом
scenario-left = Первое
scenario-right = Второе
scenario-compare-two = Показать рядом
scenario-base = Исходные правила
scenario-submitter = Передал
scenario-approver = Рассмотрел
scenario-published = Стал правилами
scenario-changes = Что изменено
scenario-nothing-changed = Пока ничего не изменено.
scenario-differences = Словами
scenario-file = Файл для изменения
scenario-file-hint = Программы, параметры, определения, правила сочетания и разобранные примеры
scenario-open-file = Открыть
scenario-file-lead = При сохранении проверяется весь набор правил. Сохраняется только верное.
scenario-text = Текст
scenario-text-hint = Как в папке правил (docs/pack-format.md)
scenario-keep = Проверить и сохранить
scenario-faults = { $count ->
    [one] В изменённых правилах { $count } ошибка
    [few] В изменённых правилах { $count } ошибки
   *[many] В изменённых правилах { $count } ошибок
}
scenario-expected = – ожидалось: { $expected }
scenario-comparisons = Сравнения
scenario-comparisons-lead = Оба набора правил рассчитываются на одном и том же населении под псевдонимами.
scenario-compare = Сравнить сейчас
scenario-comparison = Что это изменит
scenario-when = Запрошено
scenario-progress = Ход
scenario-progress-waiting = ждёт
scenario-progress-running = идёт расчёт
scenario-progress-done = готово
scenario-progress-failed = невозможно
scenario-of-now = Соответствует сценарию сейчас
scenario-at = { $done } из { $all } домохозяйств
scenario-look-again = Посмотреть снова
scenario-failed = Сравнить не удалось
scenario-broken = { $count ->
    [one] { $count } разобранный пример больше не сходится
    [few] { $count } разобранных примера больше не сходятся
   *[many] { $count } разобранных примеров больше не сходятся
}
scenario-broken-lead = Новая версия приходит со своими примерами: измените те, что по изменённому закону решаются иначе. Пока хоть один не сходится, ничего не вводится.
scenario-ways = Что дальше
scenario-submit-lead = После передачи менять нельзя, решает тот, кто в сценарии ничего не писал.
scenario-submit = Передать
scenario-discard = Отбросить
scenario-decide-lead = Посмотрите изменения, сравнение и примеры. Введение действует для всех, и все семьи рассчитываются заново.
scenario-said = Ваше мнение
scenario-said-hint = Хранится вместе со сценарием
scenario-publish = Ввести как следующую версию
scenario-send-back = Вернуть
scenario-copy = Перенести на действующие правила
scenario-try = Что, если это было бы иначе?
scenario-done-kept = Проверено и сохранено
scenario-done-submitted = Передано
scenario-done-published = Введено в действие
scenario-done-back = Возвращено
scenario-done-discarded = Отброшено
scenario-done-copied = Перенесено на действующие правила
scenario-error-stage = Сценарий на другом этапе: { $stage }.
scenario-error-name = Дайте название от 1 до 100 знаков.
scenario-error-path = Файл { $path } нельзя менять в сценарии. Выберите программу, параметр, определение, правило сочетания или пример.
scenario-error-unchanged = Ничего не изменено. Сначала откройте файл и измените его.
scenario-error-cases = { $count ->
    [one] { $count } разобранный пример не сходится. Измените его вместе с правилами.
    [few] { $count } разобранных примера не сходятся. Измените их вместе с правилами.
   *[many] { $count } разобранных примеров не сходятся. Измените их вместе с правилами.
}
scenario-error-moved = Действующие правила с тех пор изменились. Перенесите сценарий на них.
scenario-error-folder = В папке правил есть изменения, которые не действуют. Сначала введите или уберите их.
scenario-error-own-work = Вы писали в этом сценарии или передали его. Решает другой человек.
scenario-error-disk = Файл { $file } не удалось записать. Ничего не введено; проверьте диск и права.
scenario-purpose = правила, какими они могли бы быть
scenario-purpose-compare = что изменит правило: { $name }
scenario-over = { $origin }, { $day }: домохозяйств { $households }, людей { $persons }.
scenario-kept-back = скрыто
scenario-kept = Группы меньше { $below } скрыты, а с ними и то, что их выдало бы.
scenario-aside = Оставлено в стороне домохозяйств: { $count } – в их записях есть невозможное.
scenario-parts-failed = Часть населения прочитать не удалось
scenario-csv = Всё таблицей (CSV)
scenario-programmes = Программы
scenario-no-programme = Ни одна программа не меняется.
scenario-programmes-lead = Права и расходы в год до взаимного зачёта программ: сейчас → после изменения.
scenario-entitled = Имеют право
scenario-cost = Расходы в год
scenario-gained = Получили право
scenario-lost = Потеряли право
scenario-more = Получают больше
scenario-less = Получают меньше
scenario-winners-losers = Кто выиграет и кто потеряет
scenario-winners-lead = Домохозяйства после взаимного зачёта программ; суммы в год. Разовая выплата считается один раз.
scenario-winners = Выигрывают
scenario-losers = Теряют
scenario-unchanged = Ничего не меняется
scenario-open = Нельзя сказать
scenario-net = Все вместе
scenario-gain = Сумма выигрыша
scenario-loss = Сумма потерь
scenario-by-income-fifth = По пятой части дохода
scenario-by-household-type = По виду домохозяйства
scenario-by-area = По территории
scenario-group = Группа
scenario-group-unknown = Неизвестно
scenario-group-other = Все остальные
scenario-fifth = { $n ->
    [1] Низшая пятая часть
    [2] Вторая пятая часть
    [3] Третья пятая часть
    [4] Четвёртая пятая часть
   *[5] Высшая пятая часть
}
scenario-households = Домохозяйства
scenario-area = Территория
scenario-axis-share = Доля домохозяйств
scenario-chart-fifths = Выигравшие и потерявшие по пятым частям дохода; то же сказано в таблице ниже
scenario-chart-fifths-caption = Над чертой – доля тех, кто выигрывает, под чертой – тех, кто теряет.
scenario-poverty = Бедность
scenario-poverty-lead = Беден тот, у кого с учётом нужд домохозяйства меньше { $percent } % медианы: до { $line } в год для одинокого. Черта остаётся той, что при действующих правилах. Людей { $persons }, ещё у { $unknown } доход неизвестен. Кто имеет право, считается получающим.
scenario-poor = Людей за чертой
scenario-gap = Им недостаёт в год
scenario-gap-share = Разрыв как доля черты на всех людей
scenario-curves = Примеры домохозяйств по доходу
scenario-curves-lead = Что есть у домохозяйства в год – доход и то, что дают программы, – когда один из его людей зарабатывает больше. Налоги и взносы не учтены.
scenario-axis-income = { $income }, в год
scenario-axis-has = есть в год
scenario-chart-curve = { $name }: что есть у домохозяйства по его доходу; то же сказано в таблице ниже
scenario-chart-curve-caption = Пунктир – сейчас. Сплошная – после изменения.
scenario-curve-open = При некоторых доходах ответа нет: в примере не хватает сведений. Неизвестное не считается.
scenario-curve-income = Доход в год
scenario-curve-before = Выплаты сейчас
scenario-curve-after = Выплаты после изменения
scenario-curve-marginal = Теряется из заработанного сверх
scenario-curve-table = Таблицей
scenario-cliff = с { $at }: на { $fall } меньше в год
scenario-cliffs-before = { $count ->
    [0] Сейчас больший доход нигде не оставляет меньше.
    [one] Сейчас больший доход оставляет меньше в { $count } точке:
   *[many] Сейчас больший доход оставляет меньше в { $count } точках:
}
scenario-cliffs-after = { $count ->
    [0] После изменения больший доход нигде не оставляет меньше.
    [one] После изменения больший доход оставляет меньше в { $count } точке:
   *[many] После изменения больший доход оставляет меньше в { $count } точках:
}
scenario-overlap = Кто получает ещё что-то
scenario-overlap-lead = Домохозяйства с правом на изменённую программу, которые сегодня получают другую.
scenario-receives = Получает
scenario-unclaimed = Имеют право и не получают
scenario-unclaimed-lead = По малым территориям. Новое право пока не получает никто.
scenario-not-claimed = Не получают
scenario-measure = Показатель
scenario-unlike = Эти два сравнения нельзя сопоставить построчно
scenario-unlike-do = Они сделаны на другом населении или начаты с других правил.
scenario-won-lost = Выиграли · потеряли
scenario-unchanged-programme = как есть
