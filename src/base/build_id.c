#include "base/build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOTES_MAX = 4096, HEADERS_MAX = 32 };

static void to_hex(const unsigned char *bytes, size_t n, char out[BUILD_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    if (n > (BUILD_ID_SIZE - 1) / 2)
        n = (BUILD_ID_SIZE - 1) / 2;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = 0;
}

static bool read_notes(const char *data, size_t size, char out[BUILD_ID_SIZE])
{
    ElfW(Nhdr) note;
    for (size_t at = 0; at + sizeof note <= size;) {
        size_t name = at + sizeof note, value, end;
        memcpy(&note, data + at, sizeof note);
        value = name + ((note.n_namesz + 3u) & ~3u);
        end = value + ((note.n_descsz + 3u) & ~3u);
        if (value > size || end > size || end <= at)
            return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(data + name, "GNU", 4) == 0) {
            to_hex((const unsigned char *)data + value, note.n_descsz, out);
            return true;
        }
        at = end;
    }
    return false;
}

static bool read_file(int fd, char out[BUILD_ID_SIZE])
{
    ElfW(Ehdr) head;
    ElfW(Phdr) list[HEADERS_MAX];
    char notes[NOTES_MAX];
    if (pread(fd, &head, sizeof head, 0) != sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) ||
        head.e_phentsize != sizeof *list || head.e_phnum > HEADERS_MAX)
        return false;
    if (pread(fd, list, head.e_phnum * sizeof *list, (off_t)head.e_phoff) !=
        (ssize_t)(head.e_phnum * sizeof *list))
        return false;
    for (int i = 0; i < head.e_phnum; i++) {
        size_t n = list[i].p_filesz < NOTES_MAX ? list[i].p_filesz : NOTES_MAX;
        if (list[i].p_type != PT_NOTE)
            continue;
        if (pread(fd, notes, n, (off_t)list[i].p_offset) == (ssize_t)n && read_notes(notes, n, out))
            return true;
    }
    return false;
}

void build_id_of(const char *path, char out[BUILD_ID_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    out[0] = 0;
    if (fd < 0)
        return;
    if (!read_file(fd, out))
        snprintf(out, BUILD_ID_SIZE, "%s", DISE_VERSION);
    close(fd);
}

const char *build_id(void)
{
    static char own[BUILD_ID_SIZE];
    if (!own[0])
        build_id_of("/proc/self/exe", own);
    return own[0] ? own : DISE_VERSION;
}
