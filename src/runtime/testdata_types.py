"""The schema of what a Python file has: type hints, dataclasses, TypedDicts, NamedTuples, enums, Pydantic models,
functions (their arguments). Only the file's own imports are imported."""

import ast
import collections.abc
import dataclasses
import datetime
import decimal
import difflib
import enum
import fractions
import importlib.util
import inspect
import ipaddress
import json
import pathlib
import re
import sys
import traceback
import types
import typing
import uuid

from testdata_schema import Broken

WHOLE_TEXT = r"^(0|-?[1-9][0-9]{0,17})$"
DECIMAL_TEXT = r"^-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"
SIMPLE = {
    bool: {"type": "boolean"}, int: {"type": "integer"}, float: {"type": "number"}, str: {"type": "string"},
    type(None): {"type": "null"}, bytes: {"type": "string", "contentEncoding": "base64"},
    bytearray: {"type": "string", "contentEncoding": "base64"},
    datetime.datetime: {"type": "string", "format": "date-time"}, datetime.date: {"type": "string", "format": "date"},
    datetime.time: {"type": "string", "format": "time"}, datetime.timedelta: {"type": "string", "format": "duration"},
    decimal.Decimal: {"type": "string", "pattern": DECIMAL_TEXT},
    fractions.Fraction: {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,5})/[1-9][0-9]{0,5}$"},
    uuid.UUID: {"type": "string", "format": "uuid"}, re.Pattern: {"type": "string", "format": "regex"},
    ipaddress.IPv4Address: {"type": "string", "format": "ipv4"},
    ipaddress.IPv6Address: {"type": "string", "format": "ipv6"},
    list: {"type": "array"}, tuple: {"type": "array"}, set: {"type": "array", "uniqueItems": True},
    frozenset: {"type": "array", "uniqueItems": True}, dict: {"type": "object", "additionalProperties": True},
    typing.Any: {}, object: {}, inspect.Parameter.empty: {}, collections.abc.Sequence: {"type": "array"},
    collections.abc.Mapping: {"type": "object", "additionalProperties": True},
}
LISTS = (list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable,
         collections.abc.Collection, collections.deque, collections.abc.Iterator)
SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping, collections.defaultdict, collections.OrderedDict)


def schema_of(path, shown, name, tell):
    """The schema of a name in the file. What is wrong goes to `tell`, which does not come back."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    module = load(path, shown, text, tell)
    target = module
    for part in name.split("."):
        if not hasattr(target, part):
            known = [n for n in vars(target) if not n.startswith("_")]
            near = difflib.get_close_matches(part, known, 1)
            tell({"message": f"there is no {name}" + (f"; did you mean {near[0]}?" if near else ""), "line": 1, "column": 1})
        target = getattr(target, part)
    try:
        return Reader().whole(target)
    except Unknown as e:
        line, column = place(text, name, e.args[1])
        tell({"message": e.args[0], "line": line, "column": column})
    except NameError as e:  # of an annotation that is a text
        tell({"message": f"an annotation of {name} cannot be read: {e}", "line": place(text, name, "")[0], "column": 1})


def load(path, shown, text, tell):
    try:
        ast.parse(text)
    except (SyntaxError, ValueError) as e:
        tell({"message": f"this is no Python: {getattr(e, 'msg', e)}", "line": getattr(e, "lineno", 1) or 1,
              "column": getattr(e, "offset", 1) or 1})
    name = re.sub(r"\W", "_", pathlib.PurePath(shown).stem)
    name = name if name not in sys.modules else name + "_input"
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as e:
        tell({"missing": (e.name or "").split(".")[0]})
    except BaseException as e:  # also SystemExit: nothing of it may end the run without a word
        lines = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == path]
        lines = lines or [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename.endswith("/" + path)]
        tell({"message": f"it cannot be imported: {type(e).__name__}: {e}", "line": lines[-1] if lines else 1, "column": 1})
    return module


def place(text, name, inner):
    """Line and column of a definition, or of the member `inner` in it."""
    body, found = ast.parse(text).body, (1, 1)
    for part in [*name.split("."), inner]:
        for node in body:
            target = getattr(node, "target", None) or (getattr(node, "targets", None) or [None])[0]
            args = getattr(node, "args", None)
            if getattr(node, "name", getattr(target, "id", None)) == part:
                found, body = (node.lineno, node.col_offset + 1), getattr(node, "body", [])
                arguments = args.posonlyargs + args.args + args.kwonlyargs if args else []
                for a in arguments:
                    if a.arg == inner:
                        return a.lineno, a.col_offset + 1
                break
    return found


class Unknown(Exception):
    """A hint that has no values in JSON; args: the sentence, the member that has it."""


class Reader:
    def __init__(self):
        self.defs, self.names, self.member = {}, {}, ""

    def whole(self, target):
        if inspect.isroutine(target):
            root = self.function(target)
        else:
            root = self.hint(target)
        return {**root, "$defs": self.defs} if self.defs else root

    # ---- what has members -------------------------------------------------------------------------------

    def named(self, cls, make):
        """One definition for each class, so that recursion ends."""
        if cls not in self.names:
            name = cls.__name__
            while name in self.defs:
                name += "_"
            self.names[cls] = name
            self.defs[name] = {}
            self.defs[name].update(make(cls))
        return {"$ref": "#/$defs/" + self.names[cls].replace("~", "~0").replace("/", "~1")}

    def fields(self, hints, required):
        properties = {}
        for name, hint in hints.items():
            self.member = name
            properties[name] = self.hint(hint)
        return {"type": "object", "properties": properties, "required": [n for n in hints if n in required],
                "additionalProperties": False}

    def dataclass(self, cls):
        hints = typing.get_type_hints(cls, include_extras=True)
        fields = [f for f in dataclasses.fields(cls) if f.init]
        required = {f.name for f in fields if f.default is dataclasses.MISSING and
                    f.default_factory is dataclasses.MISSING}
        return self.fields({f.name: hints.get(f.name, typing.Any) for f in fields}, required)

    def typed_dict(self, cls):
        return self.fields(typing.get_type_hints(cls, include_extras=True), cls.__required_keys__)

    def named_tuple(self, cls):
        hints = typing.get_type_hints(cls, include_extras=True)
        items = [self.hint(hints.get(name, typing.Any)) for name in cls._fields]
        least = len(items) - len(cls._field_defaults)
        return {"type": "array", "prefixItems": items, "items": False, "minItems": least}

    def function(self, target):
        try:
            signature = inspect.signature(target)
            hints = typing.get_type_hints(target, include_extras=True)
        except (ValueError, TypeError):
            raise Unknown(f"the arguments of {target!r} are not known", "") from None
        kept, required = {}, set()
        for name, parameter in signature.parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            kept[name] = hints.get(name, typing.Any)
            if parameter.default is parameter.empty:
                required.add(name)
        return self.fields(kept, required)

    def model(self, cls):
        """A Pydantic model: its own schema, and its own validators as the last word."""
        try:
            schema = cls.model_json_schema()
        except Exception as e:
            raise Unknown(f"Pydantic has no JSON Schema for {cls.__name__}: {e}".split("\n")[0], self.member) from None

        def valid(value):
            try:
                cls.model_validate_json(json.dumps(value))
            except ValueError:
                return False
            except Exception as e:  # of the person's own validator
                raise Broken(cls.__name__, e) from None
            return True
        return {"$id": "pydantic:" + cls.__qualname__, **schema, "\0checks": [valid]}

    # ---- hints ---------------------------------------------------------------------------------------------

    def hint(self, hint):
        if isinstance(hint, str):
            raise Unknown(f"the annotation {hint!r} is not known", self.member)
        if hint is None:
            hint = type(None)
        try:
            if hint in SIMPLE:
                return dict(SIMPLE[hint])
        except TypeError:
            pass
        if isinstance(hint, typing.NewType):
            return self.hint(hint.__supertype__)
        if isinstance(hint, typing.TypeVar):
            return self.variable(hint)
        if type(hint).__name__ == "TypeAliasType" and not typing.get_args(hint):
            return self.named(hint, lambda alias: self.hint(alias.__value__))
        origin = typing.get_origin(hint)
        if origin is not None:
            return self.generic(hint, origin, typing.get_args(hint))
        return self.cls(hint)

    def variable(self, hint):
        if hint.__constraints__:
            return {"anyOf": [self.hint(h) for h in hint.__constraints__]}
        return self.hint(hint.__bound__) if hint.__bound__ else {}

    def cls(self, cls):
        if not isinstance(cls, type):
            if cls in (typing.Hashable, collections.abc.Hashable):
                return {}
            raise Unknown(f"{cls!r} is no type of which there are values in JSON", self.member)
        if hasattr(cls, "model_json_schema"):
            return self.named(cls, self.model)
        if dataclasses.is_dataclass(cls):
            return self.named(cls, self.dataclass)
        if issubclass(cls, enum.Enum):
            return self.enumeration(cls)
        if typing.is_typeddict(cls) or hasattr(cls, "__required_keys__"):
            return self.named(cls, self.typed_dict)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return self.named(cls, self.named_tuple)
        if issubclass(cls, pathlib.PurePath):
            return {"type": "string", "format": "path"}
        for base in (bool, int, float, str, datetime.datetime, datetime.date, dict, list, set, frozenset, tuple, bytes):
            if issubclass(cls, base):
                return dict(SIMPLE[base])
        if cls.__init__ is not object.__init__:
            return self.named(cls, lambda c: self.init(c))
        raise Unknown(f"{cls.__name__} is no type of which there are values in JSON", self.member)

    def init(self, cls):
        """Any other class: what its constructor takes."""
        kept = self.function(cls.__init__)
        kept["properties"] = {n: s for i, (n, s) in enumerate(kept["properties"].items()) if i}
        kept["required"] = [n for n in kept["required"] if n in kept["properties"]]
        return kept

    @staticmethod
    def enumeration(cls):
        def plain(member):
            value = member.value
            return value if isinstance(value, (str, int, float, bool, type(None))) else member.name
        members = list(cls)
        if not members:
            raise Unknown(f"the enum {cls.__name__} has no members", "")
        return {"enum": [plain(m) for m in members]}

    def generic(self, hint, origin, args):
        if origin is typing.Annotated:
            return self.annotated(args[0], hint.__metadata__)
        if origin in (typing.Union, types.UnionType):
            return {"anyOf": [self.hint(a) for a in args]}
        if origin is typing.Literal:
            return {"enum": [a.value if isinstance(a, enum.Enum) else a for a in args]}
        if origin in (typing.Required, typing.NotRequired, typing.Final, typing.ClassVar, dataclasses.InitVar) or \
                getattr(origin, "_name", "") == "ReadOnly":
            return self.hint(args[0])
        if origin is tuple:
            return self.tuple(args)
        if origin in LISTS:
            return {"type": "array", "items": self.hint(args[0])}
        if origin in SETS:
            return {"type": "array", "items": self.hint(args[0]), "uniqueItems": True}
        if origin is collections.Counter:
            return self.mapping(args[0], int)
        if origin in MAPS:
            return self.mapping(*args)
        if type(origin).__name__ == "TypeAliasType":
            return self.hint(origin.__value__)
        if isinstance(origin, type) and hasattr(hint, "model_json_schema"):
            return self.named(hint, self.model)
        if isinstance(origin, type) and (dataclasses.is_dataclass(origin) or typing.is_typeddict(origin)):
            return self.cls(origin)
        raise Unknown(f"{hint!r} is no type of which there are values in JSON", self.member)

    def tuple(self, args):
        if len(args) == 2 and args[1] is ...:
            return {"type": "array", "items": self.hint(args[0])}
        args = [a for a in args if a != ()]
        return {"type": "array", "prefixItems": [self.hint(a) for a in args], "items": False, "minItems": len(args)} \
            if args else {"type": "array", "maxItems": 0}

    def mapping(self, key, value):
        out = {"type": "object", "additionalProperties": self.hint(value)}
        keys = self.hint(key)
        if keys.get("type") == "integer":
            out["propertyNames"] = {"pattern": WHOLE_TEXT}
        elif keys.get("type") == "boolean":
            out["propertyNames"] = {"enum": ["true", "false"]}
        elif keys.get("type") == "number":
            out["propertyNames"] = {"pattern": DECIMAL_TEXT}
        elif keys.get("type") == "string" and len(keys) > 1 or "enum" in keys or "$ref" in keys:
            out["propertyNames"] = keys
        return out

    # ---- Annotated -------------------------------------------------------------------------------------------

    def annotated(self, hint, metadata):
        schema, checks = self.hint(hint), []
        for m in metadata:
            for extra in self.constraint(schema, m, checks):
                schema = extra if not schema else {"allOf": [schema, extra]}
        return {"allOf": [schema], "\0checks": checks} if checks else schema

    def constraint(self, schema, m, checks):
        """By the names of their attributes, so that no package has to be imported: annotated_types and its kin."""
        out = {}
        for attribute, keyword in (("gt", "exclusiveMinimum"), ("ge", "minimum"), ("lt", "exclusiveMaximum"),
                                   ("le", "maximum"), ("multiple_of", "multipleOf"), ("pattern", "pattern")):
            value = getattr(m, attribute, None)
            if isinstance(value, (int, float)) or attribute == "pattern" and isinstance(value, str):
                out[keyword] = value
            elif isinstance(value, decimal.Decimal):
                out[keyword] = float(value)
        sizes = {"array": ("minItems", "maxItems"), "object": ("minProperties", "maxProperties")}
        low, high = sizes.get(schema.get("type"), ("minLength", "maxLength"))
        for attribute, keyword in (("min_length", low), ("max_length", high)):
            value = getattr(m, attribute, None)
            if isinstance(value, int) and value >= 0:
                out[keyword] = value
        if isinstance(m, re.Pattern):
            out["pattern"] = m.pattern
        function = getattr(m, "func", None)
        if callable(function) and type(m).__name__ in ("Predicate", "Not", "AfterValidator"):
            checks.append(guarded(function, type(m).__name__))
        inner = [c for c in m] if type(m).__name__ == "Interval" and isinstance(m, collections.abc.Iterable) else []
        if type(m).__name__ == "FieldInfo":
            inner = list(getattr(m, "metadata", ()))
        for other in inner:
            for extra in self.constraint(schema, other, checks):
                out.update(extra)
        return [out] if out else []


def guarded(function, kind):
    def test(value):
        try:
            result = function(value)
        except Exception:
            return False
        return kind == "AfterValidator" or bool(result) != (kind == "Not")
    return test

