/* The control sequences that keys and mice send (part of input.c). */
#ifndef DISE_UI_INPUT_CSI_H
#define DISE_UI_INPUT_CSI_H

#include "ui/term/input.h"

/* Takes one sequence that begins with ESC [ or ESC O; returns its bytes, 0 when it is not complete.
 * An unknown one leaves out->type INPUT_NONE; the start of a paste sets INPUT_PASTE. */
size_t input_csi(const char *p, size_t n, struct input_event *out);
size_t input_ss3(const char *p, size_t n, struct input_event *out);

#endif
