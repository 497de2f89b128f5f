/* The search in what is kept: words, meaning, both as one ranking, and what happens without the
 * one or the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../rag_fixture.h"
#include "core/rag/search_internal.h"

/* ---- a memory ---- */

static const struct kept kept[] = {
    /* a1 */ {.name = "sort_list",
              .task = "sort a list of numbers, smallest first",
              .source = "def sort_list(numbers):\n    return sorted(numbers)\n",
              .tags = "math,order",
              .created = 1000},
    /* a2 */
    {.name = "romanToInt",
     .task = "turn roman numerals into integers",
     .source = "def romanToInt(text):\n    total = 0\n    return total\n",
     .tags = "math",
     .created = 2000},
    /* a3 */
    {.name = "parse_date",
     .task = "parse dates of a calendar",
     .source = "def parse_date(line):\n    # leap years are sorted out here\n    return line\n",
     .created = 3000,
     .rating = 5},
    /* a4 */
    {.name = "letters",
     .task = "count the letters of a message",
     .created = 4000,
     .unsolved = true},
    /* a5 */
    {.name = "arrange", .task = "arrange an array", .tags = "order", .created = 5000, .rating = 1},
    /* a6 */
    {.kind = "text", .name = "haiku", .task = "write a haiku about the sea", .created = 6000},
    /* a7 */
    {.name = "二进制", .task = "把二进制数转换成十进制数", .tags = "math", .created = 7000},
    /* a8 */
    {.name = "école", .task = "Größe der ÉCOLE in Metern, straße", .created = 8000},
    /* a9 */
    {.name = "sha256_hex",
     .task = "the sha256 digest of a text as hex, base64Encode",
     .created = 9000},
    /* a10 */
    {.kind = "workflow", .name = "flow", .task = "sort and mail a list", .created = 10000},
};

static struct session session;
static struct memory_vectors vectors;
static struct topic_embedder embedder;
static bool with_vectors;
static struct rag_query query;
static const char *similar_to;
static struct json_object *answer;
static enum err code;
static struct err_info problem;
static uint64_t late_ms;

static enum err search_now(struct session *s)
{
    struct rag_search_parts parts = {.store = s->store, .late_ms = late_ms};
    if (with_vectors) {
        parts.vectors = &vectors.base;
        parts.embedder = &embedder.base;
    }
    json_object_put(answer);
    answer = NULL;
    memset(&problem, 0, sizeof problem);
    code = similar_to ? rag_similar(&parts, similar_to, &query, &answer, &problem)
                      : rag_search(&parts, &query, &answer, &problem);
    return ERR_OK;
}

/* The ids found, "a1 a5". */
static const char *found(void)
{
    static char text[1024];
    struct json_object *rows = json_array(answer, "results");
    size_t n = 0;
    text[0] = 0;
    for (size_t i = 0; rows && i < json_object_array_length(rows) && n < 1000; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "",
                              json_str(json_object_array_get_idx(rows, i), "id", ""));
    return text;
}

static struct json_object *result_at(size_t i)
{
    struct json_object *row = json_object_array_get_idx(json_array(answer, "results"), i);
    assert_non_null(row);
    return row;
}

static const char *search(const char *text)
{
    query.text = text;
    assert_int_equal(session_run(&session, search_now), ERR_OK);
    if (code)
        fail_msg("%s: %s", text, problem.message);
    return found();
}

static enum err fill_memory(struct session *s)
{
    enum err e = ERR_OK;
    for (size_t i = 0; !e && i < sizeof kept / sizeof *kept; i++) {
        struct kept k = kept[i];
        char text[400];
        float vector[TOPICS];
        int64_t id = (int64_t)i + 1;
        e = store_write(s->store, keep_one, &k, &s->info);
        snprintf(text, sizeof text, "%s %s", k.name, k.task);
        topics_of(text, vector);
        if (!e)
            e = memory_upsert(&vectors.base, &id, vector, 1, NULL);
    }
    return e;
}

static int begin(void **state)
{
    (void)state;
    session_init(&session, NULL);
    memory_vectors_init(&vectors);
    topic_embedder_init(&embedder);
    with_vectors = false;
    similar_to = NULL;
    late_ms = 0;
    query = (struct rag_query){.filter = rag_filter_all(), .now = 100 * 86400000LL};
    return session_run(&session, fill_memory);
}

static int end(void **state)
{
    (void)state;
    json_object_put(answer);
    answer = NULL;
    session_fini(&session);
    return 0;
}

/* ---- words ---- */

static void words_are_found_by_stem_and_part(void **state)
{
    (void)state;
    assert_string_equal(search("sorting"), "a1 a10 a3"); /* name, task, a comment of the program */
    assert_string_equal(search("sorts lists"), "a1 a10 a3");
    assert_string_equal(search("ROMAN"), "a2");
    assert_string_equal(search("roman_to_int"), "a2");
    assert_string_equal(search("romantoint"), "a2");
    assert_string_equal(search("date parser"), "a3");
    assert_string_equal(search("sha"), "a9");
    assert_string_equal(search("sha 256"), "a9");
    assert_string_equal(search("sha256"), "a9");
    assert_string_equal(search("encode"), "a9");
    assert_string_equal(search("total"), "a2"); /* in its program */
    assert_string_equal(search("nowhere"), "");
}

static void other_languages(void **state)
{
    (void)state;
    assert_string_equal(search("ecole"), "a8");
    assert_string_equal(search("e\xcc\x81"
                               "cole"),
                        "a8"); /* an accent by itself */
    assert_string_equal(search("GRÖSSE"), "");
    assert_string_equal(search("größe"), "a8");
    assert_string_equal(search("grosse straße"), "a8");
    assert_string_equal(search("进制"), "a7");
    assert_string_equal(search("数转换"), "a7");
    assert_string_equal(search("把十六进制数写成二进制"), "a7"); /* not all of it stands there */
    assert_string_equal(search("\"十进制\""), "a7");
    assert_string_equal(search("\"制进\""), "");
}

static void an_exact_name_comes_first(void **state)
{
    (void)state;
    assert_string_equal(search("letters"), "a4");
    assert_string_equal(search("Sort-List"), "a1 a10 a3"); /* a phrase, and its parts */
    assert_string_equal(search("sort list"), "a1 a10 a3");
    assert_true(json_flag(result_at(0), "named", false));
    assert_false(json_flag(result_at(1), "named", true));
    with_vectors = true;
    search("arrange"); /* by meaning the sorters are as near */
    assert_string_equal(json_str(result_at(0), "id", ""), "a5");
}

static void phrases_and_exclusion(void **state)
{
    (void)state;
    assert_string_equal(search("\"list of numbers\""), "a1");
    assert_string_equal(search("\"numbers of list\""), "");
    assert_string_equal(search("\"list of numbers"), "a1"); /* not closed yet */
    assert_string_equal(search("sort -mail"), "a1 a3");
    assert_string_equal(search("sort -\"smallest first\""), "a10 a3");
    assert_string_equal(search("\"roman numerals\" sort"), "a2"); /* a phrase must stand there */
    assert_string_equal(search("-sort kind:function -roman -\"a b\""), "a9 a8 a7 a5 a4");
    assert_false(json_flag(answer, "ranked", true));
    assert_string_equal(search("numbers -5"), "a1"); /* a number, no exclusion */
}

static void filters(void **state)
{
    (void)state;
    assert_string_equal(search("tag:math"), "a7 a2 a1");
    assert_string_equal(search("tag:math tag:order"), "a1");
    assert_string_equal(search("tag:order sort"), "a1");
    assert_string_equal(search("kind:workflow"), "a10");
    assert_string_equal(search("kind:text sea"), "a6");
    assert_string_equal(search("quality:>0.7"), "a3");
    assert_string_equal(search("quality:<0.35"), "a5 a4");
    assert_string_equal(search("quality:>1"), "");
    assert_string_equal(search("solved:no"), "a4");
    assert_string_equal(search("since:1970-01-02 sort"), "");
    assert_string_equal(search("before:1970-01-02 sort"), "a1 a10 a3");
    assert_string_equal(search("since:99d sort"), "");
    assert_string_equal(search("since:100d sort"), "a1 a10 a3");
    snprintf(query.filter.kind, sizeof query.filter.kind, "function");
    query.filter.since = 3000;
    assert_string_equal(search("sort"), "a3");
    assert_string_equal(search("kind:workflow sort"), "a10"); /* what is typed wins */
    query.filter = rag_filter_all();
    assert_string_equal(search(""), "a10 a9 a8 a7 a6 a5 a4 a3 a2 a1");
    query.limit = 2;
    assert_string_equal(search(""), "a10 a9");
    assert_string_equal(search("sort"), "a1 a10");
}

static void what_is_no_filter_is_words(void **state)
{
    (void)state;
    search("quality:much since:2026-13-01");
    assert_int_equal(json_object_array_length(json_array(answer, "notes")), 2);
    assert_non_null(
        strstr(json_object_get_string(json_object_array_get_idx(json_array(answer, "notes"), 0)),
               "quality:>0.7"));
    assert_string_equal(search("kind: roman"), "a2"); /* still being typed */
    assert_int_equal(json_object_array_length(json_array(answer, "notes")), 0);
    assert_string_equal(search("foo:roman"), "a2");
}

static void while_typing(void **state)
{
    (void)state;
    query.typing = true;
    assert_string_equal(search("arr"), "a5");
    assert_string_equal(search("sorti"), ""); /* it may become another word */
    assert_string_equal(search("messgae"), "a4");
    assert_string_equal(search("smalles"), "a1");
    assert_string_equal(search("roman nu"), "a2 a1");
    assert_string_equal(search("sor "), ""); /* a blank ends a word */
    assert_string_equal(search("sha2"), "a9");
    assert_string_equal(search("roman_t"), "a2");
    assert_string_equal(search("mail -so"),
                        "a10"); /* sort is excluded only when it is there whole */
    query.typing = false;
    assert_string_equal(search("arr"), "");
}

/* Whatever is typed: an answer, never an error. */
static void nothing_is_a_syntax_error(void **state)
{
    static const char *const texts[] = {
        "\"",
        "\"\"",
        "\"\"\"",
        "-",
        "--",
        "-\"",
        "*",
        "sort*",
        "^sort",
        "sort^",
        "NEAR(sort list)",
        "NEAR(",
        "sort AND",
        "AND",
        "OR OR OR",
        "NOT sort",
        "sort NOT",
        "(sort",
        "sort)",
        "((",
        "{name}: sort",
        "{name task}:",
        "name : sort",
        "name:sort",
        "-name:sort",
        "content:total",
        "+sort",
        "sort + list",
        "a:b:c",
        "'; DROP TABLE artifact; --",
        "' OR 1=1 --",
        "\\",
        "\x01\x02\x1f",
        "sort\x01list",
        "%s%n%d",
        "?1",
        ":x @y $z",
        "kind:",
        "tag:",
        "quality:",
        "quality:>",
        "quality:>=",
        "quality:>nan",
        "quality:1e999",
        "since:",
        "since:0d",
        "since:99999999999999999999d",
        "before:9999-99-99",
        "kind:\"x\"",
        "tag:'",
        "kind:-",
        "\xf0\x9f\x98\x80",
        "😀 sort",
        "→",
        "\"→\"",
        "-→",
        "ſort",
        "\xe2\x80\x9csort list\xe2\x80\x9d",
        "rank",
        "artifact_text",
        "-sort -sort -sort",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        query.typing = i & 1;
        search(texts[i]);
        search(texts[i]);
    }
    query.typing = false;
    assert_string_equal(search("sort AND"), "a1 a10 a3");
    assert_string_equal(search("{name}: sort)"), "a1 a10 a3");
    assert_string_equal(search("sort*"), "a1 a10 a3");
    search("");
    assert_int_equal(json_object_array_length(json_array(answer, "results")), 10);
}

static void long_queries(void **state)
{
    char *text = malloc(60000);
    size_t n = 0;
    (void)state;
    for (int i = 0; n < 59000; i++)
        n += (size_t)snprintf(text + n, 60000 - n, "%s%d ", i % 3 ? "word" : "\"ph ra\" -no", i);
    search(text);
    n = 0;
    for (int i = 0; n < 59000; i++)
        n += (size_t)snprintf(text + n, 60000 - n, "word%d ", i);
    strcpy(text + 300, " roman");
    query.verbatim = true;
    assert_string_equal(search(text), "a2");
    memset(text, 'x', 59000);
    text[59000] = 0;
    assert_string_equal(search(text), "");
    query.verbatim = true;
    assert_string_equal(search("kind:verse -sort \"list of"), "a1 a10 a3"); /* only words */
    free(text);
}

/* ---- words that are everywhere ---- */

static struct rag_words few_words;
static struct rag_words_rank few;

static enum err rank_few(struct session *s)
{
    enum err e = rag_words_read(query.text, false, query.now, NULL, &few_words);
    few = (struct rag_words_rank){.words = &few_words, .most = 10, .places = 2};
    return e ? e : store_read(s->store, rag_rank_words, &few, &s->info);
}

/* As if two artifacts were many. */
static void words_that_are_everywhere(void **state)
{
    (void)state;
    query.text = "sort"; /* in a1, a3, a10 */
    assert_int_equal(session_run(&session, rank_few), ERR_OK);
    assert_int_equal(few.count, 2);
    assert_true(few.found[0].id == 10 && few.found[1].id == 3); /* the newest */
    assert_non_null(strstr(json_object_to_json_string(few_words.notes), "nearly everywhere"));
    assert_int_equal(json_object_array_length(few.left_out), 0);
    json_object_put(few.left_out);
    rag_words_fini(&few_words);
    query.text = "sort roman nowhere";
    assert_int_equal(session_run(&session, rank_few), ERR_OK);
    assert_true(few.count == 1 && few.found[0].id == 2);
    assert_string_equal(json_object_to_json_string_ext(few.left_out, JSON_C_TO_STRING_PLAIN),
                        "[\"sort\"]");
    assert_int_equal(json_object_array_length(few_words.notes), 0);
    json_object_put(few.left_out);
    rag_words_fini(&few_words);
}

/* ---- what changes is found as it is ---- */

static enum err change_all(sqlite3 *db, void *arg, struct err_info *info)
{
    struct json_object *tags = json_object_new_array();
    enum err e;
    (void)arg;
    json_object_array_add(tags, json_object_new_string("zebra"));
    e = artifact_tag(db, 1, tags, info);
    json_object_put(tags);
    if (!e)
        e = artifact_put_aside(db, 3, 5, info);
    if (!e)
        e = store_exec(db, info, "UPDATE artifact SET name='renamed' WHERE id=2", "");
    if (!e)
        e = store_exec(db, info, "DELETE FROM artifact WHERE id=10", "");
    return e ? e
             : store_exec(db, info,
                          "INSERT INTO artifact_text(artifact_text) VALUES('integrity-check')", "");
}

static enum err change_now(struct session *s)
{
    return store_write(s->store, change_all, NULL, &s->info);
}

static void the_index_follows(void **state)
{
    (void)state;
    assert_int_equal(session_run(&session, change_now), ERR_OK);
    assert_string_equal(search("zebra"), "a1");
    assert_string_equal(search("order"), "a5");
    assert_string_equal(search("renamed"), "a2");
    assert_string_equal(search("sorting"), "a1");
    query.filter.deleted = true;
    assert_string_equal(search("sorting"), "a3");
}

/* ---- both rankings ---- */

/* Computed by hand: words 3, 7, 9 (7 and 9 are as good, 9 covers half of the query), vectors 9, 4,
 * 3. */
static void fusion_by_hand(void **state)
{
    const struct rag_scored words[] = {{3, 5.0, 1}, {7, 2.5, 1}, {9, 2.5, 0.5}},
                            near[] = {{9, 0.9, 1}, {4, 0.8, 1}, {3, 0.7, 1}};
    struct rag_hit hits[6];
    size_t n = rag_join(words, 3, near, 3, hits);
    (void)state;
    assert_int_equal(n, 4);
    rag_order(hits, n);
    assert_int_equal(hits[0].id, 3); /* 1/6 + 1/8 */
    assert_true(fabs(hits[0].score - 0.2916667) < 1e-6);
    assert_int_equal(hits[1].id, 9); /* 0.5/7 + 1/6 */
    assert_int_equal(hits[1].words_rank, 2);
    assert_int_equal(hits[1].vectors_rank, 1);
    assert_true(fabs(hits[1].score - 0.2380952) < 1e-6);
    assert_int_equal(hits[2].id, 7); /* 1/7 as 4: the newer first */
    assert_int_equal(hits[3].id, 4);
    assert_true(hits[2].score == hits[3].score && fabs(hits[2].score - 0.1428571) < 1e-6);
    hits[3].quality = 1; /* decides between equals */
    rag_order(hits, n);
    assert_int_equal(hits[2].id, 4);
    for (size_t i = 0; i < n; i++) /* but not between others */
        hits[i].quality = hits[i].id == 9;
    rag_order(hits, n);
    assert_int_equal(hits[0].id, 3);
    assert_int_equal(rag_join(NULL, 0, near, 3, hits), 3);
    assert_int_equal(rag_join(words, 3, NULL, 0, hits), 3);
    assert_int_equal(rag_join(NULL, 0, NULL, 0, hits), 0);
}

static void words_and_meaning(void **state)
{
    struct json_object *row;
    (void)state;
    with_vectors = true;
    query.explain = true;
    query.limit = 3;
    assert_string_equal(search("sort numbers"), "a1 a10 a5");
    assert_string_equal(json_str(answer, "degraded", "?"), "");
    row = result_at(0);
    assert_int_equal(json_i64(json_object_of(row, "words"), "rank", 0), 1);
    assert_int_equal(json_i64(json_object_of(row, "vectors"), "rank", 0), 1);
    assert_non_null(strstr(json_str(row, "explain", ""), "place 1 by its words (BM25 "));
    assert_non_null(strstr(json_str(row, "explain", ""), "place 1 by its meaning (cosine 0.981)"));
    assert_non_null(strstr(json_str(row, "explain", ""), "score 1.00/(5+1) + 1/(5+1) = 0.33333"));
    assert_null(json_object_of(result_at(2), "words")); /* "arrange an array": by meaning alone */
    assert_int_equal(embedder.side, EMBED_QUERY);
    assert_true(vectors.among_asked == SIZE_MAX);
}

static void filters_hold_for_vectors(void **state)
{
    (void)state;
    with_vectors = true;
    assert_string_equal(search("sort numbers tag:order"), "a1 a5");
    assert_int_equal(vectors.among_asked, 2);
    assert_string_equal(search("sort numbers -smallest tag:order"), "a5");
    assert_string_equal(search("sort numbers quality:>0.7"), "a3"); /* a comment's "sorted" */
    assert_string_equal(search("sort numbers tag:nowhere"), "");
    search("order -arrange");
    assert_null(strstr(found(), "a5"));
    assert_string_equal(search("\"array\""), "a5");
}

static struct vector_hit sifted[4];
static struct rag_sieve sieve;

static enum err sift_now(struct session *s)
{
    enum err e = rag_words_read(query.text, false, query.now, NULL, &few_words);
    for (int i = 0; i < 4; i++)
        sifted[i] = (struct vector_hit){5 - i, 0.9F - 0.1F * (float)i}; /* a5 a4 a3 a2 */
    sieve = (struct rag_sieve){.words = &few_words, .except = 4, .hits = sifted, .count = 4};
    if (!e)
        e = store_read(s->store, rag_sieve_hits, &sieve, &s->info);
    rag_words_fini(&few_words);
    return e;
}

/* Where too many pass to be listed the nearest are looked at. */
static void hits_are_sifted(void **state)
{
    (void)state;
    query.text = "zeal -arrange";
    assert_int_equal(session_run(&session, sift_now), ERR_OK);
    assert_int_equal(sieve.count, 2);
    assert_true(sifted[0].id == 3 && sifted[1].id == 2);
    query.text = "\"roman numerals\"";
    assert_int_equal(session_run(&session, sift_now), ERR_OK);
    assert_true(sieve.count == 1 && sifted[0].id == 2);
    query.text = "quality:>0.7";
    assert_int_equal(session_run(&session, sift_now), ERR_OK);
    assert_true(sieve.count == 1 && sifted[0].id == 3);
}

static void without_an_embedder(void **state)
{
    (void)state;
    assert_string_equal(search("sort"), "a1 a10 a3");
    assert_string_equal(json_str(answer, "degraded", ""), "no embedder");
    search("");
    assert_string_equal(json_str(answer, "degraded", ""), ""); /* nothing was said */
    with_vectors = true;
    embedder.fails = ERR_UNAVAILABLE;
    assert_string_equal(search("sort"), "a1 a10 a3");
    assert_string_equal(json_str(answer, "degraded", ""),
                        "the model of embeddings has fallen over");
    embedder.fails = ERR_OK;
    embedder.slow_ms = 60000;
    late_ms = 20;
    assert_string_equal(search("sort"), "a1 a10 a3");
    assert_string_equal(json_str(answer, "degraded", ""),
                        "the search by meaning was not done within 20 ms");
    embedder.slow_ms = 0;
    strcpy(embedder.base.model, "another");
    assert_string_equal(search("sort"), "a1 a10 a3");
    assert_non_null(strstr(json_str(answer, "degraded", ""), "topics"));
}

/* What the misspelt words of the last search were taken for: "numrals=numerals". */
static const char *meant(void)
{
    static char text[400];
    struct json_object *o = json_object_of(answer, "meant");
    assert_non_null(o);
    text[0] = 0;
    json_object_object_foreach(o, typed, word)
    {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s=%s", n ? " " : "", typed,
                 json_object_get_string(word));
    }
    return text;
}

static void a_misspelt_word_is_mended(void **state)
{
    static const char *const cases[][3] = {
        {"numrals", "a2", "numrals=numerals"}, /* one is missing */
        {"romman NUMERLAS", "a2", "romman=roman NUMERLAS=numerals"},
        {"orman", "a2", "orman=roman"},               /* the first two have changed places */
        {"calander", "a3", "calander=calendar"},      /* two are wrong */
        {"messgae letters", "a4", "messgae=message"}, /* the other word is right */
        {"haqqu", "", ""},                            /* two wrong in a short one */
        {"arang", "a5", "arang=arrange"},             /* no stem is suggested */
        {"xylophone", "", ""},
        {"hai", "", ""},
        {"\"romman numerals\"", "", ""}, /* so it must stand */
        {"utf77", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(search(cases[i][0]), cases[i][1]);
        assert_string_equal(meant(), cases[i][2]);
    }
    search("numrals");
    assert_string_equal(
        json_object_get_string(json_object_array_get_idx(json_array(answer, "notes"), 0)),
        "nothing has \"numrals\"; did you mean \"numerals\"? It is searched for instead");
    query.verbatim = true; /* a whole task, where nothing is to be guessed */
    search("numrals");
    assert_string_equal(meant(), "");
    query.verbatim = false;
    with_vectors = true; /* meaning finds it as it is */
    search("numrals");
    assert_string_equal(meant(), "");
}

static struct fiber *searching;

static enum err search_in_fiber(void *arg)
{
    search_now(arg);
    return code;
}

static enum err search_and_cancel(struct session *s)
{
    enum err result = ERR_OK, e;
    searching = fiber_spawn(s->sched, "search", search_in_fiber, s);
    e = fiber_sleep(30);
    fiber_cancel(searching);
    return e ? e : fiber_join(searching, &result) ? ERR_INTERNAL : result;
}

static void a_search_can_be_cancelled(void **state)
{
    (void)state;
    with_vectors = true;
    query.text = "sort";
    embedder.slow_ms = 60000;
    late_ms = 60000;
    assert_int_equal(session_run(&session, search_and_cancel), ERR_CANCELLED);
    assert_null(answer);
}

static void similar_to_this(void **state)
{
    (void)state;
    query.limit = 2;
    similar_to = "a1";
    assert_string_equal(search(""), "a10 a3"); /* by words */
    with_vectors = true;
    assert_string_equal(search(""), "a10 a5");
    assert_int_equal(embedder.texts, 0); /* it has a vector already */
    similar_to = "a99";
    assert_int_equal(session_run(&session, search_now), ERR_OK);
    assert_int_equal(code, ERR_NOT_FOUND);
    assert_non_null(strstr(problem.message, "a99"));
    vectors.n = 9;
    similar_to = "a10"; /* not embedded yet: its words are */
    search("");
    assert_int_equal(embedder.texts, 1);
    assert_null(strstr(found(), "a10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
        TEST(words_are_found_by_stem_and_part),
        TEST(other_languages),
        TEST(an_exact_name_comes_first),
        TEST(phrases_and_exclusion),
        TEST(filters),
        TEST(what_is_no_filter_is_words),
        TEST(while_typing),
        TEST(nothing_is_a_syntax_error),
        TEST(long_queries),
        TEST(words_that_are_everywhere),
        TEST(the_index_follows),
        cmocka_unit_test(fusion_by_hand),
        TEST(words_and_meaning),
        TEST(filters_hold_for_vectors),
        TEST(hits_are_sifted),
        TEST(without_an_embedder),
        TEST(a_misspelt_word_is_mended),
        TEST(a_search_can_be_cancelled),
        TEST(similar_to_this),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
