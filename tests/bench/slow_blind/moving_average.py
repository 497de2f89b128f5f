def moving_average(prices, days):
    """Average of the last `days` prices for each day; fewer at the beginning."""
    averages = []
    for i in range(len(prices)):
        window = []
        for j in range(max(0, i - days + 1), i + 1):
            window.append(prices[j])
        averages.append(round(sum(window) / len(window), 2))
    return averages
