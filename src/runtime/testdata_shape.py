"""What several schemas say together of one value.

A shape is the conjunction of the keywords that were absorbed. What leaves a choice (anyOf, oneOf, if, not …)
stays in `choices` until the maker has picked an alternative, which is then absorbed, too. `doubts`: what a value
made after the shape has to be checked against, because the way it is made does not guarantee it.
"""

import copy

from testdata_check import freeze
from testdata_schema import Unsatisfiable

ALL_TYPES = ("null", "boolean", "integer", "float", "string", "array", "object")
HINTS = {"minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
         "multipleOf": "number", "minLength": "string", "maxLength": "string", "pattern": "string", "format": "string",
         "contentEncoding": "string", "contentMediaType": "string", "items": "array", "prefixItems": "array",
         "minItems": "array", "maxItems": "array", "uniqueItems": "array", "contains": "array",
         "unevaluatedItems": "array", "properties": "object", "required": "object", "patternProperties": "object",
         "additionalProperties": "object", "propertyNames": "object", "minProperties": "object",
         "maxProperties": "object", "dependentRequired": "object", "dependentSchemas": "object",
         "unevaluatedProperties": "object"}
NUMERIC_FORMATS = ("int32", "int64", "float", "double")


def parts_of(name):
    return ("integer", "float") if name == "number" else (name,)


def type_set(held):
    names = held if isinstance(held, (list, tuple)) else [held]
    return {part for name in names for part in parts_of(name)}


class Choice:
    """Alternatives: each a list of schemas that are absorbed together. `strict`: what takes the place of an
    alternative of which no value was valid."""

    __slots__ = ("alternatives", "pointer", "strict")

    def __init__(self, alternatives, pointer, strict=None):
        self.alternatives, self.pointer, self.strict = alternatives, pointer, strict


class Shape:
    def __init__(self, schemas):
        self.schemas = schemas
        self.seen = set()
        self.sources = []  # (schema, scope) of all that was absorbed
        self.types, self.types_at = set(ALL_TYPES), ""
        self.hints = set()
        self.enum, self.enum_at = None, ""
        self.low = self.high = None  # (value, exclusive, pointer)
        self.steps = []  # multipleOf: (value, pointer)
        self.sizes = {}  # "minLength": (n, pointer) …
        self.patterns, self.formats = [], []  # (text, pointer)
        self.encoding = self.media = None
        self.array_rules = []  # (list of first schemas, the others' or None, schema)
        self.contains = []  # (schema, least, most or None, pointer)
        self.unique = False
        self.object_rules = []  # (properties, [(pattern, schema)], the others' or None, schema)
        self.required = {}  # name: pointer
        self.names = []  # propertyNames
        self.dependent = {}  # name: [names]
        self.left_items, self.left_names = [], []  # unevaluated…
        self.choices = []
        self.doubts = []  # (schema, scope)
        self.wild = False  # strings unlike the ordinary ones are wanted
        self.pool = None  # of which kind they are to look (testdata_names)

    def copy(self):
        other = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (set, list, dict)):
                setattr(other, name, value.copy())
        return other

    # ---- taking in ---------------------------------------------------------------------------------------

    def absorb(self, schema, scope=()):
        if schema is True:
            return
        if schema is False:
            raise Unsatisfiable("false allows nothing", "")
        scope = self.schemas.enter(schema, scope)
        key = (id(schema), scope)
        if key in self.seen:
            return
        self.seen.add(key)
        self.sources.append((schema, scope))
        view = self.schemas.view(schema)
        for keyword, held in view.items():
            if keyword in HINTS:
                self.hints.update(parts_of(HINTS[keyword]))
            take = TAKE.get(keyword)
            if take:
                take(self, schema, view, keyword, held, scope)
        if not self.types:
            raise Unsatisfiable("type leaves no type that the other keywords allow", self.types_at)

    def doubt(self, schema, view, keywords, scope):
        """These keywords of it are checked on each value."""
        made = self.schemas.once(("doubt", keywords[0]), schema, lambda: self.own(
            {k: view[k] for k in keywords if k in view}, schema))
        self.doubts.append((made, scope))

    def at(self, schema, keyword):
        return self.schemas.pointer(schema, keyword)

    def take_refs(self, schema, view, keyword, held, scope):
        for target in self.schemas.references(schema, scope):
            if target is False:
                raise Unsatisfiable(f"{keyword} refers to false, which allows nothing", self.at(schema, keyword))
            self.absorb(target, scope)

    def take_types(self, schema, view, keyword, held, scope):
        self.types_at = self.at(schema, "type" if keyword == "type" else "not")
        self.types = self.types & (type_set(held) if keyword == "type" else set(held))

    def take_enum(self, schema, view, keyword, held, scope):
        values = [held] if keyword == "const" else held
        self.enum_at = self.at(schema, keyword)
        if self.enum is not None:
            keys = {freeze(v) for v in values}
            values = [v for v in self.enum if freeze(v) in keys]
            if not values:
                raise Unsatisfiable(f"{keyword} has no value in common with another enum or const", self.enum_at)
        kept, keys = [], set()
        for value in values:
            if freeze(value) not in keys:
                keys.add(freeze(value))
                kept.append(value)
        self.enum = kept

    def take_bound(self, schema, view, keyword, held, scope):
        exclusive, lower = keyword.startswith("exclusive"), keyword.endswith("inimum")
        new = (held, exclusive, self.at(schema, keyword))
        old = self.low if lower else self.high
        if old is not None:
            tighter = held > old[0] if lower else held < old[0]
            if not (tighter or held == old[0] and exclusive):
                return
        if lower:
            self.low = new
        else:
            self.high = new

    def take_step(self, schema, view, keyword, held, scope):
        self.steps.append((held, self.at(schema, keyword)))

    def take_size(self, schema, view, keyword, held, scope):
        held, old = int(held), self.sizes.get(keyword)
        if old is None or (held > old[0] if keyword.startswith("min") else held < old[0]):
            self.sizes[keyword] = (held, self.at(schema, keyword))

    def take_pattern(self, schema, view, keyword, held, scope):
        if all(text != held for text, _ in self.patterns):
            self.patterns.append((held, self.at(schema, keyword)))

    def take_format(self, schema, view, keyword, held, scope):
        if held not in NUMERIC_FORMATS and all(name != held for name, _ in self.formats):
            self.formats.append((held, self.at(schema, keyword)))

    def take_content(self, schema, view, keyword, held, scope):
        if keyword == "contentEncoding":
            self.encoding = held
        else:
            self.media = held

    def take_items(self, schema, view, keyword, held, scope):
        if keyword == "items" and "prefixItems" in view:
            return
        first = [(s, scope) for s in view.get("prefixItems", ())]
        rest = (view["items"], scope) if "items" in view else None
        self.array_rules.append((first, rest, schema))

    def take_contains(self, schema, view, keyword, held, scope):
        most = view.get("maxContains")
        self.contains.append(((held, scope), int(view.get("minContains", 1)), most, self.at(schema, keyword)))
        if most is not None:
            self.doubt(schema, view, ("contains", "minContains", "maxContains"), scope)

    def take_unique(self, schema, view, keyword, held, scope):
        self.unique = self.unique or held

    def take_object(self, schema, view, keyword, held, scope):
        if keyword != next(k for k in view if k in ("properties", "patternProperties", "additionalProperties")):
            return
        rest = (view["additionalProperties"], scope) if "additionalProperties" in view else None
        named = {name: (s, scope) for name, s in view.get("properties", {}).items()}
        tests = [(self.schemas.pattern(text, ""), (s, scope)) for text, s in view.get("patternProperties", {}).items()]
        self.object_rules.append((named, tests, rest, schema))

    def take_required(self, schema, view, keyword, held, scope):
        for name in held if isinstance(held, list) else ():
            self.required.setdefault(name, self.at(schema, keyword))

    def take_names(self, schema, view, keyword, held, scope):
        if held is not True:
            self.names.append((held, scope))

    def take_dependent(self, schema, view, keyword, held, scope):
        for name, others in held.items():
            self.dependent[name] = self.dependent.get(name, []) + list(others)

    def take_left(self, schema, view, keyword, held, scope):
        if held is True:
            return
        self.doubts.append((schema, scope))
        if keyword == "unevaluatedItems":
            self.left_items.append((held, scope))
        else:
            self.left_names.append((held, scope))

    def take_all(self, schema, view, keyword, held, scope):
        for i, sub in enumerate(held):
            if sub is False:
                raise Unsatisfiable("allOf has false, which allows nothing", f"{self.at(schema, keyword)}/{i}")
            self.absorb(sub, scope)

    def take_checks(self, schema, view, keyword, held, scope):
        self.doubt(schema, view, ("\0checks",), scope)

    def take_wild(self, schema, view, keyword, held, scope):
        self.wild = True

    def take_pool(self, schema, view, keyword, held, scope):
        self.pool = held

    # ---- what leaves a choice --------------------------------------------------------------------------

    def choose(self, schema, keyword, alternatives, scope, strict=None):
        """Alternatives: lists of schemas."""
        keep = [i for i, alt in enumerate(alternatives) if not any(s is False for s in alt)]
        if not keep:
            raise Unsatisfiable(f"{keyword} leaves nothing", self.at(schema, keyword))
        made = [[(s, scope) for s in alternatives[i]] for i in keep]
        harder = [[(s, scope) for s in strict[i]] for i in keep] if strict else None
        self.choices.append(Choice(made, self.at(schema, keyword), harder))

    def take_any(self, schema, view, keyword, held, scope):
        self.choose(schema, keyword, [[s] for s in held], scope)

    def take_one(self, schema, view, keyword, held, scope):
        strict = None
        if len(held) > 1 and not disjoint(self.schemas, held):
            self.doubt(schema, view, ("oneOf",), scope)
            strict = self.schemas.once("strict", held, lambda: self.only_one(schema, held))
        self.choose(schema, keyword, [[s] for s in held], scope, strict)

    def only_one(self, schema, held):
        """Each branch with the others excluded."""
        nots = [self.own({"not": s}, schema) if isinstance(s, dict) else not s for s in held]
        return [[s] + nots[:i] + nots[i + 1:] for i, s in enumerate(held)]

    def take_if(self, schema, view, keyword, held, scope):
        if "then" not in view and "else" not in view:
            return
        self.doubt(schema, view, ("if", "then", "else"), scope)
        other = self.schemas.once("not", held, lambda: self.own({"not": held}, schema)) \
            if isinstance(held, dict) else not held
        self.choose(schema, keyword, [[held, view.get("then", True)], [other, view.get("else", True)]], scope)

    def own(self, made, like):
        return self.schemas.adopt(made, like)

    def take_dependents(self, schema, view, keyword, held, scope):
        for i, (name, sub) in enumerate(held.items()):
            without = self.schemas.once(("without", i), schema, lambda n=name: self.own({"properties": {n: False}}, schema))
            having = self.schemas.once(("with", i), schema, lambda n=name: self.own({"required": [n]}, schema))
            self.choose(schema, keyword, [[without], [having, sub]], scope)

    def take_not(self, schema, view, keyword, held, scope):
        if held is False:
            return
        if held is True:
            raise Unsatisfiable("not with true allows nothing", self.at(schema, "not"))
        self.doubt(schema, view, ("not",), scope)
        alternatives = self.schemas.once("negated", held, lambda: negated(self, held, scope))
        if not alternatives:
            raise Unsatisfiable("not with a schema that holds for everything allows nothing", self.at(schema, "not"))
        self.choose(schema, keyword, [[s] for s in alternatives], scope)


def disjoint(schemas, branches):
    """Whether no value can hold for two of them, as far as types and constants tell."""
    types, values = set(), set()
    for branch in branches:
        view = schemas.view(branch) if isinstance(branch, dict) else {}
        if "const" in view or "enum" in view:
            own = {freeze(v) for v in view.get("enum", [view.get("const")])}
            if own & values or types:
                return False
            values |= own
        elif "type" in view:
            own = type_set(view["type"])
            own = own | {"integer"} if "float" in own else own  # 1.0 is both
            if own & types or values or ("integer" in own and "float" in types):
                return False
            types |= own
        else:
            return False
    return True


# ---- negation ---------------------------------------------------------------------------------------------


def negated(shape, schema, scope):
    """Schemas of which each contradicts one keyword of `schema`; what cannot be said is left to the check."""
    view, out = shape.schemas.view(schema), []
    for target in shape.schemas.references(schema, scope):
        out.append({"not": target})
    for keyword, held in view.items():
        against = AGAINST.get(keyword)
        if against:
            out += against(view, held)
        elif keyword in HINTS and keyword not in ("contentEncoding", "contentMediaType"):
            out.append({"\0types": parts_of(HINTS[keyword])})
    result = []
    for made in out:
        if isinstance(made, dict):
            known = id(made) in shape.schemas.places
            result.append(made if known else adopt_all(shape, made, schema))
        elif made is True:
            result.append(True)
    return result


def adopt_all(shape, made, like):
    """A schema of our own with those of ours that are inside it."""
    shape.schemas.adopt(made, like)
    for value in made.values():
        inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        for sub in [value, *inner]:
            if isinstance(sub, dict) and id(sub) not in shape.schemas.places and list(sub) in (["not"], ["const"]):
                adopt_all(shape, sub, like)
    return made


def no(schema):
    return not schema if isinstance(schema, bool) else {"not": schema}


def against_type(view, held):
    left = [t for t in ALL_TYPES if t not in type_set(held)]
    return [{"\0types": (t,)} for t in left]


def against_value(view, held):
    return [{"\0types": (t,)} for t in ("string", "integer", "null", "boolean", "array", "object")] + [{}]


def against_bound(other):
    def make(view, held):
        return [{"\0types": ("integer", "float"), other: held}]
    return make


def against_size(kind, other, by):
    def make(view, held):
        return [{"\0types": (kind,), other: held + by}] if held + by >= 0 else []
    return make


def against_properties(view, held):
    return [{"\0types": ("object",), "required": [name], "properties": {name: no(sub)}}
            for name, sub in held.items() if sub is not True]


def against_required(view, held):
    return [{"\0types": ("object",), "properties": {name: False}} for name in held] if isinstance(held, list) else []


def against_additional(view, held):
    free = next(n for n in ("extra", "other", "more", "added", "unknown") if n not in view.get("properties", {}))
    return [{"\0types": ("object",), "required": [free], "properties": {free: no(held)}}] if held is not True else []


def against_items(view, held):
    return [{"\0types": ("array",), "contains": no(held)}] if held is not True else []


def against_contains(view, held):
    return [{"\0types": ("array",), "maxItems": 0}, {"\0types": ("array",), "items": no(held)}]


def against_unique(view, held):
    return [{"\0types": ("array",), "minItems": 2, "items": {"const": 0}},
            {"\0types": ("array",), "minItems": 2}] if held else []


def against_prefix(view, held):
    return [{"\0types": ("array",), "minItems": i + 1, "prefixItems": [True] * i + [no(sub)]}
            for i, sub in enumerate(held) if sub is not True]


def against_any(view, held):
    return [{"allOf": [no(sub) for sub in held]}]


def against_all(view, held):
    return [no(sub) for sub in held if sub is not True]


def against_one(view, held):
    pairs = [{"allOf": [a, b]} for i, a in enumerate(held) for b in held[i + 1:]][:6]
    return [{"allOf": [no(sub) for sub in held]}] + pairs


def against_if(view, held):
    return [{"allOf": [held, no(view["then"])]} if "then" in view else False,
            {"allOf": [no(held), no(view["else"])]} if "else" in view else False]


def against_text(view, held):
    return [{"\0types": ("string",), "\0wild": True}]


def against_names(view, held):
    return [{"\0types": ("object",), "minProperties": 1, "propertyNames": no(held)}] if held is not True else []


def against_pattern_properties(view, held):
    return [{"\0types": ("object",), "minProperties": 1, "patternProperties": {text: no(sub)},
             "additionalProperties": False} for text, sub in held.items() if sub is not True]


def against_dependent(view, held):
    return [{"\0types": ("object",), "required": [name], "properties": {other: False}}
            for name, others in held.items() for other in others if other != name]


def against_dependent_schemas(view, held):
    return [{"\0types": ("object",), "required": [name], "allOf": [no(sub)]} for name, sub in held.items()
            if sub is not True]


AGAINST = {
    "pattern": against_text, "format": against_text, "propertyNames": against_names,
    "patternProperties": against_pattern_properties, "dependentRequired": against_dependent,
    "dependentSchemas": against_dependent_schemas, "unevaluatedProperties": lambda view, held: against_additional(view, held),
    "unevaluatedItems": lambda view, held: against_items(view, held),
    "type": against_type, "\0types": lambda view, held: [{"\0types": (t,)} for t in ALL_TYPES if t not in held],
    "const": against_value, "enum": against_value,
    "minimum": against_bound("exclusiveMaximum"), "maximum": against_bound("exclusiveMinimum"),
    "exclusiveMinimum": against_bound("maximum"), "exclusiveMaximum": against_bound("minimum"),
    "minLength": against_size("string", "maxLength", -1), "maxLength": against_size("string", "minLength", 1),
    "minItems": against_size("array", "maxItems", -1), "maxItems": against_size("array", "minItems", 1),
    "minProperties": against_size("object", "maxProperties", -1),
    "maxProperties": against_size("object", "minProperties", 1),
    "required": against_required, "properties": against_properties, "additionalProperties": against_additional,
    "items": against_items, "prefixItems": against_prefix, "contains": against_contains,
    "uniqueItems": against_unique, "anyOf": against_any, "allOf": against_all, "oneOf": against_one,
    "not": lambda view, held: [held], "if": against_if,
}

TAKE = {
    "$ref": Shape.take_refs, "$dynamicRef": Shape.take_refs, "$recursiveRef": Shape.take_refs,
    "type": Shape.take_types, "\0types": Shape.take_types, "enum": Shape.take_enum, "const": Shape.take_enum,
    "minimum": Shape.take_bound, "maximum": Shape.take_bound, "exclusiveMinimum": Shape.take_bound,
    "exclusiveMaximum": Shape.take_bound, "multipleOf": Shape.take_step, "pattern": Shape.take_pattern,
    "format": Shape.take_format, "contentEncoding": Shape.take_content, "contentMediaType": Shape.take_content,
    "items": Shape.take_items, "prefixItems": Shape.take_items, "contains": Shape.take_contains,
    "uniqueItems": Shape.take_unique, "properties": Shape.take_object, "patternProperties": Shape.take_object,
    "additionalProperties": Shape.take_object, "required": Shape.take_required, "propertyNames": Shape.take_names,
    "dependentRequired": Shape.take_dependent, "dependentSchemas": Shape.take_dependents,
    "unevaluatedItems": Shape.take_left, "unevaluatedProperties": Shape.take_left, "allOf": Shape.take_all,
    "anyOf": Shape.take_any, "oneOf": Shape.take_one, "if": Shape.take_if, "not": Shape.take_not,
    "\0checks": Shape.take_checks, "\0wild": Shape.take_wild, "\0pool": Shape.take_pool,
}
for _size in ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"):
    TAKE[_size] = Shape.take_size
