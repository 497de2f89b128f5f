"""Strings of JSON Schema's formats: made, and tested.

Each format has a maker of ordinary values, a few values at its edges, and a test. Formats that are not known
say nothing (as the specification has it).
"""

import base64
import calendar
import re

import testdata_regex

HOSTS = ["example.com", "example.org", "mail.example.net", "a.example", "sub.domain.example.com", "xn--bcher-kva.example"]
NAMES = ["anna", "ben", "carla", "dimitri", "emil", "fatima", "george", "hana", "ivan", "jo", "kim", "li", "maria"]
WORDS = ["alpha", "beta", "gamma", "delta", "river", "stone", "green", "quick", "paper", "light", "north", "seven"]

LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(?:\.{LABEL})*\Z")
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = re.compile(rf"(?=.{{1,64}}@){ATOM}(?:\.{ATOM})*@(.+)\Z")
DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z", re.A)
TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-](\d{2}):(\d{2}))\Z", re.A)
DURATION = re.compile(r"P(?!\Z)(?:\d+W|(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)?"
                      r"(?:T(?=\d)(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S))?)\Z", re.A)
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
UNRESERVED = r"A-Za-z0-9._~\-"
PATH_CHAR = rf"(?:[{UNRESERVED}!$&'()*+,;=:@]|%[0-9A-Fa-f]{{2}})"
URI_REST = rf"(?:/|{PATH_CHAR})*(?:\?(?:{PATH_CHAR}|[/?])*)?(?:#(?:{PATH_CHAR}|[/?])*)?\Z"
AUTHORITY = rf"(?://(?:(?:[{UNRESERVED}!$&'()*+,;=:]|%[0-9A-Fa-f]{{2}})*@)?" \
            rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{UNRESERVED}!$&'()*+,;=]|%[0-9A-Fa-f]{{2}})*)(?::\d*)?(?=[/?#]|\Z))?"
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:" + AUTHORITY + URI_REST)
URI_REFERENCE = re.compile(AUTHORITY + r"(?![^/?#]*:)" + URI_REST)
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")
RELATIVE = re.compile(r"(?:0|[1-9]\d*)(?:#|(?:/(?:[^~/]|~[01])*)*)\Z", re.A)
TEMPLATE = re.compile(r"(?:[^\s{}\"'<>\\^`|]|\{[+#./;?&]?[A-Za-z0-9_%.]+(?::[1-9]\d{0,3}|\*)?"
                      r"(?:,[A-Za-z0-9_%.]+(?::[1-9]\d{0,3}|\*)?)*\})*\Z", re.A)


# ---- tests ------------------------------------------------------------------------------------------------


def is_date(text):
    found = DATE.match(text)
    if not found:
        return False
    year, month, day = (int(n) for n in found.groups())
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def is_time(text):
    found = TIME.match(text)
    if not found:
        return False
    hour, minute, second, off_hour, off_minute = (int(n or 0) for n in found.groups())
    return hour < 24 and minute < 60 and second < 60 and off_hour < 24 and off_minute < 60


def is_date_time(text):
    return len(text) > 10 and text[10] in "Tt" and is_date(text[:10]) and is_time(text[11:])


def is_ipv4(text):
    parts = text.split(".")
    return len(parts) == 4 and all(p.isascii() and p.isdigit() and len(p) <= 3 and int(p) < 256 and
                                   (p == "0" or p[0] != "0") for p in parts)


def is_ipv6(text):
    if text.count("::") > 1 or ":::" in text or "%" in text:
        return False
    halves = text.split("::")
    groups = [g for half in halves for g in half.split(":") if half]
    count = len(groups)
    if groups and "." in groups[-1]:
        if not is_ipv4(groups.pop()):
            return False
        count += 1
    return (all(re.fullmatch("[0-9A-Fa-f]{1,4}", g) for g in groups) and
            (count == 8 if len(halves) == 1 else count < 8))


def is_email(text):
    found = EMAIL.match(text)
    return bool(found) and bool(HOST.match(found[1]))


def is_regex(text):
    try:
        testdata_regex.Pattern(text)
    except testdata_regex.PatternError:
        return False
    return True


def is_base64(text):
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


def matches(pattern):
    return lambda text: bool(pattern.match(text))


def is_ascii(test):
    return lambda text: text.isascii() and test(text)


# ---- makers -----------------------------------------------------------------------------------------------


def date(r):
    year, month = 1970 + r.below(80), 1 + r.below(12)
    return "%04d-%02d-%02d" % (year, month, 1 + r.below(calendar.monthrange(year, month)[1]))


def time(r):
    fraction = ".%03d" % r.below(1000) if r.below(4) == 0 else ""
    zone = r.choice(["Z", "Z", "Z", "+00:00", "+02:00", "-05:30"])
    return "%02d:%02d:%02d%s%s" % (r.below(24), r.below(60), r.below(60), fraction, zone)


def duration(r):
    kind = r.below(4)
    if kind == 0:
        return f"P{1 + r.below(52)}W"
    if kind == 1:
        return f"P{1 + r.below(30)}D"
    if kind == 2:
        return f"PT{r.below(24)}H{r.below(60)}M{r.below(60)}S"
    return f"P{1 + r.below(9)}Y{r.below(12)}M{r.below(28)}DT{r.below(24)}H"


def hexadecimal(r, n):
    return "".join(r.choice("0123456789abcdef") for _ in range(n))


def uuid(version):
    def make(r):
        return "-".join((hexadecimal(r, 8), hexadecimal(r, 4), version + hexadecimal(r, 3),
                         r.choice("89ab") + hexadecimal(r, 3), hexadecimal(r, 12)))
    return make


def email(r):
    tag = r.choice(["", "", "", ".%s" % r.choice(WORDS), "+%s" % r.choice(WORDS), str(r.below(100))])
    return r.choice(NAMES) + tag + "@" + r.choice(HOSTS)


def host(r):
    return r.choice(HOSTS) if r.below(2) else ".".join([r.choice(WORDS) + str(r.below(100)), "example", "com"])


def ipv4(r):
    return ".".join(str(r.below(256)) for _ in range(4))


def ipv6(r):
    if r.below(3) == 0:
        return "2001:db8::" + hexadecimal(r, 1 + r.below(4))
    return ":".join("%x" % r.below(65536) for _ in range(8))


def path(r):
    return "/" + "/".join(r.choice(WORDS) for _ in range(1 + r.below(3)))


def uri(r):
    query = r.choice(["", "", "?q=" + r.choice(WORDS), "?id=%d" % r.below(1000)])
    return r.choice(["https", "http"]) + "://" + r.choice(HOSTS[:5]) + path(r) + query + r.choice(["", "", "#" + r.choice(WORDS)])


def reference(r):
    return uri(r) if r.below(2) else r.choice([path(r), "../" + r.choice(WORDS), "?q=" + r.choice(WORDS), "#" + r.choice(WORDS)])


def template(r):
    return "https://example.com/{%s}/{?%s,%s}" % (r.choice(WORDS), r.choice(WORDS[:6]), r.choice(WORDS[6:]))


def pointer(r):
    return "".join("/" + r.choice(WORDS + ["0", "12", "a~1b", "m~0n", ""]) for _ in range(r.below(4)))


def regex(r):
    return r.choice(["^[a-z]+$", "\\d{3}", "^(a|b)*$", "colou?r", "^\\w+@\\w+$", ".*", "[^0-9]"])


def encoded(r):
    return base64.b64encode(bytes(r.below(256) for _ in range(r.below(24)))).decode()


def url_encoded(r):
    return base64.urlsafe_b64encode(bytes(r.below(256) for _ in range(r.below(24)))).decode()


def network(r):
    return "%d.%d.%d.0/24" % (r.below(224), r.below(256), r.below(256))


DATE_TIMES = ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2000-02-29T12:00:00.000001+14:00",
              "2024-02-29T23:59:59.999999-12:00", "2038-01-19T03:14:08Z", "1969-12-31T23:59:59Z"]
DATES = ["1970-01-01", "0001-01-01", "9999-12-31", "2000-02-29", "2024-02-29", "1900-02-28", "2023-12-31"]
TIMES = ["00:00:00Z", "23:59:59Z", "23:59:59.999999+14:00", "12:00:00-12:00", "00:00:00.000001Z"]
LONG_HOST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 59])
URIS = ["http://a", "https://example.com:65535/%20?a=b&c=d#e", "ftp://user:pass@example.com/x;type=i", "urn:isbn:0451450523",
        "mailto:anna@example.com", "http://[2001:db8::1]/", "file:///etc/hosts", "https://example.com/" + "a" * 200]
WEB = ["http://example.com", "https://example.com:65535/%20?a=b&c=d#e", "http://[2001:db8::1]/",
       "https://example.com/" + "a" * 200]

# name: (maker, edges, test)
FORMATS = {
    "date-time": (lambda r: date(r) + "T" + time(r), DATE_TIMES, is_date_time),
    "date": (date, DATES, is_date),
    "time": (time, TIMES, is_time),
    "duration": (duration, ["PT0S", "P0D", "P1Y2M3DT4H5M6S", "P9999Y", "P1W", "PT36H"], matches(DURATION)),
    "email": (email, ["a@b.example", "a+b@example.com", "x" * 64 + "@example.com", "o'neil_!#$%@example.com"], is_email),
    "idn-email": (email, ["a@b.example", "a+b@example.com", "x" * 64 + "@example.com"], is_email),
    "hostname": (host, ["a", "localhost", "a-b.example", "0.example", "a" * 63 + ".com", LONG_HOST], matches(HOST)),
    "idn-hostname": (host, ["a", "localhost", "a-b.example", "a" * 63 + ".com"], matches(HOST)),
    "ipv4": (ipv4, ["0.0.0.0", "255.255.255.255", "127.0.0.1", "10.0.0.1", "192.168.255.1"], is_ipv4),
    "ipv6": (ipv6, ["::", "::1", "2001:db8::", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::ffff:192.0.2.1",
                    "1:2:3:4:5:6:7::"], is_ipv6),
    "uri": (uri, URIS, is_ascii(matches(URI))),
    "iri": (uri, [u for u in URIS if "[" not in u], matches(URI)),
    "uri-reference": (reference, URIS + ["", "/", "a", "?", "#", "//example.com", "./a:b"],
                      is_ascii(lambda t: bool(URI.match(t) or URI_REFERENCE.match(t)))),
    "iri-reference": (reference, ["", "/", "a", "https://example.com/%20?a=b&c=d#e"], lambda t: bool(URI.match(t) or URI_REFERENCE.match(t))),
    "uri-template": (template, ["", "{a}", "/{+path}/x{?q*,n:3}", "no-variables"], matches(TEMPLATE)),
    "uuid": (uuid("4"), ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                         "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"], matches(UUID)),
    "json-pointer": (pointer, ["", "/", "//", "/a~0b/~1", "/0", "/é"], matches(POINTER)),
    "relative-json-pointer": (lambda r: str(r.below(5)) + pointer(r), ["0", "0#", "120/a/b", "1/~0"], matches(RELATIVE)),
    "regex": (regex, ["", ".", "^$", "(?:)", "[\\s\\S]", "a{0}"], is_regex),
    "byte": (encoded, ["", "AA==", "/+8=", "////"], is_base64),
    # of Pydantic
    "uuid1": (uuid("1"), ["f81d4fae-7dec-11d0-a765-00a0c91e6bf6"], matches(UUID)),
    "uuid3": (uuid("3"), ["6fa459ea-ee8a-3ca4-894e-db77e160355e"], matches(UUID)),
    "uuid4": (uuid("4"), ["ffffffff-ffff-4fff-bfff-ffffffffffff"], matches(UUID)),
    "uuid5": (uuid("5"), ["886313e1-3b8a-5372-9b90-0c9aee199e5d"], matches(UUID)),
    "uuid7": (uuid("7"), ["01890a5d-ac96-774b-bcce-b302099a8057"], matches(UUID)),
    "base64url": (url_encoded, ["", "AA==", "_-8="], lambda t: is_base64(t.replace("-", "+").replace("_", "/"))),
    "base64": (encoded, ["", "AA==", "/+8="], is_base64),
    "ipv4network": (network, ["0.0.0.0/0", "255.255.255.255/32", "10.0.0.0/8"],
                    lambda t: is_ipv4(t.split("/")[0])),
    "ipv6network": (lambda r: "2001:db8:%x::/48" % r.below(65536), ["::/0", "::1/128"], lambda t: is_ipv6(t.split("/")[0])),
    "ipv4interface": (network, ["0.0.0.0/0", "10.0.0.1/8"], lambda t: is_ipv4(t.split("/")[0])),
    "ipv6interface": (lambda r: "2001:db8::%x/64" % r.below(65536), ["::/0", "::1/128"],
                      lambda t: is_ipv6(t.split("/")[0])),
    "ipvanyaddress": (ipv4, ["0.0.0.0", "::1"], lambda t: is_ipv4(t) or is_ipv6(t)),
    "ipvanynetwork": (network, ["0.0.0.0/0"], lambda t: is_ipv4(t.split("/")[0])),
    "ipvanyinterface": (network, ["10.0.0.1/8"], lambda t: is_ipv4(t.split("/")[0])),
    "http-url": (uri, WEB, matches(URI)),
    "color": (lambda r: "#" + hexadecimal(r, 6), ["#000000", "#ffffff"], lambda t: True),
    "path": (path, ["/", ".", "a/b", "/tmp/x y"], lambda t: True),
    "file-path": (path, ["/", "."], lambda t: True),
    "directory-path": (path, ["/", "."], lambda t: True),
    "json-string": (lambda r: r.choice(["{}", "[1, 2]", "\"a\"", "null", str(r.below(1000))]), ["null", "\"\"", "-0"],
                    lambda t: True),
}


def holds(name, text):
    """Whether the string has the format; of a format that is not known every string has it."""
    known = FORMATS.get(name)
    return known is None or known[2](text)


def is_simple(name):
    return name in FORMATS
