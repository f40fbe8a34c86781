# syntax=docker/dockerfile:1
# Two images of one build:
#   ringwatch  the program with Airflow; each service of docker-compose.yml runs one command in it
#   neo4j      Neo4j Community with the OpenGDS jars that the embedded server uses
ARG PYTHON_IMAGE=python:3.12.12-slim-bookworm@sha256:593bd06efe90efa80dc4eee3948be7c0fde4134606dd40d8dd8dbcade98e669c
# Keep to the version of the jars in pipelines/ringwatch/server/jars.json: the build stops when it differs.
ARG NEO4J_IMAGE=neo4j:5.26.22-community

FROM ${PYTHON_IMAGE} AS build
ARG UV_VERSION=0.13.9
ENV UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/opt/ringwatch
RUN pip install --no-cache-dir "uv==${UV_VERSION}" && uv venv "${VIRTUAL_ENV}"
WORKDIR /src
# Every distribution is one of the lock, checked by its hash; the extras leave the tools of developers out.
COPY pyproject.toml requirements.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --require-hashes --constraints requirements.lock --compile-bytecode \
    --requirements pyproject.toml --extra airflow --extra postgres
COPY README.md LICENSE CHANGELOG.md ./
COPY cypher cypher
COPY schemas schemas
COPY pipelines pipelines
RUN --mount=type=cache,target=/root/.cache/uv \
    uv build --wheel --require-hashes --build-constraints requirements.lock --out-dir /dist \
    && uv pip install --no-deps --compile-bytecode /dist/*.whl

FROM ${PYTHON_IMAGE} AS ringwatch
ENV PATH=/opt/ringwatch/bin:${PATH} \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=false \
    RINGWATCH_HOME=/var/lib/ringwatch \
    RINGWATCH_FEEDS_DIR=/feeds
# What is mounted over these folders takes their owner from here.
RUN useradd --uid 10001 --no-create-home --home-dir /opt/airflow ringwatch \
    && install --directory --owner ringwatch --mode 0700 /opt/airflow /opt/airflow/logs /opt/airflow/auth /var/lib/ringwatch \
        /backups
COPY --from=build /opt/ringwatch /opt/ringwatch
COPY dags /opt/airflow/dags
COPY deploy/airflow.cfg deploy/retention.sh /opt/airflow/
USER 10001
WORKDIR /var/lib/ringwatch
CMD ["ringwatch", "--help"]

FROM ${NEO4J_IMAGE} AS neo4j-plain

# The jars are fetched at build time, so that a database container starts without network and always with the same GDS.
FROM build AS jars
COPY --from=neo4j-plain /var/lib/neo4j/lib /neo4j/lib
COPY scripts/neo4j_image.py scripts/
RUN --mount=type=cache,target=/root/.cache/ringwatch \
    /opt/ringwatch/bin/python scripts/neo4j_image.py /neo4j/lib /jars

# The launcher's class path is plugins/*:conf/*:lib/*. Procedures are only looked for in plugins/, where every class of
# every jar is inspected, so the libraries that GDS needs and Neo4j lacks go to lib/.
FROM neo4j-plain AS neo4j
COPY --from=jars --chown=neo4j:neo4j /jars/plugins/ /var/lib/neo4j/plugins/
COPY --from=jars --chown=neo4j:neo4j /jars/lib/ /var/lib/neo4j/lib/
