"""Strings that look like what their property is called: `email`, `firstName`, `city` … made by Faker.

A pool of each kind is made before the first row, in a process of its own: the rows stay as fast and as small as
without. It is always the same pool: Faker's version is pinned, and its chance is the one of testdata_random, of
which only random() is used. Rows choose from it.
"""

import datetime
import json
import os
import random
import re

SIZE, SEED = 400, 20
# The kind by the last words of a property's name.
KINDS = {
    "name": "name full_name person contact author owner customer_name user_full_name",
    "first_name": "first_name given_name forename", "last_name": "last_name surname family_name",
    "user": "user_name username login nickname", "email": "email e_mail mail email_address mail_address",
    "phone": "phone phone_number telephone mobile tel fax", "company": "company company_name employer organisation "
    "organization firm", "job": "job job_title profession occupation",
    "street": "street street_address street_name address_line", "address": "address postal_address",
    "city": "city city_name town birthplace", "state": "state province", "country": "country country_name",
    "country_code": "country_code", "postcode": "postcode postal_code zip zip_code zipcode",
    "iban": "iban", "currency": "currency currency_code", "color": "color colour",
    "url": "url website homepage web_site link", "date": "date day created_on updated_on ordered_on due_date",
    "birthday": "birthday birth_date birthdate date_of_birth dob", "time": "time time_of_day",
    "sentence": "description comment note remark summary title subject", "text": "text body message content",
    "file": "file_name filename", "ip": "ip ip_address", "isbn": "isbn", "language": "language",
}
BY_NAME = {name: kind for kind, names in KINDS.items() for name in names.split()}
# Properties whose last word alone would say something else.
LONE = {"name", "state", "day", "time", "text", "body", "content", "title", "subject", "link", "note", "user"}
CLOSED = ("format", "pattern", "enum", "const", "$ref", "contentEncoding", "contentMediaType", "examples")


def words_of(name):
    """first_name of firstName, First-Name, FIRST_NAME."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def kind_of(name):
    """What a property of this name holds; None: it says nothing."""
    words = words_of(name).split("_")
    for n in range(len(words)):
        tail = "_".join(words[n:])
        if tail in BY_NAME and (n == 0 or tail not in LONE):
            return BY_NAME[tail]
    return None


def text_in(schema):
    """The part that lets any string pass; None: there is none."""
    if not isinstance(schema, dict) or any(k in schema for k in CLOSED):
        return None
    held = schema.get("type")
    if held == "string" or (isinstance(held, list) and "string" in held):
        return schema
    for way in ("anyOf", "oneOf"):
        parts = schema.get(way)
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and text_in(part) is not None:
                return text_in(part)
    return None


def mark(schema):
    """Notes the kinds in a document's properties; which ones there are."""
    found, todo = set(), [schema]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo += one
        if not isinstance(one, dict):
            continue
        todo += one.values()
        members = one.get("properties")
        for name, inner in members.items() if isinstance(members, dict) else ():
            kind, part = kind_of(name), text_in(inner)
            if kind and part is not None:
                part["\0pool"] = kind
                found.add(kind)
    return found


# ---- the pools -----------------------------------------------------------------------------------------


class Chance(random.Random):
    """Everything out of random()."""

    def randrange(self, start, stop=None, step=1):
        low, high = (0, start) if stop is None else (start, stop)
        return low + step * int(self.random() * len(range(low, high, step)))

    def randint(self, a, b):
        return self.randrange(a, b + 1)

    def choice(self, seq):
        return seq[int(self.random() * len(seq))]

    def choices(self, population, weights=None, *, cum_weights=None, k=1):
        total = list(cum_weights or [])
        for w in weights or ():
            total.append(w + (total[-1] if total else 0))
        if not total:
            return [self.choice(population) for _ in range(k)]
        marks = [self.random() * total[-1] for _ in range(k)]
        return [population[next((i for i, t in enumerate(total) if m < t), len(total) - 1)] for m in marks]

    def shuffle(self, x):
        for i in range(len(x) - 1, 0, -1):
            j = int(self.random() * (i + 1))
            x[i], x[j] = x[j], x[i]

    def sample(self, population, k, *, counts=None):
        rest = list(population)
        self.shuffle(rest)
        return rest[:k]

    def uniform(self, a, b):
        return a + (b - a) * self.random()

    def getrandbits(self, k):
        value = 0
        for _ in range(0, k, 32):
            value = value << 32 | int(self.random() * (1 << 32))
        return value & ((1 << k) - 1)


def day(chance, first, last):
    low, high = datetime.date(first, 1, 1).toordinal(), datetime.date(last, 12, 31).toordinal()
    return datetime.date.fromordinal(chance.randint(low, high)).isoformat()


def makers(fake, chance):
    """Only domains that nobody owns, and nothing that depends on today."""
    return {
        "name": fake.name, "first_name": fake.first_name, "last_name": fake.last_name, "user": fake.user_name,
        "email": lambda: f"{fake.user_name()}@example.{chance.choice(('com', 'net', 'org'))}", "phone": fake.phone_number,
        "company": fake.company, "job": fake.job, "street": fake.street_address,
        "address": lambda: fake.address().replace("\n", ", "), "city": fake.city, "state": fake.state,
        "country": fake.country, "country_code": fake.country_code, "postcode": fake.postcode, "iban": fake.iban,
        "currency": fake.currency_code, "color": fake.color_name,
        "url": lambda: f"https://{fake.domain_word()}.example.com/{chance.choice(('', fake.uri_page() + '.html'))}",
        "date": lambda: day(chance, 1990, 2030), "birthday": lambda: day(chance, 1940, 2010),
        "time": lambda: f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}",
        "sentence": lambda: fake.sentence(nb_words=6), "text": lambda: fake.paragraph(nb_sentences=3),
        "file": fake.file_name, "ip": fake.ipv4, "isbn": fake.isbn13, "language": fake.language_name,
    }


def make_pools(kinds):
    from faker import Factory

    fake, pools = Factory.create("en_US"), {}
    for kind in sorted(kinds):  # each with a chance of its own: it does not depend on the others
        fake.random = chance = Chance(SEED)
        make = makers(fake, chance)[kind]
        pools[kind] = sorted(dict.fromkeys(make() for _ in range(SIZE)))
    return pools


class NoFaker(Exception):
    pass


def pools(kinds):
    """{kind: [text, …]}, from a process that ends: Faker takes 30 MB. NoFaker: it is not there."""
    inner, outer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(inner)
            try:
                data = json.dumps(make_pools(kinds)).encode()
            except ModuleNotFoundError:
                data = b"null"
            while data:
                data = data[os.write(outer, data):]
            code = 0
        finally:
            os._exit(code)
    os.close(outer)
    with open(inner, "rb") as pipe:
        made = json.loads(pipe.read() or b"null")
    os.waitpid(child, 0)
    if made is None:
        raise NoFaker
    return made
