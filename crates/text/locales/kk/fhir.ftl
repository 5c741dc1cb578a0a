# FHIR: what is told besides problems.
fhir-kept = Іске енгізілмей, супервайзер үшін сақталды: { $reason }
fhir-taken-before = Бұрын қабылданған; ештеңе өзгерген жоқ
