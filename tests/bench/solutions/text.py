"""Reference solutions of the class "text": text processing."""

import re


def to_camel(name):
    parts = [part for part in name.replace("-", "_").split("_") if part]
    return "".join(parts[:1] + [part[0].upper() + part[1:] for part in parts[1:]])


def slug(title, limit):
    kept = "".join(ch if ch in "abcdefghijklmnopqrstuvwxyz0123456789" else " " for ch in title.lower())
    words = kept.split()
    while len(words) > 1 and len("-".join(words)) > limit:
        words.pop()
    return "-".join(words)[:limit]


def wrap_words(text, width):
    lines = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def justify(words, width):
    if len(words) == 1:
        return words[0].ljust(width)
    gaps = len(words) - 1
    spaces, more = divmod(width - sum(len(word) for word in words), gaps)
    line = ""
    for i, word in enumerate(words[:-1]):
        line += word + " " * (spaces + (1 if i < more else 0))
    return line + words[-1]


def headline(title):
    small = {"a", "an", "and", "the", "of", "in", "on", "to", "for"}
    words = title.lower().split(" ")
    for i, word in enumerate(words):
        if word not in small or i == 0 or i == len(words) - 1:
            words[i] = word[:1].upper() + word[1:]
    return " ".join(words)


def initials(name):
    result = ""
    for part in name.split():
        if not part[0].islower():
            result += "-".join(piece[0] + "." for piece in part.split("-"))
    return result


def mask_email(address):
    if address.count("@") != 1 or address[0] == "@":
        return address
    user, host = address.split("@")
    if len(user) < 3:
        return user[0] + "*@" + host
    return user[0] + "*" * (len(user) - 2) + user[-1] + "@" + host


def frequent_words(text, n):
    counts, word = {}, ""
    for ch in text.lower() + " ":
        if "a" <= ch <= "z" or (ch == "'" and word):
            word += ch
            continue
        word = word.rstrip("'")
        if word:
            counts[word] = counts.get(word, 0) + 1
        word = ""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n]


def parse_settings(text):
    settings = {}
    for line in text.split("\n"):
        if line.strip().startswith("#") or "=" not in line:
            continue
        key, value = [part.strip() for part in line.split("=", 1)]
        digits = value[1:] if value.startswith("-") else value
        if digits.isdigit():
            value = int(value)
        elif value.lower() in ("true", "false"):
            value = value.lower() == "true"
        settings[key] = value
    return settings


def strip_comment(line):
    quote = None
    for i, ch in enumerate(line):
        if quote:
            if ch == quote:
                quote = None
        elif ch in "'\"":
            quote = ch
        elif ch == "#":
            return line[:i].rstrip()
    return line.rstrip()


def pack(text):
    packed, i = "", 0
    while i < len(text):
        end = i
        while end < len(text) and text[end] == text[i]:
            end += 1
        run = end - i
        packed += text[i] * run if run < 3 else str(run) + text[i]
        i = end
    return packed


def unpack(text):
    result, count, i = "", "", 0
    while i < len(text):
        ch = text[i]
        if ch.isdigit():
            count += ch
        else:
            if ch == "\\":
                i += 1
                ch = text[i]
            result += ch * int(count or "1")
            count = ""
        i += 1
    return result


def in_words(n):
    ones = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
            "fifteen sixteen seventeen eighteen nineteen").split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if n < 20:
        return ones[n]
    if n < 100:
        return tens[n // 10 - 2] + ("-" + ones[n % 10] if n % 10 else "")
    if n < 1000:
        return ones[n // 100] + " hundred" + (" and " + in_words(n % 100) if n % 100 else "")
    rest = n % 1000
    joint = "" if rest == 0 else " and " if rest < 100 else " "
    return ones[n // 1000] + " thousand" + joint + (in_words(rest) if rest else "")


def ordinal(n):
    if n % 100 in (11, 12, 13):
        return f"{n}th"
    return str(n) + {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def plural(noun):
    special = {"child": "children", "person": "people", "mouse": "mice"}
    if noun in special:
        return special[noun]
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in ("a", "e", "i", "o", "u", ""):
        return noun[:-1] + "ies"
    if noun.endswith("fe"):
        return noun[:-2] + "ves"
    if noun.endswith("f") and not noun.endswith("ff"):
        return noun[:-1] + "ves"
    return noun + "s"


def hashtags(post):
    found = []
    for word in post.split():
        if not word.startswith("#"):
            continue
        tag = ""
        for ch in word[1:].lower():
            if not (ch.isalnum() or ch == "_"):
                break
            tag += ch
        if tag and not tag.isdigit() and tag not in found:
            found.append(tag)
    return found


def find_dates(text):
    found = []
    for match in re.finditer(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)", text):
        year, month, day = (int(part) for part in match.groups())
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if 1 <= month <= 12 and 1 <= day <= lengths[month - 1]:
            found.append(match.group())
    return found


def common_folder(paths):
    if not paths:
        return "/"
    folders = [path.split("/")[1:-1] for path in paths]
    shared = []
    for names in zip(*folders):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return "/" + "/".join(shared)


def clean_path(path):
    absolute = path.startswith("/")
    kept = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            kept.append(part)
        elif kept and kept[-1] != "..":
            kept.pop()
        elif not absolute:
            kept.append("..")
    return "/" + "/".join(kept) if absolute else "/".join(kept) or "."


def parse_query(query):
    def decode(text):
        first, *coded = text.replace("+", " ").split("%")
        return first + "".join(chr(int(part[:2], 16)) + part[2:] for part in coded)
    result = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            result.setdefault(decode(name), []).append(decode(value))
    return result


def fill_template(template, values):
    result, i = "", 0
    while i < len(template):
        if template[i:i + 2] in ("{{", "}}"):
            result += template[i]
            i += 2
        elif template[i] == "{":
            end = template.index("}", i)
            name, bar, other = template[i + 1:end].partition("|")
            if name in values:
                result += str(values[name])
            else:
                result += other if bar else template[i:end + 1]
            i = end + 1
        else:
            result += template[i]
            i += 1
    return result


def csv_fields(line):
    fields, field, quoted, i = [], "", False, 0
    while i < len(line):
        ch = line[i]
        if ch == '"':
            if quoted and line[i + 1:i + 2] == '"':
                field += ch
                i += 1
            else:
                quoted = not quoted
        elif ch == "," and not quoted:
            fields.append(field)
            field = ""
        else:
            field += ch
        i += 1
    return fields + [field]


def table_of_contents(markdown):
    entries, code = [], False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            code = not code
        marks = line.split(" ")[0]
        if not code and " " in line and 1 <= len(marks) <= 6 and set(marks) == {"#"}:
            entries.append("  " * (len(marks) - 1) + "- " + line[len(marks):].strip())
    return entries


def format_table(rows):
    columns = []
    for cells in zip(*rows):
        width = max(len(cell) for cell in cells)
        right = len(cells) > 1 and all(cell.isdigit() for cell in cells[1:])
        columns.append([cell.rjust(width) if right else cell.ljust(width) for cell in cells])
    return ["  ".join(line).rstrip() for line in zip(*columns)]


def number_outline(lines):
    numbers, result = [], []
    for line in lines:
        text = line.lstrip(" ")
        level = (len(line) - len(text)) // 2
        numbers = numbers[:level + 1]
        if len(numbers) <= level:
            numbers.append(0)
        numbers[level] += 1
        result.append(".".join(str(number) for number in numbers) + " " + text)
    return result


def split_sentences(text):
    short = {"Mr.", "Mrs.", "Dr.", "e.g.", "i.e.", "etc."}
    sentences, start, word = [], 0, ""
    for i, ch in enumerate(text):
        if not ch.isspace():
            word += ch
        following = text[i + 1:i + 2]
        if ch in ".!?" and (not following or following.isspace()) and word not in short:
            sentences.append(text[start:i + 1].strip())
            start = i + 1
        if ch.isspace():
            word = ""
    rest = text[start:].strip()
    return sentences + [rest] if rest else sentences


def tidy(text):
    kept = []
    for line in text.split("\n"):
        line = line.rstrip(" \t")
        if line or (kept and kept[-1]):
            kept.append(line)
    if kept and not kept[-1]:
        kept.pop()
    return "\n".join(kept)


def align_equals(lines):
    column = max((len(line.split("=")[0].rstrip(" ")) for line in lines if "=" in line), default=0)
    aligned = []
    for line in lines:
        if "=" in line:
            name, value = line.split("=", 1)
            line = name.rstrip(" ").ljust(column) + " =" + value
        aligned.append(line)
    return aligned


def keyword_encode(message, keyword):
    encoded, used = "", 0
    for ch in message:
        if "a" <= ch.lower() <= "z":
            first = ord("a") if ch >= "a" else ord("A")
            shift = ord(keyword[used % len(keyword)]) - ord("a")
            ch = chr(first + (ord(ch) - first + shift) % 26)
            used += 1
        encoded += ch
    return encoded


def from_morse(code, table):
    words = code.strip().split(" / ")
    return " ".join("".join(table.get(letter, "?") for letter in word.split()) for word in words)


def compare_versions(first, second):
    def key(version):
        numbers, _, tag = version.partition("-")
        parts = [int(part) for part in numbers.split(".")]
        while parts and parts[-1] == 0:
            parts.pop()
        return parts, tag == "", tag
    a, b = key(first), key(second)
    return (a > b) - (a < b)


def natural_sort(names):
    def key(name):
        return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name.lower())]
    return sorted(names, key=key)


def matches(pattern, name):
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches(pattern[1:], name[i:]) for i in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and matches(pattern[1:], name[1:])


def censor(text, forbidden):
    result, word = "", ""
    for ch in text + " ":
        if ch.isalpha():
            word += ch
            continue
        if word.lower() in forbidden:
            word = word[0] + "*" * (len(word) - 1)
        result += word + ch
        word = ""
    return result[:-1]


def unfold(lines):
    joined = []
    for line in lines:
        if line[:1] not in (" ", "\t"):
            joined.append(line)
        elif joined:
            joined[-1] += " " + line.lstrip()
    pairs = [line.split(":", 1) for line in joined if ":" in line]
    return [(name.strip().lower(), value.strip()) for name, value in pairs]


def password_faults(password):
    faults = []
    if not any(ch.isdigit() for ch in password):
        faults.append("digit")
    if not any(ch.islower() for ch in password):
        faults.append("lower")
    if any(password[i] == password[i + 1] == password[i + 2] for i in range(len(password) - 2)):
        faults.append("repeat")
    if len(password) < 10:
        faults.append("short")
    if not any(ch.isupper() for ch in password):
        faults.append("upper")
    return faults


def normalize_phone(number, country):
    for mark in " -/.()":
        number = number.replace(mark, "")
    if number.startswith("00"):
        number = "+" + number[2:]
    elif number.startswith("0"):
        number = "+" + country + number[1:]
    digits = number[1:]
    if not number.startswith("+") or not digits.isdigit() or not 7 <= len(digits) <= 15:
        return None
    return number


def anagram_groups(words):
    groups = {}
    for word in {word.lower() for word in words}:
        groups.setdefault("".join(sorted(word)), []).append(word)
    found = [sorted(group) for group in groups.values() if len(group) > 1]
    return sorted(found, key=lambda group: (-len(group), group[0]))


def boxed(lines):
    lines = lines or [""]
    width = max(len(line) for line in lines)
    border = "+" + "-" * (width + 2) + "+"
    return [border] + ["| " + line.ljust(width) + " |" for line in lines] + [border]


def join_lines(lines):
    text = ""
    for line in lines:
        line = line.strip()
        if not line:
            continue
        if text.endswith("-") and text[-2:-1].isalpha():
            text = (text[:-1] if line[0].islower() else text) + line
        else:
            text += (" " if text else "") + line
    return text


def changed_lines(old, new):
    def surplus(text, other):
        lines = text.split("\n") if text else []
        others = other.split("\n") if other else []
        result = []
        for line in dict.fromkeys(lines):
            result += [line] * (lines.count(line) - others.count(line))
        return result
    return surplus(old, new), surplus(new, old)


def hex_line(offset, data):
    codes = " ".join(f"{byte:02x}" for byte in data)
    text = "".join(chr(byte) if 32 <= byte <= 126 else "." for byte in data)
    return f"{offset:08x}  {codes:<47}  |{text}|"
