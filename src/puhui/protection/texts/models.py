"""Table of policy texts that the house wrote."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from puhui.protection.texts.domain import PolicyText, TextFolder, TextState


class PolicyTextRow(models.Model):
    """A policy text. Only its state, and who agreed when, ever change."""

    id = models.CharField(max_length=26, primary_key=True)
    folder = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    valid_from = models.DateField()
    state = models.CharField(max_length=10)
    drafted_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=64, default="")
    published_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "protection"
        db_table = "protection_policy_text"
        constraints = [
            models.CheckConstraint(
                name="protection_policy_text_folder",
                condition=Q(folder__in=[one.value for one in TextFolder]),
            ),
            models.CheckConstraint(
                name="protection_policy_text_two_people",
                condition=(
                    Q(state=TextState.PUBLISHED.value, published_at__isnull=False)
                    & ~Q(agreed_by="")
                    & ~Q(agreed_by=models.F("drafted_by"))
                )
                | Q(
                    state__in=[TextState.DRAFTED.value, TextState.DROPPED.value],
                    agreed_by="",
                    published_at__isnull=True,
                ),
            ),
            models.UniqueConstraint(
                name="protection_policy_text_once",
                fields=["folder", "name"],
                condition=Q(state=TextState.PUBLISHED.value),
            ),
        ]

    def to_domain(self) -> PolicyText:
        """This function will return the row as a value."""
        return PolicyText(
            id=self.id,
            folder=TextFolder(self.folder),
            name=self.name,
            text=self.text,
            sha256=self.sha256,
            valid_from=self.valid_from,
            state=TextState(self.state),
            drafted_by=self.drafted_by,
            drafted_at=self.drafted_at,
            agreed_by=self.agreed_by,
            published_at=self.published_at,
        )
