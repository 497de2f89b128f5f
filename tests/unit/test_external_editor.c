/* The person's editor: each case in a child with a terminal of its own, as dise has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <pty.h>

#include "ui/term/external_editor.h"

static char folder[] = "/tmp/dise-editor-test-XXXXXX";

/* Writes the editor: a shell script. */
static void editor_is(const char *script)
{
    char path[128];
    FILE *f;
    snprintf(path, sizeof path, "%s/editor", folder);
    f = fopen(path, "we");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\n%s\n", script);
    fclose(f);
    assert_int_equal(chmod(path, 0755), 0);
    setenv("EDITOR", path, 1);
}

/* Edits "old\n" on a new terminal; the error, or 100 + it when the text that came is not `want`. */
static int edit(const char *want)
{
    char bytes[256];
    int fd, status;
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0) {
        struct err_info info = {0};
        struct buf out;
        enum err e;
        char self[24];
        snprintf(self, sizeof self, "%d", (int)getpid());
        setenv("DISE_TEST_PID", self, 1);
        buf_init(&out, 64);
        e = external_edit("coder.yaml", "old\n", &out, &info);
        if ((e != ERR_OK) != (info.message[0] != 0))
            _exit(99);
        _exit((int)e + (strcmp(out.data, want) != 0 ? 100 : 0));
    }
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_changed_text_comes_back(void **state)
{
    struct stat s;
    char path[128];
    (void)state;
    editor_is(
        "test -t 0 && test -t 1 && test -t 2 || exit 1\n"
        "test \"$(stat -c %a \"$1\") $(stat -c %a \"$(dirname \"$1\")\")\" = '600 700' || exit 1\n"
        "test \"$(basename \"$1\")\" = coder.yaml || exit 1\n"
        "dirname \"$1\" > \"$(dirname \"$0\")/where\"\n"
        "echo new >> \"$1\"");
    assert_int_equal(edit("old\nnew\n"), ERR_OK);
    snprintf(path, sizeof path, "%s/where", folder);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(path, sizeof path, f));
    fclose(f);
    path[strcspn(path, "\n")] = 0;
    assert_int_equal(stat(path, &s), -1); /* nothing is left behind */
}

static void its_command_may_have_arguments(void **state)
{
    char command[128];
    (void)state;
    editor_is("test \"$1\" = --wait || exit 1\nprintf 1 > \"$2\"");
    snprintf(command, sizeof command, "%s/editor --wait", folder);
    setenv("VISUAL", command, 1);
    assert_int_equal(edit("1"), ERR_OK);
    unsetenv("VISUAL");
}

static void what_fails_is_not_taken(void **state)
{
    (void)state;
    editor_is("echo new > \"$1\"; exit 1");
    assert_int_equal(edit(""), ERR_CANCELLED);
    editor_is("echo new > \"$1\"; kill -KILL $$");
    assert_int_equal(edit(""), ERR_CANCELLED);
    setenv("EDITOR", "/no/such/editor", 1);
    assert_int_equal(edit(""), ERR_NOT_FOUND);
    editor_is("head -c 100 /dev/zero | tr '\\0' x > \"$1\"");
    assert_int_equal(edit(""), ERR_TOO_LARGE);
    editor_is("rm \"$1\"");
    assert_int_equal(edit(""), ERR_NOT_FOUND);
}

/* ^C in the editor reaches this process, too; and what this one ignores the editor does not. */
static void interrupts_are_the_editors(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    editor_is("kill -INT $DISE_TEST_PID; kill -QUIT $DISE_TEST_PID; sleep 0.1; echo new > \"$1\"");
    assert_int_equal(edit("new\n"), ERR_OK);
    editor_is("(kill -PIPE $(sh -c 'echo $PPID'); echo bad > \"$1\"); exit 0");
    assert_int_equal(edit("old\n"), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_text_comes_back),
        cmocka_unit_test(its_command_may_have_arguments),
        cmocka_unit_test(what_fails_is_not_taken),
        cmocka_unit_test(interrupts_are_the_editors),
    };
    int failed;
    if (!mkdtemp(folder))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, i ? "where" : "editor");
        unlink(path);
    }
    return rmdir(folder) || failed;
}
