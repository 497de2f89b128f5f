"""The examples that stand in the prompts, as expressions that must be true: people write them in all notations."""

EXAMPLES = {
    "functions-01": [
        "bridge_gaps([[0, 5], [7, 9], [20, 22]], 2) == [[0, 9], [20, 22]]",
    ],
    "functions-04": [
        "fewest_coins(30, {25: 1, 10: 3, 1: 4}) == 3",
        "fewest_coins(30, {25: 1, 10: 2, 1: 4}) == -1",
    ],
    "functions-05": [
        "free_ranges([3, 5, 6], 1, 9) == [(1, 2), (4, 4), (7, 9)]",
    ],
    "functions-06": [
        'digits_in_base(5, "01") == "101"',
        'digits_in_base(-26, "abc") == "-ccc"',
        'digits_in_base(0, "xyz") == "x"',
    ],
    "functions-07": [
        'build_order({"pie": ["dough", "apples"], "dough": ["flour"]}) == ["apples", "flour", "dough", "pie"]',
    ],
    "functions-11": [
        "multiply_polynomials([1, 2], [3, 1]) == [3, 7, 2]",
    ],
    "functions-12": [
        "determinant([[4]]) == 4",
        "determinant([[1, 2], [3, 4]]) == -2",
        "determinant([]) == 1",
    ],
    "functions-14": [
        "unit_fractions(3, 4) == [2, 4]",
        "unit_fractions(2, 6) == [3]",
    ],
    "functions-15": [
        'last_seated(["Ann", "Bob", "Cid"], 2) == (["Bob", "Ann"], "Cid")',
    ],
    "functions-18": [
        "flatten_to_depth([1, [2, [3]]], 1) == [1, 2, [3]]",
        "flatten_to_depth([1, [2, [3]]], 2) == [1, 2, 3]",
    ],
    "functions-19": [
        "heaviest_path([1, [5], [2, [4]]]) == [1, 2, 4]",
    ],
    "functions-21": [
        "fibonacci_parts(1) == [1]",
        "fibonacci_parts(4) == [3, 1]",
        "fibonacci_parts(11) == [8, 3]",
        "fibonacci_parts(50) == [34, 13, 3]",
    ],
    "functions-24": [
        "most_meetings([(9, 11), (10, 12), (11, 13)]) == 2",
    ],
    "functions-25": [
        "longest_bit_run(0b1001110, 1) == 3",
        "longest_bit_run(9, 0) == 2",
    ],
    "functions-28": [
        "ways_up(3, []) == 4",
        "ways_up(3, [2]) == 2",
    ],
    "functions-30": [
        "take_turns([[1, 2, 3], [10], [20, 21]]) == [1, 10, 20, 2, 21, 3]",
    ],
    "functions-33": [
        "rotate_border([[1, 2], [3, 4]], 1) == [[3, 1], [4, 2]]",
        "rotate_border([[1, 2, 3], [4, 5, 6], [7, 8, 9]], 1) == [[4, 1, 2], [7, 5, 3], [8, 9, 6]]",
    ],
    "functions-34": [
        "digit_cycle(7) == [7, 49, 97, 130, 10, 1]",
    ],
    "functions-36": [
        'cheapest_route([("A", "B", 4), ("B", "C", 1), ("A", "C", 7)], "A", "C") == (5, ["A", "B", "C"])',
    ],
    "functions-37": [
        "swaps_to_sort([2, 1]) == 1",
        "swaps_to_sort([4, 3, 2, 1]) == 2",
        "swaps_to_sort([1, 2, 3]) == 0",
    ],
    "functions-40": [
        "widest_gap([10, 1, 4]) == (4, 10)",
    ],
    "functions-41": [
        """best_playlist([("a", 5, 10), ("b", 4, 7), ("c", 3, 6)], 7) == ['b', 'c']""",
    ],
    "functions-42": [
        "shortest_block([1, 2, 1, 2]) == [1, 2]",
    ],
    "text-01": [
        'to_camel("a-b") == "aB"',
        'to_camel("max_line-length") == "maxLineLength"',
    ],
    "text-02": [
        """slug("Hello, World!", 20) == 'hello-world'""",
        """slug("Ten ways to cook rice", 12) == 'ten-ways-to'""",
    ],
    "text-05": [
        'headline("the lord of the rings") == "The Lord of the Rings"',
    ],
    "text-06": [
        'initials("Ada Lovelace") == "A.L."',
        'initials("Jean-Luc van Damme") == "J.-L.D."',
    ],
    "text-07": [
        'mask_email("johnny@example.org") == "j****y@example.org"',
    ],
    "text-10": [
        "strip_comment('x = 1  # one') == 'x = 1'",
        """strip_comment('print("#") # hash') == 'print("#")'""",
    ],
    "text-11": [
        'pack("aaaabbc") == "4abbc"',
        'pack("xyz") == "xyz"',
    ],
    "text-13": [
        'in_words(7) == "seven"',
        'in_words(45) == "forty-five"',
        'in_words(210) == "two hundred and ten"',
        'in_words(3004) == "three thousand and four"',
        'in_words(6310) == "six thousand three hundred and ten"',
    ],
    "text-14": [
        'ordinal(1) == "1st"',
        'ordinal(2) == "2nd"',
        'ordinal(3) == "3rd"',
        'ordinal(4) == "4th"',
        'ordinal(11) == "11th"',
        'ordinal(22) == "22nd"',
    ],
    "text-16": [
        'hashtags("Go #Team go! #team #100 #1st") == ["team", "1st"]',
    ],
    "text-18": [
        """common_folder(["/home/ann/a.txt", "/home/anna/b.txt"]) == '/home'""",
        """common_folder(["/srv/www/index.html"]) == '/srv/www'""",
    ],
    "text-21": [
        'fill_template("Hi {name}, {n} new {{mails}}", {"name": "Bo", "n": 3}) == "Hi Bo, 3 new {mails}"',
        'fill_template("Dear {title|customer}", {}) == "Dear customer"',
    ],
    "text-24": [
        'format_table([["name", "n"], ["ann", "5"], ["bo", "12"]]) == ["name   n", "ann    5", "bo    12"]',
    ],
    "text-25": [
        """number_outline(["Fruit", "  Apple", "  Pear", "Bread"]) == ['1 Fruit', '1.1 Apple', '1.2 Pear', '2 Bread']""",
    ],
    "text-28": [
        'align_equals(["a = 1", "long =2"]) == ["a    = 1", "long =2"]',
    ],
    "text-29": [
        'keyword_encode("Hello, World", "ab") == "Hflmo, Xosle"',
    ],
    "text-31": [
        'compare_versions("1.2.10", "1.2.9") == 1',
    ],
    "text-32": [
        'natural_sort(["img12", "img10", "IMG2"]) == ["IMG2", "img10", "img12"]',
    ],
    "text-34": [
        'censor("Darn it, darned DARN!", ["darn"]) == "D*** it, darned D***!"',
    ],
    "text-36": [
        'password_faults("abc") == ["digit", "short", "upper"]',
        'password_faults("Tr0ubadour&3") == []',
    ],
    "text-39": [
        'boxed(["hi", "you"]) == ["+-----+", "| hi  |", "| you |", "+-----+"]',
    ],
    "text-40": [
        'join_lines(["The exam-", "ple shows", "North-", "South"]) == "The example shows North-South"',
    ],
    "text-42": [
        'hex_line(16, [72, 105, 10]) == "00000010  48 69 0a                                         |Hi.|"',
    ],
    "data-01": [
        'total_by([{"city": "Rome", "eur": 5}, {"city": "Oslo", "eur": 2}, {"city": "Rome", "eur": 1}], "city", "eur") == {"Rome": 6, "Oslo": 2}',
    ],
    "data-03": [
        'pivot([("north", "q1", 3), ("south", "q2", 5), ("north", "q1", 4)]) == [["", "q1", "q2"], ["north", 7, 0], ["south", 0, 5]]',
    ],
    "data-04": [
        "percentile([15, 20, 35, 40, 50], 30) == 20",
        "percentile([15, 20, 35, 40, 50], 100) == 50",
    ],
    "data-07": [
        'count_weekday("2024-01-01", "2024-01-31", 0) == 5',
        'count_weekday("2024-01-01", "2024-01-31", 6) == 4',
    ],
    "data-08": [
        'add_workdays("2024-05-17", 1, []) == "2024-05-20"',
    ],
    "data-10": [
        "ranks([50, 70, 70, 20]) == [3, 1, 1, 4]",
    ],
    "data-13": [
        'get_path({"a": [{"b": 5}]}, "a.0.b") == 5',
        'get_path({"a": [{"b": 5}]}, "a.1.b", "none") == "none"',
    ],
    "data-14": [
        'flat_keys({"a": {"b": 1, "c": [5, 6]}, "d": {}}) == {"a.b": 1, "a.c.0": 5, "a.c.1": 6, "d": {}}',
    ],
    "data-15": [
        """settings_diff({"a": 1, "b": 2}, {"b": 3, "c": 4}) == ['- a', '~ b: 2 -> 3', '+ c=4']""",
    ],
    "data-17": [
        'process({"nut": 5}, [("out", "nut", 2), ("out", "nut", 9), ("in", "bolt", 1)]) == ({"nut": 3, "bolt": 1}, [1])',
    ],
    "data-19": [
        'settle({"Ann": 30, "Bo": 0, "Cy": 0}) == {"Ann": 20, "Bo": -10, "Cy": -10}',
    ],
    "data-20": [
        'sessions([("a", 0), ("a", 10), ("a", 100), ("b", 5)], 30) == {"a": [10, 0], "b": [0]}',
    ],
    "data-23": [
        'league([("Reds", "Blues", 2, 1)]) == [("Reds", 3, 1), ("Blues", 0, -1)]',
    ],
    "data-25": [
        'longest_streak(["2024-03-01", "2024-02-28", "2024-02-29", "2024-03-05"]) == ("2024-02-28", 3)',
    ],
    "data-26": [
        'profit_fifo([("buy", 10, 5), ("buy", 5, 8), ("sell", 12, 9)]) == 42',
    ],
    "data-28": [
        "pearson([1, 2, 3], [2, 4, 6]) == 1.0",
        "pearson([1, 2, 3], [3, 2, 1]) == -1.0",
    ],
    "data-29": [
        'minutes_covered([("08:00", "10:00"), ("09:30", "11:00")], "09:00", "12:00") == 120',
    ],
    "data-31": [
        'quarter_totals({"2024-01": 5, "2024-02": 1, "2024-03": 2, "2024-04": 9}) == {"2024-Q1*": 8, "2024-Q2": 9}',
    ],
    "data-33": [
        'convert(10, "EUR", "USD", {("EUR", "USD"): 2.0}) == 20.0',
    ],
    "data-35": [
        'retention([("a", 1), ("b", 1), ("a", 2)]) == {1: (2, 1)}',
    ],
    "data-36": [
        'abc_classes({"nuts": 80, "bolts": 15, "pins": 5}) == {"nuts": "A", "bolts": "B", "pins": "C"}',
    ],
    "data-38": [
        """best_per_group([("x", "a", 1), ("x", "b", 3), ("y", "c", 2)], 1) == {'x': ['b'], 'y': ['c']}""",
    ],
    "data-41": [
        'by_number({"Zoe": ["12", "7"], "Al": ["7"]}) == {"12": ["Zoe"], "7": ["Al", "Zoe"]}',
    ],
    "programs-01": [
        'drive("FFRF", 5, 5) == (1, 2, "E")',
    ],
    "programs-02": [
        'rpn("3 4 + 2 *") == 14',
        '(rpn("1 +") is None) == True',
    ],
    "programs-03": [
        'calculate("2 + 3 * 4") == 14',
        'calculate("-(1 - 4) * 2") == 6',
        'calculate("-2 ^ 2") == -4',
    ],
    "programs-05": [
        'vend({"tea": 80}, ["50", "tea", "50", "tea", "return"]) == ["add 30", "tea", "change 20"]',
    ],
    "programs-08": [
        'board_status(["XX.", "OO.", "..."]) == "X to move"',
        'board_status(["XXX", "OO.", "..."]) == "X wins"',
    ],
    "programs-09": [
        'play([0, 1, 0, 1, 0, 1, 0]) == ("R", 7)',
    ],
    "programs-11": [
        """tennis_game("AAB") == '30-15'""",
        """tennis_game("AAABBBA") == 'advantage A'""",
    ],
    "programs-13": [
        'dice_hand([2, 2, 5, 2, 5]) == ("full house", 25)',
    ],
    "programs-14": [
        'blackjack_value(["A", "5", "A"]) == 17',
        'blackjack_value(["K", "Q", "5"]) == 25',
    ],
    "programs-16": [
        'round_robin([("a", 0, 3), ("b", 1, 2)], 2) == [("b", 4), ("a", 5)]',
    ],
    "programs-18": [
        'edit(["type ab", "type c", "undo"]) == "ab"',
        'edit(["type ab", "undo", "redo"]) == "ab"',
    ],
    "programs-19": [
        'kv_run(["set a 1", "begin", "set a 2", "get a", "rollback", "get a"]) == ["2", "1"]',
    ],
    "programs-21": [
        'minesweeper_open(["..", ".*"], 0, 0) == ["1?", "??"]',
        'minesweeper_open(["...*"], 0, 0) == ["001?"]',
    ],
    "programs-22": [
        'rate("AABC", "ABAD") == (1, 2)',
    ],
    "programs-24": [
        'evaluate("a or not b", {"b": True}) == False',
    ],
    "programs-25": [
        'parse_nested("[1, [-2, 30], []]") == [1, [-2, 30], []]',
        'parse_nested("[1, 2") == None',
    ],
    "programs-26": [
        'turtle("F2") == 2',
        'turtle("F2 R R F2") == 2',
    ],
    "programs-29": [
        "allowed_requests([1, 2, 3, 11], 2, 10) == [True, True, False, True]",
    ],
    "programs-31": [
        'lisp("(+ 1 2 3)") == 6',
        'lisp("(let x 5 (* x x))") == 25',
    ],
    "programs-33": [
        'attacked({"a1": "R"}, "a8") == ["a1"]',
        'attacked({"a1": "R", "a4": "x"}, "a8") == []',
    ],
    "programs-34": [
        'next_run("0,30 *", "12:10") == "12:30"',
        'next_run("15 6", "06:15") == "+06:15"',
    ],
    "programs-37": [
        "parking_fee(61, False, False) == 400",
        "parking_fee(300, False, True) == 675",
    ],
    "programs-39": [
        """ring_program("72+.>105+.") == 'Hi'""",
    ],
    "programs-40": [
        'auction([("ann", 5), ("bo", 9), ("cy", 7)], 1) == (["bo"], 7)',
    ],
    "programs-41": [
        'stale_targets({"app": ["a.o"], "a.o": ["a.c"]}, {"app": 5, "a.o": 3, "a.c": 4}) == ["a.o", "app"]',
    ],
}
