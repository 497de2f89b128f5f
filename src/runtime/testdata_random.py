"""The one source of chance. Only random() is used of Python's generator: its sequence for a seed is the one
thing that the library promises to keep."""

import random

WHOLE = 1 << 53


class Random:
    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, n):
        """0 to n - 1."""
        if n <= WHOLE:
            return int(self.random() * n)
        value, room = 0, 1
        while room < n << 16:
            value, room = value * WHOLE + int(self.random() * WHOLE), room * WHOLE
        return value % n

    def choice(self, values):
        return values[int(self.random() * len(values))]
