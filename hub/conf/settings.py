"""Settings. Everything that differs between installations comes from the environment; see ``.env.example``.

Where ``DATABASE_URL`` is not set, the servers that ``make up`` started on this machine are used.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy

from hub.conf.mail import mail_settings, sender
from hub.embedded.runtime import environment as embedded_environment
from hub.rates.bucket import limits

BASE_DIR = Path(__file__).resolve().parents[2]
_env = {**embedded_environment(), **os.environ}


def _list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in _env.get(name, default).split(",") if item.strip()]


DEBUG = _env.get("HUB_DEBUG", "") == "1"
TESTING = "pytest" in sys.modules
HUB_PORT = int(_env.get("HUB_PORT", "8000"))
HUB_PUBLIC_URL = _env.get("HUB_PUBLIC_URL", f"http://127.0.0.1:{HUB_PORT}").rstrip("/")
_secure = HUB_PUBLIC_URL.startswith("https://")

SECRET_KEY = _env.get("HUB_SECRET_KEY", "")
if not SECRET_KEY:
    # Commands without a database (match, evaluate --clusters) run before any server was ever started.
    # A key made here never signs anything that outlives the process.
    from django.core.management.utils import get_random_secret_key

    SECRET_KEY = get_random_secret_key()

ALLOWED_HOSTS = _list("HUB_ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{urlsplit(HUB_PUBLIC_URL).hostname or ''}")
CSRF_TRUSTED_ORIGINS = [HUB_PUBLIC_URL]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_prometheus",
    "rest_framework",
    "oauth2_provider",
    "django_filters",
    "drf_spectacular",
    "csp",
    "hub",
    "hub.keystore",
    "connectors",
    "stewardship",
]

MIDDLEWARE = [
    "hub.api.tracing.traced",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "hub.api.https.HttpsAlone",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.signin.headers.AnswerHeaders",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hub.signin.sessions.SessionTimes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "hub.conf.urls"
WSGI_APPLICATION = "hub.conf.wsgi.application"
AUTH_USER_MODEL = "hub.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "hub" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# A database that no server answers for is said in one sentence by the commands, so a placeholder will do.
DATABASE_URL = _env.get("DATABASE_URL", "")
DATABASES = {
    "default": dj_database_url.parse(
        DATABASE_URL or "postgres://concord@/concord?host=/nonexistent", conn_max_age=None, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: postgres://user:password@host/name")
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# The keys of personal data have a database of their own, which is backed up apart; by default on the same server.
KEYSTORE_URL = _env.get("KEYSTORE_URL", "")
_default = DATABASES["default"]
DATABASES["keystore"] = (
    dj_database_url.parse(KEYSTORE_URL, conn_max_age=None, conn_health_checks=True)
    if KEYSTORE_URL
    else {**_default, "NAME": f"{_default['NAME']}_keys", "OPTIONS": {**_default["OPTIONS"]}}
)
DATABASE_ROUTERS = ["hub.keystore.router.Router"]
# The newest first: the others are needed until `manage.py rotate_keys` has wrapped every key anew.
HUB_MASTER_KEYS = _list("HUB_MASTER_KEY")
if TESTING and os.environ.get("PYTEST_XDIST_WORKER") is None:
    DATABASES["default"]["TEST"] = {"NAME": "test_concord"}

REDIS_URL = _env.get("REDIS_URL", "redis://127.0.0.1:6379/0")

# Over a socket kombu names the numbered database by another word than Redis clients do.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10.0
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_DEFAULT_QUEUE = "concord"
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "retry_on_timeout": True,
}

# Memory-hard (RFC 7914), of the standard library; older hashes are made anew when their person signs in. The last is
# for what is no password: random secrets of clients, which nobody can guess however fast.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "hub.hashers.RandomSecretHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "hub.signin.passwords.OwnWords"},
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "hub" / "static"]
# Where `collectstatic` gathers and compresses the files for the browser, as the image does. A checkout gathers none:
# they are served from where they lie.
STATIC_ROOT = _env.get("HUB_STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# Request bodies are bounded here and again in the ingest doors, which know their own limits.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
HUB_MAX_RECORD_BYTES = 256 * 1024
HUB_MAX_BATCH_BYTES = 20 * 1024 * 1024
HUB_MAX_BATCH_RECORDS = 10_000

# So many requests a second and, after the colon, at once after a rest: see hub/api/throttle.py. What is not named keeps
# its default; "off" switches all of it off. rows are records in batches; tokens and failures count by address.
_RATES = "reads=5000:10000,writes=1000:5000,rows=20000:100000,vendors=500:5000,tokens=20:500,failures=1:60"
HUB_RATE_LIMIT = _env.get("HUB_RATE_LIMIT", "off" if TESTING else "")
if HUB_RATE_LIMIT != "off":
    try:
        _limits = {**limits(_RATES), **limits(HUB_RATE_LIMIT)}
    except ValueError as error:
        raise ImproperlyConfigured(f"HUB_RATE_LIMIT: {error}") from None
    HUB_RATE_LIMIT = ",".join(f"{name}={limit.per_second:f}:{limit.burst}" for name, limit in _limits.items())
# Beyond these, records in bulk are refused (see hub/pressure): messages that wait, the seconds that the oldest may
# wait, bytes that are to stay free of the disk (on a small one a twentieth of it) and of memory. The disks looked at
# are those of the database, where they are of this machine.
HUB_INBOX_MOST = int(_env.get("HUB_INBOX_MOST", "1000000"))
HUB_INBOX_OLDEST = float(_env.get("HUB_INBOX_OLDEST", "86400"))
HUB_DISK_LEAST = int(_env.get("HUB_DISK_LEAST", str(1024**3)))
HUB_DISK_PATHS = _list("HUB_DISK_PATHS")
HUB_MEMORY_LEAST = int(_env.get("HUB_MEMORY_LEAST", str(256 * 1024**2)))
# What one web process takes in at once: batches, and bytes of bodies together.
HUB_BATCHES_AT_ONCE = int(_env.get("HUB_BATCHES_AT_ONCE", "4"))
HUB_BYTES_AT_ONCE = int(_env.get("HUB_BYTES_AT_ONCE", str(64 * 1024**2)))
# How many keys of source records each web process remembers: 200 bytes each, and as many as there are records is best.
HUB_WEB_KEYS = int(_env.get("HUB_WEB_KEYS", "1000000"))
# Golden profiles and crosswalk entries are answered before Django where nothing about the request is unusual.
HUB_SHORTCUT = _env.get("HUB_SHORTCUT", "1") == "1"
# How many processes serve the web: each keeps to its share of a limit where they cannot ask Valkey.
HUB_WEB_PROCESSES = int(_env.get("HUB_WEB_PROCESSES", "2"))

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Strict"
if _secure:  # a browser takes these from this host alone, over TLS, for every path
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# A session ends when its person does nothing for so long, and so long after it began.
HUB_SESSION_IDLE_SECONDS = 60 * int(_env.get("HUB_SESSION_IDLE_MINUTES", "60"))
HUB_SESSION_SECONDS = SESSION_COOKIE_AGE = 3600 * int(_env.get("HUB_SESSION_HOURS", "12"))
HUB_SECOND_FACTOR = _env.get("HUB_SECOND_FACTOR", "optional")
if HUB_SECOND_FACTOR not in ("optional", "required"):
    raise ImproperlyConfigured("HUB_SECOND_FACTOR must be optional or required.")
# Who has the last word on an erasure that came by the API: the client that asked for it, or a person at the desk.
HUB_ERASURE_APPROVAL = _env.get("HUB_ERASURE_APPROVAL", "client")
if HUB_ERASURE_APPROVAL not in ("client", "desk"):
    raise ImproperlyConfigured("HUB_ERASURE_APPROVAL must be client or desk.")
# What the desk says after a redirect stays here: the other store is a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = _secure
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _env.get("HUB_BEHIND_PROXY") == "1" else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        **({"upgrade-insecure-requests": True} if _secure else {}),
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["hub.api.access.BearerToken"],
    "DEFAULT_PERMISSION_CLASSES": ["hub.api.access.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "hub.api.problems.handle",
    "DEFAULT_SCHEMA_CLASS": "hub.api.openapi.Described",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Concord",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
}
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "CLIENT_SECRET_HASHER": "pbkdf2_sha256_random",
    "SCOPES_BACKEND_CLASS": "hub.scopes.GrantedScopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ALLOWED_GRANT_TYPES": ["client-credentials"],
    # OAuth 2.0 Security Best Current Practice (RFC 9700); tokens are kept as checksums only.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}

UNFOLD = {
    "SITE_TITLE": "Concord",
    "SITE_HEADER": "Concord",
    "SHOW_HISTORY": False,
    "ACCOUNT": {"navigation": [{"title": "Second factor", "link": reverse_lazy("admin:second_factor")}]},
}

# Deliveries go to public addresses only; single hosts and ports are opened for trials and tests.
HUB_DELIVERY_ALLOW = _list("HUB_DELIVERY_ALLOW")
# So long the rows of what was delivered are kept; 0: for ever. Events stay.
HUB_DELIVERY_KEEP_DAYS = float(_env.get("HUB_DELIVERY_KEEP_DAYS", "30"))
# Where letters to operators go out, and from whom: see hub/conf/mail.py. Without it nobody is written to.
HUB_EMAIL_URL = _env.get("HUB_EMAIL_URL", "")
HUB_OPERATORS = _list("HUB_OPERATORS")
if HUB_EMAIL_URL:
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = sender(_env.get("HUB_EMAIL_FROM", ""))
    globals().update(mail_settings(HUB_EMAIL_URL))
HUB_BATCH_SIZE = int(_env.get("HUB_BATCH_SIZE", "500"))
# A batch that nobody waits for holds the locks of its customers for about so long; its size follows.
HUB_HOLD_SECONDS = float(_env.get("HUB_HOLD_SECONDS", "0.3"))
# How much the processes that load in bulk give way to web and the urgent lanes (nice, 0 to 19).
HUB_BULK_NICE = int(_env.get("HUB_BULK_NICE", "10"))
HUB_LEASE_SECONDS = int(_env.get("HUB_LEASE_SECONDS", "60"))
HUB_MAX_ATTEMPTS = 8
# What clients read is written down every second by a thread; tests have no time of their own.
HUB_READS_THREAD = not TESTING
# So is the thread that looks each second how the machine and the inbox are.
HUB_PRESSURE_THREAD = not TESTING
# A load of so many records into a hub that holds none is resolved as a whole.
HUB_INITIAL_LOAD = int(_env.get("HUB_INITIAL_LOAD", "5000"))
HUB_MODEL_SUCCESSION = _env.get("HUB_MODEL_SUCCESSION", "auto")
if HUB_MODEL_SUCCESSION not in ("auto", "propose", "off"):
    raise ImproperlyConfigured("HUB_MODEL_SUCCESSION must be auto, propose or off.")
PROMETHEUS_EXPORT_MIGRATIONS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s%(trace)s"}},
    "filters": {"trace": {"()": "hub.trace.Stamp"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["trace"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "hub": {"level": _env.get("HUB_LOG_LEVEL", "INFO")},
        "connectors": {"level": _env.get("HUB_LOG_LEVEL", "INFO")},
        "stewardship": {"level": _env.get("HUB_LOG_LEVEL", "INFO")},
        # Its lines hold the path, and a path may hold a source id: route templates are logged by hub.api.
        "django.request": {"level": "CRITICAL"},
        "django.server": {"level": "CRITICAL"},
        # And these what was sent: a Host, an address, a name of a file. hub.signin logs what people are refused.
        "django.security": {"level": "CRITICAL"},
    },
}
