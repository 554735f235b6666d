"""Evaluate CloudWatch metric math over series: arithmetic, IF, FILL, and a few aggregates.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import datetime

Series = dict[datetime, float]
Value = Series | float

_ARITHMETIC: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.And: lambda a, b: float(bool(a) and bool(b)),
    ast.Or: lambda a, b: float(bool(a) or bool(b)),
}
_AGGREGATES: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


class BadExpression(ValueError):
    """An expression that is not understood; the text says which part."""


def compute(expression: str, series: Mapping[str, Series]) -> Series:
    """Return the series of ``expression`` over the series of the other ids.

    A point exists where all that it needs exists; a division by zero gives none.

    Raises:
        BadExpression: for syntax, an unknown id, or a function that is not rehearsed.
    """
    try:
        tree = ast.parse(
            expression.replace("&&", " and ").replace("||", " or "), mode="eval"
        )
    except SyntaxError as error:
        raise BadExpression(f"{expression}: {error.msg}") from error
    result = _Evaluator(series).value(tree.body)
    if isinstance(result, dict):
        return result
    times = {time for points in series.values() for time in points}
    return dict.fromkeys(sorted(times), result)


class _Evaluator:
    def __init__(self, series: Mapping[str, Series]) -> None:
        self._series = series

    def value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number):
                return float(number)
            case ast.Name(id=name) if name in self._series:
                return self._series[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _zip(operator.sub, 0.0, self.value(operand))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _divide(self.value(left), self.value(right))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _zip(_ARITHMETIC[type(op)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return _zip(_ARITHMETIC[type(op)], self.value(left), self.value(right))
            case ast.BoolOp(op=op, values=[left, right]):
                return _zip(_ARITHMETIC[type(op)], self.value(left), self.value(right))
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name.upper(), arguments)
            case _:
                raise BadExpression(f"{ast.unparse(node)} is not understood")

    def _call(self, name: str, arguments: list[ast.expr]) -> Value:
        chosen: Value
        match name, arguments:
            case "IF", [condition, then]:
                chosen = self._if(condition, then, None)
            case "IF", [condition, then, otherwise]:
                chosen = self._if(condition, then, otherwise)
            case "FILL", [metric, filler]:
                chosen = self._fill(metric, filler)
            case "METRICS", []:
                raise BadExpression("METRICS() stands only inside an aggregate")
            case _, [argument] if name in _AGGREGATES:
                chosen = self._aggregate(_AGGREGATES[name], argument)
            case _:
                raise BadExpression(f"{name}() is not rehearsed")
        return chosen

    def _if(
        self, condition: ast.expr, then: ast.expr, otherwise: ast.expr | None
    ) -> Series:
        test, yes = self.value(condition), self.value(then)
        no: Value = {} if otherwise is None else self.value(otherwise)
        result: Series = {}
        for time in _times(test, yes, no):
            truth = _at(test, time)
            chosen = _at(yes if truth else no, time)
            if truth is not None and chosen is not None:
                result[time] = chosen
        return result

    def _fill(self, metric: ast.expr, filler: ast.expr) -> Series:
        points, number = self.value(metric), self.value(filler)
        if not isinstance(points, dict) or isinstance(number, dict):
            raise BadExpression("FILL() takes a metric and a number")
        times = {time for series in self._series.values() for time in series}
        return {time: points.get(time, number) for time in sorted(times)}

    def _aggregate(
        self, function: Callable[[list[float]], float], argument: ast.expr
    ) -> Value:
        match argument:
            case ast.List(elts=elements):
                parts = [self.value(element) for element in elements]
            case ast.Call(func=ast.Name(id="METRICS"), args=[]):
                parts = list(self._series.values())
            case _:
                single = self.value(argument)
                if isinstance(single, dict):
                    # Of one series an aggregate is a number: the same at every time.
                    return function(list(single.values())) if single else {}
                return single
        result: Series = {}
        for time in _times(*parts):
            found = [_at(part, time) for part in parts]
            values = [value for value in found if value is not None]
            if values:
                result[time] = function(values)
        return result


def _at(value: Value, time: datetime) -> float | None:
    return value.get(time) if isinstance(value, dict) else value


def _times(*values: Value) -> list[datetime]:
    return sorted(
        {time for value in values if isinstance(value, dict) for time in value}
    )


def _zip(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if not isinstance(left, dict) and not isinstance(right, dict):
        return float(function(left, right))
    result: Series = {}
    for time in _times(left, right):
        a, b = _at(left, time), _at(right, time)
        if a is not None and b is not None:
            result[time] = float(function(a, b))
    return result


def _divide(left: Value, right: Value) -> Value:
    if not isinstance(right, dict):
        right = dict.fromkeys(_times(left), right) if isinstance(left, dict) else right
    if isinstance(right, dict):
        right = {time: value for time, value in right.items() if value != 0}
    return _zip(operator.truediv, left, right)
