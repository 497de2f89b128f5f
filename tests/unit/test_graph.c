/* The fold of a job's events into its steps, and what of them shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/pane/graph.h"
#include "ui/term/cluster.h"

struct state {
    struct graph_log log;
    struct graph graph;
    struct graph_view view;
    int64_t seq;
};

static int open_state(void **out)
{
    struct state *s = calloc(1, sizeof *s);
    graph_init(&s->graph);
    *out = s;
    return 0;
}

static int close_state(void **out)
{
    struct state *s = *out;
    graph_log_clear(&s->log);
    graph_fini(&s->graph);
    graph_view_fini(&s->view);
    free(s);
    return 0;
}

static void add(struct state *s, struct event *ev)
{
    bool added, last;
    ev->job = 1;
    ev->time = 1000 * ++s->seq;
    ev->seq = s->seq;
    assert_int_equal(graph_log_add(&s->log, ev, &added, &last), ERR_OK);
    assert_true(added && last);
    assert_int_equal(graph_fold(&s->graph, &s->log.events[s->log.n - 1]), ERR_OK);
    assert_int_equal(graph_log_add(&s->log, ev, &added, &last), ERR_OK);
    assert_false(added);
}

static void begin(struct state *s, const char *path, const char *name)
{
    struct event ev = {.type = EVENT_STEP_BEGIN};
    ev.u.step_begin.path = path;
    ev.u.step_begin.name = name;
    add(s, &ev);
}

static void end(struct state *s, const char *path, const char *name, const char *outcome, double ms)
{
    struct event ev = {.type = EVENT_STEP_END};
    ev.u.step_end.path = path;
    ev.u.step_end.name = name;
    ev.u.step_end.outcome = outcome;
    ev.u.step_end.ms = ms;
    add(s, &ev);
}

static void fork_begin(struct state *s, const char *path, int width, const char *labels)
{
    struct event ev = {.type = EVENT_FORK_BEGIN};
    ev.u.fork_begin.path = path;
    ev.u.fork_begin.name = strstr(labels, "gate") ? "judge" : "fork";
    ev.u.fork_begin.width = width;
    ev.u.fork_begin.labels = labels;
    add(s, &ev);
}

static void fork_end(struct state *s, const char *path, int won)
{
    struct event ev = {.type = EVENT_FORK_END};
    ev.u.fork_end.path = path;
    ev.u.fork_end.outcome = "done";
    ev.u.fork_end.won = won;
    add(s, &ev);
}

/* "1>2 2>3.1.1 …" */
static const char *edges(struct state *s, bool all)
{
    static char out[200000];
    size_t n = 0;
    out[0] = 0;
    assert_int_equal(graph_view_make(&s->view, &s->graph, all), ERR_OK);
    for (size_t i = 0; i < s->view.edges_n; i++) {
        const struct graph_edge *e = &s->view.edges[i];
        assert_true(e->from < e->to);
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s>%s", n ? " " : "",
                              s->graph.nodes[s->view.items[e->from].node].path,
                              s->graph.nodes[s->view.items[e->to].node].path);
    }
    return out;
}

static enum graph_state state_at(const struct state *s, const char *path)
{
    int i = graph_find(&s->graph, path);
    assert_true(i >= 0);
    return s->graph.nodes[i].state;
}

static void paths_compare_by_their_numbers(void **state)
{
    (void)state;
    assert_true(graph_compare("2", "10") < 0);
    assert_true(graph_compare("3", "3.1.1") < 0);
    assert_true(graph_compare("3.2.1", "3.10.1") < 0);
    assert_true(graph_compare("4", "3.10.1") > 0);
    assert_int_equal(graph_compare("3.1", "3.1"), 0);
    assert_true(graph_compare("x", "y") < 0);
}

static void a_fork_leads_to_its_branches_and_they_join(void **state)
{
    struct state *s = *state;
    end(s, "1", "classify", "done", 2);
    begin(s, "2", "plan");
    assert_int_equal(state_at(s, "2"), GRAPH_RUNNING);
    end(s, "2", "plan", "done", 900);
    fork_begin(s, "3", 3, "candidate 1|candidate 2");
    assert_int_equal(state_at(s, "3.2"), GRAPH_WAITING);
    assert_string_equal(s->graph.nodes[graph_find(&s->graph, "3.2")].title, "candidate 2");
    assert_string_equal(edges(s, false), "1>2 2>3.1 2>3.2 2>3.3");
    begin(s, "3.1.1", "llm");
    begin(s, "3.2.1", "llm");
    end(s, "3.2.1", "llm", "done", 40);
    end(s, "3.2.2", "run", "failed", 40);
    assert_int_equal(graph_find(&s->graph, "3.2"), -1);
    assert_string_equal(edges(s, false), "1>2 2>3.1.1 2>3.2.1 3.2.1>3.2.2 2>3.3");
    assert_int_equal(s->view.taken, 3);
    fork_end(s, "3", 2);
    assert_int_equal(state_at(s, "3.1.1"), GRAPH_CANCELLED);
    assert_int_equal(state_at(s, "3.3"), GRAPH_CANCELLED);
    end(s, "4", "choose", "done", 1);
    assert_string_equal(edges(s, false),
                        "1>2 2>3.1.1 2>3.2.1 3.2.1>3.2.2 2>3.3 3.1.1>4 3.2.2>4 3.3>4");
}

/* An edge from each of many to each of many would be no picture. */
static void a_fork_behind_a_fork_is_a_node(void **state)
{
    struct state *s = *state;
    end(s, "1", "plan", "done", 20);
    fork_begin(s, "2", 2, "");
    end(s, "2.1.1", "a", "done", 20);
    end(s, "2.2.1", "b", "done", 20);
    fork_end(s, "2", 0);
    fork_begin(s, "3", 2, "");
    end(s, "3.1.1", "c", "done", 20);
    fork_begin(s, "3.2.1", 2, "");
    end(s, "3.2.1.2.1", "d", "done", 20);
    assert_string_equal(edges(s, false), "1>2.1.1 1>2.2.1 2.1.1>3 2.2.1>3 3>3.1.1 3>3.2.1.1 "
                                         "3>3.2.1.2.1");
    assert_int_equal(s->view.items[s->view.n - 1].depth, 2);
}

static void quiet_steps_show_on_request(void **state)
{
    struct state *s = *state;
    end(s, "1", "classify", "done", 0);
    end(s, "2", "prompts", "done", 1);
    end(s, "3", "resolve", "done", 0);
    end(s, "4", "resolve", "failed", 0);
    end(s, "5", "prompts", "done", 500);
    end(s, "6", "something new", "done", 0);
    assert_string_equal(edges(s, false), "1>4 4>5 5>6");
    assert_string_equal(edges(s, true), "1>2 2>3 3>4 4>5 5>6");
}

/* Only a gate that says no makes a fan-out of a candidate's row. */
static void a_gate_shows_when_it_says_no(void **state)
{
    struct state *s = *state;
    end(s, "1", "llm", "done", 40);
    end(s, "2", "gate", "done", 40);
    fork_begin(s, "3", 2, "gate|examples");
    assert_string_equal(edges(s, false), "1>3.2");
    end(s, "3.2.1", "run", "done", 40);
    assert_string_equal(edges(s, false), "1>3.2.1");
    end(s, "3.1.1", "gate", "done", 40);
    fork_end(s, "3", 0);
    end(s, "4", "store", "done", 40);
    assert_string_equal(edges(s, false), "1>3.2.1 3.2.1>4");
    assert_int_equal(s->view.items[1].depth, 0); /* in its candidate's row */
    assert_string_equal(edges(s, true), "1>2 2>3.1.1 2>3.2.1 3.1.1>4 3.2.1>4");
    end(s, "3.1.1", "gate", "failed", 40);
    assert_string_equal(edges(s, false), "1>3.1.1 1>3.2.1 3.1.1>4 3.2.1>4");
    assert_int_equal(s->view.items[2].depth, 1);
}

static void a_step_that_begins_again_counts(void **state)
{
    struct state *s = *state;
    begin(s, "1", "llm");
    begin(s, "1", "llm");
    assert_int_equal(s->graph.nodes[0].begun, 2);
    assert_int_equal(s->graph.n, 1);
    struct event done = {.type = EVENT_JOB_DONE};
    done.u.job_done.status = "cancelled";
    add(s, &done);
    assert_int_equal(state_at(s, "1"), GRAPH_CANCELLED);
}

static void late_events_are_put_in_their_place(void **state)
{
    struct state *s = *state;
    struct event ev = {.type = EVENT_PHASE, .seq = 5};
    bool added, last;
    s->seq = 9;
    end(s, "1", "a", "done", 1);
    assert_int_equal(graph_log_add(&s->log, &ev, &added, &last), ERR_OK);
    assert_true(added && !last);
    assert_int_equal(s->log.events[0].seq, 5);
    ev.seq = 0; /* not stored */
    assert_int_equal(graph_log_add(&s->log, &ev, &added, &last), ERR_OK);
    assert_false(added);
}

static void odd_events_do_no_harm(void **state)
{
    struct state *s = *state;
    char deep[400] = "1";
    for (int i = 0; i < 40; i++)
        strcat(deep, ".1.1");
    end(s, "", "", "", -1);
    end(s, "....", "x", "what", 1e300);
    end(s, "3.1.1", "without a fork", "done", 1);
    fork_end(s, "9.9", -4);
    fork_begin(s, "1", 5000, "||||");
    fork_begin(s, "1", 3, "again");
    end(s, "999999999999999999999999.1", "x", "done", 1);
    edges(s, true);
    struct event ev = {.type = EVENT_STEP_END, .seq = 100};
    bool added, last;
    ev.u.step_end.path = deep;
    assert_int_equal(graph_log_add(&s->log, &ev, &added, &last), ERR_OK);
    assert_int_equal(graph_fold(&s->graph, &s->log.events[s->log.n - 1]), ERR_TOO_LARGE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, open_state, close_state)
    const struct CMUnitTest tests[] = {
        T(paths_compare_by_their_numbers),  T(a_fork_leads_to_its_branches_and_they_join),
        T(a_fork_behind_a_fork_is_a_node),  T(quiet_steps_show_on_request),
        T(a_step_that_begins_again_counts), T(late_events_are_put_in_their_place),
        T(a_gate_shows_when_it_says_no),    T(odd_events_do_no_harm),
    };
    return cluster_locale() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
