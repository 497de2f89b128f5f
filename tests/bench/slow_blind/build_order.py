def build_order(dependencies):
    order = []
    remaining = list(dependencies.keys())
    for needed in dependencies.values():
        for name in needed:
            if name not in remaining:
                remaining.append(name)
    while len(remaining) > 0:
        ready = []
        for name in remaining:
            if all(other in order for other in dependencies.get(name, [])):
                ready.append(name)
        if len(ready) == 0:
            return None
        first = min(ready)
        order.append(first)
        remaining.remove(first)
    return order
