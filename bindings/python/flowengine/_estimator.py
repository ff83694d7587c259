"""What scikit-learn expects of everything that is fitted."""
from __future__ import annotations

import inspect
from typing import Any, TypeVar

from .errors import InvalidArgumentError

_Self = TypeVar("_Self", bound="Estimator")


class Estimator:
    """The arguments of the constructor, which are attributes of the same names."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor, as scikit-learn wants them."""
        del deep
        names = [name for name in inspect.signature(type(self).__init__).parameters if name != "self"]
        return {name: getattr(self, name) for name in names}

    def set_params(self: _Self, **params: Any) -> _Self:
        """Changes arguments of the constructor, for the next ``fit``."""
        known = self.get_params()
        for name in params:
            if name not in known:
                raise InvalidArgumentError(f"there is no parameter {name}, expected one of {', '.join(known)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"
