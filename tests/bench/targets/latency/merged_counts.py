from typing import Dict, Optional


def merged_counts(one: Dict[str, int], two: Optional[Dict[str, int]]) -> Dict[str, int]:
    merged: Dict[str, int] = dict(one)
    for word, count in (two or {}).items():
        merged[word] = merged.get(word, 0) + count
    return merged
