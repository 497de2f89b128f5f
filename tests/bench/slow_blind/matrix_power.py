def matrix_power(matrix, exponent, modulus):
    size = len(matrix)

    def multiply(a, b):
        result = [[0 for _ in range(size)] for _ in range(size)]
        for i in range(size):
            for j in range(size):
                for k in range(size):
                    result[i][j] = (result[i][j] + a[i][k] * b[k][j]) % modulus
        return result

    power = [[1 % modulus if i == j else 0 for j in range(size)] for i in range(size)]
    for _ in range(exponent):
        power = multiply(power, matrix)
    return power
