/* Any bytes as the file of a vector index, and a whole file with some bytes altered: it is refused
 * with a sentence, or opens and can be searched, changed and closed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/rag/vector_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { D = 4, ROWS = 70, MOST = 5 };

static int fd = -1;
static char path[32];
static unsigned char *whole;
static size_t whole_size;

static void fill(struct vector_map *map, int64_t first)
{
    struct vector_put put = {0};
    float *room = vector_map_put_room(map, &put);
    if (!room || vector_map_begin(map, NULL) || vector_map_reserve(map, ROWS, NULL))
        abort();
    for (int64_t i = 0; i < ROWS; i++) {
        float row[D] = {1, (float)(i % 7), (float)(i % 11), (float)i};
        int64_t at = vector_map_find(map, first + i);
        put.id = first + i;
        put.fresh = at < 0;
        put.slot = put.fresh ? vector_map_next(map, 0) : (uint32_t)at;
        if (!vector_normalize(row, D, put.vector))
            abort();
        vector_map_encode(map, &put, room);
        vector_map_put(map, &put);
    }
    free(room);
}

/* A file as it should be, made once. */
static void make_whole(void)
{
    char made[] = "/tmp/dise-fuzz-XXXXXX", file[64];
    struct vector_map map;
    FILE *f;
    if (!mkdtemp(made))
        abort();
    snprintf(file, sizeof file, "%s/index", made);
    if (vector_map_open(&map, file, "m", D, NULL))
        abort();
    fill(&map, 1);
    vector_map_close(&map, true);
    f = fopen(file, "rb");
    whole = malloc(1 << 20);
    if (!f || !whole)
        abort();
    whole_size = fread(whole, 1, 1 << 20, f);
    fclose(f);
    unlink(file);
    rmdir(made);
    fd = memfd_create("index", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
}

static void put(const void *bytes, size_t size)
{
    if (ftruncate(fd, 0) || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        abort();
}

static void use(void)
{
    static const float query[D] = {1, 2, 3, 4};
    struct vector_hit hits[MOST];
    struct err_info info = {0};
    struct vector_map map;
    size_t found;
    enum err e = vector_map_open(&map, path, "m", D, &info);
    if (e) {
        if (!info.message[0] || (e != ERR_CORRUPT && e != ERR_VERSION && e != ERR_UNSUPPORTED))
            abort();
        return;
    }
    e = vector_search(&map, vector_scan_best(), query, MOST, NULL, 0, hits, &found, NULL, &info);
    if (e && e != ERR_CORRUPT)
        abort();
    for (size_t i = 0; i < found; i++)
        if (hits[i].id <= 0 || !isfinite(hits[i].score))
            abort();
    fill(&map, 30);
    for (int64_t id = 1; id < 60; id++) {
        int64_t slot = vector_map_find(&map, id);
        if (slot >= 0)
            vector_map_drop(&map, (uint32_t)slot);
    }
    vector_map_close(&map, true);
}

/* The first byte says which: 0, the rest is the file; else each three bytes are a place and what
 * is altered there. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (fd < 0)
        make_whole();
    if (!size)
        return 0;
    if (!data[0]) {
        put(data + 1, size - 1);
    } else {
        put(whole, whole_size);
        for (size_t i = 1; i + 3 < size; i += 4) {
            size_t at = data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16;
            if (pwrite(fd, data + i + 3, 1, (off_t)(at % whole_size)) != 1)
                abort();
        }
    }
    use();
    return 0;
}
