/* The vector index for bench_vectors.py:
 *   bench_vectors build FILE BASE.f32 DIMENSIONS         fills it, 1,000 vectors a call
 *   bench_vectors search FILE QUERIES.f32 DIMENSIONS K   one search after the other
 * Prints one JSON object; `search` gives the ids found, row by row. Times in ms. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/rag/vector_file.h"
#include "core/rag/vector_search.h"

enum { BATCH = 1000, K_MAX = 1000, ROUNDS = 5 };

static struct sched *sched;
static const char *path;
static size_t dimensions, count, k;
static const float *vectors;

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of all threads: what a search costs whoever else the machine works for. */
static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void load(const char *file)
{
    struct stat st;
    int fd = open(file, O_RDONLY);
    if (fd < 0 || fstat(fd, &st)) {
        perror(file);
        exit(1);
    }
    count = (size_t)st.st_size / (dimensions * sizeof(float));
    vectors = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (vectors == MAP_FAILED)
        exit(1);
}

static enum err build(void *arg)
{
    struct vector_store *s;
    struct vector_file_stats stats;
    struct err_info *info = arg;
    int64_t ids[BATCH];
    double began = now_ms(), cpu = cpu_ms(), filled;
    enum err e = vector_file_open(sched, path, "bench", dimensions, &s, info);
    for (size_t i = 0; i < count && !e; i += BATCH) {
        size_t n = count - i < BATCH ? count - i : BATCH;
        for (size_t j = 0; j < n; j++)
            ids[j] = (int64_t)(i + j + 1);
        e = s->class->upsert(s, ids, vectors + i * dimensions, n, info);
    }
    filled = now_ms() - began;
    if (!e)
        e = vector_file_mark(s, (int64_t)count, info);
    if (!e)
        e = vector_file_stats(s, &stats);
    if (!e)
        printf(
            "{\"fill\": %.1f, \"build\": %.1f, \"build_cpu\": %.1f, \"file\": %zu, \"heap\": %zu, "
            "\"scan\": \"%s\"}\n",
            filled, now_ms() - began, cpu_ms() - cpu, stats.file, stats.heap, stats.scan);
    if (s)
        s->class->close(s);
    return e;
}

static long rss_kb(void)
{
    char line[200];
    long kb = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmRSS:", 6))
            kb = strtol(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return kb;
}

static void print_times(const char *name, const double *times, size_t n)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < n; i++)
        printf("%s%.4f", i ? ", " : "", times[i]);
    printf("], ");
}

static enum err search_all(struct vector_store *s, struct err_info *info)
{
    struct vector_hit *hits = calloc(K_MAX, sizeof *hits);
    double *times = calloc(ROUNDS * count, sizeof *times);
    double *cpu = calloc(ROUNDS * count, sizeof *cpu);
    size_t found;
    enum err e = ERR_OK;
    for (size_t i = 0; i < ROUNDS * count && !e; i++) {
        double began = now_ms(), cpu_began = cpu_ms();
        e = s->class->search(s, vectors + i % count * dimensions, k, NULL, 0, hits, &found, info);
        cpu[i] = cpu_ms() - cpu_began;
        times[i] = now_ms() - began;
    }
    print_times("times", times, ROUNDS * count);
    print_times("cpu", cpu, ROUNDS * count);
    printf("\"ids\": [");
    for (size_t i = 0; i < count && !e; i++) {
        e = s->class->search(s, vectors + i * dimensions, k, NULL, 0, hits, &found, info);
        printf("%s[", i ? ", " : "");
        for (size_t j = 0; j < found; j++)
            printf("%s%lld", j ? ", " : "", (long long)hits[j].id);
        printf("]");
    }
    printf("], ");
    free(hits);
    free(times);
    free(cpu);
    return e;
}

/* How many rows were looked at more closely, and without fibers and the pool. */
static enum err look_closer(struct err_info *info)
{
    struct vector_map map;
    struct vector_looked looked;
    struct vector_hit *hits = calloc(K_MAX, sizeof *hits);
    size_t found, levels = 0, exact = 0;
    double cpu;
    enum err e = vector_map_open(&map, path, "bench", dimensions, info);
    if (e)
        return e;
    cpu = cpu_ms();
    for (size_t i = 0; i < count && !e; i++) {
        e = vector_search(&map, vector_scan_best(), vectors + i * dimensions, k, NULL, 0, hits,
                          &found, &looked, info);
        levels += looked.levels;
        exact += looked.vectors;
    }
    printf("\"levels\": %zu, \"vectors\": %zu, \"bare\": %.4f}\n", levels / count, exact / count,
           (cpu_ms() - cpu) / (double)count);
    vector_map_close(&map, true);
    free(hits);
    return e;
}

static enum err search(void *arg)
{
    struct vector_store *s;
    struct vector_hit hit;
    struct err_info *info = arg;
    size_t found;
    double began = now_ms(), cpu = cpu_ms();
    enum err e = vector_file_open(sched, path, "bench", dimensions, &s, info);
    if (!e)
        e = s->class->search(s, vectors, 1, NULL, 0, &hit, &found, info);
    if (!e)
        printf("{\"first\": %.2f, \"first_cpu\": %.2f, ", now_ms() - began, cpu_ms() - cpu);
    if (!e)
        e = search_all(s, info);
    printf("\"rss_kb\": %ld, ", rss_kb());
    if (s)
        s->class->close(s);
    return e ? e : look_closer(info);
}

int main(int argc, char **argv)
{
    struct err_info info = {0};
    uv_loop_t loop;
    struct fiber *f;
    bool building = argc > 1 && !strcmp(argv[1], "build");
    if (argc < (building ? 5 : 6))
        return 2;
    path = argv[2];
    dimensions = strtoul(argv[4], NULL, 10);
    k = building ? 0 : strtoul(argv[5], NULL, 10);
    load(argv[3]);
    if (k > K_MAX || uv_loop_init(&loop) || !(sched = sched_new(&loop)))
        return 1;
    f = fiber_spawn(sched, "bench", building ? build : search, &info);
    if (!f)
        return 1;
    fiber_detach(f, NULL, NULL);
    sched_run(sched);
    sched_close(sched);
    uv_run(&loop, UV_RUN_DEFAULT);
    if (info.code)
        fprintf(stderr, "%s\n", info.message);
    return info.code ? 1 : uv_loop_close(&loop);
}
