from typing import List


def count_change(amount: int, coins: List[int]) -> int:
    """In how many ways can the amount be paid with the given coins?"""
    if amount == 0:
        return 1
    if amount < 0 or len(coins) == 0:
        return 0
    with_first = count_change(amount - coins[0], coins)
    without_first = count_change(amount, coins[1:])
    return with_first + without_first
