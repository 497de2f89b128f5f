/* How people write examples, and what looks like one and is none. A false example is worse than a
 * missed one: the test wants every negative to stay empty, and tells precision and recall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/words/examples.h"

#define ARROW   "\xE2\x86\x92"
#define DINGBAT "\xE2\x9E\x9E"
#define L       "\xE2\x80\x9C"
#define R       "\xE2\x80\x9D"
#define l       "\xE2\x80\x98"
#define r       "\xE2\x80\x99"

/* What is found, as Python: "call=>expected", "(args)=>expected", "call as view=>expected" or "call
 * raises errors", joined by ";". */
static const struct phrase {
    const char *text, *found;
} positives[] = {
    {"def is_happy(s):\n    is_happy(a) => False\n    is_happy(abcd) => True\n",
     "is_happy(\"a\")=>False;is_happy(\"abcd\")=>True"},
    {"def count(s, n):\n    count(tea, 2) => [\"a\"]\n    count( apple ,n=True) => []\n",
     "count(\"tea\", 2)=>[\"a\"];count( \"apple\" ,n=True)=>[]"},
    {"f(5, 3) ->19 - 5 - 6 = 8", "f(5, 3)=>8"},
    {"f(2) == 1 + (2 / 2) = 2", "f(2)=>2"},
    {">>> f(3)  # the third\n4", "f(3)=>4"},
    {"f(3)\n-> 4", "f(3)=>4"},
    {"f(3)\n  # => 4\nf(4)\n  # => 5", "f(3)=>4;f(4)=>5"},
    {"f(\"a\")\nOutput: 1", "f(\"a\")=>1"},
    {"between(1, 5) == (2, 3, 4), between(1, 3) == (2)",
     "between(1, 5)=>(2, 3, 4);between(1, 3)=>(2,)"},
    {"f(1) == (2)", "f(1)=>(2)"},
    {"def fill(grid, capacity):\n    fill(grid=[[1]], bucket=2) == 1", "fill([[1]], 2)=>1"},
    {"def fill(grid, capacity):\n    fill(grid=[[1]], capacity=2) == 1",
     "fill(grid=[[1]], capacity=2)=>1"},
    {"def fill(text):\n    fill(\"a=b\") == 1", "fill(\"a=b\")=>1"},
    /* errors */
    {"f(-1) raises ValueError", "f(-1) raises ValueError"},
    {"f(\"\") should raise a ValueError.", "f(\"\") raises ValueError"},
    {"`f(-1)` must raise `ValueError`, `f(1)` gives `2`", "f(-1) raises ValueError;f(1)=>2"},
    {"f(-1) -> ValueError", "f(-1) raises ValueError"},
    {"f(-1) # raises ValueError\nf(-2) # ValueError",
     "f(-1) raises ValueError;f(-2) raises ValueError"},
    {"f(-1) => raises ValueError(\"negative\")", "f(-1) raises ValueError"},
    {"f(-1) throws an error", "f(-1) raises Exception"},
    {"f(-1) should raise an exception, f(1) == 2", "f(-1) raises Exception;f(1)=>2"},
    {"f(\"{\") raises json.JSONDecodeError", "f(\"{\") raises json.JSONDecodeError"},
    {"f(-1) raises InvalidAgeError", "f(-1) raises InvalidAgeError"},
    {"It raises ValueError for f(-1) and f(-2).",
     "f(-1) raises ValueError;f(-2) raises ValueError"},
    {"raise a TypeError when calling f(\"a\")", "f(\"a\") raises TypeError"},
    {">>> f(-1)\nTraceback (most recent call last):\n    ...\nValueError: negative\n>>> f(1)\n2",
     "f(-1) raises ValueError;f(1)=>2"},
    {"    >>> f(-1)\n    Traceback (most recent call last):\n      File \"x.py\", line 1\n        "
     "f(-1)\n    ValueError: negative",
     "f(-1) raises ValueError"},
    {"with pytest.raises(ValueError):\n    f(-1)", "f(-1) raises ValueError"},
    {"with pytest.raises(ValueError, match=\"neg\"): f(-1)", "f(-1) raises ValueError"},
    {"with self.assertRaises((ValueError, TypeError)) as e:\n    f(None)\nassert f(1) == 2",
     "f(None) raises ValueError, TypeError;f(1)=>2"},
    {"self.assertRaises(ValueError, f, -1)", "(-1) raises ValueError"},
    {"assertRaises(ValueError, lambda: f(-1))", "f(-1) raises ValueError"},
    {"\"\" -> ValueError", "(\"\") raises ValueError"},
    {"f(-1) fails with a ValueError, f(-2) gives a TypeError",
     "f(-1) raises ValueError;f(-2) raises TypeError"},
    {"def f(x):\n    It raises ValueError for 0 and -1.",
     "(0) raises ValueError;(-1) raises ValueError"},
    {">>> f(-1)  # doctest: +ELLIPSIS\nTraceback (most recent call last):\nValueError: x",
     "f(-1) raises ValueError"},
    {">>> abs(f(2) - 1.41) < 0.01\nTrue\n>>> f(3) in (1, 2)\nTrue",
     "f(2) as abs(_ - 1.41) < 0.01=>True;f(3) as _ in (1, 2)=>True"},
    {"Input: -1\nOutput: ValueError", "(-1) raises ValueError"},
    {"1, 3 -> 0.333...", "(1, 3) as _ == pytest.approx(0.333, abs=1e-3)=>True"},
    {"f(3) is 0.33 (approximately)", "f(3) as _ == pytest.approx(0.33, abs=1e-2)=>True"},
    {">>> f(\"1\")\nDecimal('1.5')\n>>> f(\"2\")\ndatetime.date(2020, 1, 1)",
     "f(\"1\")=>Decimal('1.5');f(\"2\")=>datetime.date(2020, 1, 1)"},
    /* what is looked at */
    {">>> round(f([1, 2]), 2)\n-0.5", "f([1, 2]) as round(_, 2)=>-0.5"},
    {"list(f(3)) == [1, 2]", "f(3) as list(_)=>[1, 2]"},
    {"`sorted(f([2, 1]))` gives `[1, 2]`", "f([2, 1]) as sorted(_)=>[1, 2]"},
    {"set(f(\"ab\")) == {\"a\", \"b\"}", "f(\"ab\") as set(_)=>{\"a\", \"b\"}"},
    {"len(f(3)) == 3 and sum(f(3)) == 6", "f(3) as len(_)=>3;f(3) as sum(_)=>6"},
    {"[1, 2] == sorted(f(3))", "f(3) as sorted(_)=>[1, 2]"},
    {"assert sorted(f([3, 1]), reverse=True) == [3, 1]",
     "f([3, 1]) as sorted(_, reverse=True)=>[3, 1]"},
    {"assert abs(f(2) - 1.41) < 1e-2", "f(2) as abs(_ - 1.41) < 1e-2=>True"},
    {"assert math.isclose(f(2), 1.41, rel_tol=0.1)",
     "f(2) as math.isclose(_, 1.41, rel_tol=0.1)=>True"},
    {"math.isclose(f(2), 1.41) == True", "f(2) as math.isclose(_, 1.41)=>True"},
    {"assert f(3) == pytest.approx(0.333, abs=1e-3)",
     "f(3) as _ == pytest.approx(0.333, abs=1e-3)=>True"},
    {"f(3) == pytest.approx(0.333)", "f(3) as _ == pytest.approx(0.333)=>True"},
    {"f(3) \xE2\x89\x88 0.333", "f(3) as _ == pytest.approx(0.333, abs=1e-3)=>True"},
    {"f(3) is approximately 0.33.", "f(3) as _ == pytest.approx(0.33, abs=1e-2)=>True"},
    {"f(3) == 3.14159...", "f(3) as _ == pytest.approx(3.14159, abs=1e-5)=>True"},
    {">>> f(3)\n0.3333...", "f(3) as _ == pytest.approx(0.3333, abs=1e-4)=>True"},
    {"self.assertAlmostEqual(f(3), 0.3333333)",
     "f(3) as _ == pytest.approx(0.3333333, abs=5e-8)=>True"},
    {"f(3)[0] == 4", "f(3) as _[0]=>4"},
    {"f(3)[\"a\"] == 4", "f(3) as _[\"a\"]=>4"},
    {"f([1, 2])[::-1] -> [2, 1]", "f([1, 2]) as _[::-1]=>[2, 1]"},
    {"f(\"x\").upper() == \"Y\"", "f(\"x\") as _.upper()=>\"Y\""},
    {"assert \", \".join(f(2)) == \"a, b\"", "f(2) as \", \".join(_)=>\"a, b\""},
    /* true or false */
    {"assert f(3)", "f(3) as bool(_)=>True"},
    {"assert not f(3)", "f(3) as not _=>True"},
    {"assert f(3), \"it is prime\"\nassert not f(4)", "f(3) as bool(_)=>True;f(4) as not _=>True"},
    {"assert(f(1) == 2)", "f(1)=>2"},
    {"assert f(3) in (1, 2)", "f(3) as _ in (1, 2)=>True"},
    {"assert f(3) is not None", "f(3) as _ is not None=>True"},
    {"assert isinstance(f(3), list)", "f(3) as isinstance(_, list)=>True"},
    {"self.assertTrue(f(3))\nself.assertFalse(f(4))\nself.assertIsNone(f(5))",
     "f(3) as bool(_)=>True;f(4) as bool(_)=>False;f(5)=>None"},
    {"f(3) is truthy, f(4) should be falsy", "f(3) as bool(_)=>True;f(4) as bool(_)=>False"},
    /* what arguments are made by */
    {"f(\"a\" * 3) == 3", "f(\"a\" * 3)=>3"},
    {"f(range(3)) == [0, 1, 2]", "f(range(3))=>[0, 1, 2]"},
    {"f(2**3) -> 8", "f(2**3)=>8"},
    {"f(float(\"inf\")) == None, f(-float(\"inf\")) == 1",
     "f(float(\"inf\"))=>None;f(-float(\"inf\"))=>1"},
    {"f(frozenset({1})) == [1]", "f(frozenset({1}))=>[1]"},
    {"f([1/3, 2]) == 2", "f([1/3, 2])=>2"},
    {"f(date(2020, 1, 1)) == \"2020-01-01\"", "f(date(2020, 1, 1))=>\"2020-01-01\""},
    {"f(d=datetime.date(2020, 1, 1)) == 3", "f(d=datetime.date(2020, 1, 1))=>3"},
    {"f(Decimal(\"1.5\")) == Decimal(\"3.0\")", "f(Decimal(\"1.5\"))=>Decimal(\"3.0\")"},
    {"f([]) == float(\"-inf\")", "f([])=>float(\"-inf\")"},
    /* calls */
    {"f(1)  # => 2", "f(1)=>2"},
    {"f(1) # 2", "f(1)=>2"},
    {"f(1) # returns 2", "f(1)=>2"},
    {"f(1) // => 2", "f(1)=>2"},
    {"f(1) should return 2", "f(1)=>2"},
    {"f(1) should be 2.", "f(1)=>2"},
    {"f(1) must return 2", "f(1)=>2"},
    {"f(1) will return 2", "f(1)=>2"},
    {"f(1) is 2", "f(1)=>2"},
    {"f(1) = 2", "f(1)=>2"},
    {"f(1) === 2", "f(1)=>2"},
    {"f(1): 2", "f(1)=>2"},
    {"f(1) ==> 2", "f(1)=>2"},
    {"f(1) --> 2", "f(1)=>2"},
    {"f(1) equals 2", "f(1)=>2"},
    {"f(1) is equal to 2", "f(1)=>2"},
    {"f(1) evaluates to 2", "f(1)=>2"},
    {"f(1) yields 2", "f(1)=>2"},
    {"f(1) results in 2", "f(1)=>2"},
    {"f([1,2]) " ARROW " [2,1]", "f([1,2])=>[2,1]"},
    {"f(\"a\") " DINGBAT " \"b\"", "f(\"a\")=>\"b\""},
    {"`f(1)` returns `2`", "f(1)=>2"},
    {"**f(1)** -> **2**", "f(1)=>2"},
    {"- f(1) -> 2\n- f(2) -> 3", "f(1)=>2;f(2)=>3"},
    {"* f(1) == 2\n* f(2) == 3", "f(1)=>2;f(2)=>3"},
    {"f(2) == True but f(3) == False", "f(2)=>True;f(3)=>False"},
    {"f(2) is true and f(3) is false", "f(2)=>True;f(3)=>False"},
    {"f(\"x\") returns null", "f(\"x\")=>None"},
    {"f([true, null]) -> false", "f([True, None])=>False"},
    {"f(-1.5) -> -2", "f(-1.5)=>-2"},
    {"f(1) -> {\"a\": [1, 2], \"b\": null}", "f(1)=>{\"a\": [1, 2], \"b\": None}"},
    {"f((1, 2), {3}) -> (2, 1)", "f((1, 2), {3})=>(2, 1)"},
    {"f(n=3, k=1) -> 4", "f(n=3, k=1)=>4"},
    {"f([[1, 2],\n   [3, 4]]) == [[1, 3],\n   [2, 4]]",
     "f([[1, 2],\n   [3, 4]])=>[[1, 3],\n   [2, 4]]"},
    {"f(" L "abc" R ") = " L "cba" R, "f(\"abc\")=>\"cba\""},
    {"f(" l "a" r ") gives " l "b" r, "f(\"a\")=>\"b\""},
    {"f(" L "say \"x\"" R ") -> 1", "f(\"say \\\"x\\\"\")=>1"},
    {"f(\"true\") == true", "f(\"true\")=>True"},
    {"9 == f(3)", "f(3)=>9"},
    {"f(0) = 0, f(1) = 1", "f(0)=>0;f(1)=>1"},
    {"so f(3) == 9, not 8", "f(3)=>9"},
    {"e.g. f(3) == 9", "f(3)=>9"},
    {"(e.g. f(3) == 9)", "f(3)=>9"},
    {"For example, f(3) == 9 because 3*3 is 9", "f(3)=>9"},
    {"f(3) => 9 (three squared)", "f(3)=>9"},
    {"f(3) == 9; f(4) == 16", "f(3)=>9;f(4)=>16"},
    {"f(3) -> 9,f(4) -> 16", "f(3)=>9;f(4)=>16"},
    {"f(5) is 120 and f(0) is 1", "f(5)=>120;f(0)=>1"},
    {"f('') should equal []", "f('')=>[]"},
    {"so f([1, 2]), returns 3.", "f([1, 2])=>3"},
    {"f(0b101, 0xFF) -> 0o17", "f(0b101, 0xFF)=>0o17"},
    /* asserts and test frameworks */
    {"assert f(1) == 2, \"one\"", "f(1)=>2"},
    {"assert f(\"a\") == \"b\", \"message\"", "f(\"a\")=>\"b\""},
    {"assert f(1) is None", "f(1)=>None"},
    {"assert(f(1) == 2)", "f(1)=>2"},
    {"assert f([1]) => [2]", "f([1])=>[2]"},
    {"self.assertEqual(f(1), 2)", "f(1)=>2"},
    {"expect(f(1)).toBe(2)", "f(1)=>2"},
    {"expect(f([1])).toEqual([2]);", "f([1])=>[2]"},
    /* doctests and heads */
    {"def f(n):\n    \"\"\"Doubles.\n    >>> f(1)\n    2\n    \"\"\"", "f(1)=>2"},
    {"def f(n):\n    \"\"\"It's n's double. f(1) == 2\"\"\"", "f(1)=>2"},
    {">>> f([1, 2])\n[[1],\n [2]]\n>>> f([])\n[]", "f([1, 2])=>[[1],\n [2]];f([])=>[]"},
    {">>> f('a')\n'b'", "f('a')=>'b'"},
    {"def f(s):\n    \"\"\"First.\n    >>> f('ab')\n    'a'\n    >>> f('')\n    \"\"\"\n",
     "f('ab')=>'a';f('')=>None"},
    {">>> f(2) == 4\nTrue", "f(2)=>4"},
    {"def f(a, b):\n    \"\"\" 1, 2 -> 3 \"\"\"", "(1, 2)=>3"},
    {"def f(s: str) -> bool:\n    '''\n    f('aa') = True\n    f('ab') = False\n    '''",
     "f('aa')=>True;f('ab')=>False"},
    {"def f(l: list):\n    \"\"\"\n    For lst = [1,2,3] the output should be 6.\n    \"\"\"",
     "(lst=[1,2,3])=>6"},
    /* values */
    {"\"abc\" becomes \"cba\"", "(\"abc\")=>\"cba\""},
    {"so \"a-b\" becomes \"aB\"", "(\"a-b\")=>\"aB\""},
    {"\"XIV\" -> 14", "(\"XIV\")=>14"},
    {"[3,1,2] gives [1,2,3]", "([3,1,2])=>[1,2,3]"},
    {"such as \"a-b\" " ARROW " \"aB\"", "(\"a-b\")=>\"aB\""},
    {"e.g. 5 " ARROW " 120", "(5)=>120"},
    {"Example: 5 -> 120", "(5)=>120"},
    {"for example 5 -> 120, 3 -> 6", "(5)=>120;(3)=>6"},
    {"factorial: 5 -> 120", "(5)=>120"},
    {"5 -> 120\n3 -> 6", "(5)=>120;(3)=>6"},
    {L "abc" R " " ARROW " " L "cba" R, "(\"abc\")=>\"cba\""},
    {"\"listen\" and \"silent\" -> True", "(\"listen\", \"silent\")=>True"},
    {"\"a\", 3 -> \"aaa\"", "(\"a\", 3)=>\"aaa\""},
    {"nums = [1,2], k = 3 -> 5", "(nums=[1,2], k=3)=>5"},
    {"\"hello\" should become \"olleh\"", "(\"hello\")=>\"olleh\""},
    {"\"a_b\" turns into \"aB\"", "(\"a_b\")=>\"aB\""},
    {"\"3d\" is converted to 3", "(\"3d\")=>3"},
    {"[] -> 0", "([])=>0"},
    {"`[1, 2]` -> `3`", "([1, 2])=>3"},
    {"{\"a\": 1} -> [\"a\"]", "({\"a\": 1})=>[\"a\"]"},
    {"\"\" -> true", "(\"\")=>True"},
    {"remove vowels from a string: \"hello\" -> \"hll\"", "(\"hello\")=>\"hll\""},
    {"Replace every vowel with a star: \"hello\" -> \"h*ll*\"", "(\"hello\")=>\"h*ll*\""},
    /* sentences */
    {"for 3 the answer is 9", "(3)=>9"},
    {"for [1, 2] and k = 2 the answer is [2, 1]", "([1, 2], k=2)=>[2, 1]"},
    {"[5, 6], n = 1 -> [6]", "([5, 6], n=1)=>[6]"},
    {"for 3, the answer should be 9", "(3)=>9"},
    {"for [1, 2] it should return 3", "([1, 2])=>3"},
    {"For s = \"abcde\", c = \"ae\", the result should be ('bcd',False)",
     "(s=\"abcde\", c=\"ae\")=>('bcd',False)"},
    {"given [1, 2] return 3", "([1, 2])=>3"},
    {"given the list [1, 2] we expect 3", "([1, 2])=>3"},
    {"if the input is 5, the output is 120", "(5)=>120"},
    {"with \"ab\" as input: no", ""},
    {"returns 3 for [1, 2]", "([1, 2])=>3"},
    {"It should return True for \"aba\" and False for \"ab\"", "(\"aba\")=>True;(\"ab\")=>False"},
    {"returns \"Fizz\" for 3, \"Buzz\" for 5", "(3)=>\"Fizz\";(5)=>\"Buzz\""},
    {"return 0 for []", "([])=>0"},
    {"gives 9 when given 3", "(3)=>9"},
    {"returns 7 for a = 3 and b = 4", "(a=3, b=4)=>7"},
    {"the answer is 9 for 3", "(3)=>9"},
    /* blocks */
    {"Input: 3\nOutput: 9", "(3)=>9"},
    {"input: 3, output: 9", "(3)=>9"},
    {"Input: 3 Output: 9", "(3)=>9"},
    {"Input: nums = [1,2], k = 3\nOutput: [2]", "(nums=[1,2], k=3)=>[2]"},
    {"Input:\n  nums = [1,2]\n  k = 3\nOutput:\n  [2]", "(nums=[1,2], k=3)=>[2]"},
    {"Input: \n    grid : [[0,1], [1,0]]\n    capacity : 1\n    Output: 6",
     "(grid=[[0,1], [1,0]], capacity=1)=>6"},
    {"Example 1:\nInput: s = \"ab\"\nOutput: true\nExplanation: both differ\n"
     "Example 2:\nInput: s = \"aa\"\nOutput: false",
     "(s=\"ab\")=>True;(s=\"aa\")=>False"},
    {"**Input:** `[1,2]`\n**Output:** `3`", "([1,2])=>3"},
    {"Sample Input:\n3\nSample Output:\n9", "(3)=>9"},
    {"Input 1: 3\nOutput 1: 9", "(3)=>9"},
    {"Input: [1,\n 2,\n 3]\nExpected output: 6", "([1,\n 2,\n 3])=>6"},
    {"Input: \"a\", 2\nExpected: \"aa\"", "(\"a\", 2)=>\"aa\""},
    {"input [1, 2] -> output [2, 1]", ""},
    {"Input: " L "ab" R "\nOutput: " L "ba" R, "(\"ab\")=>\"ba\""},
    /* tables */
    {"| input | output |\n|---|---|\n| 3 | 9 |\n| 4 | 16 |", "(3)=>9;(4)=>16"},
    {"| a | b | result |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | 9 |", "(1, 2)=>3;(4, 5)=>9"},
    {"| 3 | 9 |\n| 4 | 16 |", "(3)=>9;(4)=>16"},
    {"input\toutput\n3\t9\n4\t16", "(3)=>9;(4)=>16"},
    {"a\tb\texpected\n1\t2\t3", "(1, 2)=>3"},
    {"| text | expected |\n|:--|--:|\n| `\"a|b\"` | `2` |", "(\"a|b\")=>2"},
    {"| # | n | returns |\n|---|---|---|\n| 1 | 5 | 120 |", "(5)=>120"},
    {"| n | f(n) |\n|---|---|\n| 5 | 120 |", "(5)=>120"},
    {"count_days(start, end)\n| start | end | days |\n|---|---|---|\n| \"a\" | \"b\" | 3 |",
     "(\"a\", \"b\")=>3"},
    {"n | result\n--|--\n5 | 120\n3 | 6", "(5)=>120;(3)=>6"},
};

static const char *const negatives[] = {
    "list the numbers from 1 -> 10 range",
    "count from 1 -> 10",
    "the years 2000 -> 2010",
    "upgrade python 3.8 -> 3.9",
    "version 1.2 -> 1.3",
    "forward port 80 -> 8080",
    "a linked list 1 -> 2 -> 3 -> None",
    "1 " ARROW " 2 " ARROW " 3",
    "not f(3) == 8",
    "f(3) must not be 8",
    "f(3) should not return 8",
    "f(3) != 8",
    "f(3) is not 8",
    "never f(3) -> 8",
    "it does not return 8 for 3",
    "it should never return 8 for 3",
    "wrong: f(3) == 8",
    "Wrong:\nf(3) == 8",
    "a counter-example: f(3) == 8",
    "f(3) returns 8 instead of 9",
    "f(3) returns 8 but should return 9",
    "f(3) returns 8, which is wrong",
    "expected 9 but f(3) gives 8",
    "bug: f(3) returns 8",
    "currently f(3) returns 8",
    "f(3) == 9 is false",
    "not f(3) == 8 or f(4) == 15",
    "if f(3) == 9 then stop",
    "while f(1) == 2: pass",
    "f(3) -> 1,000",
    "f(3) -> 1, 2",
    "f(3) = 3! = 6",
    "f(3) -> 1.2.3",
    "f(3) -> 10:30",
    "f(3) == 9 + 1",
    "f(3) -> 9 apples",
    "f(4) = f(3) + f(2)",
    "f(x) -> 3 x",
    "f(3) -> int",
    "math.sqrt(4) = 2",
    "print(3) -> 3",
    "len(\"abc\") == 3",
    "range(3) -> [0, 1, 2]",
    "O(1) is 1",
    "replace \"a\" -> \"b\"",
    "rename 'old' -> 'new'",
    "with the mapping 'A' -> 1, 'B' -> 2",
    "edges: 1 -> 2, 2 -> 3",
    "the transitions are \"idle\" -> \"busy\", \"busy\" -> \"idle\"",
    "for 3 days the price is 9",
    "for 1 and 2 return 1",
    "return 0 for 404 errors",
    "returns 1 for each word",
    "returns 7 for 3 and 4",
    "given 3 numbers return the largest",
    "with 3 retries it returns 9 times",
    "if x = 0 and y = 1, return 2 times x",
    "Input: hello\nOutput: olleh",
    "Input: 1 2 3\nOutput: 6",
    "Input: a list\nOutput: 3",
    "| item | price |\n|---|---|\n| \"apple\" | 3 |",
    "| name | age |\n|---|---|\n| \"Ann\" | 30 |\n| \"Bob\" | 40 |",
    "id\tname\n1\t\"x\"",
    ">>> f(2) == 5\nFalse",
    ">>> x = f(3)\n9",
    "see chapter 3 => 4",
    "the ratio 3:4 gives 1 hint",
    "page 3 becomes 4",
    "at 10 -> 12 o'clock",
    "between 5 -> 10",
    "he said \"f(3) == 9\" once",
    "1 <- 2",
    "f(0b2) -> 0x",
    "f(3), 9",
    "f(3), is 9 apples",
    "x == 3 -> y",
    "2 + 3 -> 5 total",
    "0 < n -> 5 <= 7",
    /* errors, views and claims that are none */
    "f(-1) should not raise ValueError",
    "f(-1) never raises ValueError",
    "If f(-1) raises ValueError, return None",
    "when f(-1) raises ValueError catch it",
    "Currently f(0) raises ZeroDivisionError",
    "Fix it: f(0) raises ZeroDivisionError",
    "f(0) raises ZeroDivisionError, it should return 0",
    "f(0) raises ZeroDivisionError but should not",
    "f(-1) raises ValueError if strict is set",
    "it must not raise ValueError for f(0)",
    "do not raise ValueError for f(0)",
    "It crashes:\nf(0)  # ZeroDivisionError",
    "Fix this:\n>>> f(0)\nTraceback (most recent call last):\n  ...\nZeroDivisionError: x",
    "There is a bug in f. >>> f(0)\nTraceback (most recent call last):\n  ...\nKeyError: 0",
    "def f(a, b):\n    raises ValueError for 0",
    "def f(x):\n    raises ValueError for 0 items",
    "def f(x):\n    raises ValueError for 3 or more",
    "it raises ValueError for 0",
    ">>> f(3) > 4\nFalse",
    "f(-1) raises the price",
    "f(x) raises ValueError",
    "raises ValueError for negative numbers",
    "f(-1) -> Error",
    "f(-1) returns ValueError classes",
    "def g(x): pass\ndef f(x): pass\nwith pytest.raises(ValueError):\n    g(-1)",
    "with pytest.raises(ValueError):\n    x = compute(y)",
    "assertRaises(ValueError, f, x)",
    "len(\"abc\") == 3 and sorted([2, 1]) == [1, 2]",
    "round(f(x), 2) == 0.5",
    "len(f(3)) == len(f(4))",
    "assert f(3) == f(4)",
    "assert f(f(3)) == 3",
    "assert f(3) or g(3)",
    "assert x in (1, 2)",
    "we assert f(3) to be sure",
    "self.assertFalse(f(3) == 9)",
    "print(f(3), end=\"\") == 4",
    "f(now()) == 3",
    "f(random.random()) == 3",
    "f(open(\"x\")) == 3",
    "f(3)[i] == 4",
    "rows[0].split()[0] == 4",
    "\"a b\".split()[0] == \"a\"",
    "f(3).foo() == 4",
    "f(3) is about 5 lines long",
    "f(3) is about time",
    "math.isclose(f(2), 1.41) may help",
    "f(3) in (1, 2) or so",
    "sum(range(3)) == 3",
    "f(3)\n\n-> 4",
    "f(3) = 2 * 4 = x",
    "f(3) == 8 or so they say, f(3) == 9",
};

static void write_found(const struct examples *x, char *out, size_t size)
{
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < x->count && n < size; i++) {
        const struct example *e = &x->list[i];
        n += (size_t)snprintf(
            out + n, size - n, "%s%s%.*s%s%s%.*s%s%.*s", i ? ";" : "", e->call ? "" : "(",
            (int)(e->call ? e->call_len : e->args_len), e->call ? e->call : e->args,
            e->call ? "" : ")", e->view ? " as " : "", (int)e->view_len, e->view ? e->view : "",
            e->kind == EXAMPLE_RAISES ? " raises " : "=>", (int)e->expected_len, e->expected);
    }
}

static bool gives(const char *text, const char *wanted, bool *any)
{
    struct examples x;
    struct buf python;
    char found[1000];
    bool same;
    buf_init(&python, 1 << 16);
    examples_read(text, &x);
    assert_int_equal(examples_python(&x, &python), ERR_OK);
    write_found(&x, found, sizeof found);
    *any = x.count > 0;
    same = strcmp(found, wanted) == 0;
    if (!same)
        print_error("%s\n    gives %s\n    not   %s\n", text, found, wanted);
    buf_fini(&python);
    return same;
}

static void phrases_are_read_as_people_mean_them(void **state)
{
    const size_t p = sizeof positives / sizeof *positives, n = sizeof negatives / sizeof *negatives;
    size_t right = 0, examples = 0, false_ones = 0;
    bool any;
    (void)state;
    for (size_t i = 0; i < p; i++) {
        bool same = gives(positives[i].text, positives[i].found, &any);
        examples += *positives[i].found != 0;
        right += same && *positives[i].found;
        false_ones += !same && any;
    }
    for (size_t i = 0; i < n; i++)
        false_ones += !gives(negatives[i], "", &any);
    print_message("%zu phrases with examples, %zu without: precision %.3f, recall %.3f\n", examples,
                  n, (double)right / (double)(right + false_ones),
                  (double)right / (double)examples);
    assert_true(examples >= 190 && n >= 110);
    assert_int_equal(false_ones, 0);
    assert_int_equal(right, examples);
}

/* ---- the function that is meant ---- */

static const struct {
    const char *text, *function, *params;
    int needs, takes;
} heads[] = {
    {"def add(a, b):\n    \"\"\"Adds.\"\"\"", "add", "a, b", 2, 2},
    {"def add(a: int, b: int = 2) -> int:\n", "add", "a, b", 1, 2},
    {"def f(x: Dict[str, int], *args, key=None):", "f", "x, key", 1, 99},
    {"def helper(x):\n    return x\n\ndef main_one(s: str):\n    \"\"\"x\"\"\"", "main_one", "s", 1,
     1},
    {"from typing import List\n\n\ndef f(a: List[int],\n      b: str = \"x, y\") -> bool:", "f",
     "a, b", 1, 2},
    {"class A:\n    def f(self, x):\n        pass", "f", "x", 1, 1},
    {"Write a function called add_two that adds", "add_two", "", -1, -1},
    {"Write a function named `merge` which merges", "merge", "", -1, -1},
    {"Write a python function merge(a, b) that merges", "merge", "a, b", 2, 2},
    {"Implement `gcd(a, b)`.", "gcd", "a, b", 2, 2},
    {"Sort it. Name the function sort_it.", "sort_it", "", -1, -1},
    {"Name it sort_it", "sort_it", "", -1, -1},
    {"f(3) == 9", "f", "", -1, -1},
    {"Write a function that adds two numbers", "", "", -1, -1},
    {"Please write merge(a, b) which merges; len(a) may be 0", "merge", "a, b", 2, 2},
    {"in O(n), sorted(x) is allowed", "", "", -1, -1},
    {"with math.sqrt(x) and (a, b)", "", "", -1, -1},
    {"a function called with two numbers", "", "", -1, -1},
    {"make a function for sorting", "", "", -1, -1},
};

static void the_function_is_named_by_head_words_or_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct examples x;
        examples_read(heads[i].text, &x);
        if (strcmp(x.function, heads[i].function) != 0 || strcmp(x.params, heads[i].params) != 0 ||
            x.needs != heads[i].needs || x.takes != heads[i].takes)
            fail_msg("%s gives %s(%s) %d..%d", heads[i].text, x.function, x.params, x.needs,
                     x.takes);
    }
}

static void what_contradicts_or_does_not_fit_is_left_out(void **state)
{
    bool any;
    (void)state;
    assert_true(gives("f(3) == 9, f(3) == 8", "", &any));
    assert_true(gives("f(3) == 9, f( 3 ) == 9", "f(3)=>9", &any));
    assert_true(gives("f(3) == 9, f(3) raises ValueError", "", &any));
    assert_true(gives("len(f(3)) == 1, len(f( 3 )) == 2", "", &any));
    assert_true(gives("f(3) == [1], len(f(3)) == 1, f(3)[0] == 1, assert f(3)",
                      "f(3)=>[1];f(3) as len(_)=>1;f(3) as _[0]=>1;f(3) as bool(_)=>True", &any));
    assert_true(gives("def f(a, b):\n 1 -> 2\n 1, 2 -> 3\n", "(1, 2)=>3", &any));
    assert_true(gives("codes: 'A' -> 1, 'B' -> 2; f(\"AB\") == 12", "f(\"AB\")=>12", &any));
    assert_true(
        gives("def g(x):\n    return 1\n\ndef f(x):\n    '''\n    g(2) = 1\n    '''", "", &any));
    assert_true(gives("def sum(x):\n    '''\n    sum([1]) = 1\n    '''", "sum([1])=>1", &any));
}

/* ---- what a model that writes tests answers ---- */

static void only_asserts_of_calls_and_literals_are_tests(void **state)
{
    static const char answer[] = "Here are tests:\n"
                                 "```python\n"
                                 "assert f(1) == 2\n"
                                 "  assert f(2) == 4, \"two\"\n"
                                 "assert f(3) == 7\n"
                                 "assert f(1) == 2\n"
                                 "assert f(4) == f(2) * 2\n"
                                 "assert f(x) == 2\n"
                                 "assert f(5) == 10 or True\n"
                                 "assert f(6) != 11\n"
                                 "assert f(7) == 14  # seven\n"
                                 "assert f(8) == 1\n"
                                 "assert f(8) == 16\n"
                                 "assert abs(f(9) - 18) < 1\n"
                                 "f(10) == 20\n"
                                 "print(f(11))\n"
                                 "assert f('a\\nb') is None\n"
                                 "assert f(12) == 24";
    struct examples truth, x;
    char found[1000];
    (void)state;
    examples_read("f(3) == 6", &truth);
    examples_read_asserts(answer, &truth, 10, &x);
    write_found(&x, found, sizeof found);
    assert_string_equal(found, "f(1)=>2;f(2)=>4;f(7)=>14;f('a\\nb')=>None;f(12)=>24");
    examples_read_asserts(answer, &truth, 2, &x);
    write_found(&x, found, sizeof found);
    assert_string_equal(found, "f(1)=>2;f(2)=>4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_are_read_as_people_mean_them),
        cmocka_unit_test(the_function_is_named_by_head_words_or_calls),
        cmocka_unit_test(what_contradicts_or_does_not_fit_is_left_out),
        cmocka_unit_test(only_asserts_of_calls_and_literals_are_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
