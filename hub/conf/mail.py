"""``HUB_EMAIL_URL`` as Django's settings of e-mail.

smtp://user:password@host:587    a connection that is encrypted before anything is said (STARTTLS), or not used
smtps://user:password@host:465   encrypted from the start
smtp://127.0.0.1:25              to this machine: not encrypted

User and password are percent-encoded where they hold ``:``, ``/`` or ``@``.
"""

from __future__ import annotations

from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_PORTS = {"smtp": 587, "smtps": 465}
# Of one step of the conversation, in seconds.
_PATIENCE = 10


def mail_settings(url: str) -> dict[str, str | int | bool]:
    """The settings by name; raises ``ImproperlyConfigured`` without a word of the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ImproperlyConfigured("HUB_EMAIL_URL is smtp://user:password@host:587, or smtps:// and port 465.")
    near = _is_here(host)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or (25 if near and parts.scheme == "smtp" else _PORTS[parts.scheme]),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and not near,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": _PATIENCE,
    }


def sender(address: str) -> str:
    """The address that letters come from; raises ``ImproperlyConfigured`` where it is none."""
    if "@" not in parseaddr(address)[1] or any(ch in address for ch in "\r\n"):
        raise ImproperlyConfigured("HUB_EMAIL_FROM is the address that letters come from: concord@example.com.")
    return address


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
