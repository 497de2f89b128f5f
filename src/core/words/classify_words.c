#include "core/words/classify_words.h"

#include <ctype.h>
#include <string.h>

#include "base/nearest.h"

static const char *const lists[WORD_KINDS] = {
    [WORD_WRITE] =
        " write create make generate produce give show compose draft design build develop "
        "prepare craft provide need want come do ",
    [WORD_TELL] = " explain tell discuss elaborate brainstorm recommend suggest advise paraphrase "
                  "proofread rephrase reword congratulate persuade imagine pretend invent argue "
                  "teach clarify thank apologize apologise roleplay ",
    [WORD_REPHRASE] = " describe summarize summarise translate compare define outline rewrite list "
                      "name review edit shorten improve correct contrast polish ",
    [WORD_WORK] =
        " reverse sort count remove filter parse convert turn check compute calculate return merge "
        "split extract validate detect group flatten replace format implement simulate encode "
        "decode compress decompress rotate swap deduplicate capitalize capitalise read load print "
        "determine add sum subtract multiply divide insert delete append truncate join concatenate "
        "zip map reduce shuffle partition transpose normalize normalise tokenize tokenise "
        "lowercase uppercase trim strip pad wrap escape unescape encrypt decrypt hash interleave "
        "rename copy move save store log monitor schedule automate scrape crawl download fetch "
        "implement code program refactor debug fix test evaluate solve find_all rank pair "
        "transform clean cluster plot rearrange toggle verify search match given sanitize mask "
        "redact collapse expand chunk batch round clamp increment decrement intersect subtract "
        "traverse iterate loop repeat square double halve invert negate sample pick drop keep "
        "select aggregate average tally shift zero align center centre classify count_words "
        "implementing making take takes accept draw slugify ",
    [WORD_LOOK] = " find get lookup look output display identify locate obtain figure use ",
    [WORD_ASK] = " what who whom whose why when where which how is are was were does do did can "
                 "could should would will shall whats hows ",
    [WORD_CODE] =
        " function functions program programs script scripts code class method methods algorithm "
        "algorithms python regex regexp cli api parser module library snippet one-liner oneliner "
        "subroutine procedure lambda generator decorator iterator tool utility app application bot "
        "scraper crawler server endpoint query sql calculator implementation validator converter "
        "checker simulator game solver interpreter compiler lexer tokenizer linter formatter "
        "sorter counter encoder decoder cipher cache queue stack linked-list heap trie wrapper "
        "macro routine def datatype dataclass singleton middleware plugin daemon job pipeline "
        "dashboard website webpage html css template component widget chatbot timer scheduler "
        "clone quiz problem terminal logger printer backend frontend database schema migration "
        "dockerfile makefile "
        "command "
        "command-line python3 javascript java rust c++ golang bash shell programme ",
    [WORD_TEXT] =
        " haiku poem limerick letter email mail joke song lyrics tweet slogan paragraph sentence "
        "sentences tagline caption recipe summary riddle dialogue dialog headline greeting apology "
        "invitation announcement toast bio quote quotes proverb rap verse sonnet ballad message "
        "note postcard advice tip tips idea ideas description explanation definition introduction "
        "conclusion abstract hook title pun puns fable tale story review reply response "
        "compliment excuse names nickname birthday wedding congratulations motto pitch eulogy "
        "obituary blurb synopsis testimonial horoscope meme prayer bedtime overview translation "
        "biography name pros cons menu plan metaphor analogy acrostic ode rhyme jokes poems "
        "stories ",
    [WORD_LONG] =
        " essay article report blog speech proposal chapter novel screenplay whitepaper "
        "documentation analysis thesis dissertation guide tutorial newsletter memo resume "
        "cv curriculum syllabus lesson itinerary brief handbook manual policy contract "
        "monologue play debate critique strategy ",
    [WORD_DATA] =
        " list lists string strings array arrays number numbers integer integers digit digits csv "
        "json xml yaml html file files directory folder dictionary dict dictionaries matrix tuple "
        "tuples set sets word words character characters letter letters vowel vowels consonant "
        "consonants substring substrings line lines column columns row rows table key keys value "
        "values element elements item items date dates timestamp timestamps palindrome anagram "
        "anagrams prime primes fibonacci factorial factorials binary hexadecimal hex octal decimal "
        "roman numeral numerals celsius fahrenheit duplicate duplicates odd even sorted ascending "
        "descending bracket brackets parenthesis parentheses interval intervals tree node nodes "
        "graph bits byte bytes base64 url urls password passwords random median mode mean maximum "
        "minimum max min largest smallest longest shortest uppercase lowercase camelcase "
        "snakecase snake camel case index indices fraction divisors divisor factor factors "
        "multiple multiples sequence subsequence subarray permutation permutations combination "
        "combinations range pairs pair occurrence occurrences frequency frequencies histogram "
        "average leap fizzbuzz rot13 caesar morse md5 sha256 crc32 checksum ip isbn vin iban "
        "whitespace spaces punctuation slug markdown text input output args argument parameter "
        "parameters seconds minutes triangle circle rectangle area perimeter grid board "
        "coordinates "
        "point points distance log logs quicksort mergesort sudoku levenshtein uuid temperature "
        "currency cents coins change spreadsheet pixels image images records record dataframe "
        "encryption decryption cypher hello weekday weekdays age ages score scores grade grades "
        "username emails phone ",
    [WORD_HARD] =
        " algorithm algorithms dijkstra backtracking memoization memoized memoize knapsack "
        "n-queens "
        "queens sudoku sieve eratosthenes levenshtein topological trie heap quicksort mergesort "
        "heapsort bfs dfs breadth-first depth-first permutations permutation combinations hanoi "
        "lru convex hull collatz kruskal prim bellman-ford floyd-warshall a-star astar huffman "
        "subsequence knight knights binary-search bisection kmp rabin-karp union-find "
        "disjoint-set dynamic lcs n-grams minimax alpha-beta simplex fft gcd euclidean euclid "
        "traversal spanning shortest-path subsets powerset recursion recursive recursively primes "
        "prime fibonacci graph kadane partitions ",
    [WORD_LANGUAGE] =
        " french spanish german italian portuguese dutch english russian chinese "
        "mandarin japanese korean arabic hindi polish swedish norwegian danish finnish "
        "greek turkish latin hebrew czech hungarian thai vietnamese ukrainian "
        "indonesian esperanto ",
    [WORD_FETCH] = " fetch fetches download downloads call calls request requests get gets post "
                   "posts scrape scrapes crawl crawls ping pings query queries retrieve retrieves "
                   "upload uploads poll polls read reads ",
    [WORD_NET] = " api apis http https rest endpoint webhook website webpage url urls web internet "
                 "online graphql rss wikipedia github twitter weather forecast exchange ",
    [WORD_DEMAND] =
        " must should handle handles support supports efficient efficiently optimize optimized "
        "also ensure including concurrent concurrently parallel thread threads async robust error "
        "errors edge cases configurable several unless otherwise additionally furthermore each "
        "respecting validate ",
    [WORD_LARGE] = " game interpreter compiler server simulator simulation framework engine "
                   "database app application scheduler chess tetris lexer spreadsheet blockchain "
                   "crawler inventory parser website emulator tokenizer vm ",
};

static bool in_list(const char *word, const char *list)
{
    size_t n = strlen(word);
    const char *at = list;
    while ((at = strstr(at, word))) {
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
        at += n;
    }
    return false;
}

bool word_is(const char *word, enum word_kind kind)
{
    return *word && !strchr(word, ' ') && in_list(word, lists[kind]);
}

static bool known(const char *word)
{
    for (int k = 0; k < WORD_KINDS; k++)
        if (word_is(word, (enum word_kind)k))
            return true;
    return false;
}

/* Words that are mistyped often and decide much. */
static const char *mended(const char *word)
{
    static const char *const words[] = {
        "function",  "program",   "script",    "algorithm", "write",   "python",
        "explain",   "translate", "summarize", "calculate", "reverse", "convert",
        "implement", "generate",  "paragraph", "letter",    "number",  "numbers",
        "string",    "describe",  "poem",      "haiku",     "story",   "return"};
    size_t n = strlen(word);
    if (n < 4 || known(word))
        return word;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word[0] == words[i][0] && nearest_distance(word, words[i]) <= (n < 6 ? 1 : 2) &&
            strlen(words[i]) >= 4 && strlen(words[i]) + 1 >= n && n + 1 >= strlen(words[i]))
            return words[i];
    return word;
}

static bool in_word(const char *p)
{
    return isalnum((unsigned char)*p) || *p == '_' || (unsigned char)*p >= 0x80 ||
           ((*p == '-' || *p == '\'' || *p == '+') &&
            (isalnum((unsigned char)p[1]) || p[1] == '+' || (p[1] == ' ' && p[-1] == '+')));
}

void words_read(const char *text, struct words *w)
{
    size_t used = 0;
    bool joined = true;
    w->count = 0;
    for (const char *p = text; *p && w->count < WORDS_MAX;) {
        size_t n = 0;
        if (!isalnum((unsigned char)*p) && (unsigned char)*p < 0x80) {
            joined |= strchr(".,;:!?\n", *p) != NULL;
            p++;
            continue;
        }
        while (p[n] && in_word(p + n))
            n++;
        if (used + n + 1 > sizeof w->pool)
            return;
        for (size_t i = 0; i < n; i++)
            w->pool[used + i] = (char)tolower((unsigned char)p[i]);
        w->pool[used + n] = 0;
        w->joined[w->count] = joined;
        w->list[w->count++] = mended(w->pool + used);
        used += n + 1;
        p += n;
        joined = false;
    }
}
