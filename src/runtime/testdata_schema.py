"""JSON Schemas of all drafts, brought into one form (that of 2020-12) and their references resolved.

Nothing is fetched: a reference leads into the document itself. Each schema is known by its identity (`id`), so
the documents are kept and never changed.
"""

from urllib.parse import unquote, urldefrag, urljoin

import testdata_regex

ONE = ("additionalProperties", "additionalItems", "not", "if", "then", "else", "contains", "propertyNames",
       "unevaluatedItems", "unevaluatedProperties", "contentSchema")
LIST = ("allOf", "anyOf", "oneOf", "prefixItems")
MAP = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
# What each keyword holds.
NUMBERS = ("minimum", "maximum", "multipleOf")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains")
NAMES = ("required",)
TEXTS = ("pattern", "format", "$ref", "$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor", "contentEncoding",
         "contentMediaType")
# The draft that brought a keyword, and the last that has it; the others have always been there.
SINCE = {"const": 6, "contains": 6, "propertyNames": 6, "if": 7, "then": 7, "else": 7, "contentEncoding": 7,
         "contentMediaType": 7, "minContains": 2019, "maxContains": 2019, "dependentRequired": 2019,
         "dependentSchemas": 2019, "unevaluatedItems": 2019, "unevaluatedProperties": 2019, "$recursiveRef": 2019,
         "$anchor": 2019, "prefixItems": 2020, "$dynamicRef": 2020, "$dynamicAnchor": 2020}
UNTIL = {"dependencies": 7, "additionalItems": 2019, "$recursiveRef": 2019}
LENIENT = 9999  # no $schema: keywords of all drafts


class Bad(Exception):
    """What cannot be used; args: the sentence, where (a JSON pointer)."""


class Unsatisfiable(Exception):
    """No value fits; args: the sentence, where (a JSON pointer)."""


class Broken(Exception):
    """The person's own code failed on a value; args: whose, the error."""

    def line(self):
        """Of the person's file."""
        import traceback  # only here: it is slow to load
        return ([f.lineno for f in traceback.extract_tb(self.args[1].__traceback__) if f.filename.endswith("input.py")] or [1])[-1]

    def __str__(self):
        whose, error = self.args
        return f"the validator of {whose} raised {type(error).__name__}: {error}"


def escape(name):
    return name.replace("~", "~0").replace("/", "~1")


class Place:
    __slots__ = ("base", "pointer", "draft")

    def __init__(self, base, pointer, draft):
        self.base, self.pointer, self.draft = base, pointer, draft


def draft_of(uri, pointer):
    for mark, draft in (("draft-03", 4), ("draft-04", 4), ("draft-06", 6), ("draft-07", 7), ("2019-09", 2019),
                        ("2020-12", 2020)):
        if mark in uri:
            return draft
    if uri.startswith(("http://json-schema.org/schema", "https://json-schema.org/schema")):
        return LENIENT
    raise Bad(f"the dialect {uri} is not known; JSON Schema's drafts 4, 6, 7, 2019-09 and 2020-12 are", pointer)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Schemas:
    def __init__(self, root):
        self.root = root
        self.places, self.kept, self.views = {}, [], {}
        self.resources, self.anchors, self.dynamic, self.roots = {}, {}, {}, {}
        self.patterns = {}
        self.scoped = False  # whether references depend on the way to them
        self.made, self.led = {}, {}
        self.resources[""] = root
        self.walk(root, "", "", LENIENT, "")

    # ---- reading -------------------------------------------------------------------------------------

    def pattern(self, text, pointer):
        if text not in self.patterns:
            try:
                self.patterns[text] = testdata_regex.Pattern(text)
            except testdata_regex.PatternError as e:
                raise Bad(str(e), pointer) from None
        return self.patterns[text]

    def walk(self, schema, base, pointer, draft, root):
        """Takes in a schema and all below it."""
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise Bad("a schema is an object or true or false", pointer)
        if id(schema) in self.places:
            return
        if isinstance(schema.get("$schema"), str):
            draft = draft_of(schema["$schema"], pointer + "/$schema")
        base, root = self.identify(schema, base, draft, pointer, root)
        self.places[id(schema)] = Place(base, pointer, draft)
        self.kept.append(schema)
        self.roots.setdefault(base, root)
        if "$ref" in schema and isinstance(schema["$ref"], str) and draft <= 7:
            check_keyword("$ref", schema["$ref"], pointer)
            for name in ("definitions", "$defs"):
                for key, sub in self.members(schema, name, pointer):
                    self.walk(sub, base, f"{pointer}/{name}/{escape(key)}", draft, root)
            return
        for keyword, value in schema.items():
            self.walk_keyword(keyword, value, base, pointer, draft, root)

    @staticmethod
    def members(schema, name, pointer):
        value = schema.get(name, {})
        if not isinstance(value, dict):
            raise Bad(f"{name} holds an object of schemas", f"{pointer}/{name}")
        return value.items()

    def identify(self, schema, base, draft, pointer, root):
        name = schema.get("$id") if draft > 4 else None
        if name is None and draft in (4, LENIENT):
            name = schema.get("id") if "$id" not in schema else schema["$id"]
        if isinstance(name, str) and not (draft <= 7 and "$ref" in schema):
            if name.startswith("#"):
                self.anchors[(base, name[1:])] = schema
            else:
                base = urldefrag(urljoin(base, name))[0]
                root = pointer
                self.resources[base] = schema
        if draft > 7:
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(schema.get(keyword), str):
                    self.anchors[(base, schema[keyword])] = schema
            if isinstance(schema.get("$dynamicAnchor"), str):
                self.dynamic[(base, schema["$dynamicAnchor"])] = schema
                self.scoped = True
            self.scoped = self.scoped or "$recursiveRef" in schema
        return base, root

    def walk_keyword(self, keyword, value, base, pointer, draft, root):
        if not self.has(keyword, draft):
            return
        here = f"{pointer}/{escape(keyword)}"
        check_keyword(keyword, value, here)
        if keyword == "pattern":
            self.pattern(value, here)
        if keyword == "items" and isinstance(value, list) or keyword in LIST:
            for i, sub in enumerate(value):
                self.walk(sub, base, f"{here}/{i}", draft, root)
        elif keyword in ONE or keyword == "items":
            self.walk(value, base, here, draft, root)
        elif keyword in MAP:
            for name, sub in value.items():
                if keyword == "patternProperties":
                    self.pattern(name, f"{here}/{escape(name)}")
                self.walk(sub, base, f"{here}/{escape(name)}", draft, root)
        elif keyword == "dependencies":
            for name, sub in value.items():
                if not isinstance(sub, list):
                    self.walk(sub, base, f"{here}/{escape(name)}", draft, root)

    @staticmethod
    def has(keyword, draft):
        if draft == LENIENT:
            return True
        return SINCE.get(keyword, 0) <= draft <= UNTIL.get(keyword, LENIENT)

    def adopt(self, made, like):
        """A schema of our own, which stands where `like` does."""
        place = self.places[id(like)] if isinstance(like, dict) else Place("", "", LENIENT)
        self.places[id(made)] = Place(place.base, place.pointer, LENIENT if place.draft != 4 else 4)
        self.kept.append(made)
        return made

    def once(self, kind, like, make):
        """The same schema of our own for the same origin, so that recursion comes back to it."""
        key = (kind, id(like))
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def pointer(self, schema, keyword=""):
        place = self.places.get(id(schema))
        if not place:
            return "" if not keyword else "/" + escape(keyword)
        return place.pointer + ("/" + escape(keyword) if keyword else "")

    # ---- the one form ------------------------------------------------------------------------------------

    def view(self, schema):
        """The schema's own keywords as 2020-12 has them; the schemas below are left as they are."""
        view = self.views.get(id(schema))
        if view is None:
            view = self.views[id(schema)] = self.make_view(schema, self.places[id(schema)].draft)
        return view

    def make_view(self, schema, draft):
        if draft <= 7 and isinstance(schema.get("$ref"), str):
            return {"$ref": schema["$ref"]}
        view = {k: v for k, v in schema.items() if self.has(k, draft)}
        items = view.get("items")
        if isinstance(items, list):
            del view["items"]
            if draft != 2020:
                view["prefixItems"] = items
                if "additionalItems" in view:
                    view["items"] = view["additionalItems"]
        view.pop("additionalItems", None)
        for name, value in (view.pop("dependencies", None) or {}).items():
            if isinstance(value, list):
                view["dependentRequired"] = {**view.get("dependentRequired", {}), name: value}
            else:
                view["dependentSchemas"] = {**view.get("dependentSchemas", {}), name: value}
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(view.get(exclusive), bool):
                if view.pop(exclusive) and bound in view:
                    view[exclusive] = view.pop(bound)
        return view

    # ---- references ----------------------------------------------------------------------------------------

    def target(self, schema, reference, keyword="$ref"):
        place = self.places[id(schema)]
        uri, fragment = urldefrag(urljoin(place.base, reference) if reference else place.base)
        if reference.startswith("#"):
            uri, fragment = place.base, reference[1:]
        where = f"{place.pointer}/{keyword}"
        if uri not in self.resources:
            raise Bad(f"{keyword} refers to {uri}, which is not part of this file, and nothing is fetched", where)
        fragment = unquote(fragment)
        if not fragment:
            return self.resources[uri]
        if not fragment.startswith("/"):
            if (uri, fragment) not in self.anchors:
                raise Bad(f"{keyword} refers to the anchor {fragment}, which is nowhere", where)
            return self.anchors[(uri, fragment)]
        return self.at_pointer(uri, fragment, where, keyword)

    def at_pointer(self, uri, fragment, where, keyword):
        value = self.resources[uri]
        near, pointer = value, self.pointer(value) if isinstance(value, dict) else ""
        for part in fragment[1:].split("/"):
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and part in value:
                value = value[part]
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                raise Bad(f"{keyword} refers to #{fragment}, which is nowhere", where)
            pointer += "/" + escape(part)
            if id(value) in self.places:
                near = value
        if not isinstance(value, (dict, bool)):
            raise Bad(f"{keyword} refers to #{fragment}, which is no schema", where)
        if isinstance(value, dict) and id(value) not in self.places:
            place = self.places[id(near)]
            self.walk(value, place.base, pointer, place.draft, "")
        return value

    def enter(self, schema, scope):
        """The resources passed on the way, the outermost first; only where that matters."""
        if not self.scoped or not isinstance(schema, dict):
            return scope
        base = self.places[id(schema)].base
        return scope if base in scope else scope + (base,)

    def dynamic_target(self, schema, reference, scope):
        found = self.target(schema, reference, "$dynamicRef")
        name = urldefrag(reference)[1]
        if isinstance(found, dict) and found.get("$dynamicAnchor") == name:
            for base in scope:
                if (base, name) in self.dynamic:
                    return self.dynamic[(base, name)]
        return found

    def recursive_target(self, schema, scope):
        found = self.target(schema, "#", "$recursiveRef")
        if isinstance(found, dict) and found.get("$recursiveAnchor") is True:
            for base in scope:
                outer = self.resources.get(base)
                if isinstance(outer, dict) and outer.get("$recursiveAnchor") is True:
                    return outer
        return found

    def references(self, schema, scope):
        """What the schema refers to."""
        key = (id(schema), scope)
        if key not in self.led:
            self.led[key] = self.find_references(schema, scope)
        return self.led[key]

    def find_references(self, schema, scope):
        view, out = self.view(schema), []
        if "$ref" in view:
            out.append(self.target(schema, view["$ref"]))
        if "$dynamicRef" in view:
            out.append(self.dynamic_target(schema, view["$dynamicRef"], scope))
        if "$recursiveRef" in view:
            out.append(self.recursive_target(schema, scope))
        return out


def check_keyword(keyword, value, pointer):
    """That a keyword holds what it must; else one sentence with its place."""
    wanted = None
    if keyword in NUMBERS:
        wanted = None if is_number(value) else "a number"
        if keyword == "multipleOf" and not wanted and value <= 0:
            wanted = "a number above 0"
    elif keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        wanted = None if is_number(value) or isinstance(value, bool) else "a number"
    elif keyword in COUNTS:
        whole = is_number(value) and value >= 0 and value == int(value)
        wanted = None if whole else "a whole number of at least 0"
    elif keyword in TEXTS:
        wanted = None if isinstance(value, str) else "a string"
    elif keyword == "type":
        names = value if isinstance(value, list) else [value]
        for name in names:
            if name not in TYPES:
                raise Bad(f"type {name!r} is not known; it is one of {', '.join(TYPES)}", pointer)
        wanted = None if names else "at least one type"
    elif keyword in ("enum", *LIST):
        wanted = None if isinstance(value, list) and (value or keyword == "prefixItems") else "a list with something in it"
    elif keyword in MAP or keyword in ("dependencies", "dependentRequired"):
        wanted = None if isinstance(value, dict) else "an object"
    elif keyword == "uniqueItems":
        wanted = None if isinstance(value, bool) else "true or false"
    elif keyword == "required":
        listed = isinstance(value, list) and all(isinstance(n, str) for n in value)
        wanted = None if listed or isinstance(value, bool) else "a list of names"
    if wanted:
        raise Bad(f"{keyword} must be {wanted}", pointer)
