# Адаммен байланыс.
contact-title = Сізбен қалай байланысамыз
contact-title-of = { $name }: байланыс
contact-lead = Хабарламаларды осында жібереміз және сіз таңдаған тілде жазамыз. Қаламайтыныңызды бос қалдырыңыз.
contact-lead-counter = Адамның өзі айтқанын жазыңыз. Көрсетілмегені бос қалдырсаңыз, сол күйінде қалады.
contact-phone = Ұялы телефон
contact-phone-hint = SMS осында келеді.
contact-email = Электрондық пошта
contact-email-hint = Ұялы телефон болмаса қолданылады.
contact-language = Тіл
contact-language-hint = Хабарламалар, хаттар және беттер осы тілде болады.
contact-keep = Сақтау
contact-error-phone = Бұл телефон нөмірі емес. 7-ден 15-ке дейін цифр жазыңыз.
contact-error-email = Бұл электрондық пошта мекенжайы емес. name@example.org сияқты жазыңыз.
contact-link = Байланыс
contact-done = Байланыс деректері сақталды.
