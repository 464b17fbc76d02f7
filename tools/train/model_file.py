"""Writes the embedded classifier's model file; its reader is rp_mw_worker.classifiers.embedded_model."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from rp_mw_worker.classifiers.embedded_model import MAGIC
from tools.train.recipe import Recipe, Trained

Floats = NDArray[np.float32]


def quantise(weights: Floats, bits: int) -> tuple[list[float], bytes]:
    """Return a scale for each column and the rows as bytes around 128, clipped at each column's 99.99th percentile."""
    if weights.shape[0] != 1 << bits:
        raise ValueError(f"{weights.shape[0]} rows do not make 2**{bits} buckets")
    top = np.maximum(np.quantile(np.abs(weights), 0.9999, axis=0), 1e-6)
    scale = top / 127.0
    return [float(f"{value:.6g}") for value in scale], (np.clip(np.rint(weights / scale), -127, 127) + 128).astype(
        np.uint8
    ).tobytes()


def write_trained(path: Path, version: str, model: Trained, recipe: Recipe) -> None:
    """Write a model as `recipe` makes it: word buckets first, then those of the pieces of words."""
    words = 1 << recipe.bits
    tables = {"word": (recipe.bits, model.weights[:words]), "piece": (recipe.bits, model.weights[words:])}
    write_model(path, version, model.labels, model.bias, model.temperature, tables)


def write_model(
    path: Path,
    version: str,
    labels: Sequence[str],
    bias: Floats,
    temperature: float,
    tables: dict[str, tuple[int, Floats]],
) -> None:
    """Write `tables` (name -> bits, float weights [2**bits, width]) as one model file at `path`."""
    specs, body = [], b""
    for name, (bits, weights) in tables.items():
        scale, rows = quantise(weights, bits)
        specs.append({"name": name, "bits": bits, "width": weights.shape[1], "scale": scale})
        body += rows
    header = json.dumps(
        {
            "version": version,
            "labels": list(labels),
            "bias": [round(float(value), 5) for value in bias],
            "temperature": round(temperature, 4),
            "tables": specs,
            "crc32": crc32(body),
        },
        separators=(",", ":"),
    ).encode()
    path.write_bytes(MAGIC + struct.pack("<I", len(header)) + header + body)
