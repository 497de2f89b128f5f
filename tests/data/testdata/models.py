"""Pydantic models for tests/e2e/test_testdata.py: each name of CASES gets values, which the model has to take."""

import datetime
import decimal
import enum
import ipaddress
import uuid
from typing import Annotated, Generic, Literal, Optional, TypeVar, Union

from pydantic import (AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, RootModel, conint, conlist, constr,
                      field_validator, model_validator)

T = TypeVar("T")


class Size(enum.Enum):
    S = "small"
    L = "large"


class Simple(BaseModel):
    name: str
    age: int


class Bounds(BaseModel):
    low: int = Field(ge=0, le=10)
    high: float = Field(gt=10, lt=20)
    step: int = Field(multiple_of=5)
    code: str = Field(pattern=r"^[A-Z]{2}\d{3}$")
    short: str = Field(min_length=1, max_length=3)
    few: list[int] = Field(min_length=1, max_length=3)


class Constrained(BaseModel):
    a: conint(ge=1, lt=5)
    b: constr(min_length=2, max_length=2)
    c: conlist(bool, min_length=2, max_length=2)


class Optionals(BaseModel):
    a: Optional[int] = None
    b: Optional[str]
    c: int = 3
    d: Union[int, str, None] = None


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    x: float
    y: float


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    x: int


class Aliased(BaseModel):
    inner: int = Field(alias="Outer-Name")


class Enums(BaseModel):
    size: Size
    kind: Literal["a", "b"]


class Dates(BaseModel):
    at: datetime.datetime
    day: datetime.date
    clock: datetime.time
    lasts: datetime.timedelta


class Networks(BaseModel):
    four: ipaddress.IPv4Address
    six: ipaddress.IPv6Address
    net: ipaddress.IPv4Network


class Identifiers(BaseModel):
    id: uuid.UUID
    url: AnyUrl
    web: HttpUrl


class Money(BaseModel):
    price: decimal.Decimal = Field(max_digits=8, decimal_places=2)


class Raw(BaseModel):
    data: bytes


class Child(BaseModel):
    n: Annotated[int, Field(gt=0)]


class Parent(BaseModel):
    one: Child
    many: list[Child]
    named: dict[str, Child]
    pair: tuple[Child, int]


class Tree(BaseModel):
    value: int
    left: Optional["Tree"] = None
    right: Optional["Tree"] = None


class Folder(BaseModel):
    name: str = Field(min_length=1)
    folders: list["Folder"]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    breed: str


class Pet(BaseModel):
    pet: Union[Cat, Dog] = Field(discriminator="kind")


class Animals(RootModel[list[Union[Cat, Dog]]]):
    pass


class Matrix(RootModel[list[list[float]]]):
    pass


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = Field(ge=0)


class ChildPage(Page[Child]):
    pass


class Sets(BaseModel):
    tags: set[str] = Field(min_length=2)
    flags: frozenset[bool]


class Keys(BaseModel):
    by_number: dict[int, str]
    by_size: dict[Size, int]


class Even(BaseModel):
    """A validator that its schema does not tell."""
    n: int = Field(ge=0, le=100)

    @field_validator("n")
    @classmethod
    def even(cls, n):
        if n % 2:
            raise ValueError("odd")
        return n


class Range(BaseModel):
    low: int = Field(ge=0, le=20)
    high: int = Field(ge=0, le=20)

    @model_validator(mode="after")
    def ordered(self):
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Order(BaseModel):
    id: uuid.UUID
    placed: datetime.datetime
    lines: Annotated[list[Child], Field(min_length=1, max_length=4)]
    status: Size
    note: Optional[constr(max_length=40)] = None
    pets: list[Pet] = []


CASES = ["Simple", "Bounds", "Constrained", "Optionals", "Closed", "Open", "Aliased", "Enums", "Dates", "Networks",
         "Identifiers", "Money", "Raw", "Parent", "Tree", "Folder", "Pet", "Animals", "Matrix", "ChildPage", "Sets",
         "Keys", "Even", "Range", "Order"]
