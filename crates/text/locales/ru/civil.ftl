# Кто человек и чей он родственник: исправление по документу.
civil-link = Имя и номер
civil-ties-link = Родственные связи
civil-done = Исправлено. То, что от этого зависит, рассчитывается заново.
civil-title = Имя и номер: { $name }
civil-lead = Исправьте то, что в документе перед вами иначе. Что вы не измените, останется. Прежние сведения сохраняются в истории.
civil-family = Фамилия
civil-given = Имя
civil-latin-family = Фамилия латиницей
civil-latin-given = Имя латиницей
civil-names-from = Имя действует с
civil-names-from-hint = При перемене имени. Если имя было записано с ошибкой, оставьте пустым.
civil-rest = Номер, рождение, пол
civil-sex = Пол по реестру
civil-identifier-hint = Только если номера нет или он неверен. Неверный номер больше никого не обозначает.
civil-paper = Каким документом подтверждено
civil-paper-hint = Например: свидетельство о рождении от 3 ноября 2026 года
civil-keep = Исправить
civil-error-name = Напишите имя буквами страны, латиницей — ниже.
civil-error-nothing = Ничего не отличается от реестра.
civil-error-taken = Этот номер у другого человека. Найдите его; если это один человек, объедините записи.
civil-error-after-death = Человек умер { $date } и не мог родиться позже.
civil-ties-title = Родственные связи: { $name }
civil-ties-lead = Родители, дети, супруги и партнёры по записям актов гражданского состояния.
civil-ties-none = Связи неизвестны.
civil-ties-others = { $count ->
    [one] Есть ещё { $count } связь с человеком, за которого ваш орган не действует.
    [few] Есть ещё { $count } связи с людьми, за которых ваш орган не действует.
   *[other] Есть ещё { $count } связей с людьми, за которых ваш орган не действует.
}
civil-ties-which = Какая связь неверна или прекратилась
civil-ties-how = Как на самом деле
civil-how-ended = Прекратилась
civil-how-never = Её никогда не было
civil-ended-on = Первый день без неё
civil-ended-on-hint = Только если прекратилась.
civil-since = с { $date }
civil-until = до { $date }
civil-new-tie = Связи не хватает
civil-relation = Другой человек —
civil-is-parent = Родитель
civil-is-child = Ребёнок
civil-is-spouse = Супруг или супруга
civil-is-partner = Партнёр
civil-other = Кто
civil-somebody = Кто-то другой, по имени и номеру
civil-somebody-hint = Только если человека нет в этом домохозяйстве.
civil-other-name = Имя
civil-from = С какого дня
civil-from-hint = Только для супруга или партнёра.
civil-error-backwards = Связь началась { $date } и не могла прекратиться раньше.
civil-error-married = У одного из двоих тогда есть супруг или партнёр. Сначала укажите, что это прекратилось.
civil-error-known = Это уже есть в реестре.
civil-error-circle = Нельзя быть родственником самому себе или родителем своего родителя.
