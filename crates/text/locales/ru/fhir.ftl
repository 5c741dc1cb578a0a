# FHIR: what is told besides problems.
fhir-kept = Сохранено для супервизора и не внесено в дело: { $reason }
fhir-taken-before = Принято ранее; ничего не изменилось
