# Two images: prod, the programs alone, and dev, the tree with all that its tests need. scripts/build-image (make build) builds
# both and passes the arguments below; docs/release.md says how one is released, deploy/image/ holds what goes into them.
# No heredoc, no COPY --link, no syntax line: an engine of 2021 and podman build it too, and without a registry of front ends.
ARG BASE_IMAGE=debian:bookworm-slim

# ---- what compiles
FROM ${BASE_IMAGE} AS tools
COPY scripts/install-deps /src/scripts/install-deps
RUN /src/scripts/install-deps build

FROM tools AS build
WORKDIR /src
COPY CMakeLists.txt LICENSE ./
COPY cmake cmake
COPY include include
COPY src src
COPY tools tools
COPY bench bench
RUN cmake -S . -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DPRIO_WERROR=ON -DBUILD_TESTING=OFF -DCMAKE_INSTALL_PREFIX=/usr/local \
 && cmake --build /build --target prio prio-processor prio_shared prio_static
# Programs and the shared library, without symbols. Headers and the archive are for a development machine: make install.
RUN DESTDIR=/all cmake --install /build --strip \
 && mkdir -p /out/usr/local/lib \
 && cp -a /all/usr/local/bin /out/usr/local/bin \
 && cp -a $(find /all/usr/local/lib -name 'libprio.so.*') /out/usr/local/lib/ \
 && if ldd /out/usr/local/bin/* | grep 'not found'; then exit 1; fi

# ---- what the programs need at run time, as a layer of its own: it changes only when Debian's packages do
FROM ${BASE_IMAGE} AS runtime
ARG LOCKED=0
RUN --mount=type=bind,source=deploy/image/runtime,target=/mnt sh /mnt/install ${LOCKED}

# ---- all that prod adds, in one place: a mount over /mnt leaves no trace
FROM scratch AS payload
COPY --from=build /out /out
COPY config /config
COPY LICENSE /LICENSE
COPY deploy/image/app /app
COPY deploy/image/runtime/one-time /one-time

# ---- prod
FROM runtime AS prod
ARG VERSION=unknown
ARG SOURCE_DATE_EPOCH=0
RUN --mount=type=bind,from=payload,target=/mnt sh /mnt/app/install ${VERSION} ${SOURCE_DATE_EPOCH}
USER 10001:10001
WORKDIR /app
# Healthy: nothing of ours is running, or it moves. What a run came to is its exit code.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 CMD ["/usr/local/bin/prio-health"]
CMD ["processor/bin/process"]
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG BASE_NAME=debian:bookworm-slim
LABEL org.opencontainers.image.title="prio-processor" \
      org.opencontainers.image.description="One of the two servers that add up Prio shares and publish only the sums" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE_NAME}"

# ---- dev: docker run prio:dev runs the tests; docker run prio:dev make check-asan one suite
FROM ${BASE_IMAGE} AS dev
RUN mkdir -p /app/home && groupadd -g 10001 app && useradd -u 10001 -g 10001 -M -d /app/home -s /bin/bash app
WORKDIR /app/source
COPY scripts/install-deps scripts/install-deps
RUN scripts/install-deps test && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
ENV HOME=/app/home PYTHONDONTWRITEBYTECODE=1
COPY scripts/test-python scripts/test-python
COPY tests/requirements.txt tests/requirements.txt
# pip's surroundings, where a network has its own: authorities as a secret, settings as arguments. Neither stays in the image.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
RUN --mount=type=secret,id=ca-bundle,target=/run/secrets/ca-bundle \
    if [ -s /run/secrets/ca-bundle ]; then export PIP_CERT=/run/secrets/ca-bundle; fi; \
    scripts/test-python && chown -R 10001:10001 /app
COPY --chown=10001:10001 . .
USER 10001:10001
# Only what needs neither an engine of containers nor servers that are built for half an hour.
CMD ["scripts/run-suites", "style", "unit", "vectors", "fuzz", "recorded", "model", "cli", "e2e"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="prio-processor, tests" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
