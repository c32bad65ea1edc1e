"""Tables of access: one user model for staff and borrowers, one-time codes, and the gate in front of the codes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q

from puhui.access.domain import OneTimeCode, Role, UserKind, UserView


class UserManager(BaseUserManager["User"]):
    """What django.contrib.auth and `createsuperuser` call. Our own code uses the operations."""

    def create_user(self, login: str, password: str | None = None, **fields: Any) -> User:
        """This function will store a login, by default a borrower's; without a password it has none that works."""
        user = self.model(login=login, **{"kind": UserKind.BORROWER.value, "role": "", **fields})
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: Any) -> User:
        """This function will store a staff login with role admin."""
        staff = {"kind": UserKind.STAFF.value, "role": Role.ADMIN.value, "is_superuser": True}
        return self.create_user(login, password, **{**fields, **staff})


class User(AbstractBaseUser, PermissionsMixin):
    """A login. It holds no personal data: a borrower's is found by the customer that names it."""

    login = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    role = models.CharField(max_length=12, default="", blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "access_user"
        constraints = [
            models.CheckConstraint(
                name="access_user_role",
                condition=Q(kind="borrower", role="", is_superuser=False)
                | Q(kind="staff", role__in=[role.value for role in Role if role is not Role.NONE]),
            ),
        ]

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin site lets this login in (its pages ask for the role besides)."""
        return self.kind == UserKind.STAFF.value

    def to_domain(self) -> UserView:
        """This function will return the row as a value."""
        return UserView(
            id=self.pk,
            login=self.login,
            kind=UserKind(self.kind),
            role=Role(self.role),
            is_active=self.is_active,
        )


class Code(models.Model):
    """A one-time code: keyed hash only."""

    id = models.CharField(max_length=26, primary_key=True)
    purpose = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    code_hmac = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_code"
        constraints = [
            models.CheckConstraint(
                name="access_code_span", condition=Q(expires_at__gt=models.F("issued_at"))
            ),
        ]
        indexes = [models.Index(name="access_code_newest", fields=["purpose", "subject", "issued_at"])]

    def to_domain(self) -> OneTimeCode:
        """This function will return the row as a value."""
        return OneTimeCode(
            id=self.id,
            purpose=self.purpose,
            subject=self.subject,
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            used_at=self.used_at,
        )


class Gate(models.Model):
    """What all codes of one subject share: the newest code, the wrong tries, the lock. Locked by every act on it."""

    purpose = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    code_id = models.CharField(max_length=26, default="")
    wrong = models.IntegerField(default=0)
    locked_until = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_gate"
        constraints = [
            models.UniqueConstraint(name="access_gate_once", fields=["purpose", "subject"]),
            models.CheckConstraint(name="access_gate_wrong", condition=Q(wrong__gte=0)),
        ]
