//! Models: every kind of boxed expression, hit policies, imports, services.
