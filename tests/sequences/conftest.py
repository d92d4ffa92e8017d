"""The fleet of the conformance tests: the same hosts with the same real programs. The mock NAS is not asked."""

from __future__ import annotations

from conformance.conftest import fleet

__all__ = ["fleet"]
