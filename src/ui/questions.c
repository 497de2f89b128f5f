#include "ui/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_off(struct questions *q, int i)
{
    q->count--;
    memmove(q->list + i, q->list + i + 1, sizeof *q->list * (size_t)(q->count - i));
}

const struct question *questions_first(const struct questions *q)
{
    return q->count ? q->list : NULL;
}

void questions_drop(struct questions *q)
{
    if (q->count)
        take_off(q, 0);
}

void questions_fini(struct questions *q)
{
    free(q->list);
    *q = (struct questions){NULL, 0};
}

static int place_of(const struct questions *q, int64_t job, const char *id)
{
    for (int i = 0; i < q->count; i++)
        if (q->list[i].job == job && (!id || strcmp(q->list[i].id, id) == 0))
            return i;
    return -1;
}

static void add(struct questions *q, const struct event *ev)
{
    const struct event_job_question *asked = &ev->u.job_question;
    int i = place_of(q, ev->job, asked->question);
    struct question *one;
    if (!q->list)
        q->list = calloc(QUESTIONS_MAX, sizeof *q->list);
    if (!q->list || (i < 0 && q->count == QUESTIONS_MAX))
        return;
    one = &q->list[i < 0 ? q->count++ : i];
    *one = (struct question){.job = ev->job, .since = ev->time, .seconds = asked->seconds};
    snprintf(one->id, sizeof one->id, "%s", asked->question);
    snprintf(one->kind, sizeof one->kind, "%s", asked->kind);
    snprintf(one->choices, sizeof one->choices, "%s", asked->choices);
    snprintf(one->text, sizeof one->text, "%s", asked->text);
}

bool questions_follow(struct questions *q, const struct event *ev)
{
    const bool any = q->count > 0;
    const int64_t job = any ? q->list[0].job : 0;
    char id[sizeof q->list->id] = "";
    int i = -1;
    if (any)
        memcpy(id, q->list[0].id, sizeof id);
    if (ev->type == EVENT_JOB_QUESTION)
        add(q, ev);
    else if (ev->type == EVENT_JOB_ANSWER)
        i = place_of(q, ev->job, ev->u.job_answer.question);
    if (i >= 0)
        take_off(q, i);
    for (int k = 0; ev->type == EVENT_JOB_STARTED && k < q->count; k++)
        if (q->list[k].job == ev->job)
            q->list[k].since = ev->time;
    while (ev->type == EVENT_JOB_DONE && (i = place_of(q, ev->job, NULL)) >= 0)
        take_off(q, i);
    return any != (q->count > 0) || (any && (q->list[0].job != job || strcmp(q->list[0].id, id)));
}

const char *question_choice(const char *choices, const char *line, size_t *n)
{
    const char *found = NULL;
    const size_t typed = strlen(line);
    size_t k;
    int begun = 0;
    for (const char *c = choices; typed && *c; c += k + (c[k] == '|')) {
        k = strcspn(c, "|");
        if (k < typed || memcmp(c, line, typed) != 0)
            continue;
        found = c;
        *n = k;
        begun++;
        if (k == typed)
            return c;
    }
    return begun == 1 ? found : NULL;
}

int64_t question_left(int64_t since, int64_t seconds, int64_t now)
{
    const int64_t left = seconds - (now > since ? (now - since) / 1000 : 0);
    return seconds <= 0 ? -1 : left > 0 ? left : 0;
}
