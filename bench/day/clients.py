"""``python -m bench.day.clients STORES PORTS``: the OAuth2 clients and the webhook endpoints of the day, as JSON.

In one process: a command for each of two hundred stores would take longer than the day.
"""

from __future__ import annotations

import json
import sys

import django


def main(stores: int, ports: dict[str, int]) -> None:
    django.setup()
    from bench.day.plan import RECEIVERS
    from connectors.outbound import endpoints
    from hub.management.commands.create_client import create

    made = {f"store {n}": create(name=f"store {n}", scopes=["records:write"], sources=["pos"]) for n in range(stores)}
    made["shop"] = create(name="shop", scopes=["records:write"], sources=["ecommerce"])
    scopes = ["records:write", "golden:read", "privacy"]
    made["office"] = create(name="office", scopes=scopes, sources=["crm", "loyalty"])
    made["reader"] = create(name="reader", scopes=["events:read"], sources=[])
    secrets = {}
    for name, port in ports.items():
        url = f"http://127.0.0.1:{port}/{name}"
        wishes = endpoints.Wishes(url=url, events=RECEIVERS[name], description=name)
        _, secrets[name] = endpoints.create(wishes)
    print(json.dumps({"clients": made, "secrets": secrets}))


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))
