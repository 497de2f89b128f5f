"""Arrays and objects of a shape."""

from testdata_check import freeze
from testdata_formats import WORDS
from testdata_regex import FAR, Failed
from testdata_schema import Unsatisfiable

DEPTH = 3  # so often a container is inside itself, then everything takes its least way
SIZE = 2000  # containers in one row, likewise
WIDE = 256  # the most items that an edge makes
TRIES = 60
NEW_TRIES = 400  # of an item that none is like
PRESENT = 0.75  # of optional properties


class Container:
    """What arrays and objects share: the bound on recursion."""

    def __init__(self, maker, shape):
        self.maker, self.random, self.shape, self.active, self.reason = maker, maker.random, shape, 0, None

    def make(self):
        maker = self.maker
        maker.size += 1
        self.active += 1
        tight = self.active > DEPTH or maker.size > SIZE
        maker.tight += tight
        try:
            return self.fill(maker.tight)
        finally:
            maker.tight -= tight
            self.active -= 1

    def highest(self, nodes, path):
        best = 0
        for node in nodes:
            height = node.height(path)
            if height > best:
                best = height
            if height >= 1 << 30:
                self.reason = self.reason or node.reason
                return height
        return best + 1

    def cycle_of(self, n):
        from testdata_make import Cycle
        return Cycle(self.maker, n) if self.maker.edge else None


def allowed(items):
    return all(schema is not False for schema, _ in items)


class Arrays(Container):
    def __init__(self, maker, shape):
        super().__init__(maker, shape)
        self.low, low_at = shape.sizes.get("minItems", (0, ""))
        self.high, high_at = shape.sizes.get("maxItems", (FAR, ""))
        self.first = max([len(first) for first, _, _ in shape.array_rules], default=0)
        self.nodes = []
        what = "maxItems"
        for i in range(self.first + 1):
            items = self.items_for(i)
            if not allowed(items):
                if i < self.high:
                    self.high, high_at, what = i, self.forbidden_at(i), "the items that may be there"
                break
            self.nodes.append(maker.node(items))
        if self.low > self.high:
            raise Unsatisfiable(f"minItems asks for {self.low} items, and {what} allow{'s' if what == 'maxItems' else ''} "
                                f"at most {self.high}", low_at or high_at)
        self.set_contains()
        self.plain = len(self.nodes) == 1 and not self.wanted and not shape.unique
        n = self.low
        self.sizes = list(dict.fromkeys(k for k in (n, n + 1, n + 3, min(self.high, WIDE), self.first, self.first + 1)
                                        if n <= k <= self.high))
        self.cycle = self.cycle_of(len(self.sizes))

    def forbidden_at(self, i):
        for first, rest, schema in self.shape.array_rules:
            if i >= len(first) and rest and rest[0] is False:
                return self.maker.schemas.pointer(schema, "items")
        return ""

    def items_for(self, i, contained=False):
        """`contained`: an item that `contains` looks at is not unevaluated."""
        out, known = [], contained
        for first, rest, _ in self.shape.array_rules:
            if i < len(first):
                out.append(first[i])
            elif rest:
                out.append(rest)
            known = known or i < len(first) or bool(rest)
        return out if known else out + self.shape.left_items

    def node(self, i):
        return self.nodes[min(i, len(self.nodes) - 1)] if self.nodes else None

    def set_contains(self):
        """So many items that each `contains` asks for, as (schemas, number)."""
        self.wanted = [([item], least) for item, least, _, _ in self.shape.contains if least]
        for item, least, most, at in self.shape.contains:
            if most is not None and least > most:
                raise Unsatisfiable(f"minContains {least} is above maxContains {int(most)}", at)
            if least and item[0] is False:
                raise Unsatisfiable("contains with false allows no array", at)
        if sum(least for _, least in self.wanted) > self.high:  # one item must serve for several
            self.wanted = [([i for items, _ in self.wanted for i in items], max(n for _, n in self.wanted))]
        total = sum(least for _, least in self.wanted)
        if total > self.high:
            raise Unsatisfiable(f"contains asks for {total} items, and only {self.high} are allowed",
                                self.shape.contains[0][3])
        self.low = max(self.low, total)

    def height(self, path):
        nodes = [self.node(i) for i in range(min(self.low, self.first + 1))]
        for items, _ in self.wanted:
            ways = [self.maker.node(self.items_for(i, True) + items) for i in range(min(self.first + 1, self.high))]
            if all(node.height(path) >= 1 << 30 for node in ways):
                nodes += ways[-1:]
        return self.highest(nodes, path)

    def count(self, tight):
        if tight or self.low == self.high:
            return self.low
        if self.cycle:
            return self.sizes[self.cycle.next(self.random)]
        if self.first > self.low and self.random.random() < 0.8:
            return min(self.high, max(self.low, self.first))
        return self.low + self.random.below(min(self.high - self.low, 4) + 1)

    def place_contained(self, n):
        """{position: schemas besides those of the position}."""
        placed = {}
        for items, least in self.wanted:
            free = [i for i in range(n) if i not in placed]
            while least and free:
                i = free.pop(self.random.below(len(free)))
                if self.maker.node(self.items_for(i, True) + items).ready():
                    placed[i] = items
                    least -= 1
            if least:
                raise Failed
        return placed

    def fill(self, tight):
        n = self.count(tight)
        if self.plain and self.nodes[0].state:
            make = self.nodes[0].make
            return [make() for _ in range(n)]
        placed = self.place_contained(n) if self.wanted else {}
        out, seen = [], set()
        for i in range(n):
            node = self.maker.node(self.items_for(i, True) + placed[i]) if i in placed else self.node(i)
            if node.state is None and not node.ready() or node.state is False:
                if i < self.low:
                    raise Failed
                break
            if not self.shape.unique:
                out.append(node.make())
            elif not self.add_new(node, out, seen):
                if i < self.low or placed:
                    raise Failed
                break
        return out

    @staticmethod
    def add_new(node, out, seen):
        for _ in range(NEW_TRIES):
            value = node.make()
            key = freeze(value)
            if key not in seen:
                seen.add(key)
                out.append(value)
                return True
        return False


class Field:
    __slots__ = ("name", "node", "required")

    def __init__(self, name, node, required):
        self.name, self.node, self.required = name, node, required


class Objects(Container):
    def __init__(self, maker, shape):
        super().__init__(maker, shape)
        self.low, self.low_at = shape.sizes.get("minProperties", (0, ""))
        self.high, self.high_at = shape.sizes.get("maxProperties", (FAR, ""))
        if self.low > self.high:
            raise Unsatisfiable(f"minProperties {self.low} is above maxProperties {self.high}", self.low_at)
        self.known = {name: None for named, _, _, _ in shape.object_rules for name in named}
        self.known.update(dict.fromkeys(shape.required))
        self.patterns = [p for _, tests, _, _ in shape.object_rules for p, (schema, _) in tests if schema is not False]
        self.close_required()
        self.fields, self.forbidden = [], set()
        for name in self.known:
            self.add_field(name)
        self.drop_dependents()
        must = sum(f.required for f in self.fields)
        if must > self.high:
            raise Unsatisfiable(f"required asks for {must} properties, and maxProperties allows {self.high}", self.high_at)
        self.extra_rule = bool(self.patterns) or any(rest and rest[0] is not False
                                                     for _, _, rest, _ in shape.object_rules)
        self.lacking = max(0, self.low - len(self.fields))
        self.open = not self.fields and self.can_extend()
        if self.lacking and not self.open and not self.can_extend():
            raise Unsatisfiable(f"minProperties asks for {self.low} properties, and only {len(self.fields)} are allowed",
                                self.low_at)
        self.simple = not (self.low or self.high < len(self.fields) or shape.dependent or self.open or maker.edge)
        self.plans = self.make_plans()
        self.cycle = self.cycle_of(len(self.plans))

    # ---- what may be there ---------------------------------------------------------------------------------

    def close_required(self):
        """What is required because something that is required asks for it."""
        self.must, queue = dict.fromkeys(self.shape.required), list(self.shape.required)
        while queue:
            for name in self.shape.dependent.get(queue.pop(0), ()):
                if name not in self.must:
                    self.must[name] = None
                    self.known.setdefault(name)
                    queue.append(name)

    def items_for(self, name):
        out, known = [], False
        for named, tests, rest, _ in self.shape.object_rules:
            hit = name in named
            if hit:
                out.append(named[name])
            for pattern, item in tests:
                if pattern.test(name):
                    out.append(item)
                    hit = True
            if not hit and rest:
                out.append(rest)
            known = known or hit or bool(rest)
        return out if known else out + self.shape.left_names

    def name_fits(self, name):
        return all(self.maker.checker.holds(schema, name, scope) for schema, scope in self.shape.names)

    def add_field(self, name):
        items = self.items_for(name)
        required = name in self.must
        fits = allowed(items) and self.name_fits(name)
        if not fits and required:
            how = "propertyNames" if allowed(items) else "another keyword"
            raise Unsatisfiable(f"required asks for {name!r}, which {how} forbids",
                                self.shape.required.get(name) or next(iter(self.shape.required.values()), ""))
        if fits:
            self.fields.append(Field(name, self.maker.node(items), required))
        else:
            self.forbidden.add(name)

    def drop_dependents(self):
        """Properties whose company cannot be there."""
        dropped = True
        while dropped:
            dropped = False
            for field in list(self.fields):
                others = self.shape.dependent.get(field.name, ())
                if any(n in self.forbidden for n in others) and not field.required:
                    self.fields.remove(field)
                    self.forbidden.add(field.name)
                    dropped = True

    def can_extend(self):
        try:
            self.new_name({})
        except Failed:
            return False
        return True

    def new_name(self, taken):
        """A name beside the known ones, and its node."""
        for attempt in range(TRIES):
            name = self.some_name(attempt)
            if name in taken or name in self.known or name in self.shape.dependent or not self.name_fits(name):
                continue
            items = self.items_for(name)
            if allowed(items):
                return name, self.maker.node(items)
        raise Failed

    def some_name(self, attempt):
        random = self.random
        if self.shape.names and attempt % 2 == 0:
            strings = self.shape.schemas.once("names", self.shape.schemas.root if isinstance(
                self.shape.schemas.root, dict) else self.shape.names[0][0],
                lambda: self.shape.schemas.adopt({"type": "string"}, self.shape.names[0][0]))
            node = self.maker.node(self.shape.names + [(strings, ())])
            if not node.ready():
                raise Failed
            return node.make()
        if self.patterns and attempt % 3 != 2:
            return random.choice(self.patterns).make(random, 0, 24)
        word = random.choice(WORDS)
        return word if attempt < 4 else word + str(random.below(100000))

    # ---- making ---------------------------------------------------------------------------------------------

    def height(self, path):
        return self.highest([f.node for f in self.fields if f.required], path)

    def make_plans(self):
        """Which optional properties are there, for the edge mode: all, none, all but one, only one."""
        optional = [f.name for f in self.fields if not f.required]
        plans = [set(optional), set()]
        for name in optional[:12]:
            plans += [set(optional) - {name}, {name}]
        if self.extra_rule and self.fields:
            plans.append(set(optional) | {None})  # and one more
        kept = []
        for plan in plans:
            if plan not in kept:
                kept.append(plan)
        return kept

    def fill(self, tight):
        if not self.simple:
            return self.fill_chosen(tight)
        out, chance = {}, self.random.random
        for field in self.fields:
            node = field.node
            if field.required:
                out[field.name] = node.make()
            elif not tight and chance() < PRESENT and (node.state or self.usable(node)):
                try:
                    out[field.name] = node.make()
                except Failed:
                    pass
        return out

    @staticmethod
    def usable(node):
        return node.ready() if node.state is None else node.state

    def wanted_names(self, tight):
        """The optional properties, and how many further ones, that this value is to have."""
        plan = set()
        if self.cycle and not tight:
            plan = self.plans[self.cycle.next(self.random)]
        elif not tight:
            plan = {f.name for f in self.fields if not f.required and self.random.random() < PRESENT}
        extra = int(None in plan)
        if self.open and not tight:
            extra = self.random.below(4)
        return plan, extra

    def choose(self, plan):
        """The names of the known properties that are there, in closed groups and within the bounds."""
        chosen = {f.name for f in self.fields if f.required}
        optional = [f for f in self.fields if not f.required and self.usable(f.node)]
        usable = {f.name for f in optional} | chosen
        first = [f.name for f in optional if f.name in plan]
        later = [f.name for f in optional if f.name not in plan]
        for i in range(len(later) - 1, 0, -1):
            k = self.random.below(i + 1)
            later[i], later[k] = later[k], later[i]
        for name in first + later:
            if name not in plan and len(chosen) >= self.low:
                break
            group, queue = set(), [name]
            while queue:
                one = queue.pop()
                if one not in group and one not in chosen:
                    group.add(one)
                    queue += self.shape.dependent.get(one, ())
            if group <= usable and len(chosen) + len(group) <= self.high:
                chosen |= group
        return chosen

    def fill_chosen(self, tight):
        plan, extra = self.wanted_names(tight)
        chosen, out = self.choose(plan), {}
        for field in self.fields:
            if field.name not in chosen:
                continue
            try:
                out[field.name] = field.node.make()
            except Failed:
                if field.required or self.shape.dependent:
                    raise
        extra = min(max(extra, self.low - len(out)), self.high - len(out))
        for _ in range(extra):
            try:
                name, node = self.new_name(out)
                if not self.usable(node):
                    raise Failed
                out[name] = node.make()
            except Failed:
                break
        if len(out) < self.low:
            raise Failed
        return out
