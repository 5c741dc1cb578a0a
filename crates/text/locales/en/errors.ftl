# When something goes wrong
error-summary-title = There is a problem
error-field-empty = Enter something here.
error-field-long = Enter at most { $most } characters.
error-field-control = There is a character here that cannot be used.
error-date-empty = Enter a date.
error-date-form = Enter a date such as 1995-03-02.
error-date-future = This date is in the future.
error-date-far = This date is too far away. Check the year.
error-amount-form = Enter an amount in figures, such as 1,200,000.
error-number-form = Enter a number.
error-choose = Choose one.
error-reason-short = Enter a reason or a case number.
error-offer-none = Choose at least one offer.
error-offer-member = You are not a member of this household.
error-offer-gone = This can no longer be applied for. Open the page again to see how it stands.
error-offer-not-yours = You can apply for yourself and your children. This one its owner must apply for.
error-offer-expired = The time to apply has passed. Ask the office whether a late claim is possible.
error-offer-early = This cannot be applied for yet.
error-offer-changed = This changed after you saw it. Look at it again and confirm.
error-offer-excludes = Two of these cannot be had together. Choose one.
error-offer-answer = An answer does not fit this application. Please check it.
error-needed = This is needed for the application. Please fill it in.
error-yaml = The household cannot be read: { $why }
error-sign-in-title = Please sign in
error-sign-in-do = Sign in and open the page again.
error-forbidden-title = You may not see this
error-forbidden-do = If your work needs it, state the purpose and reason again, or ask the person in charge. This attempt was recorded.
error-not-found-title = There is nothing here
error-not-found-do = Check the address, or go back to the start.
error-refused-title = This cannot be accepted
error-refused-do = It was sent from another site or from an old page. Open the page again and send it once more.
error-conflict-title = This has changed meanwhile
error-conflict-do = Open the page again to see how it stands now. What you entered was not recorded.
error-too-large-title = This is too large
error-too-large-do = Send it in parts.
error-too-many-title = Too many requests
error-too-many-do = Please try again a little later.
error-internal-title = Something went wrong
error-internal-do = The fault is ours. What is recorded is safe; please try again a little later.
error-busy-title = We cannot answer now
error-busy-do = Please try again a little later. What you entered was not recorded.
error-number = Reference: { $number }
error-wait = { $count ->
    [one] You can try again in one second.
   *[other] You can try again in { $count } seconds.
}
error-home = To the start
