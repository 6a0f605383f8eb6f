"""The survivorship policy: the one in force, every version, and what is wrong with one that somebody brings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from hub import audit, policies, repolicy
from hub.admin.frame import needs, page
from hub.errors import Refused
from hub.models import PolicyVersion

_LARGEST = 1_000_000


@require_http_methods(["GET", "POST"])
@needs("configure")
def show(request: HttpRequest, name: str = "") -> HttpResponse:
    """A version, the active one without a name; by POST a document is checked, and kept where ``keep`` is said."""
    active = policies.active()
    version = get_object_or_404(PolicyVersion, name=name) if name else PolicyVersion.objects.get(pk=active.id)
    context: dict[str, object] = {"text": "", "faults": [], "problem": "", "said": ""}
    status = 200
    if request.method == "POST":
        context["text"] = text = _text(request)
        try:
            if "keep" in request.POST:
                version = repolicy.keep(text, by=audit.user(request.user))
                context |= {"said": f"Kept as {version.name}, not in force yet.", "text": ""}
            else:
                context["said"] = f"{repolicy.check(text).name} can be used. Keep it to have it put in force."
        except repolicy.PolicyFaulty as faulty:
            context["faults"], status = faulty.faults, 422
        except Refused as refused:
            context["problem"], status = str(refused), refused.status
    answer = page(
        request, "stewardship/policy.html", title="Survivorship policy", version=version,
        lines=version.document.splitlines(), versions=list(PolicyVersion.objects.defer("document").order_by("-id")),
        active=active.policy, sweeping=policies.unswept() != (0, 0), **context,
    )  # fmt: skip
    answer.status_code = status
    return answer


def _text(request: HttpRequest) -> str:
    given = request.FILES.get("file")
    if given is not None:
        return bytes(given.read(_LARGEST + 1)).decode("utf-8", "replace")
    # A form sends line ends of its own, and a version is told from another by its text.
    return str(request.POST.get("text", "")).replace("\r\n", "\n")
