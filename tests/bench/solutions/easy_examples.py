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
    "data-43": [
        'total_of([{"item": "pen", "eur": 3}, {"item": "cup", "eur": 5}, {"item": "gift"}], "eur") == 8',
    ],
    "data-44": [
        'average_marks([("Ann", 1), ("Bob", 3), ("Ann", 2)]) == {"Ann": 1.5, "Bob": 3.0}',
    ],
    "data-45": [
        'top_sellers({"tea": 4, "milk": 9, "cola": 4}, 2) == ["milk", "cola"]',
    ],
    "data-47": [
        'parse_pairs("color=red; size = 12") == {"color": "red", "size": "12"}',
    ],
    "data-48": [
        "rolling_mean([1, 2, 6, 4], 2) == [1.5, 4.0, 5.0]",
    ],
    "data-49": [
        "median_of([3, 1, 2]) == 2",
        "median_of([4, 1, 3, 2]) == 2.5",
    ],
    "data-50": [
        'swap_keys({"de": "Berlin", "fr": "Paris"}) == {"Berlin": "de", "Paris": "fr"}',
        'swap_keys({"b": "x", "a": "x"}) == {"x": "a"}',
    ],
    "data-52": [
        'old_enough([{"name": "Tom", "age": 30}, {"name": "Ida", "age": 12}, {"name": "Jo", "age": 18}], 18) == ["Jo", "Tom"]',
    ],
    "data-53": [
        'sort_people([("Al", 20), ("Bo", 35), ("Ada", 20)]) == [("Bo", 35), ("Ada", 20), ("Al", 20)]',
    ],
    "data-54": [
        'drop_duplicates([{"id": 1, "n": "a"}, {"id": 2, "n": "b"}, {"id": 1, "n": "c"}], "id") == [{"id": 1, "n": "a"}, {"id": 2, "n": "b"}]',
    ],
    "data-57": [
        'minutes_worked("09:15", "10:00") == 45',
        'minutes_worked("23:30", "00:30") == 60',
    ],
    "data-58": [
        'days_between("2024-02-28", "2024-03-01") == 2',
    ],
    "data-59": [
        "percent_changes([100, 110, 99]) == [10.0, -10.0]",
    ],
    "data-60": [
        'get_column([["id", "name"], [1, "Ann"], [2, "Bob"]], "name") == ["Ann", "Bob"]',
    ],
    "programs-43": [
        'main([("lamp", 40, 2), ("cable", 5, 1)]) == 85',
        'main([("chair", 60, 2)]) == 108',
    ],
    "programs-44": [
        'guess_game(7, [5, 9, 7, 3]) == ["higher", "lower", "correct"]',
    ],
    "programs-46": [
        'light_after(0) == "green"',
        'light_after(30) == "yellow"',
        'light_after(40) == "red"',
    ],
    "programs-47": [
        'report_card({"Ann": 91, "Bob": 60}) == {"Ann": "A", "Bob": "C"}',
    ],
    "programs-48": [
        'shopping_list(["add milk", "add brown bread", "remove milk"]) == ["brown bread"]',
    ],
    "programs-49": [
        "cash_machine(100, [60, 50, 40]) == (0, 1)",
    ],
    "programs-50": [
        'waiting_room(["come Ann", "come Bob", "next"]) == ["Ann"]',
    ],
    "programs-51": [
        "give_change(94) == [50, 20, 20, 2, 2]",
    ],
    "programs-52": [
        'stairs(3) == ["  #", " ##", "###"]',
    ],
    "programs-54": [
        'log_in("sesame", ["open", "sesame"]) == "welcome"',
        'log_in("sesame", ["a", "b", "c", "sesame"]) == "locked"',
    ],
    "programs-55": [
        'times_table(7, 3) == ["1 x 7 = 7", "2 x 7 = 14", "3 x 7 = 21"]',
    ],
    "programs-56": [
        'convert_temperature("100C") == "212F"',
        'convert_temperature("50F") == "10C"',
    ],
    "programs-60": [
        "most_on_bus([(0, 3), (2, 5), (4, 1)]) == 6",
    ],
    "programs-61": [
        'receipt([("tea", 2, 150), ("cake", 1, 395)]) == ["2 x tea: 3.00", "1 x cake: 3.95", "Total: 6.95"]',
    ],
}
