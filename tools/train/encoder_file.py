"""Writes the encoder's model file; its reader is rp_mw_worker.classifiers.encoder_file."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from rp_mw_worker.classifiers.encoder_file import MAGIC, ZERO, EncoderFile

Floats = NDArray[np.float32]
# Steps to each side of 0. The large arrays make the file's size, and bear fewer.
_STEPS, _STEPS_OF_LARGE, _LARGE = 127, 31, 150_000


def write_encoder(
    path: Path, file: EncoderFile, arrays: Mapping[str, Floats], version: str, labels: Sequence[str]
) -> None:
    """Write the table and pieces of `file` with `arrays` (float32, one or two dimensions, a scale for each column)."""
    pieces = "\n".join(file.pieces).encode()
    body = [pieces, file.scores.astype("<f4").tobytes(), file.row_scales.astype("<f4").tobytes(), file.rows.tobytes()]
    specs = []
    for name, values in arrays.items():
        top = np.abs(values).max(axis=0) if values.ndim == 2 else np.abs(values).max()
        scale = np.maximum(top, 1e-9) / (_STEPS_OF_LARGE if values.size > _LARGE else _STEPS)
        specs.append({"name": name, "shape": values.shape, "scale": _shortened(scale)})
        body.append((np.rint(values / scale) + ZERO).astype(np.uint8).tobytes())
    content = b"".join(body)
    header = json.dumps(
        {
            "version": version,
            "labels": list(labels),
            "piece_bytes": len(pieces),
            "dimensions": file.rows.shape[1],
            "arrays": specs,
            "crc32": crc32(content),
        },
        separators=(",", ":"),
    ).encode()
    path.write_bytes(MAGIC + struct.pack("<I", len(header)) + header + content)


def quantise_rows(table: Floats, most: int, width: float) -> tuple[NDArray[np.uint8], Floats]:
    """Return `table` [rows, columns] as bytes around 128, `most` steps to each side, and what a step of each row is.

    A row's last step is `width` standard deviations; what is beyond is cut.
    """
    scales = np.maximum(table.std(axis=1) * width, 1e-9).astype(np.float32) / np.float32(most)
    steps = np.clip(np.rint(table / scales[:, None]), -most, most)
    return (steps + ZERO).astype(np.uint8), scales


def _shortened(scale: NDArray[np.floating]) -> list[float] | float:
    return [float(f"{one:.6g}") for one in scale] if scale.ndim else float(f"{float(scale):.6g}")
