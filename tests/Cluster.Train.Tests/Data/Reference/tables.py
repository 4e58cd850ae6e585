"""What scikit-learn fits on a small table, and makes of it: tables.json beside this file.

    /usr/bin/python3 tables.py     (scikit-learn 1.2.1, numpy 1.24)
"""
import json
import os

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

random = np.random.RandomState(7)
rows = 41
numbers = np.round(np.stack([random.normal(1200, 350, rows), random.normal(0.03, 0.002, rows), random.randint(0, 5, rows), np.full(rows, 0.1)], 1), 4)
numbers[random.rand(rows, 4) < 0.15] = np.nan
words = np.array([["north", "Süd", "east, far", "west"][number] for number in random.randint(0, 4, rows)], dtype=object)
words[random.rand(rows) < 0.1] = np.nan
target = np.round(random.normal(20, 5, rows), 2)


def cell(value):
    return "NA" if isinstance(value, float) and np.isnan(value) else (f'"{value}"' if isinstance(value, str) else repr(float(value)))


lines = ["weight,share,rooms,same,side,price"]
lines += [",".join(cell(value) for value in [*numbers[row], words[row], target[row]]) for row in range(rows)]
cases = []
for strategy in ["mean", "median", "most_frequent"]:
    for scaler in [StandardScaler(), MinMaxScaler(), None]:
        imputer = SimpleImputer(strategy=strategy)
        filled = imputer.fit_transform(numbers)
        scaled = filled if scaler is None else scaler.fit_transform(filled)
        side = SimpleImputer(strategy="most_frequent").fit_transform(words.reshape(-1, 1))
        encoder = OneHotEncoder(sparse_output=False)
        one_hot = encoder.fit_transform(side)
        scaling = StandardScaler().fit(target.reshape(-1, 1))
        cases.append({
            "missing": {"mean": "Mean", "median": "Median", "most_frequent": "MostFrequent"}[strategy],
            "scaling": "Standard" if isinstance(scaler, StandardScaler) else "MinMax" if scaler else "None",
            "fill": imputer.statistics_.tolist(),
            "categories": encoder.categories_[0].tolist(),
            "features": np.concatenate([scaled, one_hot], 1).tolist(),
            "targetMean": scaling.mean_[0],
            "targetDeviation": scaling.scale_[0],
        })

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tables.json"), "w", encoding="utf-8") as file:
    json.dump({"csv": "\n".join(lines) + "\n", "cases": cases}, file, ensure_ascii=False)
