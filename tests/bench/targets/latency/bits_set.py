WORDS = [bin(i).count("1") for i in range(1 << 16)]


def bits_set(numbers):
    counts = []
    for number in numbers:
        if number < 256:
            counts.append(bin(number).count("1"))
        else:
            counts.append(WORDS[number & 0xFFFF] + bin(number >> 16).count("1"))
    return counts
