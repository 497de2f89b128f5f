"""Type hints, dataclasses and their kin, for tests/e2e/test_testdata.py: each name of CASES gets values, which
Pydantic then has to take for the same type."""

import datetime
import decimal
import enum
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, Required, TypedDict, TypeVar, Union


try:
    from annotated_types import Ge, Len, Lt, MultipleOf, Predicate
except ImportError:  # in the sandbox; the generator only looks at the names
    @dataclass(frozen=True)
    class Ge:
        ge: float

    @dataclass(frozen=True)
    class Lt:
        lt: float

    @dataclass(frozen=True)
    class MultipleOf:
        multiple_of: float

    @dataclass(frozen=True)
    class Len:
        min_length: int = 0
        max_length: Optional[int] = None

    @dataclass(frozen=True)
    class Predicate:
        func: Any


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


@dataclass
class Point:
    x: float
    y: float


@dataclass
class Defaults:
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    hidden: int = field(default=0, init=False)


@dataclass
class Person:
    name: str
    born: datetime.date
    colour: Colour
    home: Optional[Point] = None
    friends: "list[Person]" = field(default_factory=list)


@dataclass
class Base:
    id: int


@dataclass
class Derived(Base):
    note: Annotated[str, Len(1, 5)]


@dataclass
class Chain:
    value: int
    next: "Chain | None" = None


@dataclass
class Times:
    at: datetime.datetime
    day: datetime.date
    clock: datetime.time
    lasts: datetime.timedelta


@dataclass
class Others:
    id: uuid.UUID
    price: decimal.Decimal
    file: Path


@dataclass
class Nested:
    rows: list[list[Point]]
    by_name: dict[str, Point]
    by_number: dict[int, list[str]]


class Movie(TypedDict):
    title: str
    year: Annotated[int, Ge(1888), Lt(2100)]
    rating: NotRequired[float]


class Loose(TypedDict, total=False):
    a: Required[int]
    b: str


class Pair(NamedTuple):
    left: int
    right: str = "r"


UserId = NewType("UserId", int)
T = TypeVar("T", int, str)

Small = Annotated[int, Ge(0), Lt(10)]
Even = Annotated[int, Ge(0), Lt(1000), Predicate(lambda n: n % 2 == 0)]
Quarter = Annotated[float, Ge(-1), MultipleOf(0.25), Lt(1)]
ShortText = Annotated[str, Len(2, 4)]
FewItems = Annotated[list[int], Len(1, 3)]
Whole = int
Fraction = float
Text = str
Flag = bool
Nothing = None
Numbers = list[int]
Names = set[str]
Frozen = frozenset[bool]
Anything = Any
Table = dict[str, list[float]]
Keyed = dict[int, bool]
ByColour = dict[Colour, int]
Exactly = tuple[int, str, bool]
Row = tuple[float, ...]
Empty = tuple[()]
Modes = Literal["r", "w", 3, None]
Maybe = Optional[int]
Either = Union[int, str, list[bool]]
NewEither = int | None | Colour
Deep = list[dict[str, tuple[int, set[bool]]]]
Readable = Sequence[int]
Lookup = Mapping[str, int]

CASES = ["Colour", "Level", "Point", "Defaults", "Person", "Derived", "Chain", "Times", "Others", "Nested", "Movie",
         "Loose", "Pair", "UserId", "Small", "Even", "Quarter", "ShortText", "FewItems", "Whole", "Fraction", "Text",
         "Flag", "Nothing", "Numbers", "Names", "Frozen", "Anything", "Table", "Keyed", "ByColour", "Exactly", "Row",
         "Empty", "Modes", "Maybe", "Either", "NewEither", "Deep", "Readable", "Lookup"]


def plan_trip(start: Point, stops: list[Point], *, speed: Annotated[float, Ge(1)], name: str = "trip") -> float:
    """A function: its arguments."""
    return speed * len(stops)


class Account:
    """An ordinary class: what its constructor takes."""

    def __init__(self, owner: str, balance: Annotated[int, Ge(0)] = 0):
        self.owner, self.balance = owner, balance
