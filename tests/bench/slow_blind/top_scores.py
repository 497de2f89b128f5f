def top_scores(scores, count):
    remaining = dict(scores)
    winners = []
    while remaining and len(winners) < count:
        best_name = None
        for name in sorted(remaining):
            if best_name is None or remaining[name] > remaining[best_name]:
                best_name = name
        winners.append([best_name, remaining[best_name]])
        del remaining[best_name]
    return winners
