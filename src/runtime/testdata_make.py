"""Values of a schema.

    Node   one place of the document: the schemas that hold there together. Values come from `make`.
    Step   a shape, and the alternatives of its first choice; a tree of them is below each node, built as needed.
    Leaf   a shape without open choices: one maker for each type.

Nodes are shared, so recursion comes back to the same node. `tight`: a value has grown large or deep, and each
node takes its least way to an end, which was found before the first value (`ready`).
"""

from testdata_check import Checker
from testdata_containers import Arrays, Objects
from testdata_regex import Failed
from testdata_scalars import Numbers, Strings
from testdata_schema import Bad, Unsatisfiable
from testdata_shape import ALL_TYPES, Shape

ENDLESS = 1 << 30
TRIES, MISSES, LEAVES = 300, 400, 100
PATIENCE = 6  # so many more values of a branch may be wasted than used
ROW_TRIES = 50
SCALARS = ("null", "boolean", "integer", "float", "string")


class Cycle:
    """Of n things each once, then any: how the edge mode passes everything."""

    __slots__ = ("n", "passed")

    def __init__(self, maker, n):
        self.n, self.passed = n, 0
        maker.cycles.append(self)

    def next(self, random):
        at = self.passed
        self.passed += 1
        return at if at < self.n else random.below(self.n)


class Constants:
    def __init__(self, maker, values):
        self.maker, self.values = maker, values

    def make(self):
        return self.maker.random.choice(self.values)

    def plain(self):
        values = self.values
        if len(values) == 1 and not isinstance(values[0], (list, dict)):
            return lambda: values[0]
        return self.make

    def edges(self):
        return self.values

    def height(self, path):
        return 0


class Scalar:
    """Numbers or strings; in the edge mode their edges one after the other."""

    def __init__(self, maker, inner, sources):
        self.maker, self.inner = maker, inner
        self.make = self.plain = inner.plain()
        if maker.edge and not isinstance(inner, Constants) or maker.edge and len(inner.values) > 1:
            self.listed = [v for v in inner.edges() if all(maker.checker.holds(s, v, scope) for s, scope in sources)]
            self.cycle = Cycle(maker, len(self.listed)) if self.listed else None
            self.make = self.next if self.listed else self.make

    def next(self):
        random = self.maker.random
        if self.cycle.passed >= self.cycle.n and random.below(4) == 0:
            return self.plain()
        return self.listed[self.cycle.next(random)]

    def height(self, path):
        return 0


class Leaf:
    def __init__(self, maker, shape):
        self.maker, self.shape, self.doubts = maker, shape, shape.doubts
        self.left_out = []  # types that nobody expects here, though they fit
        self.hits = self.misses = 0
        self.ways = []
        if shape.enum is not None:
            self.take_values(maker, shape)
        else:
            self.take_types(maker, shape)
        self.cycle = Cycle(maker, len(self.ways)) if maker.edge and len(self.ways) > 1 else None

    def take_values(self, maker, shape):
        values = [v for v in shape.enum if all(maker.checker.holds(s, v, scope) for s, scope in shape.sources)]
        if not values:
            raise Unsatisfiable(f"none of the values that {shape.enum_at.rsplit('/', 1)[-1]} lists fits "
                                f"{maker.checker.failed[0]} at #{maker.checker.failed[1]}", shape.enum_at)
        self.ways.append(Scalar(maker, Constants(maker, values), shape.sources))

    def take_types(self, maker, shape):
        types = [t for t in ALL_TYPES if t in shape.types]
        hinted = [t for t in types if t in shape.hints]
        if not maker.edge:
            if hinted and len(shape.types) == len(ALL_TYPES):
                types = hinted
            elif not hinted and len(types) == len(ALL_TYPES):
                types = SCALARS
        types = hinted + [t for t in types if t not in hinted]
        self.left_out = [t for t in ALL_TYPES if t in shape.types and t not in types]
        reason = self.add_ways(types)
        if not self.ways and not self.widen():
            raise reason or Unsatisfiable("type leaves nothing", shape.types_at)

    def add_ways(self, types):
        reason = None
        for name in types:
            if name == "float" and "integer" in types:
                continue
            try:
                self.ways.append(self.way(self.maker, self.shape, name, "float" in types))
            except Unsatisfiable as e:
                reason = reason or e
        return reason

    def widen(self):
        """Takes in the types that were left out, when the others lead nowhere; whether there are any."""
        left, self.left_out, old, self.ways = self.left_out, [], self.ways, []
        self.add_ways(left)
        widened = bool(self.ways)
        if widened:
            self.misses, self.cycle = 0, None
        else:
            self.ways = old
        return widened

    @staticmethod
    def way(maker, shape, name, fraction):
        if name == "null":
            return Scalar(maker, Constants(maker, [None]), shape.sources)
        if name == "boolean":
            return Scalar(maker, Constants(maker, [False, True]), shape.sources)
        if name in ("integer", "float"):
            return Scalar(maker, Numbers(maker, shape, name == "integer", fraction), shape.sources)
        if name == "string":
            return Scalar(maker, Strings(maker, shape), shape.sources)
        return Arrays(maker, shape) if name == "array" else Objects(maker, shape)

    def make(self):
        ways = self.ways
        if len(ways) == 1:
            return ways[0].make()
        if self.cycle:
            return ways[self.cycle.next(self.maker.random)].make()
        return self.maker.random.choice(ways).make()


class Step:
    def __init__(self, maker, shape):
        self.maker, self.shape = maker, shape
        self.choice = shape.choices[0] if shape.choices else None
        self.leaf = self.reason = self.cycle = None
        self.children, self.live = {}, []
        if self.choice:
            self.live = list(range(len(self.choice.alternatives)))
            if maker.edge and len(self.live) > 1:
                self.cycle = Cycle(maker, len(self.live))

    def child(self, i):
        if i not in self.children:
            shape = self.shape.copy()
            del shape.choices[0]
            for schema, scope in self.choice.alternatives[i]:
                shape.absorb(schema, scope)
            self.children[i] = Step(self.maker, shape)
        return self.children[i]

    def drop(self, i, reason):
        """An alternative leads nowhere; its stricter form takes its place when there is one."""
        strict = self.choice.strict[i] if self.choice.strict else None
        if strict:
            self.choice.strict[i] = None
            self.choice.alternatives[i] = strict
            self.children.pop(i, None)
            return
        self.reason = self.reason or reason
        if i in self.live:
            self.live.remove(i)

    def pick(self):
        """A leaf below."""
        if not self.choice:
            return self.own_leaf()
        while self.live:
            i = self.maker.random.choice(self.live)
            if self.cycle:
                at = self.cycle.next(self.maker.random)
                i = at if at in self.live else i
            try:
                leaf = self.child(i).pick()
            except Unsatisfiable as e:
                self.drop(i, e)
                continue
            if not self.choice.strict or not self.choice.strict[i] or leaf.misses <= PATIENCE + leaf.hits:
                return leaf
            self.drop(i, None)  # too often another branch holds as well: from now on it is excluded
        raise self.reason

    def own_leaf(self):
        if self.reason:
            raise self.reason
        if not self.leaf:
            try:
                self.leaf = Leaf(self.maker, self.shape)
            except Unsatisfiable as e:
                self.reason = e
                raise
        if self.leaf.misses > MISSES and not self.leaf.hits and not self.leaf.widen():
            keyword, pointer = self.maker.checker.failed
            raise Unsatisfiable(f"no value was found that {keyword} lets pass beside the other keywords", pointer)
        return self.leaf

    def leaves(self):
        if not self.choice:
            yield self.own_leaf()
            return
        for i in list(self.live):
            try:
                yield from self.child(i).leaves()
            except Unsatisfiable as e:
                self.drop(i, e)
        if not self.live:
            raise self.reason


class Node:
    def __init__(self, maker, items):
        self.maker, self.items = maker, items
        self.root = self.known = self.state = self.reason = self.least = None

    def begin(self):
        if self.root is None:
            shape = Shape(self.maker.schemas)
            for schema, scope in self.items:
                shape.absorb(schema, scope)
            self.root = Step(self.maker, shape)

    def height(self, path):
        """Least depth of a value; ENDLESS while the only ways lead back to a node of `path`, or nowhere."""
        if self.known is not None:
            return self.known
        if self in path or self.state is False:
            return ENDLESS
        path.add(self)
        best = ENDLESS
        try:
            self.begin()
            for count, leaf in enumerate(self.root.leaves()):
                best = min(best, self.lowest(leaf, best, path))
                if best >= ENDLESS and leaf.left_out and leaf.widen():
                    best = self.lowest(leaf, best, path)
                if best == 0 or count > LEAVES:
                    break
        except Unsatisfiable as e:
            self.reason = e
        path.discard(self)
        if best < ENDLESS:
            self.known, self.state, self.reason = best, True, None
            self.simplify()
        return best

    def lowest(self, leaf, best, path):
        for way in leaf.ways:
            height = way.height(path)
            if height < best:
                best, self.least = height, (leaf, way)
            elif height >= ENDLESS:
                self.reason = self.reason or getattr(way, "reason", None)
        return best

    def ready(self):
        """Whether there is a value at all, as far as that is seen without trying."""
        if self.state is None:
            self.state = self.height(set()) < ENDLESS
        return self.state

    def why(self):
        if self.reason:
            return self.reason
        pointer = self.maker.schemas.pointer(self.items[0][0]) if self.items else ""
        return Unsatisfiable("each value would have to contain another one of the same schema, without end", pointer)

    def simplify(self):
        """One way of a sure leaf is all there is to do."""
        step = self.root
        if not step.choice and not step.shape.doubts and len(step.leaf.ways) == 1:
            self.make = step.leaf.ways[0].make

    def make(self):
        if not self.state and not self.ready():
            raise Failed
        maker = self.maker
        for attempt in range(TRIES):
            if maker.tight and self.least and attempt < TRIES // 10:
                leaf, way = self.least
            else:
                leaf = way = self.pick()
            try:
                value = way.make()
            except Failed:
                leaf.misses += 1
                continue
            if not leaf.doubts:
                return value
            if all(maker.checker.holds(schema, value, scope) for schema, scope in leaf.doubts):
                leaf.hits += 1
                return value
            leaf.misses += 1
        raise Failed

    def pick(self):
        try:
            return self.root.pick()
        except Unsatisfiable as e:
            self.reason = self.reason or e
            self.state = self.known = False
            raise Failed from None


class Maker:
    def __init__(self, schemas, random, edge, pools=None):
        """`pools`: of testdata_names, for strings that are to look like something."""
        self.schemas, self.random, self.edge, self.pools = schemas, random, edge, pools or {}
        self.checker = Checker(schemas)
        self.nodes, self.cycles = {}, []
        self.tight = self.size = 0
        self.root = self.node([(schemas.root, ())])
        if not self.root.ready():
            raise self.root.why()
        if isinstance(schemas.root, (dict, bool)) is False:
            raise Bad("a schema is an object or true or false", "")

    def node(self, items):
        """The node of these schemas; True among them says nothing."""
        items = [item for item in items if item[0] is not True]
        key = tuple((id(schema), scope) for schema, scope in items)
        if key not in self.nodes:
            self.nodes[key] = Node(self, items)
        return self.nodes[key]

    def row(self):
        """One value. Raises Unsatisfiable when none comes of many tries."""
        for _ in range(ROW_TRIES):
            self.tight = self.size = 0
            try:
                return self.root.make()
            except Failed:
                if self.root.state is False:
                    raise self.root.why() from None
        keyword, pointer = self.checker.failed
        raise Unsatisfiable(f"no value was found that {keyword or 'the schema'} lets pass beside the other keywords",
                            pointer)

    def covered(self):
        """Whether the edge mode has passed all edges that are known so far."""
        return all(cycle.passed >= cycle.n for cycle in self.cycles)
