def distinct_sums(numbers):
    sums = []
    for i in range(len(numbers)):
        for j in range(i):
            sums.append(numbers[i] + numbers[j])
    return len(set(sums))
