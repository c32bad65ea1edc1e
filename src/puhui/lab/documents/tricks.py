"""What people do to papers that were genuine: changes after signing, copies with another name, bombs and locked files."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Any

TRICKS = ("byte_changed", "page_added", "text_added", "bytes_appended", "signature_changed")


def alter(pdf: bytes, trick: str) -> bytes:
    """This function will change a signed PDF in one of the ways of TRICKS."""
    match trick:
        case "byte_changed":
            place = pdf.index(b"stream") + 20
            return pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
        case "page_added":
            return _added(pdf, page=True)
        case "text_added":
            return _added(pdf, page=False)
        case "bytes_appended":
            return pdf + b"\n% one more line\n"
        case "signature_changed":
            return _replaced(pdf)
    raise AssertionError(trick)


def _added(pdf: bytes, *, page: bool) -> bytes:
    """An update after signing, as an editor writes it: another page, or words over the first one."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.writer import PageObject

    name = generic.pdf_name
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    words = generic.StreamObject(stream_data=b"BT /F1 18 Tf 100 400 Td (9,999,999.00) Tj ET")
    font = generic.DictionaryObject(
        {
            name("/Type"): name("/Font"),
            name("/Subtype"): name("/Type1"),
            name("/BaseFont"): name("/Helvetica"),
        }
    )
    resources = generic.DictionaryObject(
        {name("/Font"): generic.DictionaryObject({name("/F1"): writer.add_object(font)})}
    )
    if page:
        box = generic.ArrayObject([generic.NumberObject(one) for one in (0, 0, 595, 842)])
        made: Any = PageObject(contents=writer.add_object(words), media_box=box, resources=resources)
        writer.insert_page(made)
    else:
        writer.add_stream_to_page(0, writer.add_object(words), resources=resources)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _replaced(pdf: bytes) -> bytes:
    """One digit near the end of the signature value is another one, so it fits nothing any more."""
    start = pdf.rindex(b"/Contents <") + len(b"/Contents <")
    place = start + len(pdf[start : pdf.index(b">", start)].rstrip(b"0")) - 9
    other = b"0" if pdf[place : place + 1] != b"0" else b"1"
    return pdf[:place] + other + pdf[place + 1 :]


def lock(pdf: bytes, *, password: str) -> bytes:
    """This function will return a PDF that opens with a password only."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(BytesIO(pdf)))
    writer.encrypt(owner_pass=password, user_pass=password)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def make_bomb(*, megabytes: int = 2000) -> bytes:
    """This function will return a small PDF whose one page unpacks to `megabytes` of nothing (Flate twice)."""
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()
    twice = zlib.compress(once, 9)
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(twice)
        + twice
        + b"\nendstream",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in places)
    return out + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
