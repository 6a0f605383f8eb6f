"""The administration: lists that operators, configurers and stewards read, on the hub's own admin site.

Unfold puts its site in place of Django's when it starts; this module, which the admin's autodiscovery
imports later, puts ours in place of Unfold's. What other apps registered before is left out on purpose:
every page here has a permission of ``hub.roles``.
"""

from __future__ import annotations

from django.contrib import admin
from django.contrib.admin import sites

from hub.admin.site import ConcordSite

site = ConcordSite()
admin.site = site
sites.site = site

from hub.admin import golden, inbox, outbox, people, sources  # noqa: E402, F401
