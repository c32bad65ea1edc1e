"""Files on their way in: kept in memory, never in clear on a disk, and dropped as soon as the whole is too large."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

MOST_SENT = 10_500_000  # bytes of a form with its file


class BoundedUpload(FileUploadHandler):
    """First of the handlers: lets a form of up to MOST_SENT bytes pass and notes that a larger one was dropped."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """This function will note whether the form is too large."""
        assert self.request is not None
        self.request.upload_dropped = content_length > MOST_SENT  # type: ignore[attr-defined]

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """This function will drop a file of such a form as it arrives."""
        super().new_file(*args, **kwargs)
        if was_dropped(self.request):
            raise SkipFile()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """This function will hand every piece on."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """This function will leave the file to the next handler."""


def was_dropped(request: HttpRequest | None) -> bool:
    """This function will tell whether the request's file was too large to be taken."""
    return bool(getattr(request, "upload_dropped", False))
