"""Words in a picture: rapidocr with the models of its own wheel, on the processor, asking nothing of the network.

A photograph is turned upright first: the boxes of the words show by how much the paper lies askew, and how surely they are
read shows whether it stands on its side or on its head.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from puhui.evidence.domain import PaperLine, PaperRefused

MOST_DOTS = 50_000_000  # of a picture; its header tells before anything is unpacked
MOST_SIDE = 2_000  # dots of the longer side that is looked at
VIEW_SIDE = 1_400  # dots of the longer side that a person looks at
FORMATS = ("JPEG", "PNG", "WEBP")
ASKEW = 0.4  # degrees below which a paper counts as straight
UPRIGHT = 0.8  # mean sureness of words below which a paper may stand on its head
PERMILLE = 1000


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
        }
    )


def open_picture(data: bytes) -> Image.Image:
    """This function will unpack a picture and turn it as its camera held it; nothing else of its metadata is looked at.

    Raises: PaperRefused (PICTURE_TOO_LARGE, UNREADABLE).
    """
    try:
        found = Image.open(BytesIO(data), formats=FORMATS)
        if found.width * found.height > MOST_DOTS:
            raise PaperRefused("PICTURE_TOO_LARGE")
        upright = ImageOps.exif_transpose(found).convert("RGB")
    except PaperRefused:
        raise
    except Image.DecompressionBombError:
        raise PaperRefused("PICTURE_TOO_LARGE") from None
    except (
        Exception
    ):  # a broken picture breaks its decoder in many ways, and all of them mean the same to her
        raise PaperRefused("UNREADABLE") from None
    upright.thumbnail((MOST_SIDE, MOST_SIDE))
    return upright


def draw_view(picture: Image.Image) -> bytes:
    """This function will write the picture anew as a small JPEG without any metadata."""
    small = picture.copy()
    small.thumbnail((VIEW_SIDE, VIEW_SIDE))
    out = BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def list_words(picture: Image.Image, *, page: int = 0) -> list[PaperLine]:
    """This function will return the words of a picture with their places, after turning it upright."""
    boxes = _look(picture)
    if not _is_upright(boxes):
        picture, boxes = max(_turned(picture, boxes), key=lambda one: _legible(one[1]))
    angle = _lean(boxes)
    if abs(angle) > ASKEW:
        picture = picture.rotate(
            angle, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(235, 235, 235)
        )
        boxes = _look(picture)
    return [_line(box, text, sure, page, picture.size) for box, text, sure in boxes]


def _look(picture: Image.Image) -> list[tuple[Any, str, float]]:
    found = _engine()(np.asarray(picture)[:, :, ::-1], use_cls=False)
    if found.boxes is None:
        return []
    return list(zip(found.boxes, found.txts, found.scores, strict=True))


def _is_upright(boxes: list[tuple[Any, str, float]]) -> bool:
    """Whether the words lie across and are read surely, as far as there are words."""
    across = sum(box[1][0] - box[0][0] >= box[3][1] - box[0][1] for box, _, _ in boxes)
    sure = sum(sure for _, _, sure in boxes)
    return not boxes or (2 * across >= len(boxes) and sure >= UPRIGHT * len(boxes))


def _turned(
    picture: Image.Image, boxes: list[tuple[Any, str, float]]
) -> Iterator[tuple[Image.Image, list[tuple[Any, str, float]]]]:
    """The picture as it is, and turned by quarters, each with its words."""
    yield picture, boxes
    for turn in (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270):
        other = picture.transpose(turn)
        yield other, _look(other)


def _legible(boxes: list[tuple[Any, str, float]]) -> float:
    """How much is read, and how surely; what lies on its side counts nothing."""
    return sum(
        len(text) * sure**2 for box, text, sure in boxes if box[1][0] - box[0][0] >= box[3][1] - box[0][1]
    )


def _lean(boxes: list[tuple[Any, str, float]]) -> float:
    """By how many degrees the rows of words fall to the right: the middle of the longer boxes."""
    angles = []
    for box, _, _ in boxes:
        across, down = box[1][0] - box[0][0], box[1][1] - box[0][1]
        if across > 60:
            angles.append(math.degrees(math.atan2(down, across)))
    return float(np.median(angles)) if angles else 0.0


def _line(box: Any, text: str, sure: float, page: int, size: tuple[int, int]) -> PaperLine:
    lefts, tops = [float(point[0]) for point in box], [float(point[1]) for point in box]
    return PaperLine(
        text=text,
        page=page,
        left=int(min(lefts) / size[0] * PERMILLE),
        top=int(min(tops) / size[1] * PERMILLE),
        width=int((max(lefts) - min(lefts)) / size[0] * PERMILLE),
        height=max(1, int((max(tops) - min(tops)) / size[1] * PERMILLE)),
        sure=int(sure * PERMILLE),
    )
