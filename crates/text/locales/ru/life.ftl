# Жизненные события и все услуги при них.
home-life-events = Что положено, когда меняется жизнь
life-title = { $event }: все услуги
life-lead = { $count ->
    [one] { $count } услуга. Что это, кто и до какого срока может обратиться и что надо показать.
    [few] { $count } услуги. Что это, кто и до какого срока может обратиться и что надо показать.
   *[other] { $count } услуг. Что это, кто и до какого срока может обратиться и что надо показать.
}
life-all-at-once = Кто может подать на всё сразу
life-help-line = Телефон
life-law = Закон
life-services = Услуги
life-here = Рассчитывается и запрашивается здесь
life-elsewhere = Запрашивается в другом месте
life-elsewhere-title = Также для вас
life-elsewhere-words = Это здесь не рассчитывается. Обратитесь в орган, который это предоставляет.
life-class-general = Для всех
life-class-income-tested = По доходу
life-class-information = Для сведения
life-class-municipal = Зависит от района
life-class-nationwide = По всей стране
life-form = Что вы получаете
life-form-discount = Скидка
life-form-service = Услуга
life-form-in-kind = Вещь
life-form-status = Статус, дающий право на другое
life-who = Кто может обратиться
life-from = С какого времени
life-until = До какого срока
life-evidence = Что надо показать
life-no-paper = Что мы узнаём сами
life-owner = Отвечает
life-worked-on-by = Рассматривает
life-how = Как обратиться и до какого срока
