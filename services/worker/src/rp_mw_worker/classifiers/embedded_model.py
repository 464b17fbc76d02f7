"""The embedded classifier's model file: layout, reading with checks, and the arithmetic, standard library only.

    "RPMWCLF1" | u32 header bytes | header (JSON) | tables of uint8 weights, one row of `width` bytes a bucket

A weight w of column c stands for (w - 128) * scale[c]. Rows are summed as whole integers: even and odd bytes are
spread over 16-bit lanes, so one Python addition adds a row's every column at once (256 rows fit a lane).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any
from zlib import crc32

from rp_mw_shared.errors import ConfigurationError

MAGIC = b"RPMWCLF1"
_ZERO = 128
_ROWS_PER_LANE = 256


@dataclass(frozen=True, slots=True)
class Table:
    """One hashed table: `rows` holds 2**bits rows of `width` bytes; `scale` turns a column's sum into its value."""

    bits: int
    width: int
    scale: tuple[float, ...]
    rows: memoryview

    def mean(self, buckets: list[int]) -> list[float]:
        """Return the columns summed over `buckets` and divided by the square root of their number."""
        if not buckets:
            return [0.0] * self.width
        sums = [0] * self.width
        for start in range(0, len(buckets), _ROWS_PER_LANE):
            self._add(buckets[start : start + _ROWS_PER_LANE], sums)
        norm, zero = sqrt(len(buckets)), _ZERO * len(buckets)
        return [(total - zero) * scale / norm for total, scale in zip(sums, self.scale, strict=True)]

    def _add(self, buckets: Iterable[int], sums: list[int]) -> None:
        width, rows, from_bytes = self.width, self.rows, int.from_bytes
        mask = from_bytes(b"\xff\x00" * ((width + 1) // 2), "little")
        even = odd = 0
        for bucket in buckets:
            row = from_bytes(rows[bucket * width : bucket * width + width], "little")
            even += row & mask
            odd += row >> 8 & mask
        for parity, lanes in enumerate((even, odd)):
            values = memoryview(lanes.to_bytes(width + 2 + width % 2, "little")).cast("H")
            for lane, column in enumerate(range(parity, width, 2)):
                sums[column] += values[lane]


@dataclass(frozen=True, slots=True)
class Model:
    """A read model: `labels` in column order, `tables` by name, and the header it came with."""

    version: str
    labels: tuple[str, ...]
    bias: tuple[float, ...]
    temperature: float
    tables: dict[str, Table]
    checksum: int

    @property
    def identity(self) -> str:
        """What tells this file from another of the same version: the version with the checksum of the weights."""
        return f"{self.version}#{self.checksum:08x}"


def load_model(path: Path) -> Model:
    """Return the model in `path`. Raises ConfigurationError when it is missing, cut short, altered or foreign."""
    try:
        content = path.read_bytes()
        header, body = _split(content)
        return _to_model(header, body)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ConfigurationError(
            [f"classifier model {path.name}: {error}; reinstall it or run `make train`"]
        ) from error


def _split(content: bytes) -> tuple[dict[str, Any], memoryview]:
    if content[: len(MAGIC)] != MAGIC:
        raise ValueError("not a classifier model of this layout")
    start = len(MAGIC) + 4
    (header_bytes,) = struct.unpack_from("<I", content, len(MAGIC))
    header = json.loads(content[start : start + header_bytes])
    body = memoryview(content)[start + header_bytes :]
    if crc32(body) != header["crc32"]:
        raise ValueError("checksum differs from its header")
    return header, body


def _to_model(header: dict[str, Any], body: memoryview) -> Model:
    tables, offset = {}, 0
    for spec in header["tables"]:
        size = spec["width"] << spec["bits"]
        rows = body[offset : offset + size]
        if len(rows) != size or len(spec["scale"]) != spec["width"]:
            raise ValueError(f"table {spec['name']} is cut short")
        tables[spec["name"]] = Table(spec["bits"], spec["width"], tuple(spec["scale"]), rows)
        offset += size
    labels = tuple(header["labels"])
    if not labels or len(header["bias"]) != len(labels):
        raise ValueError("labels and bias differ in length")
    bias, temperature = tuple(header["bias"]), float(header["temperature"])
    return Model(header["version"], labels, bias, temperature, tables, int(header["crc32"]))
