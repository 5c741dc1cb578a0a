# Когда что-то не так
error-summary-title = Есть ошибка
error-field-empty = Заполните это поле.
error-field-long = Не больше { $most } знаков.
error-field-control = Здесь есть недопустимый знак.
error-date-empty = Введите дату.
error-date-form = Введите дату, например 1995-03-02.
error-date-future = Эта дата в будущем.
error-date-far = Эта дата слишком далеко. Проверьте год.
error-amount-form = Введите сумму цифрами, например 120 000.
error-number-form = Введите число.
error-choose = Выберите один вариант.
error-reason-short = Укажите причину или номер дела.
error-offer-none = Выберите хотя бы одно предложение.
error-offer-member = Вы не член этой семьи.
error-offer-gone = На это больше нельзя подать. Откройте страницу снова.
error-offer-not-yours = Подавать можно за себя и своих детей. Здесь должен подать сам человек.
error-offer-expired = Срок подачи прошёл. Спросите в учреждении, можно ли подать позже.
error-offer-early = На это пока нельзя подать.
error-offer-changed = После вашего просмотра это изменилось. Посмотрите снова и подтвердите.
error-offer-excludes = Два из этих предложений нельзя получить вместе. Выберите одно.
error-offer-answer = Ответ не подходит к заявлению. Проверьте его.
error-same-parent = Оба родителя – один и тот же человек.
error-parent-age = Дата рождения не подходит к возрасту родителя. Проверьте родителя и дату.
error-value-form = Это значение не подходит.
error-registry = Записать не удалось: { $why }
error-person-id = Это не номер человека. Он выглядит так: 01890a5d-….
error-needed = Это нужно для заявления. Пожалуйста, заполните.
error-yaml = Не удалось прочитать семью: { $why }
error-sign-in-title = Пожалуйста, войдите
error-sign-in-do = Войдите и откройте страницу снова.
error-forbidden-title = Вам нельзя это видеть
error-forbidden-do = Если это нужно для работы, укажите цель и причину снова или обратитесь к ответственному. Эта попытка записана.
error-not-found-title = Здесь ничего нет
error-not-found-do = Проверьте адрес или вернитесь к началу.
error-refused-title = Это принять нельзя
error-refused-do = Отправлено с другого сайта или со старой страницы. Откройте страницу снова и отправьте ещё раз.
error-conflict-title = Тем временем это изменилось
error-conflict-do = Откройте страницу снова, чтобы увидеть, как есть сейчас. Введённое не записано.
error-too-large-title = Слишком большой объём
error-too-large-do = Отправьте по частям.
error-too-many-title = Слишком много запросов
error-too-many-do = Попробуйте чуть позже.
error-internal-title = Что-то пошло не так
error-internal-do = Ошибка наша. Записанное в сохранности; попробуйте чуть позже.
error-busy-title = Сейчас мы не можем ответить
error-busy-do = Попробуйте чуть позже. Введённое не записано.
error-number = Номер обращения: { $number }
error-wait = { $count ->
    [one] Повторить можно через { $count } секунду.
    [few] Повторить можно через { $count } секунды.
   *[other] Повторить можно через { $count } секунд.
}
error-home = К началу
