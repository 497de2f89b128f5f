/* Scrolling, the same in every widget and pane. */
#ifndef DISE_UI_SCROLL_H
#define DISE_UI_SCROLL_H

enum scroll {
    SCROLL_LINE_UP,
    SCROLL_LINE_DOWN,
    SCROLL_HALF_UP, /* Ctrl-U */
    SCROLL_HALF_DOWN,
    SCROLL_PAGE_UP,
    SCROLL_PAGE_DOWN,
    SCROLL_TOP, /* g */
    SCROLL_END, /* G */
    SCROLL_WHEEL_UP,
    SCROLL_WHEEL_DOWN,
};

#endif
