"""The columns that the bench wrote: 32-bit whole numbers, a file each."""
import pathlib

import numpy as np

HOUSEHOLD = ["rent", "savings", "home_value", "car_value", "debt", "region", "energy", "owns_home", "crisis", "tenure"]
PERSON = ["age", "wage", "business", "pension", "grade", "disabled", "student", "pregnant", "veteran", "carer"]
TRUTHS = {"owns_home", "crisis", "disabled", "student", "pregnant", "veteran", "carer"}


def column(folder, name):
    values = np.fromfile(pathlib.Path(folder) / f"{name}.i32", dtype=np.int32)
    return values != 0 if name in TRUTHS else values
