# What is installed is locked by hash. To lock the base as well: --build-arg PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
# Two environments: one that builds, with pip and the build backend, and one that is shipped, without either.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/gistsearch
COPY locks/ locks/
RUN /opt/build/bin/pip install --require-hashes -r locks/build.txt \
    && /opt/build/bin/pip --python /opt/gistsearch/bin/python install \
        --require-hashes --only-binary :all: -r locks/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
COPY data/ data/
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/build/bin/pip --python /opt/gistsearch/bin/python install --no-deps --no-index dist/*.whl

FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin gistsearch \
    && install --directory --mode 0700 --owner gistsearch /var/cache/gistsearch
COPY --from=build /opt/gistsearch /opt/gistsearch
# By default, the C library keeps a heap for each of up to 8 threads a processor, and each grows to its largest search.
ENV PATH=/opt/gistsearch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    GISTSEARCH_HOST=0.0.0.0 \
    GISTSEARCH_PORT=9876 \
    GISTSEARCH_STORE=/var/cache/gistsearch \
    GISTSEARCH_LOG_FORMAT=json
LABEL org.opencontainers.image.title="gistsearch" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.description="Search every file of a GitHub user's public gists with a regular expression" \
    org.opencontainers.image.licenses="MIT"
# Writable although the root file system is not. Without a volume of its own, it is empty in each new container.
VOLUME /var/cache/gistsearch
USER 10001
EXPOSE 9876
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"GISTSEARCH_PORT\"]}/livez', timeout=2)"]
ENTRYPOINT ["gistsearch"]
CMD ["serve"]
