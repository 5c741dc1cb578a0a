# FHIR: what is told besides problems.
fhir-kept = Kept for the supervisor and not taken into the file: { $reason }
fhir-taken-before = Taken before; nothing was changed
