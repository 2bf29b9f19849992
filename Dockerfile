# Callboard, one process to a container. docs/deployment.md says how it was tried, and how to follow the image's mends:
# --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba
FROM ${PYTHON_IMAGE} AS packages
WORKDIR /opt/callboard
COPY requirements/base.txt requirements/base.txt
# Every package is checked against its hash; compiled here, for the first start to be as quick as any.
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary :all: \
        -r requirements/base.txt \
    && .venv/bin/python -m compileall -q .venv/lib

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /opt/callboard --shell /usr/sbin/nologin callboard \
    && install -d -o callboard -g callboard -m 700 /var/lib/callboard
WORKDIR /opt/callboard
COPY --from=packages /opt/callboard/.venv .venv
COPY . .
ENV PATH=/opt/callboard/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CALLBOARD_HOST=0.0.0.0 \
    CALLBOARD_PORT=8000 \
    CALLBOARD_DATA_DIR=/var/lib/callboard
RUN python -m compileall -q calls dashboard manage.py
USER callboard
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['CALLBOARD_PORT'] + '/healthz', timeout=2)"]
CMD ["python", "manage.py", "serve"]
