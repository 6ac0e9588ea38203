"""Models of the queries of lists: which page."""

from typing import Annotated

from pydantic import Field

from .fields import Model
from .scalars import INTEGER, Boolean
from .versions import Before


class PageQuery(Model):
    """Which page of a list. The order of the fields is the order of their errors (recorded)."""

    page: Annotated[int, Field(ge=1), INTEGER] = Field(default=1, description="Page number")
    size: Annotated[int, Field(ge=1, le=100), INTEGER] = Field(default=50, description="Page size")


class ReversiblePage(PageQuery):
    reverse: Annotated[Boolean, Before("reversible_lists")] = Field(
        default=False, description="Whether to reverse the order of results"
    )


class MessagePage(PageQuery):
    reverse: Boolean | None = Field(default=False, description="Whether to reverse the order of results")
