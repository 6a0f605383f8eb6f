# One image for web, worker and commands. Nothing is compiled: every requirement has a ready-made wheel.
FROM python:3.13-slim AS packages
WORKDIR /build
COPY requirements/runtime.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-input --disable-pip-version-check \
    --require-hashes --only-binary :all: -r runtime.txt

FROM python:3.13-slim
RUN useradd --system --uid 10001 --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin concord
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py LICENSE ./
COPY matching matching
COPY hub hub
COPY stewardship stewardship
COPY connectors connectors
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=hub.conf.settings \
    HUB_STATIC_ROOT=/app/staticfiles
# Files for the browser are gathered here, so that a running container writes nothing. No key is needed for it.
RUN python manage.py collectstatic --no-input --verbosity 0
USER concord
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "8", "--no-ws", "--respawn-failed-workers", "--no-access-log", "hub.conf.wsgi:application"]
