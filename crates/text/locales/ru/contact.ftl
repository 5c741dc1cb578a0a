# Как связаться с человеком.
contact-title = Как с вами связаться
contact-title-of = Как связаться: { $name }
contact-lead = Туда мы отправляем сообщения и пишем на выбранном вами языке. Оставьте пустым то, чего не хотите.
contact-lead-counter = Запишите со слов человека. То, что не показано, останется прежним, если оставить поле пустым.
contact-phone = Мобильный телефон
contact-phone-hint = Туда приходят СМС.
contact-email = Электронная почта
contact-email-hint = Если мобильного телефона нет.
contact-language = Язык
contact-language-hint = Сообщения, письма и страницы на этом языке.
contact-keep = Сохранить
contact-error-phone = Это не номер телефона. Напишите от 7 до 15 цифр.
contact-error-email = Это не адрес электронной почты. Напишите как name@example.org.
contact-link = Связь
contact-done = Данные для связи сохранены.
