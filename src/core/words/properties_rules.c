/* The phrases that decide something of every answer, and the words that take it back. The vetoes
 * are many on purpose: a rule that does not fire costs little, one that fires wrongly refuses a
 * right program. */
#include "core/words/properties.h"

#define ART   "a/an/the/this/these/given/my/some/any? "
#define IS_A  "given/unsorted/whole/input/python? "
#define LIST  "list/array/sequence "
#define PLAIN "numbers/integers/ints/floats/words/names/strings/elements/items/values "
#define OF_PLAIN                                                                                   \
    "of? positive/whole/real? "                                                                    \
    "numbers/integers/ints/floats/words/names/strings/elements/items/values? "

/* What makes an order another one, or a part of the input. */
#define NOT_SORT                                                                                   \
    "by key keys descending decreasing reverse reversed largest highest biggest longest length "   \
    "unique duplicates duplicate distinct except only second custom tuple tuples pair pairs dict " \
    "dicts dictionary records rows natural ignoring insensitive case-insensitive even odd evens "  \
    "odds then unless oldest youngest frequency frequent count in-place place steps swaps "        \
    "topological wave zigzag wiggle mountain alternating alternately custom each every first "     \
    "last negative zeros zeroes absolute digits digit k k-th kth top nested merge two both "       \
    "rotated "                                                                                     \
    "checks check whether if moved remain without letters characters none so half except "         \
    "random shuffled already nearly comparator lambda lexicographically objects stable "           \
    "unsorted_part "
#define NOT_DEDUPE                                                                                 \
    "consecutive adjacent neighbouring neighboring neighbors neighbours case ignoring "            \
    "insensitive case-insensitive by key keys last latest newest highest lowest count counts "     \
    "occurrences in-place place linked length sum more most twice than least each except "         \
    "sorted sort dicts dict dictionaries records rows tuples nested two both if unless whether "   \
    "times k alphabetical letters-only differ "
#define NOT_REVERSE                                                                                \
    "each every words sentence vowels vowel consonants only between until first last k n groups "  \
    "group chunks linked digits digit number integer bits bit place in-place complement polish "   \
    "except keeping keep punctuation letters lines dict dictionary keys part parts sub sublist "   \
    "substring index palindrome equal equals compare then if unless odd even longer upper lower "  \
    "case uppercase lowercase two both start end position positions half nested deep "             \
    "recursively_nested "                                                                          \
    "alphabet spaces merge sort sorted rotate times mirror-image whether check checks range "
#define NOT_EXTREME                                                                                \
    "second third difference sum product subarray sublist sliding window k k-th nth n-th index "   \
    "position positions even odd key by length longest shortest absolute pair pairs two gap less " \
    "than below above prime nested dict dictionary tuples common multiple divisor smaller larger " \
    "count times occurs missing each every both not negative distinct unique without and minus "   \
    "adjacent consecutive neighbours increasing digit digits word words strings frequency most "   \
    "frequent except excluding column row rows matrix so far only "
#define NOT_CASE                                                                                   \
    "first each every alternate alternating words camel snake title except only swap if unless "   \
    "vowels vowel count other last letters letter remove then but and kebab acronym "
#define NOT_FILTER                                                                                 \
    "count sum how many product square squares squared index indices position positions largest "  \
    "smallest average mean before after sort sorted swap separate replace or except not "          \
    "strings reverse reversed unique distinct between up difference digits digit then double "     \
    "doubled index most number_of at cumulative last nth tuple dict pairs first "
#define NOT_TRIM                                                                                   \
    "n k most first one limit characters length exactly tabs_only replace replaced hyphen "        \
    "hyphens "                                                                                     \
    "underscore underscores each_of newline_only left right reverse then count "

const struct property_rule property_rules[] = {
    /* sorting */
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN "$", "ascending permutation idempotent", NOT_SORT, true,
     'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN
     "in ascending/increasing/non-decreasing/numerical order",
     "ascending permutation idempotent", NOT_SORT, true, 'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN "from? smallest/lowest to largest/highest",
     "ascending permutation idempotent",
     "by key reverse unique duplicates distinct second tuples pairs dict ignoring even odd then "
     "in-place place each every k absolute nested merge two if so",
     true, 'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN
     "using/with a/the? bubble/insertion/selection/merge/quick/heap",
     "ascending permutation idempotent",
     "by key descending decreasing reverse unique duplicates distinct second tuples pairs dict "
     "ignoring even odd then in-place place steps swaps count each every passes if so after",
     true, 'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN "and return/returns the/a? sorted/result/list/it",
     "ascending permutation idempotent", NOT_SORT, true, 'l'},
    {"^ sort/sorts " ART PLAIN "in ascending/increasing order $",
     "ascending permutation idempotent", NOT_SORT, true, 'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN "in descending/decreasing order",
     "descending permutation idempotent",
     "by key unique duplicates distinct second tuples pairs dict dicts ignoring even odd then "
     "in-place place each every k k-th kth top first last absolute nested merge two if so length "
     "ascending frequency whether",
     true, 'l'},
    {"^ sort/sorts " ART IS_A LIST OF_PLAIN "from? largest/highest to smallest/lowest",
     "descending permutation idempotent",
     "by key unique duplicates distinct second tuples pairs dict dicts ignoring even odd then "
     "in-place place each every k absolute nested merge two if so length ascending frequency",
     true, 'l'},
    /* duplicates */
    {"^ remove/removes/removing/delete/deletes/drop/drops/eliminate all/any/the? "
     "duplicate/duplicates elements/items/values/entries/numbers/integers/words/strings? from " ART
         IS_A LIST OF_PLAIN "$",
     "unique same_set idempotent", NOT_DEDUPE, true, 'l'},
    {"^ remove/removes/removing/delete/deletes/drop/drops/eliminate all/any/the? "
     "duplicate/duplicates elements/items/values/entries/numbers/integers/words/strings? from " ART
         IS_A LIST OF_PLAIN
     "while/and/but? keeping/keep/keeps/preserving/preserve/preserves/maintaining/retaining "
     "the/their? original/relative/first? order",
     "unique same_set idempotent in_order", NOT_DEDUPE, true, 'l'},
    {"^ deduplicate/deduplicates/dedupe/dedupes " ART IS_A LIST OF_PLAIN "$",
     "unique same_set idempotent", NOT_DEDUPE, true, 'l'},
    {"^ remove/removes all/any/the? duplicate/repeated characters/letters from " ART IS_A
     "string/text/word $",
     "unique same_set idempotent", NOT_DEDUPE "lower upper uppercase lowercase ", true, 's'},
    {"return/returns " ART "list/array of the/all? unique/distinct/different", "unique",
     NOT_DEDUPE "lists ", false, 0},
    /* reversing */
    {"^ reverse/reverses " ART IS_A "string/text/list/array/word/sequence $",
     "mirror permutation involution", NOT_REVERSE, true, 'i'},
    {"^ reverse/reverses " ART IS_A "list/array/sequence of numbers/integers/ints/items/elements $",
     "mirror permutation involution", NOT_REVERSE, true, 'l'},
    {"^ reverse/reverses " ART IS_A "string/text/list/array/sequence without/using",
     "mirror permutation involution", NOT_REVERSE, true, 'i'},
    {"^ reverse/reverses " ART IS_A "string/text/list/array/sequence and return/returns the/it? "
     "result/reversed/it?",
     "mirror permutation involution", NOT_REVERSE, true, 'i'},
    {"^ return/returns " ART IS_A "string/list/text/word reversed $", "mirror", NOT_REVERSE, false,
     0},
    /* the largest, the smallest */
    {"^ find/finds/return/returns/get/give/gives the "
     "largest/biggest/maximum/greatest/highest number/element/value/item/integer? in/of/from " ART
         IS_A LIST,
     "largest steady", NOT_EXTREME "smallest minimum lowest ", true, 'l'},
    {"^ find/finds/return/returns/get/give/gives the smallest/minimum/lowest/least "
     "number/element/value/item/integer? in/of/from " ART IS_A LIST,
     "smallest steady", NOT_EXTREME "largest maximum highest biggest ", true, 'l'},
    /* letters */
    {"^ convert/converts/turn/turns/change/changes/transform/transforms " ART
     "given/whole? string/text/word/sentence to/into upper/uppercase case/letters?",
     "upper same_length idempotent", NOT_CASE "lower lowercase ", false, 0},
    {"^ convert/converts/turn/turns/change/changes/transform/transforms " ART
     "given/whole? string/text/word/sentence to/into lower/lowercase case/letters?",
     "lower same_length idempotent", NOT_CASE "upper uppercase ", false, 0},
    {"^ trim/trims/strip/strips leading/surrounding? and? trailing? whitespace/spaces/blanks",
     "idempotent", NOT_TRIM, false, 0},
    {"^ collapse/collapses/normalize/normalizes/normalise/normalises/squeeze/squeezes "
     "all/every/multiple/repeated/consecutive? run/runs? of? multiple/repeated? "
     "whitespace/spaces/blanks",
     "idempotent", NOT_TRIM, false, 0},
    {"^ remove/removes/delete/deletes all/any/the? "
     "vowels/spaces/digits/punctuation/whitespace/consonants from " ART
     "given? string/text/word/sentence",
     "in_order idempotent", NOT_TRIM "second reverse reversed upper lower lowercase uppercase ",
     false, 0},
    /* parts */
    {"^ return/returns/keep/keeps/filter/filters/get/find/finds/give/gives only? " ART
     "all? list? of? the/all/only? even numbers/integers/elements/values? in/of/from " ART IS_A
         LIST,
     "even in_order", NOT_FILTER "odd ", false, 0},
    {"^ return/returns/keep/keeps/filter/filters/get/find/finds/give/gives only? " ART
     "all? list? of? the/all/only? odd numbers/integers/elements/values? in/of/from " ART IS_A LIST,
     "odd in_order", NOT_FILTER "even ", false, 0},
    {"^ return/returns/keep/keeps/filter/filters/get/find/finds/give/gives only? " ART
     "all? list? of? the/all/only? positive numbers/integers/elements/values? in/of/from " ART IS_A
         LIST,
     "positive in_order", NOT_FILTER "negative ", false, 0},
    {"^ return/returns/keep/keeps/filter/filters/get/find/finds/give/gives only? " ART
     "all? list? of? the/all/only? negative numbers/integers/elements/values? in/of/from " ART IS_A
         LIST,
     "negative in_order", NOT_FILTER "positive ", false, 0},
    {"return/returns/gives/give back? a/the? new? list/string of the same length $", "same_length",
     "lists strings two both nested", false, 0},
    {"return/returns/gives/give back? a/the? new? list/string of the same length where/in",
     "same_length", "lists strings two both nested", false, 0},
    /* how many */
    {"^ count/counts how many", "not_negative",
     "difference change net minus less signed -1 negative invalid error otherwise down", false, 0},
    {"^ count/counts the/all number/occurrences/words/vowels/letters/characters/elements/items",
     "not_negative",
     "difference change net minus less signed -1 negative invalid error otherwise down", false, 0},
    {"return/returns/give/gives how many", "not_negative",
     "difference change net minus less signed -1 negative invalid error otherwise more percent",
     false, 0},
    /* two that may be swapped */
    {"anagrams/anagram of each/one/another other/another?", "symmetric", "subset contains first",
     false, 0},
    {"greatest/highest/largest common divisor/factor of two", "symmetric", "extended coefficients",
     false, 0},
    {"least/lowest/smallest common multiple of two", "symmetric", "extended coefficients", false,
     0},
    {"hamming/levenshtein/edit distance between two", "symmetric",
     "cost costs weighted insertion deletion operations", false, 0},
    {"^ add/adds/multiply/multiplies two numbers/integers", "symmetric",
     "then subtract divide modulo if unless", false, 0},
    /* arguments that stay as they are */
    {"given/input/original/old lists/list/grid/dict/array/argument/data/board/matrix itself? "
     "themselves? "
     "must/should/is/are/may/do/does not be? changed/modified/mutated/change",
     "untouched", "", false, 0},
    {"lists/dicts/list/dict/arrays/arguments themselves/itself must/should/may not be? "
     "changed/modified/mutated/change",
     "untouched", "", false, 0},
    {"not/without/never change/modify/mutate/changing/modifying/mutating the/its? "
     "given/input/original/passed? "
     "list/lists/dict/array/argument/arguments/input/inputs/grid/board",
     "untouched", "order elements", false, 0},
};
const size_t property_rule_count = sizeof property_rules / sizeof *property_rules;
