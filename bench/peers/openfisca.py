"""All programmes by OpenFisca-core: openfisca.py FOLDER RULES ROUNDS [HOUSEHOLD].

Formulas are those that the bench wrote. Prints entitled and sum by programme, then the least processor time of a round in
nanoseconds, in calculating alone: simulations are built before. With HOUSEHOLD only that one's family is calculated.
"""
import importlib.util
import pathlib
import sys
import time

import numpy as np
from openfisca_core.entities import Entity, GroupEntity
from openfisca_core.periods import MONTH
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from town import HOUSEHOLD, PERSON, TRUTHS, column

folder, rules, rounds = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
spec = importlib.util.spec_from_file_location("rules", folder / rules)
formulas = importlib.util.module_from_spec(spec)
spec.loader.exec_module(formulas)

person = Entity("person", "persons", "a person", "")
household = GroupEntity("household", "households", "a household", "", roles=[{"key": "member", "plural": "members"}])
system = TaxBenefitSystem([person, household])


def add(name, entity, kind, formula=None):
    inside = {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": name}
    if formula:
        inside["formula"] = formula
    system.add_variable(type(name, (Variable,), inside))


for name in HOUSEHOLD:
    add(name, household, bool if name in TRUTHS else int)
for name in PERSON:
    add(name, person, bool if name in TRUTHS else int)
for name, entity, kind, formula in formulas.ALL:
    add(name, person if entity == "person" else household, kind, formula)

of = column(folder, "household")
facts = {name: column(folder, name) for name in HOUSEHOLD + PERSON}
if len(sys.argv) > 4:
    one = int(sys.argv[4])
    these = of == one
    facts = {n: v[these] if n in PERSON else v[one : one + 1] for n, v in facts.items()}
    of = np.zeros(these.sum(), dtype=np.int32)
households = len(facts["rent"])
programmes = [name for name, *_ in formulas.ALL if name[0] == "p" and name[1:].isdigit()]
best = None
for _ in range(rounds):
    builder = SimulationBuilder()
    builder.create_entities(system)
    builder.declare_person_entity("person", np.arange(len(of)))
    instance = builder.declare_entity("household", np.arange(households))
    builder.join_with_persons(instance, of, np.repeat("member", len(of)))
    simulation = builder.build(system)
    for name, values in facts.items():
        simulation.set_input(name, "2026-06", values)
    before = time.process_time_ns()
    answers = [(simulation.calculate(p + "_ok", "2026-06"), simulation.calculate(p, "2026-06")) for p in programmes]
    took = time.process_time_ns() - before
    best = took if best is None else min(best, took)
print(*(n for ok, sums in answers for n in (int(ok.sum()), int(sums.sum(dtype=np.int64)))))
print(best)
