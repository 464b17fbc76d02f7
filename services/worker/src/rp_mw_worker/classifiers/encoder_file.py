"""The encoder's model file: layout and reading with checks.

    "RPMWENC1" | u32 header bytes | header (JSON) | pieces, one a line, UTF-8 | their scores, f32
    | what a step of each row of the table is, f32 | the table's rows | the other arrays, in the header's order

Table and arrays are bytes around 128: a value stands for (byte - 128) * scale of its row or its column.
What a name and a shape mean says `encoder`. `tools/train/encoder_file.py` writes the file.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from rp_mw_shared.errors import ConfigurationError

MAGIC = b"RPMWENC1"
ZERO = 128
# numpy.typing is not in the zip
Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
Bytes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"


@dataclass(frozen=True, slots=True)
class EncoderFile:
    """`pieces` with `scores` (natural logarithms), in the order of the table's rows; `arrays` by name, float32.

    `rows` [pieces, dimensions] are the table's bytes as they stand in the file, `row_scales` [pieces] what they count.
    """

    version: str
    labels: tuple[str, ...]
    pieces: tuple[str, ...]
    scores: Floats
    rows: Bytes
    row_scales: Floats
    arrays: dict[str, Floats]


def load_encoder_file(path: Path) -> EncoderFile:
    """Return what is in `path`. Raises ConfigurationError when it is missing, cut short, altered or foreign."""
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ConfigurationError(
            [f"encoder model {path.name}: {error}; reinstall it or run `make train-languages`"]
        ) from error


def _read(content: bytes) -> EncoderFile:
    if content[: len(MAGIC)] != MAGIC:
        raise ValueError("not an encoder model of this layout")
    (header_bytes,) = struct.unpack_from("<I", content, len(MAGIC))
    start = len(MAGIC) + 4
    header: dict[str, Any] = json.loads(content[start : start + header_bytes])
    body = memoryview(content)[start + header_bytes :]
    if crc32(body) != header["crc32"]:
        raise ValueError("checksum differs from its header")
    offset = int(header["piece_bytes"])
    pieces = tuple(str(body[:offset], "utf-8").split("\n"))
    scores = np.frombuffer(body, "<f4", len(pieces), offset)
    offset += scores.nbytes
    row_scales = np.frombuffer(body, "<f4", len(pieces), offset)
    offset += row_scales.nbytes
    rows = np.frombuffer(body, np.uint8, len(pieces) * header["dimensions"], offset)
    offset += rows.nbytes
    arrays = {}
    for spec in header["arrays"]:
        values = np.frombuffer(body, np.uint8, int(np.prod(spec["shape"])), offset).reshape(spec["shape"])
        offset += values.nbytes
        arrays[spec["name"]] = (values.astype(np.float32) - ZERO) * np.asarray(spec["scale"], np.float32)
    if offset != len(body):
        raise ValueError("more or less in it than its header says")
    return EncoderFile(
        header["version"],
        tuple(header["labels"]),
        pieces,
        scores,
        rows.reshape(len(pieces), header["dimensions"]),
        row_scales,
        arrays,
    )
