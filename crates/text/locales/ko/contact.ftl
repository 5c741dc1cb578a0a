# 연락받을 곳.
contact-title = 연락받을 곳
contact-title-of = { $name } 님 연락처
contact-lead = 이곳으로 소식을 보내고, 고르신 언어로 안내해 드립니다. 원하지 않는 것은 비워 두세요.
contact-lead-counter = 본인이 알려 준 대로 적으세요. 보이지 않는 것은 비워 두면 그대로 남습니다.
contact-phone = 휴대전화
contact-phone-hint = 문자 메시지를 이 번호로 보냅니다.
contact-email = 전자우편
contact-email-hint = 휴대전화가 없을 때 씁니다.
contact-language = 언어
contact-language-hint = 메시지와 통지서, 화면을 이 언어로 보여 드립니다.
contact-keep = 저장
contact-error-phone = 전화번호가 아닙니다. 숫자 7~15자리를 적으세요.
contact-error-email = 전자우편 주소가 아닙니다. name@example.org처럼 적으세요.
contact-link = 연락처
contact-done = 연락처를 저장했습니다.
