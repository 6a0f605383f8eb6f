"""How secrets that the hub drew itself are kept."""

from __future__ import annotations

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class RandomSecretHasher(PBKDF2PasswordHasher):
    """For OAuth2 client secrets: 128 random characters, about 760 bits, which nobody guesses however fast he can try.

    What makes a password hash slow protects what people think up. Here it protected nothing, and two hundred stores
    that ask for a token after their line was down kept a core busy for a minute.
    """

    algorithm = "pbkdf2_sha256_random"
    iterations = 1000
