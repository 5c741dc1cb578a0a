# FHIR: what is told besides problems.
fhir-kept = 기록에는 넣지 않고 책임 간호사가 보도록 보관했습니다: { $reason }
fhir-taken-before = 이미 받은 것이어서 아무것도 바뀌지 않았습니다
