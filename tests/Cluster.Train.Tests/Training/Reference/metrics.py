"""Produces metrics.json: what scikit-learn's metrics are of a few made-up predictions.

Run with Debian's python3-sklearn (1.2) or any newer scikit-learn:

    /usr/bin/python3 metrics.py > metrics.json

The inputs are multiples of 1/64, so float32 holds them exactly.
"""
import json
import math
import random

from sklearn import metrics

random.seed(7)
CLASSES, COUNT = 5, 60


def grid(low, high):
    return random.randint(low * 64, high * 64) / 64


# Class 4 is never a target and never decided: it must not count for the macro average.
logits = [[grid(-2, 2) for _ in range(CLASSES - 1)] + [-9.0] for _ in range(COUNT)]
classes = [random.choice([0, 0, 1, 2, 3]) for _ in range(COUNT)]
decided = [max(range(CLASSES), key=row.__getitem__) for row in logits]

# One logit a decision. Scores that are well apart, and some that are equal.
binary = [random.choice([-3, -2, -1.5, -1, -0.5, 0.25, 0.5, 1, 2]) for _ in range(COUNT)]
labels = [1 if random.random() < 1 / (1 + math.exp(-score)) else 0 for score in binary]
positive = [int(score > 0) for score in binary]

targets = [grid(-4, 4) for _ in range(COUNT)]
predicted = [value + grid(-1, 1) for value in targets]
pairs = [[grid(-4, 4), grid(0, 9)] for _ in range(COUNT)]
predicted_pairs = [[a + grid(-1, 1), b + grid(-2, 2)] for a, b in pairs]
# A mean of a million, a deviation of one.
far = [1_000_000 + random.randint(-32, 32) / 16 for _ in range(COUNT)]
predicted_far = [value + random.randint(-8, 8) / 16 for value in far]


def losses():
    for row, wanted in zip(logits, classes):
        yield math.log(sum(math.exp(value) for value in row)) - row[wanted]


print(json.dumps({
    "logits": logits, "classes": classes, "binary": binary, "labels": labels, "targets": targets, "predicted": predicted,
    "pairs": pairs, "predictedPairs": predicted_pairs, "far": far, "predictedFar": predicted_far,
    "accuracy": metrics.accuracy_score(classes, decided),
    "top-2": metrics.top_k_accuracy_score(classes, logits, k=2, labels=list(range(CLASSES))),
    "macro-f1": metrics.f1_score(classes, decided, average="macro"),
    "micro-f1": metrics.f1_score(classes, decided, average="micro"),
    "macro-precision": metrics.precision_score(classes, decided, average="macro"),
    "macro-recall": metrics.recall_score(classes, decided, average="macro"),
    "confusion": metrics.confusion_matrix(classes, decided, labels=list(range(CLASSES))).tolist(),
    "perplexity": math.exp(sum(losses()) / COUNT),
    "precision": metrics.precision_score(labels, positive),
    "recall": metrics.recall_score(labels, positive),
    "f1": metrics.f1_score(labels, positive),
    "auc": metrics.roc_auc_score(labels, binary),
    "mae": metrics.mean_absolute_error(targets, predicted),
    "rmse": metrics.mean_squared_error(targets, predicted, squared=False),
    "r2": metrics.r2_score(targets, predicted),
    "r2Pairs": metrics.r2_score(pairs, predicted_pairs),
    "r2Far": metrics.r2_score([value - 1_000_000 for value in far], [value - 1_000_000 for value in predicted_far]),
}))
