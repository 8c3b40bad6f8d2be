"""Which cases of a parametrized test are quick ones."""

import pytest


def quick_first(*cases, quick=1):
    """Cases of `pytest.mark.parametrize`; those after the first are slow.

    Args:
        *cases: Values, or tuples of the values of all parameters.
        quick: How many of them the quick tests have.

    Returns:
        A list.
    """
    return [
        *(_case(case) for case in cases[:quick]),
        *(slow(case) for case in cases[quick:]),
    ]


def slow(case):
    """A case that the slow tests have alone."""
    return _case(case, marks=pytest.mark.slow)


def _case(case, **options):
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, **options)
