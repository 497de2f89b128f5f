/* Files of the vector index that are not as they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../vector_fixture.h"
#include "core/rag/vector_code.h"

enum { D = 16, N = 900, QUERIES = 5, HITS = 10 };

static float rows[N * D];
static int64_t ids[N];
static struct vector_hit expected[QUERIES][HITS];

static void fill(struct vectors *v)
{
    uint64_t seed = 5;
    for (size_t i = 0; i < N; i++) {
        ids[i] = (int64_t)i + 1;
        for (size_t j = 0; j < D; j++)
            rows[i * D + j] = vectors_random(&seed);
    }
    vectors_begin(v, D);
    assert_int_equal(vectors_open(v), ERR_OK);
    assert_int_equal(vectors_upsert(v, ids, rows, N), ERR_OK);
    for (size_t i = 0; i < QUERIES; i++)
        assert_int_equal(vectors_search(v, rows + i * 50 * D, HITS, NULL, 0, expected[i]), HITS);
    assert_int_equal(vectors_mark(v, 77), ERR_OK);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    struct stat st;
    unsigned char *data;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && !fstat(fd, &st));
    *size = (size_t)st.st_size;
    data = malloc(*size + 1);
    assert_true(read(fd, data, *size) == (ssize_t)*size);
    close(fd);
    return data;
}

static void write_file(const char *path, const unsigned char *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* An empty index that works, and the old file beside it. */
static void begun_anew(struct vectors *v)
{
    char aside[128];
    snprintf(aside, sizeof aside, "%s.old", v->path);
    assert_non_null(v->store);
    assert_int_equal(v->info.code, ERR_CORRUPT);
    assert_non_null(strstr(v->info.message, "begun"));
    assert_int_equal(access(aside, F_OK), 0);
    assert_int_equal(vectors_count(v), 0);
    assert_int_equal(vector_file_marked(v->store), 0);
    assert_int_equal(vectors_upsert(v, ids, rows, 10), ERR_OK);
    assert_int_equal(vectors_count(v), 10);
    unlink(aside);
}

static void same_hits(struct vectors *v)
{
    for (size_t i = 0; i < QUERIES; i++) {
        struct vector_hit hits[HITS];
        assert_int_equal(vectors_search(v, rows + i * 50 * D, HITS, NULL, 0, hits), HITS);
        for (size_t j = 0; j < HITS; j++) {
            assert_int_equal(hits[j].id, expected[i][j].id);
            assert_true(hits[j].score == expected[i][j].score);
        }
    }
}

/* Told, or of no consequence. Gives 1: told when it was opened, 2: later, 0: not. */
static int altered(struct vectors *v, unsigned char *data, size_t size, size_t at)
{
    enum err e;
    int told = 0;
    data[at] ^= (unsigned char)(1 << at % 8);
    write_file(v->path, data, size);
    data[at] ^= (unsigned char)(1 << at % 8);
    e = vectors_open(v);
    if (e) {
        assert_int_equal(e, ERR_CORRUPT);
        begun_anew(v);
        told = 1;
    } else if (vectors_verify(v)) {
        assert_int_equal(v->info.code, ERR_CORRUPT);
        vectors_close(v);
        assert_int_equal(vectors_open(v), ERR_CORRUPT);
        begun_anew(v);
        told = 2;
    } else {
        same_hits(v);
        assert_int_equal(vectors_count(v), N);
        assert_true(vector_file_marked(v->store) == 77);
    }
    vectors_close(v);
    return told;
}

static void altered_bytes(void **state)
{
    struct vectors v;
    unsigned char *data;
    size_t size, told[3] = {0};
    uint64_t seed = 3;
    (void)state;
    fill(&v);
    vectors_close(&v);
    data = read_file(v.path, &size);
    for (size_t at = 0; at < 128; at++) /* magic to model */
        assert_int_equal(altered(&v, data, size, at), at < 120 ? 1 : 0);
    for (size_t i = 0; i < 700; i++) {
        vectors_random(&seed);
        told[altered(&v, data, size, (size_t)(seed >> 20) % size)]++;
    }
    assert_true(told[1] > 20 && told[2] > 300);
    free(data);
    assert_int_equal(vectors_end(&v), 0);
}

/* One of the two states damaged: the other has all, or an older mark. */
static void an_altered_state(void **state)
{
    struct vectors v;
    unsigned char *data;
    size_t size;
    (void)state;
    fill(&v);
    vectors_close(&v);
    data = read_file(v.path, &size);
    for (int which = 0; which < 3; which++) {
        if (which != 1)
            data[512 + 8] ^= 1;
        if (which)
            data[1024 + 8] ^= 1;
        write_file(v.path, data, size);
        data = (free(data), read_file(v.path, &size));
        if (which < 2) {
            assert_int_equal(vectors_open(&v), ERR_OK);
            same_hits(&v);
            assert_true(vector_file_marked(v.store) == 77 || vector_file_marked(v.store) == 0);
            vectors_close(&v);
            data[512 + 8] ^= !which;
            data[1024 + 8] ^= which;
        } else {
            assert_int_equal(vectors_open(&v), ERR_CORRUPT);
            begun_anew(&v);
        }
    }
    free(data);
    assert_int_equal(vectors_end(&v), 0);
}

static void cut_off(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 8, 100, 4095, 4096, 9000, 20000, 100000};
    struct vectors v;
    unsigned char *data;
    size_t size;
    (void)state;
    fill(&v);
    vectors_close(&v);
    data = read_file(v.path, &size);
    for (size_t i = 0; i <= sizeof sizes / sizeof *sizes; i++) {
        write_file(v.path, data, i < sizeof sizes / sizeof *sizes ? sizes[i] : size - 1);
        assert_int_equal(vectors_open(&v), ERR_CORRUPT);
        begun_anew(&v);
        vectors_close(&v);
    }
    /* What an interrupted growth leaves at the end is no damage, and is used. */
    data = realloc(data, size + 5000);
    memset(data + size, 0xa5, 5000);
    write_file(v.path, data, size + 5000);
    assert_int_equal(vectors_open(&v), ERR_OK);
    same_hits(&v);
    for (size_t i = 0; i < N; i++)
        ids[i] += 10000;
    assert_int_equal(vectors_upsert(&v, ids, rows, N), ERR_OK);
    assert_int_equal(vectors_count(&v), 2 * N);
    vectors_close(&v);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_verify(&v), ERR_OK);
    free(data);
    assert_int_equal(vectors_end(&v), 0);
}

static void another_kind_of_file(void **state)
{
    static unsigned char text[9000] = "SQLite format 3";
    struct vectors v;
    struct vector_store *second = NULL;
    unsigned char *data;
    size_t size;
    (void)state;
    fill(&v);
    assert_int_equal(vector_file_open(v.sched, v.path, "test", D, &second, &v.info), ERR_BUSY);
    assert_null(second);
    vectors_close(&v);
    data = read_file(v.path, &size);
    v.dimensions = 8;
    assert_int_equal(vectors_open(&v), ERR_CORRUPT);
    assert_non_null(strstr(v.info.message, "16 numbers of the model test, not 8 of test"));
    begun_anew(&v);
    vectors_close(&v);
    v.dimensions = D;
    write_file(v.path, data, size);
    assert_int_equal(VECTORS_CALL(&v, OPEN, .model = "other"), ERR_CORRUPT);
    assert_string_equal(v.store->model, "other");
    begun_anew(&v);
    vectors_close(&v);
    data[8]++; /* the format's version */
    write_file(v.path, data, size);
    assert_int_equal(vectors_open(&v), ERR_CORRUPT);
    assert_non_null(strstr(v.info.message, "format 2"));
    begun_anew(&v);
    vectors_close(&v);
    write_file(v.path, text, sizeof text);
    assert_int_equal(vectors_open(&v), ERR_CORRUPT);
    assert_non_null(strstr(v.info.message, "no vector index"));
    begun_anew(&v);
    vectors_close(&v);
    snprintf(v.path, sizeof v.path, "%s/no/such", v.folder);
    assert_int_equal(vectors_open(&v), ERR_NOT_FOUND);
    assert_null(v.store);
    free(data);
    assert_int_equal(vectors_end(&v), 0);
}

/* A process was killed while it coded the rows of a segment again. */
static void half_coded(void **state)
{
    enum { SEGMENT = 2 * 4096, LEVELS = SEGMENT + (1 + 2 + 1 + 1 + 8) * 4096 };
    struct vectors v;
    unsigned char *data;
    size_t size;
    (void)state;
    fill(&v);
    vectors_close(&v);
    data = read_file(v.path, &size);
    memset(data + SEGMENT + 4, 0xff, 4);       /* the centroid: just being changed */
    memset(data + SEGMENT + 4096, 0x5a, 3000); /* signs */
    memset(data + LEVELS, 0x5a, 64 * 300);
    write_file(v.path, data, size);
    assert_int_equal(vectors_open(&v), ERR_OK);
    assert_int_equal(vectors_verify(&v), ERR_OK);
    assert_int_equal(vectors_count(&v), N);
    same_hits(&v);
    vectors_close(&v);
    data[size - 4096] ^= 1; /* then a damaged vector cannot be made up for */
    data[LEVELS + 64 * 1024] ^= 1;
    write_file(v.path, data, size);
    assert_int_equal(vectors_open(&v), ERR_CORRUPT);
    begun_anew(&v);
    free(data);
    assert_int_equal(vectors_end(&v), 0);
}

/* ---- as after a loss of power ---- */

enum { STATE_BOOT = 32, STATE_SUM = 72 };

/* As if another boot had begun writing. */
static void other_boot(unsigned char *data)
{
    for (size_t at = 512; at <= 1024; at += 512) {
        uint64_t generation, sum;
        memcpy(&generation, data + at, sizeof generation);
        data[at + STATE_BOOT] ^= 1;
        sum = vector_sum(data + at, STATE_SUM, generation);
        memcpy(data + at + STATE_SUM, &sum, sizeof sum);
    }
}

static void is_of_this_boot(const char *path)
{
    size_t size;
    unsigned char *data = read_file(path, &size);
    char boot[36] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY);
    assert_true(fd >= 0 && read(fd, boot, sizeof boot) == sizeof boot);
    assert_non_null(memmem(data, 4096, boot, sizeof boot));
    close(fd);
    free(data);
}

/* Pages of a file that was being written are of any age: here some are from before the rows. */
static void pages_of_any_age(void **state)
{
    struct vectors v;
    unsigned char *data;
    size_t size, lost = 0;
    uint64_t seed = 9;
    (void)state;
    for (int round = 0; round < 40; round++) {
        fill(&v);
        data = read_file(v.path, &size); /* while it is open */
        vectors_close(&v);
        other_boot(data);
        for (size_t page = 2 * 4096; page < size && round; page += 4096) {
            vectors_random(&seed);
            if (!(seed >> 40 & 15))
                memset(data + page, 0, 4096);
        }
        write_file(v.path, data, size);
        assert_int_equal(vectors_open(&v), ERR_OK);
        assert_int_equal(vectors_verify(&v), ERR_OK);
        assert_true(vector_file_marked(v.store) == 77);
        lost += N - (size_t)vectors_count(&v);
        if (!round)
            same_hits(&v);
        is_of_this_boot(v.path); /* and is not mended again after a kill */
        /* What is there is whole, and the rest can be put back. */
        for (size_t i = 0; i < N; i += 7) {
            struct vector_hit hit = {0};
            if (vectors_search(&v, rows + i * D, 1, ids + i, 1, &hit) == 1)
                assert_true(hit.id == ids[i] && hit.score > 0.999999f);
        }
        assert_int_equal(vectors_upsert(&v, ids, rows, N), ERR_OK);
        same_hits(&v);
        assert_int_equal(vectors_verify(&v), ERR_OK);
        free(data);
        assert_int_equal(vectors_end(&v), 0);
    }
    assert_true(lost > 1000);
}

/* ---- a full disk ---- */

enum { GOOD, NO_NAMESPACE = 77 };

static void check(bool is, int line)
{
    if (!is) {
        fprintf(stderr, "line %d\n", line);
        _exit(1);
    }
}

#define CHECK(is) check(is, __LINE__)

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(NO_NAMESPACE);
    close(fd);
}

static void small_file_system(const char *folder)
{
    char users[64], groups[64];
    snprintf(users, sizeof users, "0 %u 1", geteuid());
    snprintf(groups, sizeof groups, "0 %u 1", getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
        _exit(NO_NAMESPACE);
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", users);
    write_text("/proc/self/gid_map", groups);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=1m"))
        _exit(NO_NAMESPACE);
}

/* In a file system of its own, of which it leaves little. */
static void on_a_full_disk(const char *folder)
{
    static char block[1 << 16];
    struct vectors v;
    char filler[128], path[96];
    size_t n = 0;
    int fd;
    small_file_system(folder);
    snprintf(path, sizeof path, "%s/index", folder);
    vectors_begin_at(&v, path, D);
    snprintf(filler, sizeof filler, "%s/filler", folder);
    fd = open(filler, O_WRONLY | O_CREAT, 0600);
    CHECK(fd >= 0);
    CHECK(vectors_open(&v) == ERR_OK);
    for (size_t i = 0; i < N; i++) {
        ids[i] = (int64_t)i + 1;
        rows[i * D + i % D] = 1;
        rows[i * D + i % 7] += (float)i;
    }
    CHECK(vectors_upsert(&v, ids, rows, N) == ERR_OK);
    while (write(fd, block, sizeof block) > 0)
        ;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < N; i++)
            ids[i] = (int64_t)i + 5000;
        CHECK(vectors_upsert(&v, ids, rows, N) == ERR_NOSPACE);
        CHECK(v.info.message[0]);
        CHECK(vectors_count(&v) == N); /* none of them was taken */
        for (size_t i = 0; i < N; i++)
            ids[i] = (int64_t)i + 1;
        CHECK(vectors_upsert(&v, ids, rows, N) == ERR_OK); /* what is there can be changed */
        CHECK(vectors_mark(&v, round + 1) == ERR_OK);
        vectors_close(&v);
        CHECK(vectors_open(&v) == ERR_OK && vector_file_marked(v.store) == round + 1);
        CHECK(vectors_verify(&v) == ERR_OK);
    }
    vectors_close(&v);
    snprintf(v.path, sizeof v.path, "%s/second", folder);
    CHECK(vectors_open(&v) == ERR_NOSPACE && !v.store);
    snprintf(v.path, sizeof v.path, "%s", path);
    CHECK(!ftruncate(fd, 0));
    CHECK(vectors_open(&v) == ERR_OK);
    for (; n < 2; n++) {
        for (size_t i = 0; i < N; i++)
            ids[i] = (int64_t)i + 5000 * (int64_t)n + 1;
        CHECK(vectors_upsert(&v, ids, rows, N) == ERR_OK);
    }
    CHECK(vectors_count(&v) == 2 * N);
    vectors_close(&v);
    _exit(GOOD);
}

static void full_disk(void **state)
{
    char folder[] = "/tmp/dise-vectors-XXXXXX";
    int status;
    pid_t pid;
    (void)state;
    assert_non_null(mkdtemp(folder));
    pid = fork();
    assert_true(pid >= 0);
    if (!pid)
        on_a_full_disk(folder);
    assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    rmdir(folder);
    if (WEXITSTATUS(status) == NO_NAMESPACE)
        skip();
    assert_int_equal(WEXITSTATUS(status), GOOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_disk), /* first: it forks */
        cmocka_unit_test(altered_bytes), cmocka_unit_test(an_altered_state),
        cmocka_unit_test(cut_off),       cmocka_unit_test(another_kind_of_file),
        cmocka_unit_test(half_coded),    cmocka_unit_test(pages_of_any_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
