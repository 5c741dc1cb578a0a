# How a person is reached.
contact-title = How we reach you
contact-title-of = How { $name } is reached
contact-lead = We send messages there and write to you in the language you choose. Leave empty what you do not want.
contact-lead-counter = What the person told you. What is not shown stays as it is when you leave it empty.
contact-phone = Mobile phone
contact-phone-hint = Text messages go there.
contact-email = E-mail
contact-email-hint = Used where there is no mobile phone.
contact-language = Language
contact-language-hint = Messages, letters and pages are in this language.
contact-keep = Keep
contact-error-phone = This is no telephone number. Write 7 to 15 digits.
contact-error-email = This is no e-mail address. Write it like name@example.org.
contact-link = Contact
contact-done = The contact is kept.
