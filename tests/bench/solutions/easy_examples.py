"""The examples that stand in the prompts of the easier tasks, as in examples.py."""

EXAMPLES = {
    "functions-43": [
        "digit_product(305) == 15",
        "digit_product(7) == 7",
    ],
    "functions-44": [
        "nth_prime(1) == 2",
        "nth_prime(4) == 7",
    ],
    "functions-45": [
        "rotate_right([1, 2, 3, 4], 1) == [4, 1, 2, 3]",
        "rotate_right([1, 2, 3], 5) == [2, 3, 1]",
    ],
    "functions-46": [
        "second_largest([5, 1, 5, 3]) == 3",
        "second_largest([4, 4]) == None",
    ],
    "functions-47": [
        "running_max([2, 1, 5, 3]) == [2, 2, 5, 5]",
    ],
    "functions-48": [
        'brackets_ok("a(b[c])") == True',
        'brackets_ok("(]") == False',
    ],
    "functions-49": [
        "flip_table([[1, 2, 3], [4, 5, 6]]) == [[1, 4], [2, 5], [3, 6]]",
    ],
    "functions-51": [
        'clap_numbers(8) == [1, 2, 3, 4, 5, 6, "clap", 8]',
    ],
    "functions-52": [
        "collatz_steps(1) == 0",
        "collatz_steps(6) == 8",
    ],
    "functions-53": [
        "in_both([3, 1, 3, 2], [2, 3, 5]) == [3, 2]",
    ],
    "functions-55": [
        'to_binary(5) == "101"',
        'to_binary(0) == "0"',
        'to_binary(-6) == "-110"',
    ],
    "functions-57": [
        "common_divisor([12, 18, 30]) == 6",
        "common_divisor([7]) == 7",
    ],
    "functions-58": [
        "divisors(12) == [1, 2, 3, 4, 6, 12]",
    ],
    "functions-60": [
        "zeros_last([0, 3, 0, 1]) == [3, 1, 0, 0]",
    ],
    "functions-62": [
        "missing_number([3, 1, 4]) == 2",
    ],
    "text-43": [
        'count_vowels("Every Apple") == 4',
    ],
    "text-44": [
        'shift_letters("abc xyz!", 2) == "cde zab!"',
        'shift_letters("Bad", -1) == "Azc"',
    ],
    "text-45": [
        'letter_runs("aaab") == [("a", 3), ("b", 1)]',
    ],
    "text-46": [
        'same_backwards("Never odd or even!") == True',
        'same_backwards("Nearly") == False',
    ],
    "text-47": [
        'words_by_length("the cat sat down") == {3: ["the", "cat", "sat"], 4: ["down"]}',
    ],
    "text-48": [
        'reverse_words("I like  tea") == "tea like I"',
    ],
    "text-50": [
        'squeeze("bookkeeper") == "bokeper"',
        'squeeze("wait...  what??") == "wait. what?"',
    ],
    "text-51": [
        'word_counts("The dog and the cat") == {"the": 2, "dog": 1, "and": 1, "cat": 1}',
    ],
    "text-52": [
        'first_single("level up") == "v"',
        'first_single("noon") == None',
    ],
    "text-53": [
        'shorten("A long story", 8) == "A lon..."',
    ],
    "text-55": [
        'pig_latin("apple") == "appleway"',
        'pig_latin("string") == "ingstray"',
    ],
    "text-56": [
        'snake_case("userName") == "user_name"',
        'snake_case("HttpPort2") == "http_port2"',
    ],
    "text-58": [
        'with_spaces(1234567) == "1 234 567"',
        'with_spaces(999) == "999"',
        'with_spaces(-1000) == "-1 000"',
    ],
    "text-59": [
        'find_numbers("3 apples and 12 pears") == [3, 12]',
    ],
    "text-60": [
        'shared_start(["flower", "flow", "flood"]) == "flo"',
    ],
}
