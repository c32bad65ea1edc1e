"""What the kept library for second factors asks of us: secrets sealed, our name on the authenticator, no e-mail."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter

from puhui.runtime.sealing import seal, unseal


class SealedAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Keeps what the library stores under our own seal."""

    def encrypt(self, text: str) -> str:
        """This function will seal a secret before it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """This function will open a stored secret."""
        return unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        """This function will name the house in the authenticator."""
        return "Puhui"

    def _get_site_name(self) -> str:
        return "Puhui"

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.login)

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """This function will name the login to a passkey: no personal data, and an id that the library finds again."""
        id = user_pk_to_url_str(user).encode()
        return {"id": id, "display_name": user.login, "name": user.login}

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """This function will send nothing: staff are told on their own page, and the audit chain has a row."""
