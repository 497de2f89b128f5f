"""Checks that every include in src/ is one that the layers allow (docs: the head of CMakeLists.txt).

base <- core <- backends; ui sees base, core/protocol.*, core/event*.* and core/config.h; the sandbox launcher sees nothing of
ours. A library of the outside is named by the few places that may know it.
"""

import re
import sys
from pathlib import Path

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.S)

UI_SEES_OF_CORE = {"core/protocol.h", "core/protocol.def", "core/event.h", "core/events.def", "core/event.def",
                   "core/config.h", "core/config_migrate.h", "core/options.def"}

# layer -> the folders it may include from
ALLOWED = {
    "base": {"base"},
    "core": {"base", "core"},
    "backends": {"base", "core", "backends"},
    "ui": {"base", "ui"},
    "sandbox": {"sandbox"},
    "main.c": {"base", "ui"},
    "engine_main.c": {"base", "core", "backends", "ui"},
}

# outer header -> the files or folders below src/ that may include it
OUTSIDE = {
    r"(n?curses(w)?|term|panel|ncursesw/.*)\.h": ["ui/term/term.c"],
    r"sqlite3\.h": ["core/"],
    r"curl/.*": ["core/", "backends/"],
    r"uv\.h": ["base/", "core/", "backends/", "ui/"],
    r"(yaml|json-c/.*|json)\.h": ["base/"],
    r"seccomp\.h": ["sandbox/"],
    r"linux/(landlock|seccomp|filter)\.h": ["sandbox/"],
    r"ucontext\.h": ["core/job/fiber"],
}


def owner(path: Path, src: Path) -> str:
    return path.relative_to(src).parts[0]


def resolve(name: str, path: Path, src: Path) -> str | None:
    """The included file's name below src/, or None when it is not ours."""
    for base in (src, path.parent):
        found = (base / name).resolve()
        if found.is_file() and found.is_relative_to(src):
            return found.relative_to(src).as_posix()
    return None


def check_ours(where: str, layer: str, name: str) -> str | None:
    target = name.split("/")[0]
    if target in ALLOWED[layer] or (layer == "ui" and name in UI_SEES_OF_CORE):
        return None
    sees = ", ".join(sorted(ALLOWED[layer]))
    return f'{where}: {layer} may not include "{name}"; it sees only {sees}'


def check_outside(where: str, inside: str, name: str) -> str | None:
    for pattern, places in OUTSIDE.items():
        if re.fullmatch(pattern, name) and not any(inside.startswith(place) for place in places):
            return f"{where}: <{name}> belongs into {', '.join('src/' + p for p in places)} only"
    return None


def check_file(path: Path, src: Path) -> list[str]:
    inside = path.relative_to(src).as_posix()
    layer = owner(path, src)
    if layer not in ALLOWED:
        return [f"src/{inside}:1: no layer is declared for this folder in tests/layers.py"]
    text = path.read_text(encoding="utf-8", errors="replace")
    text = BLOCK_COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
    problems = []
    for match in INCLUDE.finditer(text):
        where = f"src/{inside}:{text.count(chr(10), 0, match.start(2)) + 1}"
        ours = resolve(match.group(2), path, src)
        if ours is None and match.group(1) == '"':
            problems.append(f'{where}: "{match.group(2)}" is not a file of src/')
        elif ours is None:
            problems.append(check_outside(where, inside, match.group(2)))
        else:
            problems.append(check_ours(where, layer, ours))
    return [p for p in problems if p]


def main() -> int:
    src = (Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "src").resolve()
    files = sorted(p for p in src.rglob("*") if p.suffix in (".c", ".h", ".def"))
    problems = [problem for path in files for problem in check_file(path, src)]
    for problem in problems:
        print(problem)
    print(f"layers: {len(files)} files, {len(problems)} wrong includes")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
