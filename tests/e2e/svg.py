"""Draws a pyte screen as an SVG picture, cell by cell, for the README and the tour."""

from html import escape

CELL_W, CELL_H, FONT = 8.4, 18, 14
NAMED = {
    "default": None, "black": "#1c1f26", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b",
    "blue": "#61afef", "magenta": "#c678dd", "cyan": "#56b6c2", "white": "#c8ccd4",
    "brightblack": "#6b7280", "brightred": "#e06c75", "brightgreen": "#98c379",
    "brightbrown": "#e5c07b", "brightblue": "#61afef", "brightmagenta": "#c678dd",
    "brightcyan": "#56b6c2", "brightwhite": "#ffffff",
}


def _colour(name, otherwise):
    if name in NAMED:
        return NAMED[name] or otherwise
    return "#" + name if len(name) == 6 else otherwise


def _runs(row, columns):
    """Neighbouring cells of one look, as (column, text, cell)."""
    start, text, look = 0, "", None
    for x in range(columns):
        cell = row[x]
        now = (cell.fg, cell.bg, cell.bold, cell.reverse, cell.underscore)
        if look is not None and now != look:
            yield start, text, row[start]
            start, text = x, ""
        look = now
        text += cell.data
    yield start, text, row[start]


def render(screen, background="#14171d", foreground="#c8ccd4"):
    """The SVG text of a pyte.Screen."""
    width, height = screen.columns * CELL_W + 16, screen.lines * CELL_H + 16
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f'<rect width="100%" height="100%" rx="6" fill="{background}"/>',
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{FONT}" '
        'xml:space="preserve">',
    ]
    for y in range(screen.lines):
        for x, text, cell in _runs(screen.buffer[y], screen.columns):
            fg, bg = _colour(cell.fg, foreground), _colour(cell.bg, background)
            if cell.reverse:
                fg, bg = bg, fg
            left, top, span = 8 + x * CELL_W, 8 + y * CELL_H, len(text) * CELL_W
            if bg != background:
                out.append(f'<rect x="{left:.1f}" y="{top}" width="{span:.1f}" '
                           f'height="{CELL_H}" fill="{bg}"/>')
            if text.strip():
                style = ' font-weight="bold"' if cell.bold else ""
                if cell.underscore:
                    style += ' text-decoration="underline"'
                out.append(f'<text x="{left:.1f}" y="{top + 14}" fill="{fg}"{style} '
                           f'textLength="{span:.1f}">{escape(text)}</text>')
    out.append("</g></svg>")
    return "\n".join(out) + "\n"
