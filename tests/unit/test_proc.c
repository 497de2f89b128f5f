#include <fcntl.h>
#include <linux/close_range.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/sandbox/proc.h"

struct job {
    struct proc_spec spec;
    struct proc_result result;
    struct buf out, err, extra;
    struct err_info info;
    enum err code;
    bool cancel;
    struct fiber *fiber;
};

static enum err run_main(void *arg)
{
    struct job *j = arg;
    return proc_run(&j->spec, &j->result, &j->info);
}

static enum err watch_main(void *arg)
{
    struct job *j = arg;
    struct fiber *f = fiber_spawn(fiber_sched(fiber_current()), "run", run_main, j);
    if (j->cancel) {
        while (!j->out.len && !fiber_sleep(1))
            ;
        fiber_cancel(f);
    }
    return fiber_join(f, &j->code);
}

/* Runs `script` by the shell; the loop must be empty afterwards. */
static void run(struct job *j, const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    uv_loop_t loop;
    struct sched *s;
    if (!j->out.data) {
        buf_init(&j->out, 1 << 20);
        buf_init(&j->err, 1 << 20);
        buf_init(&j->extra, 1 << 20);
    }
    j->spec.argv = argv;
    j->spec.out = &j->out;
    j->spec.err = &j->err;
    j->spec.extra[0] = &j->extra;
    j->spec.inherit = j->spec.inherit ? j->spec.inherit : -1;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    fiber_detach(fiber_spawn(s, "watch", watch_main, j), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void done(struct job *j)
{
    buf_fini(&j->out);
    buf_fini(&j->err);
    buf_fini(&j->extra);
}

static int open_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 512; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void channels_code_and_folder(void **state)
{
    struct job j = {.spec = {.input = "hello", .input_len = 5, .folder = "/"}};
    (void)state;
    run(&j, "cat; pwd; echo bad >&2; echo report >&3; exit 7");
    assert_int_equal(j.code, ERR_OK);
    assert_int_equal(j.result.end, PROC_EXITED);
    assert_int_equal(j.result.code, 7);
    assert_string_equal(j.out.data, "hello/\n");
    assert_string_equal(j.err.data, "bad\n");
    assert_string_equal(j.extra.data, "report\n");
    done(&j);
}

static void the_environment_and_descriptors_are_only_what_is_given(void **state)
{
    const char *env[] = {"ONLY=this", NULL};
    struct job j = {.spec = {.env = env}};
    (void)state;
    setenv("OPENAI_API_KEY", "sk-secret", 1);
    run(&j, "/usr/bin/env | /bin/grep -v '^\\(PWD\\|SHLVL\\|_\\|OLDPWD\\)='; "
            "/bin/ls /proc/self/fd");
    assert_string_equal(j.out.data, "ONLY=this\n0\n1\n2\n3\n4\n"); /* 4: the folder that ls reads */
    done(&j);
}

/* The engine has hundreds of descriptors: the child's must not overwrite one another. */
static void descriptors_beyond_sixty_four(void **state)
{
    int held[100];
    struct job j = {.spec = {.input = "in", .input_len = 2}};
    (void)state;
    for (int i = 0; i < 100; i++)
        held[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 20; i < 70; i++)
        if (i % 3 == 0) /* gaps, so that high and low numbers mix */
            close(held[i]);
    run(&j, "cat; echo e >&2; echo r >&3");
    for (int i = 0; i < 100; i++)
        if (i < 20 || i >= 70 || i % 3)
            close(held[i]);
    assert_string_equal(j.out.data, "in");
    assert_string_equal(j.err.data, "e\n");
    assert_string_equal(j.extra.data, "r\n");
    done(&j);
}

static void wall_time_ends_the_whole_group(void **state)
{
    struct job j = {.spec = {.wall_ms = 200}};
    (void)state;
    run(&j, "(sleep 300; echo late) & sleep 300");
    assert_int_equal(j.code, ERR_OK);
    assert_int_equal(j.result.end, PROC_TIMEOUT);
    done(&j);
}

static void a_survivor_that_holds_the_pipe_is_not_waited_for(void **state)
{
    struct job j = {0};
    pid_t left;
    (void)state;
    run(&j, "sleep 300 & echo $!");
    assert_int_equal(j.result.end, PROC_EXITED);
    left = atoi(j.out.data);
    assert_true(left > 0);
    for (int i = 0; i < 2000 && kill(left, 0) == 0; i++) {
        char path[64], text[64] = "";
        FILE *f;
        snprintf(path, sizeof path, "/proc/%d/stat", (int)left);
        f = fopen(path, "re");
        if (!f || !fgets(text, sizeof text, f) || strstr(text, ") Z "))
            i = 2000; /* gone, or waiting to be reaped by init */
        if (f)
            fclose(f);
        usleep(1000);
    }
    done(&j);
}

static void too_much_output_ends_it(void **state)
{
    struct job j = {0};
    (void)state;
    buf_init(&j.out, 100000);
    buf_init(&j.err, 1000);
    buf_init(&j.extra, 1000);
    run(&j, "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done");
    assert_int_equal(j.result.end, PROC_OUTPUT);
    assert_int_equal(j.out.len, 100000);
    done(&j);
}

static void a_child_that_does_not_read_its_input(void **state)
{
    size_t n = 4 << 20;
    char *big = malloc(n);
    struct job j = {.spec = {.input = big, .input_len = n}};
    (void)state;
    memset(big, 'x', n);
    run(&j, "exec <&-; exit 3");
    assert_int_equal(j.result.code, 3);
    done(&j);
    free(big);
}

static void cancelled_leaves_no_process_and_no_descriptor(void **state)
{
    int before = open_fds();
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct job j = {.cancel = true};
        run(&j, "echo $$; sleep 300");
        assert_int_equal(j.code, ERR_CANCELLED);
        assert_int_equal(kill(atoi(j.out.data), 0), -1);
        done(&j);
    }
    assert_int_equal(open_fds(), before);
}

static void a_missing_program_is_an_error(void **state)
{
    struct job j = {0};
    const char *argv[] = {"/nonexistent/program", NULL};
    uv_loop_t loop;
    struct sched *s;
    (void)state;
    j.spec.argv = argv;
    j.spec.inherit = -1;
    uv_loop_init(&loop);
    s = sched_new(&loop);
    fiber_detach(fiber_spawn(s, "watch", watch_main, &j), NULL, NULL);
    sched_run(s);
    sched_close(s);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(j.code, ERR_NOT_FOUND);
    assert_non_null(strstr(j.info.message, "/nonexistent/program"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_code_and_folder),
        cmocka_unit_test(the_environment_and_descriptors_are_only_what_is_given),
        cmocka_unit_test(descriptors_beyond_sixty_four),
        cmocka_unit_test(wall_time_ends_the_whole_group),
        cmocka_unit_test(a_survivor_that_holds_the_pipe_is_not_waited_for),
        cmocka_unit_test(too_much_output_ends_it),
        cmocka_unit_test(a_child_that_does_not_read_its_input),
        cmocka_unit_test(cancelled_leaves_no_process_and_no_descriptor),
        cmocka_unit_test(a_missing_program_is_an_error),
    };
    signal(SIGPIPE, SIG_IGN);
    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC); /* as engine_main */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
