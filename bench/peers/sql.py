"""All programmes by DuckDB on one thread, tables in memory: sql.py FOLDER QUERIES ROUNDS.

Prints entitled and sum by programme, then the least processor time of a round in nanoseconds.
"""
import pathlib
import sys
import time

import duckdb
import numpy as np

from town import HOUSEHOLD, PERSON, column

folder, queries, rounds = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
prepare, of_households, of_persons = (folder / queries).read_text().splitlines()
db = duckdb.connect(":memory:")
db.execute("set threads = 1")
households = {name: column(folder, name) for name in HOUSEHOLD}
households["id"] = np.arange(len(households["rent"]), dtype=np.int32)
persons = {name: column(folder, name) for name in [*PERSON, "household"]}
db.execute("create table h as select * from households")
db.execute("create table p as select * from persons")
best = None
for _ in range(rounds):
    before = time.process_time_ns()
    db.execute(prepare)
    rows = [db.execute(query).fetchone() for query in (of_households, of_persons)]
    took = time.process_time_ns() - before
    db.execute("drop table d")
    best = took if best is None else min(best, took)
totals = sorted(row[n : n + 3] for row in rows for n in range(0, len(row), 3))
print(*(int(n) for _, entitled, amount in totals for n in (entitled, amount)))
print(best)
