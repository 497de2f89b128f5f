#include "base/build_id.h"

#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static char hex[2 * 32 + 1];

static void read_notes(const char *p, const char *end)
{
    while (p + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *note = (const void *)p;
        const char *name = p + sizeof *note;
        const unsigned char *desc = (const void *)(name + ((note->n_namesz + 3) & ~3u));
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && !memcmp(name, "GNU", 4))
            for (unsigned i = 0; i < note->n_descsz && i < 32; i++)
                sprintf(hex + 2 * i, "%02x", desc[i]);
        p = (const char *)desc + ((note->n_descsz + 3) & ~3u);
    }
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum && !hex[0]; i++) {
        const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
        const char *at = (const char *)info->dlpi_addr + ph->p_vaddr;
        if (ph->p_type == PT_NOTE)
            read_notes(at, at + ph->p_memsz);
    }
    return 1; /* the executable comes first; the libraries do not matter */
}

const char *build_id(void)
{
    if (!hex[0])
        dl_iterate_phdr(visit, NULL);
    return hex[0] ? hex : DISE_VERSION;
}
