/* Layout and drawing of a workflow of 500 steps, in ms and as a ratio to a floor of the same run:
 * touching as many boxes, or painting as many cells, once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui/pane/graph_scene.h"
#include "ui/term/cluster.h"

enum { ROUNDS = 101, FORKS = 50, WIDTH = 10, W = 198, H = 57 };

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void fold(struct graph *g, struct graph_event ev)
{
    static int64_t seq;
    ev.seq = ++seq;
    ev.time = seq;
    if (graph_fold(g, &ev))
        abort();
}

static void build(struct graph *g)
{
    char path[32];
    for (int f = 1; f <= FORKS; f++) {
        snprintf(path, sizeof path, "%d", f);
        fold(g, (struct graph_event){EVENT_FORK_BEGIN, .path = path, .name = "trial", .label = "",
                                     .outcome = "", .why = "", .number = WIDTH});
        for (int b = 1; b < WIDTH; b++) {
            snprintf(path, sizeof path, "%d.%d.1", f, b);
            fold(g,
                 (struct graph_event){EVENT_STEP_END, .path = path, .name = "llm", .label = "code",
                                      .outcome = b % 3 ? "done" : "failed", .why = "", .ms = 900});
        }
    }
}

static struct canvas canvas;
static struct graph graph;
static struct graph_scene scene;
static const enum graph_zoom levels[] = {GRAPH_DOTS, GRAPH_NAMES, GRAPH_BOXES};
static int level;

static void layout(void)
{
    if (graph_scene_make(&scene, &graph, levels[level], W, H, 0))
        abort();
}

static void draw(void)
{
    const struct graph_look look = {.x = scene.layout.w / 2, .find = ""};
    graph_scene_draw(&scene, &graph, &canvas, &look);
}

static void paint(void)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            canvas_puts(&canvas, x, y, STYLE_TEXT, "x");
}

static void touch(void)
{
    struct rect *boxes = calloc(scene.view.n, sizeof *boxes);
    for (size_t i = 0; boxes && i < scene.view.n; i++)
        boxes[i] = (struct rect){(int)i, (int)i, cluster_columns("code 1", 6), 1};
    free(boxes);
}

static double median(void (*what)(void))
{
    double ms[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double from = now_ms();
        what();
        ms[i] = now_ms() - from;
    }
    qsort(ms, ROUNDS, sizeof *ms, by_value);
    return ms[ROUNDS / 2];
}

int main(void)
{
    double cells, boxes;
    graph_init(&graph);
    if (!cluster_locale() || canvas_init(&canvas, W, H, false))
        return 1;
    build(&graph);
    layout();
    cells = median(paint);
    boxes = median(touch);
    printf("steps %zu, edges %zu, floors: %.3f ms to paint %d cells, %.4f ms to touch the boxes\n",
           scene.view.n, scene.view.edges_n, cells, W * H, boxes);
    for (level = 0; level < 3; level++) {
        double l = median(layout), d = median(draw);
        printf("level %d: layout %.2f ms (%.0f floors), draw %.2f ms (%.1f floors)\n",
               (int)levels[level], l, l / boxes, d, d / cells);
    }
    graph_scene_fini(&scene);
    graph_fini(&graph);
    canvas_fini(&canvas);
    return 0;
}
