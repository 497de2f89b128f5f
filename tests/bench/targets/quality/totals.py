def totals(table):
    result = []
    for i in range(len(table)):
        fine = True
        for j in range(len(table[i])):
            if table[i][j] < 0:
                fine = False
        if fine == True:
            total = 0
            for number in table[i]:
                total = total + number
            result.append(total)
    return result
