from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from connectors.outbound import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_reference_vector():
    made = sign.signature(
        sign.key_of(SECRET),
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(max_size=200))
def test_the_reference_library_verifies_what_we_sign_and_nothing_else(text):
    body = text.encode("utf-8", "replace")
    old, new = sign.new_secret(), sign.new_secret()
    headers = sign.headers(
        keys=[sign.key_of(old), sign.key_of(new)], webhook_id="evt_1", timestamp=int(time.time()), body=body
    )
    for secret in (old, new):
        Webhook(secret).verify(body, headers, json_parse=False)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body + b" ", headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(sign.new_secret()).verify(body, headers, json_parse=False)


def test_a_new_secret_has_32_random_bytes():
    made = {sign.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert all(secret.startswith("whsec_") and len(sign.key_of(secret)) == 32 for secret in made)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), "whsec_%%%%", "é"])
def test_a_bad_secret_is_refused_and_not_quoted(secret):
    with pytest.raises(sign.BadSecretError) as refused:
        sign.key_of(secret)
    assert not secret or secret not in str(refused.value) or secret == "whsec_"
