"""Whether a value is valid: what is asked where the way a value was made does not guarantee it.

Formats count. Where validators differ (a multiple of 0.01 in binary or decimal), a value must please both.
"""

from fractions import Fraction

import testdata_formats
from testdata_schema import is_number


def freeze(value):
    """A key that is equal for values that are equal in JSON: 1 is 1.0, and true is no 1."""
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, list):
        return ("list", tuple(freeze(v) for v in value))
    if isinstance(value, dict):
        return ("dict", frozenset((k, freeze(v)) for k, v in value.items()))
    return value


def exact(number):
    """The number as it is written."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def is_multiple(value, step):
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    if exact(value) % exact(step):
        return False
    if not isinstance(step, float):
        return value % step == 0
    quotient = value / step if abs(value) < 1e300 else float("inf")
    return quotient not in (float("inf"), float("-inf")) and int(quotient) == quotient


def is_type(value, name, draft=0):
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    if name == "string":
        return isinstance(value, str)
    if name == "array":
        return isinstance(value, list)
    if name == "object":
        return isinstance(value, dict)
    if not is_number(value):
        return False
    if name == "float":
        return isinstance(value, float)
    return name == "number" or isinstance(value, int) or (draft != 4 and value.is_integer())


class Seen:
    """What in-place schemas have looked at: unevaluatedProperties and unevaluatedItems ask."""

    __slots__ = ("names", "items")

    def __init__(self):
        self.names, self.items = set(), set()

    def add(self, other):
        self.names |= other.names
        self.items |= other.items


class Checker:
    def __init__(self, schemas):
        self.schemas = schemas
        self.failed = ("", "")  # keyword and pointer of what did not hold last

    def holds(self, schema, value, scope=(), seen=None):
        if isinstance(schema, bool):
            if not schema:
                self.failed = ("false", "")
            return schema
        schemas = self.schemas
        view = schemas.view(schema)
        scope = schemas.enter(schema, scope)
        own = Seen() if "unevaluatedProperties" in view or "unevaluatedItems" in view else seen
        if own is not None and own is not seen:
            ok = self.all_hold(schema, view, value, scope, own) and self.unevaluated(schema, view, value, scope, own)
            if ok and seen is not None:
                seen.add(own)
            return ok
        return self.all_hold(schema, view, value, scope, seen)

    def all_hold(self, schema, view, value, scope, seen):
        for keyword, held in view.items():
            test = TESTS.get(keyword)
            if test and not test(self, schema, view, held, value, scope, seen):
                if keyword == "\0checks":
                    self.failed = ("its own validator", self.schemas.pointer(schema))
                elif keyword not in ("$ref", "allOf"):
                    self.failed = (keyword, self.schemas.pointer(schema, keyword))
                return False
        return True

    def apply(self, schema, value, scope, seen):
        """An in-place schema; what it looked at counts when it holds."""
        if seen is None:
            return self.holds(schema, value, scope)
        inner = Seen()
        ok = self.holds(schema, value, scope, inner)
        if ok:
            seen.add(inner)
        return ok

    def unevaluated(self, schema, view, value, scope, seen):
        if isinstance(value, dict) and "unevaluatedProperties" in view:
            for name, v in value.items():
                if name not in seen.names and not self.holds(view["unevaluatedProperties"], v, scope):
                    self.failed = ("unevaluatedProperties", self.schemas.pointer(schema, "unevaluatedProperties"))
                    return False
            seen.names.update(value)
        if isinstance(value, list) and "unevaluatedItems" in view:
            for i, v in enumerate(value):
                if i not in seen.items and not self.holds(view["unevaluatedItems"], v, scope):
                    self.failed = ("unevaluatedItems", self.schemas.pointer(schema, "unevaluatedItems"))
                    return False
            seen.items.update(range(len(value)))
        return True


# ---- keywords: each (checker, schema, view, what it holds, value, scope, seen) -> bool ----------------------


def refer(c, schema, view, held, value, scope, seen):
    return all(c.apply(target, value, scope, seen) for target in c.schemas.references(schema, scope))


def types(c, schema, view, held, value, scope, seen):
    draft = c.schemas.places[id(schema)].draft
    return any(is_type(value, t, draft) for t in (held if isinstance(held, (list, tuple)) else (held,)))


def own_types(c, schema, view, held, value, scope, seen):
    return any(is_type(value, t) for t in held)


def enum(c, schema, view, held, value, scope, seen):
    key = freeze(value)
    return any(freeze(v) == key for v in held)


def const(c, schema, view, held, value, scope, seen):
    return freeze(held) == freeze(value)


def bound(test):
    return lambda c, schema, view, held, value, scope, seen: not is_number(value) or test(value, held)


def size(kind, test):
    return lambda c, schema, view, held, value, scope, seen: not isinstance(value, kind) or test(len(value), held)


def pattern(c, schema, view, held, value, scope, seen):
    return not isinstance(value, str) or bool(c.schemas.pattern(held, "").test(value))


def format_(c, schema, view, held, value, scope, seen):
    return not isinstance(value, str) or testdata_formats.holds(held, value)


def prefix_items(c, schema, view, held, value, scope, seen):
    if not isinstance(value, list):
        return True
    if seen is not None:
        seen.items.update(range(min(len(held), len(value))))
    return all(c.holds(s, v, scope) for s, v in zip(held, value))


def items(c, schema, view, held, value, scope, seen):
    if not isinstance(value, list):
        return True
    first = len(view.get("prefixItems", ()))
    if seen is not None:
        seen.items.update(range(first, len(value)))
    return all(c.holds(held, v, scope) for v in value[first:])


def contains(c, schema, view, held, value, scope, seen):
    if not isinstance(value, list):
        return True
    found = [i for i, v in enumerate(value) if c.holds(held, v, scope)]
    if seen is not None and c.schemas.places[id(schema)].draft != 2019:
        seen.items.update(found)
    return view.get("minContains", 1) <= len(found) <= view.get("maxContains", len(value))


def unique(c, schema, view, held, value, scope, seen):
    return not held or not isinstance(value, list) or len({freeze(v) for v in value}) == len(value)


def required(c, schema, view, held, value, scope, seen):
    return not isinstance(value, dict) or not isinstance(held, list) or all(name in value for name in held)


def properties(c, schema, view, held, value, scope, seen):
    if not isinstance(value, dict):
        return True
    if seen is not None:
        seen.names.update(n for n in held if n in value)
    return all(c.holds(sub, value[name], scope) for name, sub in held.items() if name in value)


def pattern_properties(c, schema, view, held, value, scope, seen):
    if not isinstance(value, dict):
        return True
    for text, sub in held.items():
        test = c.schemas.pattern(text, "").test
        for name, v in value.items():
            if test(name):
                if not c.holds(sub, v, scope):
                    return False
                if seen is not None:
                    seen.names.add(name)
    return True


def additional(c, schema, view, held, value, scope, seen):
    if not isinstance(value, dict):
        return True
    known = view.get("properties", {})
    tests = [c.schemas.pattern(text, "").test for text in view.get("patternProperties", {})]
    for name, v in value.items():
        if name in known or any(test(name) for test in tests):
            continue
        if not c.holds(held, v, scope):
            return False
        if seen is not None:
            seen.names.add(name)
    return True


def property_names(c, schema, view, held, value, scope, seen):
    return not isinstance(value, dict) or all(c.holds(held, name, scope) for name in value)


def dependent_required(c, schema, view, held, value, scope, seen):
    return not isinstance(value, dict) or all(name in value for key, names in held.items() if key in value
                                              for name in names)


def dependent_schemas(c, schema, view, held, value, scope, seen):
    return not isinstance(value, dict) or all(c.apply(sub, value, scope, seen) for key, sub in held.items()
                                              if key in value)


def all_of(c, schema, view, held, value, scope, seen):
    return all(c.apply(sub, value, scope, seen) for sub in held)


def any_of(c, schema, view, held, value, scope, seen):
    if seen is None:
        return any(c.holds(sub, value, scope) for sub in held)
    return any([c.apply(sub, value, scope, seen) for sub in held])  # each that holds has looked at something


def one_of(c, schema, view, held, value, scope, seen):
    return sum(c.apply(sub, value, scope, seen) for sub in held) == 1


def not_(c, schema, view, held, value, scope, seen):
    return not c.holds(held, value, scope)


def if_(c, schema, view, held, value, scope, seen):
    branch = "then" if c.apply(held, value, scope, seen) else "else"
    return branch not in view or c.apply(view[branch], value, scope, seen)


def checks(c, schema, view, held, value, scope, seen):
    return all(test(value) for test in held)


TESTS = {
    "$ref": refer, "$dynamicRef": refer, "$recursiveRef": refer, "type": types, "\0types": own_types, "enum": enum,
    "const": const, "minimum": bound(lambda v, b: v >= b), "maximum": bound(lambda v, b: v <= b),
    "exclusiveMinimum": bound(lambda v, b: v > b), "exclusiveMaximum": bound(lambda v, b: v < b),
    "multipleOf": bound(is_multiple), "minLength": size(str, lambda n, b: n >= b),
    "maxLength": size(str, lambda n, b: n <= b), "pattern": pattern, "format": format_,
    "minItems": size(list, lambda n, b: n >= b), "maxItems": size(list, lambda n, b: n <= b),
    "prefixItems": prefix_items, "items": items, "contains": contains, "uniqueItems": unique,
    "minProperties": size(dict, lambda n, b: n >= b), "maxProperties": size(dict, lambda n, b: n <= b),
    "required": required, "properties": properties, "patternProperties": pattern_properties,
    "additionalProperties": additional, "propertyNames": property_names, "dependentRequired": dependent_required,
    "dependentSchemas": dependent_schemas, "allOf": all_of, "anyOf": any_of, "oneOf": one_of, "not": not_, "if": if_,
    "\0checks": checks,
}
